//! Files that hold secrets: where they may stand, how a value stands in them, and the proof that it does.

use crate::base::{Secret, escape};
use crate::engine::call::{CallError, ErrorClass};
use crate::kinds::task::{Task, check};
use crate::kinds::whole;
use crate::port::Disk;
use std::path::{Path, PathBuf};
use subtle::ConstantTimeEq as _;

/// What is longer than this and than what was written is not read back as a whole.
const LIMIT: u64 = 64 << 10;
/// Bits of a mode that let others write.
const WORLD_WRITABLE: u32 = 0o002;
/// The bit of a directory in which only the owner of a file may rename or remove it.
const STICKY: u32 = 0o1000;
/// Bits of a mode that let anybody but the owner do anything.
pub(in crate::kinds) const OTHERS: u32 = 0o077;

/// Where a file with secrets in it is written. Under a twin they are made up, so that one that stands there already is
/// left alone, and the directory of the run takes the file.
pub(in crate::kinds) fn place(task: &Task<'_>, path: PathBuf) -> PathBuf {
    let dir = &task.context.run.dir;
    if !task.context.is_twin || path.starts_with(dir) {
        return path;
    }
    let name = path.display().to_string();
    dir.join(format!("twin-{}", name.trim_start_matches('/').replace('/', "_")))
}

/// Whether a file with secrets in it may stand there: in a directory that not everybody can write, and where git would
/// not take it up.
pub(in crate::kinds) fn sheltered(disk: &dyn Disk, path: &Path) -> Result<(), CallError> {
    let parent = whole::parent(path);
    let stat = disk.stat(&parent).map_err(|error| whole::fault("use", &parent, &error))?;
    if !stat.is_dir {
        return Err(refused(&parent, "is not a directory", "name a file in a directory, not behind a symbolic link"));
    }
    if stat.mode & WORLD_WRITABLE != 0 {
        return Err(refused(&parent, "is writable by everyone", "use a directory of your own, or chmod o-w it"));
    }
    // Who may rename a directory above puts another one in its place.
    let open = |folder: &&Path| {
        disk.stat(folder).is_ok_and(|stat| stat.is_dir && stat.mode & WORLD_WRITABLE != 0 && stat.mode & STICKY == 0)
    };
    if let Some(open) = parent.ancestors().skip(1).find(open) {
        return Err(refused(open, "is writable by everyone", "use a directory elsewhere, or chmod o-w it"));
    }
    let elsewhere = "name a file outside the work tree, or one that .gitignore names";
    match disk.is_committable(path) {
        Ok(None | Some(false)) => Ok(()),
        Ok(Some(true)) => Err(refused(path, "is in a git work tree that does not ignore it", elsewhere)),
        Err(error) => {
            let why = format!("is in a git work tree, and whether that ignores it cannot be found out: {error}");
            Err(refused(path, &why, elsewhere))
        }
    }
}

/// A variable as a line of an environment file. A value that a shell would read otherwise than it is stands in quotes.
pub(in crate::kinds) fn line(text: &mut String, key: &str, value: &str) {
    text.push_str(key);
    text.push('=');
    // Readers of such files know no other way to write a `'`; a shell knows both.
    let is_double = value.contains('\'') && !value.contains(['"', '$', '`', '\\']);
    if value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+@%,=".contains(&byte)) {
        text.push_str(value);
    } else if is_double {
        text.push('"');
        text.push_str(value);
        text.push('"');
    } else {
        text.push('\'');
        for (number, piece) in value.split('\'').enumerate() {
            text.push_str(if number == 0 { "" } else { "'\\''" });
            text.push_str(piece);
        }
        text.push('\'');
    }
    text.push('\n');
}

/// Reads a file back and compares; ends with an error where others may read it.
pub(in crate::kinds) fn read_back(disk: &dyn Disk, path: &Path, content: &Secret<Vec<u8>>) -> Result<(), CallError> {
    let limit = LIMIT.max(content.expose().len() as u64);
    let bytes = disk.read(path, limit).map(Secret::new).map_err(|error| whole::fault("read back", path, &error))?;
    let stat = disk.stat(path).map_err(|error| whole::fault("look at", path, &error))?;
    if stat.mode & OTHERS != 0 {
        return Err(refused(path, "can be read by others", "use a file system that keeps permissions"));
    }
    if bool::from(bytes.expose().ct_eq(content.expose())) {
        return Ok(());
    }
    Err(CallError::new(
        ErrorClass::Local,
        format!("{} does not hold what was written", escape(&path.display().to_string())),
    ))
}

/// A place that is refused, and what to use instead.
pub(in crate::kinds) fn refused(path: &Path, why: &str, remedy: &str) -> CallError {
    check(format!("{} {why}", escape(&path.display().to_string()))).with_remedy(remedy)
}
