//! `file.write`: written whole by rename, so that doubt is settled by writing it again.

use crate::base::Value;
use crate::engine::call::{Call, Outcome};
use crate::engine::protocol::effect::{after_doubt, after_refusal};
use crate::engine::protocol::values::declared;
use crate::engine::protocol::{Context, Next};

/// What comes next.
pub(in crate::kinds) fn next(context: &Context<'_>) -> Next {
    let waiting = context.history.wait_until.unwrap_or_default();
    let Some(attempt) = context.history.last_attempt(Call::Write) else {
        return Next::prepare(Call::Write, waiting, Value::Null);
    };
    match attempt.outcome() {
        Some(Outcome::Accepted | Outcome::Applied) => {
            let seen = attempt.settled.as_ref().map(|(_, settlement)| settlement.output.clone()).unwrap_or_default();
            Next::Succeed { output: declared(context, &seen), evidence: Vec::new() }
        }
        Some(Outcome::Unknown) | None => match after_doubt(context) {
            Ok(at) => Next::prepare(Call::Write, at.max(waiting), Value::Null),
            Err(next) => *next,
        },
        Some(_) => match after_refusal(context, attempt) {
            Ok(at) => Next::prepare(Call::Write, at.max(waiting), Value::Null),
            Err(next) => *next,
        },
    }
}
