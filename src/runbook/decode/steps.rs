//! `steps`.

use super::effects::effect;
use super::fields::{Fields, Reader};
use super::for_each::for_each;
use super::keys;
use super::retry::retry;
use crate::base::escape;
use crate::runbook::codes::Code;
use crate::runbook::draft::{Placed, StepDraft};
use crate::runbook::kind::{Kind, OnFailure, Proof, Reversibility};
use crate::runbook::plan::Retry;
use crate::runbook::retry::RetryClass;
use crate::runbook::source::Span;
use crate::runbook::yaml::{Data, Node};
use std::time::Duration;

const STEPS_MAX: usize = 100_000;

/// The key of an item, as it is written in the name of a file.
pub(in crate::runbook) const SAVED_KEY: &str = "{{ each.key }}";

/// File names in the audit directory that belong to the trail itself.
const RESERVED: &[&str] = &["summary.txt", "README.md"];

pub(super) fn all<'t>(reader: &mut Reader<'_>, node: &'t Node<'t>, what: &str) -> Vec<StepDraft<'t>> {
    let items = reader.list(node, what);
    if items.is_empty() && matches!(node.data, Data::List(_)) {
        reader.found.add(Code::MissingKey, node.span, "there are no steps").hint("a runbook has at least one step");
    }
    if items.len() > STEPS_MAX {
        let message = format!("there are {} steps, the limit is {STEPS_MAX}", items.len());
        reader.found.add(Code::TooLarge, Span { end: node.span.start + 1, ..node.span }, message);
        return Vec::new();
    }
    let mut steps = Vec::new();
    for item in items {
        let Some(read) = step(reader, item) else { continue };
        let undo = undo(reader, item, &read, steps.len());
        steps.push(read);
        steps.extend(undo);
    }
    steps
}

/// The step that undoes another one.
fn undo<'t>(reader: &mut Reader<'_>, node: &'t Node<'t>, of: &StepDraft<'t>, index: usize) -> Option<StepDraft<'t>> {
    let Data::Map(entries) = &node.data else { return None };
    let node = &entries.iter().find(|entry| entry.key == "undo")?.value;
    let fields = reader.fields(node, "`undo`", keys::UNDO, &[])?;
    let (kind, kind_span) = step_kind(reader, fields, node.span);
    let retry = fields.get("retry").and_then(|node| {
        let value = retry(reader, node, kind)?;
        Some(Placed { value, span: node.span })
    });
    check_timeout(reader, fields, kind, retry.as_ref());
    Some(StepDraft {
        id: if of.id.is_empty() { String::new() } else { format!("{}/undo", of.id) },
        id_span: node.span,
        kind,
        kind_span,
        with: fields.entries(reader, "with"),
        needs: Vec::new(),
        for_each: None,
        undoes: Some(index),
        when: None,
        timeout: fields.get("timeout").and_then(|node| reader.duration(node, "`timeout`")),
        attempt_timeout: None,
        retry,
        on_failure: Some(OnFailure::Hold),
        retry_from: None,
        max_age: None,
        locks: &[],
        save: None,
        description: fields.text(reader, "description"),
        effect: effect(reader, fields, kind),
    })
}

