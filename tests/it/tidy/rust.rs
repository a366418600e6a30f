//! Rust source as words, without comments and the content of literals.

/// A word or a sign, with its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// An identifier, `::`, or one character.
    pub(super) text: &'a str,
    /// From 1.
    pub(super) line: usize,
}

/// The text with comments removed and literals emptied. Lines keep their numbers.
pub(super) fn bare(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (len, stand_in) = match skipped(rest, out.chars().next_back()) {
            Some(found) => found,
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            }
        };
        let (gone, left) = rest.split_at(len);
        out.push_str(stand_in);
        out.extend(gone.chars().filter(|one| *one == '\n'));
        rest = left;
    }
    out
}

/// The contents of the string literals of a text, with the lines they begin on. A raw string has its marks.
pub(super) fn strings(text: &str) -> Vec<(usize, String)> {
    let (mut found, mut rest, mut before, mut line) = (Vec::new(), text, None, 1);
    while let Some(first) = rest.chars().next() {
        let (len, is_literal) = match skipped(rest, before) {
            Some((len, stand_in)) => (len, stand_in.contains('"')),
            None => (first.len_utf8(), false),
        };
        let (gone, left) = rest.split_at(len);
        if is_literal {
            let inner = gone.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"'));
            found.extend(inner.map(|(inner, _)| (line, inner.to_owned())));
        }
        line += gone.matches('\n').count();
        before = gone.chars().next_back();
        rest = left;
    }
    found
}

/// The words of a bare text.
pub(super) fn tokens(bare: &str) -> Vec<Token<'_>> {
    let (mut found, mut line, mut rest) = (Vec::new(), 1, bare);
    while let Some(first) = rest.chars().next() {
        let len = if is_word(first) {
            rest.find(|one| !is_word(one)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (text, left) = rest.split_at(len);
        if first == '\n' {
            line += 1;
        }
        if !first.is_whitespace() {
            found.push(Token { text, line });
        }
        rest = left;
    }
    found
}

pub(super) fn is_word(one: char) -> bool {
    one.is_alphanumeric() || one == '_'
}

/// The length of the comment or literal that begins here, and what stands for it.
fn skipped(rest: &str, before: Option<char>) -> Option<(usize, &'static str)> {
    if rest.starts_with("//") {
        return Some((rest.find('\n').unwrap_or(rest.len()), ""));
    }
    if rest.starts_with("/*") {
        return Some((rest.find("*/").map_or(rest.len(), |at| at + 2), ""));
    }
    if !before.is_some_and(is_word)
        && let Some(len) = raw_string(rest)
    {
        return Some((len, "\"\""));
    }
    if rest.starts_with('"') {
        return Some((quoted(rest, '"'), "\"\""));
    }
    is_char(rest).then(|| (quoted(rest, '\''), "\"\""))
}

/// The length of `r"…"`, `br#"…"#` and the like.
fn raw_string(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r')?;
    let hashes = inner.len() - inner.trim_start_matches('#').len();
    let content = inner[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let len = content.find(&end).map_or(content.len(), |at| at + end.len());
    Some(rest.len() - content.len() + len)
}

/// The length of a literal between two quotes, with escapes.
fn quoted(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, one)| {
        let ends = *one == quote && !is_escaped;
        is_escaped = *one == '\\' && !is_escaped;
        ends
    });
    end.map_or(rest.len(), |(at, _)| at + 1)
}

/// Whether a quote begins a character and not a lifetime.
fn is_char(rest: &str) -> bool {
    let mut chars = rest.chars();
    chars.next() == Some('\'') && (chars.next() == Some('\\') || chars.next() == Some('\''))
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = concat!(
        "let a = \"crate::x \\\" // no\"; // crate::y\n",
        "/* crate::z\n */ let b = br#\"crate::\"w\"#; let c: &'static str = r\"\\\";\n",
        "let (d, e) = ('\"', '\\''); crate::kept()\n"
    );
    let bare = bare(text);
    let words: Vec<(&str, usize)> = tokens(&bare).iter().map(|token| (token.text, token.line)).collect();
    assert!(words.contains(&("kept", 4)), "{words:?}");
    assert!(words.contains(&("static", 3)), "{words:?}");
    assert_eq!(words.iter().filter(|(text, _)| *text == "crate").count(), 1, "{words:?}");
}
