//! One effect that may be repeated without harm: a doubt is settled by sending it again.

use super::effect::{after_doubt, after_refusal};
use super::values::declared;
use super::{Context, Next};
use crate::base::Value;
use crate::engine::call::{Call, Outcome};

/// What comes next.
pub fn next(context: &Context<'_>, call: Call) -> Next {
    let waiting = context.history.wait_until.unwrap_or_default();
    let Some(attempt) = context.history.last_attempt(call) else {
        return Next::prepare(call, waiting, Value::Null);
    };
    match attempt.outcome() {
        Some(Outcome::Accepted | Outcome::Applied) => {
            let seen = attempt.settled.as_ref().map(|(_, settlement)| settlement.output.clone()).unwrap_or_default();
            Next::Succeed { output: declared(context, &seen), evidence: Vec::new() }
        }
        Some(Outcome::Unknown) | None => match after_doubt(context) {
            Ok(at) => Next::prepare(call, at.max(waiting), Value::Null),
            Err(next) => *next,
        },
        Some(_) => match after_refusal(context, attempt) {
            Ok(at) => Next::prepare(call, at.max(waiting), Value::Null),
            Err(next) => *next,
        },
    }
}
