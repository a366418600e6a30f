//! The keys of the language: what may be written where, and what its page says about each. A key stands here once.

use crate::runbook::word::Key;

/// A runbook.
pub(in crate::runbook) const RUNBOOK: &[Key] = &[
    Key::new("runbook", "name", "required", "the runbook's name: a-z, 0-9, `-`, `_`, `.`", "runbook: nightly-copy"),
    Key::new("version", "text", "required", "the runbook's own version", "version: 1.0.0"),
    Key::new("description", "text", "empty", "what it is for", "description: Copies the graph every night."),
    Key::new("inputs", "map", "none", "what a run is given, by name", "inputs: {wanted: {type: boolean}}"),
    Key::new("secrets", "map", "none", "the secrets it uses, by name", "secrets: {db: {env: [DB_USER, DB_PASSWORD]}}"),
    Key::new(
        "defaults",
        "map",
        "as below",
        "what holds for steps that do not say otherwise",
        "defaults: {timeout: 1h}",
    ),
    Key::new(
        "discover",
        "list",
        "none",
        "steps that read before the plan is fixed; `discover.ID.NAME` is an output of one, and the plan keeps it",
        "discover: [{id: first, uses: assert, with: {that: true}}]",
    ),
    Key::new(
        "steps",
        "list",
        "required",
        "the steps; the order in the file does not matter",
        "steps: [{id: wait, uses: sleep, with: {for: 1m}}]",
    ),
    Key::new(
        "window",
        "map",
        "any time",
        "when the change may take place",
        "window: {timezone: Europe/London, rrule: \"FREQ=WEEKLY;BYDAY=SA;BYHOUR=22\", duration: 4h}",
    ),
    Key::new("outputs", "map", "none", "what a run ends with, by name", "outputs: {waited: \"{{ steps.first }}\"}"),
];

/// Keys of a runbook that a later version will know.
pub(super) const RUNBOOK_LATER: &[&str] = &["approvers", "change", "notify", "policy"];

/// An input.
pub(in crate::runbook) const INPUT: &[Key] = &[
    Key::new("type", "type", "string", "what kind of value it is", "type: integer"),
    Key::new("of", "type", "anything", "the type of each item of a list, or of each value of a map", "of: path"),
    Key::new(
        "pattern",
        "regular expression",
        "anything",
        "what its text must match, `^` and `$` included; of a list or a map, each item",
        "pattern: \"^[0-9a-f]{8}$\"",
    ),
    Key::new(
        "enum",
        "list",
        "anything",
        "the values it may have; of a list or a map, each item",
        "enum: [fresh, latest]",
    ),
    Key::new("min", "value", "no limit", "the least value; of a list or a map, the fewest items", "min: 1"),
    Key::new("max", "value", "no limit", "the largest value; of a list or a map, the most items", "max: 100"),
    Key::new("default", "value", "must be given", "its value where none is given; no template", "default: fresh"),
    Key::new(
        "description",
        "text",
        "empty",
        "what it is; shown where it is missing",
        "description: the bucket for the backup",
    ),
    Key::new("optional", "boolean", "false", "whether it may be left out; it is null then", "optional: true"),
];

/// A secret.
pub(in crate::runbook) const SECRET: &[Key] = &[
    Key::new(
        "env",
        "list or map",
        "one of the three",
        "one or two variables: user or client id, then the password; or parts by name, `env: {token: API_TOKEN}`",
        "env: [DB_USER, DB_PASSWORD]",
    ),
    Key::new(
        "file",
        "path",
        "one of the three",
        "a file that holds the secret and that nobody else can read; a newline at its end is left out",
        "file: secrets/api.token",
    ),
    Key::new(
        "command",
        "list",
        "one of the three",
        "a program with its arguments that prints the secret; a newline at its end is left out",
        "command: [pass, show, prod/api]",
    ),
    Key::new("optional", "boolean", "false", "whether a run may begin without it", "optional: true"),
    Key::new("description", "text", "empty", "what it is", "description: the database of the source"),
];

/// `defaults`.
pub(in crate::runbook) const DEFAULTS: &[Key] = &[
    Key::new("timeout", "duration", "10m", "how long a step may take from the moment it is ready", "timeout: 1h"),
    Key::new("retry", "map", "as below", "how failures that pass are tried again", "retry: {max: 8}"),
    Key::new("concurrency", "1 to 1024", "8", "how many steps are under way at once", "concurrency: 4"),
];

