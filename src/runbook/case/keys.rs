//! The keys of a test file: what may be written where, and what its page says about each (docs/testing.md).

use crate::runbook::word::Key;

/// A test file.
pub(super) const FILE: &[Key] = &[
    Key::new("runbook", "path", "required", "the runbook, from where the test file is", "runbook: switch-traffic.yaml"),
    Key::new("scenario", "path or map", "the default world", "the world of every case", "scenario: world.yaml"),
    Key::new("inputs", "map", "none", "inputs of every case", "inputs: {change_id: CHG1}"),
    Key::new("answers", "`nobody` or map", "as asked", "the operator's answers in every case", "answers: nobody"),
    Key::new("cases", "list", "required", "the cases", "cases: [{case: it works, expect: {end: done}}]"),
];

/// A case.
pub(super) const CASE: &[Key] = &[
    Key::new("case", "text", "required", "its name", "case: a lost answer is settled by looking"),
    Key::new("scenario", "path or map", "as above", "its world; a map is merged into the one above", "scenario: {}"),
    Key::new("inputs", "map", "as above", "further inputs", "inputs: {bucket: backups}"),
    Key::new("answers", "`nobody` or map", "as above", "further answers, by step", "answers: {confirm: orders}"),
    Key::new("faults", "list", "none", "what goes wrong", "faults: [{step: drain, kind: drop_response}]"),
    Key::new("then", "list", "nothing", "what the operator does once the run has stopped", "then: [cancel]"),
    Key::new("expect", "map", "`end: done`", "what must be so at the end", "expect: {end: done}"),
];

/// A fault of a step.
pub(super) const FAULT: &[Key] = &[
    Key::new("step", "step", "required", "the step", "step: drain"),
    Key::new("kind", "kind of fault", "required", "what happens", "kind: drop_response"),
    Key::new("at", "`effect` or `look`", "`effect` where it has one", "at which calls of the step", "at: look"),
    Key::new("after", "number", "0", "how many such calls pass before", "after: 1"),
    Key::new("count", "number", "1", "to how many calls it happens", "count: 3"),
    Key::new("arg", "value", "none", "as in the faults of a scenario", "arg: 503"),
];

/// What is expected.
pub(super) const EXPECT: &[Key] = &[
    Key::new("end", "word", "done", "how the run ends", "end: held"),
    Key::new("exit", "number", "not compared", "the exit code", "exit: 4"),
    Key::new("because", "text", "not compared", "a part of why it failed or is held", "because: is paused"),
    Key::new("outputs", "map", "not compared", "outputs of the run", "outputs: {status: running}"),
    Key::new("effects", "list", "not compared", "all effects that were sent, in order", "effects: [drain, enable]"),
    Key::new("refused", "list", "not compared", "the gates that refused, in order", "refused: [expected]"),
    Key::new("skipped", "list", "not compared", "the steps that were skipped", "skipped: [rotate]"),
];
