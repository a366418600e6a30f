//! Worlds that always answer the same wrong thing: every run stops for a person, or ends, within bounds.

use super::plans::{EVIDENCE, creation_step, overwriting, runbook};
use super::rig::Rig;
use super::told;
use super::world::{answer, calm, prepared, settled};
use serde_json::{Value, json};
use std::time::Duration;
use surefoot::base::{Timestamp, format_duration};
use surefoot::engine::Engine;
use surefoot::engine::Phase;
use surefoot::engine::call::{Call, CallError, ErrorClass, Outcome, Reply};
use surefoot::engine::command::{Act, Command};

/// Without a person a run stops within this many events …
const EVENTS: usize = 2_500;
/// … and this long after it began.
const SPAN: Duration = Duration::from_hours(48);

/// What a world answers where it does not answer well.
type World = (&'static str, fn(&Command, Timestamp) -> Option<Reply>);

const WORLDS: [World; 18] = [
    ("no effect is ever answered", |command, _| sends(command, Outcome::Unknown, None)),
    ("no effect ever leaves", |command, _| sends(command, Outcome::NotSent, Some(ErrorClass::Outside))),
    ("the local disk is full", |command, _| sends(command, Outcome::NotSent, Some(ErrorClass::Local))),
    ("everything is busy", |command, _| sends(command, Outcome::Rejected, Some(ErrorClass::Busy))),
    ("everything is refused", |command, _| sends(command, Outcome::Rejected, Some(ErrorClass::Invalid))),
    ("nothing is found", |command, _| sends(command, Outcome::Rejected, Some(ErrorClass::NotFound))),
    ("no credentials are right", |command, _| sends(command, Outcome::RejectedAuth, None)),
    ("no read is answered", |command, _| reads(command, ErrorClass::Outside)),
    ("every read is refused", |command, _| reads(command, ErrorClass::Auth)),
    ("no preparation is answered", |command, _| prepares(command, ErrorClass::Busy)),
    ("no preparation finds anything", |command, _| prepares(command, ErrorClass::NotFound)),
    ("every guard is another's", |command, _| match command.act {
        Act::Prepare(_) => Some(prepared("x", json!({"id": "x", "name": "x"}))),
        _ => None,
    }),
    ("unanswered, and lists are never complete", |command, _| unanswered(command, false, &json!([]))),
    ("unanswered, and everything exists twice", |command, _| {
        let name = &command.input["name"];
        unanswered(command, true, &json!([{"id": "a", "name": name}, {"id": "b", "name": name}]))
    }),
    ("unanswered, and found, and it stays", |command, _| {
        unanswered(command, true, &json!([{"id": "aaaa0001", "name": command.input["name"]}]))
    }),
    ("the sweep always finds something", |command, _| match command.act {
        Act::Read(Call::Sweep) => Some(Reply::Found(
            json!({"matches": [{"id": "bbbb0001", "name": command.input["names"][0]}], "complete": true}),
        )),
        _ => None,
    }),
    ("no secret can be delivered", |command, _| match command.act {
        Act::Deliver { .. } => Some(Reply::Failed(CallError::new(ErrorClass::Local, "disk full"))),
        _ => None,
    }),
    ("people type the wrong thing", |command, now| match command.act {
        Act::Ask(_) => Some(answer("what?", now)),
        _ => None,
    }),
];

fn sends(command: &Command, outcome: Outcome, class: Option<ErrorClass>) -> Option<Reply> {
    let error = class.map(|class| CallError::new(class, "always"));
    matches!(command.act, Act::Send(_)).then(|| settled(outcome, Value::Null, error))
}

fn reads(command: &Command, class: ErrorClass) -> Option<Reply> {
    matches!(command.act, Act::Read(_)).then(|| Reply::Failed(CallError::new(class, "always")))
}

fn prepares(command: &Command, class: ErrorClass) -> Option<Reply> {
    matches!(command.act, Act::Prepare(_)).then(|| Reply::Failed(CallError::new(class, "always")))
}

/// No effect is answered; lists show this, and whatever is looked at stays as it is.
fn unanswered(command: &Command, complete: bool, matches: &Value) -> Option<Reply> {
    let found = match command.act {
        Act::Read(Call::Settle | Call::Sweep) => json!({"matches": matches, "snapshots": [], "complete": complete}),
        Act::Read(Call::Probe) => {
            json!({"id": command.input["id"], "present": true, "exists": false, "status": "running", "size": 20 << 20})
        }
        _ => return sends(command, Outcome::Unknown, None),
    };
    Some(Reply::Found(found))
}

/// Worlds in which a status never changes.
fn stuck(status: &'static str) -> impl Fn(&Command, Timestamp) -> Option<Reply> {
    move |command, _| {
        let found = json!({"id": command.input["id"], "present": true, "status": status, "size": 7});
        match command.act {
            Act::Read(Call::Probe | Call::Poll) => Some(Reply::Found(found)),
            _ => sends(command, Outcome::Unknown, None),
        }
    }
}

fn everything() -> Vec<(&'static str, String)> {
    let one = |step: &str| runbook(&format!("  - {{id: one, {step}}}\n"));
    let delete = "  - {id: delete, uses: aura.instance.delete, needs: [confirm], with: {instance_id: \"2f49c2b3\"}}\n";
    vec![
        ("creation", runbook(&creation_step(""))),
        ("migration", runbook(&format!("{EVIDENCE}{delete}{}", creation_step("needs: [delete]")))),
        ("snapshot", one("uses: aura.snapshot.create, with: {instance_id: \"2f49c2b3\"}")),
        ("update", one("uses: aura.instance.update, with: {instance_id: \"2f49c2b3\", name: new}")),
        ("overwriting", overwriting()),
        ("pause", one("uses: aura.instance.pause, with: {instance_id: \"2f49c2b3\"}")),
        ("resume", one("uses: aura.instance.resume, with: {instance_id: \"2f49c2b3\"}")),
        ("upload", one("uses: s3.put, with: {path: x, sha256: abc, bucket: b}")),
        ("file", one("uses: file.write, with: {path: n, content: c}")),
        ("absence", one("uses: aura.instance.await, with: {instance_id: \"2f49c2b3\", status: absent}")),
        ("diff", one("uses: diff, with: {before: {a: 1}, after: {a: 2}}")),
        (
            "rotation",
            one("uses: neo4j.password.rotate, with: {url: \"neo4j+s://x\", credentials: \"{{ secrets.aura }}\", \
                 password_file: new.env}"),
        ),
        ("manual", one("uses: manual, with: {instructions: x, task: type, type: abc}")),
    ]
}

/// Drives a run without any help until nothing can be done; gives how it stands then, and how long it took.
fn stop(name: &str, yaml: &str, world: &dyn Fn(&Command, Timestamp) -> Option<Reply>) -> String {
    let mut rig = Rig::open(yaml);
    let start = rig.now;
    loop {
        let place = || format!("{name}\n{}", rig.tail());
        assert!(rig.log.len() < EVENTS, "too many events: {}", place());
        assert!(rig.now.since(start) < SPAN, "too long: {}", place());
        let next = rig.engine.pending().min_by_key(|command| command.not_before).cloned();
        let Some(command) = next else { break };
        let at = rig.engine.deadline().map_or(command.not_before, |deadline| deadline.min(command.not_before));
        if at > rig.now {
            rig.now = at;
            rig.conclude();
            continue;
        }
        // Everything takes a moment.
        rig.now = rig.now.plus(Duration::from_millis(100));
        // The backup is there: what is looked at here comes after it.
        let strange = if command.step == "put" { None } else { world(&command, rig.now) };
        let reply = strange.unwrap_or_else(|| calm(&rig.engine, &command, rig.now));
        rig.reply(command.id, reply);
    }
    let took = format_duration(Duration::from_secs(rig.now.since(start).as_secs()));
    format!("{name}: {} ({took}, {} events)\n", stands(name, &rig.engine), rig.log.len())
}

/// How a run that stopped stands: closed, or held by these steps.
fn stands(name: &str, engine: &Engine) -> String {
    let view = engine.view();
    if let Phase::Closed(_) = view.phase {
        return view.phase.name().to_owned();
    }
    let held = view.steps.iter().filter_map(|step| {
        let class = step.class?;
        assert!(!step.reason.is_empty() && !step.remedy.is_empty(), "{name}: {} does not say why it is held", step.id);
        Some(format!("{} held ({})", step.id, told::class_name(class)))
    });
    let held: Vec<_> = held.collect();
    assert!(!held.is_empty(), "{name} stops and does not say why");
    held.join(", ")
}

#[test]
fn runs_stop_in_worlds_that_never_change() {
    let mut ends = String::new();
    for (runbook, yaml) in everything() {
        for (name, world) in WORLDS {
            ends.push_str(&stop(&format!("{runbook}, {name}"), &yaml, &world));
        }
        for status in ["creating", "loading failed", "destroying", "updating", "running", "nobody knows"] {
            ends.push_str(&stop(&format!("{runbook}, everything is {status}"), &yaml, &stuck(status)));
        }
    }
    let ends: Vec<_> = ends.lines().filter(|line| !line.contains(": done (")).collect();
    insta::assert_snapshot!("ends", ends.join("\n"));
}
