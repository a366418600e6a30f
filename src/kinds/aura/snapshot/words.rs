//! A snapshot in a few words.

use crate::base::Map;
use crate::base::lines::field;

/// A snapshot and when it was taken.
pub(in crate::kinds) fn of_time(output: &Map) -> String {
    format!("{} of {}", field(output, "snapshot_id"), field(output, "timestamp"))
}
