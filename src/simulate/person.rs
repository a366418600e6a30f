//! The person at the terminal: does in the console what is asked for, and is sometimes away or mistaken.

use super::case_script::{CaseScript, Said};
use super::condition::Condition;
use super::disk::SimDisk;
use super::fault::{Fault, Port};
use super::fault_injector::FaultInjector;
use super::process;
use super::rng::Rng;
use super::sim_world::SimWorld;
use super::time::Time;
use crate::base::{Actor, Map, Value};
use crate::engine::question::{Answer, Form, Question};
use crate::port::{Async, Clock as _, Operator, OperatorError};
use crate::twin::archive::Mistake;
use crate::twin::{ImportMethod, Upload, archive};
use futures_util::future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often the person thinks for long before something is typed, in millionths.
const PENSIVE: u64 = 80_000;
/// How often something is written meanwhile, in millionths.
const WRITTEN: u64 = 500_000;

/// The person.
pub(super) struct Person {
    pub(super) sim: Arc<Mutex<SimWorld>>,
    pub(super) time: Arc<Time>,
    pub(super) injector: Arc<FaultInjector>,
    pub(super) disk: SimDisk,
    pub(super) rng: Rng,
    /// Where the browser puts files.
    pub(super) downloads: PathBuf,
    /// Everything that was shown.
    pub(super) shown: Arc<Mutex<Vec<String>>>,
    /// Whether the runbook counts the data of an instance, so that what is written late would be noticed.
    pub(super) is_counted: bool,
    /// A file that the person has spoiled, as it was.
    pub(super) spoiled: Spoiled,
    /// What a test lays down for the run.
    pub(super) script: Arc<CaseScript>,
}

/// A file that somebody has spoiled, and what was in it.
pub(super) type Spoiled = Arc<Mutex<Option<(PathBuf, Vec<u8>)>>>;

/// What a person takes for the export, beside a page of the console and files that were never in it.
const MISTAKES: [Mistake; 6] = [
    Mistake::OtherDatabase,
    Mistake::OtherStore,
    Mistake::OtherTime,
    Mistake::Partial,
    Mistake::Truncated,
    Mistake::Small,
];

impl Person {
    fn answer(&self, question: &Question, is_mistaken: bool) -> Result<String, String> {
        let word = |name: &str| question.task.get(name).and_then(Value::as_str).unwrap_or_default();
        match (&question.form, word("task")) {
            (Form::Type(text), _) => {
                if text.bytes().all(|byte| byte.is_ascii_digit()) {
                    self.sim().accept_gap();
                }
                Ok(text.clone())
            }
            (Form::Path, _) if is_mistaken => self.wrong_file(word("instance_id"), word("snapshot_id")),
            (Form::Path, _) => self.export(word("instance_id"), word("snapshot_id"), Mistake::None),
            (Form::Done, task) if let Some(way) = ImportMethod::of(task) => {
                if is_mistaken && !word("sha256").is_empty() {
                    self.spoil(Path::new(word("path")));
                }
                self.import(way, word("instance_id"), Path::new(word("path")))
            }
            (Form::Done, "adopt") => Ok(self.adopt(word("instance_id"), Path::new(word("path")))),
            (Form::Done, _) => Ok("done".to_owned()),
            (Form::Choice(words), "lost-secret") => {
                let mut roll = self.rng.roll("choice", self.injector.calls());
                let place = usize::try_from(roll.below(words.len() as u64)).unwrap_or_default();
                Ok(words.get(place).cloned().unwrap_or_default())
            }
            (Form::Choice(words), _) => Ok(words.first().cloned().unwrap_or_default()),
        }
    }

    /// What a test has the person say to a question of this step; none where the person does what is asked.
    fn written(&self, step: &str) -> Option<Result<String, OperatorError>> {
        let mut sim = self.sim();
        let asked = sim.asked.entry(step.to_owned()).or_default();
        let said = self.script.answers.to(step, *asked);
        *asked += 1;
        match said {
            Said::AsAsked => None,
            Said::Nothing => Some(Err(OperatorError::Absent("nobody answers".to_owned()))),
            Said::Text(text) => Some(Ok(text.to_owned())),
        }
    }

