//! What goes between surefoot and a shim: the command with its secrets one way, one line the other. Nothing else
//! carries the secrets: no argument, no variable and no file.

use crate::base::Secret;
use crate::port::{CommandSpec, StartError};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::Duration;
use zeroize::Zeroizing;

/// The hidden command under which this program is a shim; its only argument is the directory of the command.
pub const SHIM: &str = "command-shim";

/// Longest head that is read, in bytes; no program can be given more than a few megabytes of arguments and variables.
const HEAD_MAX: usize = 16 * 1024 * 1024;
/// Longest answer that is read, in bytes.
const ANSWER_MAX: u64 = 64 * 1024;
/// In JSON a byte of a text takes at most so many.
const ESCAPED: usize = 6;

/// The command as a shim is told it.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) argv: Vec<String>,
    pub(super) cwd: PathBuf,
    /// The whole environment.
    pub(super) env: Vec<(String, Secret<String>)>,
    pub(super) stdin: Secret<Vec<u8>>,
    pub(super) timeout: Duration,
    pub(super) secrets: Vec<Secret<String>>,
    pub(super) output_limit: u64,
}

/// What stands before the bytes of standard input; its own length stands before it.
#[derive(Serialize)]
struct Head<'a> {
    argv: &'a [String],
    cwd: &'a PathBuf,
    env: Vec<(&'a str, &'a str)>,
    stdin: usize,
    timeout_ms: u64,
    secrets: Vec<&'a str>,
    output_limit: u64,
}

#[derive(Deserialize)]
struct ReadHead {
    argv: Vec<String>,
    cwd: PathBuf,
    env: Vec<(String, String)>,
    stdin: usize,
    timeout_ms: u64,
    secrets: Vec<String>,
    output_limit: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Started,
    NotStarted(String),
    Unknown(String),
}

/// The command as it is sent. `env` stands below the command's own variables.
pub(super) fn encode(spec: &CommandSpec, env: &[(String, String)]) -> io::Result<Zeroizing<Vec<u8>>> {
    let below = env.iter().filter(|(name, _)| !spec.env.iter().any(|(own, _)| own == name));
    let below = below.map(|(name, value)| (name.as_str(), value.as_str()));
    let own = spec.env.iter().map(|(name, value)| (name.as_str(), value.expose().as_str()));
    let head = Head {
        argv: &spec.argv,
        cwd: &spec.cwd,
        env: below.chain(own).collect(),
        stdin: spec.stdin.expose().len(),
        timeout_ms: u64::try_from(spec.timeout.as_millis()).unwrap_or(u64::MAX),
        secrets: spec.secrets.iter().map(|secret| secret.expose().as_str()).collect(),
        output_limit: spec.output_limit,
    };
    // All the room at once: what a buffer leaves behind when it grows would not be wiped.
    let texts = head.argv.iter().map(String::len).chain(head.secrets.iter().map(|text| text.len()));
    let texts = texts.chain(head.env.iter().map(|(name, value)| name.len() + value.len() + 8));
    let room = texts.map(|len| len * ESCAPED + 8).sum::<usize>() + head.cwd.as_os_str().len() * ESCAPED + 256;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room + 8 + head.stdin));
    bytes.extend([0; 8]);
    serde_json::to_writer(&mut *bytes, &head)?;
    let len = bytes.len() - 8;
    if len > HEAD_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "its arguments and variables are too long"));
    }
    if let Some(place) = bytes.first_chunk_mut::<8>() {
        *place = (len as u64).to_le_bytes();
    }
    bytes.extend_from_slice(spec.stdin.expose());
    Ok(bytes)
}

/// Reads a command; an error where it does not arrive whole.
pub(super) fn receive(mut from: impl Read) -> io::Result<Told> {
    let mut len = [0; 8];
    from.read_exact(&mut len)?;
    let len = usize::try_from(u64::from_le_bytes(len)).ok().filter(|len| *len <= HEAD_MAX);
    let mut head = Zeroizing::new(vec![0; len.ok_or(io::ErrorKind::InvalidData)?]);
    from.read_exact(&mut head)?;
    let head: ReadHead = serde_json::from_slice(&head)?;
    let mut stdin = Vec::with_capacity(head.stdin);
    let read = from.take(head.stdin as u64).read_to_end(&mut stdin);
    let stdin = Secret::new(stdin);
    if read? != head.stdin {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Told {
        argv: head.argv,
        cwd: head.cwd,
        env: head.env.into_iter().map(|(name, value)| (name, Secret::new(value))).collect(),
        stdin,
        timeout: Duration::from_millis(head.timeout_ms),
        secrets: head.secrets.into_iter().map(Secret::new).collect(),
        output_limit: head.output_limit,
    })
}

/// Tells whether the program was executed.
pub(super) fn answer(mut to: impl Write, answer: &Result<(), StartError>) -> io::Result<()> {
    let answer = match answer {
        Ok(()) => Answer::Started,
        Err(StartError::NotStarted(why)) => Answer::NotStarted(why.clone()),
        Err(StartError::Unknown(why)) => Answer::Unknown(why.clone()),
    };
    to.write_all(&serde_json::to_vec(&answer)?)?;
    to.flush()
}

/// Reads that; none where the shim ends without a word.
pub(super) fn answered(from: impl Read) -> Option<Result<(), StartError>> {
    let mut bytes = Vec::new();
    from.take(ANSWER_MAX).read_to_end(&mut bytes).ok()?;
    Some(match serde_json::from_slice(&bytes).ok()? {
        Answer::Started => Ok(()),
        Answer::NotStarted(why) => Err(StartError::NotStarted(why)),
        Answer::Unknown(why) => Err(StartError::Unknown(why)),
    })
}
