//! Where the secrets of a command are not, and what stands in its environment.

use super::book::{folder, lines, run_dir, runbook, script, step, until};
use crate::support::binary::{Folder, TOKEN};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A script that has the secret and shows it in every way that a careless program does.
const CARELESS: &str = "read -r given; echo \"$TOKEN\"; echo \"$given\" >&2; printf '%s' \"$TOKEN\" | base64; \
                        printf '%s' \"$TOKEN\" | od -An -tx1 | tr -d ' \\n'; echo start >> ran; \
                        until test -e go; do sleep 0.05; done; echo \"[$given]\"; echo \"$TOKEN\" >&2";

const GIVEN: &str = "env: {TOKEN: \"{{ secrets.ops.token }}\"}\nstdin: \"{{ secrets.ops.token }}\\n\"";

fn with_secret(text: &str) -> Folder {
    folder(&text.replace("steps:", "secrets: {ops: {env: {token: OPS_TOKEN}}}\nsteps:"))
}

/// The processes that hold the secret in this file of `/proc`, whose text also holds `mark`.
fn processes_with(file: &str, mark: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok).map(|entry| entry.path());
    let has = |dir: &PathBuf| {
        let text = std::fs::read(dir.join(file)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        text.contains(TOKEN) && text.contains(mark)
    };
    all.filter(has).collect()
}

/// What the processes under a directory are: their command lines.
fn command_lines(dir: &Path) -> Vec<String> {
    let all = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok).map(|entry| entry.path());
    let read = |file: PathBuf| String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).replace('\0', " ");
    let is_ours = |process: &PathBuf| std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == dir);
    all.filter(is_ours).map(|process| read(process.join("cmdline"))).collect()
}

#[test]
fn a_secret_stands_nowhere_but_in_the_program_that_is_given_it() {
    let folder = with_secret(&script(CARELESS, GIVEN, ""));
    let process = folder.spawn(&["run", "book.yaml"]);
    until("a start", || (lines(&folder, "ran").len() == 1).then_some(()));
    let here = folder.path("").canonicalize().unwrap();
    let running = command_lines(&here);
    assert!(running.len() >= 2 && running.iter().any(|line| line.starts_with("sh -c")), "{running:?}");
    assert_eq!(processes_with("cmdline", ""), [] as [PathBuf; 0]);
    // surefoot has it from its own environment, the program and its children from the step; the shim does not.
    let shims = processes_with("environ", "");
    let is_shim = |dir: &&PathBuf| {
        String::from_utf8_lossy(&std::fs::read(dir.join("cmdline")).unwrap_or_default()).contains("command-shim")
    };
    assert_eq!(shims.iter().find(is_shim), None);
    folder.assert_secret_kept(&[]);
    std::fs::write(folder.path("go"), "").unwrap();
    let ran = process.wait_with_output().unwrap();
    assert!(ran.status.success());
    let [out, err] = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    let run = folder.run_id().unwrap();
    let pages = [
        folder.call(&["status"]),
        folder.call(&["status", "--output", "json"]),
        folder.call(&["show", &run]),
        folder.call(&["plan", "book.yaml"]),
        folder.call(&["audit", "verify", &run]),
    ];
    let mut printed = vec![out.as_str(), err.as_str()];
    printed.extend(pages.iter().flat_map(|page| [page.out.as_str(), page.err.as_str()]));
    folder.assert_secret_kept(&printed);
    let output = step(&folder)["output"].clone();
    // The last letter of base64 also depends on where the text ends; it holds two bits of the last one.
    assert_eq!(output["stdout"], "[secret]\n[secret]g==\n[secret][[secret]]\n", "{output:#}");
    assert_eq!(output["stderr"], "[secret]\n[secret]\n");
    // Neither in another form.
    let forms = [hex::encode(TOKEN), TOKEN.chars().rev().collect()];
    let kept = std::fs::read_to_string(run_dir(&folder).unwrap().join("commands/work-1/stdout")).unwrap();
    assert!(forms.iter().all(|form| !kept.contains(form.as_str())), "{kept}");
}

#[test]
fn a_command_whose_surefoot_was_killed_still_hides_it() {
    let folder = with_secret(&script(CARELESS, GIVEN, ""));
    let mut process = folder.spawn(&["run", "book.yaml"]);
    until("a start", || (lines(&folder, "ran").len() == 1).then_some(()));
    process.kill().unwrap();
    process.wait().unwrap();
    std::fs::write(folder.path("go"), "").unwrap();
    let ran = folder.call(&["resume"]).exit(0);
    assert_eq!(step(&folder)["output"]["settled_by"], "receipt");
    folder.assert_secret_kept(&[&ran.out, &ran.err]);
}

#[test]
fn its_last_words_in_a_message_hide_it() {
    let folder = with_secret(&script("echo \"cannot log in with $TOKEN\" >&2; exit 1", GIVEN, ""));
    let ran = folder.call(&["run", "book.yaml"]).exit(9).says("cannot log in with [secret]");
    folder.assert_secret_kept(&[&ran.out, &ran.err]);
}

#[test]
fn a_secret_in_an_argument_is_refused_on_paper() {
    let folder = with_secret(&runbook("[curl, -u, \"ops:{{ secrets.ops.token }}\", db]", "", ""));
    let ran = folder.call(&["check", "book.yaml"]).exit(3).says("book.yaml:").says("argv");
    folder.assert_secret_kept(&[&ran.out, &ran.err]);
    folder.call(&["run", "book.yaml"]).exit(3);
    assert!(folder.run_id().is_none());
}

#[test]
fn its_environment_holds_what_is_documented_and_what_the_step_names() {
    let more = "env: {COLOUR: blue, TOKEN: \"{{ secrets.ops.token }}\"}";
    let folder = with_secret(&runbook("[env]", more, "")).env("AWS_SECRET_ACCESS_KEY", "of-somebody").env("LANG", "de");
    let folder = folder.env("HOME", "/nowhere").env("LD_PRELOAD", "");
    folder.call(&["run", "book.yaml"]).exit(0);
    let output = step(&folder)["output"]["stdout"].as_str().unwrap().to_owned();
    let names: BTreeSet<&str> = output.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    assert_eq!(names, ["COLOUR", "HOME", "LANG", "PATH", "TOKEN"].into());
    assert!(output.contains("COLOUR=blue\n") && output.contains("TOKEN=[secret]\n"), "{output}");
    assert!(output.contains("HOME=/nowhere\n") && output.contains("LANG=de\n"), "{output}");
}
