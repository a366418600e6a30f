//! surefoot and the shim are killed: nobody sees the end of the command, and nobody runs it again by himself.

use super::book::{attempt, folder, is_alive, kill, lines, processes, run_dir, script, step, until};
use crate::support::binary::Folder;
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;
use surefoot::adapter::commands::SHIM;

/// A command that has an effect when it is told to go on.
const WORK: &str = "echo start >> ran; until test -e go; do sleep 0.05; done; echo end >> ran; touch made";

/// A look at that effect.
const PROBE: &str = r#"probe:
  uses: command
  with: {argv: [test, -e, made], expect: {exit_code: [0, 1]}}
  applied: "{{ probe.exit_code == 0 }}"
  settle: 1s"#;

/// Runs the command, and kills surefoot and the shim while it runs; the program, which is still alive.
fn killed_with_its_shim(folder: &Folder) -> i32 {
    let mut process = folder.spawn(&["run", "book.yaml"]);
    let dir = until("the directory of the command", || {
        Some(run_dir(folder)?.join("commands/work-1")).filter(|dir| dir.join("state.json").exists())
    });
    until("a start", || (lines(folder, "ran") == ["start"]).then_some(()));
    let (shim, program) = processes(&dir);
    process.kill().unwrap();
    process.wait().unwrap();
    kill(shim);
    until("the end of the shim", || (!is_alive(shim)).then_some(()));
    assert!(is_alive(program), "it is not ended by the death of those who watch it");
    program
}

fn go_on(folder: &Folder, program: i32) {
    std::fs::write(folder.path("go"), "").unwrap();
    until("the end of the program", || (!is_alive(program)).then_some(()));
}

/// A command whose end nobody has seen, held.
fn held() -> Folder {
    let folder = folder(&script(WORK, "", ""));
    let program = killed_with_its_shim(&folder);
    folder.call(&["status"]).exit(0).says("`work` is in doubt");
    go_on(&folder, program);
    folder.call(&["resume"]).exit(9).says("nobody has seen whether").says("surefoot resolve");
    folder
}

fn resolve(folder: &Folder, verdict: &str) {
    let run = folder.run_id().unwrap();
    folder.call(&["resolve", &run, "work", verdict, "--because", "the file is there"]).exit(0);
}

#[test]
fn without_a_probe_it_waits_for_a_person_and_is_not_run_again() {
    let folder = held();
    for _ in 0..2 {
        folder.call(&["resume"]).exit(9);
    }
    let step = step(&folder);
    assert_eq!((&step["state"], &step["hold_reason"]), (&"held".into(), &"doubt".into()), "{step:#}");
    assert_eq!(lines(&folder, "ran"), ["start", "end"]);
    assert!(!attempt(&folder, 2).exists());
}

#[test]
fn a_person_who_saw_that_it_took_place_ends_it() {
    let folder = held();
    resolve(&folder, "applied");
    folder.call(&["resume"]).exit(0);
    let step = step(&folder);
    assert_eq!((&step["output"]["settled_by"], &step["output"]["exit_code"]), (&"operator".into(), &Value::Null));
    assert_eq!(lines(&folder, "ran"), ["start", "end"]);
}

#[test]
fn a_person_who_saw_that_it_did_not_has_it_run_again() {
    let folder = held();
    resolve(&folder, "not-applied");
    folder.call(&["resume"]).exit(0);
    let step = step(&folder);
    assert_eq!((&step["output"]["settled_by"], &step["output"]["exit_code"]), (&"answer".into(), &0.into()));
    assert_eq!(lines(&folder, "ran"), ["start", "end", "start", "end"]);
    let run = folder.run_id().unwrap();
    folder.call(&["audit", "verify", &run]).exit(0).says("The trail is consistent");
}

#[test]
fn a_probe_settles_it() {
    let folder = folder(&script(WORK, "", PROBE));
    let program = killed_with_its_shim(&folder);
    // The program ends while somebody waits for it.
    let resumed = folder.spawn(&["resume"]);
    until("a look at what is left", || {
        folder.records("call.probed").iter().any(|look| look["found"]["state"] == "running").then_some(())
    });
    go_on(&folder, program);
    assert!(resumed.wait_with_output().unwrap().status.success());
    let step = step(&folder);
    assert_eq!((&step["output"]["settled_by"], &step["output"]["probe"]["exit_code"]), (&"probe".into(), &0.into()));
    assert_eq!(lines(&folder, "ran"), ["start", "end"]);
}

