//! Runs whose end was not told, and copies of runs.

use super::case::{ASKING, Case, SMALL};
use std::fs::File;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn copy(case: &Case, from: &str, to: &str) {
    let done = Command::new("cp").arg("-a").args([case.path(from), case.path(to)]).status().unwrap();
    assert!(done.success());
}

#[test]
fn a_copy_of_a_run_directory_is_no_run() {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    let (ours, copied) = (format!(".surefoot/runs/{run}"), format!("{run}.bak"));
    copy(&case, &ours, &format!("{ours}.bak"));
    case.then(["answer", &run, "ready"]).exit(0);
    case.then(["resume"]).exit(0).stdout(&format!("surefoot audit verify {run}"));

    let trail = case.path(&format!("audit/{run}/journal.000001.jsonl"));
    let whole = std::fs::read(&trail).unwrap();
    case.then(["resume"]).exit(2).stderr("nothing to resume").stderr(&format!("{copied} is a copy of a run"));
    let mine = format!("is a copy of run {run}\n");
    case.then(["resume", &copied]).exit(2).stderr(&mine).stderr("move it out of `runs`");
    case.then(["answer", &copied, "ready"]).exit(2).stderr(&mine);
    case.then(["status"]).exit(0).stdout("done, 2 of 2 steps");
    case.then(["runs"]).exit(0).stdout(&format!("a copy of {run}, not a run"));
    assert_eq!(std::fs::read(&trail).unwrap(), whole, "the trail of the original");

    // A copy of what is damaged is one too.
    let journal = case.path(&format!("{ours}.bak/journal.000001.jsonl"));
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, text.replace("kettle", "bottle")).unwrap();
    case.then(["resume", &copied]).exit(2).stderr(&mine);
    case.then(["resume"]).exit(2).stderr("nothing to resume");
}

#[test]
fn whoever_only_looks_keeps_nobody_from_taking_a_run_over() {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    let path = case.path(&format!(".surefoot/runs/{run}/LOCK"));
    let lock = File::options().write(true).open(&path).unwrap();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // A third of the time somebody looks.
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                if lock.try_lock().is_ok() {
                    std::thread::sleep(Duration::from_millis(1));
                    lock.unlock().unwrap();
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let codes: Vec<i32> = (0..20).map(|_| case.then(["pause", &run]).code).collect();
        case.then(["cancel", &run]);
        let untold: Vec<i32> = (0..20)
            .map(|_| {
                std::fs::write(&path, "process 1\n").unwrap();
                case.then(["resume", &run]).code
            })
            .collect();
        is_over.store(true, Ordering::Relaxed);
        assert_eq!((codes, untold), (vec![0; 20], vec![5; 20]));
    });
}

