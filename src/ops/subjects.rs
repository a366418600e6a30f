//! Which run may change a subject: one at a time, from its birth to its end.
//!
//! `<state-dir>/subjects/` has a file for each subject, with the id of the run that holds it. Who begins a run takes
//! the file's lock (`flock`), reads whose it is, writes itself there and lets the lock go once its run is born; so of
//! two processes that begin in the same moment one is told of the other. Whether a run still holds what the file says
//! follows from the run alone: it does until its journal is closed, whether or not a process works on it, and one
//! whose directory is gone holds nothing. The files are never removed.
//!
//! In the real world `$XDG_STATE_HOME/surefoot/locks/` has such files too, with the state directory of the run, so that
//! runs of two state directories of one user are told of each other. Where neither that variable nor `HOME` is set
//! there are none.
//!
//! Where a runbook finds its subject out on the way, the run is born without it and takes it as soon as the inputs of a
//! step that is about it are known ([`OnTheWay`]). Evidence about a subject comes before the effect, so that is long
//! before anybody is asked to confirm.
//!
//! A subject is an instance or any other thing in a world. A twin in the run's own process is a world that no other run
//! has; a twin that is running is told by its address. Another machine or person is noticed by the guard read and by
//! refusals, not here.

use super::failure::{Failure, FailureKind};
use super::paths::journal_failure;
use super::patience::patiently;
use super::process_env::variable;
use super::target::Target;
use crate::adapter::disk::RealDisk;
use crate::base::{Digest, escape};
use crate::driver::Observer;
use crate::engine::Engine;
use crate::engine::event::{Body, Event};
use crate::journal::{JournalError, RunDir, make_durably, peek};
use crate::port::{Disk, DiskFile, Open};
use crate::report::quoted_path;
use crate::runbook::claims::about_claimed;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// Where the files are.
pub(super) const DIR: &str = "subjects";
/// A longer file is none of ours.
const LIMIT: u64 = 4096;

/// The subjects of a run that is being born; nobody else can take them as long as this lives.
pub(super) struct Claim {
    _locked: Vec<Box<dyn DiskFile>>,
}

/// Takes what a new run would change irreversibly, or says which unfinished run holds it.
pub(super) fn claim(state_dir: &Path, world: &Target, engine: &Engine, run: &str) -> Result<Claim, Failure> {
    Registry::of(state_dir, world).take(engine.claims(), run, "nothing was started")
}

/// Where the subjects of a world are, as the runs of a state directory take them.
struct Registry {
    state_dir: PathBuf,
    /// What the names of the files begin with; none where no other run has that world.
    prefix: Option<String>,
    /// Where the runs of other state directories are told of them.
    machine: Option<PathBuf>,
}

/// What a file says: who holds its subject.
struct Holder {
    run: String,
    /// The state directory of the run; none in a file of that directory.
    state_dir: Option<PathBuf>,
}

impl Registry {
    fn of(state_dir: &Path, world: &Target) -> Self {
        let machine = if matches!(world, Target::Real) { machine_dir() } else { None };
        Self { state_dir: state_dir.to_owned(), prefix: prefix(world), machine }
    }

    /// Takes these subjects; `so_far` says what was done before one of them turned out to be another run's.
    fn take(&self, subjects: BTreeSet<String>, run: &str, so_far: &str) -> Result<Claim, Failure> {
        let own = self.state_dir.join(DIR);
        let mut locked = Vec::new();
        for (subject, name) in names(self.prefix.as_deref(), subjects) {
            locked.push(self.take_in(&own, &name, &subject, run, so_far)?);
            if let Some(machine) = &self.machine {
                locked.push(self.take_in(machine, &name, &subject, run, so_far)?);
            }
        }
        Ok(Claim { _locked: locked })
    }

