//! The real file system.

use crate::port::{Disk, DiskFile, FileId, Open, Stat};
use rustix::fs::{self, AtFlags, Dir, FileType, FlockOperation, Mode, OFlags};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

/// The real file system. Nothing it makes can be read by anybody else, nothing it opens is inherited.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);
const DIR_MODE: Mode = Mode::RWXU;

/// So many links are followed in one path, as Linux does.
const LINKS_MAX: usize = 40;

/// How much one read asks for, in bytes.
const CHUNK: usize = 1024 * 1024;

impl Disk for RealDisk {
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>> {
        let flags = match how {
            Open::Read => OFlags::RDONLY,
            Open::Write => OFlags::RDWR,
            Open::CreateNew => OFlags::RDWR | OFlags::CREATE | OFlags::EXCL,
            Open::Append => OFlags::RDWR | OFlags::APPEND,
            Open::CreateAppend => OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::EXCL,
            Open::Create => OFlags::RDWR | OFlags::CREATE,
        };
        let fd = fs::open(path, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, FILE_MODE)?;
        Ok(Box::new(RealFile(fd)))
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        RealFile(fs::open(path, flags, Mode::empty())?).read_whole(limit)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Ok(fs::rename(from, to)?)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        Ok(fs::unlink(path)?)
    }

    #[expect(clippy::disallowed_methods, reason = "this is where the port meets the file system")]
    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_dir_all(path)
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        match fs::mkdir(path, DIR_MODE) {
            Ok(()) => Ok(()),
            Err(rustix::io::Errno::EXIST) if fs::stat(path).is_ok_and(|stat| is(&stat, FileType::Directory)) => Ok(()),
            Err(rustix::io::Errno::NOENT) => {
                let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
                self.create_dir_all(parent.ok_or(io::ErrorKind::NotFound)?)?;
                match fs::mkdir(path, DIR_MODE) {
                    // Another process was faster.
                    Err(rustix::io::Errno::EXIST) => Ok(()),
                    other => Ok(other?),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let fd = fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(fs::fsync(fd)?)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        use std::os::unix::ffi::OsStrExt as _;
        let fd = fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let mut names = Vec::new();
        for entry in Dir::new(fd)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(PathBuf::from(std::ffi::OsStr::from_bytes(name)));
            }
        }
        names.sort();
        Ok(names)
    }

    fn stat(&self, path: &Path) -> io::Result<Stat> {
        let stat = fs::statat(fs::CWD, path, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(Stat {
            id: id_of(&stat),
            len: u64::try_from(stat.st_size).unwrap_or(0),
            mode: Mode::from_raw_mode(stat.st_mode).bits(),
            is_dir: is(&stat, FileType::Directory),
            is_file: is(&stat, FileType::RegularFile),
            uid: stat.st_uid,
            modified_micros: modified_micros(&stat),
        })
    }

    fn is_committable(&self, path: &Path) -> io::Result<Option<bool>> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).ok_or(io::ErrorKind::NotFound)?;
        if !parent.ancestors().any(|folder| fs::stat(folder.join(".git").as_path()).is_ok()) {
            return Ok(None);
        }
        // It runs what its configuration names, so it is given nothing of our environment, with the secrets in it. What
        // the user ignores everywhere is not seen then, which errs on the safe side.
        let mut git = Command::new("git");
        git.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin").arg("-C").arg(parent);
        git.args(["-c", "core.fsmonitor=false", "check-ignore", "--quiet", "--"]).arg(path);
        git.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match git.status()?.code() {
            Some(0) => Ok(Some(false)),
            Some(1) => Ok(Some(true)),
            _ => Err(io::Error::other("git check-ignore failed")),
        }
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        let stat = fs::statvfs(path)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

/// Reads a file of at most `limit` bytes that a person named, wherever links lead. What is no regular file is
/// [`io::ErrorKind::InvalidInput`], and never waited for.
pub fn read_given(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    RealFile(open_given(path)?.0).read_whole(limit)
}

/// Opens a regular file that a person named, wherever links lead, and says what it is.
pub(super) fn open_given(path: &Path) -> io::Result<(OwnedFd, fs::Stat)> {
    // Opening a pipe would wait for somebody to write to it.
    let fd = fs::open(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    let stat = fs::fstat(&fd)?;
    let what = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => return Ok((fd, stat)),
        FileType::Directory => return Err(io::ErrorKind::IsADirectory.into()),
        FileType::Fifo => "it is a pipe",
        FileType::Socket => "it is a socket",
        _ => "it is a device",
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}

/// Where a path leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// The path without links, `.` and `..`; of what is not there yet, where it would be made.
    pub path: PathBuf,
    /// The directories in which the names on the way were looked up.
    pub through: Vec<PathBuf>,
    /// The links on the way.
    pub links: Vec<PathBuf>,
}

/// Follows the links of an absolute path to its end; one that leads in a circle is followed no further.
pub fn resolve(path: &Path) -> Resolved {
    let mut resolved = Resolved::default();
    let mut ahead: Vec<PathBuf> = parts(path);
    while let Some(part) = ahead.pop() {
        match part.components().next() {
            Some(Component::ParentDir) => drop(resolved.path.pop()),
            Some(Component::Normal(name)) => {
                if !resolved.through.contains(&resolved.path) {
                    resolved.through.push(resolved.path.clone());
                }
                let whole = resolved.path.join(name);
                match link(&whole).filter(|_| resolved.links.len() < LINKS_MAX) {
                    Some(target) => {
                        resolved.links.push(whole);
                        ahead.extend(parts(&target));
                    }
                    None => resolved.path = whole,
                }
            }
            Some(Component::CurDir) | None => {}
            // The root, from which an absolute path starts anew.
            Some(root) => resolved.path = PathBuf::from(root.as_os_str()),
        }
    }
    resolved
}

/// The parts of a path, the first at the end.
fn parts(path: &Path) -> Vec<PathBuf> {
    path.components().rev().map(|part| PathBuf::from(part.as_os_str())).collect()
}

/// Where a link points to.
fn link(path: &Path) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    let target = fs::readlink(path, Vec::new()).ok()?;
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(target.as_bytes())))
}

