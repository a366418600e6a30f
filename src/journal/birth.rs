//! The birth of a run: it exists with its first record durable, or not at all.

use super::dir::{RunDir, make_durably};
use super::error::JournalError;
use super::head::HeadFile;
use super::lock::{Holder, Lock};
use super::segment::{SYNC, Segment, write_all};
use super::writer::{Files, Journal};
use crate::base::{PlantedBug, planted};
use crate::engine::event::Event;
use crate::port::{Clock, Disk, Open};
use crate::record::Chain;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

/// What a run is born with.
#[derive(Clone, Copy, Debug)]
pub struct Birth<'a> {
    /// Where the state of all runs is.
    pub state_dir: &'a Path,
    /// The run's id.
    pub run: &'a str,
    /// The files pinned in its directory, by name: `plan.yaml` and its content.
    pub files: &'a [(&'a str, &'a [u8])],
    /// Who holds it.
    pub holder: &'a Holder,
    /// Its first event, `run.opened`.
    pub genesis: &'a Event,
}

impl Journal {
    /// Makes a run directory as `.new-<id>` and renames it when its first record is durable.
    pub fn create(disk: &Arc<dyn Disk>, clock: &Arc<dyn Clock>, birth: &Birth<'_>) -> Result<Self, JournalError> {
        let parent = RunDir::parent(birth.state_dir);
        // A run must not vanish after an effect was sent, with a directory above it that was not durable.
        make_durably(disk.as_ref(), &parent)?;
        let dir = RunDir::new(birth.state_dir, birth.run);
        if disk.stat(dir.path()).is_ok() {
            return Err(JournalError::Exists { dir: dir.path().to_owned() });
        }
        sweep_unborn(disk.as_ref(), &parent);
        let (mut journal, unborn) = carry(disk, clock, birth, &parent)?;
        disk.rename(unborn.path(), dir.path()).map_err(JournalError::disk("rename", unborn.path()))?;
        if !planted(PlantedBug::BirthUnsynced) {
            disk.sync_dir(&parent).map_err(JournalError::disk(SYNC, &parent))?;
        }
        journal.moved_to(dir);
        Ok(journal)
    }

    fn moved_to(&mut self, dir: RunDir) {
        self.segment.moved_to(dir.segment(self.segment.number()));
        self.dir = dir;
    }
}

/// The name of a directory in which a run is being born begins with this.
const UNBORN: &str = ".new-";
/// How often the directory of a run that is being born may be swept away before that is an error.
const SWEPT_MAX: usize = 5;

/// Builds the directory of a run that is not born yet. Another process that sweeps may take it for one that nobody
/// works on, in the instant before its lock is held; then it is built again under another name.
fn carry(
    disk: &Arc<dyn Disk>,
    clock: &Arc<dyn Clock>,
    birth: &Birth<'_>,
    parent: &Path,
) -> Result<(Journal, RunDir), JournalError> {
    let mut swept = 0;
    loop {
        let again = if swept == 0 { String::new() } else { format!("-{swept}") };
        let unborn = RunDir::at(parent.join(format!("{UNBORN}{}{again}", birth.run)));
        match build(disk, clock, birth, &unborn) {
            Ok(journal) => return Ok((journal, unborn)),
            Err(error) if swept < SWEPT_MAX && was_swept(&error) => swept += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Whether an error is what a process sees whose directory another one removes.
fn was_swept(error: &JournalError) -> bool {
    match error {
        JournalError::Held { .. } => true,
        JournalError::Disk { source, .. } => source.kind() == ErrorKind::NotFound,
        _ => false,
    }
}

fn build(
    disk: &Arc<dyn Disk>,
    clock: &Arc<dyn Clock>,
    birth: &Birth<'_>,
    dir: &RunDir,
) -> Result<Journal, JournalError> {
    let make = |path: &Path| disk.create_dir_all(path).map_err(JournalError::disk("create", path));
    make(dir.path())?;
    make(&dir.artifacts())?;
    let lock = Lock::take(disk.as_ref(), dir.path(), &dir.lock(), birth.holder)?;
    for (name, content) in birth.files {
        let path = dir.path().join(name);
        let mut file = disk.open(&path, Open::CreateNew).map_err(JournalError::disk("create", &path))?;
        write_all(file.as_mut(), content).map_err(JournalError::disk("write", &path))?;
        file.sync_all().map_err(JournalError::disk(SYNC, &path))?;
    }
    let head = HeadFile::create(disk.as_ref(), &dir.head())?;
    let path = dir.segment(1);
    let file = disk.open(&path, Open::CreateAppend).map_err(JournalError::disk("create", &path))?;
    let segment = Segment::new(file, path, 1, 0);
    let files = Files { disk: Arc::clone(disk), clock: Arc::clone(clock), dir: dir.clone(), segment, head, lock };
    let mut journal = Journal::new(files, Chain::default());
    journal.write(std::slice::from_ref(birth.genesis))?;
    disk.sync_dir(dir.path()).map_err(JournalError::disk(SYNC, dir.path()))?;
    Ok(journal)
}

/// Removes what processes left behind that died while a run was being born. Nothing was sent for such a run.
fn sweep_unborn(disk: &dyn Disk, parent: &Path) {
    for path in disk.list(parent).unwrap_or_default() {
        let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| name.starts_with(UNBORN)) else {
            continue;
        };
        let dir = RunDir::at(parent.join(name));
        // One without a lock file, or with a lock that is held, belongs to a process that lives.
        let lock = disk.open(&dir.lock(), Open::Write);
        if lock.is_ok_and(|mut file| file.try_lock().unwrap_or(false)) {
            disk.remove_dir_all(dir.path()).ok();
        }
    }
}
