//! Every single bit of a journal turned over: with the head, none goes unnoticed (docs/journal.md, "Head").

use super::sim::{dir, open, written};
use crate::support::events::{closed, noted};
use surefoot::engine::event::Event;
use surefoot::journal::JournalError;
use surefoot::record::{Chain, Head, HeadState, Tail, judge};

const NAME: &str = "journal.000001.jsonl";

fn batches() -> Vec<Vec<Event>> {
    let single = (0..40).map(|index| vec![noted(&format!("s{index}"), 600)]);
    let many = (0..5).map(|batch| (0..8).map(|index| noted(&format!("b{batch}-{index}"), 600)).collect());
    let end = vec![noted("last", 600), noted("but-one", 600), closed()];
    single.chain(many).chain([end]).collect()
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    let disk = written(&batches());
    let bytes = disk.bytes(&dir().segment(1));
    let HeadState::Valid(head) = Head::read(&disk.bytes(&dir().head())) else { panic!("no head") };
    let mut chain = Chain::default();
    let mut lines = Vec::new();
    let mut at = 0;
    for line in surefoot::record::lines(&bytes) {
        lines.push((at, at + line.len(), chain));
        chain.accept(line).unwrap();
        at += line.len();
    }
    assert_eq!(chain.last_seq(), Some(head.seq), "the head covers the whole journal");
    assert!(bytes.len() * 8 >= 400_000, "{} flips", bytes.len() * 8);
    let half = lines.len() / 2;
    std::thread::scope(|scope| {
        for part in [&lines[..half], &lines[half..]] {
            let mut image = bytes.clone();
            scope.spawn(move || {
                for (start, end, chain) in part {
                    for bit in start * 8..end * 8 {
                        image[bit / 8] ^= 1 << (bit % 8);
                        assert!(is_noticed(&image[*start..], *start, chain, &head), "bit {bit}");
                        image[bit / 8] ^= 1 << (bit % 8);
                    }
                }
            });
        }
    });
}

/// Reads on after `chain`, as recovery does, until something is wrong, and says whether that is an error.
fn is_noticed(rest: &[u8], start: usize, chain: &Chain, head: &Head) -> bool {
    let mut chain = *chain;
    let mut at = 0;
    for line in surefoot::record::lines(rest) {
        if chain.accept(line).is_err() {
            break;
        }
        at += line.len();
    }
    match judge(&rest[at..], NAME, (start + at) as u64, &chain) {
        Tail::Corrupt(_) => true,
        Tail::Clean | Tail::Torn => chain.len <= head.seq,
    }
}

#[test]
fn a_flipped_bit_stops_the_run_before_anything_is_written() {
    let disk = written(&batches());
    let bytes = disk.bytes(&dir().segment(1));
    for bit in (0..bytes.len() * 8).step_by(2_003).chain([bytes.len() * 8 - 3]) {
        let mut image = bytes.clone();
        image[bit / 8] ^= 1 << (bit % 8);
        disk.put(&dir().segment(1), &image);
        let before = disk.files();
        let Err(error @ JournalError::Corrupt { .. }) = open(&disk) else { panic!("bit {bit}") };
        assert!(error.advice().contains("copy"), "{error}");
        let mut after = disk.files();
        after.insert(dir().lock(), before[&dir().lock()].clone());
        assert_eq!(before, after, "only the note in the lock file may differ");
    }
}

#[test]
fn a_flipped_bit_of_the_head_harms_nothing() {
    let disk = written(&batches());
    let head = disk.bytes(&dir().head());
    let mut rebuilt = 0;
    for bit in (0..head.len() * 8).step_by(61) {
        let mut image = head.clone();
        image[bit / 8] ^= 1 << (bit % 8);
        disk.put(&dir().head(), &image);
        rebuilt += open(&disk).unwrap().recovered.len();
    }
    assert_eq!(rebuilt, 0, "the other slot is still valid");
}
