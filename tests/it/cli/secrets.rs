//! The secrets of a run in the real world: read once from where the runbook says, and never told.

use super::case::Case;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

/// Declares a secret of each form, and needs them in a step that is skipped.
pub(super) const BOOK: &str = r#"
runbook: forms
version: 1.0.0
inputs: {wanted: {type: boolean, default: false}}
secrets:
  one: {env: [ONE_USER, ONE_PASSWORD]}
  two: {file: keys/two}
  three: {command: [sh, three.sh, "a word"]}
  spare: {file: keys/spare, optional: true}
  none: {command: [sh, -c, "exit 1"], optional: true}
steps:
  - id: first
    uses: assert
    with: {that: true}
  - {id: a, uses: neo4j.counts, when: "{{ inputs.wanted }}", with: {url: x, instance_id: 0a1b2c3d, credentials: "{{ secrets.one }}"}}
  - {id: b, uses: neo4j.counts, when: "{{ inputs.wanted }}", with: {url: x, instance_id: 0a1b2c3d, credentials: "{{ secrets.two }}"}}
  - {id: c, uses: neo4j.counts, when: "{{ inputs.wanted }}", with: {url: x, instance_id: 0a1b2c3d, credentials: "{{ secrets.three }}"}}
  - {id: d, uses: neo4j.counts, when: "{{ inputs.wanted }}", with: {url: x, instance_id: 0a1b2c3d, credentials: "{{ secrets.spare }}"}}
  - {id: e, uses: neo4j.counts, when: "{{ inputs.wanted }}", with: {url: x, instance_id: 0a1b2c3d, credentials: "{{ secrets.none }}"}}
"#;

/// Says what it sees, counts its calls, and prints a secret.
const HELPER: &str = "env > seen.txt; echo $1 >> calls.txt; echo canary-of-three\n";

fn case(helper: &str) -> Case {
    let case = Case::new().file("forms.yaml", BOOK).file("three.sh", helper);
    std::fs::create_dir(case.path("keys")).unwrap();
    let case = case.file("keys/two", "canary-of-two\n");
    std::fs::set_permissions(case.path("keys/two"), Permissions::from_mode(0o600)).unwrap();
    case
}

/// Runs the runbook, with the variables of its first secret where they are wanted.
#[track_caller]
fn run(case: &Case, is_set: bool, code: i32) -> super::case::Ran {
    let mut command = case.command();
    command.args(["run", "forms.yaml"]).env("HOME", case.path("")).env("GPG_TTY", "/dev/tty9");
    command.env("AURA_CLIENT_SECRET", "canary-of-aura");
    if is_set {
        command.env("ONE_USER", "ana").env("ONE_PASSWORD", "canary-of-one");
    }
    let ran = super::case::Ran::of(command.output().unwrap());
    assert!(!format!("{}{}", ran.out, ran.err).contains("canary"), "{}{}", ran.out, ran.err);
    ran.exit(code)
}

#[test]
fn secrets_are_read_once_from_where_they_are() {
    let mut case = case(HELPER);
    run(&case, true, 0);
    assert_eq!(std::fs::read_to_string(case.path("calls.txt")).unwrap(), "a word\n");
    let seen = std::fs::read_to_string(case.path("seen.txt")).unwrap();
    assert!(seen.contains("GPG_TTY=/dev/tty9\n") && seen.contains("USER=ana\n"), "{seen}");
    assert!(!seen.contains("canary") && !seen.contains("AURA"), "{seen}");
    let id = case.run_id();
    let journal = case.path(".surefoot").join("runs").join(&id);
    for file in std::fs::read_dir(journal).unwrap().map(|one| one.unwrap().path()).filter(|path| path.is_file()) {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        assert!(!text.contains("canary"), "{} holds a secret", file.display());
    }
    // A twin reads nothing.
    std::fs::remove_dir_all(case.path("keys")).unwrap();
    case.then(["run", "forms.yaml", "--twin"]).exit(0);
    assert_eq!(std::fs::read_to_string(case.path("calls.txt")).unwrap(), "a word\n");
}

#[test]
fn every_secret_that_is_missing_is_named_at_once() {
    let mut case = case("echo canary-of-three; echo 'no entry prod/three' >&2; exit 2");
    std::fs::set_permissions(case.path("keys/two"), Permissions::from_mode(0o640)).unwrap();
    run(&case, false, 2)
        .stderr("secrets of the runbook cannot be read")
        .stderr("`one` needs ONE_USER and ONE_PASSWORD")
        .stderr("`two`: the file keys/two can be read or changed by its group or by others (mode 0640)")
        .stderr("`three`: the command `sh three.sh 'a word'` failed (exit status: 2): no entry prod/three")
        .stderr("`--twin` needs none");
    case.then(["runs"]).exit(0).stderr("there are no runs");
}

#[test]
fn what_a_helper_says_is_not_told_where_it_holds_another_secret() {
    let case = case("echo 'refused: canary-of-two' >&2; exit 2");
    run(&case, true, 2).stderr("`three`: the command `sh three.sh 'a word'` failed, and what it says about that holds");
}

#[test]
fn an_optional_secret_that_is_there_and_wrong_is_refused() {
    let case = case(HELPER).file("keys/spare", "canary");
    std::fs::set_permissions(case.path("keys/spare"), Permissions::from_mode(0o604)).unwrap();
    run(&case, true, 2).stderr("`spare`: the file keys/spare can be read or changed");
}

#[test]
fn plan_names_the_places_and_reads_nothing() {
    let mut case = case(HELPER);
    std::fs::remove_dir_all(case.path("keys")).unwrap();
    case.then(["plan", "forms.yaml"])
        .exit(0)
        .stdout("the file keys/two")
        .stdout("the command `sh three.sh 'a word'`")
        .stdout("the file keys/spare (optional)");
    case.then(["check", "forms.yaml"]).exit(0);
    assert!(!case.path("calls.txt").exists());
}

#[test]
fn a_run_that_is_resumed_needs_its_secrets_again() {
    let waiting =
        BOOK.replace("uses: assert\n    with: {that: true}", "uses: manual\n    with: {instructions: Put it there.}");
    assert_ne!(waiting, BOOK);
    let mut case = case(HELPER).file("forms.yaml", waiting);
    run(&case, true, 4);
    let id = case.run_id();
    let elsewhere = case.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    let resume = |case: &Case| {
        let mut command = case.command();
        let state = case.path(".surefoot");
        command.args(["resume", &id, "--state-dir"]).arg(state).current_dir(&elsewhere);
        super::case::Ran::of(command.env("ONE_USER", "ana").env("ONE_PASSWORD", "canary-of-one").output().unwrap())
    };
    // A path is meant from where the run was started.
    resume(&case).exit(4);
    assert_eq!(std::fs::read_to_string(case.path("calls.txt")).unwrap(), "a word\na word\n");
    std::fs::remove_file(case.path("keys/two")).unwrap();
    resume(&case).exit(2).stderr("`two`: the file keys/two is not there");
    case.then(["status"]).exit(0);
}
