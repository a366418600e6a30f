//! Text with `{{ … }}` in it, taken apart.

use crate::base::Value;
use std::ops::Range;

/// A value as written, with the templates in its strings parsed and checked.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// Plain data without a template.
    Plain(Value),
    /// A string that is one expression, `{{ … }}`; its value keeps its type. Holds the expression without braces.
    Expression(String),
    /// A string with templates among text; its value is a string. Holds the text as written.
    Text(String),
    /// A list with templates in it.
    List(Vec<Template>),
    /// A map with templates in its values.
    Map(Vec<(String, Template)>),
    /// A secret or a part of it, alone in an input that may hold secrets; its value is a handle. Holds the path with
    /// dots, `secrets.api.token`.
    Secret(String),
    /// A text with secrets in it, in an input that may hold secrets; its value is a handle.
    SecretText(Vec<TextPiece>),
}

/// A piece of a text with secrets in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextPiece {
    /// Text as written.
    Literal(String),
    /// An expression without braces.
    Expression(String),
    /// A secret or a part of it, by its path.
    Secret(String),
}

impl Template {
    /// The template as it is written, where it is a secret or a text with secrets in it.
    pub fn secret_as_written(&self) -> Option<String> {
        let braced = |text: &str| format!("{{{{ {text} }}}}");
        match self {
            Self::Secret(path) => Some(braced(path)),
            Self::SecretText(pieces) => {
                let written = pieces.iter().map(|piece| match piece {
                    TextPiece::Literal(text) => text.clone(),
                    TextPiece::Expression(text) | TextPiece::Secret(text) => braced(text),
                });
                Some(written.collect())
            }
            _ => None,
        }
    }
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text that stays as it is.
    Literal(&'a str),
    /// An expression without braces and surrounding space, and where it stands in the text.
    Expression(&'a str, Range<usize>),
}

/// Why a text cannot be taken apart, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SplitError {
    pub(super) message: &'static str,
    pub(super) at: Range<usize>,
}

/// Longer expressions are refused: no person reads them.
pub(super) const EXPRESSION_MAX: usize = 4096;

/// Whether there may be a template in the text.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// The pieces of a text, in order.
pub(super) fn split(text: &str) -> Result<Vec<Piece<'_>>, SplitError> {
    let mut pieces = Vec::new();
    let mut rest = 0;
    while let Some(open) = next_opening(text, rest)? {
        if open > rest {
            pieces.push(Piece::Literal(text.get(rest..open).unwrap_or_default()));
        }
        let close = closing(text, open + 2)
            .ok_or(SplitError { message: "`{{` is never closed by `}}`", at: open..open + 2 })?;
        pieces.push(expression(text, open + 2, close)?);
        rest = close + 2;
    }
    if rest < text.len() {
        pieces.push(Piece::Literal(text.get(rest..).unwrap_or_default()));
    }
    Ok(pieces)
}

/// Where the next `{{` stands at or after `from`.
fn next_opening(text: &str, from: usize) -> Result<Option<usize>, SplitError> {
    let tail = text.get(from..).unwrap_or_default();
    for (offset, _) in tail.match_indices('{') {
        let at = from + offset;
        match tail.as_bytes().get(offset + 1) {
            Some(b'{') => return Ok(Some(at)),
            Some(b'%') => {
                return Err(SplitError { message: "`{% … %}` is not part of the language", at: at..at + 2 });
            }
            Some(b'#') => {
                return Err(SplitError { message: "`{# … #}` is not part of the language", at: at..at + 2 });
            }
            _ => {}
        }
    }
    Ok(None)
}

/// Where the `}}` stands that closes an expression: outside quotes and inner brackets.
fn closing(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut quote = None;
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match (quote, byte) {
            (Some(_), b'\\') => at += 1,
            (Some(open), _) if *byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'}') if depth == 0 && bytes.get(at + 1) == Some(&b'}') => return Some(at),
            (None, b'{' | b'(' | b'[') => depth += 1,
            (None, b'}' | b')' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}

fn expression(text: &str, open: usize, close: usize) -> Result<Piece<'_>, SplitError> {
    let inner = text.get(open..close).unwrap_or_default();
    let wrong = |message| Err(SplitError { message, at: open.saturating_sub(2)..close + 2 });
    if inner.starts_with(['-', '+']) || inner.ends_with('-') {
        return wrong("`{{-` and `-}}` are not part of the language");
    }
    let trimmed = inner.trim();
    if trimmed.is_empty() {
        return wrong("there is nothing between `{{` and `}}`");
    }
    if trimmed.len() > EXPRESSION_MAX {
        return wrong("the expression is longer than 4096 bytes");
    }
    let start = open + (inner.len() - inner.trim_start().len());
    Ok(Piece::Expression(trimmed, start..start + trimmed.len()))
}
