//! Records deleted, repeated, exchanged, cut off; a head that is gone; a newer surefoot.

use super::sim::{dir, open, written};
use crate::support::events::{answered, closed, noted};
use surefoot::engine::event::Event;
use surefoot::journal::{JournalError, Recovered};
use surefoot::record::{Head, HeadState};

fn batches() -> Vec<Vec<Event>> {
    let single = (0..20).map(|index| vec![noted(&format!("s{index}"), 500)]);
    let many = (0..5).map(|batch| (0..8).map(|index| noted(&format!("b{batch}-{index}"), 500)).collect());
    single.chain(many).chain([vec![answered("confirm")]]).collect()
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    surefoot::record::lines(bytes).map(<[u8]>::to_vec).collect()
}

#[test]
fn a_record_deleted_repeated_or_exchanged_is_found() {
    let disk = written(&batches());
    let lines = lines(&disk.bytes(&dir().segment(1)));
    let found = |lines: &[Vec<u8>], what: &str| {
        disk.put(&dir().segment(1), &lines.concat());
        let opened = open(&disk);
        assert!(matches!(opened, Err(JournalError::Corrupt { .. })), "{what}: {opened:?}");
    };
    for index in 0..lines.len() {
        let mut deleted = lines.clone();
        deleted.remove(index);
        found(&deleted, &format!("{index} deleted"));
        let mut repeated = lines.clone();
        repeated.insert(index, lines[index].clone());
        found(&repeated, &format!("{index} repeated"));
        for other in [index + 1, (index + 17) % lines.len()] {
            if other < lines.len() && other != index {
                let mut exchanged = lines.clone();
                exchanged.swap(index, other);
                found(&exchanged, &format!("{index} and {other} exchanged"));
            }
        }
    }
}

#[test]
fn a_cut_is_found_up_to_the_head_and_not_provable_behind_it() {
    let mut batches = batches();
    batches.extend((0..6).map(|index| vec![noted(&format!("behind{index}"), 500)]));
    let disk = written(&batches);
    let HeadState::Valid(head) = Head::read(&disk.bytes(&dir().head())) else { panic!("no head") };
    let lines = lines(&disk.bytes(&dir().segment(1)));
    assert_eq!(lines.len() as u64, head.seq + 7);
    for keep in 0..=lines.len() {
        let disk = written(&batches);
        disk.put(&dir().segment(1), &lines[..keep].concat());
        let opened = open(&disk);
        if keep as u64 > head.seq {
            assert_eq!(opened.unwrap().events.len(), keep, "behind the head a whole record cut off leaves no trace");
        } else {
            let Err(JournalError::Corrupt { corruption, .. }) = opened else { panic!("{keep}: {opened:?}") };
            assert_eq!(corruption.expected, keep as u64);
        }
    }
}

#[test]
fn a_head_that_is_gone_is_written_anew_and_said() {
    for damage in [None, Some(vec![0; 1024]), Some(b"short".to_vec())] {
        let disk = written(&batches());
        match &damage {
            Some(bytes) => disk.put(&dir().head(), bytes),
            None => surefoot::port::Disk::remove(&disk, &dir().head()).unwrap(),
        }
        let opened = open(&disk).unwrap();
        assert_eq!(opened.recovered, [Recovered::Head]);
        let HeadState::Valid(head) = Head::read(&disk.bytes(&dir().head())) else { panic!("no head") };
        assert_eq!(Some(head.seq), opened.events.last().map(|(seq, _)| *seq));
        drop(opened);
        assert_eq!(open(&disk).unwrap().recovered, []);
    }
}

#[test]
fn a_segment_that_is_gone_is_found() {
    let disk = written(&batches());
    let bytes = disk.bytes(&dir().segment(1));
    disk.put(&dir().segment(3), &bytes);
    let Err(JournalError::Corrupt { corruption, .. }) = open(&disk) else { panic!("opened") };
    assert_eq!(corruption.segment, "journal.000002.jsonl");
}

#[test]
fn a_journal_of_a_newer_version_is_refused_with_advice() {
    let disk = written(&[vec![closed()]]);
    let text = String::from_utf8(disk.bytes(&dir().segment(1))).unwrap();
    for (old, new) in
        [("\"type\":\"run.closed\"", "\"type\":\"run.frozen\""), ("{\"v\":1,\"seq\":1", "{\"v\":2,\"seq\":1")]
    {
        let last = text.lines().nth(1).unwrap();
        let body = last.replace(old, new);
        let body = &body[..body.len() - 72];
        let hash = surefoot::base::Digest::of(format!("surefoot/v1\n{body}").as_bytes());
        let changed = format!("{}\n{body},\"h\":\"{hash}\"}}\n", text.lines().next().unwrap());
        disk.put(&dir().segment(1), changed.as_bytes());
        disk.put(&dir().head(), &written(&[]).bytes(&dir().head()));
        let Err(error @ JournalError::Newer { .. }) = open(&disk) else { panic!("opened") };
        assert!(error.to_string().contains("install 0.1.0 or a later one"), "{error}");
    }
}

#[test]
fn who_may_not_read_a_directory_is_not_told_to_make_room() {
    let error = |kind: std::io::ErrorKind| surefoot::journal::JournalError::Disk {
        operation: "list",
        path: "/srv/runs".into(),
        source: kind.into(),
    };
    let denied = error(std::io::ErrorKind::PermissionDenied);
    assert!(denied.advice().contains("permissions") && !denied.advice().contains("space"), "{}", denied.advice());
    assert!(error(std::io::ErrorKind::StorageFull).advice().contains("free space"));
}
