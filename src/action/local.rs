//! Kinds that touch nothing outside this machine and fit into one function: `assert`, `sleep`, `audit.entry`.

use super::task::{Task, check, done, fields};
use crate::base::{Digest, Timestamp, Value, show};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::runbook::kind::Proof;

/// `assert`: fails where something is not true.
pub(super) fn assert(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    if task.flag("that") {
        return Ok(done(fields([("that", Value::Bool(true))])));
    }
    let message = task.text("message").unwrap_or("what the step asserts is not true");
    Err(check(show(message)))
}

/// `sleep`: waits until the moment that the protocol set, however often the wait is begun.
pub(super) async fn sleep(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    let until: Timestamp =
        task.added_text("until")?.parse().map_err(|error| task.wrong(&format!("the protocol's `until`: {error}")))?;
    task.doing(&format!("waits until {}", until.to_seconds_text()));
    task.ports().clock.sleep_until(until).await;
    Ok(done(fields([("until", until.to_seconds_text().into())])))
}

/// `audit.entry`: what it says becomes part of the trail as the step's output.
pub(super) fn audit_entry(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    let (subject, title, said) = (task.text("subject")?, task.text("title")?, task.map("fields")?);
    let digest =
        Digest::of(serde_json::json!({"subject": subject, "title": title, "fields": said}).to_string().as_bytes());
    let output = fields([
        ("title", title.into()),
        ("fields", Value::Object(said.clone())),
        ("written_at", task.now().to_seconds_text().into()),
    ]);
    Ok(Reply::Done { output, evidence: vec![task.evidence(Proof::Audited, subject, digest, "engine")] })
}
