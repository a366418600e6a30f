//! `sleep`: waits for a while, or until a moment.

use super::moment::{self, Named};
use crate::base::lines::field;
use crate::base::{Timestamp, escape};
use crate::engine::call::{Call, CallError, ErrorClass, Reply};
use crate::engine::command::Act;
use crate::engine::protocol::values::{duration, text, time};
use crate::engine::protocol::{Context, Next, Protocol};
use crate::kinds::people::NEVER_FAILS;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::{Task, done, fields};
use crate::runbook::kind::{Field, Kind, Objection, Type, Written};
use crate::runbook::zone;
use serde_json::json;

/// `sleep`.
pub(in crate::kinds) struct Sleep;

static KIND: Kind = Kind {
    name: "sleep",
    summary: "Waits for a while or until a moment; a restart does not restart the wait.",
    inputs: &[
        Field::optional("for", Type::Duration, "how long; either this or `until`"),
        Field::optional(
            "until",
            Type::String,
            "the next time of day after the step became ready, \"22:00\", or a moment, 2026-01-31T22:00:00Z",
        ),
        Field::optional("zone", Type::String, "the time zone of a time of day, such as Europe/Berlin"),
    ],
    outputs: &[Field::output("until", Type::Time, "when the wait ended")],
    example: "- id: window\n  uses: sleep\n  with: {until: \"22:00\", zone: Europe/Berlin}\n",
    untimed: true,
    ignores: &[
        ("timeout", "it takes as long as it says"),
        ("retry", NEVER_FAILS),
        ("retry_from", "it judges nothing that could be amiss"),
    ],
    objections,
    result: |output| format!("until {}", field(output, "until")),
    ..Kind::BASE
};

const EITHER: &str = "write `for: 5m`, or `until: \"22:00\"` with `zone: Europe/Berlin`";
const FORMS: &str = "write a time of day, \"22:00\", or a moment, 2026-01-31T22:00:00Z";

fn objections(written: Written<'_>) -> Vec<Objection> {
    let mut found = Vec::new();
    match (written.mentions("for"), written.mentions("until")) {
        (false, false) => found.push(Objection::missing("`sleep` needs either `for` or `until`", EITHER)),
        _ if written.has("for") && written.has("until") => {
            found.push(Objection::to("until", "`for` and `until` are both given", "remove one of them"));
        }
        _ => {}
    }
    if let Some(name) = written.text("zone")
        && let Err(hint) = zone(name)
    {
        found.push(Objection::to("zone", moment::no_zone(name), hint));
    }
    match written.text("until").map(Named::of) {
        Some(None) => {
            found.push(Objection::to("until", "`until` is neither a time of day nor a moment", FORMS));
        }
        Some(Some(Named::TimeOfDay(_))) if !written.mentions("zone") => {
            let message = "`until` is a time of day, and nothing says in which `zone`";
            found.push(Objection::missing(message, "add `zone: Europe/Berlin`, or `zone: UTC`"));
        }
        Some(Some(Named::Moment(_))) if written.has("zone") => found.push(needless("a moment")),
        None if written.has("zone") && !written.mentions("until") => found.push(needless("`for`")),
        _ => {}
    }
    found
}

fn needless(beside: &str) -> Objection {
    Objection::to("zone", format!("`zone` means nothing beside {beside}"), "remove `zone`")
}

impl Protocol for Sleep {
    /// The wait counts from the moment the step became ready, whichever process it lives in.
    fn next(&self, context: &Context<'_>) -> Next {
        match end(context) {
            Ok(until) => Next::read(Call::Read, until, json!({"until": time(until)})),
            Err((what, remedy)) => {
                let message = format!("step `{}` cannot wait: {what}", context.step.id);
                Next::Fail(CallError::new(ErrorClass::Invalid, message).with_remedy(remedy))
            }
        }
    }
}

/// When the wait ends, or what is wrong and what to do about it.
fn end(context: &Context<'_>) -> Result<Timestamp, (String, String)> {
    let (until, name) = (text(context, "until"), text(context, "zone"));
    match (text(context, "for").is_empty(), until.is_empty()) {
        (false, true) => return Ok(context.ready_at.plus(duration(context, "for"))),
        (true, false) => {}
        (true, true) => return Err(("neither `for` nor `until` is given".to_owned(), EITHER.to_owned())),
        (false, false) => {
            return Err(("`for` and `until` are both given".to_owned(), "give one of them".to_owned()));
        }
    }
    let time = match Named::of(until) {
        Some(Named::Moment(at)) => return Ok(at),
        Some(Named::TimeOfDay(time)) => time,
        None => return Err((format!("`until` is \"{}\"", escape(until)), FORMS.to_owned())),
    };
    let named = zone(name).map_err(|hint| (moment::no_zone(name), hint))?;
    let never = || (format!("{until} never comes in {name}"), FORMS.to_owned());
    moment::next(time, named, context.ready_at).ok_or_else(never)
}

impl StepKind for Sleep {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform(task))
    }
}

/// Waits until the moment that the protocol set, however often the wait is begun.
async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read) = task.command.act else { return Err(task.unknown()) };
    let until: Timestamp =
        task.added_text("until")?.parse().map_err(|error| task.wrong(&format!("the protocol's `until`: {error}")))?;
    task.doing(&format!("waits until {}", until.to_seconds_text()));
    task.ports().clock.sleep_until(until).await;
    Ok(done(fields([("until", until.to_seconds_text().into())])))
}
