//! Disks that refuse: what is said, and that nothing is lost.

use super::case::{BINARY, Case, Ran, SMALL};
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
    case.then(["audit", "verify", &run]).exit(0).stdout("CONSISTENT");
    case.then(["audit", "verify", &format!("audit/{run}")]).exit(0).stdout("CONSISTENT");
}

#[test]
fn a_state_directory_that_cannot_be_written_is_named() {
    let mut case = Case::new().file("a.yaml", SMALL);
    case.then(["run", "a.yaml", "--state-dir", "/proc/surefoot"]).exit(10).stderr("cannot create /proc/surefoot/runs");
    std::fs::write(case.path("file"), "").unwrap();
    case.then(["run", "a.yaml", "--state-dir", "file/state"]).exit(10).stderr("file/state");
    assert!(!case.path("audit").exists(), "no run, no trail");
}
