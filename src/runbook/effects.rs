//! The effect of a step, put together from its kind and what it declares, and what may be wrong with that.

use super::codes::Code;
use super::diagnostic::Collector;
use super::draft::StepDraft;
use super::effect::Effect;
use super::kind::{Kind, Reversibility};
use super::plan::Template;
use super::resolve::Resolved;
use super::template::{Piece, split};
use super::yaml::{Data, Entry};
use crate::base::{Value, has_userinfo};

/// What a step does to the world.
pub(super) fn of(step: &StepDraft<'_>, kind: &'static Kind, resolved: &Resolved) -> Effect {
    let draft = &step.effect;
    let mut effect = match kind.declares {
        None => Effect::of(kind),
        Some(declares) => {
            let unsaid = || {
                if is_harmless(kind, resolved) == Some(true) {
                    Reversibility::Nothing
                } else {
                    Reversibility::Irreversible
                }
            };
            let reverse = draft.reverse.as_ref().map_or_else(unsaid, |placed| placed.value);
            Effect::declared(declares, reverse, draft.key.is_some(), resolved.probe.is_some())
        }
    };
    for proof in &draft.requires {
        if !effect.needs.contains(proof) {
            effect.needs.push(*proof);
        }
    }
    // The proof and the pages go through them in the order of the policy.
    effect.needs.sort_unstable();
    effect.yields.extend(draft.provide.as_ref().map(|provide| provide.evidence));
    effect
}

/// Whether the method of a request is one that changes nothing; `None` where that is not known before the run.
fn is_harmless(kind: &Kind, resolved: &Resolved) -> Option<bool> {
    if kind.harmless.is_empty() {
        return Some(false);
    }
    let written = resolved.with.iter().find(|(name, _)| name == "method").map(|(_, template)| template);
    let default = || kind.input("method").and_then(|field| serde_json::from_str(field.default?).ok());
    let method = match written {
        Some(Template::Plain(value)) => value.clone(),
        Some(_) => return None,
        None => default().unwrap_or(Value::Null),
    };
    Some(method.as_str().is_some_and(|method| kind.harmless.contains(&method)))
}

/// Reports what in the declaration of an effect means nothing, or is missing.
pub(super) fn check(step: &StepDraft<'_>, resolved: &Resolved, found: &mut Collector) {
    let Some(kind) = step.kind else { return };
    let (draft, effect) = (&step.effect, of(step, kind, resolved));
    if kind.declares.is_none() {
        return;
    }
    let changes = effect.reverse != Reversibility::Nothing;
    check_address(kind, step.with.unwrap_or_default(), found);
    if let Some((probe, kind)) = draft.probe.as_ref().and_then(|probe| Some((probe, probe.kind?))) {
        check_address(kind, probe.with, found);
    }
    if effect.reverse == Reversibility::Irreversible && draft.subject.is_none() {
        let message = format!("`{}` is irreversible and does not say what it changes", step.id);
        found.add(Code::NoSubject, step.id_span, message);
        found.hint(
            "write `subject: \"scheme:name\"`; where it can be taken back or changes nothing, say so with `effect`",
        );
    }
    if let (Some(reverse), Some(false), false) = (&draft.reverse, is_harmless(kind, resolved), changes)
        && !kind.harmless.is_empty()
    {
        let message = format!("`{}` sends a request that may change something, and declares that it does not", step.id);
        found.add(Code::Declared, reverse.span, message);
        found.hint(
            "where it is lost it is sent again without a look; say `undoable` or `irreversible` where that would harm",
        );
    }
    let meaningless = [
        ("idempotency_key", draft.key.map(|node| node.span), changes),
        ("probe", draft.probe.as_ref().map(|probe| probe.span), changes),
        ("subject", draft.subject.map(|node| node.span), changes),
        ("provide", draft.provide.as_ref().map(|provide| provide.subject.span), !changes),
    ];
    for (key, span, means) in meaningless {
        if let Some(span) = span.filter(|_| !means) {
            let why = if changes { "a step that changes something proves nothing" } else { "it changes nothing" };
            let message = format!("`{key}` means nothing for `{}`: {why}", step.id);
            found.add_with(Code::NotHonoured, span, message, Some(format!("remove `{key}`")));
        }
    }
    match (draft.until, &draft.probe) {
        (Some(node), None) if !kind.polls => {
            let message = format!("`{}` waits `until` something, and nothing looks whether it is so", step.id);
            found.add(Code::MissingKey, node.span, message).hint("add a `probe` that looks");
        }
        (None, _) if kind.polls => {
            let message = format!("`{}` looks again and again, and does not say until when", step.id);
            found.add(Code::MissingKey, step.id_span, message).hint("add `until: \"{{ probe.… }}\"`");
        }
        _ => {}
    }
}

/// Reports a user, and perhaps a password, in the address of a request.
fn check_address(kind: &Kind, with: &[Entry<'_>], found: &mut Collector) {
    if kind.harmless.is_empty() {
        return;
    }
    for entry in with.iter().filter(|entry| entry.key == "url") {
        let Data::Scalar { text, .. } = &entry.value.data else { continue };
        let Ok(pieces) = split(text) else { continue };
        let plain: String =
            pieces.iter().map(|piece| if let Piece::Literal(text) = piece { text } else { "x" }).collect();
        if has_userinfo(&plain) {
            found.add(Code::Misfit, entry.value.span, "`url` names a user in front of its host");
            found.hint("declare the password under `secrets`, and send it in a header, `authorization`");
        }
    }
}
