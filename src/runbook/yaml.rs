//! The first stage: text to a tree of nodes with places. What YAML allows and the language does not is found here.

use super::codes::Code;
use super::diagnostic::Collector;
use super::source::Span;
use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A value in the file with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node<'a> {
    pub(super) span: Span,
    pub(super) data: Data<'a>,
}

/// What a value in the file is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data<'a> {
    /// Text as written. Only unquoted text (`plain`) can be a number, a boolean or null.
    Scalar {
        text: Cow<'a, str>,
        plain: bool,
    },
    List(Vec<Node<'a>>),
    Map(Vec<Entry<'a>>),
    /// A mistake was reported here; nothing more is said about it.
    Broken,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry<'a> {
    pub(super) key: Cow<'a, str>,
    pub(super) key_span: Span,
    pub(super) value: Node<'a>,
}

/// Sizes that no honest runbook reaches (docs/hardening.md, "Runbooks").
const BYTES_MAX: usize = 16 << 20;
const NODES_MAX: usize = 4_000_000;
const DEPTH_MAX: usize = 64;

/// The text in these bytes, without a byte order mark.
pub(super) fn decode<'a>(bytes: &'a [u8], found: &mut Collector) -> Option<&'a str> {
    if bytes.len() > BYTES_MAX {
        let message = format!("the file has {} bytes, the limit is {BYTES_MAX} (16 MiB)", bytes.len());
        found.add(Code::TooLarge, None, message);
        return None;
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        found.add(Code::NotText, None, "the file is UTF-16").hint("save it as UTF-8");
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let message = format!("the file is not UTF-8 text: byte {} cannot be read", error.valid_up_to() + 1);
            found.add(Code::NotText, None, message).hint("is it the right file? Save it as UTF-8");
            None
        }
    }
}

/// The tree of a text, or `None` where it could not be read to its end.
pub(super) fn parse<'a>(text: &'a str, found: &mut Collector) -> Option<Node<'a>> {
    if let Some(offset) = first_binary(text.as_bytes()) {
        let character = text.get(offset..).and_then(|rest| rest.chars().next()).unwrap_or_default();
        let message = format!("the file holds the control character U+{:04X}", u32::from(character));
        let span = Span::new(offset, offset + character.len_utf8());
        found
            .add(Code::NotText, span, message)
            .hint("is it the right file? A runbook is text; write \"\\u00XX\" in quotes");
        return None;
    }
    let mut options = granit_parser::Options::default();
    options.set_emit_comments(false);
    options.disallow_directives = true;
    options.emit_anchor_events = true;
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = DEPTH_MAX + 2;
    options.block_nesting_limit = DEPTH_MAX + 2;
    let mut builder = Builder { text, found, stack: Vec::new(), root: None, nodes: 0 };
    for next in Parser::new_from_str_with_options(text, options) {
        let outcome = match next {
            Ok((event, span)) => builder.event(event, builder.place(&span)),
            Err(error) => builder.fail(&error),
        };
        outcome.ok()?;
    }
    let Some(root) = builder.root.take() else {
        found.add(Code::Empty, None, "there is nothing in the file").hint("a runbook begins with `runbook: its-name`");
        return None;
    };
    Some(root)
}

/// The comments of a text that can be read, in order, without what surrounds them.
pub(super) fn comments(text: &str) -> Vec<String> {
    let events = Parser::new_from_str_with_options(text, granit_parser::Options::default());
    let texts = events.map_while(Result::ok).filter_map(|(event, _)| match event {
        Event::Comment(text, _) => Some(text.trim().to_owned()),
        _ => None,
    });
    texts.collect()
}

/// The first of the characters that no text has: C0 controls other than tab and line ends, DEL, and C1 controls
/// other than NEL.
fn first_binary(bytes: &[u8]) -> Option<usize> {
    let mut before = 0;
    bytes.iter().enumerate().find_map(|(offset, byte)| {
        let found = match *byte {
            b'\t' | b'\n' | b'\r' => None,
            0..=0x1f | 0x7f => Some(offset),
            // U+0080 to U+009F are C2 80 to C2 9F in UTF-8, and U+0085 is NEL.
            0x80..=0x9f if before == 0xc2 && *byte != 0x85 => offset.checked_sub(1),
            _ => None,
        };
        before = *byte;
        found
    })
}

/// Reading cannot go on.
struct Stop;

/// A collection that is still open.
enum Open<'a> {
    List { start: Span, items: Vec<Node<'a>> },
    Map { start: Span, entries: Vec<Entry<'a>>, key: Option<(Cow<'a, str>, Span)> },
}

struct Builder<'a, 'c> {
    text: &'a str,
    found: &'c mut Collector,
    stack: Vec<Open<'a>>,
    root: Option<Node<'a>>,
    nodes: usize,
}

