//! `file.read`: a file of this machine, hashed whole, and its content where it is short.

use crate::base::{Digest, Map, Value, escape, format_size};
use crate::engine::call::{Call, CallError, ErrorClass, Reply};
use crate::engine::command::Act;
use crate::engine::protocol::Protocol;
use crate::kinds::background;
use crate::kinds::source::Source;
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::{Task, check, done};
use crate::kinds::whole::fault;
use crate::kinds::words::{digest, size};
use crate::port::{Open, Stat};
use crate::runbook::kind::{Field, Kind, Proof, Type};
use serde_json::json;
use std::io::{self, Read as _};
use std::path::Path;

/// `file.read`.
pub(in crate::kinds) struct ReadFile;

/// The longest content that a record takes up, in bytes.
const CONTENT_MAX: u64 = 64 << 10;

static KIND: Kind = Kind {
    name: "file.read",
    summary: "Reads a file of this machine: its size, its digest and, where that is asked for, its content.",
    inputs: &[
        Field::required("path", Type::Path, "the file; a relative path begins where the run was started"),
        Field::with_default(
            "parse",
            Type::Word(&["none", "text", "json"]),
            "\"none\"",
            "what to take up of the content, at most 64 KiB; the journal keeps it, so no secret may stand in it",
        ),
        Field::optional("max_size", Type::Size, "refuse a larger file"),
        Field::optional("subject", Type::Subject, "what the file proves something about").beside(),
    ],
    outputs: &[
        Field::output("path", Type::Path, "the file, as an absolute path"),
        Field::output("size", Type::Integer, "its size in bytes"),
        Field::output("sha256", Type::String, "the digest of the whole file"),
        Field::optional("text", Type::String, "its content, with `parse: text`"),
        Field::optional("json", Type::Any, "its content, with `parse: json`"),
    ],
    vouches: &[Proof::Config, Proof::Counted],
    subject: Some("subject"),
    rechecks: true,
    result: |output| format!("{}, {}", size(output), digest(output)),
    example: concat!(
        "- id: inventory\n",
        "  uses: file.read\n",
        "  with: {path: inventory.json, parse: json, max_size: 64KiB}\n",
        "  provide: {evidence: config, subject: \"inventory:orders\", of: \"{{ output.json.hosts }}\"}\n",
    ),
    ..Kind::BASE
};

impl Protocol for ReadFile {}

impl StepKind for ReadFile {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform(task))
    }
}

/// What of the content is taken up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parse {
    None,
    Text,
    Json,
}

async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let Act::Read(Call::Read | Call::Recheck) = task.command.act else { return Err(task.unknown()) };
    let path = task.path("path")?;
    let parse = match task.text("parse")? {
        "text" => Parse::Text,
        "json" => Parse::Json,
        _ => Parse::None,
    };
    let before = sound(task, &path, parse)?;
    let shown = escape(&path.display().to_string());
    task.doing(&format!("reads {shown} ({})", format_size(before.len)));
    let file = task.ports().disk.open(&path, Open::Read).map_err(|error| unreadable("open", &path, &error))?;
    let mut source = Source::new(task, file, before.len);
    let job = move || {
        let mut content = Vec::new();
        let kept = if parse == Parse::None { 0 } else { before.len };
        let read = source.by_ref().take(kept).read_to_end(&mut content);
        // What is written meanwhile is not followed: a log would have no end.
        let rest =
            read.and_then(|count| io::copy(&mut source.by_ref().take(before.len - count as u64), &mut io::sink()));
        let (length, digest) = source.finish();
        (rest.map(|_| content), length, digest)
    };
    let (content, length, digest) = background::run(&*task.ports().worker, job).await?;
    let content = content.map_err(|error| unreadable("read", &path, &error))?;
    let after = task.ports().disk.stat(&path).map_err(|error| unreadable("look at", &path, &error))?;
    if after != before || length != before.len {
        let message = format!("{shown} changed while it was read");
        return Err(CallError::new(ErrorClass::Outside, message).with_remedy("wait until nobody writes to it"));
    }
    output(&path, parse, &content, length, digest).map(done)
}

/// The file, where it is one that can be read as the step wants it.
fn sound(task: &Task<'_>, path: &Path, parse: Parse) -> Result<Stat, CallError> {
    let shown = escape(&path.display().to_string());
    let stat = task.ports().disk.stat(path).map_err(|error| unreadable("look at", path, &error))?;
    if stat.is_dir {
        return Err(check(format!("{shown} is a directory")).with_remedy("name a file in it"));
    }
    if !stat.is_file {
        let remedy = "name a regular file; where it is a link, the file that it leads to";
        return Err(check(format!("{shown} is a link, a pipe or a device")).with_remedy(remedy));
    }
    if let Some(limit) = task.size("max_size")?.filter(|limit| stat.len > *limit) {
        let message = format!("{shown} has {} bytes, and `max_size` allows {limit}", stat.len);
        return Err(check(message).with_remedy("find out why it is so large; a larger `max_size` is a new run"));
    }
    if parse != Parse::None && stat.len > CONTENT_MAX {
        let message = format!("{shown} has {} bytes, and a record takes up {CONTENT_MAX} bytes of content", stat.len);
        return Err(check(message).with_remedy("leave `parse` out to read its size and its digest alone"));
    }
    Ok(stat)
}

fn output(path: &Path, parse: Parse, content: &[u8], length: u64, digest: Digest) -> Result<Map, CallError> {
    let wrong =
        |why: String, remedy: &str| check(format!("{} {why}", escape(&path.display().to_string()))).with_remedy(remedy);
    let text = std::str::from_utf8(content).map_err(|error| {
        let message = format!("is not UTF-8 text: the byte at offset {} is not part of any", error.valid_up_to());
        wrong(message, "leave `parse` out, or convert the file to UTF-8")
    })?;
    // The parser's own words would repeat a part of the file.
    let json = match parse {
        Parse::Json => serde_json::from_str::<Value>(text).map_err(|error| {
            let message = format!("is not JSON: line {}, column {}", error.line(), error.column());
            wrong(message, "mend the file, or use `parse: text`")
        })?,
        Parse::None | Parse::Text => Value::Null,
    };
    let fields = json!({
        "path": path.display().to_string(),
        "size": length,
        "sha256": digest.to_string(),
        "text": Some(text).filter(|_| parse == Parse::Text),
        "json": json,
    });
    Ok(fields.as_object().cloned().unwrap_or_default())
}

/// A read failed; what is missing or closed stays so until somebody mends it.
fn unreadable(operation: &str, path: &Path, error: &io::Error) -> CallError {
    let remedy = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            "check the path; a relative one begins where the run was started"
        }
        io::ErrorKind::PermissionDenied => "let this user read the file and enter the directories above it",
        _ => "",
    };
    let class = if error.kind() == io::ErrorKind::NotFound { ErrorClass::NotFound } else { ErrorClass::Local };
    CallError { class, ..fault(operation, path, error) }.with_remedy(remedy)
}
