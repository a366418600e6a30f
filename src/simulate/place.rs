//! Where the processes of a trial work.

use crate::journal::RunDir;
use std::path::{Path, PathBuf};

/// The name of every rehearsed run: a trial has one.
pub(super) const RUN: &str = "rehearsal";

/// Where a trial's process works.
pub(super) fn state_dir() -> PathBuf {
    PathBuf::from("/operator/.surefoot")
}

/// The directory of the run.
pub(super) fn run_dir() -> RunDir {
    RunDir::new(&state_dir(), RUN)
}

/// The operator's home directory.
pub(super) fn home() -> &'static Path {
    Path::new("/operator")
}
