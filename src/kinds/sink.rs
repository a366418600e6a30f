//! The file that receives a one-time password.
//!
//! Its lines can be read as an environment file. The first one says which run and step wrote it: only such a file is
//! ever replaced, by this step or by one that sets another password in place of it; any other is somebody else's.

use crate::base::{PlantedBug, Secret, escape, planted};
use crate::engine::call::{CallError, ErrorClass, Reply, Sealed};
use crate::engine::protocol::UNOPENED;
use crate::kinds::private::{self, OTHERS, refused};
use crate::kinds::task::Task;
use crate::kinds::vault::{Credentials, Obtained};
use crate::kinds::whole;
use crate::port::{Disk, Open, Stat};
use std::io;
use std::path::{Path, PathBuf};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

const LIMIT: u64 = 64 << 10;
/// How a file begins that a run wrote.
const HEADING: &str = "# surefoot run ";

/// Proves before the run that the file can be written: its directory is there and not everybody's, nothing stands in
/// its place, and a file beside it can be written, read back and removed.
pub(in crate::kinds) fn probe(task: &Task<'_>) -> Result<PathBuf, CallError> {
    let disk = &*task.ports().disk;
    let path = task.path("password_file")?;
    place(task, disk, &path)?;
    let temp = whole::temp(task, &path);
    let content = Secret::new(b"surefoot was here to see whether it can write\n".to_vec());
    whole::create(disk, &temp, content.expose())?;
    let same = private::read_back(disk, &temp, &content);
    disk.remove(&temp).map_err(|error| whole::fault("remove", &temp, &error))?;
    same?;
    Ok(path)
}

/// Opens what was sealed and puts it into the file.
pub(in crate::kinds) fn deliver(task: &Task<'_>, attempt: u32, sealed: &Sealed) -> Result<Reply, CallError> {
    let obtained = task.open(sealed).map_err(|why| {
        CallError::new(ErrorClass::Auth, format!("the password cannot be opened: {why}"))
            .with_reason(UNOPENED)
            .with_remedy("resume on the machine, and as the user, whose key it was sealed to")
    })?;
    let is_skipped = planted(PlantedBug::DeliverySkipped);
    let path = if is_skipped {
        task.path("password_file")?
    } else {
        put(task, attempt, &obtained).map_err(|error| with_way_out(task, error))?
    };
    Ok(Reply::Delivered { sink: "file".to_owned(), reference: path.display().to_string(), version: attempt })
}

/// The password is safe in the journal, so a file that cannot be written is no end: another one will do.
fn with_way_out(task: &Task<'_>, error: CallError) -> CallError {
    let step = &task.command.step;
    let mend = if error.remedy.is_empty() { "fix it".to_owned() } else { error.remedy.clone() };
    error.with_remedy(format!(
        "the password is sealed in the journal; {mend}; or give another file: \
         `surefoot resume --set {step}.password_file=FILE`"
    ))
}

/// Writes the file, reads it back and compares.
fn put(task: &Task<'_>, attempt: u32, obtained: &Obtained) -> Result<PathBuf, CallError> {
    let disk = &*task.ports().disk;
    let path = task.path("password_file")?;
    let place = match place(task, disk, &path) {
        // Who set it by hand wrote it there, and it was sealed from there.
        Err(_) if holds(task, obtained) => return Ok(path),
        place => place?,
    };
    if place == Place::Free {
        // Taking the name first, and only where it is free, closes the gap in which somebody else could take it.
        disk.open(&path, Open::CreateNew).map_err(|error| whole::fault("create", &path, &error))?;
    }
    let content = content(task, attempt, obtained);
    whole::write(disk, &path, &whole::temp(task, &path), content.expose())?;
    private::read_back(disk, &path, &content)?;
    Ok(path)
}

/// Whether the file is one that a person wrote about this instance, with this very password in it.
fn holds(task: &Task<'_>, obtained: &Obtained) -> bool {
    let Ok(Ok(Given { path, credentials })) = given(task, &obtained.id) else { return false };
    let is_of_a_run = |bytes: Secret<Vec<u8>>| bytes.expose().starts_with(HEADING.as_bytes());
    if task.ports().disk.read(&path, LIMIT).map(Secret::new).map_or(true, is_of_a_run) {
        return false;
    }
    let (written, sealed) = (credentials.password.expose(), obtained.credentials.password.expose());
    credentials.username == obtained.credentials.username && bool::from(written.as_bytes().ct_eq(sealed.as_bytes()))
}

/// What a person wrote into the file for an instance that is kept.
pub(in crate::kinds) struct Given {
    /// The file.
    pub(in crate::kinds) path: PathBuf,
    /// User name and password.
    pub(in crate::kinds) credentials: Credentials,
}

