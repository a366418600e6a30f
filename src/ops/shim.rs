//! `command-shim`: what surefoot starts itself as, to watch a command.

use super::failure::{Failure, FailureKind};
use crate::adapter::commands;
use std::path::Path;

/// Watches the command of a directory to its end.
pub fn shim(dir: &Path) -> Result<(), Failure> {
    commands::serve(dir)
        .map_err(|error| Failure::new(FailureKind::Usage, "a command cannot be watched").because(&error))
}
