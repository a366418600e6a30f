//! A log on disk, one line for each accepted write.

use super::Error;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// A log that is open for appending, or none where the stand keeps nothing.
#[derive(Debug)]
pub(super) struct AppendLog {
    file: Option<File>,
}

impl AppendLog {
    /// A log that keeps nothing.
    pub(super) fn nowhere() -> Self {
        Self { file: None }
    }

    /// Opens a log and returns what stands in it. A last line that a crash cut short was never answered: it is cut off.
    #[expect(clippy::disallowed_methods, reason = "the world's log is the stand's own file, beside no journal")]
    pub(super) fn open(path: &Path) -> Result<(Self, String), Error> {
        let failed = |source| Error::Log { path: path.to_owned(), source };
        let mut file =
            OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path).map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(failed(std::io::Error::other("not a regular file")));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64).map_err(failed)?;
            bytes.truncate(whole);
        }
        let text = String::from_utf8(bytes).map_err(|source| failed(std::io::Error::other(source)))?;
        Ok((Self { file: Some(file) }, text))
    }

    /// Appends lines in one write. It is not synced: the world has to survive the end of processes, not of power.
    pub(super) fn append<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> std::io::Result<()> {
        let mut text = String::new();
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        match &mut self.file {
            Some(file) if !text.is_empty() => file.write_all(text.as_bytes()),
            _ => Ok(()),
        }
    }
}
