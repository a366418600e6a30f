//! `diff`: two maps, field by field.

use crate::base::{Map, Value, escape, lines};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::engine::protocol::asking::{asked_in_this_session, asking};
use crate::engine::protocol::effect::hold;
use crate::engine::protocol::values::{declared, field};
use crate::engine::protocol::{Context, Next, Protocol};
use crate::engine::question::{Form, Question};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Kind, OnFailure, Type};
use serde_json::json;
use std::collections::BTreeSet;
use std::future::ready;

/// `diff`.
pub(in crate::kinds) struct Diff;

static KIND: Kind = Kind {
    name: "diff",
    summary: "Compares two maps field by field; a difference that was not expected must be acknowledged by a person.",
    inputs: &[
        Field::required("before", Type::Map, "the one side"),
        Field::required("after", Type::Map, "the other side"),
        Field::with_default("expect", Type::Map, "{}", "fields that must have this value after"),
        Field::with_default("ignore", Type::List, "[]", "fields not to compare"),
    ],
    outputs: &[
        Field::output("rows", Type::List, "field, before, after and verdict of each field"),
        Field::output("unexpected", Type::List, "the fields that differ and were not expected to"),
        Field::output("text", Type::String, "the comparison as a table"),
        Field::optional("acknowledged_by", Type::String, "who accepted the unexpected differences"),
    ],
    asks: true,
    on_failure: OnFailure::Hold,
    saves: Some("text"),
    example: concat!(
        "- id: config_diff\n",
        "  uses: diff\n",
        "  with:\n",
        "    before: \"{{ steps.capture }}\"\n",
        "    after: \"{{ steps.new }}\"\n",
        "    ignore: [id, created_at, connection_url]\n",
        "  save: diff.txt\n",
    ),
    asks_for: "only if there are unexpected differences",
    result: judged,
    remark: accepted,
    ..Kind::BASE
};

impl Protocol for Diff {
    fn next(&self, context: &Context<'_>) -> Next {
        next(context)
    }
}

impl StepKind for Diff {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(ready(perform(task)))
    }
}

fn judged(output: &Map) -> String {
    match output.get("unexpected").and_then(Value::as_array) {
        Some(fields) if !fields.is_empty() => format!("accepted: {}", lines::field(output, "unexpected")),
        _ => "as expected".to_owned(),
    }
}

fn accepted(output: &Map) -> Option<String> {
    let by = output.get("acknowledged_by").and_then(Value::as_str)?;
    let fields = lines::field(output, "unexpected");
    Some(format!("unexpected differences in {fields} were accepted by {}", escape(by)))
}

/// An unexpected difference must be acknowledged.
fn next(context: &Context<'_>) -> Next {
    let Some(seen) = context.history.last_probe(Call::Read) else {
        return Next::read(Call::Read, context.history.wait_until.unwrap_or_default(), Value::Null);
    };
    let mut output = declared(context, &seen.found);
    let unexpected = seen.found.get("unexpected").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if unexpected.is_empty() {
        return Next::Succeed { output, evidence: Vec::new() };
    }
    if let Some(next) = asking(context) {
        return next;
    }
    match context.history.last_answer() {
        Some((_, answer)) if answer.text == "accept" => {
            output.insert("acknowledged_by".to_owned(), json!(answer.by.to_string()));
            Next::Succeed { output, evidence: Vec::new() }
        }
        Some((_, answer)) if answer.text == "stop" && asked_in_this_session(context) > 0 => {
            hold("an unexpected difference was not accepted", "find out why it differs; `surefoot resume` asks again")
        }
        _ => {
            let names: Vec<_> = unexpected.iter().filter_map(Value::as_str).collect();
            let table = field(&seen.found, "text");
            let question = Question {
                form: Form::Choice(vec!["accept".to_owned(), "stop".to_owned()]),
                text: format!("These fields differ and were not expected to: {}.\n{table}", names.join(", ")),
                show: Vec::new(),
                task: json!({"task": "deviation", "fields": names}),
                round: context.history.next_round(),
            };
            Next::Ask(question)
        }
    }
}

/// What follows from the other fields of a configuration differs with them and is no field of it.
const DERIVED: &str = "consequences";

/// Longer values are cut in the table; the rows hold them in full.
const CELL_MAX: usize = 48;

fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
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
        .chain(rows.iter().map(|row| [escape(row.name), cell(row.before), cell(row.after), row.verdict.to_owned()]))
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
        Value::String(text) => escape(text),
        other => escape(&other.to_string()),
    };
    if text.chars().count() <= CELL_MAX {
        return text;
    }
    text.chars().take(CELL_MAX - 1).chain(std::iter::once('…')).collect()
}
