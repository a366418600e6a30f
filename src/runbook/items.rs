//! The items of a `for_each`: where they come from, and what each is called.

use super::codes::Code;
use super::diagnostic::Collector;
use super::draft::{Draft, ForEachDraft, ItemsDraft, StepDraft};
use super::files::{NamedFile, Read, beside};
use super::plain::document;
use super::plan::{InputType, Template};
use super::references::{EACH_KEY, each_reference};
use super::render::{Referent, RenderScope, Renderer};
use super::resolve::{self, Scope};
use super::source::Span;
use super::suggest::list;
use crate::base::{Map, Value, escape};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// More items nobody plans.
const ITEMS_MAX: usize = 100_000;
/// The key of an item is part of the ids of steps, which people read and type.
const KEY_MAX: usize = 128;
/// What a group says of itself under the names of its outputs, so that no item may be called so.
const TAKEN: [&str; 6] = ["count", "succeeded", "skipped", "failed", "results", EACH_KEY];

/// An item.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) key: String,
    /// `None` for the one item that stands for all where none is known yet.
    pub(super) value: Option<Value>,
}

/// The items of the groups of a runbook, by the index of their step.
pub(super) type Groups = BTreeMap<usize, Vec<Item>>;

/// Reads the items of every group; what is not known before inputs are given is one item `*`.
pub(super) fn read(
    draft: &Draft<'_>,
    known: &Known<'_>,
    scope: &mut Scope,
    text: &str,
    found: &mut Collector,
) -> Groups {
    let mut groups = Groups::new();
    for (index, step) in draft.steps.iter().enumerate() {
        let Some(for_each) = &step.for_each else { continue };
        let items = Reader { draft, known, found: &mut *found, step, for_each, column: None }.items(scope, text);
        match items {
            Some(items) => {
                let keys: BTreeSet<String> = items.iter().map(|item| item.key.clone()).collect();
                scope.set_keys(&step.id, Arc::new(keys));
                groups.insert(index, items);
            }
            None => {
                groups.insert(index, vec![Item { key: "*".to_owned(), value: None }]);
            }
        }
    }
    groups
}

/// What is known before the run begins.
pub(super) struct Known<'k> {
    pub(super) name: &'k str,
    pub(super) inputs: &'k Map,
    /// What `discover` has read, where that is known.
    pub(super) discovered: Option<&'k Map>,
    /// Whether every input has the value that it will have.
    pub(super) is_whole: bool,
    /// Those that have, where another runbook uses this one.
    pub(super) bound: Option<&'k Map>,
    pub(super) files: &'k Read<'k>,
}

impl Known<'_> {
    /// The value of a template that refers to inputs alone; `Ok(None)` where one of them is not known yet.
    pub(super) fn value(&self, template: &Template) -> Result<Option<Value>, String> {
        if let Template::Plain(value) = template {
            return Ok(Some(value.clone()));
        }
        let (mut is_open, mut is_unread) = (false, false);
        each_reference(template, &mut |path| {
            is_unread |= path.first() == Some(&"discover") && self.discovered.is_none();
            is_open |= matches!(path, ["inputs", name, ..] if self.is_open(name)) || path.first() == Some(&"run");
        });
        if is_unread || is_open && !self.is_whole {
            return Ok(None);
        }
        let inputs = ("inputs", Referent::Map(Cow::Borrowed(self.inputs)));
        let discovered = self.discovered.map(|map| ("discover", Referent::Map(Cow::Borrowed(map))));
        let scope: RenderScope<'_> = Referent::Names([inputs].into_iter().chain(discovered).collect()).into();
        Renderer::new().render(template, &scope).map(Some).map_err(|error| error.to_string())
    }
}

impl Known<'_> {
    /// Whether an input may get another value than it has now.
    fn is_open(&self, name: &str) -> bool {
        match self.bound {
            Some(bound) => !bound.contains_key(name),
            None => self.inputs.get(name).is_none_or(Value::is_null),
        }
    }
}

struct Reader<'r, 't> {
    draft: &'r Draft<'t>,
    known: &'r Known<'r>,
    found: &'r mut Collector,
    step: &'r StepDraft<'t>,
    for_each: &'r ForEachDraft<'t>,
    /// The first column of the file that holds the items, which names them where `key` does not.
    column: Option<String>,
}

impl Reader<'_, '_> {
    fn items(&mut self, scope: &mut Scope, text: &str) -> Option<Vec<Item>> {
        let (value, at) = match self.for_each.items {
            ItemsDraft::Unknown => return None,
            ItemsDraft::Written(node) => {
                let template = resolve::items(node, scope, text, self.found)?;
                (self.value(&template, node.span)?, node.span)
            }
            ItemsDraft::File(node) => {
                let template = resolve::items(node, scope, text, self.found)?;
                let path = self.value(&template, node.span)?;
                let Some(path) = path.as_str() else {
                    self.found.add(Code::Items, node.span, "`file` must be a path");
                    return None;
                };
                // A path that people give is meant from where they are, one in the runbook from where that is.
                let path = if self.is_given(&template) { path.to_owned() } else { beside(self.known.name, path) };
                (self.file(&path, node.span)?, node.span)
            }
        };
        self.named(value, at)
    }

    fn value(&mut self, template: &Template, at: Span) -> Option<Value> {
        match self.known.value(template) {
            Ok(value) => value,
            Err(why) => {
                self.found.add(Code::Items, at, format!("the items of `{}` cannot be known: {why}", self.step.id));
                None
            }
        }
    }

