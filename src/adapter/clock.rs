//! The clock of this machine, and one that runs faster.

use crate::base::Timestamp;
use crate::port::{Async, Clock};
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant, SystemTime};

/// A wait is cut into pieces of at most this length: the time may be set, and the machine may sleep, meanwhile.
const SLICE: Duration = Duration::from_secs(10);

/// The clock of this machine. Waiting needs a tokio runtime.
#[derive(Clone, Debug)]
pub struct SystemClock(());

impl SystemClock {
    /// The clock.
    pub const fn new() -> Self {
        Self(())
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock port")]
    fn now(&self) -> Timestamp {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp::default().plus(since_1970)
    }

    fn mono_ms(&self) -> u64 {
        // The boot clock: unlike `Instant` it also counts the time that a laptop was asleep.
        let now = clock_gettime(ClockId::Boottime);
        let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
        seconds * 1000 + u64::try_from(now.tv_nsec).unwrap_or_default() / 1_000_000
    }

    fn sleep_until(&self, at: Timestamp) -> Async<'_, ()> {
        Box::pin(async move {
            let mut before = self.now();
            loop {
                let now = self.now();
                let left = at.since(now);
                if left.is_zero() || now < before {
                    return;
                }
                before = now;
                sleep(left.min(SLICE)).await;
            }
        })
    }
}

/// The simulated time of a twin: `origin` at the moment of making, then `speed` times as fast as real time. Waiting
/// needs a tokio runtime.
#[derive(Clone, Debug)]
pub struct ScaledClock {
    start: Instant,
    speed: f64,
    origin: Timestamp,
}

impl ScaledClock {
    /// A clock that shows `origin` now. A speed that is not above zero makes time stand nearly still.
    pub fn new(speed: f64, origin: Timestamp) -> Self {
        Self { start: instant(), speed: speed.max(f64::MIN_POSITIVE), origin }
    }

    fn elapsed(&self) -> Duration {
        let real = instant().duration_since(self.start);
        Duration::try_from_secs_f64(real.as_secs_f64() * self.speed).unwrap_or(Duration::MAX)
    }
}

impl Clock for ScaledClock {
    fn now(&self) -> Timestamp {
        self.origin.plus(self.elapsed())
    }

    fn mono_ms(&self) -> u64 {
        millis(self.elapsed())
    }

    fn sleep_until(&self, at: Timestamp) -> Async<'_, ()> {
        Box::pin(async move {
            loop {
                let left = at.since(self.now());
                if left.is_zero() {
                    return;
                }
                let real = Duration::try_from_secs_f64(left.as_secs_f64() / self.speed).unwrap_or(SLICE);
                sleep(real.min(SLICE)).await;
            }
        })
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[expect(clippy::disallowed_methods, reason = "this is the clock port")]
fn instant() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "this is the clock port")]
async fn sleep(span: Duration) {
    tokio::time::sleep(span).await;
}
