//! The console: what a person can do there and no API does (docs/aura-api.md, "Moving data").
//!
//! The real console has no interface for programs; paths and bodies here are the twin's own. Other people who work in
//! the same tenants are played here too.

use super::archive;
use super::auth;
use super::entry::{Birth, Content, Write};
use super::graph::Graph;
use super::http::{Call, Request, Response};
use super::instance::Instance;
use super::problem::Problem;
use super::status::Status;
use super::world::World;
use crate::base::{Map, Timestamp, Value};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long after the time of its snapshot a backup says it was taken.
const BACKUP_DELAY: Duration = Duration::from_secs(4);

/// An export: the archive to make, and the name under which the console offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// What the archive holds.
    pub spec: archive::Spec,
    /// `neo4j-2026-01-20T22-00-00.backup`.
    pub file_name: String,
    /// The id of the database, a UUID.
    pub uuid: String,
}

/// How a backup gets into an instance (docs/aura-api.md, "Moving data").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMethod {
    /// "Import" in the console, which takes files up to a limit.
    Console,
    /// `neo4j-admin database upload`, which takes whatever fits.
    Tool,
}

/// A backup given to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// How it comes.
    pub way: ImportMethod,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// What it is a copy of; `None` where it is no archive, or a broken one.
    pub contents: Option<archive::Contents>,
}

impl ImportMethod {
    /// The last word of its path.
    const fn verb(self) -> &'static str {
        match self {
            Self::Console => "import",
            Self::Tool => "upload",
        }
    }

    /// The way that a path's last word means.
    pub fn of(verb: &str) -> Option<Self> {
        [Self::Console, Self::Tool].into_iter().find(|way| way.verb() == verb)
    }
}

impl World {
    /// The largest archive that can be taken in this way, in bytes.
    pub fn import_limit(&self, way: ImportMethod) -> u64 {
        match way {
            ImportMethod::Console => self.scenario.import_limit.0,
            ImportMethod::Tool => u64::MAX,
        }
    }

    /// What a person would download as the export of a snapshot.
    pub fn export(&mut self, id: &str, snapshot_id: &str, now: Timestamp) -> Result<Export, Problem> {
        self.pass(now);
        let instance = self.instances.get(id).ok_or_else(|| Problem::no_instance(id))?;
        let snapshot = instance.snapshot(snapshot_id).ok_or_else(|| Problem::no_snapshot(snapshot_id))?;
        if !snapshot.is_exportable(self.clock) {
            return Err(Problem::not_exportable(snapshot_id));
        }
        let format = if instance.version == "4" { archive::Format::Dump } else { archive::Format::Backup };
        let taken_at = snapshot.taken_at.plus(BACKUP_DELAY);
        let stamp = taken_at.to_seconds_text().replace(':', "-").replace('Z', "");
        let spec = archive::Spec {
            format,
            seed: self.chance.number(&["archive", snapshot_id]),
            size: snapshot.archive_bytes,
            database: instance.database.clone(),
            taken_at,
            full: snapshot.full,
            store_created_at: instance.store_created_at(),
            cut: false,
            contents: archive::Contents { instance_id: id.to_owned(), graph: json!(*snapshot.graph) },
        };
        Ok(Export {
            file_name: format!("{}-{stamp}.{}", instance.database, format.extension()),
            uuid: self.chance.uuid(&["database", id]),
            spec: spec.with(self.scenario.export),
        })
    }

    /// Takes a file into a running instance; returns the lines to append to the log. A file that is not a copy of a
    /// database is accepted and the instance ends as `loading failed`.
    pub fn import(&mut self, id: &str, upload: &Upload, now: Timestamp) -> Result<Vec<String>, Problem> {
        let verb = upload.way.verb();
        self.as_person(&format!("/instances/{id}/{verb}"), now, |world, call| import(world, call, id, upload))
    }

    /// Another person renames an instance; returns the lines to append to the log.
    pub fn rename(&mut self, id: &str, name: &str, now: Timestamp) -> Result<Vec<String>, Problem> {
        self.as_person(&format!("/instances/{id}/rename"), now, |world, call| rename(world, call, id, name))
    }

    /// An application writes so many nodes into a database; returns the lines to append to the log.
    pub fn write_nodes(&mut self, id: &str, count: u64, now: Timestamp) -> Result<Vec<String>, Problem> {
        let nodes = BTreeMap::from([("Payment".to_owned(), count)]);
        self.as_person("/writers", now, |world, call| {
            if !instance(world, id)?.status(world.clock).is_available() {
                return Err(Problem::unavailable("written to", "away"));
            }
            let write = Write::AddToGraph { id: id.to_owned(), nodes, relationships: BTreeMap::new() };
            world.commit(call, id, 200, write);
            Ok(())
        })
    }

