//! `backup.receive`: looking for the exported file, and reading it to its end.

use super::vouch;
use crate::base::{Digest, Timestamp, Value, escape, format_size};
use crate::engine::call::{Call, CallError, Reply};
use crate::engine::command::Act;
use crate::kinds::background;
use crate::kinds::backup::archive::{self, Archive, Problem};
use crate::kinds::source::Source;
use crate::kinds::task::Task;
use crate::kinds::whole::fault;
use crate::port::{Open, Stat};
use std::io;
use std::path::{Path, PathBuf};

/// Extensions under which the console and Neo4j's own tools save backups.
const EXTENSIONS: [&str; 3] = ["backup", "dump", "tar"];
/// Extensions of files that a browser has not finished.
const UNFINISHED: [&str; 5] = ["crdownload", "part", "partial", "download", "tmp"];

pub(in crate::kinds) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    // A limit that is none is said before anything is read, whatever the file is.
    task.duration("tolerance")?;
    match task.command.act {
        Act::Read(Call::Poll) => look(task).map(Reply::Found),
        Act::Read(Call::Read) => {
            let path = task.resolve(unquoted(task.added_text("path")?));
            match take(task, &path).await? {
                Ok(found) => Ok(Reply::Found(found)),
                Err(problem) => Ok(Reply::Found(serde_json::json!({
                    "ok": false, "path": path.display().to_string(), "problem": problem,
                }))),
            }
        }
        _ => Err(task.unknown()),
    }
}

/// A path as people paste it: a file dropped on a terminal comes in quotes.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner = ['\'', '"'].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    inner.unwrap_or(text)
}

/// Whether the file is there, and whether it has stopped growing since the last look.
fn look(task: &Task<'_>) -> Result<Value, CallError> {
    let found = match (task.text_or_none("path")?, task.text_or_none("folder")?) {
        (Some(path), _) => at(task, &task.resolve(path))?,
        (None, Some(folder)) => newest(task, &task.resolve(folder))?,
        (None, None) => None,
    };
    let Some((path, stat)) = found else { return Ok(serde_json::json!({"path": null})) };
    let path = path.display().to_string();
    let stable = !stat.is_file || stat.len > 0 && seen_before(task, &path, &stat);
    Ok(serde_json::json!({
        "path": path, "size": stat.len, "modified": stat.modified_micros, "stable": stable,
    }))
}

/// The last sighting is what the last look found, or a map from paths to sizes.
fn seen_before(task: &Task<'_>, path: &str, stat: &Stat) -> bool {
    let Some(known) = task.added("known") else { return false };
    let same_file = known.get("path").and_then(Value::as_str) == Some(path);
    let size = if same_file { known.get("size") } else { known.get(path) };
    let modified = known.get("modified").filter(|_| same_file).and_then(Value::as_i64);
    size.and_then(Value::as_u64) == Some(stat.len) && modified.is_none_or(|modified| modified == stat.modified_micros)
}

fn at(task: &Task<'_>, path: &Path) -> Result<Option<(PathBuf, Stat)>, CallError> {
    match task.ports().disk.stat(path) {
        Ok(stat) => Ok(Some((path.to_path_buf(), stat))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fault("look at", path, &error)),
    }
}

/// The file in the folder that was changed last, among those that may be backups.
fn newest(task: &Task<'_>, folder: &Path) -> Result<Option<(PathBuf, Stat)>, CallError> {
    let names = match task.ports().disk.list(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        names => names.map_err(|error| fault("list", folder, &error))?,
    };
    let files = names.into_iter().filter_map(|name| {
        let path = folder.join(name);
        // A name that is not UTF-8 could not be told to anybody.
        path.to_str()?;
        let stat = task.ports().disk.stat(&path).ok().filter(|stat| stat.is_file)?;
        promising(task, &path).then_some((path, stat))
    });
    Ok(files.max_by_key(|(_, stat)| stat.modified_micros))
}

