//! `undo`: what was done is taken back in reverse order, by the real binary on real files.

use crate::support::binary::Folder;

/// Three steps that make a file each, the second one for each of two items, and one that may fail.
const BOOK: &str = "runbook: undo
version: 1.0.0
inputs: {ends: {type: string, default: \"0\"}, wanted: {type: boolean, default: true}}
steps:
  - id: first
    uses: command
    effect: undoable
    with: {argv: [sh, -c, \"echo do first >> log\"]}
    undo: {uses: command, effect: undoable, with: {argv: [sh, -c, \"echo undo first >> log\"]}}
  - id: second
    uses: command
    needs: [first]
    for_each: {items: [a, b], concurrency: 1}
    effect: undoable
    with: {argv: [sh, -c, \"echo do {{ each.key }} >> log\"]}
    undo: {uses: command, effect: undoable, with: {argv: [sh, -c, \"echo undo {{ each.key }} >> log\"]}}
  - id: skipped
    uses: command
    needs: [second]
    when: \"{{ not inputs.wanted }}\"
    effect: undoable
    with: {argv: [sh, -c, \"echo do skipped >> log\"]}
    undo: {uses: command, effect: undoable, with: {argv: [sh, -c, \"echo undo skipped >> log\"]}}
  - id: check
    uses: command
    needs: [skipped]
    effect: none
    on_failure: undo
    with: {argv: [sh, -c, \"exit {{ inputs.ends }}\"]}
  - id: look
    uses: manual
    needs: [check]
    with: {instructions: look at it}
  - id: last
    uses: command
    needs: [look]
    effect: undoable
    with: {argv: [sh, -c, \"echo do last >> log\"]}
    undo: {uses: command, effect: undoable, with: {argv: [sh, -c, \"echo undo last >> log\"]}}
";

fn folder() -> Folder {
    Folder::new().file("book.yaml", BOOK)
}

fn log(folder: &Folder) -> Vec<String> {
    let text = std::fs::read_to_string(folder.path("log")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// What was done, in order; then what was undone, that of items without an order among each other sorted.
fn undone(folder: &Folder) -> (Vec<String>, Vec<String>) {
    let (done, mut undone): (Vec<String>, Vec<String>) =
        log(folder).into_iter().partition(|line| line.starts_with("do "));
    if let Some(items) = undone.get_mut(..2) {
        items.sort();
    }
    (done, undone)
}

const DONE: [&str; 3] = ["do first", "do a", "do b"];
const UNDONE: [&str; 3] = ["undo a", "undo b", "undo first"];

#[test]
fn a_failing_step_has_what_was_done_undone_in_reverse_order() {
    let folder = folder();
    let ran = folder.call(&["run", "book.yaml", "-i", "ends=3"]).exit(1);
    ran.says("undoing what was done: second[b]/undo, second[a]/undo, first/undo");
    let (done, undone) = undone(&folder);
    assert_eq!(done, DONE);
    assert_eq!(undone, UNDONE);
    let begun = folder.records("run.undo_begun");
    assert_eq!(begun.len(), 1);
    assert_eq!(begun[0]["steps"].as_array().unwrap().len(), 3);
    let closed = &folder.records("run.closed")[0];
    assert_eq!(closed["verdict"], "failed");
    assert_eq!(closed["summary"]["undone"], serde_json::json!(["second[b]", "second[a]", "first"]));
    let status = folder.call(&["status", &folder.run_id().unwrap()]).exit(0);
    assert!(!status.out.contains("Left in place"), "{}", status.out);
    folder.call(&["audit", "verify", &folder.run_id().unwrap()]).exit(0);
}

#[test]
fn a_cancelled_run_is_undone_when_it_is_resumed_and_only_once() {
    let folder = folder();
    folder.call(&["run", "book.yaml"]).exit(4);
    let run = folder.run_id().unwrap();
    let ran = folder.call(&["cancel", &run]).exit(0);
    assert!(ran.out.contains("undo what was done, the last step first"), "{}", ran.out);
    assert!(!ran.out.contains("surefoot answer"), "{}", ran.out);
    assert_eq!(log(&folder), DONE);
    folder.call(&["resume"]).exit(5);
    let (done, undone) = undone(&folder);
    assert_eq!((done, undone), (DONE.map(str::to_owned).to_vec(), UNDONE.map(str::to_owned).to_vec()));
    assert_eq!(folder.records("run.closed")[0]["verdict"], "cancelled");
}

#[test]
fn who_cancels_the_undoing_leaves_things_as_they_are() {
    let folder = folder();
    folder.call(&["run", "book.yaml"]).exit(4);
    let run = folder.run_id().unwrap();
    folder.call(&["cancel", &run]).exit(0);
    folder.call(&["cancel", &run]).exit(0);
    assert_eq!(folder.records("run.closed")[0]["verdict"], "cancelled");
    assert_eq!(log(&folder), DONE);
}

#[test]
fn an_undo_that_fails_is_held_and_tried_again() {
    let book = BOOK.replace("echo undo first >> log", "test -e allowed && echo undo first >> log");
    let folder = Folder::new().file("book.yaml", &book);
    folder.call(&["run", "book.yaml", "-i", "ends=3"]).exit(9).says("first/undo");
    let run = folder.run_id().unwrap();
    folder.call(&["resolve", &run, "first/undo", "not-applied", "--because", "the file is still there"]).exit(0);
    let folder = folder.file("allowed", "");
    folder.call(&["resume"]).exit(1);
    let (_, undone) = undone(&folder);
    assert_eq!(undone, UNDONE);
}

#[test]
fn a_run_that_is_done_undoes_nothing() {
    let folder = folder();
    folder.call(&["run", "book.yaml"]).exit(4);
    let run = folder.run_id().unwrap();
    folder.call(&["answer", &run, "look", "done"]).exit(0);
    folder.call(&["resume"]).exit(0).says("done");
    assert_eq!(log(&folder), ["do first", "do a", "do b", "do last"]);
}

#[test]
fn an_undo_that_could_not_take_anything_back_is_refused() {
    let refused = |from: &str, to: &str| {
        let folder = Folder::new().file("book.yaml", &BOOK.replace(from, to));
        folder.call(&["check", "book.yaml"]).exit(3).says("SF055");
    };
    refused(
        "    effect: undoable\n    with: {argv: [sh, -c, \"echo do first",
        "    effect: none\n    with: {argv: [sh, -c, \"echo do first",
    );
    refused(
        "undo: {uses: command, effect: undoable, with: {argv: [sh, -c, \"echo undo first",
        "undo: {uses: command, effect: irreversible, subject: \"a:b\", with: {argv: [sh, -c, \"echo undo first",
    );
}
