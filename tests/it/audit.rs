//! Trails: the golden ones, and what a verdict says about damaged ones. The Python checker has to agree.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "the golden trails are read where they stand")]

use crate::support::events::{closed, genesis, intent, noted, session, settled, still_clock};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use surefoot::audit::{Finding, HeadVerdict, Require, SegmentState, Verdict, layout, verify};
use surefoot::base::{Digest, Timestamp};
use surefoot::engine::call::Call;
use surefoot::journal::{Birth, Holder, Journal, RunDir};
use surefoot::port::{Disk, Log as _};
use surefoot::record::{TYPES, decode, lines};
use surefoot::simulate::disk::{Op, SimDisk};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A trail in memory: segments by name, and the head.
struct Trail {
    segments: Vec<(String, Vec<u8>)>,
    head: Option<Vec<u8>>,
}

impl Trail {
    fn verdict(&self) -> Verdict {
        let segments: Vec<_> = self.segments.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        verify(&segments, self.head.as_deref())
    }

    /// The exit code of the Python checker.
    fn python(&self) -> i32 {
        let temp = tempfile::tempdir().unwrap();
        for (name, bytes) in &self.segments {
            std::fs::write(temp.path().join(name), bytes).unwrap();
        }
        if let Some(head) = &self.head {
            std::fs::write(temp.path().join("journal.head"), head).unwrap();
        }
        python(temp.path())
    }

    /// The finding, on which both checkers have to agree that there is one.
    fn finding(&self) -> Finding {
        assert_eq!(self.python(), 8);
        let verdict = self.verdict();
        assert!(verdict.meets(Require::Consistent).is_err());
        verdict.finding.unwrap()
    }
}

