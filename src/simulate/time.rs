//! Simulated time, and the loop that lets it pass.

use super::fault_injector::FaultInjector;
use super::sim_world::SimWorld;
use crate::base::Timestamp;
use crate::port::{Async, Clock};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// A life that takes more turns than this goes round in circles.
const TURNS_MAX: u64 = 2_000_000;

/// The clock of the world, and the local one, which may be ahead of it or behind.
pub(super) struct Time {
    state: Mutex<State>,
    /// What passes in the world ends at a multiple of so many microseconds.
    grain: i64,
}

struct State {
    now: Timestamp,
    /// By so much the local clock is ahead.
    ahead: Duration,
    /// By so much it was set back since.
    behind: Duration,
    timers: BTreeMap<(Timestamp, u64), Waker>,
    next: u64,
}

impl Time {
    /// `grain`: where it is long, several things end in the same moment.
    pub(super) fn new(start: Timestamp, grain: Duration) -> Self {
        let grain = i64::try_from(grain.as_micros()).unwrap_or(i64::MAX).max(1);
        let (ahead, behind) = (Duration::ZERO, Duration::ZERO);
        Self { state: Mutex::new(State { now: start, ahead, behind, timers: BTreeMap::new(), next: 0 }), grain }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time of the world.
    pub(super) fn world(&self) -> Timestamp {
        self.state().now
    }

    /// Lets the local clock jump ahead.
    pub(super) fn jump(&self, span: Duration) {
        let mut state = self.state();
        state.ahead += span;
        state.wake_all();
    }

    /// Sets the local clock back.
    pub(super) fn set_back(&self, span: Duration) {
        let mut state = self.state();
        state.behind += span;
        state.wake_all();
    }

    /// Whether the local clock was ever set back.
    pub(super) fn was_set_back(&self) -> bool {
        self.state().behind > Duration::ZERO
    }

    /// Ends after a span of the world's time.
    pub(super) fn pass(&self, span: Duration) -> Sleep<'_> {
        let at = self.world().plus(span);
        let rest = (-at.as_micros()).rem_euclid(self.grain).unsigned_abs();
        Sleep { time: self, at: at.plus(Duration::from_micros(rest)), is_local: false, key: None }
    }

    /// Nobody waits any more.
    pub(super) fn forget_all(&self) {
        self.state().timers.clear();
    }

    fn earliest(&self) -> Option<Timestamp> {
        self.state().timers.keys().next().map(|(at, _)| *at)
    }

    fn advance_to(&self, at: Timestamp) {
        let mut state = self.state();
        state.now = state.now.max(at);
        let now = state.now;
        let later = state.timers.split_off(&(now, u64::MAX));
        for waker in std::mem::replace(&mut state.timers, later).into_values() {
            waker.wake();
        }
    }
}

impl State {
    /// Whoever waits for a time of the local clock looks at it again.
    fn wake_all(&mut self) {
        for waker in std::mem::take(&mut self.timers).into_values() {
            waker.wake();
        }
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        let state = self.state();
        state.now.plus(state.ahead).minus(state.behind)
    }

    fn mono_ms(&self) -> u64 {
        u64::try_from(self.world().as_micros() / 1000).unwrap_or_default()
    }

    fn sleep_until(&self, at: Timestamp) -> Async<'_, ()> {
        Box::pin(Sleep { time: self, at, is_local: true, key: None })
    }
}

/// Waits for a time of the world, or of the local clock.
pub(super) struct Sleep<'a> {
    time: &'a Time,
    at: Timestamp,
    is_local: bool,
    key: Option<(Timestamp, u64)>,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.time.state();
        if let Some(key) = self.key {
            state.timers.remove(&key);
        }
        let at = if self.is_local { self.at.plus(state.behind).minus(state.ahead) } else { self.at };
        if at <= state.now {
            return Poll::Ready(());
        }
        state.next += 1;
        let key = (at, state.next);
        state.timers.insert(key, context.waker().clone());
        drop(state);
        self.key = Some(key);
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.time.state().timers.remove(&key);
        }
    }
}

/// How a life went.
pub(super) enum Lived<T> {
    /// To its end.
    Ended(T),
    /// The process died.
    Died,
    /// It waits for nothing that could ever happen.
    Stuck,
    /// It goes round in circles.
    Circling,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Polls a future until it is done or its process has died. When nothing can be done at this moment, time goes on to
/// the next one at which something can, in the process or in the world.
pub(super) fn live<T>(
    future: impl Future<Output = T>,
    time: &Time,
    sim: &Mutex<SimWorld>,
    injector: &FaultInjector,
) -> Lived<T> {
    let flag = Arc::new(Flag(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&flag));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    for _ in 0..TURNS_MAX {
        flag.0.store(false, Ordering::Relaxed);
        let polled = future.as_mut().poll(&mut context);
        if injector.is_dead() {
            return Lived::Died;
        }
        if let Poll::Ready(value) = polled {
            return Lived::Ended(value);
        }
        while !flag.0.load(Ordering::Relaxed) {
            if !go_on(time, sim, None) {
                return Lived::Stuck;
            }
        }
    }
    Lived::Circling
}

/// Lets a span pass in which no process lives.
pub(super) fn rest(span: Duration, time: &Time, sim: &Mutex<SimWorld>) {
    let until = time.world().plus(span);
    time.forget_all();
    while go_on(time, sim, Some(until)) && time.world() < until {}
    time.advance_to(until);
}

/// Goes on to the next moment at which anything happens, at most to `limit`; whether there is one.
fn go_on(time: &Time, sim: &Mutex<SimWorld>, limit: Option<Timestamp>) -> bool {
    let mut sim = sim.lock().unwrap_or_else(PoisonError::into_inner);
    let due = sim.next_due();
    let next = due.into_iter().chain(time.earliest()).min();
    let Some(next) = next.filter(|next| limit.is_none_or(|limit| *next <= limit)) else { return false };
    time.advance_to(next);
    sim.happen(time.world());
    true
}