    fn take_in(
        &self,
        dir: &Path,
        name: &str,
        subject: &str,
        run: &str,
        so_far: &str,
    ) -> Result<Box<dyn DiskFile>, Failure> {
        let path = dir.join(name);
        make_durably(&RealDisk, dir).map_err(|error| journal_failure(&error))?;
        let Some(mut file) = lock(&path).map_err(|error| storage(&path, &error))? else {
            return Err(Failure::new(
                FailureKind::Locked,
                format!("another process is starting a run that would change {}", escape(subject)),
            )
            .hint(format!("{so_far}; `surefoot runs` shows it in a moment")));
        };
        if let Some(other) = holder(&path).map_err(|error| storage(&path, &error))? {
            let state_dir = other.state_dir.as_deref().unwrap_or(&self.state_dir);
            let is_this = other.run == run && state_dir == self.state_dir;
            if !is_this && is_unfinished(state_dir, &other.run) {
                return Err(held(state_dir, state_dir != self.state_dir, subject, &other.run, so_far));
            }
        }
        let is_machine = self.machine.as_deref() == Some(dir);
        write(file.as_mut(), run, is_machine.then_some(&self.state_dir)).map_err(|error| storage(&path, &error))?;
        Ok(file)
    }
}

/// Where the locks of this user on this machine are.
fn machine_dir() -> Option<PathBuf> {
    let state = variable("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || Some(PathBuf::from(variable("HOME")?).join(".local/state")).filter(|path| path.is_absolute());
    Some(state.or_else(home)?.join("surefoot/locks"))
}

/// Enters a run that goes on, where nobody is entered: versions that did not know of this may have begun it. It goes on
/// in any case.
pub(super) fn enter(state_dir: &Path, world: &Target, engine: &Engine, run: &str) {
    drop(claim(state_dir, world, engine, run));
}

/// What a run turns out to change while it is under way: taken before the batch that tells of it leads to anything.
pub(super) struct OnTheWay {
    registry: Registry,
    run: String,
    /// The steps that tell, with the input that names the subject.
    about: Vec<(usize, &'static str)>,
    /// The steps that lock something.
    locking: Vec<usize>,
    /// What this run has.
    taken: BTreeSet<String>,
    /// Why it may not go on.
    pub(super) refused: Option<Failure>,
}

impl OnTheWay {
    /// For a run that has taken what was known at its birth.
    pub(super) fn of(state_dir: &Path, world: &Target, engine: &Engine, run: &str) -> Self {
        let registry = Registry::of(state_dir, world);
        let (mut about, mut locking) = (Vec::new(), Vec::new());
        if registry.prefix.is_some() {
            about = about_claimed(engine.plan());
            locking =
                (0..).zip(&engine.plan().steps).filter(|(_, step)| !step.locks.is_empty()).map(|(at, _)| at).collect();
        }
        Self { registry, run: run.to_owned(), about, locking, taken: engine.claims(), refused: None }
    }

    /// Takes what is known by now. Once something irreversible was sent the run has to come to its end in any case.
    pub(super) fn look(&mut self, engine: &Engine) -> Result<(), Failure> {
        if engine.run().crossed.is_some() {
            return Ok(());
        }
        let named = |(step, input): &(usize, &str)| engine.with(*step)?.get(*input)?.as_str().map(str::to_owned);
        let named = self.about.iter().filter_map(named);
        let known = named.chain(self.locking.iter().flat_map(|step| engine.locks(*step)));
        let known: BTreeSet<String> = known.filter(|subject| !self.taken.contains(subject)).collect();
        if known.is_empty() {
            return Ok(());
        }
        let run = &self.run;
        let taken = self.registry.take(known.clone(), run, "nothing irreversible was sent");
        drop(taken.map_err(|failure| {
            failure.hint(format!("then `surefoot resume {run}` continues this run; `surefoot cancel {run}` ends it"))
        })?);
        self.taken.extend(known);
        Ok(())
    }
}

impl Observer for OnTheWay {
    fn committed(&mut self, engine: &Engine, events: &[Event]) -> Result<(), String> {
        let tells = |event: &Event| {
            matches!(event.body, Body::StepSucceeded { .. } | Body::StepSkipped { .. } | Body::StepChanged { .. })
        };
        if self.about.is_empty() && self.locking.is_empty() || !events.iter().any(tells) {
            return Ok(());
        }
        self.look(engine).map_err(|failure| {
            let why = failure.to_string();
            self.refused = Some(failure);
            why
        })
    }
}

fn held(state_dir: &Path, is_elsewhere: bool, subject: &str, other: &str, so_far: &str) -> Failure {
    let message = format!("run {} is unfinished and would also change {}", escape(other), escape(subject));
    let dir = RunDir::new(state_dir, other);
    let options = if is_elsewhere {
        format!(" --state-dir {}", quoted_path(&state_dir.to_string_lossy()))
    } else {
        String::new()
    };
    Failure::new(FailureKind::Locked, message)
        .hint(format!(
            "{so_far}; `surefoot status {other}{options}` shows that run, `surefoot resume {other}{options}` \
             continues it"
        ))
        .hint(format!("`surefoot cancel {other}{options}` ends it if nothing irreversible has happened"))
        .hint(format!("if its world is gone for good, move {} out of `runs`", dir.path().display()))
}

/// What the names of the files of a world begin with; none where no other run has that world.
fn prefix(world: &Target) -> Option<String> {
    match world {
        Target::Real => Some(String::new()),
        Target::Embedded { .. } | Target::Running { ready: Err(_), .. } => None,
        Target::Running { ready: Ok(ready), .. } => Some(format!("twin-{}-", short(&ready.base_url))),
    }
}

/// The subjects, each with the name of its file.
fn names(prefix: Option<&str>, subjects: BTreeSet<String>) -> Vec<(String, String)> {
    let Some(prefix) = prefix else { return Vec::new() };
    let name = |subject: String| {
        let is_plain = subject.len() <= 64 && subject.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let name = if is_plain { subject.clone() } else { format!("digest-{}", short(&subject)) };
        (subject, format!("{prefix}{name}"))
    };
    subjects.into_iter().map(name).collect()
}

fn short(text: &str) -> String {
    Digest::of(text.as_bytes()).to_string().chars().filter(char::is_ascii_hexdigit).take(16).collect()
}

fn lock(path: &Path) -> io::Result<Option<Box<dyn DiskFile>>> {
    let mut file = RealDisk.open(path, Open::Create)?;
    let locked = patiently(|| file.try_lock().map(|is_ours| is_ours.then_some(())).transpose());
    locked.transpose().map(|locked| locked.map(|()| file))
}

/// Whom a file names.
fn holder(path: &Path) -> io::Result<Option<Holder>> {
    let bytes = RealDisk.read(path, LIMIT)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines();
    let run = lines.next().unwrap_or_default().trim().to_owned();
    // What is no plain name was not written by us, or not to its end: then that run was never born.
    let is_id = !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let state_dir = lines.next().map(PathBuf::from).filter(|path| path.is_absolute());
    Ok(is_id.then_some(Holder { run, state_dir }))
}

fn write(file: &mut dyn DiskFile, run: &str, state_dir: Option<&PathBuf>) -> io::Result<()> {
    let state_dir = state_dir.map(|path| format!("{}\n", path.display())).unwrap_or_default();
    let text = format!("{run}\n{state_dir}");
    file.set_len(0)?;
    if file.write_at(text.as_bytes(), 0)? != text.len() {
        return Err(io::ErrorKind::WriteZero.into());
    }
    file.sync_data()
}

/// Whether a run holds what it was begun for: one that cannot be read may, and whoever takes it up is told more.
fn is_unfinished(state_dir: &Path, run: &str) -> bool {
    match peek(&RealDisk, &RunDir::new(state_dir, run)) {
        Ok(peeked) => !peeked.events.iter().any(|(_, event)| matches!(event.body, Body::RunClosed { .. })),
        Err(JournalError::Missing { .. }) => false,
        Err(JournalError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => false,
        Err(_) => true,
    }
}

fn storage(path: &Path, error: &io::Error) -> Failure {
    Failure::new(FailureKind::Storage, format!("cannot use {}", path.display()))
        .because(error)
        .hint("it records which run may change a subject; fix the disk or the permissions; nothing was changed")
}
