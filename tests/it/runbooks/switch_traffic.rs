//! `switch-traffic.yaml` against a small real balancer on loopback.

use crate::support::binary::{Folder, TOKEN};
use crate::support::service::{Deed, Service};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const BOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/switch-traffic.yaml");
const SERVICE: &str = "/services/orders";
const DRAIN: &str = "POST /services/orders/old/drain";
const ENABLE: &str = "POST /services/orders/new/enable";
/// How many kills there are at least, over all rounds.
const KILLS: usize = 50;
/// How many processes of a round are killed at most.
const KILLS_OF_ONE: usize = 8;

fn pools(old: &str, new: &str) -> Value {
    json!({"old": old, "new": new, "sessions": 12})
}

fn balancer() -> Service {
    let health = json!({"served_by": "new"});
    Service::start()
        .document(SERVICE, pools("active", "standby"))
        .document("/services/orders/health", health)
        .change(DRAIN, SERVICE, pools("drained", "standby"))
        .change(ENABLE, SERVICE, pools("drained", "enabled"))
}

/// A folder with the runbook, its settling times cut to a second.
fn folder() -> Folder {
    let text = std::fs::read_to_string(BOOK).unwrap();
    assert_eq!(text.matches("settle: 2m").count(), 2);
    Folder::new().file("book.yaml", &text.replace("settle: 2m", "settle: 1s")).env("BALANCER_TOKEN", TOKEN)
}

fn begin(service: &Service) -> [String; 6] {
    let inputs = [
        format!("balancer={}", service.url()),
        format!("health={}/services/orders/health", service.url()),
        "change_id=CHG-1".to_owned(),
    ];
    let [balancer, health, change] = inputs.map(|input| format!("-i={input}"));
    ["run".to_owned(), "book.yaml".to_owned(), balancer, health, change, "--audit-dir=audit".to_owned()]
}

/// Starts the run, or resumes it, and answers what is asked.
fn go(folder: &Folder, service: &Service) -> crate::support::terminal::Typing {
    let begin = begin(service);
    let args: Vec<&str> =
        if folder.run_id().is_some() { vec!["resume"] } else { begin.iter().map(String::as_str).collect() };
    folder.type_into(&args, "lb:orders")
}

#[track_caller]
fn assert_switched(service: &Service) {
    assert_eq!((service.applied(DRAIN), service.applied(ENABLE)), (1, 1), "{:?}", service.seen());
}

#[test]
fn it_switches_once_although_answers_are_lost() {
    let service = balancer()
        .slow_change(DRAIN, SERVICE, pools("draining", "standby"), 1, pools("drained", "standby"))
        .planned(DRAIN, Deed::LoseAnswer)
        .planned(ENABLE, Deed::LoseRequest)
        .planned(ENABLE, Deed::LoseAnswer);
    let folder = folder();
    let (code, shown) = go(&folder, &service).end();
    assert_eq!(code, Some(0), "{shown}");
    assert_switched(&service);
    assert_eq!((service.came(DRAIN), service.came(ENABLE)), (1, 2));
    let closing = folder.records("step.succeeded").into_iter().find(|one| one["step"] == "closing").unwrap();
    let fields = &closing["output"]["fields"];
    assert_eq!(
        (&fields["drain_settled_by"], &fields["enable_settled_by"]),
        (&json!("probe"), &json!("probe")),
        "{closing}"
    );
    let run = folder.run_id().unwrap();
    folder.call(&["audit", "verify", &run]).exit(0).says("hash chain intact");
    folder.assert_secret_kept(&[&shown]);
}

#[test]
fn a_pool_that_is_not_as_expected_is_left_alone() {
    let service = balancer().document(SERVICE, pools("active", "enabled"));
    let folder = folder();
    let (code, shown) = go(&folder, &service).end();
    assert_ne!(code, Some(0), "{shown}");
    assert_eq!((service.came(DRAIN), service.came(ENABLE)), (0, 0));
}

