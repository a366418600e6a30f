//! Starting a shim, until it has answered.

use super::state::{self, State};
use super::wire::{self, SHIM};
use crate::adapter::disk::RealDisk;
use crate::base::escape;
use crate::port::{CommandSpec, CommandStatus, Disk as _, StartError};
use std::fmt::Display;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// How often the lock is tried for: somebody may be looking just now.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(10);

/// How shims are started.
#[derive(Debug)]
pub(super) struct Shim {
    /// This program.
    pub(super) program: PathBuf,
    /// What every command finds in its environment.
    pub(super) env: Vec<(String, String)>,
}

/// Starts a command. What is begun here goes on where nobody waits for it any more.
pub(super) async fn start(shim: Arc<Shim>, spec: CommandSpec, dir: PathBuf) -> Result<(), StartError> {
    let (tell, told) = oneshot::channel();
    let work = move || match launch(&shim, spec, &dir) {
        Ok(mut child) => {
            // Nobody may wait for the answer any more. A shim that is not waited for would stay behind as a zombie.
            if let Some(answer) = child.stdout.take().and_then(wire::answered) {
                drop(tell.send(answer));
                drop(child.wait());
            } else {
                drop(child.wait());
                drop(tell.send(silent(&dir)));
            }
        }
        Err(error) => drop(tell.send(Err(error))),
    };
    let thread = std::thread::Builder::new().name("surefoot-command".to_owned()).spawn(work);
    thread.map_err(|error| not_started("no thread for the command", &error))?;
    let lost = |_| Err(StartError::Unknown("what started the command ended without a word".to_owned()));
    told.await.unwrap_or_else(lost)
}

fn not_started(what: impl Display, error: &io::Error) -> StartError {
    StartError::NotStarted(format!("{what}: {error}"))
}

/// What can be known of a command whose shim has ended without an answer.
fn silent(dir: &Path) -> Result<(), StartError> {
    match state::look(dir).map(|seen| seen.status()) {
        Ok(CommandStatus::NeverStarted) => {
            Err(StartError::NotStarted("what was to start the program ended before it did".to_owned()))
        }
        Ok(CommandStatus::Exited(_)) => Ok(()),
        _ => Err(StartError::Unknown("what started the program ended without a word".to_owned())),
    }
}

fn launch(shim: &Shim, spec: CommandSpec, dir: &Path) -> Result<Child, StartError> {
    valid(&spec)?;
    // The shim works in another directory.
    let absolute =
        |path: &Path| std::path::absolute(path).map_err(|error| not_started(escape(&path.to_string_lossy()), &error));
    let (dir, cwd) = (absolute(dir)?, absolute(&spec.cwd)?);
    let spec = CommandSpec { cwd, ..spec };
    let bytes = wire::encode(&spec, &shim.env).map_err(|error| not_started("the command cannot be told", &error))?;
    make(&dir).map_err(|error| not_started(dir.display(), &error))?;
    let lock = reserve(&dir)?;
    let mut command = Command::new(&shim.program);
    command.arg(SHIM).arg(&dir).env_clear().envs(shim.env.iter().map(|(name, value)| (name, value)));
    // The lock goes with the shim from before it exists until it has ended, so that a command is never unwatched.
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::from(lock));
    let spawned = command.spawn();
    // Or else this process would hold the lock as well.
    drop(command);
    let mut child = spawned.map_err(|error| not_started(shim.program.display(), &error))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A shim that does not read to the end executes nothing, and its answer says why.
        drop(stdin.write_all(&bytes));
    }
    Ok(child)
}

/// What no program can be started with.
fn valid(spec: &CommandSpec) -> Result<(), StartError> {
    let refused = |why: String| Err(StartError::NotStarted(why));
    if spec.argv.first().is_none_or(String::is_empty) {
        return refused("the command names no program".to_owned());
    }
    let is_name = |name: &str| !name.is_empty() && !name.contains(['=', '\0']);
    match spec.env.iter().find(|(name, _)| !is_name(name)) {
        Some((name, _)) => refused(format!("{} is no name of an environment variable", escape(name))),
        None => Ok(()),
    }
}

/// Makes the directory, durably: a power loss must not take away what says that the command was started.
fn make(dir: &Path) -> io::Result<()> {
    let missing = dir.ancestors().take_while(|above| RealDisk.stat(above).is_err()).count();
    RealDisk.create_dir_all(dir)?;
    // An earlier process may have made the last two, and died before they were durable.
    for above in dir.ancestors().skip(1).take(missing.max(2)) {
        RealDisk.sync_dir(above)?;
    }
    Ok(())
}

/// Takes the lock of a directory in which nothing was executed.
fn reserve(dir: &Path) -> Result<OwnedFd, StartError> {
    let unknown = |why: &dyn Display| StartError::Unknown(format!("{}: {why}", dir.display()));
    for _ in 0..TRIES {
        if let Some(lock) = state::lock(dir).map_err(|error| unknown(&error))? {
            return match state::read(dir).map_err(|error| unknown(&error))? {
                None | Some(State::NotStarted { .. }) => Ok(lock),
                Some(_) => Err(unknown(&"a command was started here before")),
            };
        }
        rest();
    }
    Err(unknown(&"a command runs here"))
}

#[expect(clippy::disallowed_methods, reason = "processes of this machine live in real time, also under a twin")]
fn rest() {
    std::thread::sleep(PAUSE);
}
