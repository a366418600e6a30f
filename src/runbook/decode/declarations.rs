//! `inputs` and `defaults`.

use super::fields::{Fields, Reader};
use super::keys::{DEFAULTS, INPUT};
use super::retry::retry;
use crate::base::{Value, escape};
use crate::runbook::codes::Code;
use crate::runbook::draft::{Defaults, Placed};
use crate::runbook::fit::Misfit;
use crate::runbook::patterns::Refused;
use crate::runbook::plan::{InputDecl, InputType};
use crate::runbook::source::Span;
use crate::runbook::suggest::{IN_THE_PAGE, or_list};
use crate::runbook::template::is_template;
use crate::runbook::yaml::{Data, Entry, Node};
use crate::runbook::{bounds, given};

/// More values than this nobody chooses from, and each is compared with the pattern.
const CHOICES_MAX: usize = 1_000;

/// What people write where they mean a secret.
const SECRET: &str = "secret";

/// One input. `None` only where its name cannot be used.
pub(super) fn input(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Placed<InputDecl>> {
    let named = reader.identifier(&entry.key, entry.key_span, "an input");
    let span = entry.key_span;
    let mut decl = InputDecl {
        name: entry.key.to_string(),
        ty: InputType::String,
        of: None,
        pattern: None,
        choices: Vec::new(),
        min: None,
        max: None,
        default: None,
        optional: false,
        description: String::new(),
    };
    if let Some(fields) = reader.fields(&entry.value, "an input", INPUT, &[]) {
        fill(reader, fields, &mut decl, span);
    }
    named.then_some(Placed { value: decl, span })
}

fn fill(reader: &mut Reader<'_>, fields: Fields<'_>, decl: &mut InputDecl, span: Span) {
    if let Some(node) = fields.get("type") {
        decl.ty = input_type(reader, node).unwrap_or(InputType::String);
    }
    decl.of = fields.get("of").and_then(|node| item_type(reader, node, decl.ty));
    if decl.ty.has_items() && decl.of.is_none() && (fields.get("pattern").is_some() || fields.get("enum").is_some()) {
        decl.of = Some(InputType::String);
    }
    decl.description = fields.text(reader, "description");
    decl.optional = fields.get("optional").and_then(|node| reader.boolean(node, "`optional`")).unwrap_or(false);
    decl.pattern = fields.get("pattern").and_then(|node| pattern(reader, node));
    if let Some(node) = fields.get("enum") {
        let mut items = reader.list(node, "`enum`");
        if items.len() > CHOICES_MAX {
            let message = format!("`enum` lists {} values, the limit is {CHOICES_MAX}", items.len());
            reader.found.add(Code::TooLarge, span, message);
            items = &[];
        }
        let choices = items.iter().filter_map(|item| {
            let choice = given::choice(decl, item, reader.patterns);
            fitting(reader, item, "a value in `enum`", choice)
        });
        decl.choices = choices.collect();
        if matches!(&node.data, Data::List(items) if items.is_empty()) {
            reader.found.add(Code::BadInput, node.span, "`enum` must list at least one value");
        }
    }
    fill_bounds(reader, fields, decl);
    if let Some(node) = fields.get("default") {
        if has_template(node) {
            reader.found.add(Code::BadInput, node.span, "a default is a plain value, not a template");
        } else {
            let default = given::literal(decl, node, reader.patterns);
            decl.default = fitting(reader, node, "the default", default).filter(|value| !value.is_null());
        }
    }
    if decl.default.is_some() && decl.optional {
        let message = format!("the input `{}` is optional and has a default", decl.name);
        reader
            .found
            .add(Code::BadInput, span, message)
            .hint("an input with a default always has a value; remove one of the two");
    }
}

fn input_type(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<InputType> {
    let name = reader.text(node, "`type`")?;
    let ty = InputType::from_name(&name);
    if name == SECRET {
        reader.found.add(
            Code::BadInput,
            node.span,
            "an input cannot be a secret: inputs stand in the plan and the trail",
        );
        reader.found.hint("declare it under `secrets`, `secrets: {db: {env: [DB_USER, DB_PASSWORD]}}`");
    } else if ty.is_none() {
        let hint = or_list(&name, "types", InputType::NAMES, IN_THE_PAGE);
        reader.found.add_with(Code::BadInput, node.span, format!("there is no input type `{}`", escape(&name)), hint);
    }
    ty
}

/// `of`, the type of the items of a list or of the values of a map.
fn item_type(reader: &mut Reader<'_>, node: &Node<'_>, whole: InputType) -> Option<InputType> {
    let of = input_type(reader, node)?;
    if !whole.has_items() {
        let message = format!("`of` says what is in a list or a map, and the input is of type {}", whole.name());
        reader.found.add(Code::BadInput, node.span, message).hint("write `type: list`, or remove `of`");
        return None;
    }
    if of == InputType::List {
        reader.found.add(Code::BadInput, node.span, "a list of lists cannot be declared");
        reader.found.hint("leave `of` out: items of any form are taken then");
        return None;
    }
    Some(of)
}

fn pattern(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<String> {
    let text = reader.text(node, "`pattern`")?;
    let Err(refused) = reader.patterns.learn(&text) else { return Some(text) };
    let (code, message, hint) = match refused {
        Refused::Syntax(error) => {
            reader.found.add(Code::BadInput, node.span, format!("the pattern cannot be read: {error}"));
            return None;
        }
        Refused::Long(length, limit) => (
            Code::TooLarge,
            format!("the pattern has {length} bytes, the limit is {limit}"),
            "a list of words goes into `enum`",
        ),
        Refused::Large => (
            Code::TooLarge,
            "the pattern stands for too many states".to_owned(),
            "`{1,300}` in `{1,300}` stands for 90,000 copies; allow fewer, or any number of them with `+`",
        ),
        Refused::Many(limit) => (
            Code::TooLarge,
            format!("there are more than {limit} different patterns"),
            "inputs of the same form share one pattern, which counts once",
        ),
        Refused::Work => (
            Code::TooLarge,
            "the patterns up to this one are too much work together".to_owned(),
            "repeat less in them: `{1,300}` stands for 300 copies of what it repeats",
        ),
    };
    reader.found.add(code, node.span, message).hint(hint);
    None
}

/// `min` and `max`: values of the declared type; of a list or a map, numbers of items.
fn fill_bounds(reader: &mut Reader<'_>, fields: Fields<'_>, decl: &mut InputDecl) {
    let mut bounds = [None, None];
    for (bound, key) in bounds.iter_mut().zip(["min", "max"]) {
        let Some(node) = fields.get(key) else { continue };
        if !bounds::has(decl.ty) {
            let message = format!("`{key}` is no bound of an input of type {}", decl.ty.name());
            reader.found.add(Code::BadInput, node.span, message);
            reader.found.hint("numbers, durations, sizes, times, lists and maps have bounds; text has a `pattern`");
            continue;
        }
        let ty = if decl.ty.has_items() { InputType::Integer } else { decl.ty };
        *bound = fitting(reader, node, &format!("`{key}`"), given::single(ty, node)).filter(|value| !value.is_null());
    }
    [decl.min, decl.max] = bounds;
    if let Some(node) = fields.get("min").filter(|_| bounds::are_crossed(decl)) {
        reader.found.add(Code::BadInput, node.span, "`min` is larger than `max`").hint("no value lies between them");
    }
}

/// A value that was read, or nothing where it does not fit, which is reported.
fn fitting(reader: &mut Reader<'_>, node: &Node<'_>, what: &str, read: Result<Value, Misfit>) -> Option<Value> {
    match read {
        Ok(value) => Some(value),
        Err(_) if node.data == Data::Broken => None,
        Err(misfit) => {
            let message = format!("{what} does not fit: expected {}, found {}", misfit.expected, misfit.found);
            reader.found.add(Code::BadInput, node.span, message);
            None
        }
    }
}

fn has_template(node: &Node<'_>) -> bool {
    match &node.data {
        Data::Scalar { text, .. } => is_template(text),
        Data::List(items) => items.iter().any(has_template),
        Data::Map(entries) => entries.iter().any(|entry| has_template(&entry.value)),
        Data::Broken => false,
    }
}

pub(super) fn defaults(reader: &mut Reader<'_>, node: &Node<'_>) -> Defaults {
    let mut defaults = Defaults::default();
    let Some(fields) = reader.fields(node, "`defaults`", DEFAULTS, &[]) else { return defaults };
    if let Some(timeout) = fields.get("timeout").and_then(|node| reader.duration(node, "`timeout`")) {
        defaults.timeout = timeout;
    }
    if let Some(value) = fields.get("retry").and_then(|node| retry(reader, node, None)) {
        defaults.retry = value;
    }
    let concurrency = fields.get("concurrency").and_then(|node| reader.integer(node, "`concurrency`", 1, 1024));
    if let Some(concurrency) = concurrency.and_then(|number| usize::try_from(number).ok()) {
        defaults.concurrency = concurrency;
    }
    defaults
}
