//! Questions where there is no terminal: the run waits, `answer` answers.

use super::case::{ASKING, BINARY, Case};

#[test]
fn a_question_is_answered_by_a_command() {
    let mut case = Case::new().file("a.yaml", ASKING);
    let ran = case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    ran.stdout("Put the kettle on.").stdout(&format!("surefoot answer {run} ready")).stdout("waiting for a person");
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    assert_eq!(status["steps"][0]["state"], "asks");
    assert_eq!(status["steps"][0]["question"]["form"], "done");
    assert_eq!(status["steps"][1]["state"], "pending");
    case.then(["answer", &run, "after", "done"]).exit(2).stderr("has no open question");
    // Only one word says that it is done.
    for word in ["no", "not yet", "yes", ""] {
        case.then(["answer", &run, "ready", word]).exit(2).stderr("the only answer to this question is `done`");
    }
    case.then(["answer", &run, "ready", "done", "--note", "it whistles"]).exit(0).stdout("is recorded");
    case.then(["resume"]).exit(0).stdout("done");
    let summary = std::fs::read_to_string(case.path(&format!("audit/{run}/summary.txt"))).unwrap();
    assert!(summary.contains("it whistles") && summary.contains("os:ana@"), "{summary}");
}

#[test]
fn what_to_type_next_finds_the_run_wherever_it_is() {
    let mut case = Case::new().file("a.yaml", ASKING);
    let place = "--state-dir 'it'\\''s here'";
    case.then(["run", "a.yaml", "--state-dir", "it's here"]).exit(4).stdout(&format!(" {place}\n"));
    let status = case.then(["status", "--state-dir", "it's here", "--output", "json"]).exit(0);
    let status = status.json("surefoot.status.v1");
    let commands: Vec<&str> =
        status["next"].as_array().unwrap().iter().map(|one| one["command"].as_str().unwrap()).collect();
    assert!(commands.len() > 1 && commands.iter().all(|command| command.ends_with(place)), "{commands:?}");
    for command in commands.iter().filter(|command| !command.contains(" cancel ")) {
        let command = command.replace("surefoot ", &format!("{BINARY} "));
        let args = ["sh", "-c", command.as_str()];
        let ran =
            std::process::Command::new("setsid").arg("--wait").args(args).current_dir(case.path("")).output().unwrap();
        assert_eq!(ran.status.code(), Some(0), "{command}: {ran:?}");
    }
}

#[test]
fn a_run_that_asks_can_be_resumed_and_asks_again() {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml"]).exit(4);
    case.then(["resume"]).exit(4).stdout("Put the kettle on.");
    case.then(["runs"]).exit(0).stdout("0/2");
}

#[test]
fn a_run_that_was_given_up_asks_nobody() {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    case.then(["cancel", &run]).exit(0);
    let status = case.then(["status", &run, "--output", "json"]).exit(0).json("surefoot.status.v1");
    assert!(status["steps"][0]["question"].is_null(), "{status:#}");
    assert_ne!(status["steps"][0]["state"], "asks");
}

#[test]
fn commands_in_hints_find_the_run_from_where_they_are_typed() {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml", "--state-dir", "it's here"]).exit(4);
    let unknown = case.then(["status", "nobody", "--state-dir", "it's here"]).exit(2);
    unknown.stderr("`surefoot runs --state-dir 'it'\\''s here'`");
    case.then(["run", "a.yaml", "--state-dir", "it's here"]).exit(4);
    let several = case.then(["resume", "--state-dir", "it's here"]).exit(2);
    let commands: Vec<_> = several.err.lines().filter_map(|line| line.strip_prefix("hint: ")).collect();
    assert_eq!(commands.len(), 2, "{}", several.err);
    assert!(commands.iter().all(|command| command.ends_with(" --state-dir 'it'\\''s here'")), "{commands:?}");
}

#[test]
fn a_file_that_is_not_there_or_empty_is_no_answer() {
    let receiving = "runbook: receiving\nversion: 1.0.0\nsteps:\n  - id: got\n    uses: backup.receive\n    with: \
                     {instance_id: 2f49c2b3, snapshot_id: s1, snapshot_time: \"2026-01-20T22:00:00Z\"}\n";
    let mut case = Case::new().file("a.yaml", receiving).file("empty", "").file("page", "<html>");
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    let journal = case.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"));
    let before = std::fs::read(&journal).unwrap();
    case.then(["answer", &run, "got", "nowhere"]).exit(2).stderr("cannot read the file").stderr("check the path");
    case.then(["answer", &run, "got", "empty"]).exit(2).stderr("is empty").stderr("wait until it is complete");
    case.then(["answer", &run, "got", "."]).exit(2).stderr("name a file in it");
    assert!(std::fs::read(&journal).unwrap() == before, "nothing is recorded");
    case.then(["answer", &run, "got", "page"]).exit(0);
}
