//! What is in doubt in a step, what its looks saw and could see yet, and what its calls are, in words.
//!
//! The words stand beside the protocols so that who changes one changes the other; what *follows* from a sight is
//! never written down here, it is asked of the protocol (`engine::forecast`).

use super::attempt_state::{AttemptState, attempt_state, is_deleted, is_undone};
use super::choice::adopted;
use super::values::{field, flag};
use super::{Context, create, delete, snapshot, switch, update};
use crate::base::{Value, show};
use crate::engine::call::{Call, Outcome};
use crate::engine::history::{Attempt, Probe};
use serde_json::json;

/// The id of an instance or snapshot that nobody has seen yet.
const UNSEEN: &str = "(the new one)";

/// Something that a look may find.
#[derive(Clone, Debug, PartialEq)]
pub struct PossibleFinding {
    /// In a few words.
    pub what: &'static str,
    /// As the look would record it.
    pub found: Value,
}

/// The effects of which nobody knows what became, or which left something of no use behind, in the order they were
/// announced.
pub fn unsettled<'a>(context: &Context<'a>, sweeping: bool) -> Vec<&'a Attempt> {
    let history = context.history;
    let is_open = |attempt: &Attempt| {
        attempt.outcome().is_none_or(|outcome| outcome == Outcome::Unknown) && !is_undone(history, attempt)
    };
    let stands_lost = |attempt: &Attempt| {
        let mut lost = history.lost.iter().filter(|(number, _)| *number == attempt.intent.attempt);
        attempt.intent.call == Call::Create
            && adopted(context, attempt).is_none()
            && lost.any(|(_, id)| !is_deleted(context, id))
    };
    let last = history.attempts.last();
    let last_create = history.last_attempt(Call::Create).filter(|_| context.step.kind.name == "aura.instance.create");
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
pub fn findings(context: &Context<'_>, call: Call, input: &Value) -> Vec<PossibleFinding> {
    let sight = |what: &'static str, found: Value| PossibleFinding { what, found };
    let id = input.get("id").cloned().unwrap_or_default();
    let listed = |name: &str| json!({"matches": [{"id": UNSEEN, "name": name}], "complete": true});
    let nothing = || json!({"matches": [], "complete": true});
    match (context.step.kind.name, call) {
        ("aura.instance.create", Call::Settle) => {
            vec![sight("found", listed(field(input, "name"))), sight("not found", nothing())]
        }
        ("aura.instance.create", Call::Sweep) => {
            let name = input.get("names").and_then(|names| names.get(0)).and_then(Value::as_str).unwrap_or_default();
            vec![sight("found", listed(name)), sight("not found", nothing())]
        }
        ("aura.instance.create", Call::Probe) => vec![
            sight("there", json!({"id": id, "present": true, "status": "running"})),
            sight("gone", json!({"id": id, "present": false, "control": true})),
        ],
        ("aura.instance.create", Call::Read) => vec![
            sight("a password", json!({"id": id, "ok": true, "path": ""})),
            sight("none", json!({"id": id, "ok": false, "problem": "it holds none"})),
        ],
        ("aura.instance.delete", Call::Probe) => vec![
            sight("gone", json!({"id": id, "present": false, "listed": false, "control": true})),
            sight("being deleted", json!({"id": id, "present": true, "status": "destroying"})),
            sight("still there", json!({"id": id, "present": true, "status": "running"})),
        ],
        ("aura.snapshot.create", Call::Settle) => {
            let new = json!([{"snapshot_id": UNSEEN, "profile": "AdHoc", "timestamp": ""}]);
            vec![
                sight("found", json!({"snapshots": new, "complete": true})),
                sight("not found", json!({"snapshots": [], "complete": true})),
            ]
        }
        ("aura.instance.update", Call::Probe) => {
            let mut wanted = context.with.clone();
            wanted.insert("status".to_owned(), json!("running"));
            vec![sight("as asked for", Value::Object(wanted)), sight("as it was", json!({"status": "running"}))]
        }
        ("aura.instance.overwrite", Call::Probe) => {
            vec![sight("running", json!({"status": "running"})), sight("failed", json!({"status": "loading failed"}))]
        }
        ("aura.instance.pause", Call::Probe) => {
            vec![sight("paused", json!({"status": "paused"})), sight("still running", json!({"status": "running"}))]
        }
        ("aura.instance.resume", Call::Probe) => {
            vec![sight("running", json!({"status": "running"})), sight("still paused", json!({"status": "paused"}))]
        }
        ("neo4j.password.rotate", Call::Probe) => vec![
            sight("the new password opens it", json!({"new": true, "old": false})),
            sight("only the old one does", json!({"new": false, "old": true})),
            sight("neither does", json!({"new": false, "old": false})),
        ],
        ("s3.put", Call::Probe) => {
            let known =
                |name: &str| context.history.last_probe(Call::Probe).and_then(|one| one.found.get(name).cloned());
            let (size, multipart) = (known("size"), known("multipart"));
            vec![
                sight("found", json!({"exists": true, "same": true, "size": size, "multipart": multipart})),
                sight("not found", json!({"exists": false, "size": size, "multipart": multipart})),
            ]
        }
        _ => Vec::new(),
    }
}

