//! `http.poll`: a read that is repeated until its answer is as wanted.

use super::exchange::Spec;
use super::fields::{ANSWER, BODY, EXPECT, HARMLESS, HEADERS, JSON, METHOD, QUERY, REQUEST_TIMEOUT, URL};
use crate::base::Value;
use crate::base::lines::field;
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::engine::protocol::poll::{again, pause};
use crate::engine::protocol::values::{declared, flag};
use crate::engine::protocol::{Context, Next, Protocol};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::{Task, done};
use crate::runbook::kind::{Declares, Field, Kind, Proof, Type};
use serde_json::json;

/// `http.poll`.
pub(in crate::kinds) struct HttpPoll;

static KIND: Kind = Kind {
    name: "http.poll",
    summary: "Reads from any service again and again until the answer is as the step's `until` wants it.",
    inputs: &[
        METHOD,
        URL,
        QUERY,
        HEADERS,
        JSON,
        BODY,
        EXPECT,
        REQUEST_TIMEOUT,
        Field::optional(
            "every",
            Type::Duration,
            "how often to look; left out, after an eighth of the time waited, 10s to 1m",
        ),
        Field::optional("subject", Type::Subject, "what the answer proves something about").beside(),
    ],
    outputs: &[
        ANSWER[0],
        ANSWER[1],
        ANSWER[2],
        ANSWER[3],
        ANSWER[4],
        ANSWER[5],
        Field::output("looks", Type::Integer, "how many times it was looked"),
    ],
    declares: Some(Declares::Sent),
    harmless: HARMLESS,
    polls: true,
    vouches: &[Proof::Config, Proof::Counted],
    subject: Some("subject"),
    result: |output| format!("{} after {} looks", field(output, "status"), field(output, "looks")),
    example: concat!(
        "- id: healthy\n",
        "  uses: http.poll\n",
        "  with: {url: \"http://127.0.0.1:8080/health\", every: 5s, expect: {status: [200, 503]}}\n",
        "  until: \"{{ probe.status == 200 }}\"\n",
        "  timeout: 10m\n",
    ),
    ..Kind::BASE
};

impl Protocol for HttpPoll {
    fn next(&self, context: &Context<'_>) -> Next {
        let Some(last) = context.history.last_probe(Call::Poll) else { return again(context, context.since) };
        if !flag(&last.found, "until") {
            return again(context, last.at.plus(pause(context, last)));
        }
        let looks = context.history.probes.len();
        let mut output = declared(context, last.found.get("output").unwrap_or(&Value::Null));
        output.insert("looks".to_owned(), json!(looks));
        Next::Succeed { output, evidence: Vec::new() }
    }
}

impl StepKind for HttpPoll {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform(task))
    }
}

async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Poll) = task.command.act else { return Err(task.unknown()) };
    let spec = Spec::of(task)?;
    let answer = task.ports().http.send(spec.request(task, None, false)?).await;
    spec.read(answer).map(done)
}
