//! What vouches for a file as the backup of a database: its format against the version of the source, what its own
//! header says, and its size against what was counted.

use crate::base::{PlantedBug, Timestamp, Value, escape, format_duration, format_size, planted};
use crate::engine::call::CallError;
use crate::kinds::backup::archive::{Archive, Description};
use crate::kinds::task::Task;

/// From this major version on the console exports backup artifacts, which have a header; before it, dumps.
const ARTIFACTS_SINCE: u64 = 5;
/// What a node takes in a store at least: its record has 15 bytes in the smallest format there is, 128 in the block
/// format.
const NODE_BYTES: u64 = 15;
/// What a relationship takes in a store at least. Its record has 34 bytes in the smallest format; the block format has
/// none, but an entry at each of the two nodes, and four bytes are less than any such entry.
const RELATIONSHIP_BYTES: u64 = 8;
/// What to do about most of it.
const EXPORT_AGAIN: &str = "export the snapshot again, and give the file as it was downloaded";
/// What to do where the file does not prove what it is of, besides.
const ATTEST: &str = "start a run that takes a person's word (`provenance: attested`)";

/// Whether the file, which fits, proves by its header that it is of the source, or a person alone says it.
pub(in crate::kinds) fn provenance(task: &Task<'_>, archive: &Archive) -> Result<&'static str, CallError> {
    Ok(if unproved(task, archive)?.is_none() { "header" } else { "attested" })
}

/// Why the header of a file that fits does not prove that it is of the source, and what to do about it; nothing where
/// it does.
///
/// Most databases have one name, and snapshots of two instances are often taken at one time. Only the store's time of
/// creation, or a database that bears the instance's id, tells them apart.
fn unproved(task: &Task<'_>, archive: &Archive) -> Result<Option<(String, String)>, CallError> {
    let Some(header) = &archive.description else {
        let why = format!("the file ({}) does not say which database it is of", archive.format);
        return Ok(Some((why, format!("export the snapshot as a `.backup`, or {ATTEST}"))));
    };
    if planted(PlantedBug::HeaderVouches) {
        return Ok(None);
    }
    if !archive.holds_store {
        let engine = escape(&header.engine);
        let why = format!("the file is of the storage engine {engine:?}, and none of its files is known as a store's");
        return Ok(Some((why, ATTEST.to_owned())));
    }
    let id = task.text("instance_id")?;
    if task.maybe("store_created_at").is_some() || header.database.eq_ignore_ascii_case(id) {
        return Ok(None);
    }
    let why = format!(
        "the file says that it is of a database {:?}, as other instances have one, and nobody knows when the store of \
         {} was created",
        escape(&header.database),
        escape(id)
    );
    let remedy = format!("start a run with the credentials of the database (`store_created_at`), or {ATTEST}");
    Ok(Some((why, remedy)))
}

/// Whether the file can be the backup that is waited for. The inner error is a sentence about the file.
pub(in crate::kinds) fn fitting(task: &Task<'_>, archive: &Archive) -> Result<Result<(), String>, CallError> {
    let checks = [
        format(task, archive),
        archive.description.as_ref().map_or(Ok(Ok(())), |header| header_fits(task, header))?,
        policy(task, archive)?,
        size(task, archive),
    ];
    Ok(checks.into_iter().collect())
}

fn word<'a>(task: &Task<'a>, name: &str) -> Option<&'a str> {
    task.maybe(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// `5.26.1`, `5` and `2025.01` have a major version; other words have none, and decide nothing.
fn major(version: &str) -> Option<u64> {
    version.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

fn format(task: &Task<'_>, archive: &Archive) -> Result<(), String> {
    let Some((version, major)) = word(task, "version").and_then(|version| Some((version, major(version)?))) else {
        return Ok(());
    };
    let (name, version) = (archive.format, escape(version));
    if archive.extension == "backup" && major < ARTIFACTS_SINCE {
        return Err(format!(
            "the file is a backup artifact ({name}), which Neo4j {ARTIFACTS_SINCE} and later write, and the source is \
             of version {version}; it is of another instance: {EXPORT_AGAIN}"
        ));
    }
    if archive.extension == "dump" && matches!(name, "GZIP" | "ZSTD") && major >= ARTIFACTS_SINCE {
        return Err(format!(
            "the file is a dump of an old format ({name}), and the source is of version {version}, which the console \
             exports as a `.backup`; it is of another instance: {EXPORT_AGAIN}"
        ));
    }
    Ok(())
}

fn policy(task: &Task<'_>, archive: &Archive) -> Result<Result<(), String>, CallError> {
    if word(task, "provenance") != Some("header") {
        return Ok(Ok(()));
    }
    Ok(unproved(task, archive)?.map_or(Ok(()), |(why, remedy)| {
        Err(format!("{why}, and here only a file counts whose own header proves what it is of; {remedy}"))
    }))
}

/// Database, store and time, as the header says them.
fn header_fits(task: &Task<'_>, header: &Description) -> Result<Result<(), String>, CallError> {
    let named = task.name_or_none("database")?;
    let usual = ["neo4j", task.text("instance_id")?];
    let is_it = |name: &&str| header.database.eq_ignore_ascii_case(name);
    if !named.map_or_else(|| usual.iter().any(is_it), |name| is_it(&name)) {
        let database = named.unwrap_or("neo4j");
        return Ok(Err(format!(
            "the file is of the database {:?} and not of {database:?}; export the snapshot of that one",
            escape(&header.database)
        )));
    }
    if task.maybe("store_created_at").is_some() {
        let wanted = task.time("store_created_at")?;
        if wanted != header.store_created_at {
            return Ok(Err(format!(
                "the file is of another store: that in the file was created at {}, that of the source at {wanted}; \
                 it is of another instance: {EXPORT_AGAIN}",
                header.store_created_at
            )));
        }
    }
    let (wanted, tolerance) = (task.time("snapshot_time")?, task.duration("tolerance")?);
    let gap = wanted.since(header.taken_at).max(header.taken_at.since(wanted));
    if gap > tolerance {
        return Ok(Err(format!(
            "the file is of another snapshot: it was taken at {}, {} from that of {}; export the snapshot of that time",
            header.taken_at.to_seconds_text(),
            format_duration(gap),
            Timestamp::to_seconds_text(wanted)
        )));
    }
    Ok(Ok(()))
}

/// The files of the database are measured as they are unpacked: records have a fixed length, while nobody can say how
/// far they pack. What was deleted leaves its record behind, so a store never has less than its counts say.
fn size(task: &Task<'_>, archive: &Archive) -> Result<(), String> {
    let count = |name: &str| task.maybe(name).and_then(Value::as_u64).unwrap_or(0);
    let (nodes, relationships) = (count("nodes"), count("relationships"));
    let least = nodes.saturating_mul(NODE_BYTES).saturating_add(relationships.saturating_mul(RELATIONSHIP_BYTES));
    if archive.store_bytes >= least {
        return Ok(());
    }
    Err(format!(
        "the file holds {} of a database, and {nodes} nodes and {relationships} relationships take at least {} in \
         every format of Neo4j; it is of another database, or not all of it is there: {EXPORT_AGAIN}",
        format_size(archive.store_bytes),
        format_size(least)
    ))
}
