//! Kinds that are one read or one computation.

use super::values::{duration, time};
use super::{Context, Next};
use crate::base::{Timestamp, Value};
use crate::engine::call::Call;
use serde_json::json;

/// The read; its success is the step's success.
pub(super) fn read(context: &Context<'_>) -> Next {
    Next::read(Call::Read, context.history.wait_until.unwrap_or_default(), Value::Null)
}

/// The wait counts from the moment the step became ready, whichever process it lives in.
pub(super) fn sleep(context: &Context<'_>) -> Next {
    let until: Timestamp = context.ready_at.plus(duration(context, "for"));
    Next::read(Call::Read, until, json!({"until": time(until)}))
}
