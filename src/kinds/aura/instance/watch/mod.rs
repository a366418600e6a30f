//! `aura.instance.await`.

pub(in crate::kinds) mod perform;
mod protocol;

use crate::base::lines::field;
use crate::engine::protocol::{Context, Next, Protocol};
use crate::kinds::aura::instance::fields::LAG_MAX;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Kind, Type};

/// `aura.instance.await`.
pub(in crate::kinds) struct Await;

static KIND: Kind = Kind {
    name: "aura.instance.await",
    summary: "Waits until an instance has a status, or is proved absent.",
    inputs: &[
        Field::required("instance_id", Type::InstanceId, "the instance to watch"),
        Field::required("status", Type::Word(&["running", "paused", "absent"]), "what to wait for"),
        Field::optional("tenant_id", Type::String, "for `absent`: its tenant, read as the positive control"),
        Field::optional(
            "every",
            Type::Duration,
            "how often to look; left out, after an eighth of the time waited, 10s to 1m",
        ),
        LAG_MAX,
    ],
    outputs: &[
        Field::output("status", Type::String, "the status it has"),
        Field::optional("connection_url", Type::String, "where it is reached, once it runs"),
        Field::output("looks", Type::Integer, "how many times it was looked at"),
        Field::optional("lag", Type::Duration, "for `absent`: how long lists still showed it after it was gone"),
    ],
    example: concat!(
        "- id: gone\n",
        "  uses: aura.instance.await\n",
        "  needs: [delete]\n",
        "  with:\n",
        "    instance_id: \"{{ inputs.instance_id }}\"\n",
        "    status: absent\n",
        "    tenant_id: \"{{ steps.capture.tenant_id }}\"\n",
        "  timeout: 30m\n",
    ),
    subject: Some("instance_id"),
    credential: Some("aura"),
    result: |output| format!("{} after {} looks", field(output, "status"), field(output, "looks")),
    ..Kind::BASE
};

impl Protocol for Await {
    fn next(&self, context: &Context<'_>) -> Next {
        protocol::next(context)
    }
}

impl StepKind for Await {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::perform(task))
    }
}
