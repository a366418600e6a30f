//! The journal beside a bare loop that writes the same bytes: `cargo bench --bench journal`.
//!
//! Prints one line a figure; nothing here fails on a slow machine. `SUREFOOT_BENCH_DIR` names the directory to
//! write to, by default the temporary one; the figures mean something only on a disk that really syncs.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "the figures are the output")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the real clock and the environment")]
#![expect(clippy::cast_precision_loss, reason = "figures are rounded anyway")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use surefoot::adapter::clock::SystemClock;
use surefoot::adapter::disk::RealDisk;
use surefoot::base::{Actor, Digest, Map, Timestamp, Value};
use surefoot::engine::event::{Body, Event, RunOpened};
use surefoot::journal::{Birth, Holder, Journal, RunDir};
use surefoot::port::{Clock, Disk, DiskFile, Log as _, Open};

const SINGLES: usize = 2_000;
const BATCHES: usize = 600;
const BATCH: usize = 64;
const RECOVERED: usize = 100_000;

/// How often each pair of loops is run; the best round of each counts, in turn so that both see the same disk.
const ROUNDS: usize = 5;

fn main() {
    let root = std::env::var_os("SUREFOOT_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into);
    let temp = tempfile::tempdir_in(root).unwrap();
    compare(temp.path(), "single", SINGLES, 1);
    compare(temp.path(), "batch-of-64", BATCHES, BATCH);
    recover(temp.path());
}

/// Commits `count` batches of `size` records, and writes the same bytes in the same pieces without a journal.
fn compare(root: &Path, name: &str, count: usize, size: usize) {
    let batch: Vec<_> = (0..size).map(record).collect();
    let (mut ours, mut bare) = (Duration::MAX, Duration::MAX);
    for round in 0..ROUNDS {
        let run = format!("{name}-{round}");
        let mut journal = create(root, &run);
        let birth = usize::try_from(len(&journal)).unwrap();
        let start = Instant::now();
        for _ in 0..count {
            journal.commit(&batch).unwrap();
        }
        ours = ours.min(start.elapsed());
        let bytes = RealDisk.read(&journal.dir().segment(1), u64::MAX).unwrap();
        let pieces = pieces(&bytes, birth, size);
        bare = bare.min(write_bare(&root.join(format!("bare-{name}-{round}")), &pieces));
    }
    let (ours_rate, bare_rate) = (rate(count * size, ours), rate(count * size, bare));
    let ratio = bare.as_secs_f64() / ours.as_secs_f64();
    println!("{name}: {ours_rate:.0} records/s, bare loop {bare_rate:.0} records/s, ratio {ratio:.3}");
}

fn len(journal: &Journal) -> u64 {
    RealDisk.stat(&journal.dir().segment(1)).unwrap().len
}

/// The bytes after the birth, in the pieces in which they were committed.
fn pieces(bytes: &[u8], from: usize, size: usize) -> Vec<Vec<u8>> {
    let lines: Vec<_> = surefoot::record::lines(&bytes[from..]).collect();
    lines.chunks(size).map(<[_]>::concat).collect()
}

/// Appends and syncs, with the space reserved as the journal does it.
fn write_bare(path: &Path, pieces: &[Vec<u8>]) -> Duration {
    let mut file = RealDisk.open(path, Open::CreateAppend).unwrap();
    let mut len = 0;
    let mut reserved = 0;
    let start = Instant::now();
    for piece in pieces {
        if reserved < len + 512 * 1024 {
            reserved = len + 1024 * 1024;
            file.reserve(reserved).unwrap();
        }
        write_all(file.as_mut(), piece);
        file.sync_data().unwrap();
        len += piece.len() as u64;
    }
    start.elapsed()
}

fn write_all(file: &mut dyn DiskFile, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let written = file.write(bytes).unwrap();
        bytes = &bytes[written..];
    }
}

fn recover(root: &Path) {
    let mut journal = create(root, "long");
    let mut index = 0;
    while index < RECOVERED {
        let batch: Vec<_> = (index..index + 400).map(record).collect();
        journal.commit(&batch).unwrap();
        index += batch.len();
    }
    let size = len(&journal);
    drop(journal);
    let dir = RunDir::new(root, "long");
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let opened = Journal::open(&disk(), &clock(), &dir, &holder()).unwrap();
        best = best.min(start.elapsed());
        assert_eq!(opened.events.len(), RECOVERED + 1);
    }
    let megabytes = size as f64 / 1e6;
    println!("recovery: {RECOVERED} records, {megabytes:.1} MB in {:.3} s", best.as_secs_f64());
    let bytes = RealDisk.read(&dir.segment(1), u64::MAX).unwrap();
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let verdict = surefoot::audit::verify(&[("journal.000001.jsonl", &bytes)], None);
        best = best.min(start.elapsed());
        assert!(verdict.finding.is_none());
    }
    println!("verify: {:.0} MB/s on one core", megabytes / best.as_secs_f64());
}

fn rate(count: usize, span: Duration) -> f64 {
    count as f64 / span.as_secs_f64()
}

fn disk() -> Arc<dyn Disk> {
    Arc::new(RealDisk)
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::new())
}

fn holder() -> Holder {
    let (user, host) = ("bench".to_owned(), "host1".to_owned());
    Holder { pid: 1, boot_id: String::new(), since: Timestamp::default(), user, host, argv: Vec::new() }
}

fn create(root: &Path, run: &str) -> Journal {
    let body = Body::RunOpened(RunOpened {
        run: run.to_owned(),
        nonce: "00112233445566778899aabbccddeeff".to_owned(),
        runbooks: Vec::new(),
        plan_digest: Digest::ZERO,
        inputs: Map::new(),
        policy: Value::Null,
        state_dir: String::new(),
        audit_dir: String::new(),
        twin: None,
        engine: env!("CARGO_PKG_VERSION").to_owned(),
        boot_clock: None,
    });
    let genesis = Event { at: Timestamp::default(), mono_ms: 0, actor: Actor::Engine, body };
    let holder = holder();
    let birth = Birth { state_dir: root, run, files: &[], holder: &holder, genesis: &genesis };
    Journal::create(&disk(), &clock(), &birth).unwrap()
}

/// A record of about 600 bytes, with a value of several fields in it.
fn record(index: usize) -> Event {
    let output = serde_json::json!({
        "id": format!("{index:08x}"), "name": "prod", "region": "europe-west1", "memory": "16GB", "status": "running",
        "nodes": 1_000 + index, "labels": ["Person", "Movie", "Genre"], "note": "x".repeat(120),
    });
    let Value::Object(output) = output else { unreachable!("it was written as an object") };
    let at = Timestamp::from_micros(1_767_323_045_000_000 + i64::try_from(index).unwrap());
    let body = Body::StepSucceeded { step: format!("step-{index}"), output, evidence: Vec::new() };
    Event { at, mono_ms: 0, actor: Actor::Engine, body }
}
