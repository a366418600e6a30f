//! `neo4j.counts`, and the counting of an instance for `neo4j.compare`, over the Query API (aura-api.md §10).

use super::task::{Task, done};
use crate::aura::query::{self, Credentials, Rows};
use crate::base::{Map, Value};
use crate::engine::call::{Call, CallError, ErrorClass, Reply};
use crate::engine::command::Act;
use std::collections::BTreeMap;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_mins(1);
/// More labels or types than this are not a graph that can be compared one by one.
const NAMES_MAX: usize = 10_000;
const OUTPUTS: [&str; 9] =
    ["counted", "version", "nodes", "relationships", "labels", "types", "constraints", "indexes", "counted_at"];

/// `neo4j.counts`.
pub(super) async fn counts(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    let Some(credentials) = task.credentials("credentials")? else {
        if task.flag("accept_uncounted") {
            return Ok(done(uncounted(task)));
        }
        return Err(missing(task, "credentials"));
    };
    let database = Database { task, url: task.text("url")?, name: task.text("database")?, credentials };
    if task.flag("ping") {
        database.one("RETURN 1 AS one").await?;
        return Ok(done(uncounted(task)));
    }
    database.count().await.map(done)
}

/// The credentials are needed and not there.
pub(super) fn missing(task: &Task<'_>, input: &str) -> CallError {
    let handle = task.maybe(input).and_then(|handle| handle.get("$secret")).and_then(Value::as_str);
    let name = handle.unwrap_or(input);
    let variables = handle
        .and_then(|handle| handle.strip_prefix("secrets."))
        .map(|name| task.context.vault.variables(name).join(" and "))
        .filter(|names| !names.is_empty());
    let remedy = match variables {
        Some(variables) => format!("set {variables}, or run with `accept_uncounted: true`"),
        None => "give `credentials`, or run with `accept_uncounted: true`".to_owned(),
    };
    CallError::new(ErrorClass::Auth, format!("there are no credentials of the database (`{name}`); {remedy}"))
        .with_remedy(remedy)
}

fn uncounted(task: &Task<'_>) -> Map {
    let mut output: Map = OUTPUTS.into_iter().map(|name| (name.to_owned(), Value::Null)).collect();
    output.insert("counted".to_owned(), false.into());
    output.insert("counted_at".to_owned(), task.now().to_seconds_text().into());
    output
}

/// A database that can be asked.
pub(super) struct Database<'a> {
    pub(super) task: &'a Task<'a>,
    pub(super) url: &'a str,
    pub(super) name: &'a str,
    pub(super) credentials: Credentials,
}

impl Database<'_> {
    /// Everything that `neo4j.counts` tells. Labels, types and schema come from catalogues, the numbers from the
    /// count store, so that a large graph is counted in no more time than a small one.
    pub(super) async fn count(&self) -> Result<Map, CallError> {
        let version = self.version().await?;
        let nodes = self.number("MATCH (n) RETURN count(n)").await?;
        let relationships = self.number("MATCH ()-[r]->() RETURN count(r)").await?;
        let labels = self.by_name("CALL db.labels()", |name| format!("MATCH (n:{name}) RETURN count(n)")).await?;
        let types = self
            .by_name("CALL db.relationshipTypes()", |name| format!("MATCH ()-[r:{name}]->() RETURN count(r)"))
            .await?;
        let constraints = self.run("SHOW CONSTRAINTS YIELD name, type, entityType, labelsOrTypes, properties").await?;
        let indexes = self.run("SHOW INDEXES YIELD name, type, state, entityType, labelsOrTypes, properties").await?;
        Ok(super::task::fields([
            ("counted", true.into()),
            ("version", version),
            ("nodes", nodes.into()),
            ("relationships", relationships.into()),
            ("labels", labels),
            ("types", types),
            ("constraints", schema(&constraints)),
            ("indexes", schema(&indexes)),
            ("counted_at", self.task.now().to_seconds_text().into()),
        ]))
    }

    async fn version(&self) -> Result<Value, CallError> {
        let rows = self.run("CALL dbms.components()").await?;
        let at = column(&rows, "versions");
        let versions = at.and_then(|at| rows.values.first()?.get(at));
        Ok(versions.and_then(|versions| versions.get(0)).cloned().unwrap_or(Value::Null))
    }

    /// The number of each name in a catalogue. A name that nothing bears any more stays in the catalogue for ever and
    /// is not in a copy, so those of nothing are left out.
    async fn by_name(&self, catalogue: &str, statement: impl Fn(&str) -> String) -> Result<Value, CallError> {
        let rows = self.run(catalogue).await?;
        let names: Vec<&str> = rows.values.iter().filter_map(|row| row.first()?.as_str()).collect();
        if names.len() > NAMES_MAX {
            return Err(CallError::new(
                ErrorClass::Invalid,
                format!("{catalogue} tells {} names, more than {NAMES_MAX}", names.len()),
            ));
        }
        let mut numbers = BTreeMap::new();
        for name in names {
            let number = self.number(&statement(&quoted(name))).await?;
            if number > 0 {
                numbers.insert(name, number);
            }
        }
        Ok(serde_json::json!(numbers))
    }

    async fn number(&self, statement: &str) -> Result<u64, CallError> {
        let value = self.one(statement).await?;
        value
            .as_u64()
            .ok_or_else(|| CallError::new(ErrorClass::Outside, format!("{statement} was answered without a number")))
    }

    /// The single value of a statement.
    async fn one(&self, statement: &str) -> Result<Value, CallError> {
        let rows = self.run(statement).await?;
        rows.values
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next())
            .ok_or_else(|| CallError::new(ErrorClass::Outside, format!("{statement} was answered without a row")))
    }

    async fn run(&self, statement: &str) -> Result<Rows, CallError> {
        let http = &*self.task.ports().http;
        query::run(http, self.url, self.name, &self.credentials, statement, TIMEOUT).await
    }
}

/// A name as it stands in a statement; what is no plain word is quoted, so that it cannot be anything but a name.
fn quoted(name: &str) -> String {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    if plain { name.to_owned() } else { format!("`{}`", name.replace('`', "``")) }
}

fn column(rows: &Rows, name: &str) -> Option<usize> {
    rows.fields.iter().position(|field| field == name)
}

/// One line for each entry, sorted; the state is told only where it is not the final one.
fn schema(rows: &Rows) -> Value {
    let text = |row: &[Value], name: &str| match column(rows, name).and_then(|at| row.get(at)) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    };
    let mut lines: Vec<String> = rows
        .values
        .iter()
        .map(|row| {
            let [name, kind, entity] = ["name", "type", "entityType"].map(|name| text(row, name));
            let [labels, properties, state] = ["labelsOrTypes", "properties", "state"].map(|name| text(row, name));
            let state = if state.is_empty() || state == "ONLINE" { String::new() } else { format!(" [{state}]") };
            format!("{name}: {kind} {entity} ({labels}) {{{properties}}}{state}")
        })
        .collect();
    lines.sort();
    serde_json::json!(lines)
}
