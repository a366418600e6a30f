//! The files that a runbook names beside itself, and the windows that others demand of it.

use crate::base::Digest;
use std::fmt;

/// Who names a file, which decides what its path is relative to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// The runbook.
    Runbook,
    /// The file of `--window`.
    Window,
}

/// A file as it was read.
#[derive(Clone, PartialEq, Eq)]
pub struct FileBeside {
    /// What it is called, from where the command was typed.
    pub name: String,
    /// Digest of its bytes.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for FileBeside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.digest)
    }
}

impl FileBeside {
    /// A file of these bytes.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { name: name.into(), digest: Digest::of(&bytes), bytes }
    }
}

/// Reads a file by the path that names it; why it cannot, in words.
pub type ReadBeside<'a> = &'a dyn Fn(NamedBy, &str) -> Result<FileBeside, String>;

/// What a runbook is compiled with, beside its own text and its inputs.
#[derive(Clone, Copy)]
pub struct Beside<'a> {
    /// Reads a file that is named.
    pub read: ReadBeside<'a>,
    /// The file of `--window`: a window that must be open too.
    pub window: Option<&'a FileBeside>,
}

impl Beside<'_> {
    /// Nothing: a runbook that names a file is refused.
    pub const NOTHING: Beside<'static> =
        Beside { read: &|_, _| Err("no file beside the runbook is read here".to_owned()), window: None };
}

impl fmt::Debug for Beside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Beside").field("window", &self.window).finish_non_exhaustive()
    }
}
