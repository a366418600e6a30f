//! When something that failed is tried again. Arithmetic only: it reads no clock.

use super::call::CallError;
use crate::runbook::plan::Retry;
use std::time::Duration;

/// How long to wait after the `failed`-th failure in a row, counted from 1.
///
/// The wait doubles from the first to the longest; where the service asked for a longer one, that is honoured.
pub(super) fn wait(retry: &Retry, failed: u32, error: &CallError) -> Duration {
    let doubled = retry.first.saturating_mul(1_u32.checked_shl(failed.saturating_sub(1)).unwrap_or(u32::MAX));
    doubled.min(retry.longest).max(error.retry_after.unwrap_or(Duration::ZERO))
}

/// Who is told that something else is under way asks again no sooner than this.
const BUSY_LEAST: Duration = Duration::from_secs(10);

/// How long to wait after the `times`-th time in a row that the outside was busy with something that ends. That is no
/// failure and none is counted: the time-out of the step is what bounds it, so it is asked no more often than a poll.
pub(super) fn busy(retry: &Retry, times: u32, error: &CallError) -> Duration {
    wait(retry, times, error).max(BUSY_LEAST)
}

/// Whether another try is allowed after `failed` failures in a row.
pub(super) const fn allowed(retry: &Retry, failed: u32) -> bool {
    failed < retry.max
}
