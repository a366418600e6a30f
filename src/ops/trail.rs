//! The audit directory, written after each commit and before anything new is sent.
//!
//! The trail is the journal's segments, copied as they are, and files for people that follow from it. A run whose
//! trail cannot be written stops.

use super::keys::write_all;
use crate::adapter::disk::RealDisk;
use crate::base::{Map, Value, escape};
use crate::driver::Observer;
use crate::engine::Engine;
use crate::engine::event::{Body, Event};
use crate::journal::RunDir;
use crate::port::{Disk, DiskFile, Open};
use crate::report::{self, RunHistory};
use crate::runbook::kind::Proof;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How much is copied at a time, in bytes.
const PIECE: usize = 256 << 10;

/// The observer that writes the trail of a run.
pub(super) struct Trail {
    run: RunDir,
    folder: PathBuf,
    copy: Option<Copy>,
    story: RunHistory,
}

/// The segment being copied.
struct Copy {
    number: u32,
    from: Box<dyn DiskFile>,
    to: Box<dyn DiskFile>,
    done: u64,
}

impl Trail {
    /// The trail in `folder` of a run with this story so far; what is missing in it is copied at once.
    pub(super) fn open(run: &RunDir, folder: PathBuf, story: RunHistory) -> io::Result<Self> {
        RealDisk.create_dir_all(&folder)?;
        let mut trail = Self { run: run.clone(), folder, copy: None, story };
        trail.copy()?;
        Ok(trail)
    }

    /// How long the run has taken so far, by its own clock.
    pub(super) fn span(&self) -> Duration {
        self.story.span()
    }

    /// Takes in what was recorded last, and writes everything anew.
    pub(super) fn tell(&mut self, engine: &Engine, events: &[Event]) -> io::Result<()> {
        self.note(engine, events)?;
        self.refresh(engine)
    }

    /// Writes the summary and every saved file anew; for the start of a session and its end.
    pub(super) fn refresh(&mut self, engine: &Engine) -> io::Result<()> {
        self.copy()?;
        for (step, state) in engine.plan().steps.iter().zip(engine.steps()) {
            if let (Some(name), crate::engine::Status::Succeeded { output, .. }) = (&step.save, &state.status) {
                self.save(name, step.kind.saves, output)?;
            }
        }
        self.summarize(engine)
    }

    fn note(&mut self, engine: &Engine, events: &[Event]) -> io::Result<()> {
        self.copy()?;
        let mut is_noteworthy = false;
        for event in events {
            self.story.hear(event);
            match &event.body {
                Body::StepSucceeded { step, output, .. } => {
                    let step = engine.plan().steps.iter().find(|one| one.id == *step);
                    if let Some((step, name)) = step.and_then(|step| step.save.as_ref().map(|name| (step, name))) {
                        self.save(name, step.kind.saves, output)?;
                    }
                    is_noteworthy |= step.is_some_and(|step| step.effect.yields.contains(&Proof::Audited));
                }
                Body::StepHeld { .. } | Body::StepFailed { .. } | Body::StepReset { .. } | Body::RunClosed { .. } => {
                    is_noteworthy = true;
                }
                _ => {}
            }
        }
        if is_noteworthy { self.summarize(engine) } else { Ok(()) }
    }

    fn save(&self, name: &str, field: Option<&str>, output: &Map) -> io::Result<()> {
        let text = match field.and_then(|field| output.get(field)) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => format!("{other:#}\n"),
            None => format!("{:#}\n", Value::Object(output.clone())),
        };
        RealDisk.create_dir_all(&self.run.artifacts())?;
        replace(&self.run.artifacts().join(name), text.as_bytes())?;
        replace(&self.folder.join(name), text.as_bytes())
    }

    fn summarize(&self, engine: &Engine) -> io::Result<()> {
        let summary = report::summary(engine.plan(), &engine.view(), &self.story);
        replace(&self.folder.join("summary.txt"), summary.as_bytes())
    }

    /// Copies what the journal has and the trail has not.
    fn copy(&mut self) -> io::Result<()> {
        let mut number = self.copy.as_ref().map_or(1, |copy| copy.number);
        loop {
            if self.copy.as_ref().is_none_or(|copy| copy.number != number) {
                let path = self.run.segment(number);
                let to = self.folder.join(path.file_name().unwrap_or_default());
                let from = match RealDisk.open(&path, Open::Read) {
                    Ok(from) => from,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                    Err(error) => return Err(error),
                };
                let to = RealDisk.open(&to, Open::Create)?;
                // What recovery removed from the journal's end must not stay in the copy.
                let done = settled(from.as_ref(), to.as_ref())?;
                self.copy = Some(Copy { number, from, to, done });
            }
            if let Some(copy) = &mut self.copy {
                copy.catch_up()?;
            }
            if RealDisk.stat(&self.run.segment(number + 1)).is_err() {
                return Ok(());
            }
            number += 1;
        }
    }
}

