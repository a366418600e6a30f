//! A world that answers anything that a real one might.

use super::dice::Dice;
use super::plans::SOURCE;
use super::world::{answer, calm, prepared, settled};
use serde_json::json;
use std::time::Duration;
use surefoot::base::{Timestamp, Value};
use surefoot::engine::Engine;
use surefoot::engine::call::{Call, CallError, ErrorClass, Outcome, Reply};
use surefoot::engine::command::{Act, Command};

/// What a command comes back with on a bad day.
pub(super) fn wild(dice: &mut Dice, engine: &Engine, command: &Command, now: Timestamp) -> Reply {
    let fine = calm(engine, command, now);
    if dice.often(40) {
        return fine;
    }
    match &command.act {
        Act::Check if dice.often(30) => {
            Reply::Checked { passed: false, detail: Value::Null, error: Some(trouble(dice, 1)) }
        }
        Act::Ask(_) if dice.often(10) => {
            Reply::Failed(CallError::new(ErrorClass::Check, "not today").with_reason("declined"))
        }
        Act::Ask(_) if dice.often(30) => answer(["", "no", "stop", "perhaps"][dice.below(4)], now),
        Act::Deliver { .. } if dice.often(40) => Reply::Failed(CallError::new(ErrorClass::Local, "disk full")),
        Act::Prepare(_) if dice.often(25) => Reply::Failed(trouble(dice, 2)),
        Act::Prepare(Call::Delete) if dice.often(25) => prepared(SOURCE, json!({"id": SOURCE, "name": "other"})),
        Act::Prepare(Call::Replace) if dice.often(25) => {
            prepared(command.input["id"].as_str().unwrap(), json!({"id": command.input["id"], "name": "other"}))
        }
        Act::Send(_) => sent(dice, fine),
        Act::Read(_) if dice.often(20) => Reply::Failed(trouble(dice, 1)),
        Act::Read(call) => Reply::Found(match seen(dice, command, *call) {
            Some(found) => found,
            None => return fine,
        }),
        _ => fine,
    }
}

/// An error that passes, or one time in so many hundred one that does not.
fn trouble(dice: &mut Dice, lasting: usize) -> CallError {
    let passes = [ErrorClass::Outside, ErrorClass::Busy];
    let lasts = [ErrorClass::Auth, ErrorClass::NotFound, ErrorClass::Invalid, ErrorClass::Check, ErrorClass::Local];
    let class = if dice.often(lasting) { *dice.pick(&lasts) } else { *dice.pick(&passes) };
    let mut error = CallError::new(class, "trouble");
    if dice.often(20) {
        error.retry_after = Some(Duration::from_secs(dice.next() % 200));
    }
    error
}

fn sent(dice: &mut Dice, fine: Reply) -> Reply {
    let error = trouble(dice, 4);
    match dice.below(10) {
        0..=3 => settled(Outcome::Unknown, Value::Null, Some(error)),
        4 | 5 => settled(Outcome::NotSent, Value::Null, Some(error)),
        6 => settled(Outcome::Rejected, Value::Null, Some(error)),
        7 => settled(Outcome::RejectedAuth, Value::Null, None),
        8 => {
            let exists = CallError::new(ErrorClass::Invalid, "there").with_reason("exists");
            match settled(Outcome::Rejected, Value::Null, Some(exists)) {
                Reply::Settled { outcome, request_id, server_date, output, sealed, error, .. } => {
                    Reply::Settled { outcome, status: Some(404), request_id, server_date, output, sealed, error }
                }
                other => other,
            }
        }
        _ => fine,
    }
}

/// What a read may see; `None` where it sees what it should.
fn seen(dice: &mut Dice, command: &Command, call: Call) -> Option<Value> {
    let status = *dice.pick(&["running", "creating", "destroying", "updating", "loading failed", "paused", "strange"]);
    let id = format!("bbbb{:04}", dice.below(9));
    let instance = json!({
        "id": command.input["id"], "present": dice.often(50), "control": dice.often(50), "listed": dice.often(30),
        "status": status, "name": "prod",
    });
    let found = match (command.kind.name, call) {
        ("aura.instance.create", Call::Settle) => {
            let name = &command.input["name"];
            let one = match dice.below(4) {
                0 => json!({"id": SOURCE, "name": name}),
                1 => json!({"id": id, "name": name, "created_at": "2020-01-01T00:00:00Z"}),
                _ => json!({"id": id, "name": name, "created_at": null}),
            };
            let other = json!({"id": "cccc0001", "name": if dice.often(30) { name.clone() } else { json!("x") }});
            let matches = if dice.often(50) { json!([]) } else { json!([one, other]) };
            json!({"name": name, "matches": matches, "complete": dice.often(70)})
        }
        ("aura.instance.create", Call::Sweep) => {
            let names = command.input["names"].as_array().unwrap();
            let orphan = json!({"id": id, "name": dice.pick(names)});
            let lost = json!({"id": format!("bbbb{:04}", dice.below(9)), "name": names[0]});
            json!({"matches": if dice.often(50) { json!([orphan, lost]) } else { json!([]) }, "complete": dice.often(70)})
        }
        ("aura.instance.create" | "aura.instance.delete" | "aura.instance.update" | "aura.instance.await", _)
            if matches!(call, Call::Probe | Call::Poll) =>
        {
            instance
        }
        ("aura.instance.pause" | "aura.instance.resume" | "aura.instance.overwrite", Call::Probe) => instance,
        ("aura.snapshot.create", Call::Settle) => {
            let one = json!({"snapshot_id": id, "profile": dice.pick(&["AdHoc", "Scheduled"]), "timestamp": "t"});
            json!({"snapshots": if dice.often(30) { json!([one]) } else { json!([]) }, "complete": dice.often(70)})
        }
        ("aura.snapshot.await", Call::Poll) => {
            json!({"status": dice.pick(&["InProgress", "Pending", "Completed"]), "exportable": dice.often(50)})
        }
        ("neo4j.compare", Call::Poll) => json!({"equal": false, "compared": true, "status": status, "differences": []}),
        ("neo4j.password.rotate", Call::Probe) => json!({"new": dice.often(40), "old": dice.often(50)}),
        ("s3.put", Call::Probe) => {
            let size = if dice.often(50) { 7 } else { 20 << 20 };
            json!({"exists": dice.often(30), "same": dice.often(50), "size": size, "key": "k"})
        }
        ("backup.receive", Call::Poll) => json!({"path": "/x", "size": 7, "stable": dice.often(30)}),
        ("backup.receive", Call::Read) => json!({"ok": false, "problem": "It is a page."}),
        ("diff", Call::Read) => json!({"rows": [], "unexpected": ["region"], "text": ""}),
        _ => return None,
    };
    Some(found)
}