fn step<'t>(reader: &mut Reader<'_>, node: &'t Node<'t>) -> Option<StepDraft<'t>> {
    let fields = reader.fields(node, "a step", keys::STEP, keys::STEP_LATER)?;
    let (id, id_span) = step_id(reader, fields, node.span);
    let (kind, kind_span) = step_kind(reader, fields, node.span);
    let before = reader.found.count();
    let retry = fields.get("retry").and_then(|node| {
        let value = retry(reader, node, kind)?;
        Some(Placed { value, span: node.span })
    });
    check_timeout(reader, fields, kind, retry.as_ref());
    let is_last = kind.is_some_and(|kind| !kind.repeat.may_be_retried());
    if let Some(retry) = retry.as_ref().filter(|_| is_last && reader.found.count() == before) {
        let message = "nobody can find out the outcome of a lost attempt, so it is not tried again";
        reader.found.add(Code::Retry, retry.span, message).hint("remove `retry`");
    }
    // One mistake at a place is enough.
    let sound_retry = retry.as_ref().filter(|_| reader.found.count() == before).map(|retry| retry.span);
    let timeout = fields.get("timeout").and_then(|node| Some((reader.duration(node, "`timeout`")?, node.span)));
    let attempt_timeout = attempt_timeout(reader, fields, kind);
    let retry_from = fields
        .get("retry_from")
        .and_then(|node| Some(Placed { value: reader.text(node, "`retry_from`")?, span: node.span }));
    let told = [
        ("timeout", timeout.map(|(_, span)| span)),
        ("retry", sound_retry),
        ("retry_from", retry_from.as_ref().map(|from| from.span)),
    ];
    honoured(reader, kind, told);
    Some(StepDraft {
        id,
        id_span,
        kind,
        kind_span,
        with: fields.entries(reader, "with"),
        needs: fields.get("needs").map(|node| needs(reader, node)).unwrap_or_default(),
        undoes: None,
        for_each: fields.get("for_each").map(|node| for_each(reader, node)),
        when: fields.get("when"),
        timeout: timeout.map(|(timeout, _)| timeout),
        attempt_timeout,
        retry,
        on_failure: fields.get("on_failure").and_then(|node| on_failure(reader, node)),
        retry_from,
        locks: fields.get("locks").map_or(&[], |node| reader.list(node, "`locks`")),
        max_age: fields.get("max_age").and_then(|node| max_age(reader, node, kind)),
        save: fields.get("save").and_then(|node| save(reader, node, fields.get("for_each").is_some())),
        description: fields.text(reader, "description"),
        effect: effect(reader, fields, kind),
    })
}

/// What a command that changes something has done before it was ended nobody knows, so that it is not tried again.
fn check_timeout(
    reader: &mut Reader<'_>,
    fields: Fields<'_>,
    kind: Option<&'static Kind>,
    retry: Option<&Placed<Retry>>,
) {
    let Some(retry) = retry.filter(|retry| retry.value.on.has(RetryClass::Timeout)) else { return };
    if !kind.is_some_and(|kind| kind.limits_attempt) {
        return;
    }
    let effect = fields.get("effect").map(|node| &node.data);
    if !matches!(effect, Some(Data::Scalar { text, .. }) if text == Reversibility::Nothing.name()) {
        let message = "what an attempt has changed before its time was over is not known, so it is not tried again";
        reader.found.add(Code::Retry, retry.span, message);
        reader.found.hint("remove `timeout` from `on`, or declare `effect: none` where it changes nothing");
    }
}

/// How long one attempt may take, of a kind that can end it.
fn attempt_timeout(reader: &mut Reader<'_>, fields: Fields<'_>, kind: Option<&'static Kind>) -> Option<Duration> {
    let node = fields.get("attempt_timeout")?;
    let timeout = reader.duration(node, "`attempt_timeout`")?;
    let Some(kind) = kind.filter(|kind| !kind.limits_attempt) else { return Some(timeout) };
    let (why, hint) = match kind.input("request_timeout") {
        Some(_) => {
            ("`request_timeout` under `with` says how long an answer may take", "write `with: {request_timeout: 30s}`")
        }
        None => ("each of its requests has a limit of its own", "remove `attempt_timeout`; `timeout` limits the step"),
    };
    let message = format!("`{}` does not honour `attempt_timeout`: {why}", kind.name);
    reader.found.add(Code::NotHonoured, node.span, message).hint(hint);
    None
}

/// Reports the keys with which a step of this kind would do nothing.
fn honoured(reader: &mut Reader<'_>, kind: Option<&'static Kind>, keys: [(&str, Option<Span>); 3]) {
    for (key, span) in keys {
        if let (Some(kind), Some(span)) = (kind, span)
            && let Some(why) = kind.ignores(key)
        {
            let message = format!("`{}` does not honour `{key}`: {why}", kind.name);
            reader.found.add_with(Code::NotHonoured, span, message, Some(format!("remove `{key}`")));
        }
    }
}

