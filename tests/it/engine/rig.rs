//! A run in the hands of a test: an engine, its log and a clock that moves when it is told to.

use super::invariants::Watch;
use crate::support::probe::{protocol, with_probe};
use std::sync::Arc;
use std::time::Duration;
use surefoot::base::{Actor, Digest, Map, Moment, Timestamp, Value};
use surefoot::engine::call::Reply;
use surefoot::engine::command::{Command, CommandId};
use surefoot::engine::event::{Body, Event, RunOpened, SessionOpened};
use surefoot::engine::{Engine, Refusal};
use surefoot::runbook::Inputs;
use surefoot::runbook::compile;
use surefoot::runbook::plan::Plan;

/// The nonce of every run here; derived names come from it.
pub(super) const NONCE: &str = "00112233445566778899aabbccddeeff";
/// 2026-01-02T03:04:05Z.
pub(super) const START: Timestamp = Timestamp::from_micros(1_767_323_045_000_000);
/// More conclusions than this in a row, with no time passing, are a loop.
const CONCLUSIONS: usize = 500;

pub(super) struct Rig {
    pub(super) plan: Arc<Plan>,
    pub(super) engine: Engine,
    pub(super) log: Vec<Event>,
    pub(super) now: Timestamp,
    /// How far the wall clock was set back without anybody seeing it.
    skew: Duration,
    watch: Watch,
}

/// The plan of a runbook; the test fails with its diagnostics where there are any.
pub(super) fn plan(yaml: &str) -> Arc<Plan> {
    match compile(with_probe(), "test.yaml", yaml.as_bytes(), Inputs::Given(&Map::new())) {
        Ok(plan) => Arc::new(plan),
        Err(diagnostics) => panic!("{diagnostics}\n{yaml}"),
    }
}

impl Rig {
    /// A run that has not been opened.
    pub(super) fn unborn(plan: Arc<Plan>) -> Self {
        let engine = Engine::new(Arc::clone(&plan), protocol);
        let watch = Watch::new(&plan);
        Self { plan, engine, log: Vec::new(), now: START, skew: Duration::ZERO, watch }
    }

    /// A run that has just been opened.
    pub(super) fn open(yaml: &str) -> Self {
        let mut rig = Self::unborn(plan(yaml));
        rig.must(birth(&rig.plan));
        rig.conclude();
        rig
    }

    pub(super) fn event(&self, body: Body) -> Event {
        let Moment { at, mono_ms } = self.moment();
        Event { at, mono_ms, actor: Actor::Engine, body }
    }

    fn moment(&self) -> Moment {
        Moment { at: self.now, ..Moment::from(self.now.plus(self.skew)) }
    }

    /// Sets the wall clock back.
    pub(super) fn skew(&mut self, span: Duration) {
        self.now = self.now.minus(span);
        self.skew += span;
    }

    /// Takes in an event and checks everything that must hold after every event.
    pub(super) fn take(&mut self, body: Body) -> Result<(), Refusal> {
        let event = self.event(body);
        let admitted = self.engine.admit(event.clone())?;
        self.engine.apply(admitted);
        self.log.push(event);
        self.watch.check(&self.plan, &self.engine, &self.log);
        Ok(())
    }

    #[track_caller]
    pub(super) fn must(&mut self, body: Body) {
        if let Err(refusal) = self.take(body) {
            panic!("{refusal}\n{}", self.tail());
        }
    }

    /// Takes in what follows from the state alone, until nothing does.
    #[track_caller]
    pub(super) fn conclude(&mut self) {
        for _ in 0..CONCLUSIONS {
            let due = self.engine.window_due(self.now).or_else(|| self.engine.due(self.now));
            let Some(body) = due else { return };
            self.must(body);
        }
        panic!("the conclusions never end\n{}", self.tail());
    }

    /// Takes in the reply to a command, as the driver does.
    #[track_caller]
    pub(super) fn reply(&mut self, id: CommandId, reply: Reply) {
        self.replies([(id, reply)]);
    }

    /// Takes in replies that came in the same turn: what follows from them is concluded when all are recorded.
    #[track_caller]
    pub(super) fn replies(&mut self, replies: impl IntoIterator<Item = (CommandId, Reply)>) {
        for (id, reply) in replies {
            if let Some(body) = self.engine.record(id, reply, self.moment()) {
                self.must(body);
            }
        }
        self.conclude();
    }

    #[track_caller]
    pub(super) fn wait(&mut self, span: Duration) {
        self.now = self.now.plus(span);
        self.conclude();
    }

    /// The process dies, and another one takes the run over from its log.
    #[track_caller]
    pub(super) fn reopen(&mut self) {
        let engine = Engine::replay(Arc::clone(&self.plan), protocol, self.log.iter().cloned()).unwrap();
        assert!(is_same(&engine, &self.engine), "the log does not give the live state\n{}", self.tail());
        self.engine = engine;
        self.must(session());
        self.conclude();
    }

    pub(super) fn index(&self, step: &str) -> usize {
        self.plan.index_of(step).unwrap_or_else(|| panic!("no step `{step}`"))
    }

    /// The command of a step that should be under way.
    pub(super) fn pending(&self, step: &str) -> Option<Command> {
        self.engine.pending().find(|command| command.step == step).cloned()
    }

    pub(super) fn status(&self, step: &str) -> &'static str {
        self.engine.steps()[self.index(step)].status.name()
    }

    /// The last events, for messages.
    pub(super) fn tail(&self) -> String {
        let skipped = self.log.len().saturating_sub(40);
        let lines = self
            .log
            .iter()
            .enumerate()
            .skip(skipped)
            .map(|(seq, event)| format!("{seq:4} {} {}", event.at.time_of_day(), super::told::event(&event.body)));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Whether two engines are in the same state and want the same things.
pub(super) fn is_same(one: &Engine, other: &Engine) -> bool {
    one.steps() == other.steps()
        && one.run() == other.run()
        && one.ledger() == other.ledger()
        && one.view() == other.view()
        && one.deadline() == other.deadline()
        && one.pending().map(|command| command.id).eq(other.pending().map(|command| command.id))
}

pub(super) fn birth(plan: &Plan) -> Body {
    Body::RunOpened(RunOpened {
        run: "r1".to_owned(),
        nonce: NONCE.to_owned(),
        runbooks: vec![("test.yaml".to_owned(), plan.source_digest)],
        plan_digest: plan.digest,
        inputs: Map::new(),
        policy: Value::Null,
        state_dir: "/state".to_owned(),
        audit_dir: "/audit".to_owned(),
        twin: None,
        engine: "0.1.0".to_owned(),
        boot_clock: None,
    })
}

pub(super) fn session() -> Body {
    Body::SessionOpened(SessionOpened {
        pid: 42,
        boot_id: "b".to_owned(),
        host: "host1".to_owned(),
        user: "alice".to_owned(),
        version: "0.1.0".to_owned(),
        binary_sha256: Digest::of(b"surefoot").to_string(),
        boot_clock: None,
    })
}

pub(super) fn alice() -> Actor {
    Actor::Os { user: "alice".to_owned(), host: "host1".to_owned() }
}
