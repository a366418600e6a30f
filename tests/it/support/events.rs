//! Events to record.

use std::sync::Arc;
use surefoot::base::{Actor, Digest, Timestamp};
use surefoot::engine::call::{Call, Outcome};
use surefoot::engine::event::{Body, Event, Intent, RunOpened, SessionOpened, Settlement, Verdict};
use surefoot::engine::question::Answer;
use surefoot::port::{Async, Clock};

/// 2026-01-02T03:04:05Z.
pub const START: i64 = 1_767_323_045_000_000;

/// A clock that stands still.
pub struct StillClock;

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(START)
    }

    fn mono_ms(&self) -> u64 {
        7
    }

    fn sleep_until(&self, _at: Timestamp) -> Async<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

pub fn still_clock() -> Arc<dyn Clock> {
    Arc::new(StillClock)
}

pub fn event(body: Body) -> Event {
    Event { at: Timestamp::from_micros(START), mono_ms: 0, actor: Actor::Engine, body }
}

pub fn genesis() -> Event {
    event(Body::RunOpened(RunOpened {
        run: "r1".to_owned(),
        nonce: "00112233445566778899aabbccddeeff".to_owned(),
        runbooks: vec![("plan.yaml".to_owned(), Digest::of(b"plan"))],
        plan_digest: Digest::of(b"digest"),
        inputs: serde_json::from_str(r#"{"instance_id":"8f769515"}"#).unwrap(),
        policy: serde_json::Value::Null,
        state_dir: ".surefoot".to_owned(),
        audit_dir: "audit".to_owned(),
        twin: None,
        engine: "0.1.0".to_owned(),
        boot_clock: None,
    }))
}

pub fn session() -> Event {
    event(Body::SessionOpened(SessionOpened {
        pid: 42,
        boot_id: "b".to_owned(),
        host: "host1".to_owned(),
        user: "alice".to_owned(),
        version: "0.1.0".to_owned(),
        binary_sha256: String::new(),
        boot_clock: None,
    }))
}

/// A record of about `len` bytes.
pub fn noted(step: &str, len: usize) -> Event {
    let memo = serde_json::Value::String("x".repeat(len.saturating_sub(290)));
    event(Body::StepNoted { step: step.to_owned(), memo })
}

pub fn intent(step: &str, call: Call) -> Event {
    event(Body::CallIntended(Intent {
        step: step.to_owned(),
        call,
        attempt: 1,
        target: "8f769515".to_owned(),
        request: "DELETE /v1/instances/8f769515".to_owned(),
        request_digest: Digest::of(b""),
        guard: serde_json::json!({"id": "8f769515", "name": "prod-öst"}),
        evidence: vec![("config".to_owned(), 3)],
        input: serde_json::Value::Null,
        deadline: Some(Timestamp::from_micros(START + 1)),
        sealed: None,
    }))
}

pub fn settled(step: &str, call: Call) -> Event {
    event(Body::CallSettled(Settlement {
        step: step.to_owned(),
        call,
        attempt: 1,
        outcome: Outcome::Accepted,
        status: Some(202),
        request_id: None,
        server_date: None,
        output: serde_json::Value::Null,
        sealed: None,
        error: None,
    }))
}

pub fn answered(step: &str) -> Event {
    let by = Actor::Os { user: "alice".to_owned(), host: "host1".to_owned() };
    let answer = Answer {
        text: "prod".to_owned(),
        note: String::new(),
        by,
        at: Timestamp::from_micros(START),
        fields: serde_json::Map::new(),
    };
    event(Body::QuestionAnswered { step: step.to_owned(), answer })
}

pub fn closed() -> Event {
    event(Body::RunClosed { verdict: Verdict::Done, summary: serde_json::Map::new() })
}
