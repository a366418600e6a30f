//! `init`: a first runbook.

use super::failure::{Failure, FailureKind};
use super::process_env;
use crate::adapter::disk::RealDisk;
use crate::port::{Disk, Open};
use crate::report::quoted_path;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// A runbook that passes `check` and runs against a twin as it is.
const FIRST: &str = include_str!("first.yaml");

/// Writes a first runbook into a file that must not exist.
pub fn init(path: &Path) -> Result<(), Failure> {
    let whole = process_env::working_directory().join(path);
    let mut file = RealDisk.open(&whole, Open::CreateNew).map_err(|error| refused(path, &error))?;
    let mut rest = FIRST.as_bytes();
    while !rest.is_empty() {
        match file.write(rest).map_err(|error| refused(path, &error))? {
            0 => return Err(refused(path, &ErrorKind::WriteZero.into())),
            count => rest = rest.get(count..).unwrap_or_default(),
        }
    }
    file.sync_all().map_err(|error| refused(path, &error))
}

fn refused(path: &Path, error: &Error) -> Failure {
    let shown = path.display();
    match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::new(FailureKind::Usage, format!("{shown} exists already and is left as it is"))
                .hint("name a file that does not exist")
                .hint(format!("`surefoot check {}` says whether it is sound", quoted_path(&path.to_string_lossy())))
        }
        ErrorKind::NotFound => Failure::new(FailureKind::Usage, format!("cannot write {shown}"))
            .because(error)
            .hint("make the directory first, or name another one"),
        _ => Failure::new(FailureKind::Storage, format!("cannot write {shown}")).because(error),
    }
}