    /// Another person deletes an instance; returns the lines to append to the log.
    pub fn delete(&mut self, id: &str, now: Timestamp) -> Result<Vec<String>, Problem> {
        self.as_person(&format!("/instances/{id}/delete"), now, |world, call| delete(world, call, id))
    }

    /// Another person creates an instance like this one, under this name; returns the lines to append to the log.
    pub fn create_like(&mut self, id: &str, name: &str, now: Timestamp) -> Result<Vec<String>, Problem> {
        self.as_person(&format!("/instances/{id}/create"), now, |world, call| {
            create_like(world, call, id, name).map(drop)
        })
    }

    /// An API credential is revoked or works again; returns the lines to append to the log.
    pub fn revoke(&mut self, client_id: &str, revoked: bool, now: Timestamp) -> Result<Vec<String>, Problem> {
        let path = if revoked { "/credentials/revoke" } else { "/credentials/reinstate" };
        self.as_person(path, now, |world, call| set_revoked(world, call, client_id, revoked))
    }

    fn as_person(
        &mut self,
        path: &str,
        now: Timestamp,
        act: impl FnOnce(&mut World, &mut Call<'_>) -> Result<(), Problem>,
    ) -> Result<Vec<String>, Problem> {
        self.pass(now);
        let request = Request::new("POST", path);
        let names = ["console", &self.writes.to_string(), &self.clock.to_string(), path];
        let request_id = self.chance.request_id(&names);
        let mut call = Call { request: &request, now: self.clock, request_id, log: Vec::new() };
        act(self, &mut call)?;
        Ok(call.log)
    }
}

/// Answers a request to the console; credentials of the API are checked where they are given.
pub(super) fn answer(world: &mut World, call: &mut Call<'_>, parts: &[&str]) -> Result<Response, Problem> {
    if call.request.method != "POST" {
        return Err(Problem::gateway(404, "not found"));
    }
    if call.request.header("authorization").is_some() {
        auth::checked(world, call)?;
    }
    let body = call.request.object().map_err(|message| Problem::new(400, "bad-request", message))?;
    match parts {
        ["instances", id, "snapshots", snapshot_id, "export"] => {
            let export = world.export(id, snapshot_id, call.now)?;
            Ok(Response::json(200, &described(&export)))
        }
        ["instances", id, verb] if let Some(way) = ImportMethod::of(verb) => {
            import(world, call, id, &upload(way, &body)?).map(|()| accepted())
        }
        ["instances", id, "rename"] => rename(world, call, id, text(&body, "name")?).map(|()| accepted()),
        ["instances", id, "delete"] => delete(world, call, id).map(|()| accepted()),
        ["instances", id, "create"] => {
            let name = instance(world, id)?.name.clone();
            let name = body.get("name").and_then(Value::as_str).unwrap_or(&name);
            let created = create_like(world, call, id, name)?;
            Ok(Response::json(202, &json!({"id": created})))
        }
        ["writers"] => writers(world, call, &body).map(|()| accepted()),
        ["credentials", what @ ("revoke" | "reinstate")] => {
            let first = world.client_id().to_owned();
            let client_id = body.get("client_id").and_then(Value::as_str).unwrap_or(&first);
            set_revoked(world, call, client_id, *what == "revoke").map(|()| accepted())
        }
        _ => Err(Problem::gateway(404, "not found")),
    }
}

fn described(export: &Export) -> Value {
    json!({
        "backup_time": export.spec.taken_at.to_seconds_text(),
        "database": export.spec.database,
        "file_name": export.file_name,
        "full": export.spec.full,
        "graph": export.spec.contents.graph,
        "instance_id": export.spec.contents.instance_id,
        "size_bytes": export.spec.size,
        "uuid": export.uuid,
    })
}

fn accepted() -> Response {
    Response::json(202, &json!({"accepted": true}))
}

fn instance<'a>(world: &'a World, id: &str) -> Result<&'a Instance, Problem> {
    world.instances.get(id).ok_or_else(|| Problem::no_instance(id))
}

fn at_rest<'a>(world: &'a World, id: &str) -> Result<&'a Instance, Problem> {
    let instance = instance(world, id)?;
    let status = instance.status(world.clock);
    if status.is_busy() { Err(Problem::busy(status.name())) } else { Ok(instance) }
}

