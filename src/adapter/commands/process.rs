//! Processes, who they are, and signals to them.

use crate::adapter::disk::RealDisk;
use crate::port::Disk as _;
pub(super) use rustix::process::Signal;
use rustix::process::{Pid, kill_process_group, test_kill_process, test_kill_process_group};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// Longest line that the system tells of a process, in bytes.
const LINE_MAX: u64 = 4096;

/// A process, told from a later one of the same number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    pub(super) pid: i32,
    /// Which boot of the machine it lives in; empty where the machine tells none.
    boot: String,
    /// When it was born, in the units of the system since the boot; none where the system does not tell.
    born: Option<u64>,
}

impl Process {
    /// The process of this number, which must be alive or not waited for yet.
    pub(super) fn of(pid: i32) -> Self {
        Self { pid, boot: boot_id(), born: Line::of(pid).and_then(|line| line.born) }
    }

    /// Whether it still runs; none where nobody can tell it from another one.
    pub(super) fn is_running(&self) -> Option<bool> {
        if self.boot != boot_id() || Pid::from_raw(self.pid).is_none_or(|pid| test_kill_process(pid) == Err(GONE)) {
            return Some(false);
        }
        let line = Line::of(self.pid)?;
        Some(!line.is_over && line.born? == self.born?)
    }
}

const GONE: rustix::io::Errno = rustix::io::Errno::SRCH;

/// What Linux tells of a process in one line (man 5 `proc_pid_stat`).
struct Line {
    is_over: bool,
    group: Option<i32>,
    born: Option<u64>,
}

impl Line {
    fn of(pid: i32) -> Option<Self> {
        Self::read(Path::new("/proc").join(pid.to_string()).as_path())
    }

    fn read(process: &Path) -> Option<Self> {
        let bytes = RealDisk.read(&process.join("stat"), LINE_MAX).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        // The name of the program stands in parentheses, and may hold any other character.
        let (_, rest) = text.rsplit_once(") ")?;
        let mut words = rest.split_ascii_whitespace();
        let is_over = matches!(words.next()?, "Z" | "X");
        let group = words.nth(1)?.parse().ok();
        Some(Self { is_over, group, born: words.nth(16).and_then(|word| word.parse().ok()) })
    }
}

/// Which boot of the machine this is; empty where the machine tells none.
fn boot_id() -> String {
    let bytes = RealDisk.read(Path::new("/proc/sys/kernel/random/boot_id"), LINE_MAX).unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

/// Whether a process group has a member that runs. What has ended and is not waited for yet is none.
pub(super) fn has_members(group: i32) -> bool {
    let Some(pid) = Pid::from_raw(group) else { return false };
    if test_kill_process_group(pid).is_err() {
        return false;
    }
    let Ok(names) = RealDisk.list(Path::new("/proc")) else { return true };
    let is_process = |name: &&std::path::PathBuf| name.to_string_lossy().bytes().all(|byte| byte.is_ascii_digit());
    let mut lines = names.iter().filter(is_process).filter_map(|name| Line::read(&Path::new("/proc").join(name)));
    // Where the system shows no processes, the answer to the signal is all there is.
    names.iter().find(is_process).is_none() || lines.any(|line| line.group == Some(group) && !line.is_over)
}

/// Sends a signal to all of a process group; one without members needs none.
pub(super) fn signal_group(group: i32, signal: Signal) -> io::Result<()> {
    let Some(pid) = Pid::from_raw(group) else { return Ok(()) };
    match kill_process_group(pid, signal) {
        Ok(()) | Err(GONE) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The same, if the leader of the group is still who it is taken for.
pub(super) fn signal_group_while(
    group: i32,
    signal: Signal,
    is_it: impl FnOnce() -> io::Result<bool>,
) -> io::Result<()> {
    if is_it()? { signal_group(group, signal) } else { Ok(()) }
}

/// Sends a signal to a process, if it is still who it is taken for: `is_it` is asked when no later process can be
/// meant any more.
#[cfg(target_os = "linux")]
pub(super) fn signal_while(pid: i32, signal: Signal, is_it: impl FnOnce() -> io::Result<bool>) -> io::Result<()> {
    use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
    let Some(pid) = Pid::from_raw(pid) else { return Ok(()) };
    let sent = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(process) if is_it()? => pidfd_send_signal(process, signal),
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    };
    match sent {
        Ok(()) | Err(GONE) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Sends a signal to a process, if it is still who it is taken for.
#[cfg(not(target_os = "linux"))]
pub(super) fn signal_while(pid: i32, signal: Signal, is_it: impl FnOnce() -> io::Result<bool>) -> io::Result<()> {
    let Some(pid) = Pid::from_raw(pid) else { return Ok(()) };
    if !is_it()? {
        return Ok(());
    }
    match rustix::process::kill_process(pid, signal) {
        Ok(()) | Err(GONE) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
