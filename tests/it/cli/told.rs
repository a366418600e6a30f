//! Runs whose end was not told, and copies of runs.

use super::case::{ASKING, Case};
use std::process::Command;

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
