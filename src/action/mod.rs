//! How things are done: one file per step kind or family, one call or one read at a time, through ports.
//!
//! An action never decides which call comes next (that is the kind's protocol in `engine/protocol`), never retries
//! an effect, and does not know that it is scheduled. Whatever fails before an effect leaves is `not_sent`; whatever
//! happens after is told as the outcome.

pub mod archive;
mod background;
mod compare;
mod context;
mod diff;
mod file_write;
mod handover;
mod home;
mod instance;
mod local;
mod neo4j;
mod receive;
mod rotate;
mod seal;
mod sink;
mod snapshot;
mod source;
mod store;
mod task;
mod tenant;
pub mod twin_vault;
pub mod vault;
mod vouch;
mod whole;
mod whose;

pub use context::{Context, Multipart, RunFacts};

use crate::base::{Value, clip};
use crate::engine::call::{CallError, ErrorClass, Reply};
use crate::engine::command::{Act, Command};
use crate::engine::question::{Answer, Question};
use crate::port::{Async, Committed, OperatorError};
use std::io;
use task::Task;

/// The longest result, in bytes of JSON; a record has 256 KiB and holds more than the result.
const RESULT_MAX: usize = 192 << 10;

/// Does what a command says and tells what came of it.
///
/// An effect is sent only with a [`Committed`]: without it the reply is `not_sent`.
pub fn perform<'a>(context: &'a Context, command: &'a Command, committed: Option<Committed>) -> Async<'a, Reply> {
    Box::pin(async move {
        let task = Task { context, command };
        match &command.act {
            Act::Ask(question) => ask(&task, question).await,
            Act::Send(_) if committed.is_none() => Reply::not_sent(task.wrong("its intent is not durable yet")),
            act => cut(match dispatch(&task).await {
                Ok(reply) => recordable(reply).unwrap_or_else(|error| failed(act, error)),
                Err(error) => failed(act, error),
            }),
        }
    })
}

async fn dispatch(task: &Task<'_>) -> Result<Reply, CallError> {
    match task.command.kind.name {
        "assert" => local::assert(task),
        "audit.entry" => local::audit_entry(task),
        "aura.instance.await" => instance::watch::perform(task).await,
        "aura.instance.create" => instance::create::perform(task).await,
        "aura.instance.delete" => instance::delete::perform(task).await,
        "aura.instance.get" => instance::read::get(task).await,
        "aura.instance.list" => instance::read::all(task).await,
        "aura.instance.overwrite" => instance::overwrite::perform(task).await,
        "aura.instance.pause" | "aura.instance.resume" => instance::switch::perform(task).await,
        "aura.instance.update" => instance::update::perform(task).await,
        "aura.snapshot.await" => snapshot::watch(task).await,
        "aura.snapshot.create" => snapshot::create(task).await,
        "aura.snapshot.latest" => snapshot::latest(task).await,
        "aura.tenant.check" => tenant::perform(task).await,
        "backup.receive" => receive::perform(task).await,
        "backup.verify" => store::verify::perform(task).await,
        "diff" => diff::perform(task),
        "file.write" => file_write::perform(task),
        "manual" => handover::perform(task).await,
        "neo4j.compare" => compare::perform(task).await,
        "neo4j.counts" => neo4j::counts(task).await,
        "neo4j.password.rotate" => rotate::perform(task).await,
        "s3.put" => store::put::perform(task).await,
        "sleep" => local::sleep(task).await,
        _ => Err(task.unknown()),
    }
}

/// What was read, if a record can hold it: a run must not stop because the world has much to tell. What an effect
/// returned is recorded in any case; its fields and words are made short where they are taken over.
fn recordable(reply: Reply) -> Result<Reply, CallError> {
    let mut length = Length(0);
    let counted = match &reply {
        Reply::Done { output, .. } => serde_json::to_writer(&mut length, output),
        Reply::Found(found) => serde_json::to_writer(&mut length, found),
        Reply::Prepared { target, request, guard, .. } => serde_json::to_writer(&mut length, &(target, request, guard)),
        Reply::Checked { detail, .. } => serde_json::to_writer(&mut length, detail),
        _ => return Ok(reply),
    };
    match counted.map_or(0, |()| length.0) {
        0..=RESULT_MAX => Ok(reply),
        length => Err(CallError::new(
            ErrorClass::Invalid,
            format!("what was read has {length} bytes; a record holds {RESULT_MAX} of them"),
        )
        .with_remedy("ask for less, for instance for the instances of one tenant")),
    }
}

/// The same reply with words that a record can hold, whoever they are of.
fn cut(mut reply: Reply) -> Reply {
    if let Reply::Settled { request_id: Some(id), .. } = &mut reply {
        clip(id);
    }
    let error = match &mut reply {
        Reply::Failed(error) => Some(error),
        Reply::Settled { error, .. } | Reply::Checked { error, .. } => error.as_mut(),
        _ => None,
    };
    if let Some(error) = error {
        for text in [&mut error.reason, &mut error.message, &mut error.remedy] {
            clip(text);
        }
    }
    reply
}

/// How long what is written would be in a record, which escapes DEL and whatever may begin with the byte 0xc2.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() + 5 * bytes.iter().filter(|byte| matches!(byte, 0x7f | 0xc2)).count();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn ask(task: &Task<'_>, question: &Question) -> Reply {
    match task.ports().operator.ask(&task.command.step, question).await {
        // Whoever asks may have no clock; the moment is that of the record.
        Ok(answer) => Reply::Answered(Answer { at: task.ports().clock.now(), ..answer }),
        Err(error) => {
            let reason = match &error {
                OperatorError::Absent(_) => "absent",
                OperatorError::Declined(_) => "declined",
            };
            Reply::Failed(CallError::new(ErrorClass::Check, error.to_string()).with_reason(reason))
        }
    }
}

fn failed(act: &Act, error: CallError) -> Reply {
    match act {
        Act::Check => Reply::Checked { passed: false, detail: Value::Null, error: Some(error) },
        Act::Send(_) => Reply::not_sent(error),
        Act::Read(_) | Act::Prepare(_) | Act::Deliver { .. } | Act::Ask(_) => Reply::Failed(error),
    }
}
