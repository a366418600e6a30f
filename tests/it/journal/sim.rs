//! A run on the simulated disk.

use crate::support::events::{genesis, still_clock};
use std::path::Path;
use std::sync::Arc;
use surefoot::base::Timestamp;
use surefoot::engine::event::Event;
use surefoot::journal::{Birth, Holder, Journal, JournalError, Opened, RunDir};
use surefoot::port::{Disk, Log as _};
use surefoot::simulate::disk::SimDisk;

pub(super) fn holder() -> Holder {
    Holder {
        pid: 1,
        boot_id: "b".to_owned(),
        since: Timestamp::from_micros(0),
        user: "alice".to_owned(),
        host: "host1".to_owned(),
        argv: vec!["surefoot".to_owned(), "run".to_owned()],
    }
}

/// Where the run is.
pub(super) fn dir() -> RunDir {
    RunDir::new(Path::new("/state"), "r1")
}

/// The same disk as the journal takes it.
fn shared(disk: &SimDisk) -> Arc<dyn Disk> {
    Arc::new(disk.clone())
}

/// Begins the run.
pub(super) fn create(disk: &SimDisk) -> Result<Journal, JournalError> {
    let (holder, genesis) = (holder(), genesis());
    let files: &[(&str, &[u8])] = &[("plan.yaml", b"runbook: x\n")];
    let birth = Birth { state_dir: Path::new("/state"), run: "r1", files, holder: &holder, genesis: &genesis };
    Journal::create(&shared(disk), &still_clock(), &birth)
}

/// Takes the run over.
pub(super) fn open(disk: &SimDisk) -> Result<Opened, JournalError> {
    Journal::open(&shared(disk), &still_clock(), &dir(), &holder())
}

/// A disk with a run of these batches on it, each committed by itself.
pub(super) fn written(batches: &[Vec<Event>]) -> SimDisk {
    let disk = SimDisk::new();
    let mut journal = create(&disk).unwrap();
    for batch in batches {
        journal.commit(batch).unwrap();
    }
    disk
}
