//! What may happen when: every event in every status of a step and in every phase of a run.

use super::plans::{creation, creation_step, migration, runbook};
use super::rig::{Rig, alice, birth, plan, session};
use super::story::{story, tell};
use super::world;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use surefoot::base::{Digest, Map, Timestamp, Value};
use surefoot::engine::call::{Call, CallError, ErrorClass, Outcome};
use surefoot::engine::event::{Body, Event, HoldClass, Intent, Settlement, Verdict};
use surefoot::engine::question::{Answer, Form, Question};

/// Something that may happen to a step, given what it has been through.
type Deed = (&'static str, fn(&Rig, &str) -> Body);

const TO_STEPS: [Deed; 19] = [
    ("call.intended", |rig, step| intent(rig, step, Call::Create, "x")),
    ("call.intended (replace)", |rig, step| intent(rig, step, Call::Replace, "aaaa0001")),
    ("call.settled", |rig, step| settled(rig, step)),
    ("call.probed", |_, step| Body::CallProbed { step: step.to_owned(), call: Call::Probe, found: Value::Null }),
    ("step.noted", |_, step| Body::StepNoted { step: step.to_owned(), memo: Value::Null }),
    ("step.waiting", |rig, step| Body::StepWaiting { step: step.to_owned(), until: rig.now, tries: 1, error: error() }),
    ("step.succeeded", |_, step| succeeded(step, &[])),
    ("step.succeeded (odd)", |_, step| succeeded(step, &["no such output"])),
    ("step.failed", |_, step| Body::StepFailed { step: step.to_owned(), error: error() }),
    ("step.skipped", |_, step| Body::StepSkipped { step: step.to_owned(), why: String::new() }),
    ("step.held", |_, step| held(step)),
    ("question.asked", |_, step| Body::QuestionAsked { step: step.to_owned(), question: question() }),
    ("question.answered", |rig, step| Body::QuestionAnswered { step: step.to_owned(), answer: answer(rig.now) }),
    ("gate.checked", |_, step| checked(step)),
    ("secret.delivered", |_, step| delivered(step)),
    ("secret.lost", |_, step| Body::SecretLost { step: step.to_owned(), attempt: 1, target: "aaaa0009".to_owned() }),
    ("secret.rotated", |_, step| Body::SecretRotated { step: step.to_owned(), attempt: 1, target: "x".to_owned() }),
    ("operator.resolved", |_, step| Body::OperatorResolved {
        step: step.to_owned(),
        applied: true,
        because: String::new(),
    }),
    ("step.changed", |_, step| changed(step)),
];

const TO_RUNS: [Deed; 10] = [
    ("run.opened", |rig, _| birth(&rig.plan)),
    ("session.open", |_, _| session()),
    ("run.paused", |_, _| Body::RunPaused),
    ("run.cancel_asked", |_, _| Body::RunCancelAsked),
    ("journal.recovered", |_, _| Body::JournalRecovered { offset: 0, len: 1, sha256: Digest::ZERO }),
    ("journal.segment", |_, _| Body::JournalSegment { reason: String::new(), old_sha256: Digest::ZERO }),
    ("run.closed (done)", |_, _| closed(Verdict::Done)),
    ("run.closed (failed)", |_, _| closed(Verdict::Failed)),
    ("run.closed (cancelled)", |_, _| closed(Verdict::Cancelled)),
    ("of no step", |_, _| held("no such step")),
];

fn intent(rig: &Rig, step: &str, call: Call, target: &str) -> Body {
    let history = &rig.engine.steps()[rig.index(step)].history;
    let name = history.last_attempt(Call::Create).map(|one| one.intent.target.clone()).unwrap_or_default();
    Body::CallIntended(Intent {
        step: step.to_owned(),
        call,
        attempt: history.next_attempt(call),
        target: target.to_owned(),
        request: String::new(),
        request_digest: Digest::ZERO,
        guard: serde_json::json!({"id": target, "name": name}),
        evidence: Vec::new(),
        input: Value::Null,
        deadline: None,
        sealed: None,
    })
}

fn settled(rig: &Rig, step: &str) -> Body {
    let history = &rig.engine.steps()[rig.index(step)].history;
    let last = history.attempts.last().map_or((Call::Create, 1), |one| (one.intent.call, one.intent.attempt));
    Body::CallSettled(Settlement {
        step: step.to_owned(),
        call: last.0,
        attempt: last.1,
        outcome: Outcome::Applied,
        status: None,
        request_id: None,
        server_date: None,
        output: Value::Null,
        sealed: None,
        error: None,
    })
}

fn succeeded(step: &str, outputs: &[&str]) -> Body {
    let output = outputs.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    Body::StepSucceeded { step: step.to_owned(), output, evidence: Vec::new() }
}

fn error() -> CallError {
    CallError::new(ErrorClass::Check, "no")
}

fn held(step: &str) -> Body {
    let (reason, remedy, class) = (String::new(), String::new(), HoldClass::Person);
    Body::StepHeld { step: step.to_owned(), reason, remedy, class }
}

fn question() -> Question {
    Question { form: Form::Done, text: String::new(), show: Vec::new(), task: Value::Null, round: 1 }
}

fn answer(at: Timestamp) -> Answer {
    Answer { text: String::new(), note: String::new(), by: alice(), at, fields: Map::new() }
}

fn checked(step: &str) -> Body {
    Body::GateChecked { step: step.to_owned(), name: "preflight".to_owned(), passed: true, detail: Value::Null }
}

fn delivered(step: &str) -> Body {
    let (sink, reference) = ("file".to_owned(), "/f".to_owned());
    Body::SecretDelivered { step: step.to_owned(), sink, reference, version: 1 }
}

fn changed(step: &str) -> Body {
    let set = [("memory".to_owned(), Value::Null)].into_iter().collect();
    Body::StepChanged { step: step.to_owned(), set }
}

fn closed(verdict: Verdict) -> Body {
    Body::RunClosed { verdict, summary: Map::new() }
}

/// A creation after these rows; every status of a step that acts can be reached with one.
fn creating(rows: &str) -> (Rig, &'static str) {
    let start = "check -> calm\nread baseline -> calm\nprepare create 1 -> calm\n";
    let rows = if rows.starts_with("check") { rows.to_owned() } else { format!("{start}{rows}") };
    (story(&creation(), "recreate", &rows), "recreate")
}

/// The same, with an event taken in and nothing concluded from it.
fn creating_then(rows: &str, body: fn(&str) -> Body) -> (Rig, &'static str) {
    let (mut rig, step) = creating(rows);
    rig.must(body(step));
    (rig, step)
}

const ONE: &str = r#"{"id":"aaaa0001","name":"$1"}"#;
const TWO: &str = r#"{"id":"aaaa0001","name":"$1"},{"id":"aaaa0002","name":"$1"}"#;

fn list(matches: &str) -> String {
    format!("send create 1 -> unknown\nread settle -> found {{\"matches\":[{matches}],\"complete\":true}}\n")
}

/// A step that has sent another password, with this outcome.
fn rotation(outcome: &str) -> Rig {
    let step = "  - {id: turn, uses: neo4j.password.rotate, with: {url: \"neo4j+s://x\", \
                credentials: \"{{ secrets.aura }}\", password_file: new.env}}\n";
    story(&runbook(step), "turn", &format!("check -> calm\nprepare rotate 1 -> calm\nsend rotate 1 -> {outcome}"))
}

fn statuses() -> Vec<(&'static str, (Rig, &'static str))> {
    let done = "send create 1 -> calm\ndeliver 1 -> calm\nread probe -> calm\nprepare rename 1 -> calm\nsend rename 1 -> applied\n= succeeded";
    let confirm = "  - {id: confirm, uses: confirm, with: {subject: \"2f49c2b3\", type: prod}}\n";
    let after = format!("  - {{id: first, uses: assert, with: {{that: true}}}}\n{}", creation_step("needs: [first]"));
    let mut blocked = Rig::open(&runbook(&after));
    let command = blocked.pending("recreate").unwrap();
    blocked.reply(command.id, world::calm(&blocked.engine, &command, blocked.now));
    vec![
        ("blocked, preflight", (Rig::open(&creation()), "recreate")),
        ("blocked", (blocked, "recreate")),
        ("ready, fresh", creating("check -> calm")),
        ("ready, waiting", creating("check -> calm\nread baseline -> failed outside no\n= waits 1")),
        ("ready, in flight", creating("send create 1 -> silence")),
        ("ready, in doubt", creating("send create 1 -> unknown")),
        ("ready, after a crash", creating("send create 1 -> silence\n! crash")),
        ("ready, refused", creating("send create 1 -> not_sent outside no")),
        ("ready, secret lost", creating(&format!("{}= lost 1", list(ONE)))),
        ("ready, created", creating("send create 1 -> calm")),
        ("ready, password set", (rotation("applied"), "turn")),
        ("ready, password in doubt", (rotation("unknown"), "turn")),
        ("ready, new one delivered", {
            let mut rig = rotation("applied");
            rig.must(delivered("turn"));
            (rig, "turn")
        }),
        ("asking", (story(&runbook(confirm), "confirm", ""), "confirm")),
        ("held, person", creating_then("send create 1 -> unknown", held)),
        (
            "held, outside",
            creating(
                "check -> calm\nread baseline -> failed outside no after 1s\n= waits 1\n+2s read baseline -> failed outside no\n= waits 2\n+4s read baseline -> failed outside no\n= waits 3\n+8s read baseline -> failed outside no\n= waits 4\n+16s read baseline -> failed outside no\n= held outside",
            ),
        ),
        ("held, doubt", creating(&format!("{}= held doubt", list(TWO)))),
        ("succeeded", creating(done)),
        ("failed", creating_then("check -> calm", |step| Body::StepFailed { step: step.to_owned(), error: error() })),
        (
            "skipped",
            creating_then("check -> calm", |step| Body::StepSkipped { step: step.to_owned(), why: String::new() }),
        ),
    ]
}

