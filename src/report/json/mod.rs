//! The same views for programs. Each document names its schema; a field is never removed from a version.

mod doubt;
mod ended;
mod kinds;
mod language;
mod plan;
mod rehearsal;
mod sarif;
mod schema;
mod status;
mod testing;

pub use ended::ended;
pub use kinds::{kind, kinds};
pub use language::language;
pub use plan::plan;
pub use rehearsal::rehearsal;
pub use sarif::sarif;
pub use schema::schema;
pub use status::{runs, status, status_beside};
pub use testing::tested;

use super::verdict::{VerdictPage, to_json};
use super::window::{self, WindowPage};
use crate::base::Value;

/// When a change may take place.
pub fn window(page: &WindowPage) -> Value {
    window::to_json(page)
}

/// What a trail is worth.
pub fn verdict(page: &VerdictPage<'_>) -> Value {
    to_json(page)
}
