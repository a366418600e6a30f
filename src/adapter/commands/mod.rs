//! Commands of this machine: each is started and watched by a process of its own, the shim, that outlives surefoot.
//!
//! The shim is this same program under a hidden command ([`SHIM`]). What holds between it and surefoot stands in
//! docs/commands.md, "The shim".
//!
//! - `start`: from surefoot's side, until the shim has answered; `wire`: what goes over its standard input and output.
//! - `shim`: from its side; `capture` and `filter`: where the output goes, and how secrets are taken out of it.
//! - `state`: what stands in the directory of a command; `process`: processes and signals.

mod capture;
mod filter;
mod process;
mod shim;
mod start;
mod state;
mod wire;

pub use filter::SecretFilter;
pub use shim::serve;
pub use wire::SHIM;

use crate::port::{Async, CommandSpec, CommandStatus, Commands, STOP_GRACE, StartError};
use process::Signal;
use start::Shim;
use state::{Seen, State};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long the first pause between two looks is, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(500));

/// Commands of this machine. Waiting needs a tokio runtime.
#[derive(Clone, Debug)]
pub struct RealCommands(Arc<Shim>);

impl RealCommands {
    /// Commands that are watched by `program`, which is the absolute path of surefoot itself. `env` is what every
    /// command finds in its environment.
    pub fn new(program: PathBuf, env: Vec<(String, String)>) -> Self {
        Self(Arc::new(Shim { program, env }))
    }

    async fn until(dir: &Path, is_over: impl Fn(&Seen) -> bool + Send) -> io::Result<Seen> {
        let mut pause = PAUSES.0;
        loop {
            let seen = state::look(dir)?;
            if is_over(&seen) {
                return Ok(seen);
            }
            sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }
}

impl Commands for RealCommands {
    fn start(&self, spec: CommandSpec, dir: PathBuf) -> Async<'_, Result<(), StartError>> {
        Box::pin(start::start(Arc::clone(&self.0), spec, dir))
    }

    fn status(&self, dir: &Path) -> io::Result<CommandStatus> {
        Ok(state::look(dir)?.status())
    }

    fn wait<'a>(&'a self, dir: &'a Path) -> Async<'a, io::Result<CommandStatus>> {
        Box::pin(async move { Ok(Self::until(dir, |seen| !seen.is_running()).await?.status()) })
    }

    fn stop<'a>(&'a self, dir: &'a Path) -> Async<'a, io::Result<CommandStatus>> {
        Box::pin(async move {
            // A shim that has not said yet who it is cannot be asked.
            let seen = Self::until(dir, |seen| !seen.is_running() || seen.state.is_some()).await?;
            match (&seen.state, seen.is_running()) {
                (Some(State::Starting { shim } | State::Started { shim, .. }), true) => {
                    process::signal_while(*shim, Signal::TERM, || Ok(state::look(dir)?.is_running()))?;
                }
                (Some(State::Started { program, .. }), false) if program.is_running() == Some(true) => {
                    // Nobody watches it any more, so that its time to end by itself is counted here.
                    let is_there = || Ok(program.is_running() == Some(true));
                    process::signal_group_while(program.pid, Signal::TERM, is_there)?;
                    let mut left = STOP_GRACE;
                    while program.is_running() == Some(true) && !left.is_zero() {
                        let pause = left.min(PAUSES.1);
                        sleep(pause).await;
                        left -= pause;
                    }
                    process::signal_group_while(program.pid, Signal::KILL, is_there)?;
                }
                _ => {}
            }
            self.wait(dir).await
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "processes of this machine live in real time, also under a twin")]
async fn sleep(span: Duration) {
    tokio::time::sleep(span).await;
}

/// Commands where none are run.
#[derive(Clone, Copy, Debug)]
pub struct NoCommands(
    /// Why, for the message.
    pub &'static str,
);

impl Commands for NoCommands {
    fn start(&self, spec: CommandSpec, _dir: PathBuf) -> Async<'_, Result<(), StartError>> {
        let program = spec.argv.first().map(|program| crate::base::escape(program)).unwrap_or_default();
        Box::pin(async move { Err(StartError::NotStarted(format!("{program} is not started: {}", self.0))) })
    }

    fn status(&self, _dir: &Path) -> io::Result<CommandStatus> {
        Ok(CommandStatus::NeverStarted)
    }

    fn wait<'a>(&'a self, _dir: &'a Path) -> Async<'a, io::Result<CommandStatus>> {
        Box::pin(async { Ok(CommandStatus::NeverStarted) })
    }

    fn stop<'a>(&'a self, _dir: &'a Path) -> Async<'a, io::Result<CommandStatus>> {
        Box::pin(async { Ok(CommandStatus::NeverStarted) })
    }
}
