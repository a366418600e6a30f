//! What stands in the directory of a command: who watches it, and how far it is.

use super::process::Process;
use crate::adapter::disk::RealDisk;
use crate::base::{Digest, Timestamp};
use crate::port::{Captured, CommandResult, CommandStatus, Disk as _, Open};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::str::FromStr;

/// Whoever holds the lock of this file is the shim, or is about to become it.
pub(super) const LOCK: &str = "lock";
/// Says how far the command is; replaced as a whole.
const STATE: &str = "state.json";
const NEXT: &str = "state.json.new";

/// Longest state that is read, in bytes.
const STATE_MAX: u64 = 64 * 1024;

/// How far a command is. Each is durable before what follows from it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum State {
    /// The program may be executed from here on.
    Starting { shim: i32 },
    /// The program could not be executed.
    NotStarted { why: String },
    /// The program was executed.
    Started { shim: i32, program: Process },
    /// The program has ended.
    Exited(Exited),
}

/// How a program has ended, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Exited {
    exit_code: Option<i32>,
    signal: Option<i32>,
    timed_out: bool,
    stopped: bool,
    left_running: bool,
    started_at: String,
    ended_at: String,
    stdout: Output,
    stderr: Output,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Output {
    file: String,
    kept: u64,
    len: u64,
    sha256: String,
}

/// What a look at the directory shows.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    is_watched: bool,
    pub(super) state: Option<State>,
    result: Option<CommandResult>,
}

impl Seen {
    /// Whether something is still to come.
    pub(super) fn is_running(&self) -> bool {
        self.is_watched && !matches!(self.state, Some(State::NotStarted { .. } | State::Exited(_)))
    }

    pub(super) fn status(&self) -> CommandStatus {
        if self.is_running() {
            return CommandStatus::Running;
        }
        match (&self.state, &self.result) {
            (Some(State::Exited(_)), Some(result)) => CommandStatus::Exited(result.clone()),
            (None | Some(State::NotStarted { .. }), _) => CommandStatus::NeverStarted,
            (Some(State::Started { program, .. }), _) => CommandStatus::Lost { still_running: program.is_running() },
            (Some(State::Starting { .. } | State::Exited(_)), _) => CommandStatus::Lost { still_running: None },
        }
    }
}

/// Looks at the directory of a command.
pub(super) fn look(dir: &Path) -> io::Result<Seen> {
    // In this order: where nobody holds the lock any more, nobody changes the state.
    let is_watched = is_watched(dir)?;
    let state = read(dir)?;
    let result = match &state {
        Some(State::Exited(exited)) => Some(exited.to_result().ok_or_else(|| damaged(dir))?),
        _ => None,
    };
    Ok(Seen { is_watched, state, result })
}

fn is_watched(dir: &Path) -> io::Result<bool> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = match open(dir.join(LOCK), flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    // Shared, so that two who look do not take each other for a shim.
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(false),
        Err(Errno::WOULDBLOCK) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Takes the lock, if nobody has it.
pub(super) fn lock(dir: &Path) -> io::Result<Option<OwnedFd>> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = open(dir.join(LOCK), flags, Mode::RUSR | Mode::WUSR)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(Errno::WOULDBLOCK) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// How far the command is; none where nothing can have been executed.
pub(super) fn read(dir: &Path) -> io::Result<Option<State>> {
    let bytes = match RealDisk.read(&dir.join(STATE), STATE_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|_| damaged(dir))
}

fn damaged(dir: &Path) -> io::Error {
    let path = dir.join(STATE);
    io::Error::new(io::ErrorKind::InvalidData, format!("{} is damaged", path.display()))
}

/// Says durably how far the command is.
pub(super) fn write(dir: &Path, state: &State) -> io::Result<()> {
    let next = dir.join(NEXT);
    let mut file = RealDisk.open(&next, Open::Create)?;
    file.set_len(0)?;
    let bytes = serde_json::to_vec(state)?;
    let mut done = 0;
    while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
        match file.write_at(rest, done as u64)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            written => done += written,
        }
    }
    file.sync_all()?;
    RealDisk.rename(&next, &dir.join(STATE))?;
    RealDisk.sync_dir(dir)
}

impl Exited {
    pub(super) fn of(result: &CommandResult) -> Self {
        let output = |one: &Captured| Output {
            file: one.file.clone(),
            kept: one.kept,
            len: one.len,
            sha256: one.sha256.to_string(),
        };
        Self {
            exit_code: result.exit_code,
            signal: result.signal,
            timed_out: result.timed_out,
            stopped: result.stopped,
            left_running: result.left_running,
            started_at: result.started_at.to_string(),
            ended_at: result.ended_at.to_string(),
            stdout: output(&result.stdout),
            stderr: output(&result.stderr),
        }
    }

    fn to_result(&self) -> Option<CommandResult> {
        let captured = |one: &Output| {
            let sha256 = Digest::from_str(&one.sha256).ok()?;
            Some(Captured { file: one.file.clone(), kept: one.kept, len: one.len, sha256 })
        };
        Some(CommandResult {
            exit_code: self.exit_code,
            signal: self.signal,
            timed_out: self.timed_out,
            stopped: self.stopped,
            left_running: self.left_running,
            started_at: Timestamp::from_str(&self.started_at).ok()?,
            ended_at: Timestamp::from_str(&self.ended_at).ok()?,
            stdout: captured(&self.stdout)?,
            stderr: captured(&self.stderr)?,
        })
    }
}
