//! What deleting or overwriting an instance breaks elsewhere.

use crate::runbook::kind::Breakage;

/// The consumers of change data capture.
const CURSORS: Breakage = Breakage {
    field: Some("cdc_enrichment_mode"),
    condition: "CDC is on",
    what: "the cursor of every consumer becomes invalid; each one has to start again",
};

/// What a deletion breaks.
pub(in crate::kinds) const OF_DELETION: &[Breakage] = &[
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

/// What an overwriting breaks.
pub(in crate::kinds) const OF_OVERWRITING: &[Breakage] = &[CURSORS];
