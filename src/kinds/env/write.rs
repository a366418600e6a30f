//! `env.write`: variables in a file, written whole by rename, so that doubt is settled by writing it again.

use super::file;
use crate::base::lines::field;
use crate::base::{Digest, Secret, Value, escape};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::engine::protocol::{Context, Next, Protocol, repeat};
use crate::kinds::private;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::{Task, applied, prepared};
use crate::runbook::kind::{Field, Idempotency, Kind, Objection, Reversibility, Type, Written};
use serde_json::json;
use std::future::ready;

/// `env.write`.
pub(in crate::kinds) struct WriteEnv;

static KIND: Kind = Kind {
    name: "env.write",
    summary: "Sets variables in a .env file, mode 0600. Its other lines stay as they are, in their order.",
    inputs: &[
        Field::required("path", Type::Path, "the file; refused where git would commit it"),
        Field::required("set", Type::Map, "the variables by name, each a text; a secret may stand in it")
            .holds_secrets(),
    ],
    outputs: &[
        Field::output("path", Type::Path, "the file"),
        Field::output("names", Type::List, "the names of the variables"),
        Field::output("count", Type::Integer, "how many there are"),
    ],
    repeat: Idempotency::Idempotent,
    reverse: Reversibility::Undoable,
    probe: "writes the variables again",
    objections,
    result: |output| format!("{}: {}", field(output, "path"), field(output, "names")),
    example: concat!(
        "- id: configure\n",
        "  uses: env.write\n",
        "  with:\n",
        "    path: app.env\n",
        "    set:\n",
        "      DATABASE_URL: \"postgres://app:{{ secrets.db.password }}@db.internal/orders\"\n",
        "      LOG_LEVEL: info\n",
    ),
    ..Kind::BASE
};

/// Names that no variable can have, and values that are none.
fn objections(written: Written<'_>) -> Vec<Objection> {
    let entries = written.entries("set");
    if entries.as_ref().is_some_and(Vec::is_empty) {
        return vec![Objection::to("set", "`set` names no variable", "write `set: {NAME: value}`")];
    }
    let mut found = Vec::new();
    for (name, value) in entries.unwrap_or_default() {
        if !file::is_name(name) {
            let message = format!("there can be no variable `{}`", escape(name));
            found.push(Objection::to("set", message, file::NAMES));
        } else if matches!(value, Some(Value::Null | Value::Array(_) | Value::Object(_))) {
            let message = format!("the variable `{name}` has no text as its value");
            found.push(Objection::to("set", message, "write a text; to have it empty, write \"\""));
        }
    }
    found
}

impl Protocol for WriteEnv {
    fn next(&self, context: &Context<'_>) -> Next {
        repeat::next(context, Call::Write)
    }

    fn sending(&self, _: Call) -> &'static str {
        "the variables are written again"
    }
}

impl StepKind for WriteEnv {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(ready(perform(task)))
    }
}

fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let path = private::place(task, task.path("path")?);
    let variables = task.map("set")?;
    if variables.is_empty() {
        return Err(task.wrong("`set` names no variable"));
    }
    // Handles stand in place of the secrets, so that the digest says nothing about them.
    let digest = Digest::of(json!([path.display().to_string(), variables]).to_string().as_bytes());
    match &task.command.act {
        Act::Prepare(Call::Write) => {
            values(task)?;
            private::sheltered(&*task.ports().disk, &path)?;
            let shown = path.display().to_string();
            let request = format!("WRITE {}", escape(&shown));
            Ok(prepared(shown, request, digest, Value::Null))
        }
        Act::Send(intent) if intent.call == Call::Write => {
            task.as_announced(digest)?;
            file::set(task, &path, &values(task)?)?;
            let names: Vec<&String> = variables.keys().collect();
            Ok(applied(json!({"path": path.display().to_string(), "names": names, "count": names.len()})))
        }
        _ => Err(task.unknown()),
    }
}

/// The variables with their values, put together at the moment they are written.
fn values<'a>(task: &Task<'a>) -> Result<Vec<(&'a str, Secret<String>)>, CallError> {
    let variables = task.map("set")?.iter();
    let value = |(name, value): (&'a String, &Value)| match value {
        _ if !file::is_name(name) => {
            Err(task.wrong(&format!("there can be no variable `{}`: {}", escape(name), file::NAMES)))
        }
        Value::Null => Err(task.wrong(&format!("the value of `{name}` is null; a variable has a text"))),
        value => Ok((name.as_str(), task.secret_text(value)?)),
    };
    variables.map(value).collect()
}
