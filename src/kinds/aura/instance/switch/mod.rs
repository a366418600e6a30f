//! `aura.instance.pause` and `aura.instance.resume`: the status of the instance tells the outcome of the request
//! (docs/effects.md, "Pause and resume").

mod perform;
mod protocol;

use crate::base::Value;
use crate::engine::call::Call;
use crate::engine::history::Probe;
use crate::engine::protocol::{Context, Next, PossibleFinding, Protocol};
use crate::kinds::aura::instance::fields::{CONFIG, described};
use crate::kinds::aura::instance::words::{self, LOOK};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Idempotency, Kind, Reversibility, Role, Type};
use protocol::Way;
use serde_json::json;

/// `aura.instance.pause` or `aura.instance.resume`.
pub(in crate::kinds) struct Switch {
    kind: &'static Kind,
    way: Way,
}

/// `aura.instance.pause`.
pub(in crate::kinds) static PAUSE: Switch = Switch { kind: &PAUSING, way: protocol::PAUSE };
/// `aura.instance.resume`.
pub(in crate::kinds) static RESUME: Switch = Switch { kind: &RESUMING, way: protocol::RESUME };

static PAUSING: Kind = Kind {
    name: "aura.instance.pause",
    summary: "Pauses a running instance and waits until it is paused; one that is paused already is left alone.",
    inputs: &[Field::required("instance_id", Type::InstanceId, "the instance to pause")],
    outputs: CONFIG,
    repeat: Idempotency::Reconcilable,
    once: true,
    reverse: Reversibility::Undoable,
    probe: "reads the instance: pausing or paused means accepted; running until the settling time is over, not",
    example: concat!(
        "- id: pause\n",
        "  uses: aura.instance.pause\n",
        "  with: {instance_id: \"{{ inputs.instance_id }}\"}\n",
        "  timeout: 30m\n",
    ),
    subject: Some("instance_id"),
    credential: Some("aura"),
    role: Some(Role::Switch),
    take_back: concat!(
        "instance {} is paused: resume it in the console, or with a runbook with the step ",
        "`{id: resume, uses: aura.instance.resume, with: {instance_id: \"{}\"}}`"
    ),
    result: described,
    ..Kind::BASE
};

static RESUMING: Kind = Kind {
    name: "aura.instance.resume",
    summary: "Resumes a paused instance and waits until it runs; one that runs already is left alone.",
    inputs: &[Field::required("instance_id", Type::InstanceId, "the instance to resume")],
    outputs: CONFIG,
    repeat: Idempotency::Reconcilable,
    once: true,
    reverse: Reversibility::Undoable,
    probe: "reads the instance: resuming or running means accepted; paused until the settling time is over, not",
    example: concat!(
        "- id: resume\n",
        "  uses: aura.instance.resume\n",
        "  needs: [pause]\n",
        "  with: {instance_id: \"{{ inputs.instance_id }}\"}\n",
        "  timeout: 30m\n",
    ),
    subject: Some("instance_id"),
    credential: Some("aura"),
    role: Some(Role::Switch),
    take_back: concat!(
        "pause it in the console, or with a runbook with the step ",
        "`{id: pause, uses: aura.instance.pause, with: {instance_id: \"{}\"}}`"
    ),
    result: described,
    ..Kind::BASE
};

impl Protocol for Switch {
    fn next(&self, context: &Context<'_>) -> Next {
        protocol::next(&self.way, context)
    }

    fn findings(&self, _: &Context<'_>, call: Call, _: &Value) -> Vec<PossibleFinding> {
        if call != Call::Probe {
            return Vec::new();
        }
        let sight = |what: &'static str, status: &str| PossibleFinding { what, found: json!({"status": status}) };
        vec![sight(self.way.behind, self.way.behind), sight(self.way.unchanged, self.way.before)]
    }

    fn look(&self, _: Call) -> &'static str {
        LOOK
    }

    fn sending(&self, call: Call) -> &'static str {
        if call == Call::Pause { "the pause is requested again" } else { "it is asked to resume again" }
    }

    fn attempts_left(&self, context: &Context<'_>, _: Call) -> Option<usize> {
        Some(protocol::attempts_left(context))
    }

    fn saw(&self, _: &Context<'_>, probe: &Probe, _: &str) -> String {
        words::saw(&probe.found)
    }
}

impl StepKind for Switch {
    fn declaration(&self) -> &'static Kind {
        self.kind
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::perform(task))
    }
}
