//! Kinds that touch nothing outside this machine.

use super::types::{Field, Idempotency, Kind, OnFailure, Reversibility, Type};

/// What is the same for the kinds of this family.
const BASE: Kind = Kind {
    name: "",
    version: 1,
    summary: "",
    inputs: &[],
    outputs: &[],
    repeat: Idempotency::Read,
    reverse: Reversibility::Nothing,
    probe: "",
    subject: None,
    deed: "",
    needs: &[],
    yields: &[],
    changeable: &[],
    credential: None,
    preflight: false,
    asks: false,
    on_failure: OnFailure::Stop,
    judges: false,
    rechecks: false,
    once: false,
    saves: None,
    example: "",
};

pub(super) static ASSERT: Kind = Kind {
    name: "assert",
    summary: "Fails where something is not true.",
    inputs: &[
        Field::required("that", Type::Boolean, "what must be true"),
        Field::with_default("message", Type::String, "\"\"", "what to say where it is not"),
    ],
    outputs: &[Field::output("that", Type::Boolean, "true")],
    example: concat!(
        "- id: running\n",
        "  uses: assert\n",
        "  with: {that: \"{{ steps.capture.status == 'running' }}\", message: The instance must run.}\n",
    ),
    on_failure: OnFailure::Hold,
    judges: true,
    ..BASE
};

pub(super) static DIFF: Kind = Kind {
    name: "diff",
    summary: "Compares two maps field by field; a difference that was not expected must be acknowledged by a person.",
    inputs: &[
        Field::required("before", Type::Map, "the one side"),
        Field::required("after", Type::Map, "the other side"),
        Field::with_default("expect", Type::Map, "{}", "fields that must have this value after"),
        Field::with_default("ignore", Type::List, "[]", "fields not to compare"),
    ],
    outputs: &[
        Field::output("rows", Type::List, "field, before, after and verdict of each field"),
        Field::output("unexpected", Type::List, "the fields that differ and were not expected to"),
        Field::output("text", Type::String, "the comparison as a table"),
        Field::optional("acknowledged_by", Type::String, "who accepted the unexpected differences"),
    ],
    asks: true,
    on_failure: OnFailure::Hold,
    saves: Some("text"),
    example: concat!(
        "- id: config_diff\n",
        "  uses: diff\n",
        "  with:\n",
        "    before: \"{{ steps.capture }}\"\n",
        "    after: \"{{ steps.new }}\"\n",
        "    ignore: [id, created_at, connection_url]\n",
        "  save: diff.txt\n",
    ),
    ..BASE
};

pub(super) static FILE_WRITE: Kind = Kind {
    name: "file.write",
    summary: "Writes a file whole, by rename, mode 0600.",
    inputs: &[
        Field::required("path", Type::Path, "the file"),
        Field::required("content", Type::Any, "text, or a value to write as JSON"),
    ],
    outputs: &[
        Field::output("path", Type::Path, "the file"),
        Field::output("size", Type::Integer, "its size in bytes"),
        Field::output("sha256", Type::String, "its digest"),
    ],
    repeat: Idempotency::Idempotent,
    reverse: Reversibility::Undoable,
    probe: "reads the file and compares",
    example: "- id: note\n  uses: file.write\n  with: {path: note.txt, content: \"{{ steps.capture.name }}\"}\n",
    ..BASE
};

pub(super) static SLEEP: Kind = Kind {
    name: "sleep",
    summary: "Waits; a restart does not restart the wait.",
    inputs: &[Field::required("for", Type::Duration, "how long")],
    outputs: &[Field::output("until", Type::Time, "when the wait ended")],
    example: "- id: settle\n  uses: sleep\n  with: {for: 5m}\n",
    ..BASE
};
