//! What is in doubt in a creation, and what its looks find, in words.

use super::attempt_state::{AttemptState, attempt_state};
use super::choice::adopted;
use crate::base::{Value, escape};
use crate::engine::call::{Call, Outcome};
use crate::engine::history::{Attempt, Probe};
use crate::engine::protocol::undone::{is_deleted, is_undone};
use crate::engine::protocol::values::{field, flag};
use crate::engine::protocol::{Context, PossibleFinding};
use crate::kinds::aura::instance::words::{self, UNSEEN};
use serde_json::json;

/// The effects whose outcome is not known, or which left something of no use behind, in the order they were announced.
pub(super) fn unsettled<'a>(context: &Context<'a>, sweeping: bool) -> Vec<&'a Attempt> {
    let history = context.history;
    let is_open = |attempt: &Attempt| {
        attempt.outcome().is_none_or(|outcome| outcome == Outcome::Unknown) && !is_undone(history, attempt)
    };
    let stands_lost = |attempt: &Attempt| {
        let mut lost = history.lost.iter().filter(|(number, _)| *number == attempt.intent.attempt);
        attempt.intent.call == Call::Create
            && adopted(context, attempt).is_none()
            && lost.any(|(_, id)| !is_deleted(history, id))
    };
    let last = history.attempts.last();
    let last_create = history.last_attempt(Call::Create);
    let open = |attempt: &&Attempt| {
        let is_last = last.is_some_and(|last| last.seq == attempt.seq);
        let is_last_create = last_create.is_some_and(|last| last.seq == attempt.seq);
        let is_unsettled = || {
            matches!(
                attempt_state(context, attempt),
                AttemptState::Doubt | AttemptState::Found(_) | AttemptState::Ambiguous(_) | AttemptState::Lost(_)
            )
        };
        if sweeping {
            stands_lost(attempt) || is_last && is_open(attempt)
        } else {
            is_last && is_open(attempt) || is_last_create && is_unsettled()
        }
    };
    history.attempts.iter().filter(open).collect()
}

/// What a look of this call may find, as far as it leads on.
pub(super) fn findings(call: Call, input: &Value) -> Vec<PossibleFinding> {
    let id = input.get("id").cloned().unwrap_or_default();
    let listed = |name: &str| json!({"matches": [{"id": UNSEEN, "name": name}], "complete": true});
    let nothing = || json!({"matches": [], "complete": true});
    let either = |found: Value| {
        vec![PossibleFinding { what: "found", found }, PossibleFinding { what: "not found", found: nothing() }]
    };
    match call {
        Call::Settle => either(listed(field(input, "name"))),
        Call::Sweep => {
            let name = input.get("names").and_then(|names| names.get(0)).and_then(Value::as_str).unwrap_or_default();
            either(listed(name))
        }
        Call::Probe => vec![
            PossibleFinding { what: "there", found: json!({"id": id, "present": true, "status": "running"}) },
            PossibleFinding { what: "gone", found: json!({"id": id, "present": false, "control": true}) },
        ],
        Call::Read => vec![
            PossibleFinding { what: "a password", found: json!({"id": id, "ok": true, "path": ""}) },
            PossibleFinding { what: "none", found: json!({"id": id, "ok": false, "problem": "it holds none"}) },
        ],
        _ => Vec::new(),
    }
}

/// What a look saw of this target.
pub(super) fn saw(probe: &Probe, target: &str) -> String {
    let found = &probe.found;
    let list = |name: &str| found.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let partial = if flag(found, "complete") { "" } else { ", in a list that is not complete" };
    match probe.call {
        Call::Settle => {
            let ids: Vec<_> = list("matches").iter().filter(|one| field(one, "name") == target).collect();
            match ids.as_slice() {
                [] => format!("no instance is named {target}{partial}"),
                [only] => format!("instance {} is named {target}", escape(field(only, "id"))),
                many => format!("{} instances are named {target}", many.len()),
            }
        }
        Call::Sweep => {
            let ids: Vec<_> = list("matches").iter().map(|one| escape(field(one, "id"))).collect();
            if ids.is_empty() { format!("no late arrival{partial}") } else { format!("instances {}", ids.join(", ")) }
        }
        Call::Read if flag(found, "ok") => "the password file holds a password".to_owned(),
        Call::Read => escape(field(found, "problem")),
        _ => words::saw(found),
    }
}