fn promising(task: &Task<'_>, path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_lowercase();
    if UNFINISHED.contains(&extension.as_str()) {
        return false;
    }
    let has_magic = || {
        let mut start = [0; 4];
        let file = task.ports().disk.open(path, Open::Read).ok()?;
        let count = file.read_at(&mut start, 0).ok()?;
        archive::format_of(start.get(..count)?).filter(|format| !matches!(*format, "GZIP" | "ZSTD"))
    };
    EXTENSIONS.contains(&extension.as_str()) || has_magic().is_some()
}

/// Reads the file to its end. The inner error is a sentence about the file; the outer one is about this machine.
async fn take(task: &Task<'_>, path: &Path) -> Result<Result<Value, String>, CallError> {
    let before = match sound(task, path)? {
        Ok(stat) => stat,
        Err(problem) => return Ok(Err(problem)),
    };
    task.doing(&format!("reads {} ({})", escape(&path.display().to_string()), format_size(before.len)));
    let file = match task.ports().disk.open(path, Open::Read) {
        Ok(file) => file,
        Err(error) => return Ok(Err(format!("the file cannot be opened: {error}"))),
    };
    let mut source = Source::new(task, file, before.len);
    let job = move || {
        let examined = archive::examine(&mut source);
        // What the format does not reach belongs to the digest all the same.
        let rest = if examined.is_ok() { io::copy(&mut source, &mut io::sink()).map(|_| ()) } else { Ok(()) };
        let (length, digest) = source.finish();
        (examined, rest, length, digest)
    };
    let (examined, rest, length, digest) = background::run(&*task.ports().worker, job).await?;
    rest.map_err(|error| fault("read", path, &error))?;
    let after = task.ports().disk.stat(path).map_err(|error| fault("look at", path, &error))?;
    if after != before || examined.is_ok() && length != before.len {
        return Ok(Err("the file changed while it was read; it is still being written".to_owned()));
    }
    match examined {
        Ok(archive) => {
            let provenance = vouch::provenance(task, &archive)?;
            Ok(vouch::fitting(task, &archive)?.map(|()| told(path, length, digest, &archive, provenance)))
        }
        Err(Problem::Unreadable(error)) => Err(fault("read", path, &error)),
        Err(problem) => Ok(Err(problem.to_string())),
    }
}

/// Whether there is a file that is worth reading.
fn sound(task: &Task<'_>, path: &Path) -> Result<Result<Stat, String>, CallError> {
    let shown = escape(&path.display().to_string());
    let stat = match task.ports().disk.stat(path) {
        Ok(stat) => stat,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Err(format!("there is no file {shown}")));
        }
        Err(error) => return Ok(Err(format!("{shown} cannot be looked at: {error}"))),
    };
    let limit = task.size("max_size")?;
    Ok(match limit {
        _ if stat.is_dir => Err(format!("{shown} is a directory; name the file in it")),
        _ if !stat.is_file => Err(format!("{shown} is not a regular file; name the file itself and no link to it")),
        _ if stat.len == 0 => Err(Problem::Empty.to_string()),
        Some(limit) if stat.len > limit => {
            let reason = task.text_or_none("max_size_reason").ok().flatten().unwrap_or_default();
            let sentence =
                format!("the file has {}, and at most {} are allowed", format_size(stat.len), format_size(limit));
            Err(if reason.is_empty() { sentence } else { format!("{sentence}: {}", escape(reason)) })
        }
        _ => Ok(stat),
    })
}

fn told(path: &Path, size: u64, digest: Digest, archive: &Archive, provenance: &str) -> Value {
    let header = archive.description.as_ref();
    serde_json::json!({
        "ok": true,
        "path": path.display().to_string(),
        "size": size,
        "sha256": digest.to_string(),
        "format": archive.format,
        "extension": archive.extension,
        "provenance": provenance,
        "store_bytes": archive.store_bytes,
        "store_id": header.map(|header| header.store_id.as_str()),
        "database": header.map(|header| header.database.as_str()),
        "backup_time": header.map(|header| Timestamp::to_seconds_text(header.taken_at)),
    })
}
