//! A large backup file, read to its end; and its upload, digests of parts and whole, to a server on loopback that
//! reads and discards.
//!
//! `cargo bench --bench upload`; `SUREFOOT_BENCH_MIB` sets the size of the file (2048), `SUREFOOT_BENCH_ROUNDS` how
//! often it is uploaded (3), `SUREFOOT_BENCH_DIR` where the file is made (the temporary directory). Everything is what
//! a run uses: the actions of `backup.receive` and `s3.put`, the AWS SDK, the real disk, worker threads.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time on a real disk")]
#![expect(clippy::print_stdout, reason = "the figures are its result")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on stops")]

mod server;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use surefoot::adapter::age::AgeSealer;
use surefoot::adapter::clock::SystemClock;
use surefoot::adapter::commands::NoCommands;
use surefoot::adapter::disk::RealDisk;
use surefoot::adapter::entropy::Os;
use surefoot::adapter::http::{Options, ReqwestHttp};
use surefoot::adapter::objects::{Explicit, S3};
use surefoot::adapter::progress::Silent;
use surefoot::adapter::worker::Threads;
use surefoot::base::{Actor, Digest, Map, Secret, Timestamp, Value};
use surefoot::engine::call::{Call, Reply};
use surefoot::engine::command::{Act, Command, CommandId};
use surefoot::engine::event::Intent;
use surefoot::engine::question::{Answer, Question};
use surefoot::kinds::vault::Vault;
use surefoot::kinds::{Context, Multipart, RunFacts};
use surefoot::port::Perform as _;
use surefoot::port::{Async, Committed, Operator, OperatorError, Ports};
use surefoot::twin::archive::{self, Contents, Format, Spec};

const MIB: u64 = 1 << 20;
const TAKEN: &str = "2026-01-20T22:00:00Z";

fn main() {
    let number = |name, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (mib, rounds) = (number("SUREFOOT_BENCH_MIB", 2048), number("SUREFOOT_BENCH_ROUNDS", 3));
    let home = std::env::var_os("SUREFOOT_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into);
    let dir = tempfile::Builder::new().prefix("surefoot-upload-").tempdir_in(home).unwrap();
    let started = Instant::now();
    let length = make(&dir.path().join("a.backup"), mib * MIB);
    println!("file of {length} bytes made in {:.1} s", started.elapsed().as_secs_f64());
    bare();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for round in 1..=rounds {
        let (started, used) = (Instant::now(), cpu_secs());
        let digest = runtime.block_on(receive(dir.path()));
        report(round, "receive", length, started.elapsed().as_secs_f64(), cpu_secs() - used);
        let (secs, cpu) = runtime.block_on(upload(dir.path(), digest));
        report(round, "upload", length, secs, cpu);
    }
}

fn report(round: u64, what: &str, length: u64, secs: f64, cpu: f64) {
    let (rate, peak) = (per_second(length, secs), peak_mib());
    println!("round {round} {what:8} {secs:5.2} s  {rate:4.2} GB/s  {cpu:5.2} s of CPU  peak memory {peak} MiB");
}

/// Makes the file, so that it stands in the page cache as a file that was just received does.
fn make(path: &Path, size: u64) -> u64 {
    let file = std::fs::File::create(path).unwrap();
    let contents = Contents { instance_id: "2f49c2b3".to_owned(), graph: Value::Null };
    let taken_at = TAKEN.parse().unwrap();
    let format = Format::Backup;
    let database = "neo4j".to_owned();
    let store_created_at = taken_at;
    let spec = Spec { format, seed: 1, size, database, taken_at, full: true, store_created_at, cut: false, contents };
    let length = archive::write(&spec, &file).unwrap();
    file.sync_all().unwrap();
    length
}

/// What this machine gives right now: one core hashing.
fn bare() {
    let block = vec![7; 16 << 20];
    let used = cpu_secs();
    for _ in 0..64 {
        std::hint::black_box(Digest::of(&block));
    }
    println!("bare SHA-256: {:.2} GB in a second of CPU", per_second(64 * 16 * MIB, cpu_secs() - used));
}

#[expect(clippy::cast_precision_loss, reason = "a rate with two decimals")]
fn per_second(bytes: u64, secs: f64) -> f64 {
    bytes as f64 / 1e9 / secs
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
}

/// User and system time of this process so far, in seconds.
fn cpu_secs() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind = stat.rsplit_once(')').map(|(_, behind)| behind).unwrap_or_default();
    let ticks: u32 = behind.split_whitespace().skip(11).take(2).filter_map(|text| text.parse::<u32>().ok()).sum();
    f64::from(ticks) / 100.0
}

