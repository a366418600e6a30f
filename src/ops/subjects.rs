//! Which run of a state directory may change a subject irreversibly: one at a time, from its birth to its end.
//!
//! `<state-dir>/subjects/` has a file for each subject, with the id of the run that holds it. Who begins a run takes
//! the file's lock (`flock`), reads whose it is, writes itself there and lets the lock go once its run is born; so of
//! two processes that begin in the same moment one is told of the other. Whether a run still holds what the file says
//! follows from the run alone: it does until its journal is closed, whether or not a process works on it, and one
//! whose directory is gone holds nothing. The files are never removed.
//!
//! Where a runbook finds its subject out on the way, the run is born without it and takes it as soon as the inputs of a
//! step that is about it are known ([`OnTheWay`]). Evidence about a subject comes before the effect, so that is long
//! before anybody is asked to confirm.
//!
//! A subject is an instance in a world. A twin in the run's own process is a world that no other run has; a twin that
//! is running is told by its address. Another state directory, machine or person is noticed by the guard read and by
//! refusals, not here.

use super::failure::{Failure, FailureKind};
use super::paths::journal_failure;
use super::patience::patiently;
use super::target::Target;
use crate::adapter::disk::RealDisk;
use crate::base::{Digest, Value, escape};
use crate::driver::Observer;
use crate::engine::Engine;
use crate::engine::event::{Body, Event};
use crate::journal::{JournalError, RunDir, make_durably, peek};
use crate::port::{Disk, DiskFile, Open};
use crate::runbook::guard::about_changed;
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
    take(state_dir, prefix(world).as_deref(), engine.claims(), run, "nothing was started")
}

/// Takes these subjects; `so_far` says what was done before one of them turned out to be another run's.
fn take(
    state_dir: &Path,
    prefix: Option<&str>,
    subjects: BTreeSet<String>,
    run: &str,
    so_far: &str,
) -> Result<Claim, Failure> {
    let dir = state_dir.join(DIR);
    let mut locked = Vec::new();
    for (subject, name) in names(prefix, subjects) {
        let path = dir.join(name);
        make_durably(&RealDisk, &dir).map_err(|error| journal_failure(&error))?;
        let Some(mut file) = lock(&path).map_err(|error| storage(&path, &error))? else {
            return Err(Failure::new(
                FailureKind::Locked,
                format!("another process is starting a run that would change {} irreversibly", escape(&subject)),
            )
            .hint(format!("{so_far}; `surefoot runs` shows it in a moment")));
        };
        let holder = holder(&path).map_err(|error| storage(&path, &error))?;
        if let Some(other) = holder.filter(|other| other != run && is_unfinished(state_dir, other)) {
            return Err(held(state_dir, &subject, &other, so_far));
        }
        write(file.as_mut(), run).map_err(|error| storage(&path, &error))?;
        locked.push(file);
    }
    Ok(Claim { _locked: locked })
}

/// Enters a run that goes on, where nobody is entered: versions that did not know of this may have begun it. It goes on
/// in any case.
pub(super) fn enter(state_dir: &Path, world: &Target, engine: &Engine, run: &str) {
    drop(claim(state_dir, world, engine, run));
}

/// What a run turns out to change while it is under way: taken before the batch that tells of it leads to anything.
pub(super) struct OnTheWay {
    state_dir: PathBuf,
    /// That of the names of its world's files.
    prefix: Option<String>,
    run: String,
    /// The steps that tell, with the input that names the subject.
    about: Vec<(usize, &'static str)>,
    /// What this run has.
    taken: BTreeSet<String>,
    /// Why it may not go on.
    pub(super) refused: Option<Failure>,
}

impl OnTheWay {
    /// For a run that has taken what was known at its birth.
    pub(super) fn of(state_dir: &Path, world: &Target, engine: &Engine, run: &str) -> Self {
        let prefix = prefix(world);
        Self {
            state_dir: state_dir.to_owned(),
            run: run.to_owned(),
            about: if prefix.is_some() { about_changed(engine.plan()) } else { Vec::new() },
            prefix,
            taken: engine.claims(),
            refused: None,
        }
    }

    /// Takes what is known by now. Once something irreversible was sent the run has to come to its end in any case.
    pub(super) fn look(&mut self, engine: &Engine) -> Result<(), Failure> {
        if engine.run().crossed.is_some() {
            return Ok(());
        }
        let named = |(step, input): &(usize, &str)| engine.with(*step)?.get(*input).and_then(Value::as_str);
        let known = self.about.iter().filter_map(named).filter(|subject| !self.taken.contains(*subject));
        let known: BTreeSet<String> = known.map(str::to_owned).collect();
        if known.is_empty() {
            return Ok(());
        }
        let run = &self.run;
        drop(
            take(&self.state_dir, self.prefix.as_deref(), known.clone(), run, "nothing irreversible was sent")
                .map_err(|failure| {
                    failure.hint(format!(
                        "then `surefoot resume {run}` continues this run; `surefoot cancel {run}` ends it"
                    ))
                })?,
        );
        self.taken.extend(known);
        Ok(())
    }
}

impl Observer for OnTheWay {
    fn committed(&mut self, engine: &Engine, events: &[Event]) -> Result<(), String> {
        let tells = |event: &Event| {
            matches!(event.body, Body::StepSucceeded { .. } | Body::StepSkipped { .. } | Body::StepChanged { .. })
        };
        if self.about.is_empty() || !events.iter().any(tells) {
            return Ok(());
        }
        self.look(engine).map_err(|failure| {
            let why = failure.to_string();
            self.refused = Some(failure);
            why
        })
    }
}

fn held(state_dir: &Path, subject: &str, other: &str, so_far: &str) -> Failure {
    let message = format!("run {} is unfinished and would also change {} irreversibly", escape(other), escape(subject));
    let dir = RunDir::new(state_dir, other);
    Failure::new(FailureKind::Locked, message)
        .hint(format!("{so_far}; `surefoot status {other}` shows that run, `surefoot resume {other}` continues it"))
        .hint(format!("`surefoot cancel {other}` ends it if nothing irreversible has happened"))
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

/// The run that a file names.
fn holder(path: &Path) -> io::Result<Option<String>> {
    let bytes = RealDisk.read(path, LIMIT)?;
    let text = String::from_utf8_lossy(&bytes).trim().to_owned();
    // What is no plain name was not written by us, or not to its end: then that run was never born.
    let is_id = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    Ok(Some(text).filter(|_| is_id))
}

fn write(file: &mut dyn DiskFile, run: &str) -> io::Result<()> {
    let line = format!("{run}\n");
    file.set_len(0)?;
    if file.write_at(line.as_bytes(), 0)? != line.len() {
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
        .hint("it records which run may change an instance; fix the disk or the permissions; nothing was changed")
}