/// `window`.
pub(in crate::runbook) const WINDOW: &[Key] = &[
    Key::new("timezone", "time zone", "required", "the zone of its times", "timezone: Europe/London"),
    Key::new(
        "rrule",
        "rule",
        "either this or `start`",
        "when it opens: a rule of RFC 5545 in local time that recurs daily or less often",
        "rrule: \"FREQ=WEEKLY;BYDAY=SA;BYHOUR=22\"",
    ),
    Key::new(
        "start",
        "local time",
        "either this or `rrule`",
        "when it opens once; beside `rrule`, the first time, from which intervals count",
        "start: 2026-01-31T22:00",
    ),
    Key::new("duration", "duration", "required", "how long it stays open, 31 days at most", "duration: 4h"),
    Key::new(
        "reserve",
        "duration",
        "none",
        "what must be left of it when an irreversible step starts, beside what the step takes",
        "reserve: 60m",
    ),
    Key::new(
        "freezes",
        "list of paths",
        "none",
        "iCalendar files, relative to this one, during whose events it stays closed",
        "freezes: [freeze.ics]",
    ),
    Key::new(
        "on_close",
        "`pause` or `finish_step`",
        "pause",
        "what its end means before the point of no return: nothing starts any more, or steps that have begun go on",
        "on_close: finish_step",
    ),
];

/// `retry`, of a step or of `defaults`.
pub(in crate::runbook) const RETRY: &[Key] = &[
    Key::new("max", "1 to 1000", "5", "how many tries in all", "max: 8"),
    Key::new(
        "backoff",
        "duration..duration",
        "2s..1m",
        "the first and the longest wait; it doubles",
        "backoff: 2s..60s",
    ),
    Key::new(
        "jitter",
        "boolean",
        "false",
        "whether each wait is shortened by chance, anywhere down to nothing, so that many steps do not come at once",
        "jitter: true",
    ),
    Key::new(
        "on",
        "list",
        "[busy, limited, unavailable]",
        "after which failures: `busy` with something that ends, `limited` by a wait that the service names, \
         `unavailable`, and `timeout` of a command with `effect: none` that `attempt_timeout` ended",
        "on: [busy, limited]",
    ),
];

/// A step.
pub(in crate::runbook) const STEP: &[Key] = &[
    Key::new("id", "name", "required", "its name: a-z, 0-9 and `_`; references use it", "id: capture"),
    Key::new("uses", "kind", "required", "what it does; `surefoot kinds` lists the kinds", "uses: sleep"),
    Key::new("with", "map", "none", "the inputs of the kind; `surefoot kinds KIND` lists them", "with: {for: 1m}"),
    Key::new("needs", "list", "none", "steps that must end before it, beside those it refers to", "needs: [first]"),
    Key::new(
        "when",
        "expression",
        "true",
        "it is skipped where this is false; its outputs are null then",
        "when: \"{{ inputs.wanted }}\"",
    ),
    Key::new(
        "for_each",
        "list, template or map",
        "once",
        "the items for each of which the step is done once; its expressions know `each.key` and `each.value`",
        "for_each: [web-1, web-2]",
    ),
    Key::new(
        "timeout",
        "duration",
        "of `defaults`",
        "how long it may take from the moment it is ready",
        "timeout: 30m",
    ),
    Key::new(
        "attempt_timeout",
        "duration",
        "of `timeout`",
        "how long one attempt may take, a command for example; http kinds have `request_timeout` instead",
        "attempt_timeout: 5m",
    ),
    Key::new(
        "retry",
        "map",
        "of `defaults`",
        "how failures that pass are tried again",
        "retry: {max: 30, backoff: 15s..60s}",
    ),
    Key::new("save", "file name", "not saved", "the file in the trail that its output is saved to", "save: first.json"),
    Key::new("description", "text", "empty", "what it is for", "description: wait for the others"),
    Key::new(
        "on_failure",
        "`stop`, `undo`, `hold` or `ask`",
        "of the kind",
        "whether its failure closes the run, at once or after undoing what was done, or the run waits for a person",
        "on_failure: hold",
    ),
    Key::new(
        "undo",
        "map",
        "none",
        "the step that takes its effect back, when the run is cancelled or fails with `on_failure: undo`",
        "undo: {uses: command, effect: undoable, with: {argv: [lbctl, enable, web-1]}}",
    ),
    Key::new(
        "retry_from",
        "name",
        "none",
        "an earlier step from which a person may repeat the run",
        "retry_from: first",
    ),
    Key::new(
        "max_age",
        "duration",
        "of what it proves",
        "how old what it proves may be; a confirmation five minutes at most",
        "max_age: 1h",
    ),
    Key::new(
        "locks",
        "list",
        "what it changes",
        "subjects that no other run of this machine may change or lock before this run has ended, beside what the step \
         itself changes",
        "locks: [\"postgres:orders\"]",
    ),
    Key::new(
        "effect",
        "`none`, `undoable` or `irreversible`",
        "`none` for a GET, else `irreversible`",
        "what the step does to the world, where its kind leaves that to the step",
        "effect: undoable",
    ),
    Key::new(
        "subject",
        "text",
        "required where it is irreversible",
        "what the effect changes: evidence, confirmations and entries are about it",
        "subject: \"postgres:orders\"",
    ),
    Key::new(
        "requires",
        "list of evidence",
        "none",
        "evidence that the effect rests on, beside the usual",
        "requires: [backup]",
    ),
    Key::new(
        "idempotency_key",
        "header",
        "none",
        "the header with which the service takes a repeated request for the same one",
        "idempotency_key: Idempotency-Key",
    ),
    Key::new(
        "probe",
        "map",
        "none",
        "how a lost answer is settled: by looking, never by sending again",
        "probe: {uses: command, with: {argv: [pg_isready, -h, db]}, applied: \"{{ probe.exit_code == 0 }}\"}",
    ),
    Key::new(
        "until",
        "expression",
        "at once",
        "when what was begun is over, of what `probe` sees; the step waits for it",
        "until: \"{{ probe.json.role == 'primary' }}\"",
    ),
    Key::new(
        "provide",
        "map",
        "nothing",
        "the evidence that a step which changes nothing yields",
        "provide: {evidence: config, subject: \"postgres:orders\"}",
    ),
];

