//! Files and programs that hold the secrets of a runbook (docs/secrets.md, "Where secrets come from").

use super::disk::open_given;
use super::helper::{self, HelperError, OUTPUT_MAX};
use crate::base::{Secret, escape};
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use zeroize::{Zeroize as _, Zeroizing};

/// A larger file holds no secret, in bytes.
pub const SIZE_MAX: usize = OUTPUT_MAX;
/// How long a program may take: it may have to ask a service, or a person to touch a key.
pub const LIMIT: Duration = Duration::from_secs(30);

/// The bits of a file's mode by which its group or others can read or change it.
const FOREIGN: u32 = 0o066;
/// How much is told of what a program says about its failure, in characters.
const TOLD_MAX: usize = 200;

/// Why there is no secret, as the end of a sentence that begins with the file or the program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// It is not there; a secret that is optional is absent then.
    #[error("{0}")]
    Absent(String),
    /// It is there and cannot be used.
    #[error("{0}")]
    Unfit(String),
}

/// The content of a file that nobody else can read, without the newline at its end.
pub fn read_secret_file(path: &Path) -> Result<Secret<String>, SourceError> {
    let (file, stat) = open_given(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => SourceError::Absent("is not there".to_owned()),
        _ => SourceError::Unfit(format!("cannot be read: {error}")),
    })?;
    let mode = rustix::fs::Mode::from_raw_mode(stat.st_mode).bits();
    if mode & FOREIGN != 0 {
        return Err(SourceError::Unfit(format!(
            "can be read or changed by its group or by others (mode {mode:04o}); take that right away with `chmod 600`"
        )));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(SIZE_MAX + 1));
    let most = u64::try_from(SIZE_MAX).unwrap_or(u64::MAX);
    let read = std::fs::File::from(file).take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| SourceError::Unfit(format!("cannot be read: {error}")))?;
    if bytes.len() > SIZE_MAX {
        return Err(SourceError::Unfit(format!("is larger than {SIZE_MAX} bytes")));
    }
    text(bytes).map_err(|why| SourceError::Unfit(format!("holds {why}")))
}

/// What a program prints, without the newline at its end. The program sees `environment` and nothing else of ours, and
/// is started in `folder` as it is written, without a shell.
pub async fn run_secret_command(
    words: &[String],
    folder: &Path,
    environment: &[(String, String)],
    limit: Duration,
) -> Result<Secret<String>, SourceError> {
    let (program, arguments) = words.split_first().ok_or_else(|| SourceError::Absent("names no program".to_owned()))?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env_clear().envs(environment.iter().cloned());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let printed = helper::run(command, limit).await.map_err(|error| match &error {
        HelperError::NotRun(why) if why.kind() == ErrorKind::NotFound => SourceError::Absent(error.to_string()),
        _ => SourceError::Unfit(error.to_string()),
    })?;
    if !printed.status.success() {
        let said = String::from_utf8_lossy(&printed.error);
        let line = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let line: String = line.chars().take(TOLD_MAX).collect();
        let said = if line.is_empty() { line } else { format!(": {}", escape(&line)) };
        return Err(SourceError::Absent(format!("failed ({}){said}", printed.status)));
    }
    text(printed.output).map_err(|why| SourceError::Unfit(format!("printed {why}")))
}

/// The secret in these bytes, or what they are instead.
fn text(mut bytes: Zeroizing<Vec<u8>>) -> Result<Secret<String>, &'static str> {
    let end = bytes.strip_suffix(b"\n").map_or(bytes.len(), |line| line.strip_suffix(b"\r").unwrap_or(line).len());
    bytes.truncate(end);
    if bytes.is_empty() {
        return Err("nothing");
    }
    if bytes.contains(&0) {
        return Err("a NUL byte, so it is no text");
    }
    let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|error| {
        error.into_bytes().zeroize();
        "bytes that are not UTF-8 text"
    })?;
    Ok(Secret::new(text))
}
