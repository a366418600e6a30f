//! The process that starts a program, watches it, and records how it ended, even if surefoot dies.

use super::capture::Capture;
use super::process::{self, Process, Signal};
use super::state::{self, Exited, LOCK, State};
use super::wire::{self, Told};
use crate::adapter::clock::SystemClock;
use crate::adapter::disk::RealDisk;
use crate::base::{Timestamp, escape};
use crate::port::{Clock as _, CommandResult, Disk as _, STOP_GRACE, StartError};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::process::{Pid, WaitId, WaitIdOptions, getpid, setsid, waitid};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// When a program has ended, what it left behind has so long to end as well.
const LEFT_GRACE: Duration = Duration::from_secs(1);
/// The first and the longest pause between two looks.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));
/// How often the end is written down anew where the disk refuses it, and how long after the last time.
const WRITES: (u32, Duration) = (60, Duration::from_secs(1));

/// What happens to a program.
enum Event {
    Ended,
    /// Somebody asks for it to be stopped; at most once.
    Stop,
}

/// Why a program was stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    Timeout,
    Asked,
}

/// A program under way.
struct Program {
    child: Child,
    pid: i32,
    started_at: Timestamp,
    outputs: [Capture; 2],
    readers: Vec<JoinHandle<()>>,
    events: Receiver<Event>,
    timeout: Duration,
}

/// Is a shim: takes the lock over from standard error, reads the command from standard input, answers on standard
/// output. Ends with the command, or, silently, when nobody takes what it left behind any more.
pub fn serve(dir: &Path) -> io::Result<()> {
    let lock = take_lock(dir)?;
    // Where it leads a session already, there is no terminal to be rid of.
    let _ = setsid();
    let told = wire::receive(io::stdin().lock())?;
    dup2_stdin(null()?)?;
    let (tell, events) = channel();
    watch_signals(tell.clone())?;
    let started = start(dir, told, tell, events);
    let answer = started.as_ref().map(|_| ()).map_err(Clone::clone);
    // Nobody may be there any more to read it.
    drop(wire::answer(io::stdout().lock(), &answer));
    dup2_stdout(null()?)?;
    let Ok(program) = started else { return Ok(()) };
    let readers = program.end(dir)?;
    drop(lock);
    // What was left behind would be ended by a broken pipe.
    for reader in readers {
        drop(reader.join());
    }
    Ok(())
}

fn null() -> io::Result<OwnedFd> {
    Ok(open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?)
}

/// The lock that surefoot holds for this process; the program does not inherit it.
fn take_lock(dir: &Path) -> io::Result<OwnedFd> {
    let lock = rustix::io::fcntl_dupfd_cloexec(io::stderr(), 3)?;
    dup2_stderr(null()?)?;
    let (held, named) = (rustix::fs::fstat(&lock)?, RealDisk.stat(&dir.join(LOCK))?);
    let is_same = held.st_dev == named.id.device && held.st_ino == named.id.inode;
    // It is this process's own already; a stranger who calls the hidden command has none.
    if !is_same || flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "only surefoot itself starts this"));
    }
    Ok(lock)
}

/// From here on no signal ends this process but SIGKILL; SIGTERM stops the program.
fn watch_signals(tell: Sender<Event>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let mut asked = {
        let _context = runtime.enter();
        // A signal that was listened for once does nothing any more. Without SIGCHLD, which may be ignored by whoever
        // started surefoot, the program could not be waited for.
        for kind in [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::quit(), SignalKind::child()] {
            drop(signal(kind)?);
        }
        signal(SignalKind::terminate())?
    };
    let work = move || {
        if runtime.block_on(asked.recv()).is_some() {
            drop(tell.send(Event::Stop));
        }
        // The runtime is what takes signals in.
        runtime.block_on(std::future::pending::<()>());
    };
    Builder::new().name("surefoot-signals".to_owned()).spawn(work).map(drop)
}

/// Executes the program.
fn start(dir: &Path, told: Told, tell: Sender<Event>, events: Receiver<Event>) -> Result<Program, StartError> {
    let failed = |error: io::Error| StartError::NotStarted(format!("{}: {error}", dir.display()));
    let capture = |name| Capture::create(dir, name, told.output_limit, &told.secrets).map_err(failed);
    let outputs = [capture("stdout")?, capture("stderr")?];
    let shim = getpid().as_raw_nonzero().get();
    state::write(dir, &State::Starting { shim }).map_err(failed)?;
    let mut child = match command(&told).spawn() {
        Ok(child) => child,
        Err(error) => {
            let why = refused(&told, &error);
            let not_started = State::NotStarted { why: why.clone() };
            return Err(match state::write(dir, &not_started) {
                Ok(()) => StartError::NotStarted(why),
                // It is certain, and a later look cannot know it.
                Err(_) => StartError::Unknown(why),
            });
        }
    };
    let pid = i32::try_from(child.id()).unwrap_or_default();
    let started_at = SystemClock::new().now();
    // It is taken over whether or not this can be written: the state says that it may have been executed.
    drop(state::write(dir, &State::Started { shim, program: Process::of(pid) }));
    let after = |error: io::Error| StartError::Unknown(format!("{}: {error}", dir.display()));
    let mut readers = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        readers.push(outputs[0].drain(stdout).map_err(after)?);
    }
    if let Some(stderr) = child.stderr.take() {
        readers.push(outputs[1].drain(stderr).map_err(after)?);
    }
    if let Some(mut stdin) = child.stdin.take() {
        let bytes = told.stdin;
        // A program need not read what it is given.
        let feed = move || drop(stdin.write_all(bytes.expose()));
        Builder::new().name("surefoot-input".to_owned()).spawn(feed).map_err(after)?;
    }
    let wait = move || {
        // The process stays a zombie, so that its number means nobody else until the last signal was sent.
        let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let is_interrupted = |pid| matches!(waitid(WaitId::Pid(pid), how), Err(rustix::io::Errno::INTR));
        while Pid::from_raw(pid).is_some_and(is_interrupted) {}
        drop(tell.send(Event::Ended));
    };
    Builder::new().name("surefoot-wait".to_owned()).spawn(wait).map_err(after)?;
    Ok(Program { child, pid, started_at, outputs, readers, events, timeout: told.timeout })
}

