//! Which database of an instance is meant. Since early 2026 new instances name theirs by the instance's id, so the
//! name is asked for and never assumed (docs/aura-api.md, "Database names").

use crate::base::{PlantedBug, Value, escape, planted};
use crate::engine::call::{CallError, ErrorClass};
use crate::kinds::aura::client::query::{self, Credentials, Rows};
use crate::kinds::task::Task;
use std::collections::BTreeMap;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_mins(1);
const LIST: &str = "SHOW DATABASES YIELD name, type, aliases, default, home";
/// What it was called on every instance before.
const USUAL: &str = "neo4j";
/// More names than this are told as a number.
const TOLD_MAX: usize = 10;
/// The code of a user name or a password that is wrong.
const UNAUTHORIZED: &str = "Neo.ClientError.Security.Unauthorized";

/// The name of the database that is `wanted`, as the instance writes it; the one that whoever names none comes to
/// where nothing is wanted.
pub(in crate::kinds) async fn find(
    task: &Task<'_>,
    url: &str,
    credentials: &Credentials,
    wanted: Option<&str>,
) -> Result<String, CallError> {
    if wanted.is_none() && planted(PlantedBug::HomeDatabaseAssumed) {
        return Ok(USUAL.to_owned());
    }
    let (http, to) = (&*task.ports().http, task.destination(url)?);
    match query::run(http, &to, query::SYSTEM, credentials, LIST, TIMEOUT).await {
        Ok(rows) => choose(task, &databases(&rows), wanted),
        Err(error) if error.class == ErrorClass::Outside || error.reason == UNAUTHORIZED => Err(error),
        // Who may not see the list may open a database all the same; the address says which.
        Err(error) if error.reason.starts_with("Neo.ClientError.") => match wanted {
            Some(name) => Ok(name.to_owned()),
            None => tried(task, url, credentials, error).await,
        },
        Err(error) => Err(error),
    }
}

/// A database as it is listed.
#[derive(Default)]
struct Listed {
    aliases: Vec<String>,
    is_home: bool,
    is_default: bool,
}

/// The databases that hold data, by name; a cluster lists each one several times.
fn databases(rows: &Rows) -> BTreeMap<String, Listed> {
    let place = |name: &str| rows.fields.iter().position(|field| field == name);
    let mut databases: BTreeMap<String, Listed> = BTreeMap::new();
    for row in &rows.values {
        let cell = |name: &str| place(name).and_then(|place| row.get(place)).unwrap_or(&Value::Null);
        let Some(name) = cell("name").as_str().filter(|name| *name != query::SYSTEM) else { continue };
        if cell("type").as_str() == Some("system") {
            continue;
        }
        let listed = databases.entry(name.to_owned()).or_default();
        let aliases = cell("aliases").as_array().map(Vec::as_slice).unwrap_or_default();
        listed.aliases.extend(aliases.iter().filter_map(Value::as_str).map(str::to_owned));
        listed.is_home |= cell("home").as_bool().unwrap_or(false);
        listed.is_default |= cell("default").as_bool().unwrap_or(false);
    }
    databases
}

fn choose(task: &Task<'_>, databases: &BTreeMap<String, Listed>, wanted: Option<&str>) -> Result<String, CallError> {
    let is_called = |(name, listed): &(&String, &Listed), wanted: &str| {
        name.eq_ignore_ascii_case(wanted) || listed.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(wanted))
    };
    let one = if let Some(wanted) = wanted {
        databases.iter().find(|one| is_called(one, wanted))
    } else {
        let home = databases.iter().find(|(_, listed)| listed.is_home);
        let default = || databases.iter().find(|(_, listed)| listed.is_default);
        let only = || databases.iter().next().filter(|_| databases.len() == 1);
        home.or_else(default).or_else(only)
    };
    if let Some((name, _)) = one {
        return Ok(name.clone());
    }
    let what = match wanted {
        Some(wanted) => format!("the instance has no database {}", escape(wanted)),
        None => "the instance does not say which database is the home of this user".to_owned(),
    };
    let message = format!("{what}; {}", told(databases));
    Err(CallError::new(ErrorClass::NotFound, message).with_remedy(remedy(task, wanted)))
}

/// The names, for a message.
fn told(databases: &BTreeMap<String, Listed>) -> String {
    let names: Vec<String> = databases.keys().take(TOLD_MAX).map(|name| escape(name)).collect();
    match databases.len().checked_sub(TOLD_MAX).filter(|more| *more > 0) {
        _ if names.is_empty() => "it shows none to this user".to_owned(),
        None => format!("it has: {}", names.join(", ")),
        Some(more) => format!("it has: {} and {more} more", names.join(", ")),
    }
}

/// What to do. Before anything is done, where only the credentials are tried, a new run is begun with another name.
fn remedy(task: &Task<'_>, wanted: Option<&str>) -> String {
    let or_none = if wanted.is_some() { ", or an empty one, so that the instance is asked" } else { "" };
    if task.flag("ping") {
        return format!("give one of them as `database`{or_none}");
    }
    format!("give one of them{or_none}: `surefoot resume --set {}.database=NAME`", task.command.step)
}

/// The one of the names in use that opens; which they are, the address tells.
async fn tried(task: &Task<'_>, url: &str, credentials: &Credentials, refusal: CallError) -> Result<String, CallError> {
    let (http, to) = (&*task.ports().http, task.destination(url)?);
    let by_id = url.split_once("://").and_then(|(_, rest)| rest.split(['.', ':', '/']).next()).unwrap_or_default();
    let mut open = Vec::new();
    for name in [USUAL, by_id].into_iter().filter(|name| !name.is_empty()) {
        match query::run(http, &to, name, credentials, "RETURN 1 AS one", TIMEOUT).await {
            Ok(_) => open.push(name),
            Err(error) if error.class == ErrorClass::Outside => return Err(error),
            Err(_) => {}
        }
    }
    match open.as_slice() {
        [name] => Ok((*name).to_owned()),
        _ => Err(refusal.with_remedy(remedy(task, None))),
    }
}
