//! Time.

use super::Async;
use crate::base::{Moment, Timestamp};

/// The only source of the current time and the only way to wait. Under a twin it tells simulated time.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// Milliseconds of a clock that nobody can set and that goes on while the machine sleeps. All processes of one boot
    /// read the same one.
    fn mono_ms(&self) -> u64;

    /// The current time on both clocks.
    fn moment(&self) -> Moment {
        Moment { at: self.now(), mono_ms: self.mono_ms() }
    }

    /// Ends at `at`, or at once where that is past. It may end early where the clock is set back meanwhile: who waits
    /// looks at the time again.
    fn sleep_until(&self, at: Timestamp) -> Async<'_, ()>;
}
