//! `neo4j.compare`: two countings, or a counting and an instance.

use crate::base::{Map, Value, escape};
use crate::engine::call::{Call, CallError, ErrorClass, Reply};
use crate::engine::command::Act;
use crate::kinds::aura::instance::common::fetch;
use crate::kinds::neo4j::counts::perform::{self as counts, missing};
use crate::kinds::neo4j::whose;
use crate::kinds::task::{Task, check, done};
use std::collections::BTreeSet;

/// More differences than this are told as a number.
const TOLD_MAX: usize = 50;

pub(in crate::kinds) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let before = task.map("before")?;
    match task.command.act {
        Act::Read(Call::Read) => conclude(before, task.map("after")?),
        Act::Read(Call::Poll) => look(task, before).await.map(Reply::Found),
        _ => Err(task.unknown()),
    }
}

/// Two countings: they are equal, or the step has failed.
fn conclude(before: &Map, after: &Map) -> Result<Reply, CallError> {
    let result = compare(before, after);
    if result.compared && !result.equal {
        return Err(check(format!("the counts differ: {}", result.differences.join("; ")))
            .with_remedy("stop whatever still writes to the database, then `surefoot resume`"));
    }
    Ok(done(result.output(after)))
}

/// One counting of the instance. While it is loading, answers and errors alike mean only that it is not there yet.
async fn look(task: &Task<'_>, before: &Map) -> Result<Value, CallError> {
    if !counted(before) {
        return Ok(found(&compare(before, &Map::new()), &Map::new(), &Value::Null));
    }
    let given = task.name_or_none("url")?;
    if let Some(url) = given {
        whose::named(task, url)?;
    }
    let instance = match task.text_or_none("instance_id")? {
        Some(id) => Some(fetch(task.aura()?, id).await?),
        None => None,
    };
    let status = instance.as_ref().and_then(|config| config.get("status")).cloned().unwrap_or(Value::Null);
    let at_work = status.as_str().is_some_and(|status| status != "running");
    let listed = || instance.as_ref().and_then(|config| config.get("connection_url")).and_then(Value::as_str);
    let url = given.or_else(listed);
    let not_yet = |why: String| {
        let result = Comparison { compared: true, equal: false, differences: vec![why] };
        found(&result, &Map::new(), &status)
    };
    if at_work {
        return Ok(not_yet(format!("the instance is {}", escape(status.as_str().unwrap_or_default()))));
    }
    let url = url.ok_or_else(|| task.wrong("there is no `url`, and the instance has no address now"))?;
    let credentials = task.credentials("credentials")?.ok_or_else(|| missing(task, "credentials"))?;
    match counts::count(task, url, credentials).await {
        Ok(after) => Ok(found(&compare(before, &after), &after, &status)),
        // A database that has just been replaced refuses connections for a while.
        Err(error) if error.class == ErrorClass::Outside => Ok(not_yet(error.message)),
        Err(error) => Err(error),
    }
}

fn found(result: &Comparison, after: &Map, status: &Value) -> Value {
    let mut found = Value::Object(result.output(after));
    if let Some(found) = found.as_object_mut() {
        found.insert("status".to_owned(), status.clone());
    }
    found
}

struct Comparison {
    compared: bool,
    equal: bool,
    differences: Vec<String>,
}

impl Comparison {
    fn output(&self, after: &Map) -> Map {
        let told = |name: &str| after.get(name).cloned().unwrap_or(Value::Null);
        crate::kinds::task::fields([
            ("equal", self.equal.into()),
            ("compared", self.compared.into()),
            ("differences", serde_json::json!(self.differences)),
            ("nodes", told("nodes")),
            ("relationships", told("relationships")),
            ("database", told("database")),
            ("username", told("username")),
            ("acknowledged_by", Value::Null),
        ])
    }
}

fn counted(side: &Map) -> bool {
    side.get("counted").and_then(Value::as_bool).unwrap_or(false)
}

fn compare(before: &Map, after: &Map) -> Comparison {
    if !counted(before) || !counted(after) {
        return Comparison { compared: false, equal: false, differences: Vec::new() };
    }
    let mut differences = Vec::new();
    for name in ["nodes", "relationships"] {
        differences.extend(number(name, before.get(name), after.get(name)));
    }
    for (name, what) in [("labels", "nodes with label"), ("types", "relationships of type")] {
        differences.extend(numbers(what, before.get(name), after.get(name)));
    }
    for (name, what) in [("constraints", "constraint"), ("indexes", "index")] {
        differences.extend(entries(what, before.get(name), after.get(name)));
    }
    if let Some(more) = differences.len().checked_sub(TOLD_MAX).filter(|more| *more > 0) {
        differences.truncate(TOLD_MAX);
        differences.push(format!("and {more} more; `surefoot status --output json` has both counts in full"));
    }
    Comparison { compared: true, equal: differences.is_empty(), differences }
}

fn number(what: &str, before: Option<&Value>, after: Option<&Value>) -> Option<String> {
    let (before, after) = (before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null));
    (before != after).then(|| format!("{what}: {before} before, {after} after"))
}

fn numbers(what: &str, before: Option<&Value>, after: Option<&Value>) -> Vec<String> {
    let empty = Map::new();
    let before = before.and_then(Value::as_object).unwrap_or(&empty);
    let after = after.and_then(Value::as_object).unwrap_or(&empty);
    let zero = Value::from(0);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differing = names.into_iter().filter_map(|name| {
        let what = format!("{what} {}", escape(name));
        number(&what, Some(before.get(name).unwrap_or(&zero)), Some(after.get(name).unwrap_or(&zero)))
    });
    differing.collect()
}

fn entries(what: &str, before: Option<&Value>, after: Option<&Value>) -> Vec<String> {
    let set = |side: Option<&Value>| -> BTreeSet<String> {
        let list = side.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().map(|entry| entry.as_str().map_or_else(|| entry.to_string(), str::to_owned)).collect()
    };
    let (before, after) = (set(before), set(after));
    let gone = before.difference(&after).map(|entry| format!("{what} missing: {}", escape(entry)));
    let new = after.difference(&before).map(|entry| format!("{what} added: {}", escape(entry)));
    gone.chain(new).collect()
}
