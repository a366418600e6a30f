//! Each operation of the disk failing once, at every place: nothing is sent that is not durable, no sync is tried
//! again, and every run goes on when the disk is mended (docs/journal.md, "Failed writes and syncs").

use super::sim::{create, dir, open};
use crate::support::events::{answered, closed, intent, noted, session, settled};
use std::io::ErrorKind;
use surefoot::engine::call::Call;
use surefoot::engine::event::{Body, Event};
use surefoot::journal::{Journal, JournalError};
use surefoot::port::Log as _;
use surefoot::simulate::disk::{Loss, Op, SimDisk};

/// More operations of a kind than any session here does.
const MOST: u64 = 10_000;

/// What a run does; an effect is sent when its intent is committed.
fn script() -> Vec<Vec<Event>> {
    vec![
        vec![noted("a", 600), noted("b", 600)],
        vec![intent("create", Call::Create)],
        vec![settled("create", Call::Create), answered("confirm")],
        vec![intent("delete", Call::Delete)],
        vec![settled("delete", Call::Delete)],
        (0..500).map(|index| noted(&format!("s{index}"), 600)).collect(),
        vec![closed()],
    ]
}

/// The intents whose commit returned, which are then sent.
fn play(journal: &mut Journal, sent: &mut Vec<Event>) -> bool {
    for batch in script() {
        if journal.commit(&batch).is_err() {
            assert!(journal.commit(&[noted("after", 600)]).is_err(), "poisoned for good");
            return false;
        }
        sent.extend(batch.into_iter().filter(|event| matches!(event.body, Body::CallIntended(_))));
    }
    true
}

fn all_are_recorded(sent: &[Event], events: &[(u64, Event)]) -> bool {
    sent.iter().all(|sent| events.iter().any(|(_, event)| event == sent))
}

/// Lets the `nth` operation of this kind fail in a first session, then takes the run over on a sound disk.
fn fail_once(op: Op, nth: u64, loss: Option<Loss>) -> bool {
    let disk = SimDisk::new();
    let mut sent = Vec::new();
    disk.fail(op, nth, ErrorKind::Other);
    let born = create(&disk);
    if let Ok(mut journal) = born {
        let ended = play(&mut journal, &mut sent);
        assert!(ended || disk.has_failed());
    }
    let struck = disk.has_failed();
    disk.heal();
    if let Some(loss) = loss {
        disk.lose_power(loss);
    }
    match open(&disk) {
        Ok(opened) => {
            assert!(all_are_recorded(&sent, &opened.events), "{op:?} {nth} {loss:?}");
            let mut journal = opened.journal;
            journal.commit(&[session(), noted("resumed", 600)]).unwrap();
            // What was taken over is durable by now, whatever the old file holds in memory only.
            let count = opened.events.len() + 2;
            drop(journal);
            disk.lose_power(Loss::Everything);
            assert_eq!(open(&disk).unwrap().events.len(), count, "{op:?} {nth} {loss:?}");
        }
        Err(JournalError::Missing { .. }) => {
            assert!(sent.is_empty(), "{op:?} {nth} {loss:?}");
            create(&disk).unwrap();
        }
        Err(error) => panic!("{op:?} {nth} {loss:?}: {error}"),
    }
    assert_eq!(disk.retried_syncs(), 0, "{op:?} {nth}");
    struck
}

#[test]
fn whatever_fails_once_in_a_session_the_next_one_goes_on() {
    let mut struck = 0;
    for op in [
        Op::Open,
        Op::Read,
        Op::Write,
        Op::SyncData,
        Op::SyncAll,
        Op::SyncDir,
        Op::Rename,
        Op::Remove,
        Op::SetLen,
        Op::Reserve,
        Op::Look,
    ] {
        for loss in [None, Some(Loss::Everything), Some(Loss::Nothing), Some(Loss::Torn)] {
            struck += (1..MOST).take_while(|nth| fail_once(op, *nth, loss)).count();
        }
    }
    assert!(struck > 150, "{struck} faults struck");
}

