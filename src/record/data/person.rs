//! The data of the records about people, gates and secrets.

use crate::base::{Actor, Map, Timestamp, Value};
use crate::engine::event::Body;
use crate::engine::question::{Answer, Form, Question};
use crate::record::word::{Passed, Resolved, Text, Word};
use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;
use std::borrow::Cow;
use std::io::Write;

/// Writes the data of an event about people, gates or secrets; other events have none here.
pub(super) fn write<W: Write, F: Formatter>(
    body: &Body,
    to: &mut serde_json::Serializer<W, F>,
) -> serde_json::Result<()> {
    match body {
        Body::QuestionAsked { step, question } => Asked { step: step.into(), question: question.into() }.serialize(to),
        Body::QuestionAnswered { step, answer } => Answered { step: step.into(), answer: answer.into() }.serialize(to),
        Body::GateChecked { step, name, passed, detail } => {
            let (verdict, evidence) = (Word(Passed(*passed)), Cow::Borrowed(detail));
            Gate { step: step.into(), name: name.into(), verdict, evidence }.serialize(to)
        }
        Body::SecretDelivered { step, sink, reference, version } => {
            Delivered { step: step.into(), sink: sink.into(), reference: reference.into(), version: *version }
                .serialize(to)
        }
        Body::SecretLost { step, attempt, target } | Body::SecretRotated { step, attempt, target } => {
            OfAttempt { step: step.into(), attempt: *attempt, target: target.into() }.serialize(to)
        }
        Body::OperatorResolved { step, applied, because } => {
            let applied = Word(Resolved(*applied));
            Decided { step: step.into(), applied, because: because.into() }.serialize(to)
        }
        _ => Err(super::parts::unknown("question")),
    }
}

/// Reads the data of a type that [`write`] writes.
pub(super) fn read(kind: &str, data: &str) -> serde_json::Result<Body> {
    Ok(match kind {
        "question.asked" => {
            let Asked { step, question } = serde_json::from_str(data)?;
            Body::QuestionAsked { step: step.into_owned(), question: question.into() }
        }
        "question.answered" => {
            let Answered { step, answer } = serde_json::from_str(data)?;
            Body::QuestionAnswered { step: step.into_owned(), answer: answer.into() }
        }
        "gate.checked" => {
            let Gate { step, name, verdict, evidence } = serde_json::from_str(data)?;
            let (step, name) = (step.into_owned(), name.into_owned());
            Body::GateChecked { step, name, passed: verdict.0.0, detail: evidence.into_owned() }
        }
        "secret.delivered" => {
            let Delivered { step, sink, reference, version } = serde_json::from_str(data)?;
            let (step, sink, reference) = (step.into_owned(), sink.into_owned(), reference.into_owned());
            Body::SecretDelivered { step, sink, reference, version }
        }
        "secret.lost" => {
            let OfAttempt { step, attempt, target } = serde_json::from_str(data)?;
            Body::SecretLost { step: step.into_owned(), attempt, target: target.into_owned() }
        }
        "secret.rotated" => {
            let OfAttempt { step, attempt, target } = serde_json::from_str(data)?;
            Body::SecretRotated { step: step.into_owned(), attempt, target: target.into_owned() }
        }
        "operator.resolved" => {
            let Decided { step, applied, because } = serde_json::from_str(data)?;
            Body::OperatorResolved { step: step.into_owned(), applied: applied.0.0, because: because.into_owned() }
        }
        _ => return Err(super::parts::unknown(kind)),
    })
}

#[derive(Serialize, Deserialize)]
struct Asked<'a> {
    step: Cow<'a, str>,
    question: Posed<'a>,
}

#[derive(Serialize, Deserialize)]
struct Posed<'a> {
    form: Shape<'a>,
    text: Cow<'a, str>,
    show: Vec<Shown<'a>>,
    task: Cow<'a, Value>,
    round: u32,
}

#[derive(Serialize, Deserialize)]
struct Shown<'a> {
    label: Cow<'a, str>,
    value: Cow<'a, Value>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Shape<'a> {
    Type { text: Cow<'a, str> },
    Done {},
    Path {},
    Choice { options: Cow<'a, [String]> },
}

impl<'a> From<&'a Question> for Posed<'a> {
    fn from(question: &'a Question) -> Self {
        let shown = |(label, value): &'a (String, Value)| Shown { label: label.into(), value: Cow::Borrowed(value) };
        Self {
            form: match &question.form {
                Form::Type(text) => Shape::Type { text: text.into() },
                Form::Done => Shape::Done {},
                Form::Path => Shape::Path {},
                Form::Choice(options) => Shape::Choice { options: Cow::Borrowed(options) },
            },
            text: (&question.text).into(),
            show: question.show.iter().map(shown).collect(),
            task: Cow::Borrowed(&question.task),
            round: question.round,
        }
    }
}

impl From<Posed<'_>> for Question {
    fn from(read: Posed<'_>) -> Self {
        Self {
            form: match read.form {
                Shape::Type { text } => Form::Type(text.into_owned()),
                Shape::Done {} => Form::Done,
                Shape::Path {} => Form::Path,
                Shape::Choice { options } => Form::Choice(options.into_owned()),
            },
            text: read.text.into_owned(),
            show: read.show.into_iter().map(|shown| (shown.label.into_owned(), shown.value.into_owned())).collect(),
            task: read.task.into_owned(),
            round: read.round,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Answered<'a> {
    step: Cow<'a, str>,
    answer: Given<'a>,
}

#[derive(Serialize, Deserialize)]
struct Given<'a> {
    text: Cow<'a, str>,
    note: Cow<'a, str>,
    by: Text<Actor>,
    at: Text<Timestamp>,
    fields: Cow<'a, Map>,
}

impl<'a> From<&'a Answer> for Given<'a> {
    fn from(answer: &'a Answer) -> Self {
        Self {
            text: (&answer.text).into(),
            note: (&answer.note).into(),
            by: Text(answer.by.clone()),
            at: Text(answer.at),
            fields: Cow::Borrowed(&answer.fields),
        }
    }
}

impl From<Given<'_>> for Answer {
    fn from(read: Given<'_>) -> Self {
        Self {
            text: read.text.into_owned(),
            note: read.note.into_owned(),
            by: read.by.0,
            at: read.at.0,
            fields: read.fields.into_owned(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Gate<'a> {
    step: Cow<'a, str>,
    name: Cow<'a, str>,
    verdict: Word<Passed>,
    evidence: Cow<'a, Value>,
}

#[derive(Serialize, Deserialize)]
struct Delivered<'a> {
    step: Cow<'a, str>,
    sink: Cow<'a, str>,
    #[serde(rename = "ref")]
    reference: Cow<'a, str>,
    version: u32,
}

/// A secret of an attempt, and what it opens.
#[derive(Serialize, Deserialize)]
struct OfAttempt<'a> {
    step: Cow<'a, str>,
    attempt: u32,
    target: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
struct Decided<'a> {
    step: Cow<'a, str>,
    #[serde(rename = "as")]
    applied: Word<Resolved>,
    because: Cow<'a, str>,
}
