//! A disk that is full, or writes short.

use super::sim::{create, dir, open};
use crate::support::events::{intent, noted, session, settled};
use surefoot::engine::call::Call;
use surefoot::journal::JournalError;
use surefoot::port::Log as _;
use surefoot::simulate::disk::SimDisk;

#[test]
fn whatever_space_there_is_an_announced_effect_can_be_recorded() {
    let mut announced = 0;
    for budget in (0..=1024 * 1024 + 64 * 1024).step_by(4096) {
        let disk = SimDisk::new();
        disk.limit_to(budget);
        let mut sent = 0;
        if let Ok(mut journal) = create(&disk) {
            for index in 0..3 {
                let step = format!("s{index}");
                if journal.commit(&[intent(&step, Call::Delete)]).is_err() {
                    break;
                }
                sent += 1;
                disk.fill_up();
                let outcome = [settled(&step, Call::Delete), noted("sealed", 200_000)];
                journal.commit(&outcome).expect("there is room for the outcome");
                disk.limit_to(budget);
            }
        }
        announced += sent;
        disk.heal();
        match open(&disk) {
            Ok(mut opened) => {
                let intents = opened.events.iter().filter(|(_, event)| event.body.name() == "call.intended").count();
                assert_eq!(intents, sent);
                opened.journal.commit(&[session()]).unwrap();
            }
            Err(JournalError::Missing { .. }) => drop(create(&disk).unwrap()),
            Err(error) => panic!("{budget}: {error}"),
        }
        assert_eq!(disk.retried_syncs(), 0);
    }
    assert!(announced > 5, "{announced} effects were announced");
}

#[test]
fn notes_are_written_as_long_as_there_is_room() {
    let disk = SimDisk::new();
    let mut journal = create(&disk).unwrap();
    disk.fill_up();
    let mut written = 0;
    while journal.commit(&[noted("a", 60_000)]).is_ok() {
        written += 1;
    }
    assert!((10..20).contains(&written), "{written} notes in what was reserved");
    drop(journal);
    disk.heal();
    assert_eq!(open(&disk).unwrap().events.len(), written + 1 + 1, "the birth, the notes, the torn one removed");
}

#[test]
fn a_file_system_that_cannot_reserve_is_told_once_and_used() {
    let disk = SimDisk::new();
    disk.cannot_reserve();
    let mut journal = create(&disk).unwrap();
    assert!(journal.notice().unwrap().contains("cannot reserve"));
    journal.commit(&[intent("delete", Call::Delete)]).unwrap();
}

#[test]
fn short_writes_are_gone_on_with() {
    let whole = {
        let disk = SimDisk::new();
        let mut journal = create(&disk).unwrap();
        journal.commit(&[noted("a", 600), noted("b", 600)]).unwrap();
        disk.bytes(&dir().segment(1))
    };
    for most in 1..=1_300 {
        let disk = SimDisk::new();
        disk.write_at_most(most);
        let mut journal = create(&disk).unwrap();
        journal.commit(&[noted("a", 600), noted("b", 600)]).unwrap();
        assert_eq!(disk.bytes(&dir().segment(1)), whole, "writes of at most {most}");
    }
}

#[test]
fn a_long_batch_becomes_several_writes_and_says_what_is_durable() {
    let disk = SimDisk::new();
    let mut journal = create(&disk).unwrap();
    let batch: Vec<_> = (0..1_000).map(|index| noted(&format!("s{index}"), 1_000)).collect();
    journal.commit(&batch).unwrap();
    let bytes = disk.bytes(&dir().segment(1));
    let mut durable = Vec::new();
    let mut chain = surefoot::record::Chain::default();
    for line in surefoot::record::lines(&bytes) {
        durable.push(chain.accept(line).unwrap().durable);
    }
    durable.dedup();
    assert_eq!(durable.len(), 5, "the birth and four rounds: {durable:?}");
    let too_long = journal.commit(&[noted("huge", 300_000)]).unwrap_err();
    assert!(too_long.reason.contains("step.noted of huge would have"), "{too_long}");
    assert_eq!(disk.bytes(&dir().segment(1)), bytes, "nothing of it was written");
}