/// Numbers that look random and follow from a seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// Kills and resumes until the run is done; how many processes were killed.
fn one_round(seed: u64, usual: u64) -> usize {
    let (service, folder, mut dice) = (balancer(), folder(), Dice(seed));
    for request in [DRAIN, ENABLE] {
        match dice.below(4) {
            0 => service.plan(request, Deed::LoseAnswer),
            1 => service.plan(request, Deed::LoseRequest),
            _ => {}
        }
    }
    let (mut kills, mut from) = (0, 0);
    for _ in 0..KILLS_OF_ONE * 3 {
        let mut process = go(&folder, &service);
        if kills < KILLS_OF_ONE {
            // How far a run has come is told by its journal, so that kills fall alike on any machine.
            from += dice.below(usual.saturating_sub(from).max(8));
            let more = Duration::from_millis(dice.below(25));
            if kill_after(&mut process, &folder, from, more) {
                kills += 1;
                drop(process.end());
                continue;
            }
        }
        let (code, shown) = process.end();
        if code == Some(9) {
            // Three requests were never answered: the operator looks, and says truthfully what has become of them.
            resolve(&folder, &service);
            continue;
        }
        let is_done = || folder.records("run.closed").iter().any(|one| one["verdict"] == "done");
        assert!(code == Some(0) || folder.run_id().is_some() && is_done(), "seed {seed}: {code:?}\n{shown}");
        assert_switched(&service);
        let run = folder.run_id().unwrap();
        folder.call(&["audit", "verify", &run]).exit(0);
        return kills;
    }
    panic!("seed {seed}: not done");
}

fn resolve(folder: &Folder, service: &Service) {
    let status = folder.call(&["status", "--output", "json"]).exit(0).json();
    let step = status["in_doubt"][0]["step"].as_str().unwrap().to_owned();
    let request = if step == "drain" { DRAIN } else { ENABLE };
    let word = if service.applied(request) > 0 { "applied" } else { "not-applied" };
    let run = folder.run_id().unwrap();
    folder.call(&["resolve", &run, &step, word, "--because", "looked at the balancer"]).exit(0);
}

/// Kills the process so long after so much is in the journal; whether it still lived.
fn kill_after(process: &mut crate::support::terminal::Typing, folder: &Folder, bytes: u64, more: Duration) -> bool {
    let begun = Instant::now();
    let mut reached = None;
    loop {
        if process.child().try_wait().unwrap().is_some() {
            return false;
        }
        let waited = begun.elapsed();
        assert!(waited < Duration::from_secs(60), "still running");
        reached = reached.or_else(|| (written(folder) >= bytes).then_some(waited));
        if reached.is_some_and(|at| waited >= at + more) {
            process.child().kill().unwrap();
            return true;
        }
        // Real time: this is when a real process is killed.
        std::thread::sleep(Duration::from_micros(500));
    }
}

fn written(folder: &Folder) -> u64 {
    let journal = |run| folder.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"));
    folder.run_id().map(journal).and_then(|path| path.metadata().ok()).map_or(0, |file| file.len())
}

#[test]
fn killed_at_fifty_moments_and_resumed_everything_takes_place_once() {
    let (service, calm) = (balancer(), folder());
    let (code, shown) = go(&calm, &service).end();
    assert_eq!(code, Some(0), "{shown}");
    let usual = written(&calm);
    let (kills, next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while kills.load(Ordering::SeqCst) < KILLS && failed.lock().unwrap().is_empty() {
                    let seed = next.fetch_add(1, Ordering::SeqCst) as u64;
                    match std::panic::catch_unwind(|| one_round(seed, usual)) {
                        Ok(count) => drop(kills.fetch_add(count, Ordering::SeqCst)),
                        Err(_) => failed.lock().unwrap().push(seed),
                    }
                }
            });
        }
    });
    assert_eq!(*failed.lock().unwrap(), [0_u64; 0], "seeds that failed");
}
