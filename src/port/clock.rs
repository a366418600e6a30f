//! Time.

use super::Async;
use crate::base::Timestamp;

/// The only source of the current time and the only way to wait. Under a twin it tells simulated time.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// Milliseconds on a clock that never goes back, from an arbitrary start.
    fn mono_ms(&self) -> u64;

    /// Ends at `at`, or at once where that is past. It may end early where the clock is set back meanwhile: who waits
    /// looks at the time again.
    fn sleep_until(&self, at: Timestamp) -> Async<'_, ()>;
}
