//! Disks that refuse: what is said, and that nothing is lost.

use super::case::{ASKING, BINARY, Case, Ran, SMALL};
use super::doubt::waiting_to_create;
use std::fmt::Write as _;
use std::process::{Command, Stdio};

/// A chain of effects whose journal is longer than the files that [`confined`] may write.
fn chain() -> String {
    let mut runbook = "runbook: chain\nversion: 1.0.0\nsteps:\n".to_owned();
    for number in 0..100 {
        let needs = if number == 0 { String::new() } else { format!("needs: [s{}], ", number - 1) };
        let does = format!("uses: file.write, with: {{path: n{number}.txt, content: hello}}");
        writeln!(runbook, "  - {{id: s{number}, {needs}{does}}}").unwrap();
    }
    runbook
}

/// Runs `a.yaml` where no file can grow beyond 16 KiB, as on a disk that fills up.
fn confined(case: &Case) -> Ran {
    let script = format!("trap '' XFSZ; ulimit -f 32; exec '{BINARY}' run a.yaml");
    let mut command = Command::new("setsid");
    command.args(["--wait", "sh", "-c", &script]).current_dir(case.path("")).env_clear().env("PATH", "/usr/bin:/bin");
    Ran::of(command.stdin(Stdio::null()).output().unwrap())
}

#[test]
fn a_disk_that_fills_up_stops_the_run_and_resume_finishes_it() {
    let mut case = Case::new().file("a.yaml", chain());
    let full = confined(&case).exit(10).stderr("cannot write the journal").stderr("nothing more was sent");
    let run = case.run_id();
    let full = full.stderr(&format!("surefoot resume {run}"));
    let written = |case: &Case| (0..100).filter(|number| case.path(&format!("n{number}.txt")).exists()).count();
    let announced = full.err.matches(": sending WRITE ").count();
    assert!((1..100).contains(&announced), "{announced}");
    assert!(written(&case) <= announced, "sent what was not announced: {} and {announced}", written(&case));

    case.then(["resume"]).exit(0).stdout("100 of 100 steps done");
    assert_eq!(written(&case), 100);
    case.then(["audit", "verify", &run]).exit(0).stdout("hash chain intact");
    case.then(["audit", "verify", &format!("audit/{run}")]).exit(0).stdout("hash chain intact");
}

#[test]
fn a_state_directory_that_cannot_be_written_is_named() {
    let mut case = Case::new().file("a.yaml", SMALL);
    case.then(["run", "a.yaml", "--state-dir", "/proc/surefoot"]).exit(10).stderr("cannot create /proc/surefoot/runs");
    std::fs::write(case.path("file"), "").unwrap();
    case.then(["run", "a.yaml", "--state-dir", "file/state"]).exit(10).stderr("file/state");
    assert!(!case.path("audit").exists(), "no run, no trail");
}

#[test]
fn a_run_that_cannot_be_read_is_not_taken_for_none() {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    let plan = case.path(&format!(".surefoot/runs/{run}/plan.yaml"));
    let pinned = std::fs::read(&plan).unwrap();
    std::fs::remove_file(&plan).unwrap();
    for command in [vec!["resume"], vec!["status", &run], vec!["cancel", &run]] {
        let ran = match command.as_slice() {
            [verb] => case.then([verb]),
            [verb, run] => case.then([verb, run]),
            _ => unreachable!(),
        };
        ran.exit(8).stderr("restore the original plan.yaml");
    }
    std::fs::write(&plan, pinned).unwrap();
    let journal = case.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"));
    let mut bytes = std::fs::read(&journal).unwrap();
    bytes[600] ^= 1;
    std::fs::write(&journal, bytes).unwrap();
    case.then(["resume"]).exit(8);
    std::fs::remove_file(&journal).unwrap();
    case.then(["resume"]).exit(8).stderr("put journal.000001.jsonl back");
    case.then(["status", &run]).exit(8);
    case.then(["audit", "verify", &run]).exit(8).stderr("no longer has a journal");
    let trail = case.path(&format!("audit/{run}"));
    case.then(["audit", "verify", trail.to_str().unwrap()]).exit(0);
    std::fs::copy(trail.join("journal.000001.jsonl"), &journal).unwrap();
    case.then(["resume"]).exit(4);
}

#[test]
fn nothing_goes_on_without_the_keys_that_a_later_password_needs() {
    let (mut case, run) = waiting_to_create();
    case.then(["answer", &run, "wait", "done"]).exit(0);
    std::fs::rename(case.path(".surefoot/keys"), case.path("safe")).unwrap();
    let refused = case.then(["resume"]).exit(2).stderr("could not be sealed");
    refused.stderr("restore the keys that the run started with to").stderr("`surefoot keys init`");
    std::fs::rename(case.path("safe"), case.path(".surefoot/keys")).unwrap();
    case.then(["resume"]).exit(0);
    // A password is opened with the key it was sealed to, and goes where there is nothing yet.
    std::fs::write(case.path("taken.env"), "something else").unwrap();
    case.then(["secret", "deliver", &run, "--to", "taken.env"]).exit(2).stderr("already there");
    std::fs::rename(case.path(".surefoot/keys"), case.path("safe")).unwrap();
    case.then(["secret", "deliver", &run, "--to", "other.env"]).exit(2).stderr("restore the key it was sealed with");
    std::fs::rename(case.path("safe"), case.path(".surefoot/keys")).unwrap();
    case.then(["secret", "deliver", &run, "--to", "other.env"]).exit(0);
}

#[test]
fn a_password_whose_key_is_gone_for_good_is_no_dead_end() {
    let (mut case, run) = waiting_to_create();
    case.then(["answer", &run, "wait", "done"]).exit(0);
    std::fs::write(case.path("new.env"), "somebody else's").unwrap();
    case.then(["resume"]).exit(4).stdout("sealed in the journal");
    std::fs::remove_file(case.path("new.env")).unwrap();
    std::fs::rename(case.path(".surefoot/keys"), case.path("lost")).unwrap();
    case.then(["keys", "init"]).exit(0);
    case.then(["resume"]).exit(4).stdout("there is no identity").stdout("lost: the key is gone for good");
    case.then(["answer", &run, "recreate", "lost"]).exit(0);
    case.then(["resume"]).exit(0);
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    assert_eq!(status["steps"][2]["output"]["attempts"], 2, "{status:#}");
    case.then(["secret", "deliver", &run, "--to", "again.env"]).exit(0);
}

#[test]
fn what_steps_have_saved_is_saved_again_where_it_was_removed() {
    let saving = "runbook: saving\nversion: 1.0.0\nsteps:\n  - {id: one, uses: assert, with: {that: true}, save: one.json}\n  \
                  - {id: wait, needs: [one], uses: manual, with: {instructions: Wait.}}\n";
    let mut case = Case::new().file("a.yaml", saving);
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    std::fs::remove_dir_all(case.path(&format!(".surefoot/runs/{run}/artifacts"))).unwrap();
    case.then(["answer", &run, "wait", "done"]).exit(0);
    case.then(["resume"]).exit(0);
    assert!(case.path(&format!(".surefoot/runs/{run}/artifacts/one.json")).exists());
}