    fn is_given(&self, template: &Template) -> bool {
        let mut is_given = false;
        each_reference(template, &mut |path| {
            let is_path = |name: &str| {
                self.draft.inputs.iter().any(|input| input.value.name == name && input.value.ty == InputType::Path)
            };
            is_given |= matches!(path, ["inputs", name] if is_path(name));
        });
        is_given
    }

    fn file(&mut self, path: &str, at: Span) -> Option<Value> {
        let file = match self.known.files.file(path) {
            Ok(file) => file,
            Err(why) => {
                self.found.add(Code::File, at, format!("`{}` cannot be read: {why}", escape(path)));
                self.found.hint("a path in a runbook is found from the directory of the runbook");
                return None;
            }
        };
        match parse(&file) {
            Ok((value, first)) => {
                self.column = first;
                Some(value)
            }
            Err(why) => {
                self.found.add(Code::File, at, format!("`{}` does not hold items: {why}", escape(path)));
                None
            }
        }
    }

    /// Each item with its key.
    fn named(&mut self, value: Value, at: Span) -> Option<Vec<Item>> {
        let items: Vec<(Option<String>, Value)> = match value {
            Value::Object(map) => map.into_iter().map(|(key, value)| (Some(key), value)).collect(),
            Value::Array(items) => items.into_iter().map(|item| (None, item)).collect(),
            other => {
                let message = format!("`for_each` repeats over a list or a map, not {}", super::fit::found(&other));
                self.found.add(Code::Items, at, message);
                return None;
            }
        };
        if items.len() > ITEMS_MAX {
            let message = format!("`for_each` has {} items, the limit is {ITEMS_MAX}", items.len());
            self.found.add(Code::TooLarge, at, message);
            return None;
        }
        let mut named = Vec::with_capacity(items.len());
        let mut seen = BTreeSet::new();
        for (number, (key, value)) in items.into_iter().enumerate() {
            let key = match key.map_or_else(|| self.key_of(&value), Ok) {
                Ok(key) => key,
                Err((message, hint)) => {
                    self.found.add(Code::Items, at, format!("item {}: {message}", number + 1));
                    if let Some(hint) = hint {
                        self.found.hint(hint);
                    }
                    return None;
                }
            };
            if let Err(why) = sound_key(&key, &mut seen) {
                self.found.add(
                    Code::Items,
                    at,
                    format!("item {} cannot be called \"{}\": {why}", number + 1, escape(&key)),
                );
                self.found.hint("choose the field that names an item with `key`");
                return None;
            }
            named.push(Item { key, value: Some(value) });
        }
        Some(named)
    }

    /// What an item of a list is called: its own text, or the field that `key` names.
    fn key_of(&self, value: &Value) -> Result<String, (String, Option<String>)> {
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let key = self.for_each.key.as_ref().map(|key| &key.value).or(self.column.as_ref());
        match (value, key) {
            (Value::Object(map), Some(key)) => map.get(key).and_then(text).ok_or_else(|| {
                let names: Vec<&str> = map.keys().map(String::as_str).collect();
                let hint = list("it has", &names, "`key` names one of them");
                (format!("it has no text or number `{}`, which is to name it", escape(key)), hint)
            }),
            (Value::Object(map), None) => {
                let first = map.keys().next().map_or("name", String::as_str);
                Err((
                    "nothing says what it is called".to_owned(),
                    Some(format!("name its field: `key: {}`", escape(first))),
                ))
            }
            (value, _) => text(value).ok_or_else(|| (format!("{} has no name", super::fit::found(value)), None)),
        }
    }
}

fn sound_key(key: &str, seen: &mut BTreeSet<String>) -> Result<(), &'static str> {
    let is_plain = |letter: char| {
        letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | ':' | '@' | '+' | '~' | '=' | ',' | '#' | '%')
    };
    if key.is_empty() || key.len() > KEY_MAX {
        Err("it must have 1 to 128 bytes")
    } else if !key.chars().all(is_plain) {
        Err("letters, digits and `. _ - : @ + ~ = , # %` may stand in a key, and nothing else")
    } else if TAKEN.contains(&key) {
        Err("the group uses this name itself")
    } else if !seen.insert(key.to_owned()) {
        Err("another item is called so")
    } else {
        Ok(())
    }
}

/// What a file holds, by the end of its name, and the first column where it has columns.
fn parse(file: &NamedFile) -> Result<(Value, Option<String>), String> {
    let text = std::str::from_utf8(&file.bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let end = file.path.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
    match end.as_str() {
        "csv" => rows(text),
        "json" => serde_json::from_str(text).map(|value| (value, None)).map_err(|error| error.to_string()),
        "yaml" | "yml" => Ok((document(text)?, None)),
        _ => Err("its name ends in none of `.csv`, `.json` and `.yaml`".to_owned()),
    }
}

/// The rows of a CSV file, and its first column.
fn rows(text: &str) -> Result<(Value, Option<String>), String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(b'#')).from_reader(text.as_bytes());
    let names = reader.headers().map_err(|error| error.to_string())?.clone();
    if names.iter().any(str::is_empty) {
        return Err("a column has no name; the first line names the columns".to_owned());
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
        return Err(format!("two columns are called `{}`", escape(twice)));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let row: Map = names.iter().zip(&record).map(|(name, cell)| (name.to_owned(), Value::from(cell))).collect();
        rows.push(Value::Object(row));
    }
    Ok((Value::Array(rows), names.get(0).map(str::to_owned)))
}
