//! `for_each` and other files at run time, by the real binary: limits of groups, and what a run keeps.

use crate::support::binary::Folder;
use serde_json::json;
use std::collections::BTreeSet;

const HOSTS: &str = "host,code\nweb-1,0\nweb-2,3\nweb-3,0\n";

/// A check of each host that ends with the code in the file, and what follows it for the same host.
fn book(options: &str) -> String {
    format!(
        "runbook: hosts
version: 1.0.0
steps:
  - id: check
    uses: command
    for_each: {{file: hosts.csv{options}}}
    effect: none
    with: {{argv: [sh, -c, \"exit {{{{ each.value.code }}}}\"]}}
  - id: restart
    uses: command
    for_each: {{file: hosts.csv, concurrency: 1}}
    needs: [\"check[each.key]\"]
    effect: undoable
    with: {{argv: [sh, -c, \"echo {{{{ each.key }}}} >> log\"]}}
  - id: look
    uses: manual
    needs: [restart]
    with: {{instructions: \"failed: {{{{ steps.check.failed | join(', ') }}}}\"}}
  - id: table
    uses: assert
    needs: [look]
    with: {{that: \"{{{{ steps.check.results['web-1'].exit_code == 0 and steps.restart.skipped == 1 }}}}\"}}
outputs: {{failed: \"{{{{ steps.check.failed }}}}\"}}
"
    )
}

fn folder(options: &str) -> Folder {
    Folder::new().file("hosts.csv", HOSTS).file("book.yaml", &book(options))
}

/// The steps of records of a type, in order.
fn steps(folder: &Folder, kind: &str) -> Vec<String> {
    folder.records(kind).iter().map(|data| data["step"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn failures_up_to_the_limit_are_let_through_and_cut_off_what_follows() {
    let folder = folder(", max_failures: 1");
    folder.call(&["run", "book.yaml"]).exit(4).says("failed: web-2");
    let run = folder.run_id().unwrap();
    assert_eq!(steps(&folder, "step.failed"), ["check[web-2]"]);
    assert_eq!(steps(&folder, "step.skipped"), ["restart[web-2]"]);
    folder.call(&["answer", &run, "look", "done"]).exit(0);
    folder.call(&["resume"]).exit(0);
    let closed = &folder.records("run.closed")[0];
    assert_eq!(closed["verdict"], "done");
    assert_eq!(closed["summary"]["failed_steps"], json!(["check[web-2]"]));
    assert_eq!(closed["summary"]["outputs"]["failed"], json!(["web-2"]));
    let log = std::fs::read_to_string(folder.path("log")).unwrap();
    assert_eq!(log.lines().collect::<BTreeSet<_>>(), BTreeSet::from(["web-1", "web-3"]));
}

#[test]
fn one_failure_too_many_fails_the_run() {
    folder("").call(&["run", "book.yaml"]).exit(1).says("check[web-2]");
    let two = folder(", max_failures: 1").file("hosts.csv", &HOSTS.replace("web-3,0", "web-3,4"));
    two.call(&["run", "book.yaml"]).exit(1);
    assert_eq!(two.records("run.closed")[0]["verdict"], "failed");
}

#[test]
fn a_group_keeps_to_its_concurrency() {
    let folder = folder(", max_failures: 1");
    folder.call(&["run", "book.yaml"]).exit(4);
    let order: Vec<String> = folder
        .journal()
        .into_iter()
        .filter(|record| record["type"] == "call.intended" || record["type"] == "step.succeeded")
        .map(|record| format!("{} {}", record["type"].as_str().unwrap(), record["data"]["step"].as_str().unwrap()))
        .filter(|line| line.contains(" restart["))
        .collect();
    // Which host comes first depends on which check ends first; the second waits for the end of the first.
    let [first, first_ended, second, second_ended] = order.as_slice() else { panic!("{order:?}") };
    assert_eq!(first_ended, &first.replace("call.intended", "step.succeeded"));
    assert_eq!(second_ended, &second.replace("call.intended", "step.succeeded"));
    assert_ne!(first, second);
}

#[test]
fn a_run_goes_on_with_the_files_that_it_began_with() {
    let folder = folder(", max_failures: 1");
    folder.call(&["run", "book.yaml"]).exit(4);
    let run = folder.run_id().unwrap();
    let folder = folder.file("hosts.csv", "host,code\nother,0\n");
    folder.call(&["answer", &run, "look", "done"]).exit(0);
    folder.call(&["resume"]).exit(0);
    let kept = folder.path(".surefoot/runs").join(&run).join("plan.1.csv");
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), HOSTS);
    std::fs::write(&kept, "host,code\nweb-1,0\n").unwrap();
    folder.call(&["status", &run]).exit(8).says("is not the file that the run began with");
}