fn upload(way: ImportMethod, body: &Map) -> Result<Upload, Problem> {
    let size_bytes = body.get("size_bytes").and_then(Value::as_u64);
    let contents = body.get("contents").filter(|value| !value.is_null()).cloned();
    Ok(Upload {
        way,
        size_bytes: size_bytes.ok_or_else(|| Problem::field("size_bytes", "size_bytes must be a whole number"))?,
        contents: contents.and_then(|value| serde_json::from_value(value).ok()),
    })
}

fn import(world: &mut World, call: &mut Call<'_>, id: &str, upload: &Upload) -> Result<(), Problem> {
    let status = at_rest(world, id)?.status(world.clock);
    if status == Status::Paused {
        return Err(Problem::unavailable("imported into", status.name()));
    }
    if upload.size_bytes > world.import_limit(upload.way) {
        return Err(Problem::new(413, "import-exceeds-max-size", "The file is larger than the console imports"));
    }
    let graph = upload.contents.as_ref().and_then(|contents| Graph::deserialized(&contents.graph));
    let content = graph.map(|graph| Content { graph, archive_bytes: upload.size_bytes });
    world.commit(call, id, 202, Write::Import { id: id.to_owned(), content });
    Ok(())
}

fn rename(world: &mut World, call: &mut Call<'_>, id: &str, name: &str) -> Result<(), Problem> {
    instance(world, id)?;
    world.commit(call, id, 200, Write::Rename { id: id.to_owned(), name: name.to_owned() });
    Ok(())
}

fn delete(world: &mut World, call: &mut Call<'_>, id: &str) -> Result<(), Problem> {
    at_rest(world, id)?;
    world.commit(call, id, 202, Write::Delete { id: id.to_owned() });
    Ok(())
}

fn create_like(world: &mut World, call: &mut Call<'_>, id: &str, name: &str) -> Result<String, Problem> {
    let model = instance(world, id)?;
    let birth = Birth {
        id: world.fresh_id(),
        tenant_id: model.tenant.clone(),
        name: name.to_owned(),
        kind: model.kind.clone(),
        cloud_provider: model.cloud.clone(),
        region: model.region.clone(),
        memory: model.memory,
        storage: model.storage,
        version: model.version.clone(),
        customer_managed_key_id: model.key_id.clone(),
        vector_optimized: model.vector,
        graph_analytics_plugin: model.plugin,
        source: None,
    };
    let created = birth.id.clone();
    world.commit(call, &created, 202, Write::Create(Box::new(birth)));
    Ok(created)
}

fn set_revoked(world: &mut World, call: &mut Call<'_>, client_id: &str, revoked: bool) -> Result<(), Problem> {
    if !world.credentials.iter().any(|credential| credential.client_id == client_id) {
        return Err(Problem::new(404, "credential-not-found", "There is no such client id"));
    }
    let client_id = client_id.to_owned();
    let write = if revoked { Write::Revoke { client_id } } else { Write::Reinstate { client_id } };
    world.commit(call, "", 200, write);
    Ok(())
}

/// Starts or stops the application that writes into a database, or writes once.
fn writers(world: &mut World, call: &mut Call<'_>, body: &Map) -> Result<(), Problem> {
    let id = text(body, "instance_id")?.to_owned();
    let status = instance(world, &id)?.status(world.clock);
    if !status.is_available() {
        return Err(Problem::unavailable("written to", status.name()));
    }
    let counts = |field: &str| -> BTreeMap<String, u64> {
        body.get(field).and_then(|value| serde_json::from_value(value.clone()).ok()).unwrap_or_default()
    };
    let (nodes, relationships) = (counts("nodes"), counts("relationships"));
    let write = if body.get("stop").and_then(Value::as_bool) == Some(true) {
        Write::StopWriter { id: id.clone() }
    } else if let Some(per_minute) = body.get("per_minute").and_then(Value::as_u64) {
        let label = body.get("label").and_then(Value::as_str).unwrap_or("Payment").to_owned();
        Write::StartWriter { id: id.clone(), label, per_minute }
    } else if nodes.is_empty() && relationships.is_empty() {
        return Err(Problem::new(400, "bad-request", "say stop, per_minute, nodes or relationships"));
    } else {
        Write::AddToGraph { id: id.clone(), nodes, relationships }
    };
    world.commit(call, &id, 200, write);
    Ok(())
}

fn text<'a>(body: &'a Map, field: &'static str) -> Result<&'a str, Problem> {
    body.get(field).and_then(Value::as_str).ok_or_else(|| Problem::field(field, format!("{field} must be a string")))
}
