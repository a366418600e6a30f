//! What the runbook, or the person it leaves it to, wants of an instance whose password is lost.

use crate::base::{Map, Value};
use crate::engine::history::{Attempt, History};
use crate::engine::protocol::Context;

/// What the runbook, or the person it leaves it to, has decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kinds) enum Choice {
    Replace,
    Adopt,
    /// A person has not decided yet, or wanted to stop in this session.
    Open(Option<u32>),
}

/// Whether an instance whose password is lost may be deleted: by the runbook or by a person's word about it.
pub(in crate::kinds) fn may_replace(with: &Map, history: &History, id: &str) -> bool {
    let mut lost = history.lost.iter().filter(|(_, lost)| lost == id);
    lost.any(|(attempt, _)| choice(with, history, *attempt) == Choice::Replace)
}

/// The instance of this attempt, where it is the one that is kept.
pub(in crate::kinds) fn adopted<'a>(context: &Context<'a>, attempt: &Attempt) -> Option<&'a str> {
    let number = attempt.intent.attempt;
    let (_, id) = context.history.lost.iter().find(|(lost, _)| *lost == number)?;
    (choice(context.with, context.history, number) == Choice::Adopt).then_some(id.as_str())
}

/// Whether a person is needed before anything of this kind is deleted.
pub(in crate::kinds) fn is_for_people(context: &Context<'_>) -> bool {
    policy(context.with) != "replace"
}

fn policy(with: &Map) -> &str {
    with.get("on_lost_secret").and_then(Value::as_str).unwrap_or("replace")
}

/// What is wanted of what this attempt created.
pub(in crate::kinds) fn choice(with: &Map, history: &History, attempt: u32) -> Choice {
    match policy(with) {
        "replace" => return Choice::Replace,
        "adopt" => return Choice::Adopt,
        _ => {}
    }
    let asked = history.asked_about("lost-secret", attempt).next_back();
    let Some((asked, answer)) = asked.and_then(|asked| Some((asked, &asked.answer.as_ref()?.1))) else {
        return Choice::Open(None);
    };
    match answer.text.as_str() {
        "replace" => Choice::Replace,
        "adopt" => Choice::Adopt,
        _ => Choice::Open(Some(asked.session)),
    }
}
