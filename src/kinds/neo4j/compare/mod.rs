//! `neo4j.compare`.

mod perform;
mod protocol;

use crate::base::lines::field;
use crate::base::{Map, Value, escape};
use crate::engine::protocol::{Context, Next, Protocol};
use crate::kinds::neo4j::fields::{DATABASE, HOSTS, USERNAME};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Kind, OnFailure, Role, Type};

/// `neo4j.compare`.
pub(in crate::kinds) struct Compare;

static KIND: Kind = Kind {
    name: "neo4j.compare",
    summary: "Compares two countings, or counts an instance again and again until it equals one.",
    inputs: &[
        Field::required("before", Type::Map, "the counting to compare with"),
        Field::optional("after", Type::Map, "another counting; left out, the instance is counted"),
        Field::optional("url", Type::String, "the Query API's address, or the instance's connection_url"),
        HOSTS,
        Field::optional("database", Type::String, DATABASE),
        Field::optional("credentials", Type::Any, "user name and password").secret(),
        Field::optional(
            "instance_id",
            Type::InstanceId,
            "the instance counted, which the address has to be of; `loading failed` holds the step",
        ),
        Field::with_default("within", Type::Duration, "\"30m\"", "how long the counts may take to become equal"),
        Field::with_default(
            "on_difference",
            Type::Word(&["fail", "ask"]),
            "\"fail\"",
            "when they still differ after that: `ask` lets a person accept the differences",
        ),
        Field::optional(
            "every",
            Type::Duration,
            "how often to count; left out, after an eighth of the time waited, 10s to 1m",
        ),
        Field::optional("username", Type::String, USERNAME),
    ],
    outputs: &[
        Field::output(
            "equal",
            Type::Boolean,
            "whether they are equal; false only where nothing could be counted, or a person accepted the differences",
        ),
        Field::output("compared", Type::Boolean, "whether there was anything to compare"),
        Field::output("differences", Type::List, "what differed"),
        Field::optional("nodes", Type::Integer, "number of nodes after"),
        Field::optional("relationships", Type::Integer, "number of relationships after"),
        Field::optional("database", Type::String, "the database that was counted, by the name it has"),
        Field::optional("username", Type::String, "the user who counted it"),
        Field::optional("acknowledged_by", Type::String, "who accepted the differences"),
    ],
    changeable: &["hosts", "url", "database", "username", "within", "every", "on_difference"],
    credential: Some("aura"),
    on_failure: OnFailure::Hold,
    judges: true,
    example: concat!(
        "- id: same\n",
        "  uses: neo4j.compare\n",
        "  with: {before: \"{{ steps.counts_a }}\", after: \"{{ steps.counts_b }}\"}\n",
    ),
    role: Some(Role::Compare),
    result: compared,
    remark,
    ..Kind::BASE
};

impl Protocol for Compare {
    fn next(&self, context: &Context<'_>) -> Next {
        protocol::next(context)
    }
}

impl StepKind for Compare {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::perform(task))
    }
}

fn compared(output: &Map) -> String {
    let is = |name: &str| output.get(name) == Some(&Value::Bool(true));
    match (is("equal"), is("compared")) {
        (true, _) => "equal".to_owned(),
        (false, false) => "not compared: nothing was counted".to_owned(),
        (false, true) => {
            format!("different, accepted by {}: {}", field(output, "acknowledged_by"), field(output, "differences"))
        }
    }
}

fn remark(output: &Map) -> Option<String> {
    if output.get("compared") == Some(&Value::Bool(false)) {
        return Some("nothing was compared, as accepted".to_owned());
    }
    let by = output.get("acknowledged_by").and_then(Value::as_str)?;
    Some(format!("differences in {} were accepted by {}", field(output, "differences"), escape(by)))
}
