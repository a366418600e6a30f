//! Words and signs of a statement.

/// A word or a sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word as written: a keyword or a name.
    Word(String),
    /// A name in backticks.
    Quoted(String),
    /// A text in quotes.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Any other sign.
    Sign(char),
}

/// Takes a statement apart.
pub(super) fn tokens(statement: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = statement.chars().peekable();
    while let Some(&first) = rest.peek() {
        if first.is_whitespace() {
            rest.next();
        } else if first.is_alphabetic() || first == '_' {
            let mut word = String::new();
            while let Some(next) = rest.next_if(|next| next.is_alphanumeric() || *next == '_') {
                word.push(next);
            }
            tokens.push(Token::Word(word));
        } else if first.is_ascii_digit() {
            let mut digits = String::new();
            while let Some(next) = rest.next_if(char::is_ascii_digit) {
                digits.push(next);
            }
            tokens.push(Token::Number(digits.parse().map_err(|_| format!("integer is too large: {digits}"))?));
        } else if matches!(first, '`' | '\'' | '"') {
            rest.next();
            let text = enclosed(&mut rest, first)?;
            tokens.push(if first == '`' { Token::Quoted(text) } else { Token::Text(text) });
        } else {
            rest.next();
            tokens.push(Token::Sign(first));
        }
    }
    while tokens.last() == Some(&Token::Sign(';')) {
        tokens.pop();
    }
    Ok(tokens)
}

/// Reads to the closing sign. A backtick is written twice inside backticks; texts know the backslash.
fn enclosed(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, close: char) -> Result<String, String> {
    let mut text = String::new();
    while let Some(next) = rest.next() {
        if next == close {
            if close == '`' && rest.next_if_eq(&'`').is_some() {
                text.push('`');
                continue;
            }
            return Ok(text);
        }
        match next {
            '\\' if close != '`' => text.extend(rest.next()),
            other => text.push(other),
        }
    }
    Err(format!("missing closing {close}"))
}
