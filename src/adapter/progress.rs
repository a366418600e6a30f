//! Progress that nobody watches.

use crate::port::Progress;

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn transferred(&self, _step: &str, _done: u64, _total: u64) {}

    fn doing(&self, _step: &str, _what: &str) {}
}
