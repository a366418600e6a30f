//! Commands that people are given to copy.

use super::case::{ASKING, Case, MAIN, SMALL};
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};
use surefoot::runbook::{Inputs, Renderer, compile};

/// A command that is wider than any terminal of these tests.
fn long() -> String {
    format!("aws s3api get-object --bucket b --key {} restore/neo4j.backup", "k".repeat(150))
}

fn asking() -> Case {
    let instructions =
        format!("instructions: \"Put the kettle on and wait until it whistles.\\n  {}\\nSay so.\"", long());
    Case::new().file("a.yaml", ASKING.replace("instructions: Put the kettle on.", &instructions))
}

#[test]
fn a_command_in_a_question_is_never_broken() {
    let mut case = asking();
    case.then(["run", "a.yaml"]).exit(4).stdout(&format!("  {}\n", long()));
    case.then(["status"]).exit(0).stdout(&format!("  {}\n", long()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_in_a_question_is_never_broken_on_a_terminal() {
    let case = asking();
    let mut terminal = super::terminal::Terminal::new(40);
    let mut child = terminal.command(&case, &["run", "a.yaml"]).spawn().unwrap();
    let mut seen = String::new();
    terminal.until(&mut seen, "type done, optionally followed by a note > ");
    assert!(seen.contains(&format!("  {}\r\n", long())), "{seen}");
    terminal.say("done\n");
    terminal.rest(&mut seen);
    assert_eq!(child.wait().unwrap().code(), Some(0), "{seen}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_in_a_line_is_never_broken_on_a_terminal() {
    let mut case = Case::new().file("a.yaml", ASKING);
    let mut terminal = super::terminal::Terminal::new(40);
    let mut child = terminal.command(&case, &["run", "a.yaml", "--state-dir", "a state"]).spawn().unwrap();
    let mut seen = String::new();
    terminal.until(&mut seen, "type done, optionally followed by a note > ");
    terminal.say("no\nno\nno\n");
    terminal.rest(&mut seen);
    assert_eq!(child.wait().unwrap().code(), Some(4), "{seen}");
    let status = case.then(["status", "--state-dir", "a state", "--output", "json"]).exit(0);
    let status = status.json("surefoot.status.v1");
    let command = format!("`surefoot resume {} --state-dir 'a state'`", status["run"].as_str().unwrap());
    let (lines, end) = seen.split_once("Recorded").unwrap();
    assert!(lines.contains(&command) && end.contains("surefoot resume"), "{seen}");
}

#[test]
fn the_command_that_repeats_a_failed_run_names_its_twin() {
    let (mut case, _twin) = super::unborn::with_twin(&SMALL.replace("true", "false"));
    for (run, again) in [
        (&["run", "a.yaml"][..], "run a.yaml"),
        (&["run", "a.yaml", "--twin"], "run a.yaml --twin"),
        (
            &["run", "a.yaml", "--twin", "--ask", "--speed", "900", "--seed", "7"],
            "run a.yaml --twin --ask --speed 900 --seed 7",
        ),
        (&["run", "a.yaml", "--twin=ready.json"], "READY"),
    ] {
        case = case.args([]);
        let output = case.command().args(run).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let file = std::fs::canonicalize(case.path("ready.json")).unwrap();
        let again = again.replace("READY", &format!("run a.yaml --twin={}", file.display()));
        let next = format!("Next\n  surefoot {again}\n");
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(out.contains(&next), "{next}{out}");
        case.then(["status"]).exit(0).stdout(&next);
    }
}

/// What stands where the commands of the main runbook are pasted into a shell: tools that note how they were called.
fn tools(case: &Case) {
    std::fs::create_dir(case.path("bin")).unwrap();
    let aws = "for last; do :; done; : > \"$last\"";
    for (name, end) in
        [("aws", aws), ("neo4j-admin", "printf '%s\\n' \"$NEO4J_USERNAME\" \"$NEO4J_PASSWORD\" >> called")]
    {
        let path = case.path(&format!("bin/{name}"));
        std::fs::write(&path, format!("#!/bin/sh\nprintf '%s\\n' {name} \"$@\" >> called\n{end}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// The commands that the main runbook prints for these values, run as a person would. `database` is what the backup
/// says; where it says nothing and nobody was asked, the usual name serves. `fetched` is the digest that was verified.
fn restored(case: &Case, extension: &str, version: Option<&str>, database: Option<&str>, fetched: &str) -> Output {
    let bytes = std::fs::read(MAIN).unwrap();
    let plan = compile(surefoot::kinds::catalog(), "main", &bytes, Inputs::Unknown).unwrap();
    let step = plan.steps.iter().find(|step| step.id == "restore_admin").unwrap();
    let env = case.path("path with space/it's new.env");
    let scope = json!({
        "inputs": {"database": "", "restore": "neo4j-admin"},
        "steps": {
            "recreate": {"id": "7226515c", "connection_url": "neo4j+s://7226515c.databases.neo4j.io",
                "password_file": env.to_str().unwrap()},
            "export": {"path": "/tmp/export", "extension": extension, "database": database},
            "database": {"database": version.map(|_| "4b449ce6")},
            "upload": {"bucket": "backups", "key": "a b/$(touch hit)'s.backup", "version_id": version},
            "verify": {"sha256": fetched},
        },
    });
    let inputs = Renderer::new().inputs(step.kind, &step.with, &(&scope).into()).unwrap();
    let text = inputs["instructions"].as_str().unwrap().to_owned();
    let commands: Vec<&str> = text.lines().filter(|line| line.starts_with("  ")).collect();
    assert_eq!(commands.len(), 5, "{text}");
    Command::new("sh")
        .args(["-euc", &commands.join("\n")])
        .current_dir(case.path(""))
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", case.path("bin").display()))
        .output()
        .unwrap()
}

#[test]
fn the_commands_of_the_main_runbook_do_what_they_say() {
    let cases = [
        ("backup", Some("v 1"), Some("63211822"), "63211822"),
        ("backup", Some("v 1"), None, "4b449ce6"),
        ("dump", None, None, "neo4j"),
    ];
    for (extension, version, of, name) in cases {
        let case = Case::new();
        tools(&case);
        std::fs::create_dir(case.path("path with space")).unwrap();
        std::fs::write(case.path("path with space/it's new.env"), "NEO4J_USERNAME=neo4j\nNEO4J_PASSWORD='a b'\n")
            .unwrap();
        // What is fetched is not what was verified: nothing is uploaded.
        assert!(!restored(&case, extension, version, of, &"0".repeat(64)).status.success());
        let called = std::fs::read_to_string(case.path("called")).unwrap();
        assert!(called.starts_with("aws\n") && !called.contains("neo4j-admin"), "{called}");
        std::fs::remove_file(case.path("called")).unwrap();
        let output = restored(&case, extension, version, of, &surefoot::base::Digest::of(b"").to_string());
        assert!(output.status.success(), "{output:?}");
        let version = version.map(|version| format!("--version-id\n{version}\n")).unwrap_or_default();
        let called = format!(
            "aws\ns3api\nget-object\n--bucket\nbackups\n--key\na b/$(touch hit)'s.backup\n{version}\
             restore-7226515c/{name}.{extension}\n\
             neo4j-admin\ndatabase\nupload\n{name}\n--from-path=restore-7226515c\n\
             --to-uri=neo4j+s://7226515c.databases.neo4j.io\n--overwrite-destination=true\nneo4j\na b\n"
        );
        assert_eq!(std::fs::read_to_string(case.path("called")).unwrap(), called);
        assert!(case.path(&format!("restore-7226515c/{name}.{extension}")).is_file() && !case.path("hit").exists());
    }
}
