//! Kinds that are one read or one computation.

use super::{Context, Next};
use crate::base::Value;
use crate::engine::call::Call;

/// The read; its success is the step's success.
pub fn read(context: &Context<'_>) -> Next {
    Next::read(Call::Read, context.history.wait_until.unwrap_or_default(), Value::Null)
}
