//! The birth of a run: whatever was made above it, and whoever made it, no power loss takes it away afterwards.

use super::sim::holder;
use crate::support::events::{genesis, still_clock};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use surefoot::journal::{Birth, Journal, JournalError, RunDir, make_durably};
use surefoot::port::{Disk, Open};
use surefoot::simulate::disk::{Loss, Op, SimDisk};

/// A state directory three levels below anything that is there.
const DEEP: &str = "/x/y/z";

fn born(disk: &SimDisk, run: &str) -> Result<Journal, JournalError> {
    let (disk, holder, genesis): (Arc<dyn Disk>, _, _) = (Arc::new(disk.clone()), holder(), genesis());
    let birth = Birth { state_dir: Path::new(DEEP), run, files: &[], holder: &holder, genesis: &genesis };
    Journal::create(&disk, &still_clock(), &birth)
}

fn opened(disk: &SimDisk, run: &str) -> Result<usize, JournalError> {
    let (disk, dir): (Arc<dyn Disk>, _) = (Arc::new(disk.clone()), RunDir::new(Path::new(DEEP), run));
    Journal::open(&disk, &still_clock(), &dir, &holder()).map(|opened| opened.events.len())
}

#[test]
fn a_run_below_directories_that_were_not_there_outlives_a_power_loss() {
    let disk = SimDisk::new();
    drop(born(&disk, "r1").unwrap());
    disk.lose_power(Loss::Everything);
    assert_eq!(opened(&disk, "r1").unwrap(), 1);
}

#[test]
fn a_run_outlives_a_power_loss_whatever_its_predecessor_left_undone() {
    let mut left = 0;
    for op in [Op::Open, Op::SyncDir, Op::Rename] {
        for nth in 1.. {
            let disk = SimDisk::new();
            disk.fail(op, nth, ErrorKind::Other);
            let first = born(&disk, "r1").map(drop);
            if !disk.has_failed() {
                break;
            }
            left += 1;
            disk.heal();
            // The next process takes it over, where it was born, and begins another one.
            let taken_over = first.is_err() && opened(&disk, "r1").is_ok();
            drop(born(&disk, "r2").unwrap());
            disk.lose_power(Loss::Everything);
            assert_eq!(opened(&disk, "r2").unwrap(), 1, "{op:?} {nth}");
            assert!(!taken_over || opened(&disk, "r1").is_ok(), "{op:?} {nth}");
        }
    }
    assert!(left > 12, "{left} faults struck");
}

#[test]
fn a_run_that_is_taken_over_outlives_a_power_loss_although_its_own_name_was_not_durable() {
    let failing = |nth| {
        let disk = SimDisk::new();
        disk.fail(Op::SyncDir, nth, ErrorKind::Other);
        let failed = born(&disk, "r1").is_err();
        disk.heal();
        failed.then_some(disk)
    };
    // The last sync of a birth is that of its name.
    let disk = (1..).map_while(failing).last().unwrap();
    assert_eq!(opened(&disk, "r1").unwrap(), 1);
    disk.lose_power(Loss::Everything);
    assert_eq!(opened(&disk, "r1").unwrap(), 1);
}

#[test]
fn where_nothing_can_be_synced_above_a_directory_that_is_there_a_run_begins() {
    for kind in [ErrorKind::PermissionDenied, ErrorKind::InvalidInput, ErrorKind::Other] {
        let disk = SimDisk::new();
        disk.put(&Path::new(DEEP).join(".keep"), b"");
        disk.fail(Op::SyncDir, 1, kind);
        assert_eq!(born(&disk, "r1").is_ok(), kind != ErrorKind::Other, "{kind}");
    }
}

#[test]
fn a_directory_on_the_simulated_disk_is_found_after_a_power_loss_only_when_every_name_above_it_is_durable() {
    let disk = SimDisk::new();
    let file = Path::new("/a/b/f");
    disk.create_dir_all(Path::new("/a/b")).unwrap();
    disk.open(file, Open::CreateNew).unwrap().sync_all().unwrap();
    disk.sync_dir(Path::new("/a/b")).unwrap();
    disk.sync_dir(Path::new("/a")).unwrap();
    disk.lose_power(Loss::Everything);
    assert!(disk.stat(file).is_err() && disk.stat(Path::new("/a")).is_err());
    make_durably(&disk, Path::new("/a/b")).unwrap();
    disk.open(file, Open::CreateNew).unwrap().sync_all().unwrap();
    disk.lose_power(Loss::Everything);
    assert!(disk.stat(file).is_err() && disk.stat(Path::new("/a/b")).is_ok());
}
