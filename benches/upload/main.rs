//! The upload of a large file, digests of parts and whole, to a server on loopback that reads and discards.
//!
//! `cargo bench --bench upload`; `SUREFOOT_BENCH_MIB` sets the size of the file (2048), `SUREFOOT_BENCH_ROUNDS` how
//! often it is uploaded (3), `SUREFOOT_BENCH_DIR` where the file is made (the temporary directory). Everything is what
//! a run uses: the actions of `s3.put`, the AWS SDK, the real disk, worker threads.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time on a real disk")]
#![expect(clippy::print_stdout, reason = "the figures are its result")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on stops")]

mod server;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use surefoot::action::vault::Vault;
use surefoot::action::{Context, RunFacts, perform};
use surefoot::adapter::age::AgeSealer;
use surefoot::adapter::clock::SystemClock;
use surefoot::adapter::disk::RealDisk;
use surefoot::adapter::http::{Options, ReqwestHttp};
use surefoot::adapter::objects::{Explicit, S3};
use surefoot::adapter::progress::Silent;
use surefoot::adapter::worker::Threads;
use surefoot::base::{Actor, Digest, Hasher, Map, Secret, Timestamp, Value};
use surefoot::engine::call::{Call, Reply};
use surefoot::engine::command::{Act, Command, CommandId};
use surefoot::engine::event::Intent;
use surefoot::engine::question::{Answer, Question};
use surefoot::port::{Async, Committed, Operator, OperatorError, Ports};
use surefoot::runbook::kind;

const MIB: u64 = 1 << 20;

fn main() {
    let number = |name, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (mib, rounds) = (number("SUREFOOT_BENCH_MIB", 2048), number("SUREFOOT_BENCH_ROUNDS", 3));
    let home = std::env::var_os("SUREFOOT_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into);
    let dir = tempfile::Builder::new().prefix("surefoot-upload-").tempdir_in(home).unwrap();
    let started = Instant::now();
    let digest = make(&dir.path().join("a.backup"), mib);
    println!("file of {mib} MiB made in {:.1} s", started.elapsed().as_secs_f64());
    bare(mib);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for round in 1..=rounds {
        let (secs, cpu) = runtime.block_on(upload(dir.path(), digest));
        let rate = per_second(mib, secs);
        println!(
            "round {round}: {secs:.2} s, {rate:.2} GB/s, {cpu:.2} s of CPU (server included), peak memory {} MiB",
            peak_mib()
        );
    }
}

/// Makes the file, so that it stands in the page cache as a file that was just received does.
fn make(path: &Path, mib: u64) -> Digest {
    use std::io::Write as _;
    let mut file = std::fs::File::create(path).unwrap();
    let mut block: Vec<u8> =
        (0..MIB).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40).to_le_bytes()[0]).collect();
    let mut hasher = Hasher::new();
    for number in 0..mib {
        block.splice(..8, number.to_le_bytes());
        file.write_all(&block).unwrap();
        hasher.update(&block);
    }
    file.sync_all().unwrap();
    hasher.finish()
}

/// What this machine gives right now: one core hashing.
fn bare(mib: u64) {
    let block = vec![7; 16 << 20];
    let started = Instant::now();
    let rounds = (mib / 16).max(1);
    for _ in 0..rounds {
        std::hint::black_box(Digest::of(&block));
    }
    println!("bare SHA-256 on one core: {:.2} GB/s", per_second(rounds * 16, started.elapsed().as_secs_f64()));
}

#[expect(clippy::cast_precision_loss, reason = "a rate with two decimals")]
fn per_second(mib: u64, secs: f64) -> f64 {
    (mib * MIB) as f64 / 1e9 / secs
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

async fn upload(home: &Path, digest: Digest) -> (f64, f64) {
    let endpoint = server::start();
    let context = context(home, &endpoint);
    let with: Map = [
        ("path", Value::from("a.backup")),
        ("sha256", digest.to_string().into()),
        ("bucket", "bench".into()),
        ("prefix", "x".into()),
        ("extension", "backup".into()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
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
            sealer: Arc::new(AgeSealer::new("", None).unwrap()),
            progress: Arc::new(Silent),
            worker: Arc::new(Threads),
        },
        aura: None,
        vault: Vault::new(),
        run: RunFacts {
            id: "bench".to_owned(),
            dir: home.to_path_buf(),
            cwd: home.to_path_buf(),
            plan_digest: String::new(),
            actor: Actor::Engine,
        },
    }
}

/// Prepares and sends an effect; its output.
async fn effect(context: &Context, with: &Map, call: Call, input: Value) -> Value {
    let command = |act| Command {
        id: CommandId { step: 0, call, attempt: 1, serial: 0 },
        not_before: Timestamp::default(),
        step: "upload".to_owned(),
        kind: kind::find("s3.put").expect("s3.put is a kind"),
        act,
        with: Arc::new(with.clone()),
        input: input.clone(),
        sealed: Arc::new(BTreeMap::new()),
    };
    let Reply::Prepared { target, request, request_digest, guard } =
        perform(context, &command(Act::Prepare(call)), None).await
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
    };
    match perform(context, &command(Act::Send(Box::new(intent))), Some(Committed::after_sync())).await {
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
