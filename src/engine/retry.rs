//! When something that failed is tried again. Arithmetic only: it reads no clock and draws no chance.

use super::call::{CallError, ErrorClass};
use crate::base::Digest;
use crate::runbook::plan::{Retry, Step};
use crate::runbook::retry::RetryClass;
use std::time::Duration;

/// The retries of a step of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retries<'a> {
    retry: Retry,
    nonce: &'a str,
    step: &'a str,
}

/// Who is told that something else is under way asks again no sooner than this.
const BUSY_LEAST: Duration = Duration::from_secs(10);

impl<'a> Retries<'a> {
    /// Those of a step of the run with this nonce.
    pub(super) fn of(step: &'a Step, nonce: &'a str) -> Self {
        Self { retry: step.retry, nonce, step: &step.id }
    }

    /// How long to wait after the `failed`-th failure in a row, counted from 1.
    ///
    /// The wait doubles from the first to the longest; where the service asked for a longer one, that is honoured.
    pub(super) fn wait(&self, failed: u32, error: &CallError) -> Duration {
        let retry = &self.retry;
        let doubled = retry.first.saturating_mul(1_u32.checked_shl(failed.saturating_sub(1)).unwrap_or(u32::MAX));
        let wait = doubled.min(retry.longest);
        let wait = if retry.jitter { self.part_of(wait, failed) } else { wait };
        wait.max(error.retry_after.unwrap_or(Duration::ZERO))
    }

    /// How long to wait after the `times`-th time in a row that the outside was busy with something that ends. That is
    /// no failure and none is counted: the time-out of the step is what bounds it, so it is asked no more often than a
    /// poll.
    pub(super) fn busy(&self, times: u32, error: &CallError) -> Duration {
        self.wait(times, error).max(BUSY_LEAST)
    }

    /// Whether another try is allowed after `failed` failures in a row.
    pub(super) const fn allowed(&self, failed: u32) -> bool {
        failed < self.retry.max
    }

    /// Whether what failed with this error may be tried again.
    pub(super) fn passes(&self, error: &CallError) -> bool {
        let class = match error.class {
            ErrorClass::Busy => RetryClass::Busy,
            ErrorClass::Outside if error.retry_after.is_some() => RetryClass::Limited,
            ErrorClass::Outside => RetryClass::Unavailable,
            _ => return false,
        };
        self.retry.on.has(class)
    }

    /// Any part of a wait. It follows from the run, the step and the number of the try, so that a journal that is read
    /// again gives the same one, and the steps of a group and two runs differ.
    fn part_of(&self, longest: Duration, failed: u32) -> Duration {
        let digest = Digest::of(format!("{}\n{}\n{failed}\nretry", self.nonce, self.step).as_bytes());
        let first: [u8; 8] = std::array::from_fn(|at| digest.as_bytes().get(at).copied().unwrap_or_default());
        let millis = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(u64::from_le_bytes(first) % millis.saturating_add(1).max(1))
    }
}