impl<'a> Builder<'a, '_> {
    fn place(&self, span: &granit_parser::Span) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        let end = range.end.min(self.text.len());
        Span::new(range.start.min(end), end)
    }

    fn event(&mut self, event: Event<'a>, span: Span) -> Result<(), Stop> {
        if event.is_node() {
            self.count(span)?;
        }
        if let Some(tag) = event.tag() {
            let message = format!("the tag `{}` is not part of the language", tag.original());
            self.found.add(Code::Tag, span, message).hint("remove it; put text in quotes");
        }
        match event {
            Event::Scalar(text, style, _, _) => {
                self.scalar(text, style == ScalarStyle::Plain, span);
            }
            Event::SequenceStart(..) => self.open(Open::List { start: span, items: Vec::new() })?,
            Event::MappingStart(..) => self.open(Open::Map { start: span, entries: Vec::new(), key: None })?,
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Anchor(_, name) => self.anchor(span, &format!("the anchor `&{name}`")),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let name = span.of(self.text).to_owned();
                self.anchor(span, &format!("the alias `{name}`"));
                self.put(Node { span, data: Data::Broken });
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                self.found
                    .add(Code::Tag, span, "a second document begins here")
                    .hint("a runbook is one document; remove `---`");
                return Err(Stop);
            }
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self, span: Span) -> Result<(), Stop> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            self.found.add(Code::TooLarge, span, format!("the file has more than {NODES_MAX} values"));
            return Err(Stop);
        }
        Ok(())
    }

    fn open(&mut self, open: Open<'a>) -> Result<(), Stop> {
        let start = match &open {
            Open::List { start, .. } | Open::Map { start, .. } => *start,
        };
        if self.stack.len() >= DEPTH_MAX {
            self.found.add(Code::TooLarge, start, format!("values are nested more than {DEPTH_MAX} deep"));
            return Err(Stop);
        }
        self.stack.push(open);
        Ok(())
    }

    fn close(&mut self, end: Span) {
        let node = match self.stack.pop() {
            Some(Open::List { start, items }) => {
                let last = items.last().map_or(end.end, |item| item.span.end);
                Node { span: Span { start: start.start, end: last.max(start.end) }, data: Data::List(items) }
            }
            Some(Open::Map { start, entries, .. }) => {
                let last = entries.last().map_or(end.end, |entry| entry.value.span.end);
                self.report_duplicates(&entries);
                Node { span: Span { start: start.start, end: last.max(start.end) }, data: Data::Map(entries) }
            }
            None => return,
        };
        self.put(node);
    }

    fn scalar(&mut self, text: Cow<'a, str>, plain: bool, span: Span) {
        let is_key = matches!(self.stack.last(), Some(Open::Map { key: None, .. }));
        if plain && !is_key && is_near_boolean(&text) {
            let instead =
                if matches!(text.to_ascii_lowercase().as_str(), "yes" | "on" | "true") { "true" } else { "false" };
            let message = format!("`{text}` is a boolean for some readers of YAML and text for others");
            self.found
                .add(Code::NotBoolean, span, message)
                .hint(format!("write {instead}, or \"{text}\" for the text"));
            return self.put(Node { span, data: Data::Broken });
        }
        self.put(Node { span, data: Data::Scalar { text, plain } });
    }

    fn put(&mut self, node: Node<'a>) {
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => match key.take() {
                Some((name, key_span)) => entries.push(Entry { key: name, key_span, value: node }),
                None => self.put_key(node),
            },
        }
    }

    fn put_key(&mut self, node: Node<'a>) {
        let span = node.span;
        let name = match node.data {
            Data::Scalar { text, plain } if plain && text == "<<" => {
                self.anchor(span, "the merge key `<<`");
                text
            }
            Data::Scalar { text, .. } => text,
            Data::Broken => Cow::Borrowed(""),
            Data::List(_) | Data::Map(_) => {
                self.found.add(Code::WrongType, span, "a key must be text, this is a list or a map");
                Cow::Borrowed("")
            }
        };
        if let Some(Open::Map { key, .. }) = self.stack.last_mut() {
            *key = Some((name, span));
        }
    }

    fn report_duplicates(&mut self, entries: &[Entry<'a>]) {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for entry in entries.iter().filter(|entry| !entry.key.is_empty()) {
            if let Some(first) = seen.get(entry.key.as_ref()) {
                let message = format!("the key `{}` is written twice", entry.key);
                let found = self.found.add(Code::DuplicateKey, entry.key_span, message);
                found.also(*first, "first written here").hint("remove one of the two");
            } else {
                seen.insert(&entry.key, entry.key_span);
            }
        }
    }

    fn anchor(&mut self, span: Span, what: &str) {
        let message = format!("{what} is not part of the language");
        self.found.add(Code::Anchor, span, message).hint("write the value out at every place");
    }

    /// A tab in the indentation of the line where reading stopped or of the next one: nearly always the cause,
    /// whatever the parser made of it.
    fn tab_near(&self, offset: usize) -> Option<usize> {
        let start = self.text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        let lines = self.text.get(start..)?.split_inclusive('\n').take(2);
        let mut at = start;
        for line in lines {
            let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
            if let Some(tab) = line.get(..indent).and_then(|indent| indent.find('\t')) {
                return Some(at + tab);
            }
            at += line.len();
        }
        None
    }

    fn fail(&mut self, error: &ScanError) -> Result<(), Stop> {
        let offset = error.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len());
        let span = Span::new(offset, offset + 1);
        if let Some(tab) = self.tab_near(offset) {
            self.found
                .add(Code::Tab, Span::new(tab, tab + 1), "a tab stands where YAML allows only spaces")
                .hint("indent with spaces");
        } else if matches!(error.kind(), ErrorKind::DirectiveDisallowed) {
            self.found
                .add(Code::Tag, span, "a directive is not part of the language")
                .hint("remove the line that begins with %");
        } else if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            self.found.add(Code::TooLarge, span, format!("values are nested more than {DEPTH_MAX} deep"));
        } else {
            self.found.add(Code::Syntax, span, format!("this is not YAML: {}", error.info()));
            self.found.hint("is the indentation right? Text with `: `, ` #`, `{` or `[` needs quotes");
        }
        Err(Stop)
    }
}

/// YAML 1.1 booleans that are text in YAML 1.2, and booleans in capitals.
fn is_near_boolean(text: &str) -> bool {
    const WORDS: [&str; 6] = ["yes", "no", "on", "off", "true", "false"];
    !matches!(text, "true" | "false") && text.len() <= 5 && WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}
