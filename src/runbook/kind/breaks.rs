//! What an irreversible step breaks elsewhere: with others, whom no backup and no `resume` reaches.

use crate::base::{Map, Value, escape};

/// Something elsewhere that no longer works afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breakage {
    /// The field of an instance's configuration that says whether there is such a thing; none where there always is.
    pub field: Option<&'static str>,
    /// What that field says then, in words: `CDC is on`; empty where there always is such a thing.
    pub condition: &'static str,
    /// What happens, as the rest of that sentence.
    pub what: &'static str,
}

/// What breaks of an instance with this configuration, one sentence for each thing.
pub fn consequences(breaks: &[Breakage], config: &Map) -> Vec<String> {
    breaks.iter().filter_map(|breakage| sentence(breakage, config)).collect()
}

fn sentence(breakage: &Breakage, config: &Map) -> Option<String> {
    let Some(field) = breakage.field else { return Some(breakage.what.to_owned()) };
    let value = match config.get(field)? {
        Value::String(text) if !text.is_empty() && !text.eq_ignore_ascii_case("off") => escape(text),
        Value::Number(number) if number.as_u64() != Some(0) => number.to_string(),
        _ => return None,
    };
    Some(format!("{} ({value}): {}", breakage.condition, breakage.what))
}