#[test]
#[cfg(target_os = "linux")]
fn an_end_that_could_not_be_written_is_told_by_resume() {
    for (holds, code, exit) in [("true", 0, 10), ("false", 1, 1)] {
        let mut case = Case::new().file("a.yaml", SMALL.replace("true", holds)).args(["run", "a.yaml"]);
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = case.command().stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(exit));
        assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write the result"));
        case.then(["resume"]).exit(code).stdout("Recorded");
        case.then(["resume"]).exit(2).stderr("nothing to resume");
    }
    // Who has stopped reading has seen what he wanted.
    let mut case = Case::new().file("a.yaml", SMALL).args(["run", "a.yaml"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(case.command().stdout(writer).output().unwrap().status.code(), Some(0));
    case.then(["resume"]).exit(2).stderr("nothing to resume");
}

#[test]
fn a_closed_run_whose_end_was_not_told_says_so() {
    let mut case = Case::new().file("a.yaml", SMALL);
    case.then(["run", "a.yaml"]).exit(0);
    let run = case.run_id();
    std::fs::write(case.path(&format!(".surefoot/runs/{run}/LOCK")), "process 1\n").unwrap();
    case.then(["run", "a.yaml"]).exit(0);
    let next = format!("Next\n  surefoot resume {run}\n");
    case.then(["status"]).exit(0).stdout("done, 1 of 1 step; its end was not reported").stdout(&next);
    let status = case.then(["status", &run, "--output", "json"]).exit(0).json("surefoot.status.v1");
    assert_eq!((&status["state"], &status["unreported"]), (&"done".into(), &true.into()));
    assert_eq!(status["next"][0]["command"], format!("surefoot resume {run}"));
    case.then(["runs"]).exit(0).stdout("done; its end was not reported");
    let ran = case.then(["resume", &run, "--set", "holds.that=false"]).exit(2).stderr("is closed");
    ran.stderr(&format!("`surefoot resume {run}` reports its end"));
    case.then(["resume"]).exit(0).stdout("Recorded");
    let ran = case.then(["status", &run]).exit(0).stdout(&format!("Next\n  surefoot audit verify {run}\n"));
    assert!(!ran.out.contains("was not reported"), "{}", ran.out);
}

#[test]
fn the_trail_of_a_run_is_compared_with_its_journal() {
    let mut case = Case::new().file("a.yaml", SMALL);
    case.then(["run", "a.yaml"]).exit(0);
    let run = case.run_id();
    let trail = case.path(&format!("audit/{run}/journal.000001.jsonl"));
    let whole = std::fs::read(&trail).unwrap();
    let compared = format!("Compared with the copy in {}", trail.parent().unwrap().display());
    case.then(["audit", "verify", &run]).exit(0).stdout(&compared);

    let wrong = |case: &mut Case, bytes: &[u8], why: &str| {
        std::fs::write(&trail, bytes).unwrap();
        let ran = case.then(["audit", "verify", &run]).exit(8).stdout("hash chain intact").stdout(&compared);
        assert!(ran.out.split_whitespace().collect::<Vec<_>>().join(" ").contains(why), "{why}:\n{}", ran.out);
        let verdict = case.then(["audit", "verify", &run, "--output", "json"]).exit(8).json("surefoot.verdict.v1");
        assert!(verdict["unmet"].as_str().unwrap().contains(why), "{verdict:#}");
        // A path means what stands there and nothing else.
        case.then(["audit", "verify", &format!(".surefoot/runs/{run}")]).exit(0);
    };
    wrong(&mut case, &whole[..40], "ends after byte 40 of journal.000001.jsonl");
    wrong(
        &mut case,
        &[&whole[..40], b"!", &whole[41..]].concat(),
        "differs from the journal of the run from byte 40 of journal.000001.jsonl on",
    );
    std::fs::write(case.path(&format!("audit/{run}/journal.000002.jsonl")), &whole).unwrap();
    wrong(&mut case, &whole, "has journal.000002.jsonl, the journal of the run does not");
    std::fs::rename(case.path("audit"), case.path("moved")).unwrap();
    case.then(["audit", "verify", &run]).exit(8).stdout("has no journal.000001.jsonl");
    std::fs::remove_file(case.path(&format!("moved/{run}/journal.000002.jsonl"))).unwrap();
    case.then(["audit", "verify", &run, "--audit-dir", "moved"]).exit(0);
}

#[test]
fn a_closed_run_stays_closed_when_its_journal_is_mended() {
    let mut case = Case::new().file("a.yaml", SMALL);
    case.then(["run", "a.yaml"]).exit(0);
    let run = case.run_id();
    let ours = format!(".surefoot/runs/{run}");
    std::fs::write(case.path(&format!("{ours}/LOCK")), "process 1\n").unwrap();
    std::fs::write(case.path(&format!("{ours}/journal.head")), vec![0; 1024]).unwrap();
    case.then(["resume"]).exit(0).stdout("Recorded");
    let journal = std::fs::read_to_string(case.path(&format!("{ours}/journal.000001.jsonl"))).unwrap();
    assert!(journal.lines().last().unwrap().contains("journal.recovered"), "{journal}");
    case.then(["audit", "verify", &run]).exit(0).stdout("The run has ended");
}
