//! Events of every type, by example and at random.

use super::events::{START, event as at_start};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::time::Duration;
use surefoot::base::{Actor, Digest, Map, Timestamp, Value};
use surefoot::engine::call::{Call, CallError, ErrorClass, Outcome, Sealed};
use surefoot::engine::event::{Body, Event, HoldClass, Intent, RunOpened, SessionOpened, Settlement, Verdict};
use surefoot::engine::evidence::{Evidence, Proof};
use surefoot::engine::question::{Answer, Form, Question};

/// One event of each type, in the order of the types, every optional part present.
pub fn one_of_each() -> Vec<Event> {
    let all: Vec<Body> = about_the_run().into_iter().chain(about_calls()).chain(about_steps()).collect();
    let all = all.into_iter().chain(about_people()).chain(about_the_journal());
    all.map(at_start).collect()
}

fn map(text: &str) -> Map {
    serde_json::from_str(text).unwrap()
}

fn about_the_run() -> [Body; 2] {
    [
        Body::RunOpened(RunOpened {
            run: "20260102-030405-migrate".to_owned(),
            nonce: "00112233445566778899aabbccddeeff".to_owned(),
            runbooks: vec![("migrate-to-vdc.yaml".to_owned(), Digest::of(b"runbook"))],
            plan_digest: Digest::of(b"plan"),
            inputs: map(r#"{"instance_id":"2f49c2b3","accept_uncounted":false}"#),
            policy: serde_json::json!({"require": "consistent"}),
            state_dir: "/home/alice/.surefoot".to_owned(),
            audit_dir: "/home/alice/audit".to_owned(),
            twin: Some(serde_json::json!({"speed": 600})),
            engine: "0.1.0".to_owned(),
            boot_clock: Some("0b9a6c1e-5c5e-4d38-a4a0-92f8ab2f7e11".to_owned()),
        }),
        Body::SessionOpened(SessionOpened {
            pid: 4711,
            boot_id: "0b9a6c1e-5c5e-4d38-a4a0-92f8ab2f7e11".to_owned(),
            host: "host1".to_owned(),
            user: "alice".to_owned(),
            version: "0.1.0".to_owned(),
            binary_sha256: Digest::of(b"binary").to_string(),
            boot_clock: None,
        }),
    ]
}

fn about_calls() -> [Body; 3] {
    [
        Body::CallIntended(Intent {
            step: "delete".to_owned(),
            call: Call::Delete,
            attempt: 1,
            target: "2f49c2b3".to_owned(),
            request: "DELETE /v1/instances/2f49c2b3".to_owned(),
            request_digest: Digest::of(b""),
            guard: serde_json::json!({"id": "2f49c2b3", "name": "prod", "region": "europe-west1"}),
            evidence: vec![("config".to_owned(), 4), ("backup".to_owned(), 17)],
            input: serde_json::json!({"upload": "u-1"}),
            deadline: Some(Timestamp::from_micros(START + 60_000_000)),
            sealed: Some(box_of(b"new")),
        }),
        Body::CallSettled(Settlement {
            step: "create".to_owned(),
            call: Call::Create,
            attempt: 2,
            outcome: Outcome::Accepted,
            status: Some(202),
            request_id: Some("req-1".to_owned()),
            server_date: Some(Timestamp::from_micros(START)),
            output: serde_json::json!({"id": "9c1d0e7f", "username": "neo4j"}),
            sealed: Some(box_of(b"sealed")),
            error: Some(failure()),
        }),
        Body::CallProbed {
            step: "create".to_owned(),
            call: Call::Settle,
            found: serde_json::json!({"found": "none", "lists": 3}),
        },
    ]
}

fn box_of(bytes: &[u8]) -> Sealed {
    Sealed {
        alg: "age".to_owned(),
        b64: "YWdlLWVuY3J5cHRpb24ub3Jn".to_owned(),
        recipients: vec!["age1recipient".to_owned()],
        sha256: Digest::of(bytes),
    }
}

fn failure() -> CallError {
    CallError {
        class: ErrorClass::Busy,
        reason: "ongoing-database-operation".to_owned(),
        message: "the instance is busy".to_owned(),
        remedy: "wait until it is running".to_owned(),
        retry_after: Some(Duration::from_millis(1_500)),
    }
}

fn about_steps() -> [Body; 8] {
    let step = || "capture".to_owned();
    let evidence = vec![Evidence {
        kind: Proof::Config,
        subject: "2f49c2b3".to_owned(),
        digest: Digest::of(b"config"),
        at: Timestamp::from_micros(START),
        verifier: "aura:get".to_owned(),
    }];
    [
        Body::StepNoted { step: step(), memo: serde_json::json!({"parts": 3}) },
        Body::StepWaiting { step: step(), until: Timestamp::from_micros(START + 5), tries: 2, error: failure() },
        Body::StepSucceeded { step: step(), output: map(r#"{"id":"2f49c2b3","memory":"16GB"}"#), evidence },
        Body::StepFailed { step: step(), error: failure() },
        Body::StepSkipped { step: step(), why: "its `when` was false".to_owned() },
        Body::StepHeld {
            step: step(),
            reason: "the quota is used up".to_owned(),
            remedy: "raise it and resume".to_owned(),
            class: HoldClass::Person,
        },
        Body::StepChanged { step: step(), set: map(r#"{"memory":"8GB"}"#) },
        Body::StepReset {
            step: step(),
            reason: "the confirmation is void".to_owned(),
            steps: vec!["counts".to_owned(), step()],
        },
    ]
}

fn about_people() -> [Body; 7] {
    let step = || "confirm".to_owned();
    [
        Body::QuestionAsked {
            step: step(),
            question: Question {
                form: Form::Type("prod".to_owned()),
                text: "Type the name of the instance.".to_owned(),
                show: vec![("backup".to_owned(), serde_json::json!("s3://b/k"))],
                task: serde_json::json!({"word": "confirm"}),
                round: 1,
            },
        },
        Body::QuestionAnswered {
            step: step(),
            answer: Answer {
                text: "prod".to_owned(),
                note: "CHG-7".to_owned(),
                by: Actor::Os { user: "alice".to_owned(), host: "host1".to_owned() },
                at: Timestamp::from_micros(START),
                fields: map(r#"{"gap_minutes":12}"#),
            },
        },
        Body::GateChecked {
            step: step(),
            name: "preflight".to_owned(),
            passed: true,
            detail: serde_json::json!({"sink": "written, read back, removed"}),
        },
        Body::SecretDelivered {
            step: step(),
            sink: "file".to_owned(),
            reference: "/home/alice/new.password".to_owned(),
            version: 2,
        },
        Body::SecretLost { step: step(), attempt: 1, target: "9c1d0e7f".to_owned() },
        Body::SecretRotated { step: step(), attempt: 1, target: "neo4j+s://9c1d0e7f.databases.neo4j.io".to_owned() },
        Body::OperatorResolved { step: step(), applied: false, because: "the console shows no such import".to_owned() },
    ]
}

fn about_the_journal() -> [Body; 10] {
    let (from, until) = (Timestamp::from_micros(START), Timestamp::from_micros(START + 7_200_000_000));
    [
        Body::RunPaused,
        Body::RunCancelAsked,
        Body::UndoBegun { steps: vec!["drain/undo".to_owned()] },
        Body::WindowOpened { from, until },
        Body::WindowClosed { opens: Some(until) },
        Body::WindowAwaited,
        Body::WindowOverridden { reason: "INC-1: the primary is down, and it cannot wait".to_owned() },
        Body::JournalRecovered { offset: 4096, len: 17, sha256: Digest::of(b"torn") },
        Body::JournalSegment { reason: "sync-error".to_owned(), old_sha256: Digest::of(b"old") },
        Body::RunClosed { verdict: Verdict::Done, summary: map(r#"{"orphans":0}"#) },
    ]
}

/// Any event.
pub fn event() -> impl Strategy<Value = Event> {
    let body = prop_oneof![run(), call(), step(), person(), journal()];
    (time(), any::<u64>(), actor(), body).prop_map(|(at, mono_ms, actor, body)| Event { at, mono_ms, actor, body })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,20}", "\\PC{0,12}", any::<String>()]
}

fn name() -> impl Strategy<Value = String> {
    "[^@]{1,8}"
}

fn actor() -> impl Strategy<Value = Actor> {
    let person = (text(), name()).prop_map(|(user, host)| Actor::Os { user, host });
    prop_oneof![Just(Actor::Engine), Just(Actor::Script), person]
}

fn time() -> impl Strategy<Value = Timestamp> {
    // Years 0 to 9999, as RFC 3339 has them.
    (-62_167_219_200_000_000_i64..253_402_300_799_999_999).prop_map(Timestamp::from_micros)
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest::from_bytes)
}

fn value() -> impl Strategy<Value = Value> {
    let number = any::<f64>().prop_filter_map("not a number", serde_json::Number::from_f64);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        number.prop_map(Value::Number),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((text(), inner), 0..5).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn fields() -> impl Strategy<Value = Map> {
    vec((text(), value()), 0..4).prop_map(|entries| entries.into_iter().collect())
}

fn error() -> impl Strategy<Value = CallError> {
    let wait = option::of((any::<u64>(), 0..1_000_000_000_u32).prop_map(|(secs, nanos)| Duration::new(secs, nanos)));
    (proptest::sample::select(&ErrorClass::ALL), text(), text(), text(), wait).prop_map(
        |(class, reason, message, remedy, retry_after)| CallError { class, reason, message, remedy, retry_after },
    )
}

fn evidence() -> impl Strategy<Value = Evidence> {
    (proptest::sample::select(&Proof::ALL), text(), digest(), time(), text())
        .prop_map(|(kind, subject, digest, at, verifier)| Evidence { kind, subject, digest, at, verifier })
}

fn run() -> BoxedStrategy<Body> {
    let not_null = option::of(value().prop_filter("null and absent are one", |value| !value.is_null()));
    let first = (text(), text(), vec((text(), digest()), 0..3), digest(), fields(), value());
    let opened = (first, text(), text(), not_null, text(), option::of(text())).prop_map(
        |((run, nonce, runbooks, plan_digest, inputs, policy), state_dir, audit_dir, twin, engine, boot_clock)| {
            Body::RunOpened(RunOpened {
                run,
                nonce,
                runbooks,
                plan_digest,
                inputs,
                policy,
                state_dir,
                audit_dir,
                twin,
                engine,
                boot_clock,
            })
        },
    );
    let session = (any::<u32>(), text(), text(), text(), text(), text(), option::of(text())).prop_map(
        |(pid, boot_id, host, user, version, binary_sha256, boot_clock)| {
            Body::SessionOpened(SessionOpened { pid, boot_id, host, user, version, binary_sha256, boot_clock })
        },
    );
    let verdicts = vec![Verdict::Done, Verdict::Failed, Verdict::Cancelled];
    let closed = (proptest::sample::select(verdicts), fields())
        .prop_map(|(verdict, summary)| Body::RunClosed { verdict, summary });
    let undo = vec(text(), 0..4).prop_map(|steps| Body::UndoBegun { steps });
    let window = prop_oneof![
        (time(), time()).prop_map(|(from, until)| Body::WindowOpened { from, until }),
        option::of(time()).prop_map(|opens| Body::WindowClosed { opens }),
        Just(Body::WindowAwaited),
        text().prop_map(|reason| Body::WindowOverridden { reason }),
    ];
    prop_oneof![opened, session, closed, window, Just(Body::RunPaused), Just(Body::RunCancelAsked), undo].boxed()
}

fn sealed() -> impl Strategy<Value = Sealed> {
    (text(), text(), vec(text(), 0..3), digest()).prop_map(|(alg, b64, recipients, sha256)| Sealed {
        alg,
        b64,
        recipients,
        sha256,
    })
}

fn call() -> BoxedStrategy<Body> {
    let which = || proptest::sample::select(&Call::ALL);
    let first = (text(), which(), any::<u32>(), text(), text(), digest());
    let evidence = vec((text(), any::<u64>()), 0..3);
    let intent = (first, value(), evidence, value(), option::of(time()), option::of(sealed())).prop_map(
        |((step, call, attempt, target, request, request_digest), guard, evidence, input, deadline, sealed)| {
            Body::CallIntended(Intent {
                step,
                call,
                attempt,
                target,
                request,
                request_digest,
                guard,
                evidence,
                input,
                deadline,
                sealed,
            })
        },
    );
    let first = (text(), which(), any::<u32>(), proptest::sample::select(&Outcome::ALL), option::of(any::<u16>()));
    let rest = (option::of(text()), option::of(time()), value(), option::of(sealed()), option::of(error()));
    let settled = (first, rest).prop_map(
        |((step, call, attempt, outcome, status), (request_id, server_date, output, sealed, error))| {
            Body::CallSettled(Settlement {
                step,
                call,
                attempt,
                outcome,
                status,
                request_id,
                server_date,
                output,
                sealed,
                error,
            })
        },
    );
    let probed = (text(), which(), value()).prop_map(|(step, call, found)| Body::CallProbed { step, call, found });
    prop_oneof![intent, settled, probed].boxed()
}

fn step() -> BoxedStrategy<Body> {
    let classes = vec![HoldClass::Person, HoldClass::Outside, HoldClass::Doubt, HoldClass::Check, HoldClass::Window];
    prop_oneof![
        (text(), value()).prop_map(|(step, memo)| Body::StepNoted { step, memo }),
        (text(), time(), any::<u32>(), error()).prop_map(|(step, until, tries, error)| Body::StepWaiting {
            step,
            until,
            tries,
            error
        }),
        (text(), fields(), vec(evidence(), 0..3)).prop_map(|(step, output, evidence)| Body::StepSucceeded {
            step,
            output,
            evidence
        }),
        (text(), error()).prop_map(|(step, error)| Body::StepFailed { step, error }),
        (text(), text()).prop_map(|(step, why)| Body::StepSkipped { step, why }),
        (text(), text(), text(), proptest::sample::select(classes))
            .prop_map(|(step, reason, remedy, class)| Body::StepHeld { step, reason, remedy, class }),
        (text(), fields()).prop_map(|(step, set)| Body::StepChanged { step, set }),
        (text(), text(), vec(text(), 0..3)).prop_map(|(step, reason, steps)| Body::StepReset { step, reason, steps }),
    ]
    .boxed()
}

fn person() -> BoxedStrategy<Body> {
    let form = prop_oneof![
        text().prop_map(Form::Type),
        Just(Form::Done),
        Just(Form::Path),
        vec(text(), 0..3).prop_map(Form::Choice),
    ];
    let question = (form, text(), vec((text(), value()), 0..3), value(), any::<u32>())
        .prop_map(|(form, text, show, task, round)| Question { form, text, show, task, round });
    let answer = (text(), text(), actor(), time(), fields()).prop_map(|(text, note, by, at, fields)| Answer {
        text,
        note,
        by,
        at,
        fields,
    });
    prop_oneof![
        (text(), question).prop_map(|(step, question)| Body::QuestionAsked { step, question }),
        (text(), answer).prop_map(|(step, answer)| Body::QuestionAnswered { step, answer }),
        (text(), text(), any::<bool>(), value()).prop_map(|(step, name, passed, detail)| Body::GateChecked {
            step,
            name,
            passed,
            detail
        }),
        (text(), text(), text(), any::<u32>()).prop_map(|(step, sink, reference, version)| Body::SecretDelivered {
            step,
            sink,
            reference,
            version
        }),
        (text(), any::<u32>(), text()).prop_map(|(step, attempt, target)| Body::SecretLost { step, attempt, target }),
        (text(), any::<u32>(), text()).prop_map(|(step, attempt, target)| Body::SecretRotated {
            step,
            attempt,
            target
        }),
        (text(), any::<bool>(), text()).prop_map(|(step, applied, because)| Body::OperatorResolved {
            step,
            applied,
            because
        }),
    ]
    .boxed()
}

fn journal() -> BoxedStrategy<Body> {
    prop_oneof![
        (any::<u64>(), any::<u64>(), digest()).prop_map(|(offset, len, sha256)| Body::JournalRecovered {
            offset,
            len,
            sha256
        }),
        (text(), digest()).prop_map(|(reason, old_sha256)| Body::JournalSegment { reason, old_sha256 }),
    ]
    .boxed()
}