/// Lets the `nth` operation of this kind fail while a torn or a suspect journal is taken over.
fn fail_in_recovery(op: Op, nth: u64, suspect: bool) -> bool {
    let disk = SimDisk::new();
    let mut sent = Vec::new();
    disk.fail(if suspect { Op::SyncData } else { Op::Write }, 9, ErrorKind::Other);
    assert!(!play(&mut create(&disk).unwrap(), &mut sent));
    disk.heal();
    if !suspect {
        disk.lose_power(Loss::Nothing);
        let mut torn = disk.bytes(&dir().segment(1));
        torn.extend_from_slice(b"{\"v\":1,\"seq\":");
        disk.put(&dir().segment(1), &torn);
    }
    disk.fail(op, nth, ErrorKind::Other);
    let opened = open(&disk);
    let struck = disk.has_failed();
    assert!(struck || opened.is_ok());
    drop(opened);
    disk.heal();
    let opened = open(&disk).unwrap();
    assert!(all_are_recorded(&sent, &opened.events), "{op:?} {nth}");
    let mut journal = opened.journal;
    journal.commit(&[session()]).unwrap();
    let count = opened.events.len() + 1;
    drop(journal);
    disk.lose_power(Loss::Everything);
    assert_eq!(open(&disk).unwrap().events.len(), count, "{op:?} {nth} suspect {suspect}");
    assert_eq!(disk.retried_syncs(), 0);
    struck
}

#[test]
fn whatever_fails_once_in_a_recovery_the_next_one_succeeds() {
    let mut struck = 0;
    for op in [Op::Open, Op::Read, Op::Write, Op::SyncData, Op::SyncAll, Op::SyncDir, Op::Rename, Op::SetLen, Op::Look]
    {
        for suspect in [false, true] {
            struck += (1..MOST).take_while(|nth| fail_in_recovery(op, *nth, suspect)).count();
        }
    }
    assert!(struck > 40, "{struck} faults struck");
}

#[test]
fn after_a_failed_sync_the_journal_goes_on_in_a_new_file() {
    let disk = SimDisk::new();
    let mut journal = create(&disk).unwrap();
    journal.commit(&[noted("a", 600)]).unwrap();
    disk.fail(Op::SyncData, 1, ErrorKind::Other);
    let poisoned = journal.commit(&[noted("b", 600)]).unwrap_err();
    assert!(poisoned.reason.contains("cannot sync /state/runs/r1/journal.000001.jsonl"), "{poisoned}");
    drop(journal);
    disk.heal();
    let opened = open(&disk).unwrap();
    let names: Vec<_> = opened.events.iter().map(|(_, event)| event.body.name()).collect();
    assert_eq!(names, ["run.opened", "step.noted", "step.noted", "journal.segment"]);
    drop(opened);
    // `b` was never acknowledged, but it was read and may have been acted on: it is durable now.
    disk.lose_power(Loss::Everything);
    assert_eq!(open(&disk).unwrap().events.len(), 4);
    assert!(disk.files().contains_key(&dir().segment(1)), "the old file is kept");
}

#[test]
fn another_writer_poisons_the_journal() {
    let disk = SimDisk::new();
    let mut journal = create(&disk).unwrap();
    let mut bytes = disk.bytes(&dir().segment(1));
    bytes.push(b'x');
    disk.put(&dir().segment(1), &bytes);
    let poisoned = journal.commit(&[noted("a", 600)]).unwrap_err();
    assert!(poisoned.reason.contains("another process writes"), "{poisoned}");
    assert_eq!(disk.bytes(&dir().segment(1)), bytes, "nothing was written");
}

#[test]
fn nothing_to_commit_touches_nothing() {
    let disk = SimDisk::new();
    let mut journal = create(&disk).unwrap();
    for op in [Op::Write, Op::SyncData, Op::SyncAll, Op::Reserve] {
        disk.fail(op, 1, ErrorKind::Other);
        journal.commit(&[]).unwrap();
        assert!(!disk.has_failed(), "{op:?}");
        disk.heal();
    }
}

#[test]
fn a_run_that_cannot_be_looked_at_is_not_missing() {
    let disk = SimDisk::new();
    drop(create(&disk).unwrap());
    disk.fail(Op::Look, 1, ErrorKind::PermissionDenied);
    assert!(matches!(open(&disk), Err(JournalError::Disk { operation: "look at", .. })));
    let never = SimDisk::new();
    assert!(matches!(open(&never), Err(JournalError::Missing { .. })));
}
