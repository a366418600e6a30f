//! Commands that cannot be executed: the message says what is wrong, where, and what to do, and nothing was executed.

use super::book::{attempt, folder, run_dir, runbook, step};
use crate::support::binary::Folder;
use std::os::unix::fs::PermissionsExt as _;

/// What to do about a program that could not be executed.
const REMEDY: &str = "check the program, its permissions and the working directory";

/// A folder with files that are no programs.
fn with_files(text: &str) -> Folder {
    let folder = folder(text).file("plain", "#!/bin/sh\necho never > ran\n").file("strange", "#!/no/such/shell\n");
    std::fs::set_permissions(folder.path("strange"), std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::create_dir(folder.path("place")).unwrap();
    folder
}

#[test]
fn what_cannot_be_executed_fails_with_its_reason_and_a_remedy() {
    let cases = [
        ("[no-such-program]", "", "no such program in PATH: no-such-program"),
        ("[./missing, x]", "", "no such program: ./missing"),
        ("[./plain]", "", "./plain is not executable"),
        ("[./place]", "", "./place is a directory"),
        ("[./strange]", "", "./strange needs an interpreter that does not exist"),
        ("[\"true\"]", "cwd: elsewhere", "/elsewhere does not exist"),
        ("[\"true\"]", "cwd: plain", "/plain: Not a directory"),
    ];
    for (argv, with, why) in cases {
        let folder = with_files(&runbook(argv, with, ""));
        let ran =
            folder.call(&["run", "book.yaml"]).exit(1).says("step `work` started nothing:").says(why).says(REMEDY);
        assert!(ran.out.contains("surefoot run book.yaml"), "what comes next:\n{}", ran.out);
        let step = step(&folder);
        assert_eq!(step["status"], "failed", "{step:#}");
        assert_eq!(step["effects"][0]["outcome"], "not_sent", "{step:#}");
        assert!(!folder.path("ran").exists());
        assert!(run_dir(&folder).is_some() && !attempt(&folder, 2).exists(), "it is not tried again by itself");
    }
}

#[test]
fn a_held_step_is_run_once_the_mistake_is_mended() {
    let folder = with_files(&runbook("[./plain]", "", "on_failure: hold"));
    folder.call(&["run", "book.yaml"]).exit(4).says("./plain is not executable").says(REMEDY);
    std::fs::set_permissions(folder.path("plain"), std::fs::Permissions::from_mode(0o700)).unwrap();
    folder.call(&["resume"]).exit(0);
    assert_eq!(super::book::lines(&folder, "ran"), ["never"]);
}

#[test]
fn a_mistake_of_the_runbook_is_told_with_its_place() {
    let cases = [
        ("sh", "", "book.yaml:8:13", "`argv` must be a list"),
        ("[sh, \"{{ secrets.ops.token }}\"]", "", "book.yaml:", "secret"),
        ("[\"true\"]", "timeout: 5m", "book.yaml:9:", "timeout"),
        ("[\"true\"]", "parse: xml", "book.yaml:9:", "xml"),
        ("[\"true\"]", "max_output: much", "book.yaml:9:", "much"),
    ];
    for (argv, with, place, what) in cases {
        let text = runbook(argv, with, "").replace("steps:", "secrets: {ops: {env: {token: OPS_TOKEN}}}\nsteps:");
        let text = if argv.contains("secrets") { text } else { runbook(argv, with, "") };
        let folder = folder(&text);
        folder.call(&["check", "book.yaml"]).exit(3).says(place).says(what);
        assert!(folder.run_id().is_none());
    }
    let cases = [
        ("[]", "", "`argv` is a list of texts that begins with the program"),
        ("[\"true\"]", "expect: {exit_code: zero}", "`expect.exit_code` is a list of exit codes"),
        ("[\"true\"]", "expect: {status: [0]}", "`expect` has no `status`; it has `exit_code`"),
        ("[\"true\"]", "env: {A=B: c}", "`env` cannot have a variable \"A=B\""),
    ];
    for (argv, with, why) in cases {
        let folder = folder(&runbook(argv, with, ""));
        folder.call(&["run", "book.yaml"]).exit(1).says(why).says("step `work` (command)");
        assert!(!attempt(&folder, 1).exists(), "nothing was started: {why}");
    }
}
