//! `aura.instance.create`: the checks before the run, the request, the lists that settle it, and the replacement of
//! an orphan of our own (docs/effects.md, "Create").

use crate::base::{Map, PlantedBug, Timestamp, Value, escape, gigabytes, planted};
use crate::engine::call::{Call, CallError, ErrorClass, Reply};
use crate::engine::command::Act;
use crate::kinds::aura::client::{RequestSpec, Route};
use crate::kinds::aura::instance::common::{announced, as_announced, at_rest, fetch, list, pick, prepared, send};
use crate::kinds::aura::instance::delete::perform as delete;
use crate::kinds::aura::instance::update::perform as update;
use crate::kinds::aura::instance::watch::perform as watch;
use crate::kinds::task::Task;
use crate::kinds::{seal, sink};
use crate::port::Method;

/// Without these a reply to the request is none.
const REQUIRED: [&str; 5] = ["id", "name", "connection_url", "username", "password"];
const COPIED: [&str; 10] = [
    "tenant_id",
    "type",
    "cloud_provider",
    "region",
    "memory",
    "storage",
    "version",
    "vector_optimized",
    "graph_analytics_plugin",
    "source_instance_id",
];
/// What is told of an instance that may be kept.
const IDENTITY: [&str; 6] = ["name", "tenant_id", "cloud_provider", "region", "type", "created_at"];
const SNAPSHOT: &str = "source_snapshot_id";

pub(in crate::kinds) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    match &task.command.act {
        Act::Check => check(task).await,
        Act::Read(Call::Baseline) => baseline(task).await,
        Act::Read(Call::Settle) => {
            let name = task.added_text("name")?;
            named(task, &[name]).await
        }
        Act::Read(Call::Sweep) => {
            let names = task.added("names").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            named(task, &names.iter().filter_map(Value::as_str).collect::<Vec<_>>()).await
        }
        Act::Read(Call::Probe) => probe(task).await,
        Act::Read(Call::Read) => adopt(task),
        Act::Prepare(Call::Create) => prepare(task),
        Act::Prepare(Call::Replace) => prepare_replace(task).await,
        Act::Prepare(Call::Rename) => {
            let id = task.added_text("id")?;
            Ok(prepared(id, &rename(task, id)?, Value::Null))
        }
        Act::Deliver { attempt, sealed } => sink::deliver(task, *attempt, sealed),
        Act::Send(intent) => match intent.call {
            Call::Create => create(task).await,
            Call::Replace => {
                let id = announced(task, task.added("id").and_then(Value::as_str))?;
                send(task, &delete::request(id)?, &[], ["id", "status"]).await
            }
            Call::Rename => {
                let id = announced(task, Some(task.added_text("id")?))?;
                send(task, &rename(task, id)?, &[], update::TOLD).await
            }
            _ => Err(task.unknown()),
        },
        _ => Err(task.unknown()),
    }
}

fn rename(task: &Task<'_>, id: &str) -> Result<RequestSpec, CallError> {
    update::request(id, serde_json::json!({"name": task.added_text("name")?}))
}

/// Everything without which the request must not be made: somebody can open what is sealed, the file can receive the
/// password, and the API answers.
async fn check(task: &Task<'_>) -> Result<Reply, CallError> {
    let recipients = seal::round_trip(&*task.ports().sealer)?;
    let path = sink::probe(task)?;
    if let Some(name) = task.name_or_none("name")? {
        crate::kinds::aura::instance::common::nameable(name)?;
    }
    let read = task.aura()?.read(&Route::of(&["tenants"])?).await?;
    let tenants = read.value.as_array().map(Vec::len).unwrap_or_default();
    Ok(Reply::Checked {
        passed: true,
        detail: serde_json::json!({"tenants": tenants, "sink": path.display().to_string(), "recipients": recipients}),
        error: None,
    })
}

async fn baseline(task: &Task<'_>) -> Result<Reply, CallError> {
    let (entries, date) = list(task.aura()?, None).await?;
    let ids: Vec<Value> = entries.iter().map(|entry| entry.get("id").cloned().unwrap_or_default()).collect();
    Ok(Reply::Found(serde_json::json!({"ids": ids, "date": stamp(task, date)})))
}

/// The instances that have exactly one of these names, in every tenant: derived names are unique, and the tenant may
/// have been changed between attempts. The list is complete only where the tenant can be seen with the same
/// credentials: whom access is taken away from is shown a list without its instances, and no error.
async fn named(task: &Task<'_>, names: &[&str]) -> Result<Reply, CallError> {
    let (entries, date) = list(task.aura()?, None).await?;
    let matches: Vec<Value> = entries
        .iter()
        .filter(|entry| entry.get("name").and_then(Value::as_str).is_some_and(|name| names.contains(&name)))
        .map(|entry| pick(entry, ["id", "name", "created_at", "tenant_id"]))
        .collect();
    let own = own(task, &entries).await?;
    let complete = planted(PlantedBug::ListBelieved) || (own != Some("behind") && control(task).await?);
    let mut found = serde_json::json!({"matches": matches, "complete": complete, "date": stamp(task, date)});
    if let (Some(found), Some(own)) = (found.as_object_mut(), own) {
        found.insert("own".to_owned(), own.into());
    }
    Ok(Reply::Found(found))
}

async fn control(task: &Task<'_>) -> Result<bool, CallError> {
    watch::control(task.aura()?, task.text_or_none("tenant_id")?).await
}

