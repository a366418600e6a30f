//! `command`: a program of this machine, which outlives surefoot; what it does to the world the step declares.

mod perform;

use crate::base::lines::{field, text};
use crate::base::{Map, Value};
use crate::engine::call::Call;
use crate::engine::history::Probe;
use crate::engine::protocol::reconcile::{Reconcile, saw};
use crate::engine::protocol::{Context, Next, PossibleFinding, Protocol};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Declares, Field, Kind, Proof, Type};

/// `command`.
pub(in crate::kinds) struct Command;

const EFFECT: Reconcile = Reconcile { call: Call::Run, receipt: true };

static KIND: Kind = Kind {
    name: "command",
    summary: "Runs a program on this machine once. It keeps running if surefoot is killed, and its end is found later.",
    inputs: &[
        Field::required(
            "argv",
            Type::List,
            "the program and its arguments, each a text of its own; no shell reads it, and no secret may stand in it",
        ),
        Field::optional("cwd", Type::Path, "the working directory; left out, the one in which the run was started"),
        Field::optional("env", Type::Map, "its environment besides PATH, HOME and LANG; a secret may stand in it")
            .holds_secrets(),
        Field::optional("stdin", Type::String, "what it reads; a secret may stand in it").holds_secrets(),
        Field::with_default(
            "parse",
            Type::Word(&["text", "json"]),
            "\"text\"",
            "json: what it writes to standard output is JSON, and the output `json` holds it",
        ),
        Field::optional("expect", Type::Map, "`exit_code`: the exit codes that mean success; left out, 0 alone does"),
        Field::with_default(
            "max_output",
            Type::Size,
            "\"16MiB\"",
            "how much of each output is kept in the run's directory; the rest is counted and digested",
        ),
        Field::optional("subject", Type::Subject, "what the command changes, or what it proves something about")
            .beside(),
    ],
    outputs: &[
        Field::optional(
            "exit_code",
            Type::Integer,
            "the exit code; null where a signal ended it, or nobody saw the end",
        ),
        Field::optional("signal", Type::Integer, "the signal that ended it"),
        Field::optional("stdout", Type::String, "what it wrote, where that is a short text"),
        Field::optional("stderr", Type::String, "what it wrote to standard error, where that is a short text")
            .incidental(),
        Field::optional("json", Type::Any, "what it wrote, where `parse` is json"),
        Field::optional("stdout_file", Type::Path, "the file that holds what it wrote").incidental(),
        Field::optional("stdout_size", Type::Integer, "how many bytes it wrote"),
        Field::optional("stdout_sha256", Type::String, "the digest of all of it"),
        Field::optional("stderr_file", Type::Path, "the file that holds what it wrote to standard error").incidental(),
        Field::optional("stderr_size", Type::Integer, "how many bytes those are").incidental(),
        Field::optional("stderr_sha256", Type::String, "the digest of all of them").incidental(),
        Field::optional("timed_out", Type::Boolean, "whether it was ended because its time was over"),
        Field::optional("left_running", Type::Boolean, "whether it left processes behind that still ran"),
        Field::optional("started_at", Type::Time, "when it was started").incidental(),
        Field::optional("ended_at", Type::Time, "when it had ended").incidental(),
        Field::optional("settled_by", Type::String, "`answer`, `receipt`, `probe` or `operator`").incidental(),
        Field::optional("probe", Type::Map, "what the last look saw, where there is a probe").incidental(),
    ],
    declares: Some(Declares::Announced),
    limits_attempt: true,
    vouches: &[Proof::Config, Proof::Counted],
    subject: Some("subject"),
    probe: "what the command has left in the run's directory, then the step's own `probe`",
    deed: "changes {} for good",
    rechecks: true,
    result: ended,
    example: concat!(
        "- id: dump\n",
        "  uses: command\n",
        "  effect: none\n",
        "  with:\n",
        "    argv: [pg_dump, -Fc, -f, \"{{ run.dir }}/orders.dump\", orders]\n",
        "    env: {PGHOST: db.internal}\n",
        "  timeout: 2h\n",
    ),
    ..Kind::BASE
};

fn ended(output: &Map) -> String {
    match (output.get("exit_code").and_then(Value::as_i64), text(output, "settled_by")) {
        (Some(code), _) => format!("exit code {code}, {} bytes", field(output, "stdout_size")),
        (None, Some(by)) => format!("settled by {by}"),
        (None, None) => String::new(),
    }
}

impl Protocol for Command {
    fn next(&self, context: &Context<'_>) -> Next {
        EFFECT.next(context)
    }

    fn look_again(&self, context: &Context<'_>) -> Option<Next> {
        Reconcile::look_again(context)
    }

    fn findings(&self, context: &Context<'_>, call: Call, _: &Value) -> Vec<PossibleFinding> {
        EFFECT.findings(context, call)
    }

    fn look(&self, call: Call) -> &'static str {
        if call == Call::Settle { "what the command has left is read" } else { "the step's probe looks" }
    }

    fn sending(&self, _: Call) -> &'static str {
        "the command is run again"
    }

    fn attempts_left(&self, context: &Context<'_>, _: Call) -> Option<usize> {
        EFFECT.attempts_left(context)
    }

    fn saw(&self, _: &Context<'_>, probe: &Probe, _: &str) -> String {
        saw(probe)
    }
}

impl StepKind for Command {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::perform(task))
    }
}
