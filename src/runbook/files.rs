//! The files that a runbook names: what it repeats over, the runbooks it uses.

use super::kind::Catalog;
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
}

impl<'a> Options<'a> {
    /// These kinds and these files.
    pub const fn new(catalog: Catalog, files: &'a dyn Files) -> Self {
        Self { catalog, files }
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
        Self { catalog, files: &NoFiles }
    }
}

/// Files, read once each and kept in the order in which they were asked for.
pub(super) struct Read<'a> {
    files: &'a dyn Files,
    read: RefCell<Vec<NamedFile>>,
}

impl<'a> Read<'a> {
    pub(super) fn new(files: &'a dyn Files) -> Self {
        Self { files, read: RefCell::default() }
    }

    pub(super) fn file(&self, path: &str) -> Result<NamedFile, String> {
        if let Some(known) = self.read.borrow().iter().find(|file| file.path == path) {
            return Ok(known.clone());
        }
        let file = NamedFile { path: path.to_owned(), bytes: self.files.read(path)?.into() };
        self.read.borrow_mut().push(file.clone());
        Ok(file)
    }

    pub(super) fn into_files(self) -> Vec<NamedFile> {
        self.read.into_inner()
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