fn phases() -> Vec<(&'static str, (Rig, &'static str))> {
    let ending = {
        let yaml = format!("{}  - {{id: bad, uses: assert, on_failure: stop, with: {{that: false}}}}\n", creation());
        let rig = story(
            &yaml,
            "recreate",
            "check -> calm\nread baseline -> calm\nprepare create 1 -> calm\nsend create 1 -> silence",
        );
        tell(rig, "bad", "read read -> failed check no\n= failed")
    };
    let crossed = {
        let mut rig = Rig::open(&migration());
        world::lead_to(&mut rig, "delete");
        rig = tell(rig, "delete", "prepare delete 1 -> calm\nsend delete 1 -> calm\n= succeeded");
        rig
    };
    let sweeping = "send create 1 -> calm\ndeliver 1 -> calm\nread probe -> calm\nprepare rename 1 -> calm\nsend rename 1 -> applied\n= succeeded";
    vec![
        ("unborn", (Rig::unborn(plan(&creation())), "recreate")),
        ("preflight", (Rig::open(&creation()), "recreate")),
        ("running", creating("check -> calm")),
        ("running, paused", creating("check -> calm\n! pause")),
        ("running, no return", (crossed, "recreate")),
        ("sweeping", creating(sweeping)),
        ("ending", (ending, "recreate")),
        ("done", creating(&format!("{sweeping}\nread sweep -> calm\n= closed done"))),
        ("failed", creating("check -> calm\nread baseline -> failed auth no\n= failed\n= closed failed")),
        ("cancelled", creating("check -> calm\n! cancel\n= closed cancelled")),
    ]
}

