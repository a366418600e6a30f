//! One turn after another, until the run is over or nothing can be done without a person.
//!
//! ```text
//! replies ──→ record → admit → apply ─┐  the engine's own conclusions join the batch
//!                                     ├──→ commit: one write, one sync ──→ observers ──→ dispatch
//!                        due(now) ────┘
//! ```
//!
//! Events are applied in memory before they are durable, so that the conclusions and announcements they unlock share
//! their sync; nothing leaves before the commit, and a failed commit ends the process's right to act. The driver knows
//! no runtime: whoever calls [`drive`] polls it.

mod clock_skew;
mod rescue;
mod stop;
mod task;

pub use stop::{DriveError, Observer, Rescued, Stop};

use crate::base::{Actor, Moment, PlantedBug, Timestamp, planted};
use crate::engine::call::Reply;
use crate::engine::command::{Act, Command, CommandId};
use crate::engine::event::{Body, Event};
use crate::engine::{Engine, Phase, Refusal};
use crate::port::{Async, Clock, Committed, Log, Perform};
use clock_skew::{ClockSkew, SuspendDetector};
use futures_util::future::{self, Either, FutureExt as _};
use futures_util::stream::StreamExt as _;
use rescue::rescue;
use std::sync::Arc;
use std::time::Duration;
use task::{InFlight, Task, Tasks, settles, spawn, withheld};

/// What a run is driven with.
pub struct Driver<'a> {
    /// The state.
    pub engine: &'a mut Engine,
    /// Where events become durable.
    pub log: &'a mut dyn Log,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Who does what the engine wants done.
    pub performer: &'a dyn Perform,
    /// Who is told.
    pub observers: &'a mut [&'a mut dyn Observer],
    /// Proof that everything so far is durable.
    pub committed: Committed,
}

/// Takes turns until the run is over, nothing can be done, or `stop` ends.
pub async fn drive<'a>(mut driver: Driver<'a>, mut stop: Async<'a, ()>) -> Result<Stop, DriveError> {
    let clock = Arc::clone(&driver.clock);
    let mut flights = Tasks::new();
    let mut aloft = InFlight::new();
    let mut arrived: Vec<(CommandId, Reply)> = Vec::new();
    let mut leave: Option<Result<Stop, DriveError>> = None;
    let (mut ahead, mut nap) = (ClockSkew::default(), SuspendDetector::default());
    loop {
        let moment = clock.moment();
        let now = moment.at;
        let landed = arrived.drain(..).filter(|(id, reply)| settles(&mut aloft, *id, reply, leave.is_some()));
        // Who leaves looks at nothing any more, and gives nothing up.
        let judged = if leave.is_none() { nap.judge(now) } else { Timestamp::default() };
        let batch = driver.take_in(landed, moment, judged)?;
        if planted(PlantedBug::SentBeforeCommit) {
            driver.dispatch(&mut flights, &mut aloft, now, Duration::ZERO);
            arrived.extend(flights.next().now_or_never().flatten());
        }
        match driver.commit(&batch) {
            Err(DriveError::Poisoned { cause, .. }) => {
                driver.performer.halt();
                let rescued = rescue(driver.engine, &batch, flights, &aloft, stop).await;
                return Err(DriveError::Poisoned { cause, rescued });
            }
            Err(DriveError::Observer(why)) => {
                arrived.extend(driver.quiesce(&mut flights, &mut aloft));
                leave = Some(Err(DriveError::Observer(why)));
                continue;
            }
            committed => committed?,
        }
        if let Phase::Closed(verdict) = driver.engine.run().phase {
            return leave.filter(Result::is_err).unwrap_or(Ok(Stop::Closed(verdict)));
        }
        let wake = match leave {
            Some(_) => None,
            None => driver.dispatch(&mut flights, &mut aloft, now, ahead.at(driver.engine, now)),
        };
        let wakes = driver.engine.window_changes_at().filter(|_| leave.is_none());
        let sleeps = driver.engine.sleeps_for_window() && wakes.is_some();
        let mut flying = aloft.iter().filter(|(id, flight)| driver.waits_for(**id, **flight, leave.is_some()));
        if flying.next().is_none() && wake.is_none() && !sleeps {
            return leave.unwrap_or(Ok(Stop::Waiting));
        }
        let deadline = driver.engine.deadline().map(|at| nap.spare(at));
        let until = wake.into_iter().chain(deadline).chain(wakes).min().filter(|_| leave.is_none());
        nap.sleeps_until(until);
        let alarm: Async<'_, ()> = until.map_or_else(|| future::pending().boxed(), |at| clock.sleep_until(at));
        let reply = if flights.is_empty() { future::pending().boxed() } else { flights.next().boxed() };
        match future::select(&mut stop, future::select(reply, alarm)).await {
            Either::Left(_) => {
                leave.get_or_insert(Ok(Stop::Interrupted));
                stop = future::pending().boxed();
            }
            Either::Right((Either::Left((first, _)), _)) => arrived.extend(first),
            Either::Right((Either::Right(_), _)) => {}
        }
        while let Some(Some(reply)) = flights.next().now_or_never() {
            arrived.push(reply);
        }
    }
}

