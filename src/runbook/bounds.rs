//! `min` and `max` of an input.

use super::number::scaled;
use super::plan::{InputDecl, InputType};
use crate::base::{Timestamp, Value, parse_duration, parse_size};

/// Whether values of this type have bounds.
pub(super) const fn has(ty: InputType) -> bool {
    !matches!(ty, InputType::String | InputType::Boolean | InputType::Path)
}

/// Whether a value of the declared type keeps to the bounds.
pub(super) fn are_kept(decl: &InputDecl, value: &Value) -> bool {
    let Some(own) = rank(decl.ty, value) else { return true };
    let bound = |bound: &Option<Value>| bound.as_ref().and_then(|bound| rank(decl.ty, bound));
    bound(&decl.min).is_none_or(|least| least <= own) && bound(&decl.max).is_none_or(|most| own <= most)
}

/// Whether there is no value between the bounds.
pub(super) fn are_crossed(decl: &InputDecl) -> bool {
    let bound = |bound: &Option<Value>| bound.as_ref().and_then(|bound| rank(decl.ty, bound));
    bound(&decl.min).zip(bound(&decl.max)).is_some_and(|(least, most)| least > most)
}

/// The bounds as they stand behind what is expected; empty where there are none.
pub(super) fn told(decl: &InputDecl) -> String {
    let text = |bound: &Value| bound.as_str().map_or_else(|| bound.to_string(), str::to_owned);
    let bounds = (decl.min.as_ref().map(text), decl.max.as_ref().map(text));
    if decl.ty.has_items() {
        return match bounds {
            (None, None) => String::new(),
            (Some(least), None) => format!(" with at least {least} items"),
            (None, Some(most)) => format!(" with at most {most} items"),
            (Some(least), Some(most)) => format!(" with {least} to {most} items"),
        };
    }
    match bounds {
        (None, None) => String::new(),
        (Some(least), None) => format!(" of at least {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
    }
}

/// Where a value of this type stands among the others; of a list or a map, how many items it has.
fn rank(ty: InputType, value: &Value) -> Option<i128> {
    let text = || value.as_str();
    match ty {
        InputType::Integer => value.as_i64().map(i128::from),
        InputType::Number => text().and_then(scaled),
        InputType::Duration => parse_duration(text()?).ok().and_then(|span| i128::try_from(span.as_millis()).ok()),
        InputType::Size => parse_size(text()?).ok().map(i128::from),
        InputType::Time => text()?.parse::<Timestamp>().ok().map(|time| i128::from(time.as_micros())),
        InputType::List | InputType::Map => match value {
            Value::Array(items) => i128::try_from(items.len()).ok(),
            Value::Object(map) => i128::try_from(map.len()).ok(),
            count => count.as_i64().map(i128::from),
        },
        InputType::String | InputType::Boolean | InputType::Path => None,
    }
}
