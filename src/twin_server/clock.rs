//! Simulated time: real time that passes since the start, at a speed.

use crate::base::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A handle on the simulated clock of a stand. It never goes back.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    speed: f64,
    anchor: Mutex<Anchor>,
    moved: watch::Sender<()>,
}

/// A simulated time and the real one at which it was.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    simulated: Timestamp,
    real: Instant,
}

impl Clock {
    pub(super) fn new(start: Timestamp, speed: f64) -> Self {
        let anchor = Mutex::new(Anchor { simulated: start, real: real_now() });
        Self(Arc::new(Shared { speed, anchor, moved: watch::Sender::new(()) }))
    }

    /// The current simulated time.
    pub fn now(&self) -> Timestamp {
        self.at(*self.anchor(), real_now())
    }

    /// Simulated seconds in a real one.
    pub fn speed(&self) -> f64 {
        self.0.speed
    }

    /// Lets `span` of simulated time pass at once and returns the time it then is.
    pub fn advance(&self, span: Duration) -> Timestamp {
        let mut anchor = self.anchor();
        let real = real_now();
        let simulated = self.at(*anchor, real).plus(span);
        *anchor = Anchor { simulated, real };
        drop(anchor);
        self.0.moved.send_replace(());
        simulated
    }

    /// Waits until it is `time`, by the passing of real time or by an advance.
    pub async fn until(&self, time: Timestamp) {
        let mut moved = self.0.moved.subscribe();
        loop {
            let left = time.since(self.now());
            if left.is_zero() {
                return;
            }
            let real = Duration::try_from_secs_f64(left.as_secs_f64() / self.0.speed).unwrap_or(Duration::MAX);
            // A wait that was cut short by rounding, or an advance that was not far enough, goes round again. The
            // sender lives as long as this handle, so that the channel cannot be closed here.
            let _elapsed_or_moved = tokio::time::timeout(real.max(Duration::from_millis(1)), moved.changed()).await;
        }
    }

    fn at(&self, anchor: Anchor, real: Instant) -> Timestamp {
        let passed = real.saturating_duration_since(anchor.real).as_secs_f64() * self.0.speed;
        anchor.simulated.plus(Duration::try_from_secs_f64(passed).unwrap_or_default())
    }

    fn anchor(&self) -> MutexGuard<'_, Anchor> {
        self.0.anchor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::disallowed_methods, reason = "the stand is where the twin's simulated time comes from")]
fn real_now() -> Instant {
    Instant::now()
}
