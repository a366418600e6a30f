//! The files beside a runbook: read where they are when a run begins, and from its directory ever after.

use super::failure::{Failure, FailureKind};
use super::paths::{read_kept, read_named};
use crate::base::{Digest, Value, escape};
use crate::calendar::FREEZE_FILE_MAX;
use crate::engine::event::RunOpened;
use crate::journal::RunDir;
use crate::runbook::{FileBeside, NamedBy};
use std::path::{Path, PathBuf};

/// Largest file of a window, in bytes.
const WINDOW_LIMIT: u64 = 1 << 20;

/// Where the files beside a runbook are.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    runbook: PathBuf,
    window: Option<PathBuf>,
}

impl Folder {
    pub(super) fn of(runbook: &Path, window: Option<&Path>) -> Self {
        Self { runbook: runbook.to_owned(), window: window.map(Path::to_owned) }
    }

    /// The file of `--window`, where there is one.
    pub(super) fn window(&self) -> Result<Option<FileBeside>, Failure> {
        let Some(path) = &self.window else { return Ok(None) };
        Ok(Some(FileBeside::new(path.to_string_lossy(), read_named(path, WINDOW_LIMIT, "window")?)))
    }

    /// Reads a file by the path that names it.
    pub(super) fn read(&self, by: NamedBy, named: &str) -> Result<FileBeside, String> {
        let path = beside(self.named_in(by), named);
        let bytes = read_named(&path, FREEZE_FILE_MAX as u64, "file").map_err(|failure| told(&failure))?;
        Ok(FileBeside::new(path.to_string_lossy(), bytes))
    }

    fn named_in(&self, by: NamedBy) -> &Path {
        match by {
            NamedBy::Runbook => &self.runbook,
            NamedBy::Window => self.window.as_deref().unwrap_or(&self.runbook),
        }
    }
}

/// The files that are pinned in the directory of a run.
#[derive(Clone, Copy)]
pub(super) struct Pinned<'a> {
    pub(super) dir: &'a RunDir,
    pub(super) facts: &'a RunOpened,
}

impl Pinned<'_> {
    /// The file of `--window`, where the run began with one.
    pub(super) fn window(&self) -> Result<Option<FileBeside>, Failure> {
        let Some(name) = self.named_window() else { return Ok(None) };
        self.kept(name).map(Some).map_err(|why| {
            Failure::new(FailureKind::Damaged, format!("the window {} cannot be read: {why}", escape(name)))
                .hint("restore the files of the run directory; they are stored there when the run starts")
        })
    }

    /// Reads a file by the path that names it.
    pub(super) fn read(&self, by: NamedBy, named: &str) -> Result<FileBeside, String> {
        let runbook = self.facts.runbooks.first().map_or("", |(file, _)| file.as_str());
        let in_file = match by {
            NamedBy::Runbook => runbook,
            NamedBy::Window => self.named_window().unwrap_or(runbook),
        };
        self.kept(&beside(Path::new(in_file), named).to_string_lossy())
    }

    fn named_window(&self) -> Option<&str> {
        self.facts.policy.get("window").and_then(Value::as_str)
    }

    fn kept(&self, name: &str) -> Result<FileBeside, String> {
        let (_, digest) =
            self.facts.runbooks.iter().skip(1).find(|(file, _)| file == name).ok_or("it is not pinned")?;
        let path = self.dir.path().join(pinned_as(*digest));
        let bytes = read_kept(&path, WINDOW_LIMIT, "pinned file").map_err(|failure| told(&failure))?;
        let file = FileBeside::new(name, bytes);
        if file.digest == *digest { Ok(file) } else { Err(format!("{} was changed", path.display())) }
    }
}

/// The name of the copy of a file in the directory of a run.
pub(super) fn pinned_as(digest: Digest) -> String {
    format!("pinned-{digest}")
}

fn beside(file: &Path, named: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(named)
}

fn told(failure: &Failure) -> String {
    let causes = failure.causes.iter().map(|cause| format!(": {cause}"));
    std::iter::once(failure.message.clone()).chain(causes).collect()
}
