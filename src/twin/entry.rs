//! The world's log: one line for each accepted write, from which the world is rebuilt.
//!
//! No line holds a secret: passwords and client secrets follow from the seed and the ids.

use super::graph::Graph;
use super::text::At;
use crate::base::{Timestamp, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// Which world it belongs to: the beginning of the digest of seed, scenario and start.
    pub world: String,
    /// When it happened.
    pub at: At,
    /// What happened.
    pub write: Write,
    /// How it stands in the ledger; the passing of time does not stand there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<Cause>,
}

/// The request that caused a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cause {
    pub method: String,
    pub path: String,
    pub target: String,
    pub request_id: String,
    pub status: u16,
}

/// An accepted write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Write {
    /// Time was seen to pass.
    Clock {},
    /// A write outside the world, such as one to the object store.
    External {},
    Create(Box<Birth>),
    Rename {
        id: String,
        name: String,
    },
    Update {
        id: String,
        change: Change,
    },
    Pause {
        id: String,
    },
    Resume {
        id: String,
    },
    Delete {
        id: String,
    },
    Upgrade {
        id: String,
        change: Change,
    },
    Overwrite {
        id: String,
        content: Content,
    },
    Restore {
        id: String,
        content: Content,
    },
    Snapshot {
        id: String,
        snapshot_id: String,
    },
    Import {
        id: String,
        content: Option<Content>,
    },
    StopWriter {
        id: String,
    },
    SetPassword {
        id: String,
        /// Digest of the password: what was chosen outside does not follow from the seed.
        sha256: String,
    },
    StartWriter {
        id: String,
        label: String,
        per_minute: u64,
    },
    AddToGraph {
        id: String,
        nodes: BTreeMap<String, u64>,
        relationships: BTreeMap<String, u64>,
    },
    Revoke {
        client_id: String,
    },
    Reinstate {
        client_id: String,
    },
    /// A request that a service of the scenario has accepted.
    Service {
        host: String,
        request: String,
    },
}

/// An instance that is created.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Birth {
    pub id: String,
    pub tenant_id: String,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub cloud_provider: String,
    pub region: String,
    pub memory: u64,
    pub storage: u64,
    pub version: String,
    pub customer_managed_key_id: Option<String>,
    pub vector_optimized: bool,
    pub graph_analytics_plugin: bool,
    /// What it is cloned from.
    pub source: Option<Content>,
}

/// The content that a database is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    pub graph: Graph,
    pub archive_bytes: u64,
}

/// The shape that an instance is given; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Change {
    pub name: Option<String>,
    pub memory: Option<u64>,
    pub storage: Option<u64>,
    pub secondaries_count: Option<u64>,
    pub cdc_enrichment_mode: Option<String>,
    pub vector_optimized: Option<bool>,
    pub graph_analytics_plugin: Option<bool>,
}

/// One entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Its number, from 1.
    pub seq: u64,
    /// When it was accepted.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The instance it was about; for a create the new one.
    pub target: String,
    /// The `X-Request-Id` of the reply.
    pub request_id: String,
    /// The status of the reply.
    pub status: u16,
}

impl LedgerEntry {
    pub(super) fn view(&self) -> Value {
        json!({
            "at": self.at.to_string(),
            "method": self.method,
            "path": self.path,
            "request_id": self.request_id,
            "seq": self.seq,
            "status": self.status,
            "target": self.target,
        })
    }
}
