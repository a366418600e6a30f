//! Runs that pause by themselves, `--until` and `--only-reads`, by the real binary.

use crate::support::binary::Folder;

const BOOK: &str = "runbook: partial
version: 1.0.0
steps:
  - {id: seen, uses: file.read, with: {path: source.txt, parse: text}}
  - {id: long, uses: assert, with: {that: \"{{ steps.seen.size > 1 }}\", message: it is empty}}
  - {id: nap, uses: sleep, with: {for: \"{{ steps.seen.text }}\"}}
  - {id: write, uses: file.write, needs: [long, nap], with: {path: out.txt, content: \"{{ steps.seen.text }}\"}}
  - {id: again, uses: file.read, needs: [write], with: {path: out.txt, parse: text}}
outputs: {text: \"{{ steps.again.text }}\"}
";

fn folder() -> Folder {
    Folder::new().file("book.yaml", BOOK).file("source.txt", "1s")
}

#[test]
fn only_reads_changes_nothing_and_resume_does_the_rest() {
    let folder = folder();
    let paused = folder.call(&["run", "book.yaml", "--only-reads"]).exit(4);
    let paused = paused.says("partial").says("(`--only-reads`)").says("do the rest; next: `write`");
    assert!(!folder.path("out.txt").exists(), "{}", paused.out);
    assert_eq!(folder.records("run.paused").len(), 1);
    let run = folder.run_id().unwrap();
    let status = folder.call(&["status", &run, "--output", "json"]).exit(0).json();
    assert_eq!(status["state"], "paused");
    let extent = &status["extent"];
    assert_eq!((&extent["only_reads"], &extent["until"]), (&true.into(), &serde_json::Value::Null));
    assert_eq!((&extent["reached"], &extent["next"]), (&true.into(), &serde_json::json!(["write"])));
    folder.call(&["resume"]).exit(0);
    assert_eq!(std::fs::read_to_string(folder.path("out.txt")).unwrap(), "1s");
    folder.call(&["audit", "verify", &run]).exit(0);
}

#[test]
fn until_does_what_the_step_needs_and_nothing_else() {
    let folder = folder();
    folder.call(&["run", "book.yaml", "--until", "long"]).exit(4).says("after `long` and what it needs");
    let done: Vec<String> =
        folder.records("step.succeeded").iter().map(|data| data["step"].as_str().unwrap().to_owned()).collect();
    assert_eq!(done, ["seen", "long"]);
    folder.call(&["resume"]).exit(0);
    // To the last step it is a whole run.
    let whole = Folder::new().file("book.yaml", BOOK).file("source.txt", "1s");
    whole.call(&["run", "book.yaml", "--until", "again"]).exit(0);
}

#[test]
fn a_killed_run_still_stops_where_it_was_asked_to() {
    let folder = folder().file("source.txt", "30m");
    let mut child = folder.spawn(&["run", "book.yaml", "--until", "nap"]);
    while folder.run_id().is_none_or(|_| folder.records("step.succeeded").is_empty()) {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let status = folder.call(&["status", "--output", "json"]).exit(0).json();
    assert_eq!(status["extent"]["until"], "nap");
    assert_eq!((&status["extent"]["reached"], &status["paused"]), (&false.into(), &false.into()));
    folder.call(&["status"]).exit(0).says("pauses after `nap` and what it needs (`--until`)");
}

#[test]
fn what_is_no_step_of_the_run_is_refused() {
    let folder = folder();
    folder.call(&["run", "book.yaml", "--until", "writ"]).exit(2).says("no step `writ`").says("did you mean `write`?");
    folder.call(&["run", "book.yaml", "--until", "write", "--only-reads"]).exit(2);
    assert_eq!(folder.run_id(), None, "nothing was started");
}