/// Reads what a person wrote into the file about this instance; the inner error says what is wrong with it.
pub(in crate::kinds) fn given(task: &Task<'_>, id: &str) -> Result<Result<Given, String>, CallError> {
    let disk = &*task.ports().disk;
    let path = task.path("password_file")?;
    let wrong = |why: &str| Ok(Err(format!("{} {why}", escape(&path.display().to_string()))));
    let stat = match disk.stat(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return wrong("is not there"),
        stat => stat.map_err(|error| whole::fault("look at", &path, &error))?,
    };
    if !stat.is_file || stat.len > LIMIT {
        return wrong("is not a file of a few lines");
    }
    if stat.mode & OTHERS != 0 {
        return wrong("can be read by others; chmod 600 it");
    }
    let bytes = disk.read(&path, LIMIT).map(Secret::new).map_err(|error| whole::fault("read", &path, &error))?;
    let Ok(text) = std::str::from_utf8(bytes.expose()) else { return wrong("is not text") };
    if value(text, "AURA_INSTANCEID").is_some_and(|about| *about.expose() != id) {
        return wrong("is about another instance");
    }
    let Some(password) = value(text, "NEO4J_PASSWORD").filter(|password| !password.expose().is_empty()) else {
        return wrong("has no line NEO4J_PASSWORD=…");
    };
    let username = value(text, "NEO4J_USERNAME").map_or_else(|| "neo4j".to_owned(), |name| name.expose().clone());
    Ok(Ok(Given { path, credentials: Credentials { username, password } }))
}

/// The last value of a key, as a shell would read it, quotes taken off.
fn value(text: &str, key: &str) -> Option<Secret<String>> {
    let mut values = text.lines().filter_map(|line| {
        let line = line.trim();
        line.strip_prefix("export ").unwrap_or(line).trim_start().strip_prefix(key)?.strip_prefix('=')
    });
    let written = values.next_back()?.trim();
    let within = |quote: char| written.strip_prefix(quote)?.strip_suffix(quote);
    Some(Secret::new(match (within('\''), within('"')) {
        (Some(inner), _) => inner.replace("'\\''", "'"),
        (None, Some(inner)) => inner.replace("\\\"", "\"").replace("\\\\", "\\"),
        (None, None) => written.to_owned(),
    }))
}

#[derive(PartialEq, Eq)]
enum Place {
    Free,
    Ours,
}

/// What stands where the file is to be.
fn place(task: &Task<'_>, disk: &dyn Disk, path: &Path) -> Result<Place, CallError> {
    private::sheltered(disk, path)?;
    let stat = match disk.stat(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Place::Free),
        stat => stat.map_err(|error| whole::fault("look at", path, &error))?,
    };
    if stat.is_file && ours(task, disk, path, &stat)? {
        return Ok(Place::Ours);
    }
    Err(refused(path, "is already there", "move it away, or name another `password_file`"))
}

/// Whether this step of this run wrote the file, or the step whose password this one replaces. An empty one holds
/// nothing that could be lost: it is the name taken just before a crash.
fn ours(task: &Task<'_>, disk: &dyn Disk, path: &Path, stat: &Stat) -> Result<bool, CallError> {
    if stat.len == 0 {
        return Ok(stat.mode & OTHERS == 0);
    }
    if stat.len > LIMIT {
        return Ok(false);
    }
    let bytes = disk.read(path, LIMIT).map(Secret::new).map_err(|error| whole::fault("read", path, &error))?;
    let writers = task.giver("credentials").into_iter().chain([task.command.step.as_str()]);
    Ok(writers.into_iter().any(|step| bytes.expose().starts_with(heading(task, step).as_bytes())))
}

fn heading(task: &Task<'_>, step: &str) -> String {
    format!("{HEADING}{} step {step} attempt ", task.context.run.id)
}

fn content(task: &Task<'_>, attempt: u32, obtained: &Obtained) -> Secret<Vec<u8>> {
    let mut text = String::with_capacity(4 << 10);
    text.push_str(&heading(task, &task.command.step));
    text.push_str(&attempt.to_string());
    text.push('\n');
    private::line(&mut text, "NEO4J_URI", &obtained.url);
    private::line(&mut text, "NEO4J_USERNAME", &obtained.credentials.username);
    private::line(&mut text, "NEO4J_PASSWORD", obtained.credentials.password.expose());
    if !obtained.id.is_empty() {
        private::line(&mut text, "AURA_INSTANCEID", &obtained.id);
    }
    let bytes = Secret::new(text.as_bytes().to_vec());
    text.zeroize();
    bytes
}
