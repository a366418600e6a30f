//! The files that a runbook names: read where they are for a new run, and from the run's directory for one that exists.

use super::failure::{Failure, FailureKind};
use super::paths::read_kept;
use crate::adapter::disk::read_given;
use crate::base::{Digest, Value};
use crate::engine::event::RunOpened;
use crate::journal::RunDir;
use crate::kinds::catalog;
use crate::runbook::{DISCOVERED, Files, NamedFile, Options};
use std::cell::RefCell;
use std::io::ErrorKind;
use std::path::Path;

/// Largest file that a runbook names, in bytes.
const FILE_LIMIT: u64 = 16 << 20;

/// The files as they are now.
struct OnDisk;

impl Files for OnDisk {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        read_given(Path::new(path), FILE_LIMIT).map_err(|error| match error.kind() {
            ErrorKind::NotFound => "there is no such file".to_owned(),
            ErrorKind::PermissionDenied => "it may not be read".to_owned(),
            ErrorKind::IsADirectory => "it is a directory".to_owned(),
            ErrorKind::FileTooLarge => "it is larger than 16 MiB".to_owned(),
            _ => error.to_string(),
        })
    }
}

/// What a new runbook is compiled with.
pub(super) fn as_they_are() -> Options<'static> {
    Options::new(catalog(), &OnDisk)
}

/// The files of a run, as they were when it began.
pub(super) struct Pinned<'r> {
    dir: &'r RunDir,
    facts: &'r RunOpened,
    /// What is wrong with one of them.
    failure: RefCell<Option<Failure>>,
}

impl<'r> Pinned<'r> {
    pub(super) fn of(dir: &'r RunDir, facts: &'r RunOpened) -> Self {
        Self { dir, facts, failure: RefCell::default() }
    }

    pub(super) fn options(&self) -> Options<'_> {
        Options::new(catalog(), self).with_window(self.facts.policy.get("window").and_then(Value::as_str))
    }

    /// What the run had discovered when it began.
    pub(super) fn discovered(&self) -> Option<Vec<u8>> {
        let is_there = self.facts.runbooks.iter().skip(1).any(|(name, _)| name == DISCOVERED);
        is_there.then(|| self.read(DISCOVERED).ok()).flatten()
    }

    /// What is wrong with one of the files, once a plan was made of them.
    pub(super) fn failure(&self) -> Option<Failure> {
        self.failure.take()
    }
}

impl Files for Pinned<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let at = self.facts.runbooks.iter().skip(1).position(|(named, _)| named == path);
        let (index, digest) = at
            .and_then(|at| Some((at + 1, self.facts.runbooks.get(at + 1)?.1)))
            .ok_or_else(|| "the run did not begin with it".to_owned())?;
        let kept = self.dir.path().join(kept_name(index, path));
        let failed = |failure: Failure| {
            let told = failure.message.clone();
            self.failure.replace(Some(Failure { kind: FailureKind::Damaged, ..failure }));
            told
        };
        let bytes = read_kept(&kept, FILE_LIMIT, "pinned file").map_err(failed)?;
        if Digest::of(&bytes) != digest {
            let message = format!("{} is not the file that the run began with", kept.display());
            return Err(failed(
                Failure::new(FailureKind::Damaged, message).hint("restore it; an edited file needs a new run"),
            ));
        }
        Ok(bytes)
    }
}

/// The names of all files of a run in its directory, with what they hold: the runbook first.
pub(super) fn kept<'f>(runbook: &'f [u8], files: &'f [NamedFile]) -> Vec<(String, &'f [u8])> {
    let named = files.iter().enumerate().map(|(index, file)| (kept_name(index + 1, &file.path), &*file.bytes));
    [("plan.yaml".to_owned(), runbook)].into_iter().chain(named).collect()
}

/// What the record of a new run names: the runbook and the files that it names, each with its digest.
pub(super) fn recorded(runbook: &Path, digest: Digest, files: &[NamedFile]) -> Vec<(String, Digest)> {
    let named = files.iter().map(|file| (file.path.clone(), Digest::of(&file.bytes)));
    [(runbook.to_string_lossy().into_owned(), digest)].into_iter().chain(named).collect()
}

/// What a file is called in the directory of a run.
fn kept_name(index: usize, path: &str) -> String {
    let end = Path::new(path).extension().and_then(|end| end.to_str()).unwrap_or("txt");
    format!("plan.{index}.{}", end.to_ascii_lowercase())
}
