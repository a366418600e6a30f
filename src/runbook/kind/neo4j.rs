//! `neo4j.*`.

use super::types::{Field, Idempotency, Kind, OnFailure, Proof, Reversibility, Type};

const DATABASE: &str = "the database; left out or empty, the instance is asked for the home of the user";
const USERNAME: &str = "the user; left out, the one of the credentials, or neo4j where they are a password alone";

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

/// Where the password may go besides the service's own hosts.
const HOSTS: Field = Field::with_default(
    "hosts",
    Type::String,
    "\"\"",
    concat!(
        "hosts that may receive the password besides *.databases.neo4j.io, as names or addresses with commas between ",
        "them; never from a step"
    ),
)
.by_people();

pub(super) static COUNTS: Kind = Kind {
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
    ..BASE
};

pub(super) static COMPARE: Kind = Kind {
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
    ..BASE
};

pub(super) static PASSWORD_ROTATE: Kind = Kind {
    name: "neo4j.password.rotate",
    summary: concat!(
        "Sets a new password and delivers it, so that the sealed one-time password in the permanent trail is ",
        "worthless."
    ),
    inputs: &[
        Field::required("url", Type::String, "the Query API's address, or the instance's connection_url"),
        HOSTS,
        Field::required("credentials", Type::Any, "user name and password, until now").secret(),
        Field::required(
            "password_file",
            Type::Path,
            concat!(
                "the file, mode 0600, that receives the new password; the one that holds the old password may be ",
                "named, and is replaced"
            ),
        ),
        Field::optional("username", Type::String, USERNAME),
    ],
    outputs: &[
        Field::output("password_file", Type::Path, "the file that holds the new password"),
        Field::output("credentials", Type::Any, "user name and new password, for inputs that take a secret").secret(),
        Field::output("rotated_at", Type::Time, "when the new password was known to be set"),
    ],
    repeat: Idempotency::Reconcilable,
    once: true,
    reverse: Reversibility::Undoable,
    probe: "tries the new password, then the old one: RETURN 1",
    changeable: &["password_file", "hosts", "url", "username"],
    preflight: true,
    example: concat!(
        "- id: rotate\n",
        "  uses: neo4j.password.rotate\n",
        "  with:\n",
        "    url: \"{{ steps.recreate.connection_url }}\"\n",
        "    credentials: \"{{ steps.recreate.credentials }}\"\n",
        "    password_file: new-password.txt\n",
    ),
    ..BASE
};
