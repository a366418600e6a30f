//! Checking runbooks and rendering templates: `cargo bench --bench check`.
//!
//! Prints one line a figure; nothing here fails on a slow machine. No file is written and no network is used.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that cannot go on stops")]
#![expect(clippy::print_stdout, reason = "the figures are the output")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the real clock and the file it measures")]

#[path = "../tests/it/language/generate.rs"]
mod generate;

use serde_json::json;
use std::time::{Duration, Instant};
use surefoot::runbook::plan::Plan;
use surefoot::runbook::{Code, Inputs, Renderer, compile};

/// Each figure is taken this often; the best of each counts.
const ROUNDS: usize = 7;

fn main() {
    let main_job = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/migrate-to-vdc.yaml")).unwrap();
    check("runbooks/migrate-to-vdc.yaml", &main_job);
    for steps in [1_000, 10_000, 100_000] {
        check(&format!("generated runbook of {steps} steps"), generate::runbook(steps).as_bytes());
    }
    check("chain of 10000 steps", generate::chain(10_000).as_bytes());
    refuse("8 MB that hold more than four million values", &format!("a: [{}]", "1,".repeat(4_000_001)));
    refuse("4 MB of brackets", &"[".repeat(4 << 20));
    refuse("100001 steps", &format!("runbook: a\nversion: 1.0.0\nsteps:\n{}", "- 1\n".repeat(100_001)));
    render();
}

fn check(what: &str, text: &[u8]) {
    let best = best(|| drop(plan(text)));
    println!("check of {what}, {} bytes: {:.1} ms", text.len(), best.as_secs_f64() * 1e3);
}

/// A file over a limit: how soon it is refused.
fn refuse(what: &str, text: &str) {
    let best = best(|| {
        let found = compile(surefoot::kinds::catalog(), "bench.yaml", text.as_bytes(), Inputs::Unknown).unwrap_err();
        assert!(found.iter().all(|found| found.code == Code::TooLarge), "{found}");
    });
    println!("refusal of {what}: {:.1} ms", best.as_secs_f64() * 1e3);
}

/// The inputs of one step: two direct references, one text and one map, as the engine asks for them.
fn render() {
    const TIMES: u32 = 10_000;
    let plan = plan(generate::runbook(4).as_bytes());
    let scope = json!({
        "inputs": {"bucket": "backups"},
        "run": {"id": "r1"},
        "steps": {"s0": {"id": "0a1b2c3d", "name": "prod", "region": "europe-west1", "status": "running"}},
    });
    let renderer = Renderer::new();
    for step in [1, 2] {
        let step = &plan.steps[step];
        let best = best(|| {
            for _ in 0..TIMES {
                renderer.inputs(step.kind, &step.with, &(&scope).into()).unwrap();
            }
        });
        println!("inputs of a step `{}`: {:.0}/s", step.kind.name, f64::from(TIMES) / best.as_secs_f64());
    }
}

fn plan(text: &[u8]) -> Plan {
    compile(surefoot::kinds::catalog(), "bench.yaml", text, Inputs::Unknown).unwrap()
}

fn best(mut work: impl FnMut()) -> Duration {
    let rounds = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    rounds.min().unwrap()
}
