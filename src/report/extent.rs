//! How far a run goes before it pauses by itself.

use crate::base::{Value, escape};
use crate::engine::ExtentView;
use serde_json::json;

/// So many steps are named.
const NAMES_MOST: usize = 5;

/// How far the run goes, in words.
pub(super) fn goes(extent: &ExtentView) -> String {
    let until = match &extent.until {
        Some(step) => format!("after `{}` and what it needs (`--until`)", escape(step)),
        None => "before the first step that changes something or asks somebody (`--only-reads`)".to_owned(),
    };
    if extent.reached { format!("paused {until}") } else { format!("pauses {until}") }
}

/// The names of steps, the first of them where there are many.
pub(super) fn names(steps: &[String]) -> String {
    let named: Vec<_> = steps.iter().take(NAMES_MOST).map(|step| format!("`{}`", escape(step))).collect();
    let rest = steps.len().saturating_sub(NAMES_MOST);
    if rest == 0 { named.join(", ") } else { format!("{} and {rest} more", named.join(", ")) }
}

/// The same for programs.
pub(super) fn to_json(extent: &ExtentView) -> Value {
    json!({
        "until": extent.until,
        "only_reads": extent.until.is_none(),
        "reached": extent.reached,
        "next": extent.next,
    })
}