impl Copy {
    fn catch_up(&mut self) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        loop {
            let count = self.from.read_at(&mut piece, self.done)?;
            if count == 0 {
                break;
            }
            let mut rest = piece.get(..count).unwrap_or_default();
            while !rest.is_empty() {
                let written = self.to.write_at(rest, self.done)?;
                self.done += u64::try_from(written).unwrap_or_default();
                rest = rest.get(written..).unwrap_or_default();
            }
        }
        if self.to.len()? > self.done {
            self.to.set_len(self.done)?;
        }
        Ok(())
    }
}

/// What the trail in `folder` has and the journal of the run has not, for people. The head of a journal says how far it
/// goes; of one without a head nothing but the trail does, which must then be the beginning of it to the last byte.
pub(super) fn ahead(run: &RunDir, folder: &Path, headless: bool) -> Option<String> {
    let place = escape(&folder.to_string_lossy());
    let (mut theirs, mut ours) = (0, 0);
    for number in 1.. {
        let path = run.segment(number);
        let name = path.file_name().unwrap_or_default();
        // The trail is written behind the journal, so it is read before it.
        let copy = RealDisk.open(&folder.join(name), Open::Read).ok();
        let journal = RealDisk.open(&path, Open::Read).ok();
        if copy.is_none() && journal.is_none() {
            break;
        }
        theirs += copy.as_deref().map_or(0, records);
        ours += journal.as_deref().map_or(0, records);
        let Some((copy, journal)) = copy.zip(journal).filter(|_| headless) else { continue };
        let same = settled(journal.as_ref(), copy.as_ref()).unwrap_or_default();
        if copy.len().is_ok_and(|len| len > same) {
            return Some(format!(
                "the copy in {place} differs from the journal of the run from byte {same} of {} on",
                name.to_string_lossy()
            ));
        }
    }
    (theirs > ours).then(|| format!("the copy in {place} has {}, the journal of the run has {ours}", count(theirs)))
}

fn count(records: usize) -> String {
    format!("{records} record{}", if records == 1 { "" } else { "s" })
}

/// How many whole records a segment holds, as far as it can be read.
fn records(file: &dyn DiskFile) -> usize {
    let (mut piece, mut at, mut lines) = (vec![0; PIECE], 0, 0);
    while let Ok(count @ 1..) = file.read_at(&mut piece, at) {
        lines += piece.iter().take(count).filter(|byte| **byte == b'\n').count();
        at += count as u64;
    }
    lines
}

/// How many bytes at the start are the same in both.
fn settled(from: &dyn DiskFile, to: &dyn DiskFile) -> io::Result<u64> {
    let (mut ours, mut theirs) = (vec![0; PIECE], vec![0; PIECE]);
    let mut done = 0;
    loop {
        let (a, b) = (from.read_at(&mut ours, done)?, to.read_at(&mut theirs, done)?);
        let same = ours.iter().take(a).zip(theirs.iter().take(b)).take_while(|(x, y)| x == y).count();
        done += u64::try_from(same).unwrap_or_default();
        if same == 0 || same < a.min(b) || a != b {
            return Ok(done);
        }
    }
}

/// Writes a file whole: a new one beside it, then a rename.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("new");
    if RealDisk.stat(&fresh).is_ok() {
        RealDisk.remove(&fresh)?;
    }
    let mut file = RealDisk.open(&fresh, Open::CreateNew)?;
    write_all(file.as_mut(), bytes)?;
    RealDisk.rename(&fresh, path)
}

impl Observer for Trail {
    fn committed(&mut self, engine: &Engine, events: &[Event]) -> Result<(), String> {
        self.note(engine, events)
            .map_err(|error| format!("cannot write the trail in {}: {error}", self.folder.display()))
    }
}
