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

/// Whether another try is allowed after `failed` failures in a row.
pub(super) const fn allowed(retry: &Retry, failed: u32) -> bool {
    failed < retry.max
}
