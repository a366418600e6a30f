//! Commands that come while another process brings the run to its end.

use super::case::{ASKING, Case, Ran, SMALL};
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

/// How many times a race is run at most until a command was in the middle of it.
const ROUNDS: usize = 20;
/// How many commands are begun in each, one soon after another.
const RACERS: u32 = 8;
/// How far apart they are.
const APART: Duration = Duration::from_millis(40);

/// The files of a run that change when it ends, in the order in which they do.
struct Files([(PathBuf, Vec<u8>); 4]);

impl Files {
    fn of(case: &Case, run: &str) -> Self {
        let read = |name: &str| {
            let path = case.path(&name.replace("RUN", run));
            (path.clone(), std::fs::read(path).unwrap())
        };
        Self(
            [
                ".surefoot/runs/RUN/journal.000001.jsonl",
                ".surefoot/runs/RUN/journal.head",
                ".surefoot/runs/RUN/LOCK",
                "audit/RUN/journal.000001.jsonl",
            ]
            .map(read),
        )
    }

    fn put(&self) {
        for (path, bytes) in &self.0 {
            std::fs::write(path, bytes).unwrap();
        }
    }
}

/// What these commands say that find the run open when they look at it, and closed when they have it: the first one that
/// does. Another process holds it in between.
fn meanwhile(args: &[&str]) -> Ran {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    let open = Files::of(&case, &run);
    case.then(["answer", &run, "ready", "done"]).exit(0);
    case.then(["resume", &run]).exit(0);
    let closed = Files::of(&case, &run);
    let case = case.args([]);
    let args: Vec<String> = args.iter().map(|arg| arg.replace("RUN", &run)).collect();
    for _ in 0..ROUNDS {
        open.put();
        let lock = File::open(case.path(&format!(".surefoot/runs/{run}/LOCK"))).unwrap();
        lock.lock().unwrap();
        let racers: Vec<_> = (0..RACERS)
            .map(|_| {
                std::thread::sleep(APART);
                let mut command = case.command();
                command.args(&args).spawn().unwrap()
            })
            .collect();
        closed.put();
        drop(lock);
        let ran: Vec<Ran> = racers.into_iter().map(|racer| Ran::of(racer.wait_with_output().unwrap())).collect();
        for one in &ran {
            assert!(one.code != 70, "{}{}", one.out, one.err);
        }
        let is_hit = |one: &Ran| one.err.contains("ended meanwhile") || one.code == 0;
        if let Some(hit) = ran.into_iter().find(is_hit) {
            return hit;
        }
    }
    panic!("no command was in the middle of the end")
}

#[test]
fn a_resume_that_finds_the_run_ended_tells_its_end() {
    meanwhile(&["resume", "RUN"]).exit(0).stdout("done");
}

#[test]
fn what_is_to_be_changed_is_not_where_the_run_has_ended() {
    let ran = meanwhile(&["resume", "RUN", "--set", "after.that=false"]).exit(2);
    ran.stderr("ended meanwhile: done").stderr("nothing was changed");
}

#[test]
fn what_is_to_be_recorded_is_not_where_the_run_has_ended() {
    let commands: [&[&str]; 4] = [
        &["pause", "RUN"],
        &["cancel", "RUN"],
        &["answer", "RUN", "ready", "done"],
        &["resolve", "RUN", "ready", "applied", "--because", "looked in the console"],
    ];
    for args in commands {
        meanwhile(args).exit(2).stderr("ended meanwhile: done").stderr("nothing was recorded");
    }
}

#[test]
fn runs_that_begin_together_share_the_key_that_one_of_them_makes() {
    for _ in 0..5 {
        let case = Case::new().file("a.yaml", SMALL).args(["run", "a.yaml", "--twin"]);
        let racers: Vec<_> = (0..RACERS).map(|_| case.command().spawn().unwrap()).collect();
        for racer in racers {
            let ended = racer.wait_with_output().unwrap();
            assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        }
    }
}