/// Where the step has an instance of its own: whether it is `listed`, or the list is `behind`, because the instance can
/// be read, or it is `gone`. Only a list that is not behind can be one of everything: it may lag, and access may have
/// come back between the list and the look at the tenant.
async fn own(task: &Task<'_>, entries: &[Value]) -> Result<Option<&'static str>, CallError> {
    let Some(own) = task.command.input.get("own").and_then(Value::as_str) else { return Ok(None) };
    if entries.iter().any(|entry| entry.get("id").and_then(Value::as_str) == Some(own)) {
        return Ok(Some("listed"));
    }
    match fetch(task.aura()?, own).await {
        Ok(_) => Ok(Some("behind")),
        Err(error) if error.class == ErrorClass::NotFound => Ok(Some("gone")),
        Err(error) => Err(error),
    }
}

/// The service's clock, or ours where it did not tell.
fn stamp(task: &Task<'_>, date: Option<Timestamp>) -> String {
    date.unwrap_or_else(|| task.now()).to_seconds_text()
}

async fn probe(task: &Task<'_>) -> Result<Reply, CallError> {
    let client = task.aura()?;
    match fetch(client, task.added_text("id")?).await {
        Ok(config) => {
            let seen = pick(&Value::Object(config.clone()), IDENTITY);
            let mut found = watch::present(config);
            if let (Some(found), Value::Object(seen)) = (found.as_object_mut(), seen) {
                found.extend(seen);
            }
            if let Some(found) = found.as_object_mut() {
                found.insert("id".to_owned(), task.added_text("id")?.into());
            }
            Ok(Reply::Found(found))
        }
        Err(error) if error.class == ErrorClass::NotFound => {
            let control = watch::control(client, task.text_or_none("tenant_id")?).await?;
            Ok(Reply::Found(serde_json::json!({"present": false, "control": control, "id": task.added_text("id")?})))
        }
        Err(error) => Err(error),
    }
}

/// The request under this name: the inputs that are there, sizes always in GB.
fn request(task: &Task<'_>, name: &str) -> Result<RequestSpec, CallError> {
    let field = |key: &str| match (key, task.maybe(key)) {
        ("memory" | "storage", Some(Value::String(size))) => Some(gigabytes(size).into()),
        (_, value) => value.cloned(),
    };
    let copied = COPIED.into_iter().chain([SNAPSHOT]);
    let mut body: Map = copied.filter_map(|key| field(key).map(|value| (key.to_owned(), value))).collect();
    body.insert("name".to_owned(), name.into());
    Ok(RequestSpec::new(Method::Post, Route::of(&["instances"])?).json(Value::Object(body)))
}

fn prepare(task: &Task<'_>) -> Result<Reply, CallError> {
    let name = task.added_text("name")?;
    // The keys may have been taken away since the checks before the run; what cannot be sealed is not asked for.
    seal::round_trip(&*task.ports().sealer)?;
    Ok(prepared(name, &request(task, name)?, Value::Null))
}

async fn create(task: &Task<'_>) -> Result<Reply, CallError> {
    let request = request(task, announced(task, task.added("name").and_then(Value::as_str))?)?;
    as_announced(task, &request)?;
    let written = task.writer()?.write_create(&request, &REQUIRED).await;
    // From here to the record of the outcome the password exists only in memory: no waiting, no I/O.
    Ok(seal::settle(task, task.intent()?.attempt, written))
}

/// The guard of a replacement: it is the orphan that we made, it was not there before us, and nothing is under way.
async fn prepare_replace(task: &Task<'_>) -> Result<Reply, CallError> {
    let (id, name) = (task.added_text("id")?, task.added_text("name")?);
    let foreign = |why: String| Err(crate::kinds::task::check(format!("{} is not ours to delete: {why}", escape(id))));
    let baseline = task.added("baseline").and_then(Value::as_array);
    let Some(baseline) = baseline else { return Err(task.wrong("the protocol gave no `baseline`")) };
    if baseline.iter().any(|known| known.as_str() == Some(id)) {
        return foreign("it was there before this step began".to_owned());
    }
    let seen = Value::Object(fetch(task.aura()?, id).await?);
    let text = |field: &str| seen.get(field).and_then(Value::as_str).unwrap_or_default();
    if text("name") != name {
        return foreign(format!("its name is {:?} and not {name}", escape(text("name"))));
    }
    if text("tenant_id") != task.text("tenant_id")? {
        return foreign(format!("it is of the tenant {}", escape(text("tenant_id"))));
    }
    if !at_rest(text("status")) {
        return Err(CallError::new(ErrorClass::Busy, format!("{id} is still {}", escape(text("status")))));
    }
    Ok(prepared(id, &delete::request(id)?, pick(&seen, ["id", "name", "tenant_id", "region", "created_at", "status"])))
}

/// Reads the password that a person wrote into the file for an instance that is kept, and seals it.
fn adopt(task: &Task<'_>) -> Result<Reply, CallError> {
    let id = task.added_text("id")?;
    let given = match sink::given(task, id)? {
        Ok(given) => given,
        Err(problem) => return Ok(Reply::Found(serde_json::json!({"id": id, "ok": false, "problem": problem}))),
    };
    let attempt = task.added("attempt").and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
    let attempt = attempt.ok_or_else(|| task.wrong("the protocol gave no `attempt`"))?;
    let url = task.added("url").and_then(Value::as_str).unwrap_or_default();
    let sealed = seal::given(task, attempt, id, &given.credentials, url)
        .map_err(|why| CallError::new(ErrorClass::Check, format!("the password could not be sealed: {why}")))?;
    Ok(Reply::Found(serde_json::json!({
        "id": id,
        "ok": true,
        "path": given.path.display().to_string(),
        "sealed": {
            "alg": sealed.alg,
            "b64": sealed.b64,
            "recipients": sealed.recipients,
            "sha256": sealed.sha256.to_string(),
        },
    })))
}
