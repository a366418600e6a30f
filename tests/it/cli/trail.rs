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
        case.then(["answer", &run, "ready", "--audit-dir", "else where"]).exit(0).stderr("to every later command");
    ran.stdout(&format!("surefoot resume {run} --audit-dir 'else where'"));
    assert_eq!(read(&case, &format!("else where/{run}/journal.000001.jsonl")), read(&case, &journal));
    case.then(["resume", "--audit-dir", "else where"]).exit(0).stderr("to every later command");
    assert_eq!(read(&case, &format!("else where/{run}/journal.000001.jsonl")), read(&case, &journal));
    case.then(["audit", "verify", &format!("else where/{run}")]).exit(0).stdout("hash chain intact");
}

#[test]
#[cfg(target_os = "linux")]
fn commands_in_hints_and_lines_name_the_directory_of_the_trail() {
    let mut case = Case::new().file("a.yaml", ASKING).file("file", "");
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    let resume = format!("`surefoot resume {run} --audit-dir file`");
    case.then(["cancel", &run, "--audit-dir", "file"]).exit(10).stderr(&resume);

    let mut terminal = super::terminal::Terminal::new(200);
    let mut child = terminal.command(&case, &["resume", "--audit-dir", "moved"]).spawn().unwrap();
    let mut seen = String::new();
    terminal.until(&mut seen, "type done, optionally followed by a note > ");
    terminal.say("no\nno\nno\n");
    terminal.rest(&mut seen);
    assert_eq!(child.wait().unwrap().code(), Some(4), "{seen}");
    let line = seen.lines().find(|line| line.contains("ready: held: ")).unwrap();
    assert!(line.contains(&format!("`surefoot resume {run} --audit-dir moved` asks again")), "{seen}");
}

#[test]
fn the_end_of_a_run_that_could_not_be_told_is_told_by_resume() {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    let summary = case.path(&format!("audit/{run}/summary.txt"));
    std::fs::remove_file(&summary).unwrap();
    std::fs::create_dir_all(summary.join("in the way")).unwrap();
    case.then(["cancel", &run]).exit(10).stderr("cannot write the trail in").stderr("it is recorded in the run");

    std::fs::remove_dir_all(&summary).unwrap();
    let ran = case.then(["resume", &run]).exit(5).stdout("cancelled");
    assert!(!ran.err.contains("start a new one"), "{}", ran.err);
    assert!(String::from_utf8(read(&case, &format!("audit/{run}/summary.txt"))).unwrap().contains("cancelled"));
    let journal = format!(".surefoot/runs/{run}/journal.000001.jsonl");
    assert_eq!(read(&case, &format!("audit/{run}/journal.000001.jsonl")), read(&case, &journal));
    case.then(["resume", &run]).exit(2).stderr("is closed");
}