/// Reads the file to its end; its digest.
async fn receive(home: &Path) -> Digest {
    let context = context(home, "http://127.0.0.1:9");
    let with = map([
        ("instance_id", "2f49c2b3".into()),
        ("snapshot_time", TAKEN.into()),
        ("database", "neo4j".into()),
        ("tolerance", "10m".into()),
    ]);
    let mut command = command(&with, Act::Read(Call::Read), Call::Read, serde_json::json!({"path": "a.backup"}));
    command.kind = surefoot::kinds::find("backup.receive").expect("backup.receive is a kind");
    match context.perform(&command, None).await {
        Reply::Found(found) if found.get("ok") == Some(&Value::Bool(true)) => {
            found.get("sha256").and_then(Value::as_str).and_then(|text| text.parse().ok()).expect("a digest")
        }
        other => panic!("{other:?}"),
    }
}

async fn upload(home: &Path, digest: Digest) -> (f64, f64) {
    let endpoint = server::start();
    let context = context(home, &endpoint);
    let with = map([
        ("path", "a.backup".into()),
        ("sha256", digest.to_string().into()),
        ("bucket", "bench".into()),
        ("prefix", "x".into()),
        ("extension", "backup".into()),
    ]);
    let (started, used) = (Instant::now(), cpu_secs());
    let id = effect(&context, &with, Call::UploadStart, Value::Null).await;
    let input = serde_json::json!({"upload_id": id.get("upload_id").expect("an upload id")});
    effect(&context, &with, Call::UploadParts, input.clone()).await;
    effect(&context, &with, Call::UploadComplete, input).await;
    (started.elapsed().as_secs_f64(), cpu_secs() - used)
}

fn context(home: &Path, endpoint: &str) -> Context {
    let keys = Explicit {
        endpoint: endpoint.to_owned(),
        region: "eu-west-1".to_owned(),
        access_key: "bench".to_owned(),
        secret_key: Secret::new("bench".to_owned()),
    };
    Context {
        ports: Ports {
            clock: Arc::new(SystemClock::new()),
            http: Arc::new(ReqwestHttp::new(Options::default()).expect("an HTTP client")),
            objects: Arc::new(S3::explicit(keys)),
            operator: Arc::new(Nobody),
            disk: Arc::new(RealDisk),
            entropy: Arc::new(Os),
            sealer: Arc::new(AgeSealer::new("", None).unwrap()),
            progress: Arc::new(Silent),
            worker: Arc::new(Threads),
            commands: Arc::new(NoCommands("a benchmark runs none")),
        },
        aura: None,
        vault: Vault::new(),
        multipart: Multipart::default(),
        run: RunFacts {
            id: "bench".to_owned(),
            dir: home.to_path_buf(),
            cwd: home.to_path_buf(),
            plan_digest: String::new(),
            actor: Actor::Engine,
        },
        is_twin: true,
    }
}

fn map<const N: usize>(fields: [(&str, Value); N]) -> Map {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn command(with: &Map, act: Act, call: Call, input: Value) -> Command {
    Command {
        announced: None,
        id: CommandId { step: 0, call, attempt: 1, serial: 0 },
        not_before: Timestamp::default(),
        step: "upload".to_owned(),
        kind: surefoot::kinds::find("s3.put").expect("s3.put is a kind"),
        act,
        with: Arc::new(with.clone()),
        input,
        sealed: Arc::new(BTreeMap::new()),
    }
}

/// Prepares and sends an effect; its output.
async fn effect(context: &Context, with: &Map, call: Call, input: Value) -> Value {
    let command = |act| command(with, act, call, input.clone());
    let Reply::Prepared { target, request, request_digest, guard, .. } =
        context.perform(&command(Act::Prepare(call)), None).await
    else {
        panic!("{call:?} could not be prepared")
    };
    let intent = Intent {
        step: "upload".to_owned(),
        call,
        attempt: 1,
        target,
        request,
        request_digest,
        guard,
        evidence: Vec::new(),
        input: input.clone(),
        deadline: None,
        sealed: None,
    };
    let send = Command { announced: Some(0), ..command(Act::Send(Box::new(intent))) };
    match context.perform(&send, Some(&Committed::after_sync(1))).await {
        Reply::Settled { outcome, output, .. } if outcome.took() => output,
        other => panic!("{call:?}: {other:?}"),
    }
}

/// There is nobody to ask.
struct Nobody;

impl Operator for Nobody {
    fn ask<'a>(&'a self, _step: &'a str, _question: &'a Question) -> Async<'a, Result<Answer, OperatorError>> {
        Box::pin(std::future::ready(Err(OperatorError::Absent("a benchmark".to_owned()))))
    }
}
