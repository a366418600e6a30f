//! Running a statement on an instance.

use super::parse::{Cell, Counted, Row, Statement, What};
use super::table::Table;
use crate::base::{Digest, Timestamp, Value};
use crate::twin::graph::{Graph, Index};
use crate::twin::instance::Instance;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

const INDEX_COLUMNS: [&str; 12] = [
    "id",
    "name",
    "state",
    "populationPercent",
    "type",
    "entityType",
    "labelsOrTypes",
    "properties",
    "indexProvider",
    "owningConstraint",
    "lastRead",
    "readCount",
];

const CONSTRAINT_COLUMNS: [&str; 8] =
    ["id", "name", "type", "entityType", "labelsOrTypes", "properties", "ownedIndex", "propertyType"];

const DATABASE_COLUMNS: [&str; 13] = [
    "name",
    "type",
    "aliases",
    "access",
    "address",
    "role",
    "writer",
    "requestedStatus",
    "currentStatus",
    "statusMessage",
    "default",
    "home",
    "constituents",
];

/// Runs a statement. After a load its indexes are populated for a while.
pub(super) fn run(
    statement: &Statement,
    instance: &Instance,
    now: Timestamp,
    population: Duration,
) -> Result<Table, String> {
    let graph = instance.graph_at(now);
    match statement {
        Statement::Rows(rows) => {
            let columns = rows.first().map(|row| row.columns.as_slice()).unwrap_or_default();
            let fields = columns.iter().map(|(name, _)| name.clone()).collect();
            Ok(Table { fields, values: rows.iter().map(|row| cells(row, &graph)).collect() })
        }
        Statement::List { what, shape } => {
            let table = match what {
                What::Labels => names("label", graph.labels.keys()),
                What::Types => names("relationshipType", graph.types.keys()),
                What::Indexes => indexes(&graph, progress(instance, now, population)),
                What::Constraints => constraints(&graph),
                What::Components => components(instance),
                What::Info => info(instance),
                What::Databases { only_home } => databases(instance, *only_home),
            };
            table.shaped(shape)
        }
    }
}

fn cells(row: &Row, graph: &Graph) -> Vec<Value> {
    let of = |counts: &BTreeMap<String, u64>, name: &str| counts.get(name).copied().unwrap_or(0);
    let number = match &row.counted {
        Counted::Nothing => 0,
        Counted::Nodes(None) => graph.nodes,
        Counted::Nodes(Some(label)) => of(&graph.labels, label),
        Counted::Relationships(None) => graph.relationships(),
        Counted::Relationships(Some(name)) => of(&graph.types, name),
    };
    let cell = |cell: &Cell| match cell {
        Cell::Literal(value) => value.clone(),
        Cell::Count => json!(number),
    };
    row.columns.iter().map(|(_, one)| cell(one)).collect()
}

fn names<'a>(column: &str, names: impl Iterator<Item = &'a String>) -> Table {
    Table::new(&[column], names.map(|name| vec![json!(name)]).collect())
}

/// How much of the indexes is populated, in percent.
fn progress(instance: &Instance, now: Timestamp, population: Duration) -> f64 {
    match instance.loaded_at {
        Some(loaded_at) if now < loaded_at.plus(population) => {
            (now.since(loaded_at).as_secs_f64() / population.as_secs_f64() * 1_000.0).floor() / 10.0
        }
        _ => 100.0,
    }
}

fn indexes(graph: &Graph, percent: f64) -> Table {
    let row = |(place, index): (usize, &Index)| {
        let lookup = index.kind == "LOOKUP";
        let list = |items: &[String]| if lookup { Value::Null } else { json!(items) };
        let percent = if lookup { 100.0 } else { percent };
        vec![
            json!(place + 1),
            json!(index.name),
            json!(if percent < 100.0 { "POPULATING" } else { "ONLINE" }),
            json!(percent),
            json!(index.kind),
            json!(index.entity),
            list(&index.labels),
            list(&index.properties),
            json!(provider(&index.kind)),
            json!(index.owner),
            Value::Null,
            json!(0),
        ]
    };
    let mut sorted: Vec<&Index> = graph.indexes.iter().collect();
    sorted.sort_by(|left, right| left.name.cmp(&right.name));
    Table::new(&INDEX_COLUMNS, sorted.into_iter().enumerate().map(row).collect())
}

fn provider(kind: &str) -> &'static str {
    match kind {
        "LOOKUP" => "token-lookup-1.0",
        "TEXT" => "text-2.0",
        "POINT" => "point-1.0",
        "FULLTEXT" => "fulltext-1.0",
        "VECTOR" => "vector-2.0",
        _ => "range-1.0",
    }
}

fn constraints(graph: &Graph) -> Table {
    let owned = |name: &str| {
        let index = graph.indexes.iter().find(|index| index.owner.as_deref() == Some(name));
        index.map(|index| index.name.clone())
    };
    let mut sorted: Vec<_> = graph.constraints.iter().collect();
    sorted.sort_by(|left, right| left.name.cmp(&right.name));
    let row = |(place, constraint): (usize, &crate::twin::graph::Constraint)| {
        vec![
            json!(place + 1),
            json!(constraint.name),
            json!(constraint.kind),
            json!(constraint.entity),
            json!(constraint.labels),
            json!(constraint.properties),
            json!(owned(&constraint.name)),
            Value::Null,
        ]
    };
    Table::new(&CONSTRAINT_COLUMNS, sorted.into_iter().enumerate().map(row).collect())
}

/// The id of the store that is told here is another one than that in its backups; when it was created is the same.
fn info(instance: &Instance) -> Table {
    let id = Digest::of(instance.id.as_bytes()).to_string();
    let created = instance.store_created_at().to_string();
    Table::new(&["id", "name", "creationDate"], vec![vec![json!(id), json!(instance.database), json!(created)]])
}

/// The databases of an instance: its own, to which whoever names none comes, and the one for administration.
fn databases(instance: &Instance, only_home: bool) -> Table {
    let row = |name: &str, kind: &str| {
        let is_home = name == instance.database;
        vec![
            json!(name),
            json!(kind),
            json!([]),
            json!("read-write"),
            json!(format!("{}.databases.neo4j.io:7687", instance.id)),
            json!("primary"),
            json!(true),
            json!("online"),
            json!("online"),
            json!(""),
            json!(is_home),
            json!(is_home),
            json!([]),
        ]
    };
    let mut rows = vec![row(&instance.database, "standard")];
    if !only_home {
        rows.push(row("system", "system"));
    }
    Table::new(&DATABASE_COLUMNS, rows)
}

fn components(instance: &Instance) -> Table {
    let version = if instance.version == "4" { "4.4-aura" } else { "5.27-aura" };
    let row = vec![json!("Neo4j Kernel"), json!([version]), json!("enterprise")];
    Table::new(&["name", "versions", "edition"], vec![row])
}
