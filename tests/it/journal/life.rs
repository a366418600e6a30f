//! A run on the real disk: born, written, taken over.

use super::sim::holder;
use crate::support::events::{answered, closed, genesis, intent, noted, session, settled, still_clock};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use surefoot::adapter::disk::RealDisk;
use surefoot::base::Digest;
use surefoot::engine::call::Call;
use surefoot::engine::event::Body;
use surefoot::journal::{Birth, Journal, JournalError, RunDir, peek};
use surefoot::port::{Disk, Log as _};

pub(super) fn real_disk() -> Arc<dyn Disk> {
    Arc::new(RealDisk)
}

fn create(state_dir: &Path) -> Result<Journal, JournalError> {
    let (holder, genesis) = (holder(), genesis());
    let files: &[(&str, &[u8])] = &[("plan.yaml", b"runbook: x\n")];
    let birth = Birth { state_dir, run: "r1", files, holder: &holder, genesis: &genesis };
    Journal::create(&real_disk(), &still_clock(), &birth)
}

#[test]
fn a_run_is_born_written_and_taken_over() {
    let temp = tempfile::tempdir().unwrap();
    let state = temp.path().join("zu stand\u{e9}");
    let mut journal = create(&state).unwrap();
    let mut written = vec![genesis()];
    for batch in [
        vec![intent("delete", Call::Delete)],
        vec![settled("delete", Call::Delete), answered("confirm")],
        (0..64).map(|index| noted(&format!("s{index}"), 600)).collect(),
    ] {
        journal.commit(&batch).unwrap();
        written.extend(batch);
    }
    drop(journal);

    let dir = RunDir::new(&state, "r1");
    let opened = Journal::open(&real_disk(), &still_clock(), &dir, &holder()).unwrap();
    assert!(opened.recovered.is_empty());
    let read: Vec<_> = opened.events.iter().map(|(_, event)| event.clone()).collect();
    assert_eq!(read, written);
    assert!(opened.events.iter().map(|(seq, _)| *seq).eq(0..68));
    let mut journal = opened.journal;
    assert_eq!(journal.epoch(), 1);
    journal.commit(&[session()]).unwrap();
    assert_eq!((journal.epoch(), journal.next_seq()), (2, 69));
    journal.commit(&[closed()]).unwrap();
    assert_eq!(peek(&RealDisk, &dir).unwrap().events.len(), 70);
    let again = Journal::open(&real_disk(), &still_clock(), &dir, &holder());
    let Err(JournalError::Held { holder, .. }) = again else { panic!("{again:?}") };
    assert!(holder.contains("process 1 of alice@host1"), "{holder}");
}

#[test]
fn nobody_else_can_read_what_is_made() {
    let temp = tempfile::tempdir().unwrap();
    let _journal = create(temp.path()).unwrap();
    let dir = RunDir::new(temp.path(), "r1");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(dir.path()), 0o700);
    for path in [dir.lock(), dir.plan(), dir.head(), dir.segment(1)] {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_session_begins_with_its_own_record() {
    let temp = tempfile::tempdir().unwrap();
    drop(create(temp.path()).unwrap());
    let dir = RunDir::new(temp.path(), "r1");
    let open = || Journal::open(&real_disk(), &still_clock(), &dir, &holder()).unwrap().journal;
    let refused = open().commit(&[noted("a", 600)]).unwrap_err();
    assert!(refused.reason.contains("session.open"), "{refused}");
    let mut journal = open();
    journal.commit(&[session(), noted("a", 600)]).unwrap();
    assert!(journal.commit(&[session()]).is_err(), "a second one in the same session");
    assert!(journal.commit(&[noted("a", 600)]).is_err(), "poisoned by then");
}

#[test]
fn a_long_segment_is_followed_by_another() {
    let temp = tempfile::tempdir().unwrap();
    let mut journal = create(temp.path()).unwrap();
    assert_eq!(journal.rotate_if_due().unwrap(), None, "a short segment goes on");
    // Over 64 MiB.
    for index in 0..80 {
        let four: Vec<_> = (0..4).map(|part| noted(&format!("s{index}.{part}"), 225_000)).collect();
        journal.commit(&four).unwrap();
    }
    let segment = journal.rotate_if_due().unwrap().unwrap();
    assert!(matches!(&segment.body, Body::JournalSegment { reason, .. } if reason == "size"));
    assert_eq!(journal.rotate_if_due().unwrap(), None, "the new segment is short");
    journal.commit(&[settled("delete", Call::Delete)]).unwrap();
    drop(journal);

    let dir = RunDir::new(temp.path(), "r1");
    let old = std::fs::read(dir.segment(1)).unwrap();
    assert!(matches!(segment.body, Body::JournalSegment { old_sha256, .. } if old_sha256 == Digest::of(&old)));
    let opened = Journal::open(&real_disk(), &still_clock(), &dir, &holder()).unwrap();
    assert!(opened.recovered.is_empty());
    assert_eq!(opened.events.len(), 323);
    assert_eq!(opened.events[321].1.body.name(), "journal.segment");
    let mut journal = opened.journal;
    journal.commit(&[session()]).unwrap();
    assert_eq!(journal.next_seq(), 324);
    let second = std::fs::read(dir.segment(2)).unwrap();
    assert_eq!(second.split_inclusive(|byte| *byte == b'\n').count(), 3, "the segment, the outcome, the session");
}
