//! What the twin tells about itself: its ledger, its state, its faults, and what the ready line says.

use super::fault::FaultSpec;
use super::http::{Call, Response};
use super::instance::Instance;
use super::problem::Problem;
use super::world::World;
use crate::base::{Map, Secret, Timestamp, Value};
use serde_json::json;

/// How to open the database of an instance.
#[derive(Clone, Debug)]
pub struct Access {
    /// The instance.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The user name of its database.
    pub username: String,
    /// The password that its database began with; where its user has set another one, it opens nothing any more.
    pub password: Secret<String>,
}

impl World {
    /// The live instances and how to open their databases; the one to migrate first.
    pub fn instances_with_passwords(&self) -> Vec<Access> {
        let source = self.source_id();
        let access = |instance: &Instance| Access {
            id: instance.id.clone(),
            name: instance.name.clone(),
            username: instance.username.clone(),
            password: instance.password.clone(),
        };
        let (first, others): (Vec<_>, Vec<_>) =
            self.instances.values().map(access).partition(|each| Some(&each.id) == source.as_ref());
        first.into_iter().chain(others).collect()
    }

    /// The client id of the first credentials.
    pub fn client_id(&self) -> &str {
        self.credentials.first().map_or("", |credential| &credential.client_id)
    }

    /// The client secret of the first credentials.
    pub fn client_secret(&self) -> Secret<String> {
        self.credentials.first().map_or_else(|| Secret::new(String::new()), |each| each.client_secret.clone())
    }

    /// All API credentials: client id, secret, and the ids of the tenants they see.
    pub fn credentials(&self) -> impl Iterator<Item = (&str, &Secret<String>, &[String])> {
        self.credentials.iter().map(|each| (each.client_id.as_str(), &each.client_secret, each.tenants.as_slice()))
    }

    /// The ids of the tenants, the one to work in first.
    pub fn tenant_ids(&self) -> Vec<&str> {
        self.tenants.iter().map(|tenant| tenant.id.as_str()).collect()
    }

    /// The inputs that the main runbook can be started with (docs/twin.md, "Start it").
    pub fn inputs(&self) -> Map {
        let spec = self.scenario.instances.first();
        let size = spec.map_or(0, |spec| spec.archive_size.0);
        let restore = if size > self.scenario.import_limit.0 { "neo4j-admin" } else { "console" };
        let pairs = [
            ("instance_id", json!(self.source_id().unwrap_or_default())),
            ("bucket", json!(self.scenario.bucket)),
            ("prefix", json!(self.scenario.prefix)),
            ("change_id", json!(self.scenario.change_id)),
            ("target_type", json!("enterprise-db")),
            ("version", json!(spec.map_or("5", |spec| spec.version.as_str()))),
            ("snapshot", json!("fresh")),
            ("restore", json!(restore)),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The state of every instance at a time, live and deleted.
    pub fn state(&mut self, now: Timestamp) -> Value {
        self.pass(now);
        let now = self.clock;
        let view = |instance: &Instance| state_of(instance, now);
        json!({
            "deleted": self.deleted.values().map(view).collect::<Value>(),
            "instances": self.instances.values().map(view).collect::<Value>(),
            "now": now.to_string(),
        })
    }

    /// The id of the instance to migrate: the first one of the scenario.
    fn source_id(&self) -> Option<String> {
        let spec = self.scenario.instances.first()?;
        Some(spec.id.clone().unwrap_or_else(|| self.chance.seeded_id(0)))
    }
}

fn state_of(instance: &Instance, now: Timestamp) -> Value {
    let graph = instance.graph_at(now);
    let status = if instance.gone_at.is_some() { "deleted" } else { instance.status(now).name() };
    json!({
        "cloud_provider": instance.cloud,
        "created_at": instance.created_at.to_seconds_text(),
        "database": instance.database,
        "deleted_at": instance.gone_at.map(Timestamp::to_seconds_text),
        "graph": {
            "constraints": graph.constraints.len(),
            "indexes": graph.indexes.len(),
            "labels": graph.labels,
            "nodes": graph.nodes,
            "relationships": graph.relationships(),
            "types": graph.types,
        },
        "id": instance.id,
        "memory": format!("{}GB", instance.memory),
        "name": instance.name,
        "password_sha256": instance.password_digest().to_string(),
        "region": instance.region,
        "secondaries_count": instance.secondaries,
        "status": status,
        "storage": format!("{}GB", instance.storage),
        "tenant_id": instance.tenant,
        "type": instance.kind,
        "username": instance.username,
        "version": instance.version,
    })
}

/// Answers `/_twin/…`, all but the clock, which is the stand's.
pub(super) fn answer(world: &mut World, call: &Call<'_>, parts: &[&str]) -> Result<Response, Problem> {
    match (call.request.method.as_str(), parts) {
        ("GET", ["ledger"]) => {
            Ok(Response::json(200, &world.ledger.iter().map(super::entry::LedgerEntry::view).collect()))
        }
        ("GET", ["state"]) => Ok(Response::json(200, &world.state(call.now))),
        ("GET", ["faults"]) => Ok(Response::json(200, &faults(world))),
        ("POST", ["faults"]) => {
            let fault: FaultSpec = serde_json::from_slice(&call.request.body)
                .map_err(|source| Problem::new(400, "bad-request", format!("not a fault: {source}")))?;
            world.add_fault(fault);
            Ok(Response::json(201, &faults(world)))
        }
        ("DELETE", ["faults"]) => {
            world.faults.clear();
            Ok(Response::json(200, &json!([])))
        }
        _ => Err(Problem::gateway(404, "not found")),
    }
}

fn faults(world: &World) -> Value {
    let views = world.faults.list().map(|(fault, seen)| {
        let mut view = json!(fault);
        if let Value::Object(map) = &mut view {
            map.insert("seen".to_owned(), json!(seen));
        }
        view
    });
    views.collect()
}