/// The grid as text: `+` where the event is taken in, else a letter for the reason.
fn grid(columns: &[(&'static str, (Rig, &'static str))], deeds: &[Deed]) -> String {
    let mut reasons: BTreeMap<String, char> = BTreeMap::new();
    let mut cells = Vec::new();
    for (name, deed) in deeds {
        let row = columns.iter().map(|(_, (rig, step))| {
            let (pending, view) = (rig.engine.derive().0.len(), rig.engine.view());
            let event: Event = rig.event(deed(rig, step));
            let verdict = rig.engine.admit(event).map(drop);
            assert_eq!((pending, view), (rig.engine.derive().0.len(), rig.engine.view()), "{name} changed the state");
            match verdict {
                Ok(()) => '+',
                Err(refusal) => {
                    let next = char::from(b'a' + u8::try_from(reasons.len()).unwrap());
                    *reasons.entry(refusal.reason).or_insert(next)
                }
            }
        });
        cells.push((*name, row.collect::<Vec<char>>()));
    }
    let mut text = String::new();
    for (index, (name, _)) in columns.iter().enumerate() {
        writeln!(text, "{:24}{}{name}", "", "| ".repeat(index)).unwrap();
    }
    for (name, row) in cells {
        writeln!(text, "{name:24}{}", row.iter().map(char::to_string).collect::<Vec<_>>().join(" ")).unwrap();
    }
    let mut legend: Vec<_> = reasons.into_iter().map(|(reason, letter)| (letter, reason)).collect();
    legend.sort();
    text.push('\n');
    for (letter, reason) in legend {
        writeln!(text, "{letter}  {reason}").unwrap();
    }
    text
}

#[test]
fn every_event_in_every_status_of_a_step() {
    insta::assert_snapshot!("steps", grid(&statuses(), &TO_STEPS));
}

#[test]
fn every_event_in_every_phase_of_a_run() {
    let deeds: Vec<Deed> = TO_RUNS.iter().chain(&TO_STEPS).copied().collect();
    insta::assert_snapshot!("runs", grid(&phases(), &deeds));
}
