//! `http.request`: a request to any service; what it does to the world the step declares.

use super::exchange::Spec;
use super::fields::{ANSWER, BODY, EXPECT, HARMLESS, HEADERS, JSON, METHOD, QUERY, REQUEST_TIMEOUT, URL};
use crate::base::lines::{field, text};
use crate::base::{Map, Timestamp, Value, escape, truncate};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::engine::history::Probe;
use crate::engine::protocol::reconcile::{Reconcile, saw};
use crate::engine::protocol::single::read;
use crate::engine::protocol::{Context, Next, PossibleFinding, Protocol};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::{Task, done, prepared};
use crate::port::Response;
use crate::runbook::kind::{Declares, Field, Kind, Proof, Reversibility, Type};

/// `http.request`.
pub(in crate::kinds) struct HttpRequest;

const EFFECT: Reconcile = Reconcile { call: Call::Request, receipt: false };

static KIND: Kind = Kind {
    name: "http.request",
    summary: "Sends a request to any service. A GET reads; what any other request does to the world the step declares.",
    inputs: &[
        METHOD,
        URL,
        QUERY,
        HEADERS,
        JSON,
        BODY,
        EXPECT,
        REQUEST_TIMEOUT,
        Field::optional("subject", Type::Subject, "what the request changes, or what it proves something about")
            .beside(),
        Field::optional("idempotency_key", Type::String, "the header that makes a repeat harmless").beside(),
    ],
    outputs: &[
        ANSWER[0],
        ANSWER[1],
        ANSWER[2],
        ANSWER[3],
        ANSWER[4],
        ANSWER[5],
        Field::optional("settled_by", Type::String, "`answer`, `probe` or `operator`, where it changes something"),
        Field::optional("probe", Type::Map, "what the last look saw, where there is a probe"),
    ],
    declares: Some(Declares::Sent),
    harmless: HARMLESS,
    vouches: &[Proof::Config, Proof::Counted],
    subject: Some("subject"),
    probe: "the step's own `probe`; without one, and without an idempotency key, a person says it",
    deed: "changes {} for good",
    rechecks: true,
    result: |output| answered(output),
    example: concat!(
        "- id: drain\n",
        "  uses: http.request\n",
        "  effect: undoable\n",
        "  with:\n",
        "    method: POST\n",
        "    url: \"https://lb.internal/pools/orders/drain\"\n",
        "    json: {host: web-1}\n",
        "  probe:\n",
        "    uses: http.request\n",
        "    with: {url: \"https://lb.internal/pools/orders/hosts/web-1\"}\n",
        "    applied: \"{{ probe.json.state == 'drained' }}\"\n",
    ),
    ..Kind::BASE
};

fn answered(output: &Map) -> String {
    match text(output, "settled_by").filter(|by| *by != "answer") {
        Some(by) => format!("settled by {by}"),
        None => format!("{}, {} bytes", field(output, "status"), field(output, "size")),
    }
}

impl Protocol for HttpRequest {
    fn next(&self, context: &Context<'_>) -> Next {
        if context.step.effect.reverse == Reversibility::Nothing { read(context) } else { EFFECT.next(context) }
    }

    fn look_again(&self, context: &Context<'_>) -> Option<Next> {
        Reconcile::look_again(context)
    }

    fn findings(&self, context: &Context<'_>, call: Call, _: &Value) -> Vec<PossibleFinding> {
        EFFECT.findings(context, call)
    }

    fn look(&self, _: Call) -> &'static str {
        "the step's probe looks"
    }

    fn sending(&self, _: Call) -> &'static str {
        "the request is sent again"
    }

    fn attempts_left(&self, context: &Context<'_>, _: Call) -> Option<usize> {
        EFFECT.attempts_left(context)
    }

    fn saw(&self, _: &Context<'_>, probe: &Probe, _: &str) -> String {
        saw(probe)
    }
}

impl StepKind for HttpRequest {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform(task))
    }
}

async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let spec = Spec::of(task)?;
    match &task.command.act {
        Act::Read(Call::Read | Call::Recheck) => {
            let request = spec.request(task, None, false)?;
            let answer = task.ports().http.send(request).await;
            spec.read(answer).map(done)
        }
        Act::Prepare(Call::Request) => {
            // What could not be sent is found out before it is announced.
            spec.request(task, key(task)?, true)?;
            let target = task.text_or_none("subject")?.map_or_else(|| spec.text(), str::to_owned);
            Ok(prepared(target, escape(&spec.text()), spec.digest(), Value::Null))
        }
        Act::Send(intent) if intent.call == Call::Request => send(task, &spec).await,
        _ => Err(task.unknown()),
    }
}

/// The header of the idempotency key and its value, where the step names one.
fn key<'a>(task: &Task<'a>) -> Result<Option<(&'a str, &'a str)>, CallError> {
    let name = task.text_or_none("idempotency_key")?;
    name.map(|name| Ok((name, task.added_text("key")?))).transpose()
}

async fn send(task: &Task<'_>, spec: &Spec) -> Result<Reply, CallError> {
    task.as_announced(spec.digest())?;
    let answer = task.ports().http.send(spec.request(task, key(task)?, true)?).await;
    let (outcome, output, error) = spec.outcome(&answer);
    let header = |response: &Response, name: &str| response.header(name).map(str::to_owned);
    let response = answer.ok();
    let mut request_id = response.as_ref().and_then(|one| header(one, "x-request-id"));
    request_id.iter_mut().for_each(truncate);
    let date = response.as_ref().and_then(|one| header(one, "date"));
    Ok(Reply::Settled {
        outcome,
        status: response.as_ref().map(|one| one.status),
        request_id,
        server_date: date.and_then(|text| Timestamp::from_http_date(&text).ok()),
        output,
        sealed: None,
        error,
    })
}
