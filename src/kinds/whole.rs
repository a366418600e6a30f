//! Files that are written whole: a new file beside the old one, synced, renamed over it, the directory synced.

use crate::base::{PlantedBug, planted};
use crate::engine::call::{CallError, ErrorClass};
use crate::kinds::task::Task;
use crate::port::{Disk, Open};
use std::io;
use std::path::{Path, PathBuf};

/// Replaces or creates `path` with `bytes`, mode 0600.
pub(in crate::kinds) fn write(disk: &dyn Disk, path: &Path, temp: &Path, bytes: &[u8]) -> Result<(), CallError> {
    create(disk, temp, bytes)?;
    disk.rename(temp, path).map_err(|error| {
        // What is left behind holds the content; it must not survive a refusal.
        drop(disk.remove(temp));
        fault("replace", path, &error)
    })?;
    if planted(PlantedBug::CopyLeft) {
        create(disk, temp, bytes)?;
    }
    if planted(PlantedBug::DeliveryNameUnsynced) {
        return Ok(());
    }
    let parent = parent(path);
    disk.sync_dir(&parent).map_err(|error| fault("make durable", &parent, &error))
}

/// Creates a temporary file and makes it durable. One that is left over from a crash has our name and goes first.
pub(in crate::kinds) fn create(disk: &dyn Disk, temp: &Path, bytes: &[u8]) -> Result<(), CallError> {
    let mut file = match disk.open(temp, Open::CreateNew) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            disk.remove(temp).and_then(|()| disk.open(temp, Open::CreateNew))
        }
        opened => opened,
    }
    .map_err(|error| fault("create", temp, &error))?;
    let mut rest = bytes;
    let written = loop {
        match file.write(rest) {
            Ok(count) if count >= rest.len() && planted(PlantedBug::DeliveryUnsynced) => break Ok(()),
            Ok(count) if count >= rest.len() => break file.sync_all(),
            Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Err(error),
        }
    };
    written.map_err(|error| {
        drop(disk.remove(temp));
        fault("write", temp, &error)
    })
}

/// The name of the temporary file beside `path`, the same at every try of this step in this run.
pub(in crate::kinds) fn temp(task: &Task<'_>, path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    parent(path).join(format!(".{name}.{}.{}.tmp", task.context.run.id, task.command.step))
}

/// The directory a file stands in.
pub(in crate::kinds) fn parent(path: &Path) -> PathBuf {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// An operation on a file failed.
pub(in crate::kinds) fn fault(operation: &str, path: &Path, error: &io::Error) -> CallError {
    let message = format!("cannot {operation} {}: {error}", crate::base::escape(&path.display().to_string()));
    let remedy = match error.kind() {
        io::ErrorKind::NotFound => "check the path; the directory must exist",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "choose a path that this user may write to, or change its permissions"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space on that file system",
        _ => "",
    };
    CallError::new(ErrorClass::Local, message).with_remedy(remedy)
}
