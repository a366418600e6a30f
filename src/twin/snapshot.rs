//! Snapshots: taken on demand or by schedule, full or differential (docs/aura-api.md, "Snapshots").

use super::graph::Graph;
use super::scenario::Durations;
use crate::base::{Timestamp, Value};
use serde_json::json;
use std::sync::Arc;

/// A snapshot of an instance.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    pub id: String,
    pub taken_at: Timestamp,
    pub completed_at: Timestamp,
    pub started_at: Timestamp,
    pub scheduled: bool,
    /// A differential one can be restored and never exported.
    pub full: bool,
    /// Shared with the instance and its other snapshots as long as nobody writes.
    pub graph: Arc<Graph>,
    pub archive_bytes: u64,
}

impl Snapshot {
    pub(super) fn new(
        id: String,
        taken_at: Timestamp,
        durations: &Durations,
        graph: Arc<Graph>,
        archive_bytes: u64,
    ) -> Self {
        Self {
            id,
            taken_at,
            started_at: taken_at.plus(durations.snapshot_pending.0),
            completed_at: taken_at.plus(durations.snapshot.0),
            scheduled: false,
            full: true,
            graph,
            archive_bytes,
        }
    }

    pub(super) fn is_complete(&self, now: Timestamp) -> bool {
        now >= self.completed_at
    }

    /// Exportable right now: complete, and not a differential one.
    pub(super) fn is_exportable(&self, now: Timestamp) -> bool {
        self.full && self.is_complete(now)
    }

    fn status(&self, now: Timestamp) -> &'static str {
        if self.is_complete(now) {
            "Completed"
        } else if now >= self.started_at {
            "InProgress"
        } else {
            "Pending"
        }
    }

    pub(super) fn view(&self, instance_id: &str, now: Timestamp) -> Value {
        json!({
            "exportable": self.is_exportable(now),
            "instance_id": instance_id,
            "profile": if self.scheduled { "Scheduled" } else { "AdHoc" },
            "snapshot_id": self.id,
            "status": self.status(now),
            "timestamp": self.taken_at.to_seconds_text(),
        })
    }
}
