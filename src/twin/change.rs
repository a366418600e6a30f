//! What each accepted write does to the world.

use super::entry::{Birth, Change, Content, Write};
use super::graph::Graph;
use super::instance::{Instance, Writer};
use super::snapshot::Snapshot;
use super::status::{Effect, Operation, Status};
use super::world::World;
use crate::base::{Secret, Timestamp};
use std::sync::Arc;

/// The size of an export of an empty database.
const BLANK_ARCHIVE_BYTES: u64 = 256 << 10;

impl World {
    /// Applies a write at the world's time.
    pub(super) fn apply(&mut self, write: Write) {
        let now = self.clock;
        match write {
            Write::Clock {} | Write::External {} => {}
            Write::Create(birth) => {
                let instance = self.born(*birth, now);
                self.instances.insert(instance.id.clone(), instance);
            }
            Write::Service { host, request } => self.services.take(&host, &request, now),
            Write::Revoke { client_id } => self.set_revoked(&client_id, true),
            Write::Reinstate { client_id } => self.set_revoked(&client_id, false),
            Write::Rename { id, name } => self.with(&id, |instance| instance.name = name),
            Write::SetPassword { id, sha256 } => {
                self.with(&id, |instance| instance.changed_password = sha256.parse().ok());
            }
            Write::StopWriter { id } => self.with(&id, |instance| instance.stop_writer(now)),
            Write::StartWriter { id, label, per_minute } => self.with(&id, |instance| {
                instance.stop_writer(now);
                instance.writer = Some(Writer { per_minute, label, since: now });
            }),
            Write::AddToGraph { id, nodes, relationships } => self.with(&id, |instance| {
                let graph = Arc::make_mut(&mut instance.graph);
                for (label, number) in nodes {
                    graph.add_nodes(&label, number);
                }
                for (name, number) in relationships {
                    graph.add_relationships(&name, number);
                }
            }),
            Write::Snapshot { id, snapshot_id } => {
                let durations = self.scenario.durations.clone();
                self.with(&id, |instance| {
                    let (graph, bytes) = (instance.graph_at(now), instance.archive_bytes);
                    instance.snapshots.push(Snapshot::new(snapshot_id, now, &durations, graph, bytes));
                });
            }
            Write::Update { id, change } => self.update(&id, change, now),
            Write::Upgrade { id, change } => {
                self.with(&id, |instance| "business-critical".clone_into(&mut instance.kind));
                self.update(&id, change, now);
            }
            operation => self.operate(operation, now),
        }
    }

    /// Begins the operation of a write that takes the database away for a while, or for good.
    fn operate(&mut self, write: Write, now: Timestamp) {
        let times = &self.scenario.durations;
        let (id, operation) = match write {
            Write::Pause { id } => (id, Operation::new(Status::Pausing, now, times.pause.0, Status::Paused)),
            Write::Resume { id } => (id, Operation::new(Status::Resuming, now, times.resume.0, Status::Running)),
            Write::Delete { id } => {
                let operation = Operation::new(Status::Destroying, now, times.delete.0, Status::Destroying);
                (id, operation.leaving(Effect::Gone))
            }
            Write::Restore { id, content } => {
                let operation = Operation::new(Status::Restoring, now, times.restore.0, Status::Running);
                (id, operation.leaving(filled(content)))
            }
            Write::Overwrite { id, content } => {
                let operation = Operation::new(Status::Overwriting, now, times.overwrite.0, Status::Running)
                    .then(Status::Loading, times.load.0);
                (id, operation.leaving(filled(content)))
            }
            Write::Import { id, content: Some(content) } => {
                let operation = Operation::new(Status::Loading, now, times.load.0, Status::Running);
                (id, operation.leaving(filled(content)))
            }
            Write::Import { id, content: None } => {
                (id, Operation::new(Status::Loading, now, times.load.0, Status::LoadingFailed))
            }
            _ => return,
        };
        self.with(&id, |instance| instance.begin(operation, now));
    }

    fn update(&mut self, id: &str, change: Change, now: Timestamp) {
        let span = self.scenario.durations.update.0;
        self.with(id, |instance| {
            if let Some(name) = change.name.clone() {
                instance.name = name;
            }
            let shape = Effect::Shape {
                memory: change.memory.unwrap_or(instance.memory),
                storage: change.storage.unwrap_or(instance.storage),
                secondaries: change.secondaries_count.unwrap_or(instance.secondaries),
                cdc: change.cdc_enrichment_mode.unwrap_or_else(|| instance.cdc.clone()),
                vector: change.vector_optimized.unwrap_or(instance.vector),
                plugin: change.graph_analytics_plugin.unwrap_or(instance.plugin),
            };
            let present = Effect::Shape {
                memory: instance.memory,
                storage: instance.storage,
                secondaries: instance.secondaries,
                cdc: instance.cdc.clone(),
                vector: instance.vector,
                plugin: instance.plugin,
            };
            if shape != present {
                let operation = Operation::new(Status::Updating, now, span, Status::Running);
                instance.begin(operation.leaving(shape), now);
            }
        });
    }

    fn born(&self, birth: Birth, now: Timestamp) -> Instance {
        let times = &self.scenario.durations;
        let mut operation = Operation::new(Status::Creating, now, times.create.0, Status::Running);
        if birth.source.is_some() {
            operation = operation.then(Status::Loading, times.load.0);
        }
        let (graph, archive_bytes) = birth
            .source
            .map_or_else(|| (Graph::blank(), BLANK_ARCHIVE_BYTES), |content| (content.graph, content.archive_bytes));
        let named = if self.scenario.new_named_by_id { birth.id.clone() } else { "neo4j".to_owned() };
        Instance {
            password: Secret::new(self.chance.password(&["password", &birth.id])),
            changed_password: None,
            id: birth.id,
            tenant: birth.tenant_id,
            name: birth.name,
            kind: birth.kind,
            cloud: birth.cloud_provider,
            region: birth.region,
            memory: birth.memory,
            storage: birth.storage,
            version: birth.version,
            username: named.clone(),
            database: named,
            created_at: now,
            key_id: birth.customer_managed_key_id,
            vector: birth.vector_optimized,
            plugin: birth.graph_analytics_plugin,
            secondaries: 0,
            cdc: "OFF".to_owned(),
            archive_bytes,
            loaded_at: None,
            snapshots: Vec::new(),
            gone_at: None,
            rest: Status::Creating,
            tick: operation.end().plus(std::time::Duration::from_hours(1)),
            operation: Some(operation.leaving(Effect::Born)),
            graph: Arc::new(graph),
            writer: None,
        }
    }

    fn with(&mut self, id: &str, change: impl FnOnce(&mut Instance)) {
        if let Some(instance) = self.instances.get_mut(id) {
            change(instance);
        }
    }

    fn set_revoked(&mut self, client_id: &str, revoked: bool) {
        for credential in self.credentials.iter_mut().filter(|each| each.client_id == client_id) {
            credential.revoked = revoked;
            credential.generation += u64::from(revoked);
        }
    }
}

fn filled(content: Content) -> Effect {
    Effect::Content { graph: content.graph, archive_bytes: content.archive_bytes }
}
