//! What a person is to give away must be what was verified: the file is read again before they are asked, and once more
//! when they have answered, since hours may lie between.

use crate::base::Value;
use crate::engine::call::Call;
use crate::engine::protocol::effect::hold;
use crate::engine::protocol::values::{field, flag, text};
use crate::engine::protocol::{Context, Next};

/// What comes before the question, or before its answer counts; nothing where the file is as it should be.
pub(in crate::kinds) fn in_the_way(context: &Context<'_>) -> Option<Next> {
    if text(context, "sha256").is_empty() {
        return None;
    }
    let answered = context.history.last_answer().map_or(0, |(seq, _)| *seq);
    match context.history.probes_after(Call::Read, answered).next_back() {
        Some(seen) if flag(&seen.found, "ok") => None,
        Some(seen) if seen.session == context.session => Some(missing(context, field(&seen.found, "problem"))),
        _ => Some(Next::read(Call::Read, context.history.wait_until.unwrap_or_default(), Value::Null)),
    }
}

/// Whether what was answered is about another file: it was not the right one when the answer came.
pub(in crate::kinds) fn is_void(context: &Context<'_>) -> bool {
    let answered = context.history.last_answer().map_or(0, |(seq, _)| *seq);
    answered > 0 && context.history.probes_after(Call::Read, answered).any(|seen| !flag(&seen.found, "ok"))
}

fn missing(context: &Context<'_>, problem: &str) -> Next {
    let (path, copy) = (text(context, "path"), text(context, "copy"));
    let fetch = if copy.is_empty() {
        format!("put the file with the digest {} back to {path}", text(context, "sha256"))
    } else {
        format!("the verified copy is {copy}; put it to {path}")
    };
    let again =
        if context.history.last_answer().is_some() { ", resume, and give it in again" } else { ", then resume" };
    hold(format!("the file to give in is not the one that was verified: {problem}"), format!("{fetch}{again}"))
}
