//! What an irreversible step breaks elsewhere: with others, whom no backup and no `resume` reaches.

use super::types::Kind;
use crate::base::{Map, Value, show};

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

const CURSORS: Breakage = Breakage {
    field: Some("cdc_enrichment_mode"),
    condition: "CDC is on",
    what: "the cursor of every consumer becomes invalid; each one has to start again",
};

const OF_DELETION: &[Breakage] = &[
    CURSORS,
    Breakage {
        field: Some("metrics_integration_url"),
        condition: "metrics are read from it",
        what: "the endpoint goes with it, whoever scrapes it has to be given another one",
    },
    Breakage {
        field: Some("secondaries_count"),
        condition: "it has secondaries",
        what: "they go with it, and readers that need them wait for new ones",
    },
    Breakage {
        field: None,
        condition: "",
        what: "its address changes: clients, allow-lists, firewall rules and private endpoints have to follow",
    },
    Breakage {
        field: None,
        condition: "",
        what: "its id changes: dashboards, alerts, scripts and Terraform state that name it no longer find it",
    },
    Breakage {
        field: None,
        condition: "",
        what: "all its snapshots go with it: nothing older than the backup is left",
    },
    Breakage {
        field: None,
        condition: "",
        what: "users and roles that were made in the database may not be in the backup: make them again",
    },
];

/// What a step of this kind breaks elsewhere.
pub fn breakages(kind: &Kind) -> &'static [Breakage] {
    match kind.name {
        "aura.instance.delete" => OF_DELETION,
        "aura.instance.overwrite" => &[CURSORS],
        _ => &[],
    }
}

/// What a step of this kind breaks elsewhere of an instance with this configuration, one sentence for each thing.
pub fn consequences(kind: &Kind, config: &Map) -> Vec<String> {
    breakages(kind).iter().filter_map(|breakage| sentence(breakage, config)).collect()
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
