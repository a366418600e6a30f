//! `inputs` and `defaults`.

use super::fields::{Fields, Reader};
use super::keys::{DEFAULTS, INPUT, RETRY};
use crate::base::{Value, escape};
use crate::runbook::codes::Code;
use crate::runbook::draft::{Defaults, Placed};
use crate::runbook::given;
use crate::runbook::kind::{Idempotency, Kind};
use crate::runbook::patterns::Refused;
use crate::runbook::plan::{InputDecl, InputType, Retry};
use crate::runbook::source::Span;
use crate::runbook::suggest::{IN_THE_PAGE, or_list};
use crate::runbook::template::is_template;
use crate::runbook::yaml::{Data, Entry, Node};
use std::time::Duration;

/// More values than this nobody chooses from, and each is compared with the pattern.
const CHOICES_MAX: usize = 1_000;

/// With these other tools choose what is tried again, a time-out for example.
const RETRY_ON: &[&str] = &["on", "unknown"];

/// One input. `None` only where its name cannot be used.
pub(super) fn input(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Placed<InputDecl>> {
    let named = reader.identifier(&entry.key, entry.key_span, "an input");
    let span = entry.key_span;
    let mut decl = InputDecl {
        name: entry.key.to_string(),
        ty: InputType::String,
        pattern: None,
        choices: Vec::new(),
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
        decl.choices = items.iter().filter_map(|item| value(reader, item, decl, "a value in `enum`")).collect();
        if matches!(&node.data, Data::List(items) if items.is_empty()) {
            reader.found.add(Code::BadInput, node.span, "`enum` must list at least one value");
        }
    }
    if let Some(node) = fields.get("default") {
        let is_text = matches!(&node.data, Data::Scalar { text, .. } if is_template(text));
        if is_text {
            reader.found.add(Code::BadInput, node.span, "a default is a plain value, not a template");
        } else {
            decl.default = value(reader, node, decl, "the default").filter(|value| !value.is_null());
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
    if ty.is_none() {
        let hint = or_list(&name, "types", InputType::NAMES, IN_THE_PAGE);
        reader.found.add_with(Code::BadInput, node.span, format!("there is no input type `{}`", escape(&name)), hint);
    }
    ty
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

/// A literal of the declared type that keeps to the pattern and choices read so far.
fn value(reader: &mut Reader<'_>, node: &Node<'_>, decl: &InputDecl, what: &str) -> Option<Value> {
    let Data::Scalar { text, plain } = &node.data else {
        return reader.wrong(node, what, "a single value", "a list or a map");
    };
    match given::literal(decl, text, *plain, reader.patterns) {
        Ok(value) => Some(value),
        Err(misfit) => {
            let message = format!("{what} does not fit: expected {}, found {}", misfit.expected, misfit.found);
            reader.found.add(Code::BadInput, node.span, message);
            None
        }
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

/// `{max: 5, backoff: 2s..60s}`; what is left out is as in the defaults of the language. `kind` is that of the step,
/// where it is about one.
pub(super) fn retry(reader: &mut Reader<'_>, node: &Node<'_>, kind: Option<&Kind>) -> Option<Retry> {
    let fields = reader.fields_but(node, "`retry`", RETRY, &[], |reader, entry| retry_on(reader, entry, kind))?;
    let mut retry = Defaults::default().retry;
    if let Some(max) = fields.get("max").and_then(|node| reader.integer(node, "`max`", 1, 1000)) {
        retry.max = u32::try_from(max).unwrap_or(1);
    }
    if let Some(node) = fields.get("backoff") {
        let (first, longest) = backoff(reader, node)?;
        (retry.first, retry.longest) = (first, longest);
    }
    Some(retry)
}

/// Whether the key is one with which people ask to repeat what is in doubt; it is told then why nobody chooses that.
fn retry_on(reader: &mut Reader<'_>, entry: &Entry<'_>, kind: Option<&Kind>) -> bool {
    let key = entry.key.as_ref();
    if !RETRY_ON.contains(&key) {
        return false;
    }
    let (message, why) = match kind {
        Some(Kind { name, repeat: Idempotency::Reconcilable | Idempotency::Opaque, .. }) => (
            format!(
                "what `{name}` asks for is never sent again while nobody knows whether it took place; the step looks \
                 at the world instead"
            ),
            "a doubt is settled by looking, or by an operator with `surefoot resolve`",
        ),
        _ => (
            format!(
                "`{key}` is not needed: `retry` is about reads that failed and requests that were refused or never left"
            ),
            "which failures pass is known, and what is in doubt is not repeated because of `retry`",
        ),
    };
    reader.found.add(Code::Retry, entry.key_span, message).hint(format!("remove `{key}`: {why}"));
    true
}

fn backoff(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<(Duration, Duration)> {
    let text = reader.text(node, "`backoff`")?;
    let (first, longest) = text.split_once("..").unwrap_or((&text, &text));
    let first = reader.duration_in(first, node.span, "the first wait of `backoff`");
    let longest = reader.duration_in(longest, node.span, "the longest wait of `backoff`");
    let (first, longest) = (first?, longest?);
    if first > longest {
        reader.found.add(Code::Retry, node.span, "the first wait is longer than the longest one");
        reader.found.hint("write the shorter one first, `backoff: 2s..60s`");
        return None;
    }
    Some((first, longest))
}
