//! `neo4j.counts`, and the counting of an instance for `neo4j.compare`, over the Query API (docs/aura-api.md, "Query
//! API").

use crate::base::{Digest, Map, Timestamp, Value};
use crate::engine::call::{Call, CallError, ErrorClass, Reply};
use crate::engine::command::Act;
use crate::kinds::aura::client::query::{self, Credentials, Rows};
use crate::kinds::neo4j::{home, whose};
use crate::kinds::task::{Task, done};
use crate::runbook::kind::Proof;
use std::collections::BTreeMap;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_mins(1);
/// More labels or types than this are not a graph that can be compared one by one.
const NAMES_MAX: usize = 10_000;
/// So many numbers are asked for by one statement.
const UNION_MAX: usize = 50;
const OUTPUTS: [&str; 12] = [
    "counted",
    "version",
    "store_created_at",
    "nodes",
    "relationships",
    "labels",
    "types",
    "constraints",
    "indexes",
    "counted_at",
    "database",
    "username",
];
/// The code of a database that is not there.
const NOT_THERE: &str = "Neo.ClientError.Database.DatabaseNotFound";

/// `neo4j.counts`.
pub(in crate::kinds) async fn counts(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read | Call::Recheck) = task.command.act else { return Err(task.unknown()) };
    let Some(credentials) = task.credentials("credentials")? else {
        if task.flag("accept_uncounted") {
            return Ok(done(uncounted(task, false)));
        }
        return Err(missing(task, "credentials"));
    };
    let url = task.text("url")?;
    let named = whose::named(task, url)?;
    if task.flag("ping") {
        // Whatever a person has given, the instance is asked: later there may be no way back.
        let name = home::find(task, url, &credentials, task.name_or_none("database")?).await?;
        let database = Database { task, url, name, credentials };
        let version = database.version().await?;
        let mut output = uncounted(task, true);
        output.insert("version".to_owned(), version);
        output.extend(database.told());
        return Ok(done(output));
    }
    let output = count(task, url, credentials).await?;
    let counted = |(id, verifier): (&str, &str)| task.evidence(Proof::Counted, id, digest(&output), verifier);
    let evidence = named.map(counted).into_iter().collect();
    Ok(Reply::Done { output, evidence })
}

/// The digest of what is in a database, whenever it is counted. Indexes are left out: they change by themselves.
fn digest(counts: &Map) -> Digest {
    let data = ["nodes", "relationships", "labels", "types", "constraints"].map(|name| counts.get(name));
    Digest::of(serde_json::json!(data).to_string().as_bytes())
}

/// Counts the database that the inputs name, or the home of the user.
pub(in crate::kinds) async fn count(task: &Task<'_>, url: &str, credentials: Credentials) -> Result<Map, CallError> {
    let wanted = task.name_or_none("database")?;
    let name = match wanted {
        Some(name) => name.to_owned(),
        None => home::find(task, url, &credentials, None).await?,
    };
    let database = Database { task, url, name, credentials };
    let is_again = task.command.act == Act::Read(Call::Recheck);
    let counted = if is_again { database.data().await } else { database.count().await };
    match counted {
        // The list says which there are.
        Err(error) if error.reason == NOT_THERE && wanted.is_some() => {
            Err(home::find(task, url, &database.credentials, wanted).await.err().unwrap_or(error))
        }
        counted => counted,
    }
}

/// The credentials are needed and not there.
pub(in crate::kinds) fn missing(task: &Task<'_>, input: &str) -> CallError {
    let handle = task.maybe(input).and_then(|handle| handle.get("$secret")).and_then(Value::as_str);
    let name = handle.unwrap_or(input);
    let remedy =
        handle.and_then(|handle| handle.strip_prefix("secrets.")).and_then(|name| task.context.vault.remedy(name));
    let remedy = match remedy {
        Some(remedy) => format!("{remedy}, or run with `accept_uncounted: true`"),
        None => "give `credentials`, or run with `accept_uncounted: true`".to_owned(),
    };
    CallError::new(ErrorClass::Auth, format!("there are no credentials of the database (`{name}`); {remedy}"))
        .with_remedy(remedy)
}

/// Nothing was counted, but the credentials may have been seen to work.
fn uncounted(task: &Task<'_>, works: bool) -> Map {
    let mut output: Map = OUTPUTS.into_iter().map(|name| (name.to_owned(), Value::Null)).collect();
    output.insert("counted".to_owned(), false.into());
    output.insert("works".to_owned(), works.into());
    output.insert("counted_at".to_owned(), task.now().to_seconds_text().into());
    output
}

/// A database that can be asked.
struct Database<'a> {
    task: &'a Task<'a>,
    url: &'a str,
    name: String,
    credentials: Credentials,
}