    /// Thinks for long before something is typed, now and then; what was shown may not be so any more afterwards.
    async fn ponder(&self) {
        let mut roll = self.rng.roll("pensive", self.injector.calls());
        let is_pensive = roll.happens(PENSIVE) && !self.injector.is_calm();
        if !is_pensive || !self.sim().meet(Condition::Pensive) {
            return;
        }
        self.time.pass(Duration::from_secs(roll.between(600, 18_000))).await;
        if self.is_counted && roll.happens(WRITTEN) {
            self.sim().write(self.time.world());
        }
    }

    fn sim(&self) -> MutexGuard<'_, SimWorld> {
        self.sim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down the password of an instance, as who has set it in the console.
    fn adopt(&self, instance: &str, path: &Path) -> String {
        let all = self.sim.lock().unwrap_or_else(PoisonError::into_inner).world.instances_with_passwords();
        if let Some(access) = all.into_iter().find(|one| one.id == instance) {
            let text = format!("NEO4J_USERNAME={}\nNEO4J_PASSWORD='{}'\n", access.username, access.password.expose());
            self.disk.put(&process::home().join(path), text.as_bytes());
        }
        "done".to_owned()
    }

    fn wrong_file(&self, instance: &str, snapshot: &str) -> Result<String, String> {
        let mut roll = self.rng.roll("wrong file", self.injector.calls());
        let kind = usize::try_from(roll.below(8)).unwrap_or_default();
        if let Some(mistake) = MISTAKES.get(kind) {
            return self.export(instance, snapshot, *mistake);
        }
        let path = self.downloads.join("error.backup");
        let junk = archive::junk(self.injector.calls()).map_err(|error| error.to_string())?;
        self.disk.put(&path, if kind == MISTAKES.len() { b"<html>Your session has expired</html>" } else { &junk });
        Ok(path.to_string_lossy().into_owned())
    }

    /// Only half of a file is left, and somebody has it all.
    fn spoil(&self, path: &Path) {
        let whole = self.disk.bytes(path);
        self.disk.put(path, whole.get(..whole.len() / 2).unwrap_or_default());
        let mut spoiled = self.spoiled.lock().unwrap_or_else(PoisonError::into_inner);
        spoiled.get_or_insert_with(|| (path.to_owned(), whole));
    }

    fn export(&self, instance: &str, snapshot: &str, mistake: Mistake) -> Result<String, String> {
        let mut sim = self.sim.lock().unwrap_or_else(PoisonError::into_inner);
        let export =
            sim.world.export(instance, snapshot, self.time.world()).map_err(|problem| format!("{problem:?}"))?;
        drop(sim);
        let mut bytes = Vec::new();
        archive::write(&export.spec.with(mistake), &mut bytes).map_err(|error| error.to_string())?;
        let name = if mistake == Mistake::None { export.file_name } else { format!("old-{}", export.file_name) };
        let path = self.downloads.join(name);
        self.disk.put(&path, &bytes);
        Ok(path.to_string_lossy().into_owned())
    }

    fn import(&self, way: ImportMethod, instance: &str, path: &Path) -> Result<String, String> {
        let bytes = self.disk.bytes(path);
        let upload =
            Upload { way, size_bytes: bytes.len() as u64, contents: archive::read_back(bytes.as_slice()).ok() };
        let mut sim = self.sim.lock().unwrap_or_else(PoisonError::into_inner);
        let done = sim.world.import(instance, &upload, self.time.world());
        done.map(|_| "done".to_owned()).map_err(|problem| format!("{problem:?}"))
    }
}

impl Operator for Person {
    fn ask<'a>(&'a self, step: &'a str, question: &'a Question) -> Async<'a, Result<Answer, OperatorError>> {
        Box::pin(async move {
            let Ok(passage) = self.injector.enter(Port::Operator, || format!("question of {step}")) else {
                return future::pending().await;
            };
            self.shown.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{question:?}"));
            let thought = self.rng.roll("thought", self.injector.calls()).between(1, 240);
            self.time.pass(Duration::from_secs(thought)).await;
            if matches!(question.form, Form::Type(_)) {
                self.ponder().await;
            }
            let answer = match passage.fault {
                Some(Fault::Away) => Err(OperatorError::Absent("the person has gone for a coffee".to_owned())),
                Some(Fault::WrongFile) | None if let Some(written) = self.written(step) => written,
                fault => self.answer(question, fault == Some(Fault::WrongFile)).map_err(OperatorError::Declined),
            };
            if self.injector.leave(&passage).is_err() {
                return future::pending().await;
            }
            let at = self.time.now();
            answer.map(|text| Answer { text, note: String::new(), by: Actor::Script, at, fields: Map::new() })
        })
    }
}