#[test]
fn a_probe_that_sees_nothing_has_it_run_again() {
    let folder = folder(&script(WORK, "", PROBE));
    let program = killed_with_its_shim(&folder);
    kill(program);
    until("the end of the program", || (!is_alive(program)).then_some(()));
    std::fs::write(folder.path("go"), "").unwrap();
    folder.call(&["resume"]).exit(0);
    let step = step(&folder);
    assert_eq!((&step["output"]["settled_by"], step["effects"].as_array().unwrap().len()), (&"answer".into(), 2));
    assert_eq!(lines(&folder, "ran"), ["start", "start", "end"]);
}

/// The shim that watches the commands of a folder, as soon as there is one; none where surefoot has ended before.
fn shim_in(folder: &Folder, is_over: impl Fn() -> bool) -> Option<i32> {
    let dir = folder.path("").to_str().unwrap().to_owned();
    let is_it = |pid: &i32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        line.contains(SHIM) && line.contains(&dir)
    };
    while !is_over() {
        let names = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        if let Some(pid) = names.filter_map(|name| name.parse().ok()).find(is_it) {
            return Some(pid);
        }
    }
    None
}

/// What a run came to whose surefoot and shim were killed so many microseconds after the shim was there.
fn killed_early(after: u64) -> &'static str {
    let folder = folder(&script("echo start >> ran; sleep 0.02; echo end >> ran", "", ""));
    let mut process = folder.spawn(&["run", "book.yaml"]);
    // On a busy machine it may be gone before it is seen.
    let shim = shim_in(&folder, || lines(&folder, "ran").len() == 2);
    std::thread::sleep(Duration::from_micros(after));
    if let Some(shim) = shim {
        kill(shim);
    }
    process.kill().unwrap();
    process.wait().unwrap();
    let run = folder.run_id().unwrap();
    let status = folder.call(&["status", &run, "--output", "json"]).exit(0).json();
    if shim.is_none() || status["phase"] == "done" {
        assert_eq!(lines(&folder, "ran").iter().filter(|line| *line == "start").count(), 1);
        return "missed";
    }
    let result = folder.call(&["resume"]);
    let executed = lines(&folder, "ran").iter().filter(|line| *line == "start").count();
    let mark = match result.code {
        0 => {
            assert_eq!(executed, 1);
            "done"
        }
        9 => {
            assert!(executed <= 1);
            folder.call(&["resume"]).exit(9);
            assert!(!attempt(&folder, 2).exists());
            "held"
        }
        _ => panic!("{}\n{}", result.out, result.err),
    };
    let now = lines(&folder, "ran").iter().filter(|line| *line == "start").count();
    assert_eq!(now, executed, "it was run again");
    mark
}

#[test]
fn a_shim_that_is_killed_before_or_while_it_executes_never_has_it_run_twice() {
    let rounds: Vec<u64> = (0..24).map(|round| round * 1_000).collect();
    let ends: Vec<&str> = std::thread::scope(|scope| {
        let work = |part: &[u64]| part.iter().map(|after| killed_early(*after)).collect::<Vec<_>>();
        let threads: Vec<_> = rounds.chunks(8).map(|part| scope.spawn(move || work(part))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let missed = ends.iter().filter(|end| **end == "missed").count();
    assert!(missed < rounds.len() / 2, "{ends:?}");
}

#[test]
fn what_the_directory_says_is_a_doubt_where_the_program_may_have_been_executed() {
    // A power loss right between the announcement of the execution and the execution.
    let folder = folder(&script("echo start >> ran", "", PROBE));
    let mut process = folder.spawn(&["run", "book.yaml"]);
    let dir: PathBuf = until("the directory of the command", || {
        Some(run_dir(&folder)?.join("commands/work-1")).filter(|dir| dir.join("lock").exists())
    });
    process.kill().unwrap();
    process.wait().unwrap();
    until("the end of the shim", || {
        let lock = std::fs::File::open(dir.join("lock")).unwrap();
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockShared).ok()
    });
    std::fs::write(dir.join("state.json"), r#"{"state":"starting","shim":1}"#).unwrap();
    std::fs::write(folder.path("ran"), "").unwrap();
    std::fs::write(folder.path("made"), "").unwrap();
    folder.call(&["resume"]).exit(0);
    assert_eq!(step(&folder)["output"]["settled_by"], "probe");
    assert_eq!(lines(&folder, "ran"), [""; 0]);
}
