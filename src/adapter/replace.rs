//! A file that a person named gets another content.

use super::disk::{RealDisk, resolve};
use crate::port::{Disk, Open};
use rustix::fs::{Mode, chmod};
use std::io;
use std::path::Path;

/// Replaces the content of a file at once: whoever reads it finds the old content or the new one, also after a crash.
/// Its permissions stay; where the path is a link, what it leads to is replaced.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = resolve(path).path;
    let mode = RealDisk.stat(&path)?.mode;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = write(&beside, bytes, mode).and_then(|()| RealDisk.rename(&beside, &path));
    if written.is_err() {
        // What was begun is of no use, and the error says more than one about its removal.
        drop(RealDisk.remove(&beside));
    }
    written?;
    path.parent().map_or(Ok(()), |parent| RealDisk.sync_dir(parent))
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = RealDisk.open(path, Open::CreateNew)?;
    let mut rest = bytes;
    while !rest.is_empty() {
        match file.write(rest)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            count => rest = rest.get(count..).unwrap_or_default(),
        }
    }
    chmod(path, Mode::from_raw_mode(mode & 0o777))?;
    file.sync_all()
}