/// What a look is, in words: a whole sentence without its end.
pub fn look(kind: &str, call: Call) -> &'static str {
    match (kind, call) {
        ("aura.instance.create", Call::Settle | Call::Sweep) => "the instances are listed",
        ("aura.snapshot.create", Call::Settle) => "the snapshots are listed",
        ("s3.put", Call::Probe) => "the object is looked for",
        ("neo4j.password.rotate", Call::Probe) => "both passwords are tried",
        ("aura.instance.create", Call::Read) => "the password file is read",
        (_, Call::Probe | Call::Settle | Call::Sweep) => "the instance is looked at",
        _ => "it is looked at",
    }
}

/// What the sending of this call is, in words, where something like it was sent before.
pub fn sending(kind: &str, call: Call) -> &'static str {
    match (kind, call) {
        ("aura.snapshot.create", Call::Create) => "another snapshot is requested",
        (_, Call::Create) => "the creation is sent again",
        (_, Call::Update) => "what still differs is sent again",
        (_, Call::Rename) => "it is given its name",
        (_, Call::Overwrite) => "it is overwritten again, after a last look at its guard",
        (_, Call::Pause) => "the pause is requested again",
        (_, Call::Resume) => "it is asked to resume again",
        (_, Call::Delete) => "the deletion is sent again, after a last look at its guard",
        (_, Call::Replace) => "the empty instance is deleted, after a last look at it",
        (_, Call::UploadStart) => "the upload is begun again",
        (_, Call::UploadParts) => "the parts that are missing are sent",
        (_, Call::UploadComplete) => "the upload is completed",
        (_, Call::UploadSweep) => "what is left of broken uploads is removed",
        (_, Call::Put) => "the object is put again",
        (_, Call::Write) => "the file is written again",
        (_, Call::Rotate) => "the same new password is set again",
        _ => "it is sent again",
    }
}

/// The number of the last attempt at this call that may be made if none of them is ever answered, where the protocol
/// has such a limit.
pub fn last_attempt(context: &Context<'_>, call: Call) -> Option<u32> {
    let left = match (context.step.kind.name, call) {
        ("aura.instance.create", Call::Create) => create::attempts_left(context),
        ("aura.instance.delete", Call::Delete) => delete::attempts_left(context),
        ("aura.snapshot.create", Call::Create) => snapshot::attempts_left(context),
        (_, Call::Pause | Call::Resume) => switch::attempts_left(context),
        _ => return None,
    };
    let made = context.history.next_attempt(call).saturating_sub(1);
    Some(made.saturating_add(u32::try_from(left).unwrap_or(u32::MAX)))
}

/// What a look saw of this target, in words.
pub fn saw(context: &Context<'_>, probe: &Probe, target: &str) -> String {
    let found = &probe.found;
    let list = |name: &str| found.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let partial = if flag(found, "complete") { "" } else { ", in a list that is not complete" };
    match (context.step.kind.name, probe.call) {
        ("aura.instance.create", Call::Settle) => {
            let ids: Vec<_> = list("matches").iter().filter(|one| field(one, "name") == target).collect();
            match ids.as_slice() {
                [] => format!("no instance is named {target}{partial}"),
                [only] => format!("instance {} is named {target}", show(field(only, "id"))),
                many => format!("{} instances are named {target}", many.len()),
            }
        }
        ("aura.instance.create", Call::Sweep) => {
            let ids: Vec<_> = list("matches").iter().map(|one| show(field(one, "id"))).collect();
            if ids.is_empty() { format!("no late arrival{partial}") } else { format!("instances {}", ids.join(", ")) }
        }
        ("aura.instance.create", Call::Read) if flag(found, "ok") => "the password file holds a password".to_owned(),
        ("aura.instance.create", Call::Read) => show(field(found, "problem")),
        ("aura.snapshot.create", Call::Settle) => match snapshot::new_ones(context, found).as_slice() {
            [] => format!("no new snapshot{partial}"),
            news => format!("new: snapshot {}", news.iter().map(|id| show(id)).collect::<Vec<_>>().join(", ")),
        },
        ("s3.put", _) => match (flag(found, "exists"), flag(found, "same")) {
            (true, true) => "the object is there, with the same digest".to_owned(),
            (true, false) => "another object is there".to_owned(),
            (false, _) => "the object is not there".to_owned(),
        },
        ("neo4j.password.rotate", _) => match (flag(found, "new"), flag(found, "old")) {
            (true, _) => "the new password opens the database".to_owned(),
            (false, true) => "the old password still opens the database".to_owned(),
            (false, false) => "neither password opens the database".to_owned(),
        },
        ("aura.instance.update", _) => {
            let missing = update::differing(context.with, found);
            let names: Vec<_> = missing.keys().map(String::as_str).collect();
            let rest =
                if names.is_empty() { "as asked for".to_owned() } else { format!("not yet: {}", names.join(", ")) };
            format!("{}, {rest}", show(field(found, "status")))
        }
        _ => instance(found),
    }
}

fn instance(found: &Value) -> String {
    let is_absent = found.get("present") == Some(&Value::Bool(false));
    match (is_absent, flag(found, "listed"), flag(found, "control")) {
        (false, _, _) => format!("there, {}", show(field(found, "status"))),
        (true, true, _) => "not found, but still listed".to_owned(),
        (true, false, true) => "absent, and what must be visible was seen".to_owned(),
        (true, false, false) => "not found, which proves nothing: what must be visible was not seen".to_owned(),
    }
}
