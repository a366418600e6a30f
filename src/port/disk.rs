//! Files.

use std::io;
use std::path::{Path, PathBuf};

/// The file system. Every operation of the journal goes through it, so that tests can fail each one.
pub trait Disk: Send + Sync {
    /// Opens or creates a file; never follows a symbolic link at the last component, always close-on-exec, new
    /// files have mode 0600.
    fn open(&self, path: &Path, how: Open) -> io::Result<Box<dyn DiskFile>>;

    /// Reads a whole file of at most `limit` bytes; a longer one is [`io::ErrorKind::FileTooLarge`].
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// Renames within a file system, replacing the target.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Removes a directory with everything in it.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;

    /// Creates a directory and its parents, mode 0700; one that exists is left as it is.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;

    /// Makes the entries of a directory durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// The names in a directory, sorted.
    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>>;

    /// What is known about a path; a symbolic link is not followed.
    fn stat(&self, path: &Path) -> io::Result<Stat>;

    /// Whether git would take a file up that stands there: `None` where that is in no work tree. An error where it is
    /// in one and git cannot say.
    fn is_committable(&self, _path: &Path) -> io::Result<Option<bool>> {
        Ok(None)
    }

    /// Bytes that can still be written below this path by us.
    fn free_bytes(&self, path: &Path) -> io::Result<u64>;
}

/// An open file.
pub trait DiskFile: Send {
    /// Appends or writes at the cursor; may write less than it was given.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Writes at an offset; may write less than it was given.
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Reads at an offset; 0 at the end.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Makes the data durable (`fdatasync`).
    fn sync_data(&mut self) -> io::Result<()>;

    /// Makes data and metadata durable (`fsync`).
    fn sync_all(&mut self) -> io::Result<()>;

    /// Length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file is empty.
    fn is_empty(&self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }

    /// Cuts or extends the file.
    fn set_len(&mut self, len: u64) -> io::Result<()>;

    /// Reserves space up to `end` without changing the length; [`io::ErrorKind::Unsupported`] where the file system
    /// cannot.
    fn reserve(&mut self, end: u64) -> io::Result<()>;

    /// Takes the exclusive lock of the file; `false` where another open file holds it.
    fn try_lock(&mut self) -> io::Result<bool>;

    /// Which file this is.
    fn id(&self) -> io::Result<FileId>;
}

/// How to open a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// Must exist; only for reading.
    Read,
    /// Must exist; for reading and for writing at offsets.
    Write,
    /// Must not exist; for reading and for writing at offsets.
    CreateNew,
    /// Must exist; every write goes to the end; for reading as well.
    Append,
    /// Must not exist; every write goes to the end; for reading as well.
    CreateAppend,
    /// Is created where it does not exist; for reading and for writing at offsets.
    Create,
}

/// Which file something is, wherever its name points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    /// The device.
    pub device: u64,
    /// The inode.
    pub inode: u64,
}

/// What is known about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Which file it is.
    pub id: FileId,
    /// Length in bytes.
    pub len: u64,
    /// Permission bits.
    pub mode: u32,
    /// Whether it is a directory.
    pub is_dir: bool,
    /// Whether it is a regular file.
    pub is_file: bool,
    /// Owner's user id.
    pub uid: u32,
    /// When it was last changed, in microseconds since 1970.
    pub modified_micros: i64,
}