struct RealFile(OwnedFd);

impl RealFile {
    fn read_whole(&self, limit: u64) -> io::Result<Vec<u8>> {
        let expected = usize::try_from(self.len()?.min(limit)).unwrap_or(CHUNK);
        let mut bytes = vec![0; expected + 1];
        let mut filled = 0;
        loop {
            // A file that grows while it is read is read to its new end.
            if filled == bytes.len() {
                bytes.resize(filled + CHUNK, 0);
            }
            match self.read_at(bytes.get_mut(filled..).unwrap_or_default(), filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if filled as u64 > limit {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }
}

impl DiskFile for RealFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(&self.0, bytes)?)
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        Ok(rustix::io::pwrite(&self.0, bytes, offset)?)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        Ok(rustix::io::pread(&self.0, bytes, offset)?)
    }

    fn sync_data(&mut self) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        return Ok(fs::fdatasync(&self.0)?);
        #[cfg(not(target_os = "linux"))]
        return Ok(fs::fsync(&self.0)?);
    }

    fn sync_all(&mut self) -> io::Result<()> {
        Ok(fs::fsync(&self.0)?)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(u64::try_from(fs::fstat(&self.0)?.st_size).unwrap_or(0))
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        Ok(fs::ftruncate(&self.0, len)?)
    }

    #[cfg(target_os = "linux")]
    fn reserve(&mut self, end: u64) -> io::Result<()> {
        let len = self.len()?;
        if end <= len {
            return Ok(());
        }
        match fs::fallocate(&self.0, fs::FallocateFlags::KEEP_SIZE, len, end - len) {
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => Err(io::ErrorKind::Unsupported.into()),
            other => Ok(other?),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn reserve(&mut self, _end: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn try_lock(&mut self) -> io::Result<bool> {
        match fs::flock(&self.0, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn id(&self) -> io::Result<FileId> {
        Ok(id_of(&fs::fstat(&self.0)?))
    }
}

fn is(stat: &fs::Stat, kind: FileType) -> bool {
    FileType::from_raw_mode(stat.st_mode) == kind
}

fn id_of(stat: &fs::Stat) -> FileId {
    FileId { device: stat.st_dev, inode: stat.st_ino }
}

fn modified_micros(stat: &fs::Stat) -> i64 {
    let nanos = i64::try_from(stat.st_mtime_nsec).unwrap_or(0);
    stat.st_mtime.saturating_mul(1_000_000).saturating_add(nanos / 1_000)
}
