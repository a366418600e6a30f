//! Every way in which the last batch can reach the disk in part: nothing acknowledged is lost, nothing is called
//! corrupt (docs/journal.md, "Recovery").

use super::sim::{dir, open, written};
use crate::support::events::{intent, noted, session};
use std::ops::Range;
use surefoot::engine::call::Call;
use surefoot::engine::event::Event;
use surefoot::port::Log as _;
use surefoot::record::{Chain, Tail, judge};
use surefoot::simulate::disk::SimDisk;

/// The batches after the birth: one record, several, one that spans many pages.
fn batches() -> Vec<Vec<Event>> {
    let many = |prefix: &str, count: usize, len: usize| {
        (0..count).map(|index| noted(&format!("{prefix}{index}"), len + index % 7)).collect::<Vec<_>>()
    };
    vec![
        vec![noted("a", 600)],
        vec![intent("delete", Call::Delete)],
        many("b", 3, 450),
        many("c", 8, 600),
        vec![noted("long", 9_000)],
        many("d", 64, 600),
        vec![noted("sector", 512)],
    ]
}

/// A journal with the chain after each of its lines and the place of each batch.
struct Written {
    disk: SimDisk,
    bytes: Vec<u8>,
    /// Where each line begins, with the chain before it; the end of the file with the whole chain at last.
    lines: Vec<(usize, Chain)>,
    batches: Vec<Range<usize>>,
}

fn prepare() -> Written {
    let batches = batches();
    let disk = written(&batches);
    let bytes = disk.bytes(&dir().segment(1));
    let mut chain = Chain::default();
    let mut at = 0;
    let mut lines = vec![(0, chain)];
    for line in surefoot::record::lines(&bytes) {
        chain.accept(line).unwrap();
        at += line.len();
        lines.push((at, chain));
    }
    let mut first = 1;
    let ranges = batches.iter().map(|batch| {
        let range = lines[first].0..lines[first + batch.len()].0;
        first += batch.len();
        range
    });
    Written { disk, batches: ranges.collect(), bytes, lines }
}

impl Written {
    /// How many lines of `image` are sound, and what the rest is; everything before `from` is known to be sound.
    fn examine(&self, image: &[u8], from: usize) -> (u64, Tail) {
        let start = self.lines.iter().rposition(|(at, _)| *at <= from).unwrap();
        let (mut at, mut chain) = self.lines[start];
        for line in surefoot::record::lines(&image[at..]) {
            if chain.accept(line).is_err() {
                break;
            }
            at += line.len();
        }
        (chain.len, judge(&image[at..], "journal.000001.jsonl", at as u64, &chain))
    }

    /// How many records were acknowledged before this batch was written.
    fn acknowledged(&self, batch: &Range<usize>) -> u64 {
        self.lines.iter().find(|(at, _)| *at == batch.start).unwrap().1.len
    }

    /// The images that a crash while `batch` is written can leave: every length, and every choice of lost parts.
    fn images(&self, batch: &Range<usize>, each: &mut dyn FnMut(&[u8], usize)) {
        for end in batch.clone() {
            each(&self.bytes[..end], end);
        }
        let whole = &self.bytes[..batch.end];
        let pages: Vec<_> = (batch.start / 4096..=(batch.end - 1) / 4096).map(|page| page * 4096).collect();
        for lost in 1_u32..1 << pages.len() {
            let lost = pages.iter().enumerate().filter(|(index, _)| lost >> index & 1 == 1).map(|(_, at)| *at);
            let (image, first) = without(whole, batch, lost.map(|at| at..at + 4096));
            each(&image, first);
        }
        let sectors: Vec<_> = (batch.start / 512..=(batch.end - 1) / 512).map(|sector| sector * 512).collect();
        for (index, one) in sectors.iter().enumerate() {
            for two in &sectors[index..] {
                let (image, first) = without(whole, batch, [*one, *two].into_iter().map(|at| at..at + 512));
                each(&image, first);
            }
        }
    }
}

/// The image without what the batch wrote to some places, and where the first of them is.
fn without(whole: &[u8], batch: &Range<usize>, lost: impl Iterator<Item = Range<usize>>) -> (Vec<u8>, usize) {
    let mut image = whole.to_vec();
    let mut first = usize::MAX;
    for place in lost {
        let (start, end) = (place.start.max(batch.start), place.end.min(batch.end));
        image[start..end].fill(0);
        first = first.min(start);
    }
    (image, first)
}

#[test]
fn no_torn_state_loses_an_acknowledged_record_or_is_called_corrupt() {
    let written = prepare();
    let mut states = 0_u64;
    for batch in &written.batches {
        let acknowledged = written.acknowledged(batch);
        written.images(batch, &mut |image, first| {
            states += 1;
            let (sound, tail) = written.examine(image, first);
            assert!(sound >= acknowledged, "lost in {}..{}", batch.start, batch.end);
            assert!(!matches!(tail, Tail::Corrupt(_)), "{tail:?} for {}..{} at {first}", batch.start, batch.end);
        });
    }
    assert!(states >= 50_000, "{states} states");
}

#[test]
fn a_torn_journal_is_mended_and_goes_on() {
    let written = prepare();
    let (mut count, mut mended) = (0_usize, 0_usize);
    for batch in &written.batches {
        let acknowledged = written.acknowledged(batch);
        let mut images = Vec::new();
        written.images(batch, &mut |image, _| {
            count += 1;
            if count % 97 == 0 {
                images.push(image.to_vec());
            }
        });
        // The head was last moved by the birth or by the intent, never past an acknowledged record.
        let head = if acknowledged > 2 { written.disk.bytes(&dir().head()) } else { birth_head() };
        for image in images {
            let disk = self::written(&[]);
            disk.put(&dir().segment(1), &image);
            disk.put(&dir().head(), &head);
            let opened = open(&disk).unwrap();
            let own = opened.recovered.len() as u64;
            assert!(opened.events.len() as u64 >= acknowledged + own);
            let mut journal = opened.journal;
            journal.commit(&[session(), noted("next", 600)]).unwrap();
            drop(journal);
            let again = open(&disk).unwrap();
            assert!(again.recovered.is_empty(), "{:?}", again.recovered);
            if own == 1 {
                mended += 1;
                let torn: Vec<_> =
                    disk.files().into_iter().filter(|(path, _)| path.starts_with(dir().torn())).collect();
                let sound = again.journal_len_before_recovery();
                assert_eq!(torn.len(), 1);
                assert_eq!(torn[0].1, image[sound..], "what is removed is kept");
            }
        }
    }
    assert!(mended > 300, "{mended} of {count}");
}

fn birth_head() -> Vec<u8> {
    written(&[]).bytes(&dir().head())
}

/// Where the tail was that recovery removed.
trait Offset {
    fn journal_len_before_recovery(&self) -> usize;
}

impl Offset for surefoot::journal::Opened {
    fn journal_len_before_recovery(&self) -> usize {
        let offset = self.events.iter().find_map(|(_, event)| match event.body {
            surefoot::engine::event::Body::JournalRecovered { offset, .. } => Some(offset),
            _ => None,
        });
        usize::try_from(offset.unwrap()).unwrap()
    }
}