fn command(told: &Told) -> Command {
    let mut words = told.argv.iter();
    let mut command = Command::new(words.next().map(String::as_str).unwrap_or_default());
    command.args(words).current_dir(&told.cwd).process_group(0).env_clear();
    command.envs(told.env.iter().map(|(name, value)| (name, value.expose())));
    let stdin = if told.stdin.expose().is_empty() { Stdio::null() } else { Stdio::piped() };
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Why a program cannot be executed.
fn refused(told: &Told, error: &io::Error) -> String {
    let cwd = escape(&told.cwd.to_string_lossy());
    match RealDisk.stat(&told.cwd.join(".")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return format!("the working directory {cwd} does not exist");
        }
        Err(error) => return format!("the working directory {cwd}: {error}"),
        Ok(_) => {}
    }
    let name = told.argv.first().map(String::as_str).unwrap_or_default();
    let program = escape(name);
    let found = RealDisk.stat(&told.cwd.join(name)).ok().filter(|_| name.contains('/'));
    let is_there = found.is_some();
    match error.kind() {
        io::ErrorKind::NotFound if is_there => format!("{program} needs an interpreter that does not exist"),
        io::ErrorKind::NotFound if name.contains('/') => format!("no such program: {program}"),
        io::ErrorKind::NotFound => format!("no such program in PATH: {program}"),
        io::ErrorKind::PermissionDenied if found.is_some_and(|found| found.is_dir) => {
            format!("{program} is a directory")
        }
        io::ErrorKind::PermissionDenied => format!("{program} is not executable"),
        _ => format!("{program} cannot be executed: {error}"),
    }
}

impl Program {
    /// Waits for its end, or brings it about, and writes it down; who still reads its output.
    fn end(mut self, dir: &Path) -> io::Result<Vec<JoinHandle<()>>> {
        let cause = match self.events.recv_timeout(self.timeout) {
            Ok(Event::Ended) | Err(RecvTimeoutError::Disconnected) => None,
            Ok(Event::Stop) => Some(Cause::Asked),
            Err(RecvTimeoutError::Timeout) => Some(Cause::Timeout),
        };
        let (status, ended_at) = match cause {
            Some(_) => self.stop()?,
            None => (self.child.wait()?, SystemClock::new().now()),
        };
        let is_over = || self.readers.iter().all(JoinHandle::is_finished) && !process::has_members(self.pid);
        let left_running = !within(LEFT_GRACE, is_over);
        let [stdout, stderr] = self.outputs.each_ref().map(Capture::close);
        let result = CommandResult {
            exit_code: status.code(),
            signal: status.signal(),
            timed_out: cause == Some(Cause::Timeout),
            stopped: cause == Some(Cause::Asked),
            left_running,
            started_at: self.started_at,
            ended_at,
            stdout,
            stderr,
        };
        let exited = State::Exited(Exited::of(&result));
        for _ in 0..WRITES.0 {
            if state::write(dir, &exited).is_ok() {
                break;
            }
            // Space may be made; without this line nobody would ever know how it ended.
            sleep(WRITES.1);
        }
        Ok(self.readers)
    }

    /// Ends the program with everything in its process group.
    fn stop(&mut self) -> io::Result<(ExitStatus, Timestamp)> {
        process::signal_group(self.pid, Signal::TERM)?;
        let mut has_ended = false;
        // Somebody may ask once more meanwhile.
        for _ in 0..2 {
            match self.events.recv_timeout(STOP_GRACE) {
                Ok(Event::Stop) => {}
                other => {
                    has_ended = other.is_ok();
                    break;
                }
            }
        }
        if !has_ended {
            process::signal_group(self.pid, Signal::KILL)?;
        }
        let status = self.child.wait()?;
        let ended_at = SystemClock::new().now();
        // The number of a group is nobody else's as long as it has members.
        if has_ended && !within(STOP_GRACE, || !process::has_members(self.pid)) {
            process::signal_group(self.pid, Signal::KILL)?;
        }
        Ok((status, ended_at))
    }
}

/// Whether something is so within a span.
fn within(span: Duration, is_so: impl Fn() -> bool) -> bool {
    let (mut left, mut pause) = (span, PAUSES.0);
    while !is_so() {
        if left.is_zero() {
            return false;
        }
        sleep(pause.min(left));
        left = left.saturating_sub(pause);
        pause = (pause * 2).min(PAUSES.1);
    }
    true
}

#[expect(clippy::disallowed_methods, reason = "processes of this machine live in real time, also under a twin")]
fn sleep(span: Duration) {
    std::thread::sleep(span);
}
