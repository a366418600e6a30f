//! `diff`: two maps, field by field.

use super::task::Task;
use crate::base::{Map, Value, show};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use std::collections::BTreeSet;

/// What follows from the other fields of a configuration differs with them and is no field of it.
const DERIVED: &str = "consequences";

/// Longer values are cut in the table; the rows hold them in full.
const CELL_MAX: usize = 48;

pub(super) fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    let empty = Map::new();
    let (before, after) = (task.map("before")?, task.map("after")?);
    let expect = if task.maybe("expect").is_some() { task.map("expect")? } else { &empty };
    let ignore: BTreeSet<&str> = task.list("ignore").iter().filter_map(Value::as_str).collect();
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).filter(|name| *name != DERIVED).collect();
    let names: BTreeSet<&String> = names.into_iter().chain(expect.keys()).collect();
    let rows: Vec<Row<'_>> = names
        .into_iter()
        .map(|name| {
            let (before, after) = (before.get(name).unwrap_or(&Value::Null), after.get(name).unwrap_or(&Value::Null));
            let verdict = verdict(before, after, expect.get(name), ignore.contains(name.as_str()));
            Row { name, before, after, verdict }
        })
        .collect();
    let unexpected: Vec<&str> = rows.iter().filter(|row| row.verdict == "different").map(|row| row.name).collect();
    Ok(Reply::Found(serde_json::json!({
        "rows": rows.iter().map(Row::to_value).collect::<Vec<_>>(),
        "unexpected": unexpected,
        "text": table(&rows),
    })))
}

struct Row<'a> {
    name: &'a str,
    before: &'a Value,
    after: &'a Value,
    verdict: &'static str,
}

impl Row<'_> {
    fn to_value(&self) -> Value {
        serde_json::json!({"field": self.name, "before": self.before, "after": self.after, "verdict": self.verdict})
    }
}

/// An expectation says what must be there after; it is a difference where something else is, even the old value.
fn verdict(before: &Value, after: &Value, expected: Option<&Value>, ignored: bool) -> &'static str {
    match expected {
        Some(expected) if after != expected => "different",
        _ if before == after => "same",
        Some(_) => "expected",
        None if ignored => "ignored",
        None => "different",
    }
}

fn table(rows: &[Row<'_>]) -> String {
    let heading = ["field", "before", "after", "verdict"].map(str::to_owned);
    let lines: Vec<[String; 4]> = std::iter::once(heading)
        .chain(rows.iter().map(|row| [show(row.name), cell(row.before), cell(row.after), row.verdict.to_owned()]))
        .collect();
    let mut text = String::new();
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2), 0];
    for line in &lines {
        let padded = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => show(text),
        other => show(&other.to_string()),
    };
    if text.chars().count() <= CELL_MAX {
        return text;
    }
    text.chars().take(CELL_MAX - 1).chain(std::iter::once('…')).collect()
}
