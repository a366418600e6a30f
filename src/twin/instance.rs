//! An instance and how time changes it.

use super::graph::Graph;
use super::scenario::Durations;
use super::seeded_rng::SeededRng;
use super::snapshot::Snapshot;
use super::status::{Effect, Operation, Status};
use crate::base::{Digest, Secret, Timestamp};
use std::sync::Arc;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

/// An application that adds nodes all the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Writer {
    pub per_minute: u64,
    pub label: String,
    pub since: Timestamp,
}

/// An instance.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub id: String,
    pub tenant: String,
    pub name: String,
    pub kind: String,
    pub cloud: String,
    pub region: String,
    pub memory: u64,
    pub storage: u64,
    pub version: String,
    pub username: String,
    pub password: Secret<String>,
    /// Digest of the password that its user has set; the first one opens nothing any more.
    pub changed_password: Option<Digest>,
    pub database: String,
    pub created_at: Timestamp,
    pub key_id: Option<String>,
    pub vector: bool,
    pub plugin: bool,
    pub secondaries: u64,
    pub cdc: String,
    pub archive_bytes: u64,
    pub loaded_at: Option<Timestamp>,
    pub snapshots: Vec<Snapshot>,
    pub gone_at: Option<Timestamp>,
    pub rest: Status,
    pub operation: Option<Operation>,
    pub graph: Arc<Graph>,
    pub writer: Option<Writer>,
    /// When the next scheduled snapshot is due.
    pub tick: Timestamp,
}

impl Instance {
    /// When its store was created: a moment after itself, and not the same one as another's, to the millisecond.
    pub(super) fn store_created_at(&self) -> Timestamp {
        let apart = u32::from_str_radix(&self.id, 16).unwrap_or_default() % 60_000;
        let whole = self.created_at.as_micros().div_euclid(1_000) * 1_000;
        Timestamp::from_micros(whole).plus(Duration::from_millis(u64::from(apart)))
    }

    pub(super) fn status(&self, now: Timestamp) -> Status {
        self.operation.as_ref().map_or(self.rest, |operation| operation.status(now))
    }

    /// Digest of the password that opens it.
    pub(super) fn password_digest(&self) -> Digest {
        self.changed_password.unwrap_or_else(|| Digest::of(self.password.expose().as_bytes()))
    }

    /// Whether it is of a tier that has hourly snapshots, secondaries, change data capture and metrics.
    pub(super) fn is_large_tier(&self) -> bool {
        matches!(self.kind.as_str(), "business-critical" | "enterprise-db")
    }

    pub(super) fn is_free(&self) -> bool {
        self.kind == "free-db"
    }

    /// What is in it at a time, with what its writer has added until then.
    pub(super) fn graph_at(&self, now: Timestamp) -> Arc<Graph> {
        let mut graph = Arc::clone(&self.graph);
        if let Some(writer) = &self.writer {
            Arc::make_mut(&mut graph)
                .add_nodes(&writer.label, writer.per_minute.saturating_mul(now.since(writer.since).as_secs()) / 60);
        }
        graph
    }

    /// Ends its writer, whose writes stay.
    pub(super) fn stop_writer(&mut self, now: Timestamp) {
        self.graph = self.graph_at(now);
        self.writer = None;
    }

    /// Begins an operation. One that takes the database away ends its writer.
    pub(super) fn begin(&mut self, operation: Operation, at: Timestamp) {
        if !operation.status(at).is_available() {
            self.stop_writer(at);
        }
        self.operation = Some(operation);
    }

    pub(super) fn snapshot(&self, id: &str) -> Option<&Snapshot> {
        self.snapshots.iter().find(|snapshot| snapshot.id == id)
    }

    /// Whether a snapshot is being taken; only one is taken at a time.
    pub(super) fn is_snapshotting(&self, now: Timestamp) -> bool {
        self.snapshots.iter().any(|snapshot| !snapshot.is_complete(now))
    }

    /// Lets the time pass: ends what ends, and takes the scheduled snapshots that fall due.
    pub(super) fn advance(&mut self, now: Timestamp, durations: &Durations, chance: SeededRng) {
        while self.gone_at.is_none() {
            let end = self.operation.as_ref().map(Operation::end).filter(|end| *end <= now);
            match end {
                Some(end) if end <= self.tick => self.finish(end, durations, chance),
                _ if self.tick <= now => self.strike(durations, chance),
                Some(end) => self.finish(end, durations, chance),
                None => break,
            }
        }
        let (days_scheduled, days_on_demand) = self.retention_days();
        self.snapshots.retain(|snapshot| {
            let days = if snapshot.scheduled { days_scheduled } else { days_on_demand };
            snapshot.taken_at.plus(HOUR * 24 * days) > now
        });
    }

    /// How long scheduled and on-demand snapshots are kept (docs/aura-api.md, "Snapshots").
    fn retention_days(&self) -> (u32, u32) {
        match self.kind.as_str() {
            "enterprise-db" => (60, 90),
            "business-critical" => (30, 30),
            _ => (7, 7),
        }
    }

    fn finish(&mut self, at: Timestamp, durations: &Durations, chance: SeededRng) {
        let Some(operation) = self.operation.take() else { return };
        self.rest = operation.rest;
        match operation.effect {
            Effect::Nothing => {}
            Effect::Born => self.schedule(at, true, durations, chance),
            Effect::Gone => self.gone_at = Some(at),
            Effect::Content { graph, archive_bytes } => {
                self.graph = Arc::new(graph);
                self.archive_bytes = archive_bytes;
                self.loaded_at = Some(at);
            }
            Effect::Shape { memory, storage, secondaries, cdc, vector, plugin } => {
                self.memory = memory;
                self.storage = storage;
                self.secondaries = secondaries;
                self.cdc = cdc;
                self.vector = vector;
                self.plugin = plugin;
            }
        }
    }

    /// A scheduled snapshot falls due: hourly for the large tiers, of which one a day is full; daily for the others.
    fn strike(&mut self, durations: &Durations, chance: SeededRng) {
        let at = self.tick;
        self.tick = at.plus(HOUR);
        let full = is_daily(at);
        let due = !self.is_free() && (full || self.is_large_tier());
        if due && self.status(at) == Status::Running && !self.is_snapshotting(at) {
            self.schedule(at, full, durations, chance);
        }
    }

    /// Takes a scheduled snapshot.
    pub(super) fn schedule(&mut self, at: Timestamp, full: bool, durations: &Durations, chance: SeededRng) {
        let id = chance.uuid(&["snapshot", &self.id, &at.to_string()]);
        let taken = Snapshot::new(id, at, durations, self.graph_at(at), self.archive_bytes);
        self.snapshots.push(Snapshot { scheduled: true, full, ..taken });
    }
}

/// Whether the scheduled snapshot of this hour is the full one of its day: the one between two and three at night.
pub(super) fn is_daily(at: Timestamp) -> bool {
    at.time_of_day().starts_with("02:")
}
