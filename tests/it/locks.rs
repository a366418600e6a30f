//! Subjects that one run has for itself, in one state directory and in two of one machine, by the real binary.

use crate::support::binary::Folder;

/// A step that changes `subject`, behind a person whom nobody answers.
fn book(subject: &str, locks: &str) -> String {
    format!(
        "runbook: change
version: 1.0.0
inputs: {{host: {{type: string, default: web-1}}}}
steps:
  - id: look
    uses: manual
    with: {{instructions: \"look at {{{{ inputs.host }}}}\"}}
  - id: change
    uses: command
    needs: [look]
    effect: undoable
    subject: \"{subject}\"
    locks: [{locks}]
    with: {{argv: [sh, -c, \"echo change >> log\"]}}
"
    )
}

fn folder(subject: &str, locks: &str) -> Folder {
    let folder = Folder::new().file("book.yaml", &book(subject, locks));
    let state = folder.path("home").to_str().unwrap().to_owned();
    folder.env("XDG_STATE_HOME", &state)
}

const ONE: [&str; 4] = ["run", "book.yaml", "--state-dir", "one"];
const TWO: [&str; 4] = ["run", "book.yaml", "--state-dir", "two"];

fn run_in(folder: &Folder, state: &str) -> String {
    let runs = std::fs::read_dir(folder.path(state).join("runs")).unwrap();
    runs.map(|run| run.unwrap().file_name().into_string().unwrap()).min().unwrap()
}

#[test]
fn two_runs_of_a_state_directory_do_not_change_one_subject() {
    let folder = folder("host:{{ inputs.host }}", "");
    folder.call(&ONE).exit(4);
    let run = run_in(&folder, "one");
    let refused = folder.call(&ONE).exit(7);
    refused.says(&format!("run {run} is unfinished and would also change host:web-1"));
    folder.call(&[&ONE[..], &["-i", "host=web-2"]].concat()).exit(4);
    folder.call(&["cancel", &run, "--state-dir", "one"]).exit(0);
    folder.call(&ONE).exit(4);
}

#[test]
fn two_state_directories_of_one_machine_do_not_either() {
    let folder = folder("host:{{ inputs.host }}", "");
    folder.call(&ONE).exit(4);
    let run = run_in(&folder, "one");
    let refused = folder.call(&TWO).exit(7);
    let refused = refused.says(&format!("run {run} is unfinished and would also change host:web-1"));
    refused.says(&format!("surefoot cancel {run} --state-dir"));
    assert!(!folder.path("two/runs").exists(), "nothing was started");
    // The run itself goes on, and others once it has ended.
    folder.call(&["resume", "--state-dir", "one"]).exit(4);
    folder.call(&["cancel", &run, "--state-dir", "one"]).exit(0);
    folder.call(&TWO).exit(4);
    // A state directory that is gone holds nothing.
    std::fs::remove_dir_all(folder.path("two")).unwrap();
    folder.call(&ONE).exit(4);
}

#[test]
fn what_a_step_locks_is_held_though_it_does_not_change_it() {
    let folder = folder("host:web-1", "\"pool:blue\", \"rack:{{ inputs.host }}\"");
    folder.call(&ONE).exit(4);
    let other = folder.file("book.yaml", &book("host:web-7", "\"pool:blue\""));
    other.call(&TWO).exit(7).says("would also change pool:blue");
    let other = other.file("book.yaml", &book("rack:web-1", ""));
    other.call(&TWO).exit(7).says("would also change rack:web-1");
    let other = other.file("book.yaml", &book("rack:web-2", "\"pool:green\""));
    other.call(&TWO).exit(4);
}

#[test]
fn a_lock_that_is_no_subject_is_refused() {
    let folder = folder("host:web-1", "blue");
    folder.call(&["check", "book.yaml"]).exit(3).says("SF019").says("a text with a scheme");
}
