//! A moment on two clocks.

use super::Timestamp;

/// A moment by the wall clock, which can be set, and by a clock that nobody can set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// By the wall clock.
    pub at: Timestamp,
    /// Milliseconds of the clock that nobody can set.
    pub mono_ms: u64,
}

impl From<Timestamp> for Moment {
    /// A moment on a machine on which the two clocks agree, as in tests and simulated worlds.
    fn from(at: Timestamp) -> Self {
        Self { at, mono_ms: u64::try_from(at.as_micros() / 1000).unwrap_or_default() }
    }
}
