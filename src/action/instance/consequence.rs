//! What the deletion of an instance breaks elsewhere, as far as its configuration tells.

use crate::base::{Map, Value, show};
use crate::runbook::kind::{Breakage, breakages, find};

/// One sentence for each thing.
pub(super) fn of_deletion(config: &Map) -> Value {
    let all = find("aura.instance.delete").map(breakages).unwrap_or_default();
    all.iter().filter_map(|breakage| sentence(breakage, config)).collect()
}

fn sentence(breakage: &Breakage, config: &Map) -> Option<String> {
    let Some(field) = breakage.field else { return Some(breakage.what.to_owned()) };
    let value = match config.get(field)? {
        Value::String(text) if !text.is_empty() && !text.eq_ignore_ascii_case("off") => show(text),
        Value::Number(number) if number.as_u64() != Some(0) => number.to_string(),
        _ => return None,
    };
    Some(format!("{} ({value}): {}", breakage.condition, breakage.what))
}