fn step_id(reader: &mut Reader<'_>, fields: Fields<'_>, at: Span) -> (String, Span) {
    let Some(node) = reader.need(fields, "id", at, "every step has an id, `- id: capture`") else {
        return (String::new(), at);
    };
    let id = reader.text(node, "`id`").unwrap_or_default();
    if reader.identifier(&id, node.span, "a step") {
        return (id, node.span);
    }
    if id.is_empty() && matches!(node.data, Data::Scalar { .. }) {
        reader.found.add(Code::BadName, node.span, "the id of a step cannot be empty");
    }
    (String::new(), node.span)
}

fn step_kind(reader: &mut Reader<'_>, fields: Fields<'_>, at: Span) -> (Option<&'static Kind>, Span) {
    let Some(node) = reader.need(fields, "uses", at, "every step says what it does: `uses: KIND`") else {
        return (None, at);
    };
    (super::uses::kind_named(reader, node), node.span)
}

fn needs(reader: &mut Reader<'_>, node: &Node<'_>) -> Vec<Placed<String>> {
    let Data::List(items) = &node.data else {
        reader.wrong::<()>(node, "`needs`", "a list of step ids", "a single value");
        reader.found.hint("write `needs: [capture]`, also for a single one");
        return Vec::new();
    };
    items
        .iter()
        .filter_map(|item| Some(Placed { value: reader.text(item, "a step id in `needs`")?, span: item.span }))
        .collect()
}

fn on_failure(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<OnFailure> {
    let word = reader.text(node, "`on_failure`")?;
    let known = OnFailure::from_name(&word);
    if known.is_none() {
        let message = format!("`on_failure` cannot be \"{}\"", escape(&word));
        reader.found.add(Code::WrongType, node.span, message);
        reader.found.hint(
            "write `stop`, which closes the run, `undo`, which undoes what was done first, or `hold` or `ask`, which \
             wait for a person",
        );
    }
    known
}

/// How old what the step proves may be; a confirmation never more than five minutes.
fn max_age(reader: &mut Reader<'_>, node: &Node<'_>, kind: Option<&'static Kind>) -> Option<Duration> {
    let span = reader.duration(node, "`max_age`")?;
    let Some(kind) = kind else { return Some(span) };
    let Some(proof) = kind.yields.first().or(kind.vouches.first()) else {
        let message = format!("a step of `{}` proves nothing that could grow old", kind.name);
        reader.found.add(Code::UnknownKey, node.span, message).hint("remove `max_age`");
        return None;
    };
    if *proof == Proof::Confirmed && span > proof.max_age() {
        let message = "a confirmation counts for five minutes at most";
        reader.found.add(Code::OutOfRange, node.span, message).hint("write a shorter `max_age`, or none");
        return None;
    }
    Some(span)
}

/// The name of the file. The key of its item stands in that of a step of a group, so that each has its own.
fn save(reader: &mut Reader<'_>, node: &Node<'_>, is_group: bool) -> Option<Placed<String>> {
    let written = reader.text(node, "`save`")?;
    let name = if is_group { written.replace(SAVED_KEY, "key") } else { written.clone() };
    if is_group && name == written {
        reader.found.add(Code::SaveName, node.span, "every item would be saved to the same file");
        reader.found.hint(format!("name the item, `save: \"config-{SAVED_KEY}.json\"`"));
        return None;
    }
    let reason = if name.is_empty() || name.starts_with('.') || name.len() > 128 {
        Some("it must have 1 to 128 characters and not begin with a dot")
    } else if name.contains(['/', '\\']) {
        Some("it must be a file name without directories")
    } else if escape(&name) != name || name.trim() != name {
        Some("it has characters that cannot be seen")
    } else if name.contains("{{") {
        Some("templates are not allowed here")
    } else if RESERVED.iter().any(|taken| taken.eq_ignore_ascii_case(&name))
        || name.to_ascii_lowercase().starts_with("journal")
    {
        Some("the trail itself uses this name")
    } else {
        None
    };
    if let Some(reason) = reason {
        reader.found.add(
            Code::SaveName,
            node.span,
            format!("the output cannot be saved as \"{}\": {reason}", escape(&name)),
        );
        reader.found.hint("write a plain file name, `save: instance-config.json`");
        return None;
    }
    Some(Placed { value: written, span: node.span })
}
