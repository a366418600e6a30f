//! Real or a twin, which account, instance and change: said with every run and before every prompt.

use super::text::cut;
use crate::base::{Value, escape};
use crate::engine::origin::Origin;
use serde_json::json;

/// The longest id or address that is told whole, in columns.
const LONGEST: usize = 60;

/// `REAL account abcd1234 (https://api.neo4j.io), instance 4b449ce6, change CHG0042917`, or `TWIN (simulated), …`.
pub fn origin(origin: &Origin) -> String {
    let mut text = match (origin.twin, &origin.account) {
        (true, _) => "TWIN (simulated)".to_owned(),
        (false, Some(account)) => format!("REAL account {}", word(account)),
        (false, None) => "REAL".to_owned(),
    };
    match &origin.api {
        Some(api) if origin.twin => text = format!("TWIN (simulated) at {}", word(api)),
        Some(api) => text = format!("{text} ({})", word(api)),
        None => {}
    }
    for (what, id) in [("instance", &origin.instance), ("change", &origin.change)] {
        if let Some(id) = id {
            text = format!("{text}, {what} {}", word(id));
        }
    }
    text
}

/// The same in a table: `REAL abcd1234 4b449ce6 CHG0042917`.
pub(super) fn brief(origin: &Origin) -> String {
    let first = if origin.twin { "twin" } else { "REAL" };
    let account = origin.account.as_ref().filter(|_| !origin.twin);
    let ids = [account, origin.instance.as_ref(), origin.change.as_ref()];
    std::iter::once(first.to_owned()).chain(ids.into_iter().flatten().map(|id| word(id))).collect::<Vec<_>>().join(" ")
}

/// The same for programs.
pub(super) fn json(origin: &Origin) -> Value {
    json!({
        "twin": origin.twin,
        "account": origin.account,
        "api": origin.api,
        "instance": origin.instance,
        "change": origin.change,
    })
}

fn word(text: &str) -> String {
    cut(&escape(text), LONGEST)
}