impl<'a> Driver<'a> {
    /// Makes events of the replies and of what follows from them, and applies them. Time-outs are those that were over
    /// at `judged`.
    fn take_in(
        &mut self,
        replies: impl Iterator<Item = (CommandId, Reply)>,
        now: Moment,
        judged: Timestamp,
    ) -> Result<Vec<Event>, Refusal> {
        let mut batch = Vec::new();
        // What has arrived after the window closed starts nothing.
        if let Some(body) = self.engine.window_due(now.at) {
            self.apply(&mut batch, now, body)?;
        }
        for (id, reply) in replies {
            if let Some(body) = self.engine.record(id, reply, now) {
                self.apply(&mut batch, now, body)?;
            }
            // What one reply means is known before the next is looked at: where it ends the run, nothing irreversible
            // is announced in the same turn.
            while let Some(body) = self.engine.conclusion().cloned() {
                self.apply(&mut batch, now, body)?;
            }
        }
        while let Some(body) = self.engine.due(judged) {
            self.apply(&mut batch, now, body)?;
        }
        Ok(batch)
    }

    fn apply(&mut self, batch: &mut Vec<Event>, now: Moment, body: Body) -> Result<(), Refusal> {
        let actor = match &body {
            Body::QuestionAnswered { answer, .. } => answer.by.clone(),
            _ => Actor::Engine,
        };
        let admitted = self.engine.admit(Event { at: now.at, mono_ms: now.mono_ms, actor, body })?;
        batch.push(admitted.event().clone());
        self.engine.apply(admitted);
        Ok(())
    }

    fn commit(&mut self, batch: &[Event]) -> Result<(), DriveError> {
        if batch.is_empty() {
            return Ok(());
        }
        self.committed = self.log.commit(batch)?;
        self.tell(batch)?;
        let Some(event) = self.log.rotate_if_due()? else { return Ok(()) };
        let admitted = self.engine.admit(event.clone())?;
        self.engine.apply(admitted);
        self.tell(&[event])
    }

    fn tell(&mut self, batch: &[Event]) -> Result<(), DriveError> {
        let mut observers = self.observers.iter_mut();
        observers.try_for_each(|observer| observer.committed(self.engine, batch)).map_err(DriveError::Observer)
    }

    /// After an observer fails: stops notifying and stops sending. Unsent intents settle as `not_sent`. Replies to
    /// effects already sent are still recorded, because one may hold the only copy of a password. Transfers are
    /// dropped, because they would continue to send.
    fn quiesce(&mut self, flights: &mut Tasks<'a>, aloft: &mut InFlight) -> Vec<(CommandId, Reply)> {
        self.observers = &mut [];
        self.performer.halt();
        *flights = std::mem::take(flights).into_iter().filter(|flying| !flying.id.call.is_transfer()).collect();
        let is_held_back = |command: &&Command| matches!(command.act, Act::Send(_)) && !aloft.contains_key(&command.id);
        let held_back = self.engine.pending().filter(is_held_back).map(|command| command.id).collect::<Vec<_>>();
        aloft.retain(|id, _| !id.call.is_transfer());
        held_back.into_iter().map(|id| (id, withheld("the trail could not be written"))).collect()
    }

    /// Starts what should be under way and is not; tells when the next of the rest may start.
    ///
    /// What is due at a time of a clock that was `ahead` is due so much earlier.
    fn dispatch(
        &self,
        flights: &mut Tasks<'a>,
        aloft: &mut InFlight,
        now: Timestamp,
        ahead: Duration,
    ) -> Option<Timestamp> {
        let mut wake: Option<Timestamp> = None;
        for command in self.engine.pending().filter(|command| !aloft.contains_key(&command.id)).collect::<Vec<_>>() {
            let due = command.not_before.minus(ahead);
            if due > now {
                wake = Some(wake.map_or(due, |at| at.min(due)));
                continue;
            }
            aloft.insert(command.id, Task::of(command));
            flights.push(spawn(self.performer, command.clone(), self.committed.clone(), now));
        }
        wake
    }

    /// Whether driving must go on until this flight lands.
    fn waits_for(&self, id: CommandId, flight: Task, stopping: bool) -> bool {
        let is_wanted = self.engine.command(id.step).is_some_and(|command| command.id == id);
        let may_be_given_up = matches!(flight, Task::Read | Task::Question);
        flight == Task::Effect || may_be_given_up && is_wanted && !stopping
    }
}
