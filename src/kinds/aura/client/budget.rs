//! How many requests may be sent in a minute.

use crate::port::Clock;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const WINDOW_MS: u64 = 60_000;

/// Lets at most so many requests through in any 60 seconds; a burst up to that number passes at once.
///
/// A bucket that starts full and refills would let nearly twice the number through in its first minute, and the
/// service counts 125 a minute (docs/aura-api.md, "Requests"); so the times of the last requests are kept instead.
/// Clones share one budget. Places are given in the order of asking.
#[derive(Clone, Debug)]
pub struct Budget {
    per_minute: usize,
    taken: Arc<Mutex<VecDeque<u64>>>,
}

impl Budget {
    /// A budget of `per_minute` requests, at least one.
    pub fn new(per_minute: u32) -> Self {
        let per_minute = usize::try_from(per_minute.max(1)).unwrap_or(usize::MAX);
        Self { per_minute, taken: Arc::default() }
    }

    /// Takes a place, and waits until its time has come.
    pub async fn take(&self, clock: &dyn Clock) {
        let now_ms = clock.mono_ms();
        let at_ms = self.reserve(now_ms);
        if at_ms > now_ms {
            clock.sleep_until(clock.now().plus(Duration::from_millis(at_ms - now_ms))).await;
        }
    }

    fn reserve(&self, now_ms: u64) -> u64 {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut at_ms = now_ms.max(taken.back().copied().unwrap_or(0));
        if taken.len() >= self.per_minute
            && let Some(oldest_ms) = taken.pop_front()
        {
            at_ms = at_ms.max(oldest_ms.saturating_add(WINDOW_MS));
        }
        taken.push_back(at_ms);
        at_ms
    }
}
