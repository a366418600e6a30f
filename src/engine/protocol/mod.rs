//! One pure protocol for each kind of step: which call comes next, decided from what the step has been through.
//!
//! A protocol is a function from a [`Context`] to a [`Next`]; it keeps nothing. Whatever it needs to remember stands
//! in the journal, so the same function decides live and after a crash. What is common to all effects (an announced
//! effect is sent before anything else is decided, failures that pass are tried again) is in [`effect`].

mod attempt_state;
mod choice;
mod create;
mod decision;
mod delete;
mod effect;
mod file;
mod findings;
mod handover;
mod key;
mod lost;
mod naming;
mod orphan;
mod overwrite;
mod people;
mod poll;
mod rotate;
mod settling;
mod single;
mod snapshot;
mod switch;
mod update;
mod upload;
mod values;

pub use attempt_state::{derived_name, is_known, is_undone};
pub(super) use choice::may_replace;
pub(super) use decision::Parting;
pub use decision::{Context, Next, SETTLE_EVERY};
pub use delete::{going, is_going, not_there, others};
pub(super) use effect::{DOUBT_REMEDY, RESOLVE, ROUNDS};
pub use findings::{PossibleFinding, findings, last_attempt, look, saw, sending, unsettled};
pub use key::UNOPENED;
pub(super) use key::{is_asked as is_key_asked, is_it as is_about_key, is_lost as is_key_lost, question as about_key};
pub use people::text_to_type;
pub use settling::{lists_take, settles_at};

use crate::runbook::kind::Kind;

/// What comes next for a step that is under way.
pub fn next(context: &Context<'_>) -> Next {
    if let Some(next) = effect::before_all(context) {
        return next;
    }
    match context.step.kind.name {
        "aura.instance.create" => create::next(context),
        "aura.instance.delete" => delete::next(context),
        "aura.instance.overwrite" => overwrite::next(context),
        "aura.instance.pause" | "aura.instance.resume" => switch::next(context),
        "aura.instance.update" => update::next(context),
        "aura.snapshot.create" => snapshot::next(context),
        "aura.instance.await" => poll::instance(context),
        "aura.snapshot.await" => poll::snapshot(context),
        "neo4j.compare" => poll::compare(context),
        "backup.receive" => people::receive(context),
        "confirm" => people::confirm(context),
        "manual" => people::manual(context),
        "diff" => people::diff(context),
        "s3.put" => upload::next(context),
        "file.write" => file::next(context),
        "neo4j.password.rotate" => rotate::next(context),
        "sleep" => single::sleep(context),
        _ => single::read(context),
    }
}

/// A look at the subject of an irreversible effect that was sent before; none for a kind that has no such effect.
pub(super) fn look_again(context: &Context<'_>) -> Option<Next> {
    match context.step.kind.name {
        "aura.instance.delete" => Some(delete::look_again(context)),
        "aura.instance.overwrite" => Some(overwrite::look_again(context)),
        _ => None,
    }
}

/// What comes next at the end of the run for a step that succeeded; `None` when there is nothing left to do.
pub type Sweep = fn(&Context<'_>) -> Option<Next>;

/// How the steps of a kind look for late arrivals at the end of the run and remove what broken attempts have left;
/// `None` for kinds that leave nothing.
pub fn sweep(kind: &Kind) -> Option<Sweep> {
    match kind.name {
        "aura.instance.create" => Some(create::sweep),
        "s3.put" => Some(upload::sweep),
        _ => None,
    }
}
