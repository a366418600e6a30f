//! Questions where there is no terminal: the run waits, `answer` answers.

use super::case::{ASKING, Case};

#[test]
fn a_question_is_answered_by_a_command() {
    let mut case = Case::new().file("a.yaml", ASKING);
    let ran = case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    ran.stdout("Put the kettle on.").stdout(&format!("surefoot answer {run} ready")).stdout("waiting for a person");
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    assert_eq!(status["steps"][0]["stands"], "asks");
    assert_eq!(status["steps"][0]["question"]["form"], "done");
    assert_eq!(status["steps"][1]["stands"], "later");
    case.then(["answer", &run, "after", "done"]).exit(2).stderr("asks nothing");
    case.then(["answer", &run, "ready", "done", "--note", "it whistles"]).exit(0).stdout("is recorded");
    case.then(["resume"]).exit(0).stdout("done");
    let summary = std::fs::read_to_string(case.path(&format!("audit/{run}/summary.txt"))).unwrap();
    assert!(summary.contains("it whistles") && summary.contains("os:ana@"), "{summary}");
}

#[test]
fn a_run_that_asks_can_be_resumed_and_asks_again() {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml"]).exit(4);
    case.then(["resume"]).exit(4).stdout("Put the kettle on.");
    case.then(["runs"]).exit(0).stdout("0/2");
}
