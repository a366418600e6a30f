//! `notify.webhook`: a message to people, posted once; the run goes on whatever happens to it.
//!
//! ```text
//! announce → send ─ answer ───────────→ done: delivered, or not
//!              └── no answer, or dead → done: nobody knows
//! ```

mod message;
mod perform;

use crate::base::lines::text;
use crate::base::{Map, Value, escape};
use crate::engine::call::{Call, Outcome, WITHHELD};
use crate::engine::history::Attempt;
use crate::engine::protocol::values::{declared, map};
use crate::engine::protocol::{Context, Next, Protocol};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Idempotency, Kind, Objection, Reversibility, Type, Written};
use std::time::Duration;

/// `notify.webhook`.
pub(in crate::kinds) struct Webhook;

static KIND: Kind = Kind {
    name: "notify.webhook",
    summary: "Posts a message to a webhook once. The run goes on whether or not it is delivered.",
    inputs: &[
        Field::required(
            "url",
            Type::String,
            "the address, which is a secret of most services; http:// is refused but on this machine",
        )
        .holds_secrets(),
        Field::required("format", Type::Word(&["slack", "teams", "json"]), "what the service takes"),
        Field::optional("text", Type::String, "the message; slack and teams need it"),
        Field::optional("fields", Type::Map, "names and values below the message, for slack and teams"),
        Field::optional("json", Type::Any, "the whole body, for json; a secret may stand in it").holds_secrets(),
        Field::with_default(
            "request_timeout",
            Type::Duration,
            "\"10s\"",
            "how long the answer may take; the run waits no longer than that",
        )
        .at_most(Duration::from_mins(2)),
    ],
    outputs: &[
        Field::optional("delivered", Type::Boolean, "whether it was delivered; null where the answer was lost"),
        Field::optional("host", Type::String, "the host it was posted to"),
        Field::optional("status", Type::Integer, "the status of the answer"),
        Field::optional("error", Type::String, "why it was not delivered, or why nobody knows"),
    ],
    repeat: Idempotency::Opaque,
    reverse: Reversibility::Nothing,
    probe: "nothing: a message whose answer is lost is not posted again, and the step is done",
    ignores: &[
        ("timeout", "`request_timeout` says how long it takes at most"),
        ("retry_from", "it judges nothing that could be amiss"),
    ],
    objections,
    result: |output| told(output),
    remark: |output| Some(format!("notified nobody for sure: {}", told(output))).filter(|_| !is_delivered(output)),
    example: concat!(
        "- id: tell\n",
        "  uses: notify.webhook\n",
        "  with:\n",
        "    url: \"{{ secrets.slack.url }}\"\n",
        "    format: slack\n",
        "    text: \"The migration is done.\"\n",
        "    fields: {run: \"{{ run.id }}\"}\n",
    ),
    ..Kind::BASE
};

fn is_delivered(output: &Map) -> bool {
    output.get("delivered") == Some(&Value::Bool(true))
}

fn told(output: &Map) -> String {
    let why = text(output, "error").map(escape).unwrap_or_default();
    match output.get("delivered").and_then(Value::as_bool) {
        Some(true) => format!("delivered to {}", text(output, "host").map(escape).unwrap_or_default()),
        Some(false) => format!("not delivered: {why}"),
        None => format!("perhaps not delivered: {why}"),
    }
}

fn objections(written: Written<'_>) -> Vec<Objection> {
    let mut found = Vec::new();
    if let Some(url) = written.text("url")
        && let Err(why) = perform::address(url)
    {
        found.push(Objection::to("url", format!("`url` {why}"), "write https://…, or take it from a secret"));
    }
    if written.text("url").is_some_and(perform::is_known_secret) {
        let message = "whoever knows the address of this webhook can post to it, and it stands in the runbook";
        let hint = "declare it under `secrets`, and write \"{{ secrets.name }}\"";
        found.push(Objection::to("url", message, hint));
    }
    let needs = |found: &mut Vec<Objection>, name: &str| {
        if !written.mentions(name) {
            found.push(Objection::missing(format!("this `format` needs the input `{name}`"), "add it under `with`"));
        }
    };
    let means_nothing = |found: &mut Vec<Objection>, name: &'static str| {
        if written.has(name) {
            let message = format!("`{name}` means nothing with this `format`");
            found.push(Objection::to(name, message, format!("remove `{name}`")));
        }
    };
    match written.text("format") {
        Some("json") => {
            needs(&mut found, "json");
            means_nothing(&mut found, "text");
            means_nothing(&mut found, "fields");
        }
        Some("slack" | "teams") => {
            needs(&mut found, "text");
            means_nothing(&mut found, "json");
        }
        _ => {}
    }
    found
}

impl Protocol for Webhook {
    fn next(&self, context: &Context<'_>) -> Next {
        let Some(attempt) = context.history.last_attempt(Call::Request).filter(|last| !is_withheld(last)) else {
            let waiting = context.history.wait_until.unwrap_or_default();
            return Next::prepare(Call::Request, waiting, Value::Null);
        };
        let settled = attempt.settled.as_ref().map(|(_, settlement)| settlement);
        let delivered = match attempt.outcome() {
            Some(Outcome::Accepted | Outcome::Applied) => Value::Bool(true),
            Some(Outcome::NotSent | Outcome::Rejected | Outcome::RejectedAuth) => Value::Bool(false),
            Some(Outcome::Unknown) | None => Value::Null,
        };
        let unseen = || "the process that posted it ended before it saw an answer".to_owned();
        let error = attempt.error().map(|error| error.message.clone());
        let error = error.or_else(|| settled.is_none().then(unseen));
        let seen = map([
            ("delivered", delivered),
            ("host", attempt.intent.target.as_str().into()),
            ("status", settled.and_then(|settlement| settlement.status).into()),
            ("error", error.into()),
        ]);
        Next::Succeed { output: declared(context, &Value::Object(seen)), evidence: Vec::new() }
    }

    fn sending(&self, _: Call) -> &'static str {
        "the message is posted"
    }
}

/// Whether we ourselves did not send it, so that it was posted by nobody.
fn is_withheld(attempt: &Attempt) -> bool {
    let is_ours = attempt.error().is_some_and(|error| error.reason == WITHHELD);
    attempt.outcome() == Some(Outcome::NotSent) && is_ours
}

impl StepKind for Webhook {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::perform(task))
    }
}
