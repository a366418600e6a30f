//! Where the trail of a run is written, whichever command writes it.

use super::case::{ASKING, Case};

fn read(case: &Case, name: &str) -> Vec<u8> {
    std::fs::read(case.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_command_writes_the_trail_where_the_run_began_with_it() {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml", "--audit-dir", "trails"]).exit(4);
    let run = case.run_id();
    let journal = format!(".surefoot/runs/{run}/journal.000001.jsonl");
    let commands = [&["pause", &run][..], &["answer", &run, "ready"], &["cancel", &run]];
    for command in commands {
        let ran = match command {
            [a, b] => case.then([a, b]),
            [a, b, c] => case.then([a, b, c]),
            _ => unreachable!(),
        };
        let ran = ran.exit(0);
        assert!(!ran.err.contains("--audit-dir"), "{}", ran.err);
        assert_eq!(read(&case, &format!("trails/{run}/journal.000001.jsonl")), read(&case, &journal), "{command:?}");
    }
    let summary = String::from_utf8(read(&case, &format!("trails/{run}/summary.txt"))).unwrap();
    assert!(summary.contains("cancelled"), "{summary}");
    assert!(!case.path("audit").exists(), "a second trail");
}

#[test]
fn a_trail_that_cannot_be_written_any_more_goes_elsewhere_as_a_whole() {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml", "--audit-dir", "mount"]).exit(4);
    let run = case.run_id();
    let journal = format!(".surefoot/runs/{run}/journal.000001.jsonl");
    std::fs::remove_dir_all(case.path("mount")).unwrap();
    std::fs::write(case.path("mount"), "dead").unwrap();

    let before = read(&case, &journal);
    case.then(["answer", &run, "ready"]).exit(10).stderr("cannot write the trail in").stderr("--audit-dir DIR");
    assert_eq!(read(&case, &journal), before, "nothing is recorded that no trail tells");
    case.then(["resume"]).exit(10).stderr("--audit-dir DIR");

    let ran =
        case.then(["answer", &run, "ready", "--audit-dir", "else where"]).exit(0).stderr("for every later command");
    ran.stdout(&format!("surefoot resume {run} --audit-dir 'else where'"));
    assert_eq!(read(&case, &format!("else where/{run}/journal.000001.jsonl")), read(&case, &journal));
    case.then(["resume", "--audit-dir", "else where"]).exit(0).stderr("for every later command");
    assert_eq!(read(&case, &format!("else where/{run}/journal.000001.jsonl")), read(&case, &journal));
    case.then(["audit", "verify", &format!("else where/{run}")]).exit(0).stdout("CONSISTENT");
}
