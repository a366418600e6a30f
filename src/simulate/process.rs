//! One process: it gives birth to the run or takes it over, and drives it until it ends, waits, or dies.

use super::at_step::AtStep;
use super::fault_injector::FaultInjector;
pub(super) use super::place::{RUN, home, run_dir, state_dir};
use super::rng::Rng;
use super::workload::Workload;
use crate::base::{Actor, Digest, Moment};
use crate::driver::{DriveError, Driver, Observer, Stop, drive};
use crate::engine::event::{Body, Event, RunOpened, SessionOpened};
use crate::engine::{Engine, Phase, Refusal};
use crate::journal::{Birth, Holder, Journal, JournalError};
use crate::kinds::{self, Context};
use crate::port::{Async, Log as _, Poisoned, Ports};
use std::sync::Arc;

/// Why a process ended before its time.
#[derive(Debug, thiserror::Error)]
pub(super) enum LifeError {
    /// The disk failed, or the journal is held or damaged.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal could not be written any more.
    #[error(transparent)]
    Poisoned(#[from] Poisoned),
    /// The driver could not go on.
    #[error(transparent)]
    Drive(#[from] DriveError),
    /// The engine refuses what it said itself.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// A process.
pub(super) struct Process<'a> {
    pub(super) workload: &'a Workload,
    pub(super) context: &'a Context,
    pub(super) injector: &'a FaultInjector,
    pub(super) rng: Rng,
    /// Which process of the trial it is, from 1.
    pub(super) number: u32,
    /// When the operator interrupts it.
    pub(super) stop: Async<'a, ()>,
}

impl Process<'_> {
    /// Comes to record one thing, if there is something to say; whether there was.
    pub(super) fn amend(&self, decide: impl FnOnce(&Engine) -> Option<Body>) -> Result<bool, LifeError> {
        if self.is_first() {
            return Ok(false);
        }
        let (mut engine, mut journal) = self.take_over()?;
        if matches!(engine.run().phase, Phase::Closed(_)) {
            return Ok(false);
        }
        let Some(body) = decide(&engine) else { return Ok(false) };
        let mut batch = Vec::new();
        self.push(&mut engine, &mut batch, Body::SessionOpened(self.session()))?;
        self.push(&mut engine, &mut batch, body)?;
        while let Some(body) = engine.due(self.context.ports.clock.now()).filter(|_| is_ending(&engine)) {
            self.push(&mut engine, &mut batch, body)?;
        }
        journal.commit(&batch)?;
        journal.leave();
        Ok(true)
    }

    /// Lives.
    pub(super) async fn live(self, observer: &mut dyn Observer) -> Result<Stop, LifeError> {
        let is_new = self.is_first();
        let (mut engine, mut journal) = if is_new { self.give_birth()? } else { self.take_over()? };
        if let Phase::Closed(verdict) = engine.run().phase {
            return Ok(Stop::Closed(verdict));
        }
        let mut first = Vec::new();
        if !is_new {
            self.push(&mut engine, &mut first, Body::SessionOpened(self.session()))?;
        }
        if !self.workload.plan.schedule.is_empty() {
            self.push(&mut engine, &mut first, Body::WindowAwaited)?;
        }
        let committed = journal.commit(&first)?;
        let performer = AtStep { context: self.context, injector: self.injector };
        let driver = Driver {
            engine: &mut engine,
            log: &mut journal,
            clock: Arc::clone(&self.context.ports.clock),
            performer: &performer,
            observers: &mut [observer],
            committed,
        };
        let stop = drive(driver, self.stop).await?;
        journal.leave();
        Ok(stop)
    }

    fn is_first(&self) -> bool {
        self.context.ports.disk.stat(&run_dir().segment(1)).is_err()
    }

    fn push(&self, engine: &mut Engine, batch: &mut Vec<Event>, body: Body) -> Result<(), Refusal> {
        let event = self.event(body);
        let admitted = engine.admit(event.clone())?;
        engine.apply(admitted);
        batch.push(event);
        Ok(())
    }

    fn take_over(&self) -> Result<(Engine, Journal), LifeError> {
        let Ports { disk, clock, .. } = &self.context.ports;
        let opened = Journal::open(disk, clock, &run_dir(), &self.holder())?;
        let events = opened.events.into_iter().map(|(_, event)| event);
        Ok((Engine::replay(Arc::clone(&self.workload.plan), kinds::protocol, events)?, opened.journal))
    }

    fn give_birth(&self) -> Result<(Engine, Journal), LifeError> {
        let Ports { disk, clock, .. } = &self.context.ports;
        let genesis = self.event(Body::RunOpened(self.genesis()));
        let birth = Birth {
            state_dir: &state_dir(),
            run: RUN,
            files: &[("plan.yaml", &self.workload.source)],
            holder: &self.holder(),
            genesis: &genesis,
        };
        let journal = Journal::create(disk, clock, &birth)?;
        Ok((Engine::replay(Arc::clone(&self.workload.plan), kinds::protocol, [genesis])?, journal))
    }

    fn event(&self, body: Body) -> Event {
        let Moment { at, mono_ms } = self.context.ports.clock.moment();
        Event { at, mono_ms, actor: self.context.run.actor.clone(), body }
    }

    fn genesis(&self) -> RunOpened {
        let plan = &self.workload.plan;
        let nonce = Digest::of(format!("{:?}", self.rng.roll("nonce", u64::from(self.number))).as_bytes());
        RunOpened {
            run: RUN.to_owned(),
            nonce: nonce.to_string().chars().take(32).collect(),
            runbooks: vec![(self.workload.name.clone(), plan.source_digest)],
            plan_digest: plan.digest,
            inputs: plan.inputs.clone(),
            policy: serde_json::json!({"cwd": home().to_string_lossy(), "require": "consistent"}),
            state_dir: state_dir().to_string_lossy().into_owned(),
            audit_dir: home().join("audit").to_string_lossy().into_owned(),
            twin: None,
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            boot_clock: Some(self.boot()),
        }
    }

    fn session(&self) -> SessionOpened {
        SessionOpened {
            pid: self.number,
            boot_id: self.boot(),
            host: "rehearsal".to_owned(),
            user: "operator".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            binary_sha256: String::new(),
            boot_clock: Some(self.boot()),
        }
    }

    /// Every second process or so finds the machine started again.
    fn boot(&self) -> String {
        let boots = (1..=self.number).filter(|number| self.rng.roll("boot", u64::from(*number)).below(2) == 0);
        format!("boot-{}", boots.count())
    }

    fn holder(&self) -> Holder {
        Holder {
            pid: self.number,
            boot_id: self.boot(),
            since: self.context.ports.clock.now(),
            user: "operator".to_owned(),
            host: "rehearsal".to_owned(),
            argv: vec!["surefoot".to_owned(), "rehearse".to_owned()],
        }
    }
}

fn is_ending(engine: &Engine) -> bool {
    matches!(engine.run().phase, Phase::Ending(_))
}

/// Who runs a rehearsal.
pub(super) fn actor() -> Actor {
    Actor::Os { user: "operator".to_owned(), host: "rehearsal".to_owned() }
}
