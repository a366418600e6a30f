//! What is common to all effects.

use super::{Context, Next};
use crate::base::{PlantedBug, Timestamp, planted};
use crate::engine::call::{Call, CallError, ErrorClass, Outcome, WITHHELD};
use crate::engine::command::Act;
use crate::engine::event::HoldClass;
use crate::engine::history::Attempt;
use crate::engine::retry::Retries;
use crate::runbook::retry::RetryClass;
use std::time::Duration;

/// How many times in a row an idempotent effect is sent without an answer before a person must look.
const SENDS_IN_DOUBT: u32 = 8;
/// How often a person may get it wrong before the step is held or fails.
pub const ROUNDS: usize = 5;
/// How an operator records the outcome of an effect.
pub const RESOLVE: &str = "`surefoot resolve RUN STEP applied|not-applied --because TEXT`";
/// What to do about an effect that only an operator can settle.
pub(in crate::engine) const DOUBT_REMEDY: &str = "find out whether it took effect, then record that with \
     `surefoot resolve RUN STEP applied|not-applied --because TEXT`, and `surefoot resume`";

/// An effect that was announced in this session is sent before anything else is decided.
pub fn before_all(context: &Context<'_>) -> Option<Next> {
    context.history.in_flight().map(|attempt| Next::Do {
        act: Act::Send(Box::new(attempt.intent.clone())),
        at: Timestamp::default(),
        input: attempt.intent.input.clone(),
    })
}

/// What to do after an attempt that certainly had no effect, or `None` where another attempt is due at `Timestamp`.
///
/// A rejection seen in an earlier session is tried again: `resume` means that somebody mended what was in the way.
/// What we ourselves did not send was refused by nobody.
pub fn after_refusal(context: &Context<'_>, attempt: &Attempt) -> Result<Timestamp, Box<Next>> {
    if attempt.session < context.session || is_withheld(attempt) {
        return Ok(Timestamp::default());
    }
    let error = attempt.error().cloned().unwrap_or_else(|| unexplained(attempt));
    let retries = retries(context);
    if was_busy(attempt) && retries.passes(&error) {
        let times = in_a_row(context, attempt.intent.call).filter(|one| was_busy(one)).count();
        let times = u32::try_from(times).unwrap_or(u32::MAX);
        return Ok(attempt.last_sent().plus(retries.busy(times, &error)));
    }
    let refused = refusals_in_a_row(context, attempt.intent.call);
    match attempt.outcome() {
        Some(Outcome::RejectedAuth) if refused < 2 => Ok(Timestamp::default()),
        Some(Outcome::NotSent) if !retries.passes(&error) && error.class != ErrorClass::Local => {
            Err(Box::new(Next::Fail(error)))
        }
        Some(Outcome::NotSent | Outcome::Rejected)
            if (retries.passes(&error) || error.class == ErrorClass::Local) && retries.allowed(refused) =>
        {
            Ok(attempt.last_sent().plus(retries.wait(refused, &error)))
        }
        _ => Err(Box::new(Next::Fail(error))),
    }
}

/// Whether the service refused it because it was at work on something that ends. That is waited for, as long as the
/// step may take, and is no refusal that counts.
pub fn was_busy(attempt: &Attempt) -> bool {
    let is_busy = attempt.error().is_some_and(|error| error.class == ErrorClass::Busy);
    attempt.outcome() == Some(Outcome::Rejected) && is_busy && !planted(PlantedBug::BusyCounted)
}

/// How many attempts of this session at a call were refused in a row, the last one included.
fn refusals_in_a_row(context: &Context<'_>, call: Call) -> u32 {
    let counts = |attempt: &&Attempt| !is_withheld(attempt) && !was_busy(attempt);
    u32::try_from(in_a_row(context, call).filter(counts).count()).unwrap_or(u32::MAX)
}

/// The attempts of this session at a call that certainly had no effect, since the last one that may have had one.
fn in_a_row<'a>(context: &Context<'a>, call: Call) -> impl Iterator<Item = &'a Attempt> {
    let (history, session) = (context.history, context.session);
    history.attempts_at(call).rev().take_while(move |attempt| {
        attempt.session == session
            && matches!(attempt.outcome(), Some(Outcome::NotSent | Outcome::Rejected | Outcome::RejectedAuth))
    })
}

fn is_withheld(attempt: &Attempt) -> bool {
    attempt.outcome() == Some(Outcome::NotSent) && attempt.error().is_some_and(|error| error.reason == WITHHELD)
}

/// When an idempotent effect whose outcome is not known may be sent again; held where it never is known.
pub fn after_doubt(context: &Context<'_>) -> Result<Timestamp, Box<Next>> {
    let Some(last) = context.history.attempts.last() else {
        return Ok(Timestamp::default());
    };
    // Between two completions of an upload its parts are looked at, which works: that makes a doubt no shorter.
    let unknown = context.history.attempts_at(last.intent.call).rev().take_while(|one| {
        one.session == context.session && one.outcome() == Some(Outcome::Unknown) && one.settled.is_some()
    });
    let unknown = u32::try_from(unknown.count()).unwrap_or(u32::MAX);
    let error = last.error().cloned().unwrap_or_else(|| unexplained(last));
    if unknown >= SENDS_IN_DOUBT {
        return Err(Box::new(Next::Hold {
            reason: format!("{} is never answered: {}", last.intent.request, error.message),
            remedy: "look at the network and at the service, then `surefoot resume`; what arrived is kept".to_owned(),
            class: HoldClass::Outside,
        }));
    }
    let is_first = unknown == 0;
    let wait = if is_first { Duration::ZERO } else { retries(context).wait(unknown, &error) };
    Ok(last.last_sent().plus(wait))
}

fn retries<'a>(context: &Context<'a>) -> Retries<'a> {
    Retries::of(context.step, context.nonce)
}

/// When a command that changes nothing and was ended because its time was over is run again; `None` where it is not.
pub(super) fn after_timeout(context: &Context<'_>, attempt: &Attempt) -> Option<Timestamp> {
    let tries = context.history.attempts_at(attempt.intent.call).filter(|one| one.session == context.session).count();
    let tries = u32::try_from(tries).unwrap_or(u32::MAX);
    let late = CallError::new(ErrorClass::Timeout, "its time was over");
    let retries = retries(context);
    let is_chosen = context.step.retry.on.has(RetryClass::Timeout);
    (is_chosen && retries.allowed(tries)).then(|| attempt.last_sent().plus(retries.wait(tries, &late)))
}

fn unexplained(attempt: &Attempt) -> CallError {
    let name = attempt.intent.call.name();
    CallError::new(ErrorClass::Invalid, format!("`{name}` of {} was refused without a reason", attempt.intent.target))
}

/// The step waits for an operator to record the outcome of its effect.
pub fn doubt(reason: impl Into<String>) -> Next {
    Next::Hold { reason: reason.into(), remedy: DOUBT_REMEDY.to_owned(), class: HoldClass::Doubt }
}

/// The step waits for a person to mend something.
pub fn hold(reason: impl Into<String>, remedy: impl Into<String>) -> Next {
    Next::Hold { reason: reason.into(), remedy: remedy.into(), class: HoldClass::Person }
}