/// The keys of a step that declare its effect, where its kind leaves that to the step.
pub(super) const EFFECT: [&str; 7] = ["effect", "subject", "requires", "idempotency_key", "probe", "until", "provide"];

/// `undo`.
pub(in crate::runbook) const UNDO: &[Key] = &[
    Key::new("uses", "kind", "required", "what undoes the step", "uses: command"),
    Key::new(
        "with",
        "map",
        "none",
        "its inputs; the outputs of the step are known",
        "with: {argv: [lbctl, enable, web-1]}",
    ),
    Key::new("timeout", "duration", "of `defaults`", "how long it may take", "timeout: 30m"),
    Key::new("retry", "map", "of `defaults`", "how failures that pass are tried again", "retry: {max: 30}"),
    Key::new("description", "text", "empty", "what it is for", "description: take the host back"),
    Key::new("effect", "`none` or `undoable`", "of the kind", "as of a step; never `irreversible`", "effect: undoable"),
    Key::new("subject", "text", "none", "what it changes", "subject: \"host:web-1\""),
    Key::new("idempotency_key", "header", "none", "as of a step", "idempotency_key: Idempotency-Key"),
    Key::new(
        "probe",
        "map",
        "none",
        "how a lost answer is settled, as of a step",
        "probe: {uses: command, with: {argv: [pg_isready, -h, db]}, applied: \"{{ probe.exit_code == 0 }}\"}",
    ),
    Key::new(
        "until",
        "expression",
        "at once",
        "when it is over, as of a step",
        "until: \"{{ probe.exit_code == 0 }}\"",
    ),
];

/// `for_each`, where it is a map.
pub(in crate::runbook) const FOR_EACH: &[Key] = &[
    Key::new(
        "items",
        "list, map or template",
        "one of the two",
        "the items; of a map the keys name them",
        "items: [web-1, web-2]",
    ),
    Key::new(
        "file",
        "path",
        "one of the two",
        "a CSV, JSON or YAML file that holds them, found from the directory of the runbook; an input of type `path` is \
         found from where the run begins",
        "file: hosts.csv",
    ),
    Key::new(
        "key",
        "name",
        "the text, or the first column",
        "the field that names an item where the items are maps",
        "key: host",
    ),
    Key::new("concurrency", "1 to 1024", "no limit", "how many items are under way at once", "concurrency: 1"),
    Key::new(
        "max_failures",
        "0 to 100000",
        "0",
        "how many items may fail before the point of no return without failing the run",
        "max_failures: 1",
    ),
];

/// `probe`.
pub(in crate::runbook) const PROBE: &[Key] = &[
    Key::new("uses", "kind", "required", "the kind that looks", "uses: command"),
    Key::new("with", "map", "none", "its inputs", "with: {argv: [pg_isready, -h, db]}"),
    Key::new(
        "applied",
        "expression",
        "required",
        "whether the effect took place, of the outputs of the look",
        "applied: \"{{ probe.json.role == 'primary' }}\"",
    ),
    Key::new(
        "pending",
        "expression",
        "false",
        "whether it is on its way; it is looked at again",
        "pending: \"{{ probe.json.role == 'promoting' }}\"",
    ),
    Key::new("settle", "duration", "2m", "how long after it was sent a request may still arrive", "settle: 60s"),
];

/// `provide`.
pub(in crate::runbook) const PROVIDE: &[Key] = &[
    Key::new("evidence", "kind of evidence", "required", "what the step proves", "evidence: config"),
    Key::new("subject", "text", "required", "what it is proved about", "subject: \"postgres:orders\""),
    Key::new(
        "of",
        "any expression",
        "all of it",
        "what of the outputs the evidence is about, where other parts change by themselves",
        "of: \"{{ output.json.role }}\"",
    ),
];

/// Keys of a step that a later version will know.
pub(super) const STEP_LATER: &[&str] = &["window"];
