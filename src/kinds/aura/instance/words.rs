//! What a look at an instance saw, in words.

use crate::base::{Value, escape};
use crate::engine::protocol::values::{field, flag};

/// The id of an instance or snapshot that nobody has seen yet.
pub(in crate::kinds) const UNSEEN: &str = "(the new one)";
/// What such a look is: a whole sentence without its end.
pub(in crate::kinds) const LOOK: &str = "the instance is looked at";

/// What a look saw.
pub(in crate::kinds) fn saw(found: &Value) -> String {
    let is_absent = found.get("present") == Some(&Value::Bool(false));
    match (is_absent, flag(found, "listed"), flag(found, "control")) {
        (false, _, _) => format!("there, {}", escape(field(found, "status"))),
        (true, true, _) => "not found, but still listed".to_owned(),
        (true, false, true) => "absent, and what must be visible was seen".to_owned(),
        (true, false, false) => "not found, which proves nothing: what must be visible was not seen".to_owned(),
    }
}
