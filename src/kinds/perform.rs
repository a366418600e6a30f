//! Does what commands say, whichever kind they are of.

use super::catalog::step_kind;
use super::context::Context;
use super::task::Task;
use crate::base::{Value, truncate};
use crate::engine::call::{CallError, ErrorClass, Reply};
use crate::engine::command::{Act, Command};
use crate::engine::question::{Answer, Question};
use crate::port::{Async, Committed, OperatorError, Perform};
use std::io;

/// The longest result, in bytes of JSON; a record has 256 KiB and holds more than the result.
const RESULT_MAX: usize = 192 << 10;

impl Perform for Context {
    fn perform<'a>(&'a self, command: &'a Command, committed: Option<&'a Committed>) -> Async<'a, Reply> {
        Box::pin(async move {
            let task = Task { context: self, command };
            let is_durable = || command.announced.zip(committed).is_some_and(|(seq, committed)| committed.covers(seq));
            match &command.act {
                Act::Ask(question) => ask(&task, question).await,
                Act::Send(_) if !is_durable() => Reply::not_sent(task.wrong("its intent is not durable yet")),
                act => cut(match step_kind(command.kind).perform(&task).await {
                    Ok(reply) => recordable(reply).unwrap_or_else(|error| failed(act, error)),
                    Err(error) => failed(act, error),
                }),
            }
        })
    }

    fn halt(&self) {
        if let Some(aura) = &self.aura {
            aura.halt();
        }
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
        truncate(id);
    }
    let error = match &mut reply {
        Reply::Failed(error) => Some(error),
        Reply::Settled { error, .. } | Reply::Checked { error, .. } => error.as_mut(),
        _ => None,
    };
    if let Some(error) = error {
        for text in [&mut error.reason, &mut error.message, &mut error.remedy] {
            truncate(text);
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
