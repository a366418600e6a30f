//! `backup.*` and `s3.*`.

use super::types::{Field, Idempotency, Kind, OnFailure, Proof, Reversibility, Type};
use std::time::Duration;

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

pub(super) static RECEIVE: Kind = Kind {
    name: "backup.receive",
    summary: concat!(
        "Waits for the file that a person exports from the Aura console, reads it to its end, and takes it only if it ",
        "can be the backup of that database."
    ),
    inputs: &[
        Field::required("instance_id", Type::InstanceId, "the instance the backup is of"),
        Field::required("snapshot_id", Type::String, "the snapshot that is to be exported"),
        Field::required("snapshot_time", Type::Time, "when that snapshot was taken"),
        Field::optional("path", Type::Path, "where the file will be; left out, the person is asked"),
        Field::optional("folder", Type::Path, "a folder in which the file will appear"),
        Field::optional(
            "database",
            Type::String,
            "the database it must be of, where the file says; left out or empty, neo4j or the instance's id",
        ),
        Field::with_default(
            "tolerance",
            Type::Duration,
            "\"10m\"",
            "how far the backup's time may be from the snapshot's; at most 1d",
        )
        .at_most(Duration::from_hours(24)),
        Field::optional("version", Type::String, "the source's version of Neo4j; a format of another is refused"),
        Field::optional("nodes", Type::Integer, "how many nodes were counted; a file too small for them is refused"),
        Field::optional("relationships", Type::Integer, "how many relationships were counted"),
        Field::optional(
            "store_created_at",
            Type::Time,
            "when the store of the source was created, from `neo4j.counts`; the header must agree",
        ),
        Field::with_default(
            "provenance",
            Type::Word(&["attested", "header"]),
            "\"attested\"",
            concat!(
                "header: only a file whose own header proves what it is of: by `store_created_at`, or because its ",
                "database bears the instance's id; attested: also any other one (.dump, .tar, a .backup without ",
                "these), on the word of the person who gives it"
            ),
        ),
        Field::optional("max_size", Type::Size, "a larger file is refused"),
        Field::with_default("max_size_reason", Type::String, "\"\"", "what to say and do when the file is larger"),
    ],
    outputs: &[
        Field::output("path", Type::Path, "where the file is"),
        Field::output("size", Type::Integer, "its size in bytes"),
        Field::output("sha256", Type::String, "its digest"),
        Field::output("format", Type::String, "its magic: BZV3, DZV1, …"),
        Field::output("extension", Type::String, "backup, dump or tar"),
        Field::output(
            "provenance",
            Type::String,
            "header: the file proves what it is of; attested: the person says it",
        ),
        Field::output("store_bytes", Type::Integer, "how many bytes the files of the database have, unpacked"),
        Field::optional("store_id", Type::String, "the id of the store, where the file says"),
        Field::optional("database", Type::String, "the database, where the file says"),
        Field::optional("backup_time", Type::Time, "the time of the backup, where the file says"),
    ],
    subject: Some("instance_id"),
    changeable: &["tolerance"],
    asks: true,
    on_failure: OnFailure::Hold,
    example: concat!(
        "- id: export\n",
        "  uses: backup.receive\n",
        "  with:\n",
        "    instance_id: \"{{ inputs.instance_id }}\"\n",
        "    snapshot_id: \"{{ steps.snapshot_ready.snapshot_id }}\"\n",
        "    snapshot_time: \"{{ steps.snapshot_ready.timestamp }}\"\n",
        "    version: \"{{ steps.counts.version }}\"\n",
        "    nodes: \"{{ steps.counts.nodes }}\"\n",
        "    relationships: \"{{ steps.counts.relationships }}\"\n",
        "    store_created_at: \"{{ steps.counts.store_created_at }}\"\n",
    ),
    ..BASE
};

pub(super) static S3_PUT: Kind = Kind {
    name: "s3.put",
    summary: "Uploads a file to S3 under a key made of its digest; resumes part by part, never overwrites.",
    inputs: &[
        Field::required("path", Type::Path, "the file"),
        Field::required("sha256", Type::String, "the digest the file must have"),
        Field::required("bucket", Type::String, "the bucket"),
        Field::with_default("prefix", Type::String, "\"\"", "the prefix of the key"),
        Field::with_default("extension", Type::String, "\"backup\"", "the extension of the key"),
    ],
    outputs: &[
        Field::output("bucket", Type::String, "the bucket"),
        Field::output("key", Type::String, "the key: prefix/sha256.extension"),
        Field::output("uri", Type::String, "s3://bucket/key"),
        Field::optional("version_id", Type::String, "the version, where the bucket has versions"),
        Field::output("etag", Type::String, "the entity tag"),
        Field::output("size", Type::Integer, "the size in bytes"),
        Field::output("sha256", Type::String, "the digest of the whole file"),
        Field::output("parts", Type::Integer, "the number of parts"),
    ],
    repeat: Idempotency::Idempotent,
    reverse: Reversibility::Undoable,
    probe: "reads the object's head and compares size and checksum",
    preflight: true,
    example: concat!(
        "- id: upload\n",
        "  uses: s3.put\n",
        "  with:\n",
        "    path: \"{{ steps.export.path }}\"\n",
        "    sha256: \"{{ steps.export.sha256 }}\"\n",
        "    bucket: \"{{ inputs.bucket }}\"\n",
        "    prefix: \"{{ inputs.prefix }}\"\n",
    ),
    ..BASE
};

pub(super) static VERIFY: Kind = Kind {
    name: "backup.verify",
    summary: "Reads the whole object back from S3, by version, and compares its digest with the file's.",
    inputs: &[
        Field::required("instance_id", Type::InstanceId, "the instance the backup is of"),
        Field::required("bucket", Type::String, "the bucket"),
        Field::required("key", Type::String, "the key"),
        Field::optional("version_id", Type::String, "the version"),
        Field::required("sha256", Type::String, "the digest it must have"),
        Field::required("size", Type::Integer, "the size it must have"),
    ],
    outputs: &[
        Field::output("sha256", Type::String, "the digest of what was read"),
        Field::output("size", Type::Integer, "how many bytes were read"),
        Field::output("format", Type::String, "the magic of what was read"),
        Field::output("verified_at", Type::Time, "when"),
    ],
    subject: Some("instance_id"),
    yields: &[Proof::Backup],
    rechecks: true,
    example: concat!(
        "- id: verify\n",
        "  uses: backup.verify\n",
        "  with:\n",
        "    instance_id: \"{{ inputs.instance_id }}\"\n",
        "    bucket: \"{{ steps.upload.bucket }}\"\n",
        "    key: \"{{ steps.upload.key }}\"\n",
        "    version_id: \"{{ steps.upload.version_id }}\"\n",
        "    sha256: \"{{ steps.export.sha256 }}\"\n",
        "    size: \"{{ steps.export.size }}\"\n",
    ),
    ..BASE
};
