//! The files that a runbook names: what it repeats over, the runbooks it uses.

use super::kind::Catalog;
use crate::calendar::{Schedule, Window};
use std::cell::RefCell;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// What a runbook is compiled with.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The kinds that it may use.
    pub(super) catalog: Catalog,
    /// Where the files that it names are.
    pub(super) files: &'a dyn Files,
    /// What its `discover` has read, where that is known: a map of outputs by step, as JSON.
    pub(super) discovered: Option<&'a [u8]>,
    /// The file of a window that must be open too, which others demand.
    pub(super) window: Option<&'a str>,
}

/// What is discovered stands among the files of a plan under this name, which no file has.
pub const DISCOVERED: &str = "<discovered>.json";

impl<'a> Options<'a> {
    /// These kinds and these files.
    pub const fn new(catalog: Catalog, files: &'a dyn Files) -> Self {
        Self { catalog, files, discovered: None, window: None }
    }

    /// The same, for a runbook whose `discover` has read this: a map of outputs by step, as JSON.
    #[must_use]
    pub const fn discovered(mut self, discovered: &'a [u8]) -> Self {
        self.discovered = Some(discovered);
        self
    }

    /// The same with the file of a window that must be open too.
    #[must_use]
    pub const fn with_window(self, window: Option<&'a str>) -> Self {
        Self { window, ..self }
    }
}

/// The files that a runbook may name.
pub trait Files {
    /// The bytes of a file, or in one clause why they cannot be had. The path is relative to the working directory.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
}

/// A file that a runbook names, as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// Its path, relative to the working directory.
    pub path: String,
    /// What it holds.
    pub bytes: Arc<[u8]>,
}

/// No file at all: for a runbook that stands for itself.
struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("no file can be read here".to_owned())
    }
}

impl From<Catalog> for Options<'_> {
    fn from(catalog: Catalog) -> Self {
        Self { catalog, files: &NoFiles, discovered: None, window: None }
    }
}

/// Files, read once each and kept in the order in which they were asked for.
pub(super) struct Read<'a> {
    files: &'a dyn Files,
    kept: RefCell<Vec<NamedFile>>,
    /// The windows found so far, each with the file that says it.
    windows: RefCell<Vec<(String, Window)>>,
}

impl<'a> Read<'a> {
    pub(super) fn new(files: &'a dyn Files) -> Self {
        Self { files, kept: RefCell::default(), windows: RefCell::default() }
    }

    pub(super) fn file(&self, path: &str) -> Result<NamedFile, String> {
        if let Some(known) = self.kept.borrow().iter().find(|file| file.path == path) {
            return Ok(known.clone());
        }
        let file = NamedFile { path: path.to_owned(), bytes: self.files.read(path)?.into() };
        self.kept.borrow_mut().push(file.clone());
        Ok(file)
    }

    /// Takes in what is no file and belongs to the plan all the same.
    pub(super) fn keep(&self, path: &str, bytes: &[u8]) {
        self.kept.borrow_mut().push(NamedFile { path: path.to_owned(), bytes: bytes.into() });
    }

    /// Whether the window of a file is known already; a runbook may be used many times.
    pub(super) fn knows_window(&self, of: &str) -> bool {
        self.windows.borrow().iter().any(|(name, _)| name == of)
    }

    /// Takes in the window of a file.
    pub(super) fn take_window(&self, of: &str, window: Window) {
        self.windows.borrow_mut().push((of.to_owned(), window));
    }

    /// When every window that was found is open; that of `first` comes first.
    pub(super) fn schedule(&self, first: &str) -> Schedule {
        let mut windows = self.windows.borrow().clone();
        windows.sort_by_key(|(name, _)| name != first);
        Schedule { windows: windows.into_iter().map(|(_, window)| window).collect() }
    }

    pub(super) fn into_files(self) -> Vec<NamedFile> {
        self.kept.into_inner()
    }
}

/// The path of a file that stands beside another one, relative to where that one is.
pub(super) fn beside(file: &str, path: &str) -> String {
    let folder = Path::new(file).parent().unwrap_or_else(|| Path::new(""));
    let mut out = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out.to_string_lossy().into_owned()
}
