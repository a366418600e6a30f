//! `file.write`: a file, whole.

use crate::base::{Digest, Value, escape};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::kinds::task::{Task, applied, prepared};
use crate::kinds::whole;
use std::path::Path;

pub(in crate::kinds) fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let path = task.path("path")?;
    let content = content(task)?;
    match &task.command.act {
        Act::Prepare(Call::Write) => {
            let shown = path.display().to_string();
            let request = format!("WRITE {}", escape(&shown));
            Ok(prepared(shown, request, Digest::of(&content), Value::Null))
        }
        Act::Send(intent) if intent.call == Call::Write => {
            task.as_announced(Digest::of(&content))?;
            whole::write(&*task.ports().disk, &path, &whole::temp(task, &path), &content)?;
            Ok(applied(output(&path, &content)))
        }
        Act::Read(Call::Probe) => {
            let mut found = output(&path, &content);
            let same = task.ports().disk.read(&path, content.len() as u64).is_ok_and(|bytes| bytes == content);
            if let Some(found) = found.as_object_mut() {
                found.insert("same".to_owned(), same.into());
            }
            Ok(Reply::Found(found))
        }
        _ => Err(task.unknown()),
    }
}

fn output(path: &Path, content: &[u8]) -> Value {
    serde_json::json!({
        "path": path.display().to_string(),
        "size": content.len(),
        "sha256": Digest::of(content).to_string(),
    })
}

/// A text as it is, anything else as JSON for people.
fn content(task: &Task<'_>) -> Result<Vec<u8>, CallError> {
    let value = task.maybe("content").ok_or_else(|| task.wrong("`content` is null"))?;
    if holds_secret(value) {
        return Err(task.wrong("`content` holds a secret, and secrets are not written by this kind"));
    }
    if let Some(text) = value.as_str() {
        return Ok(text.as_bytes().to_vec());
    }
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|error| task.wrong(&format!("`content` is not JSON: {error}")))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.contains_key("$secret") || map.values().any(holds_secret),
        Value::Array(list) => list.iter().any(holds_secret),
        _ => false,
    }
}
