//! Kinds that a person takes part in, and the record of it.

use super::types::{Field, Idempotency, Kind, OnFailure, Proof, Reversibility, Type};

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
    asks: true,
    on_failure: OnFailure::Hold,
    judges: false,
    rechecks: false,
    once: false,
    saves: None,
    example: "",
};

pub(super) static CONFIRM: Kind = Kind {
    name: "confirm",
    summary: "Has a person type a text after seeing what will be lost; bound to the plan's digest.",
    inputs: &[
        Field::required("subject", Type::InstanceId, "what the confirmation is about"),
        Field::required(
            "type",
            Type::String,
            "the name or the id of the subject, as captured; the subject is typed where it is not printable ASCII",
        ),
        Field::with_default(
            "show",
            Type::Steps,
            "[]",
            "ids of further steps to show the outputs of; those of the evidence always are",
        ),
        Field::with_default(
            "warnings",
            Type::List,
            "[]",
            "sentences to show, or lists of them; empty ones are left out",
        ),
    ],
    outputs: &[
        Field::output("typed", Type::String, "what was typed"),
        Field::output("by", Type::String, "who typed it"),
        Field::output("at", Type::Time, "when"),
        Field::output("plan_digest", Type::String, "the plan it was typed for"),
    ],
    subject: Some("subject"),
    yields: &[Proof::Confirmed],
    example: concat!(
        "- id: confirm\n",
        "  uses: confirm\n",
        "  with:\n",
        "    subject: \"{{ inputs.instance_id }}\"\n",
        "    type: \"{{ steps.capture.name }}\"\n",
        "    show: [capture, upload]\n",
    ),
    ..BASE
};

pub(super) static MANUAL: Kind = Kind {
    name: "manual",
    summary: "Asks a person to do something and waits until they say it is done.",
    inputs: &[
        Field::required(
            "instructions",
            Type::String,
            "what to do, in plain sentences; a line that begins with two spaces is a command and never broken, and \
             {{ value | shell }} quotes a value in it",
        ),
        Field::with_default(
            "task",
            Type::Word(&["attest", "import", "upload", "type"]),
            "\"attest\"",
            "attest: say it is done; import: import a backup in the console; upload: upload it with neo4j-admin; type: \
             type a text",
        ),
        Field::optional("instance_id", Type::InstanceId, "for `import` and `upload`: the instance it goes into"),
        Field::optional("path", Type::Path, "for `import` and `upload`: the backup file"),
        Field::optional(
            "sha256",
            Type::String,
            "the digest that the file must have: it is read before the person is asked and when they have answered",
        ),
        Field::optional(
            "copy",
            Type::String,
            "where the same bytes are, and how to fetch them; shown if the file is gone or has changed",
        ),
        Field::optional("type", Type::String, "for `type`: the text to type"),
    ],
    outputs: &[
        Field::output("by", Type::String, "who did it"),
        Field::output("at", Type::Time, "when they said so"),
        Field::output("note", Type::String, "what they noted"),
    ],
    example: concat!(
        "- id: writers_stopped\n",
        "  uses: manual\n",
        "  with: {instructions: \"Stop every writer of the source database.\"}\n",
        "- id: fetched\n",
        "  uses: manual\n",
        "  with:\n",
        "    instructions: |-\n",
        "      Fetch the backup:\n",
        "        aws s3 cp {{ steps.upload.uri | shell }} .\n",
    ),
    ..BASE
};

pub(super) static AUDIT_ENTRY: Kind = Kind {
    name: "audit.entry",
    summary: "Writes an entry for people and auditors into the trail.",
    inputs: &[
        Field::required("subject", Type::InstanceId, "what the entry is about"),
        Field::required("title", Type::String, "its heading"),
        Field::required("fields", Type::Map, "what it says, by name"),
    ],
    outputs: &[
        Field::output("title", Type::String, "its heading"),
        Field::output("fields", Type::Map, "what it says"),
        Field::output("written_at", Type::Time, "when"),
    ],
    subject: Some("subject"),
    yields: &[Proof::Audited],
    asks: false,
    example: concat!(
        "- id: entry\n",
        "  uses: audit.entry\n",
        "  with:\n",
        "    subject: \"{{ inputs.instance_id }}\"\n",
        "    title: Pre-deletion summary\n",
        "    fields: {name: \"{{ steps.capture.name }}\"}\n",
    ),
    ..BASE
};
