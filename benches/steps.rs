//! Durable steps a second, through `ops::run` and a real run directory: `cargo bench --bench steps`.
//!
//! Prints one line a figure; nothing here fails on a slow machine. `SUREFOOT_BENCH_DIR` names the directory to write
//! to, by default the temporary one; the figures mean something only on a disk that really syncs.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "the figures are the output")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the real clock and the environment")]
#![expect(clippy::cast_precision_loss, reason = "figures are rounded anyway")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use surefoot::adapter::operator::Nobody;
use surefoot::adapter::progress::Silent;
use surefoot::ops::{Extent, Frontend, GivenInputs, Paths, RunRequest, Timing, run};

const STEPS: usize = 1_000;
/// Each figure is taken this often; the best of each counts.
const ROUNDS: usize = 5;

fn main() {
    let root = std::env::var_os("SUREFOOT_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into);
    let folder = tempfile::tempdir_in(root).unwrap();
    let best = |measure: &dyn Fn(usize) -> f64| (0..ROUNDS).map(measure).fold(0.0_f64, f64::max);
    let bare = best(&|round| bare(&folder.path().join(format!("bare-{round}"))));
    let chain = best(&|round| drive(folder.path(), &format!("chain-{round}"), &chain()));
    let wide = best(&|round| drive(folder.path(), &format!("wide-{round}"), &wide()));
    println!("bare fdatasync: {bare:.0}/s");
    println!("chain of {STEPS} no-op steps: {chain:.0} steps/s, {:.2} of bare fdatasync", chain / bare);
    println!(
        "{STEPS} independent no-op steps, concurrency 64: {wide:.0} steps/s, {:.2} of bare fdatasync",
        wide / bare
    );
}

/// Appends of the size of a record, each followed by a sync, with the space reserved as the journal does it.
fn bare(path: &Path) -> f64 {
    let mut file = File::options().create(true).append(true).open(path).unwrap();
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::KEEP_SIZE, 0, 1 << 20).unwrap();
    let record = vec![b'x'; 420];
    let start = Instant::now();
    for _ in 0..STEPS {
        file.write_all(&record).unwrap();
        file.sync_data().unwrap();
    }
    STEPS as f64 / start.elapsed().as_secs_f64()
}

fn drive(folder: &Path, name: &str, runbook: &str) -> f64 {
    let path = folder.join(format!("{name}.yaml"));
    fs::write(&path, runbook).unwrap();
    let place = Paths { state_dir: folder.join(name), audit_dir: Some(folder.join(format!("{name}-audit"))) };
    let request = RunRequest {
        runbook: path.into(),
        inputs: GivenInputs::default(),
        paths: place,
        twin: None,
        ask: false,
        window: None,
        timing: Timing::default(),
        extent: Extent::default(),
    };
    let frontend = Frontend {
        operator: Arc::new(Nobody),
        progress: Arc::new(Silent),
        notice: Box::new(|_| {}),
        watch: Box::new(|_, _| {}),
        stop: Box::pin(std::future::pending()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let start = Instant::now();
    let ended = runtime.block_on(run(request, frontend)).unwrap();
    let elapsed = start.elapsed();
    assert_eq!(ended.exit, 0);
    STEPS as f64 / elapsed.as_secs_f64()
}

fn chain() -> String {
    let mut text = String::from("runbook: chain\nversion: \"1\"\nsteps:\n");
    for step in 0..STEPS {
        writeln!(text, "  - id: s{step}\n    uses: assert").unwrap();
        if let Some(before) = step.checked_sub(1) {
            writeln!(text, "    needs: [s{before}]").unwrap();
        }
        writeln!(text, "    with: {{that: true}}").unwrap();
    }
    text
}

fn wide() -> String {
    let mut text = String::from("runbook: wide\nversion: \"1\"\ndefaults: {concurrency: 64}\nsteps:\n");
    for step in 0..STEPS {
        writeln!(text, "  - id: s{step}\n    uses: assert\n    with: {{that: true}}").unwrap();
    }
    text
}