impl Database<'_> {
    /// Everything that `neo4j.counts` tells. Labels, types and schema come from catalogues, the numbers from the
    /// count store, so that a large graph is counted in no more time than a small one.
    async fn count(&self) -> Result<Map, CallError> {
        let version = self.version().await?;
        let store_created_at = self.store_created_at().await?;
        let indexes = self.run("SHOW INDEXES YIELD name, type, state, entityType, labelsOrTypes, properties").await?;
        let mut counted = self.data().await?;
        counted.extend(crate::kinds::task::fields([
            ("counted", true.into()),
            ("works", true.into()),
            ("version", version),
            ("store_created_at", store_created_at),
            ("indexes", schema(&indexes)),
            ("counted_at", self.task.now().to_seconds_text().into()),
        ]));
        counted.extend(self.told());
        Ok(counted)
    }

    /// What is in it: as much as a last look compares, and no more, since a confirmation is fresh for minutes only.
    async fn data(&self) -> Result<Map, CallError> {
        let labels = self.names("CALL db.labels()").await?;
        let types = self.names("CALL db.relationshipTypes()").await?;
        let all = ["MATCH (n)".to_owned(), "MATCH ()-[n]->()".to_owned()].into_iter();
        let of_labels = labels.iter().map(|name| format!("MATCH (n:{})", quoted(name)));
        let of_types = types.iter().map(|name| format!("MATCH ()-[n:{}]->()", quoted(name)));
        let numbers = self.numbers(&all.chain(of_labels).chain(of_types).collect::<Vec<_>>()).await?;
        let (totals, named) = numbers.split_at(2);
        let (of_labels, of_types) = named.split_at(labels.len());
        let constraints = self.run("SHOW CONSTRAINTS YIELD name, type, entityType, labelsOrTypes, properties").await?;
        Ok(crate::kinds::task::fields([
            ("nodes", totals.first().copied().into()),
            ("relationships", totals.last().copied().into()),
            ("labels", by_name(&labels, of_labels)),
            ("types", by_name(&types, of_types)),
            ("constraints", schema(&constraints)),
        ]))
    }

    /// Which database it is, and who asked.
    fn told(&self) -> Map {
        let username = self.credentials.username.as_str();
        crate::kinds::task::fields([("database", self.name.as_str().into()), ("username", username.into())])
    }

    async fn version(&self) -> Result<Value, CallError> {
        let rows = self.run("CALL dbms.components()").await?;
        let at = column(&rows, "versions");
        let versions = at.and_then(|at| rows.values.first()?.get(at));
        Ok(versions.and_then(|versions| versions.get(0)).cloned().unwrap_or(Value::Null))
    }

    /// When the store was created, which a backup of it says too; nothing where the user may not ask.
    async fn store_created_at(&self) -> Result<Value, CallError> {
        let rows = match self.run("CALL db.info()").await {
            Err(error) if error.class != ErrorClass::Outside => return Ok(Value::Null),
            rows => rows?,
        };
        let told = column(&rows, "creationDate").and_then(|at| rows.values.first()?.get(at)?.as_str());
        let at = told.and_then(|told| told.parse::<Timestamp>().ok());
        Ok(at.map_or(Value::Null, |at| at.to_string().into()))
    }

    /// The names in a catalogue.
    async fn names(&self, catalogue: &str) -> Result<Vec<String>, CallError> {
        let rows = self.run(catalogue).await?;
        let names: Vec<_> = rows.values.iter().filter_map(|row| row.first()?.as_str().map(str::to_owned)).collect();
        if names.len() > NAMES_MAX {
            return Err(CallError::new(
                ErrorClass::Invalid,
                format!("{catalogue} tells {} names, more than {NAMES_MAX}", names.len()),
            ));
        }
        Ok(names)
    }

    /// The number of what each pattern matches, in their order.
    ///
    /// One statement asks for many, because each costs a journey to the service. Every part of a union is planned by
    /// itself; that its number has a name before anything stands beside it keeps the count store in use. The order
    /// of the rows of a union is not promised.
    async fn numbers(&self, patterns: &[String]) -> Result<Vec<u64>, CallError> {
        let mut numbers = Vec::with_capacity(patterns.len());
        for some in patterns.chunks(UNION_MAX) {
            let part = |(number, pattern)| format!("{pattern} WITH count(n) AS number RETURN {number} AS part, number");
            let statement = some.iter().enumerate().map(part).collect::<Vec<_>>().join(" UNION ALL ");
            let rows = self.run(&statement).await?;
            let cell = |row: &[Value], name: &str| column(&rows, name).and_then(|at| row.get(at)?.as_u64());
            let told: BTreeMap<_, _> =
                rows.values.iter().filter_map(|row| cell(row, "part").zip(cell(row, "number"))).collect();
            for (part, pattern) in (0..).zip(some) {
                numbers.push(told.get(&part).copied().ok_or_else(|| {
                    let message = format!("{pattern} RETURN count(n) was answered without a number");
                    CallError::new(ErrorClass::Outside, message)
                })?);
            }
        }
        Ok(numbers)
    }

    async fn run(&self, statement: &str) -> Result<Rows, CallError> {
        let http = &*self.task.ports().http;
        let to = self.task.destination(self.url)?;
        query::run(http, &to, &self.name, &self.credentials, statement, TIMEOUT).await
    }
}

/// A name that nothing bears any more stays in its catalogue forever and is not in a copy, so those of nothing are
/// left out.
fn by_name(names: &[String], numbers: &[u64]) -> Value {
    let borne = names.iter().zip(numbers).filter(|(_, number)| **number > 0);
    serde_json::json!(borne.collect::<BTreeMap<_, _>>())
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
