//! What decides which operation of a step comes next.
//!
//! A [`Protocol`] is a pure function from a [`Context`] to a [`Next`]; it keeps nothing. What it needs to remember
//! stands in the journal, so the same function decides live and after a crash. Each kind brings its own; what is common
//! to them is here: an announced effect is sent before anything else is decided, failures that pass are tried again
//! ([`effect`]), the world is looked at until it is as wanted ([`poll`]), a person is asked ([`asking`]).

pub mod asking;
mod contract;
pub mod decision;
pub mod effect;
pub mod key;
pub mod poll;
pub mod reconcile;
pub mod repeat;
pub mod settling;
pub mod single;
pub mod undone;
pub mod values;

pub use contract::{Instead, PossibleFinding, Protocol, Protocols};
pub(super) use decision::Parting;
pub use decision::{Context, Next, SETTLE_EVERY};
pub(super) use effect::{DOUBT_REMEDY, RESOLVE, ROUNDS};
pub use key::UNOPENED;
pub(super) use key::{is_asked as is_key_asked, is_it as is_about_key, is_lost as is_key_lost, question as about_key};
pub use settling::{lists_take, settles_at};
pub use undone::{is_known, is_undone};
pub use values::text_to_type;

/// What comes next for a step that is under way.
pub fn next(protocol: &dyn Protocol, context: &Context<'_>) -> Next {
    effect::before_all(context).unwrap_or_else(|| protocol.next(context))
}
