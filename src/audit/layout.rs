//! What stands in an audit directory, `<audit-dir>/<run-id>/`.

use crate::record::segment_number;

/// The run in words and figures.
pub const SUMMARY: &str = "summary.txt";

/// The captured configuration of the instance that is deleted.
pub const INSTANCE_CONFIG: &str = "instance-config.json";

/// The configuration of the instance that takes its place.
pub const NEW_INSTANCE_CONFIG: &str = "new-instance-config.json";

/// The differences between the two.
pub const DIFF: &str = "diff.txt";

/// The names of the journal's segments among the names in a directory, in order.
pub fn segments<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut numbered: Vec<_> =
        names.into_iter().filter_map(|name| segment_number(name).map(|number| (number, name))).collect();
    numbered.sort_unstable();
    numbered.into_iter().map(|(_, name)| name).collect()
}
