//! Reading maps with known keys and scalars with known types, reporting what is wrong with them.

use crate::base::{Value, escape, parse_duration};
use crate::runbook::codes::Code;
use crate::runbook::diagnostic::Collector;
use crate::runbook::files::Read;
use crate::runbook::fit::{found as found_text, resolve};
use crate::runbook::kind::Catalog;
use crate::runbook::patterns::Patterns;
use crate::runbook::source::Span;
use crate::runbook::suggest::{IN_THE_PAGE, list, or_list};
use crate::runbook::word::{Key, key_names};
use crate::runbook::yaml::{Data, Entry, Node};
use std::time::Duration;

/// Where a file stands, and what stands beside it.
#[derive(Clone, Copy)]
pub(in crate::runbook) struct Near<'a> {
    pub(in crate::runbook) files: &'a Read<'a>,
    pub(in crate::runbook) name: &'a str,
}

pub(super) struct Reader<'c> {
    pub(super) catalog: Catalog,
    pub(super) found: &'c mut Collector,
    pub(super) patterns: &'c mut Patterns,
    pub(super) near: Near<'c>,
}

/// The entries of a map whose keys were checked.
#[derive(Clone, Copy)]
pub(super) struct Fields<'t>(&'t [Entry<'t>]);

impl<'t> Fields<'t> {
    /// The value of a key; where it is written twice, which was reported, the first one.
    pub(super) fn get(self, key: &str) -> Option<&'t Node<'t>> {
        self.0.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The text of a key, empty where there is none.
    pub(super) fn text(self, reader: &mut Reader<'_>, key: &str) -> String {
        self.get(key).and_then(|node| reader.text(node, &format!("`{key}`"))).unwrap_or_default()
    }

    /// The entries of the map that a key holds, none where there is no such key; `None` where it is no map.
    pub(super) fn entries(self, reader: &mut Reader<'_>, key: &str) -> Option<&'t [Entry<'t>]> {
        self.get(key).map_or(Some(&[]), |node| reader.entries(node, &format!("`{key}`")))
    }
}

impl Reader<'_> {
    /// The fields of a map with these keys. Others are reported.
    pub(super) fn fields<'t>(
        &mut self,
        node: &'t Node<'t>,
        what: &str,
        known: &[Key],
        later: &[&str],
    ) -> Option<Fields<'t>> {
        self.fields_but(node, what, known, later, |_, _| false)
    }

    /// The fields of a map with these keys. Of the others, `own` reports those that it has more to say about.
    pub(super) fn fields_but<'t>(
        &mut self,
        node: &'t Node<'t>,
        what: &str,
        known: &[Key],
        later: &[&str],
        own: impl Fn(&mut Self, &Entry<'_>) -> bool,
    ) -> Option<Fields<'t>> {
        let entries = match &node.data {
            Data::Map(entries) => entries,
            Data::Broken => return None,
            other => {
                let message = format!("{what} must be a map, this is {}", describe(other));
                self.found.add_with(Code::WrongType, node.span, message, list("keys", &key_names(known), IN_THE_PAGE));
                return None;
            }
        };
        for entry in entries.iter().filter(|entry| known.iter().all(|key| key.name != entry.key.as_ref())) {
            if !own(self, entry) {
                self.unknown_key(entry, what, known, later);
            }
        }
        Some(Fields(entries))
    }

    /// The value of a key that must be there.
    pub(super) fn need<'t>(&mut self, fields: Fields<'t>, key: &str, at: Span, hint: &str) -> Option<&'t Node<'t>> {
        let node = fields.get(key);
        if node.is_none() {
            let start = fields.0.first().map_or(at, |entry| entry.key_span);
            self.found.add(Code::MissingKey, start, format!("the key `{key}` is missing")).hint(hint);
        }
        node
    }

    /// The entries of a map with keys of the author's own, or `None` where the node is something else.
    fn entries<'t>(&mut self, node: &'t Node<'t>, what: &str) -> Option<&'t [Entry<'t>]> {
        match &node.data {
            Data::Map(entries) => Some(entries),
            Data::Scalar { text, plain: true } if text.is_empty() => Some(&[]),
            other => self.wrong(node, what, "a map", describe(other)),
        }
    }

    /// Text; numbers are taken as they are written.
    pub(super) fn text(&mut self, node: &Node<'_>, what: &str) -> Option<String> {
        match &node.data {
            Data::Scalar { text, plain } => match resolve(text, *plain) {
                Value::String(_) | Value::Number(_) => Some(text.to_string()),
                other => self.wrong(node, what, "text", &found_text(&other)),
            },
            other => self.wrong(node, what, "text", describe(other)),
        }
    }

    /// A whole number within bounds.
    pub(super) fn integer(&mut self, node: &Node<'_>, what: &str, from: i64, to: i64) -> Option<i64> {
        let value = match &node.data {
            Data::Scalar { text, plain } => resolve(text, *plain),
            other => return self.wrong(node, what, "a whole number", describe(other)),
        };
        let Some(number) = value.as_i64() else {
            return self.wrong(node, what, "a whole number", &found_text(&value));
        };
        if !(from..=to).contains(&number) {
            self.found.add(
                Code::OutOfRange,
                node.span,
                format!("{what} must be between {from} and {to}, not {number}"),
            );
            return None;
        }
        Some(number)
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, node: &Node<'_>, what: &str) -> Option<bool> {
        match &node.data {
            Data::Scalar { text, plain } => match resolve(text, *plain) {
                Value::Bool(value) => Some(value),
                other => self.wrong(node, what, "true or false", &found_text(&other)),
            },
            other => self.wrong(node, what, "true or false", describe(other)),
        }
    }

    /// A duration that is not zero.
    pub(super) fn duration(&mut self, node: &Node<'_>, what: &str) -> Option<Duration> {
        let text = self.text(node, what)?;
        self.duration_in(&text, node.span, what)
    }

    /// A duration that is not zero, in a part of a text.
    pub(super) fn duration_in(&mut self, text: &str, at: Span, what: &str) -> Option<Duration> {
        const LONGEST: Duration = Duration::from_hours(366 * 24);
        match parse_duration(text) {
            Ok(span) if span.is_zero() || span > LONGEST => {
                self.found.add(Code::OutOfRange, at, format!("{what} must be between 1ms and 366d, not {text}"));
                None
            }
            Ok(span) => Some(span),
            Err(_) => {
                let message = format!("{what} must be a duration, not the text \"{}\"", escape(text));
                self.found.add(Code::WrongType, at, message).hint("write it like 90s, 10m or 4h");
                None
            }
        }
    }

    /// A list.
    pub(super) fn list<'t>(&mut self, node: &'t Node<'t>, what: &str) -> &'t [Node<'t>] {
        match &node.data {
            Data::List(items) => items,
            other => {
                self.wrong::<()>(node, what, "a list", describe(other));
                &[]
            }
        }
    }

    /// The name of a runbook.
    pub(super) fn name(&mut self, node: &Node<'_>, what: &str) -> Option<String> {
        let text = self.text(node, what)?;
        let allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.');
        if text.len() <= 64 && text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(allowed) {
            return Some(text);
        }
        let message = format!("{what} cannot be \"{}\"", escape(&text));
        self.found.add(Code::BadName, node.span, message);
        self.found.hint("up to 64 of a-z, 0-9, `-`, `_` and `.`, beginning with a letter");
        None
    }

    /// Whether a name can be used in an expression; reported where it cannot.
    pub(super) fn identifier(&mut self, name: &str, at: Span, what: &str) -> bool {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let sound =
            name.len() <= 64 && name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(allowed);
        // The name of a key that was reported by an earlier stage is empty.
        if !sound && !name.is_empty() {
            self.found.add(Code::BadName, at, format!("{what} cannot be called \"{}\"", escape(name)));
            self.found.hint("up to 64 of a-z, 0-9 and `_`, beginning with a letter");
        }
        sound
    }

    /// Reports that a value has the wrong type, unless it was reported already.
    pub(super) fn wrong<T>(&mut self, node: &Node<'_>, what: &str, expected: &str, found: &str) -> Option<T> {
        if node.data != Data::Broken {
            self.found.add(Code::WrongType, node.span, format!("{what} must be {expected}, not {found}"));
        }
        None
    }

    fn unknown_key(&mut self, entry: &Entry<'_>, what: &str, known: &[Key], later: &[&str]) {
        let key = entry.key.as_ref();
        if later.contains(&key) {
            let message = format!("this version of surefoot does not support `{key}`");
            self.found
                .add(Code::LaterKey, entry.key_span, message)
                .hint("a later version of the language has it; remove it");
        } else if !key.is_empty() && key != "<<" {
            let hint = or_list(key, "keys", &key_names(known), IN_THE_PAGE);
            self.found.add_with(Code::UnknownKey, entry.key_span, format!("{what} has no key `{}`", escape(key)), hint);
        }
    }
}

/// What a node is, in words.
fn describe(data: &Data<'_>) -> &'static str {
    match data {
        Data::Scalar { text, plain: true } if text.is_empty() => "nothing",
        Data::Scalar { .. } => "text",
        Data::List(_) => "a list",
        Data::Map(_) => "a map",
        Data::Broken => "unreadable",
    }
}
