//! What came of a step, in a few words.

use super::value::{field, text};
use crate::base::{Map, Value, format_size, show};

/// The result of a step of this kind in a few words; empty where there is nothing to say.
pub(super) fn short(kind: &str, output: &Map) -> String {
    let get = |name: &str| field(output, name);
    match kind {
        "aura.instance.get" | "aura.instance.update" | "aura.instance.pause" | "aura.instance.resume" => {
            list([text(output, "name"), text(output, "type"), text(output, "memory"), text(output, "status")])
        }
        "aura.instance.create" => format!("{} as {}", get("id"), get("name")),
        "aura.instance.overwrite" => {
            format!("{} ({}), with the data of {}", get("id"), get("name"), get("source_instance_id"))
        }
        "aura.instance.delete" => format!("{} ({})", get("id"), get("name")),
        "aura.instance.await" => format!("{} after {} looks", get("status"), get("looks")),
        "aura.instance.list" => format!("{} instances", get("count")),
        "aura.tenant.check" => format!("offered to {}: {}", get("tenant_name"), get("memory")),
        "aura.snapshot.create" => get("snapshot_id"),
        "aura.snapshot.await" | "aura.snapshot.latest" => format!("{} of {}", get("snapshot_id"), get("timestamp")),
        "backup.receive" => format!("{}, {}, {}", file_name(&get("path")), size(output), get("format")),
        "s3.put" => format!("{} in bucket {}", size(output), get("bucket")),
        "backup.verify" => format!("{} read back, {}", size(output), digest(output)),
        "neo4j.counts" if output.get("nodes").is_some_and(Value::is_number) => {
            format!("{} nodes, {} relationships", get("nodes"), get("relationships"))
        }
        "neo4j.counts" => match output.get("works").and_then(Value::as_bool) {
            Some(true) => "password works",
            Some(false) => "NOT COUNTED, accepted",
            None => "not counted",
        }
        .to_owned(),
        "neo4j.compare" => compared(output),
        "audit.entry" => get("title"),
        "confirm" => format!("typed by {}", get("by")),
        "manual" => match text(output, "note") {
            Some(note) => format!("done by {}: {}", get("by"), show(note)),
            None => format!("done by {}", get("by")),
        },
        "diff" => match output.get("unexpected").and_then(Value::as_array) {
            Some(fields) if !fields.is_empty() => format!("accepted: {}", get("unexpected")),
            _ => "as expected".to_owned(),
        },
        "file.write" => get("path"),
        "sleep" => format!("until {}", get("until")),
        _ => String::new(),
    }
}

/// The last part of a path; the whole stands in the record.
fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn compared(output: &Map) -> String {
    let is = |name: &str| output.get(name) == Some(&Value::Bool(true));
    match (is("equal"), is("compared")) {
        (true, _) => "equal".to_owned(),
        (false, false) => "not compared: nothing was counted".to_owned(),
        (false, true) => {
            format!("different, accepted by {}: {}", field(output, "acknowledged_by"), field(output, "differences"))
        }
    }
}

fn size(output: &Map) -> String {
    output.get("size").and_then(Value::as_u64).map_or_else(|| "-".to_owned(), format_size)
}

/// The first digits of the digest; the whole stands in the record.
fn digest(output: &Map) -> String {
    let digest = field(output, "sha256");
    format!("sha256 {}…", digest.get(..12).unwrap_or(&digest))
}

fn list<const N: usize>(parts: [Option<&str>; N]) -> String {
    parts.into_iter().flatten().map(show).collect::<Vec<_>>().join(", ")
}
