//! `neo4j.password.rotate`: a password that nobody but this run knows takes the place of an older one.
//!
//! ```text
//! seal a new password → announce it → ALTER CURRENT USER ─ response ─→ deliver → rotated → done
//!                           ↑                            └ no response → which of the two opens the database?
//!                           └────────── only the old one ─────────────────┤                └ the new one: deliver
//!                                                        a person looks ←─┴─ neither, again and again
//! ```
//!
//! Every attempt of a step sets the same password: the first announcement holds it, and later ones repeat it. So it
//! does not matter which of several requests arrives, or when: a late one names an old password that is none any more,
//! and there are never more than two passwords to try.

use crate::base::{PlantedBug, Timestamp, Value, planted};
use crate::engine::call::{Call, CallError, ErrorClass, Outcome};
use crate::engine::command::Act;
use crate::engine::event::HoldClass;
use crate::engine::history::{Attempt, Probe};
use crate::engine::protocol::effect::{after_doubt, after_refusal, doubt, hold};
use crate::engine::protocol::values::{flag, map, text, time};
use crate::engine::protocol::{Context, Next, SETTLE_EVERY};
use serde_json::json;

/// How often in a row neither password may open the database before a person must look.
const LOOKS: usize = 20;

/// What comes next.
pub(in crate::kinds) fn next(context: &Context<'_>) -> Next {
    let Some(attempt) = context.history.last_attempt(Call::Rotate) else {
        return announce(waiting(context));
    };
    match attempt.outcome() {
        Some(Outcome::Accepted | Outcome::Applied) => finish(context),
        Some(Outcome::Unknown) | None => in_doubt(context, attempt),
        // The old password is refused: it is wrong, or an earlier attempt has arrived after all.
        Some(Outcome::Rejected | Outcome::RejectedAuth) if is_tainted(context) => refused_in_doubt(context, attempt),
        Some(Outcome::RejectedAuth) if attempt.session == context.session => {
            // There is no fresh token to try again with: a password that is wrong stays wrong.
            let unsaid = || CallError::new(ErrorClass::Auth, "the user name or the password was refused");
            Next::Fail(attempt.error().cloned().unwrap_or_else(unsaid))
        }
        // An earlier attempt has arrived, and a look has found it.
        Some(_) if context.history.is_in_force() && context.resolution() != Some(false) => finish(context),
        Some(_) => again(context, attempt),
    }
}

/// Whether an attempt went out of which nobody knows what became.
fn is_tainted(context: &Context<'_>) -> bool {
    context.history.attempts_at(Call::Rotate).any(|one| one.outcome() == Some(Outcome::Unknown))
}

fn in_doubt(context: &Context<'_>, attempt: &Attempt) -> Next {
    match context.resolution() {
        Some(true) => return finish(context),
        Some(false) => return announce(waiting(context)),
        None if planted(PlantedBug::RotationGuessed) => return finish(context),
        None => {}
    }
    match seen(context, attempt) {
        Ok(Seen::New) => finish(context),
        // What was sent may still be on its way.
        Ok(Seen::Old) => match after_doubt(context) {
            Ok(at) => announce(at.max(attempt.last_sent().plus(SETTLE_EVERY)).max(waiting(context))),
            Err(next) => *next,
        },
        Err(next) => *next,
    }
}

/// An attempt was refused, and an earlier one may have arrived.
fn refused_in_doubt(context: &Context<'_>, attempt: &Attempt) -> Next {
    match context.resolution() {
        Some(true) => return finish(context),
        Some(false) => return again(context, attempt),
        None => {}
    }
    match seen(context, attempt) {
        Ok(Seen::New) => finish(context),
        Ok(Seen::Old) => again(context, attempt),
        Err(next) => *next,
    }
}

/// Another attempt after one that certainly did nothing. Where an earlier one may still arrive the step does not fail:
/// a run that ends knows which password opens the database.
fn again(context: &Context<'_>, attempt: &Attempt) -> Next {
    match after_refusal(context, attempt) {
        Ok(at) => announce(at.max(waiting(context))),
        Err(next) => match *next {
            Next::Fail(error) if is_tainted(context) => {
                let remedy =
                    if error.remedy.is_empty() { "fix it, then `surefoot resume`".to_owned() } else { error.remedy };
                Next::Hold { reason: error.message, remedy, class: HoldClass::Person }
            }
            next => next,
        },
    }
}

/// Which password opens the database.
enum Seen {
    New,
    Old,
}

/// What was seen since an attempt was announced, or the next look, or the end of looking.
fn seen(context: &Context<'_>, attempt: &Attempt) -> Result<Seen, Box<Next>> {
    let looks = || context.history.probes_after(Call::Probe, attempt.seq);
    let Some(last) = looks().next_back() else {
        return Err(Box::new(Next::read(Call::Probe, waiting(context), Value::Null)));
    };
    if flag(&last.found, "new") {
        return Ok(Seen::New);
    }
    if flag(&last.found, "old") {
        return Ok(Seen::Old);
    }
    let neither = |probe: &&Probe| !flag(&probe.found, "new") && !flag(&probe.found, "old");
    let count = looks().rev().take_while(neither).count();
    Err(Box::new(if count >= LOOKS {
        doubt(format!(
            "in {count} looks neither the old nor the new password opened {}; somebody else may have set a third one",
            text(context, "url")
        ))
    } else {
        Next::read(Call::Probe, last.at.plus(SETTLE_EVERY).max(waiting(context)), Value::Null)
    }))
}

fn waiting(context: &Context<'_>) -> Timestamp {
    context.history.wait_until.unwrap_or_default()
}

fn announce(at: Timestamp) -> Next {
    Next::prepare(Call::Rotate, at, Value::Null)
}

/// The new password is in force: into its file with it, then the old one counts as worthless.
fn finish(context: &Context<'_>) -> Next {
    let Some((attempt, sealed)) = context.history.rotation().and_then(|one| Some((one, one.intent.sealed.clone()?)))
    else {
        return hold(
            "the password was changed, but the sealed new one is not in the journal",
            "set another password in the console",
        );
    };
    let number = attempt.intent.attempt;
    let Some((_, reference)) = context.history.delivered.iter().find(|(version, _)| *version == number) else {
        return Next::Do { act: Act::Deliver { attempt: number, sealed }, at: waiting(context), input: Value::Null };
    };
    if context.history.rotated.is_none() {
        return Next::Rotated { attempt: number, target: attempt.intent.target.clone() };
    }
    let output = map([
        ("password_file", json!(reference)),
        ("credentials", json!({"$secret": format!("steps.{}.credentials", context.step.id)})),
        ("rotated_at", time(attempt.last_sent())),
    ]);
    Next::Succeed { output, evidence: Vec::new() }
}
