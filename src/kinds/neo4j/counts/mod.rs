//! `neo4j.counts`.

pub(in crate::kinds) mod perform;

use crate::base::lines::field;
use crate::base::{Map, Value};
use crate::engine::protocol::Protocol;
use crate::kinds::neo4j::fields::{DATABASE, HOSTS, USERNAME};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Kind, Proof, Role, Type};

/// `neo4j.counts`.
pub(in crate::kinds) struct Counts;

static KIND: Kind = Kind {
    name: "neo4j.counts",
    summary: "Counts nodes, relationships, labels, types, constraints and indexes over the Query API.",
    inputs: &[
        Field::required("url", Type::String, "the Query API's address, or the instance's connection_url"),
        HOSTS,
        Field::optional("database", Type::String, DATABASE),
        Field::optional("credentials", Type::Any, "user name and password").secret(),
        Field::with_default(
            "ping",
            Type::Boolean,
            "false",
            "only prove that the credentials work and the database is there",
        ),
        Field::with_default("accept_uncounted", Type::Boolean, "false", "without credentials, skip the counting"),
        Field::optional(
            "instance_id",
            Type::InstanceId,
            concat!(
                "the instance whose data this is, which the address has to be of; right before it is deleted or ",
                "overwritten the data are counted again"
            ),
        ),
        Field::optional("username", Type::String, USERNAME),
    ],
    outputs: &[
        Field::output("counted", Type::Boolean, "whether anything was counted"),
        Field::optional("works", Type::Boolean, "whether the credentials were seen to work"),
        Field::optional("version", Type::String, "version of Neo4j"),
        Field::optional("store_created_at", Type::Time, "when its store was created, which its backups say too"),
        Field::optional("nodes", Type::Integer, "number of nodes"),
        Field::optional("relationships", Type::Integer, "number of relationships"),
        Field::optional("labels", Type::Map, "number of nodes by label"),
        Field::optional("types", Type::Map, "number of relationships by type"),
        Field::optional("constraints", Type::List, "the constraints, sorted"),
        Field::optional("indexes", Type::List, "the indexes, sorted"),
        Field::output("counted_at", Type::Time, "when"),
        Field::optional("database", Type::String, "the database that was asked, by the name it has"),
        Field::optional("username", Type::String, "the user who asked"),
    ],
    subject: Some("instance_id"),
    yields: &[Proof::Counted],
    rechecks: true,
    changeable: &["hosts", "url", "database", "username"],
    example: concat!(
        "- id: counts\n",
        "  uses: neo4j.counts\n",
        "  with:\n",
        "    url: \"{{ steps.capture.connection_url }}\"\n",
        "    credentials: \"{{ secrets.source_db }}\"\n",
        "    instance_id: \"{{ inputs.instance_id }}\"\n",
    ),
    role: Some(Role::Count),
    result: counted,
    remark: |output| uncounted(output).then(|| "nothing was counted, as accepted".to_owned()),
    ..Kind::BASE
};

impl Protocol for Counts {}

impl StepKind for Counts {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::counts(task))
    }
}

fn counted(output: &Map) -> String {
    if output.get("nodes").is_some_and(Value::is_number) {
        return format!("{} nodes, {} relationships", field(output, "nodes"), field(output, "relationships"));
    }
    match output.get("works").and_then(Value::as_bool) {
        Some(true) => "password works",
        Some(false) => "NOT COUNTED, accepted",
        None => "not counted",
    }
    .to_owned()
}

/// Whether nothing was counted, and no password was tried either.
fn uncounted(output: &Map) -> bool {
    let is = |name: &str, wanted: bool| output.get(name) == Some(&Value::Bool(wanted));
    is("counted", false) && !is("works", true)
}