fn python(folder: &Path) -> i32 {
    let script = Path::new(ROOT).join("audit/verify.py");
    let done = Command::new("python3").arg(script).arg(folder).output().unwrap();
    assert!(done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
    done.status.code().unwrap()
}

fn golden() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(Path::new(ROOT).join("audit/golden")).unwrap();
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

fn read(folder: &Path) -> Trail {
    let names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let segments = layout::segments(names.iter().map(String::as_str)).into_iter();
    let segments = segments.map(|name| (name.to_owned(), std::fs::read(folder.join(name)).unwrap())).collect();
    Trail { segments, head: std::fs::read(folder.join("journal.head")).ok() }
}

#[test]
fn every_golden_trail_verifies_and_can_be_read() {
    let golden = golden();
    assert!(!golden.is_empty());
    let mut types = BTreeSet::new();
    for folder in golden {
        let trail = read(&folder);
        let verdict = trail.verdict();
        assert_eq!(verdict.finding, None, "{}", folder.display());
        assert!(verdict.records > 0 && verdict.closed, "{}", folder.display());
        assert_eq!(python(&folder), 0, "{}", folder.display());
        for line in trail.segments.iter().flat_map(|(_, bytes)| lines(bytes)) {
            types.insert(decode(line).unwrap().event.body.name());
        }
    }
    assert_eq!(types, TYPES.into_iter().collect(), "every record type stands in a golden trail");
}

#[test]
fn any_byte_of_a_golden_trail_turned_over_is_found() {
    for folder in golden() {
        let mut trail = read(&folder);
        assert!(trail.verdict().finding.is_none());
        let lengths: Vec<_> = trail.segments.iter().map(|(_, bytes)| bytes.len()).collect();
        for (segment, len) in lengths.into_iter().enumerate() {
            let step = (len / 400).max(1);
            for at in (0..len).step_by(step).chain([len - 1]) {
                trail.segments[segment].1[at] ^= 0x20;
                assert!(trail.verdict().finding.is_some(), "{} byte {at}", folder.display());
                trail.segments[segment].1[at] ^= 0x20;
            }
        }
    }
}

fn dir() -> RunDir {
    RunDir::new(Path::new("/state"), "r1")
}

fn holder() -> Holder {
    let (user, host) = ("alice".to_owned(), "host1".to_owned());
    Holder { pid: 1, boot_id: "b".to_owned(), since: Timestamp::default(), user, host, argv: Vec::new() }
}

fn shared(disk: &SimDisk) -> Arc<dyn Disk> {
    Arc::new(disk.clone())
}

fn create(disk: &SimDisk) -> Journal {
    let (holder, genesis) = (holder(), genesis());
    let birth = Birth { state_dir: Path::new("/state"), run: "r1", files: &[], holder: &holder, genesis: &genesis };
    Journal::create(&shared(disk), &still_clock(), &birth).unwrap()
}

fn trail_of(disk: &SimDisk) -> Trail {
    let files = disk.files();
    let names = files.keys().filter_map(|path| path.strip_prefix(dir().path()).ok()?.to_str());
    let segments = layout::segments(names).into_iter();
    let segments = segments.map(|name| (name.to_owned(), files[&dir().path().join(name)].clone())).collect();
    Trail { segments, head: Some(disk.bytes(&dir().head())) }
}

/// A run that ended, in one segment with its head.
fn ended() -> Trail {
    let disk = SimDisk::new();
    let mut journal = create(&disk);
    journal.commit(&[noted("a", 600), noted("b", 600)]).unwrap();
    journal.commit(&[intent("delete", Call::Delete)]).unwrap();
    journal.commit(&[settled("delete", Call::Delete), noted("c", 600)]).unwrap();
    journal.commit(&[closed()]).unwrap();
    trail_of(&disk)
}

/// A run whose sync failed once, so that its first segment was replaced.
fn replaced() -> Trail {
    let disk = SimDisk::new();
    let mut journal = create(&disk);
    journal.commit(&[noted("a", 600)]).unwrap();
    disk.fail(Op::SyncData, 1, std::io::ErrorKind::Other);
    journal.commit(&[noted("b", 600)]).unwrap_err();
    drop(journal);
    disk.heal();
    let mut journal = Journal::open(&shared(&disk), &still_clock(), &dir(), &holder()).unwrap().journal;
    journal.commit(&[session(), noted("c", 600)]).unwrap();
    journal.commit(&[closed()]).unwrap();
    trail_of(&disk)
}

#[test]
fn a_sound_trail_is_consistent_and_neither_signed_nor_anchored() {
    let trail = ended();
    let verdict = trail.verdict();
    assert_eq!((verdict.records, verdict.head, verdict.run.as_deref()), (7, HeadVerdict::Agrees(6), Some("r1")));
    assert_eq!(trail.python(), 0);
    assert!(verdict.meets(Require::Consistent).is_ok());
    assert!(verdict.meets(Require::Signed).unwrap_err().contains("no trusted signature"));
    assert!(verdict.meets(Require::Anchored).unwrap_err().contains("nobody else"));
    insta::assert_snapshot!(verdict.lines().join("\n"));
    insta::assert_snapshot!(format!("{:#}", verdict.to_value()));
}

#[test]
fn a_torn_tail_is_told_from_a_corrupt_one_and_from_a_cut() {
    let mut trail = ended();
    trail.segments[0].1.extend_from_slice(b"{\"v\":1,");
    let Finding::Torn { len: 7, .. } = trail.finding() else { panic!("{:?}", trail.verdict()) };
    let whole = ended();
    let mut trail = ended();
    let all: Vec<_> = lines(&whole.segments[0].1).collect();
    trail.segments[0].1 = all[..5].concat();
    assert_eq!(trail.finding(), Finding::Cut { first: 5, durable: 6 });
    trail.segments[0].1 = [&all[..2], &all[3..]].concat().concat();
    let Finding::Corrupt(corruption) = trail.finding() else { panic!("{:?}", trail.verdict()) };
    assert_eq!((corruption.expected, corruption.next_valid), (2, Some(3)));
    assert_eq!(trail.verdict().segments[0].records, Some((0, 1)));
}

#[test]
fn a_journal_written_anew_is_found_by_the_head_only() {
    let text = String::from_utf8(ended().segments[0].1.clone()).unwrap().replace("8f769515", "00000000");
    let mut prev = Digest::ZERO.to_string();
    let mut anew = String::new();
    for line in text.lines() {
        let body = &line[..line.len() - 72];
        let body = format!("{}{prev}\"", &body[..body.len() - 65]);
        prev = Digest::of(format!("surefoot/v1\n{body}").as_bytes()).to_string();
        writeln!(anew, "{body},\"h\":\"{prev}\"}}").unwrap();
    }
    let mut trail = ended();
    trail.segments[0].1 = anew.into_bytes();
    let Finding::Rewritten { seq: 6, .. } = trail.finding() else { panic!("{:?}", trail.verdict()) };
    assert!(trail.verdict().lines().iter().any(|line| line.starts_with("FAILED: record 6 was known with the hash")));
    trail.head = None;
    let verdict = trail.verdict();
    assert_eq!((verdict.finding.clone(), verdict.head), (None, HeadVerdict::Absent));
    assert_eq!(verdict.unproven(), Some((0, 6)), "and so it is said that nothing vouches for it");
}

#[test]
fn a_replaced_segment_is_skipped_and_a_missing_one_is_named() {
    let mut trail = replaced();
    let verdict = trail.verdict();
    assert_eq!(verdict.finding, None);
    assert_eq!(trail.python(), 0);
    let states: Vec<_> = verdict.segments.iter().map(|segment| segment.state).collect();
    assert_eq!(states, [SegmentState::Replaced, SegmentState::Sound]);
    trail.segments[0].1[700] ^= 1;
    let verdict = trail.verdict();
    assert_eq!((verdict.segments[0].state, verdict.finding), (SegmentState::ReplacedAndDiffers, None));
    trail.segments.remove(0);
    assert_eq!(trail.finding(), Finding::MissingSegment { segment: "journal.000001.jsonl".to_owned() });
    trail.segments.clear();
    assert_eq!(trail.finding(), Finding::Empty);
}

#[test]
fn every_word_of_a_finding_is_shown_safely() {
    let name = "journal.\u{1b}[31m.jsonl";
    let verdict = verify(&[(name, b"x")], None);
    assert!(verdict.lines().iter().all(|line| !line.chars().any(char::is_control)), "{:?}", verdict.lines());
    let Some(Finding::MissingSegment { .. }) = verdict.finding else { panic!("{verdict:?}") };
}
