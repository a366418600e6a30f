//! The data of each record type, as it is stored.
//!
//! Each type here is written from borrowed parts of an event and read into owned ones. The names of the fields are
//! the format; they are never removed, and those a reader does not know are ignored.

mod call;
mod parts;
mod person;
mod run;
mod step;
mod window;

use super::word::Word;
use crate::engine::event::Body;
use serde::Serialize as _;
use serde_json::ser::Formatter;
use std::borrow::Cow;
use std::io::Write;

/// Writes the data of an event as a JSON object.
pub(super) fn write_data<W: Write, F: Formatter>(
    body: &Body,
    to: &mut serde_json::Serializer<W, F>,
) -> serde_json::Result<()> {
    match body {
        Body::RunOpened(opened) => run::Opened::from(opened).serialize(to),
        Body::SessionOpened(session) => run::Session::from(session).serialize(to),
        Body::CallIntended(intent) => call::Intended::from(intent).serialize(to),
        Body::CallSettled(settlement) => call::Settled::from(settlement).serialize(to),
        Body::CallProbed { step, call, found } => {
            let (step, call, found) = (Cow::Borrowed(step.as_str()), Word(*call), Cow::Borrowed(found));
            call::Probed { step, call, found }.serialize(to)
        }
        Body::StepNoted { .. }
        | Body::StepWaiting { .. }
        | Body::StepSucceeded { .. }
        | Body::StepFailed { .. }
        | Body::StepSkipped { .. }
        | Body::StepHeld { .. }
        | Body::StepReset { .. }
        | Body::StepChanged { .. } => step::write(body, to),
        Body::QuestionAsked { .. }
        | Body::QuestionAnswered { .. }
        | Body::GateChecked { .. }
        | Body::SecretDelivered { .. }
        | Body::SecretLost { .. }
        | Body::SecretRotated { .. }
        | Body::OperatorResolved { .. } => person::write(body, to),
        Body::RunPaused | Body::RunCancelAsked => run::Empty {}.serialize(to),
        Body::WindowOpened { .. } | Body::WindowClosed { .. } | Body::WindowAwaited | Body::WindowOverridden { .. } => {
            window::write(body, to)
        }
        Body::UndoBegun { .. }
        | Body::JournalRecovered { .. }
        | Body::JournalSegment { .. }
        | Body::RunClosed { .. } => run::write(body, to),
    }
}

/// Reads the data of a record type.
pub(super) fn read_data(kind: &str, data: &str) -> serde_json::Result<Body> {
    match kind.split_once('.') {
        Some(("call", name)) => call::read(name, data),
        Some(("step", name)) => step::read(name, data),
        Some(("question" | "gate" | "secret" | "operator", _)) => person::read(kind, data),
        Some(("window", _)) => window::read(kind, data),
        Some(("run" | "session" | "journal", _)) => run::read(kind, data),
        _ => Err(parts::unknown(kind)),
    }
}
