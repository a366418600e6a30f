//! Help, usage and the exit codes are part of the interface: a changed word shows in review.

use super::case::{Case, Ran};
use std::fmt::Write as _;

const COMMANDS: &[&[&str]] = &[
    &[],
    &["init"],
    &["check"],
    &["fmt"],
    &["plan"],
    &["window"],
    &["rehearse"],
    &["test"],
    &["run"],
    &["exec"],
    &["resume"],
    &["status"],
    &["runs"],
    &["graph"],
    &["answer"],
    &["resolve"],
    &["pause"],
    &["cancel"],
    &["secret"],
    &["secret", "deliver"],
    &["twin"],
    &["kinds"],
    &["schema"],
    &["explain"],
    &["keys"],
    &["keys", "init"],
    &["keys", "show"],
    &["audit"],
    &["audit", "verify"],
    &["completions"],
    &["man"],
    &["help"],
];

#[test]
fn the_reference_of_all_commands() {
    let mut case = Case::new();
    let mut reference = String::new();
    for words in COMMANDS {
        let mut command = case.command();
        let ran = Ran::of(command.arg("help").args(*words).output().unwrap()).exit(0).silent();
        writeln!(reference, "# surefoot {}\n\n{}", words.join(" "), ran.out).unwrap();
    }
    insta::assert_snapshot!(reference);
    let listed = case.then(["--help"]).exit(0).out;
    let section = listed.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let top: Vec<&str> = COMMANDS.iter().filter(|words| words.len() == 1).map(|words| words[0]).collect();
    let named: Vec<&str> =
        section.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).filter(|word| !word.is_empty()).collect();
    assert_eq!(named, top);
}

#[test]
fn the_common_options_stand_on_the_first_page_and_every_other_page_points_there() {
    let first = Case::new().args(["--help"]).run().exit(0).out;
    let common = ["--state-dir", "--audit-dir", "--output", "--quiet", "--verbose", "--color"];
    for option in common {
        assert!(first.contains(option), "{first}");
    }
    for words in COMMANDS.iter().filter(|words| !words.is_empty()) {
        for flag in ["-h", "--help"] {
            let page = Ran::of(Case::new().command().args(*words).arg(flag).output().unwrap()).exit(0).out;
            assert!(page.contains("Run `surefoot --help`"), "{page}");
            let options = page.split("Options:").nth(1).unwrap();
            let listed = options.lines().filter(|line| common.iter().any(|option| line.trim().starts_with(option)));
            assert_eq!(listed.count(), 0, "{page}");
        }
    }
}

#[test]
fn the_short_help_of_a_command_fits_a_small_terminal() {
    for words in COMMANDS.iter().filter(|words| !words.is_empty()) {
        let page = Ran::of(Case::new().command().args(*words).arg("-h").output().unwrap()).exit(0).out;
        assert!(page.lines().count() <= 25, "{page}");
    }
}

#[test]
fn a_common_option_works_before_and_after_the_command() {
    let with = |args: &[&str]| Ran::of(Case::new().command().args(args).output().unwrap()).exit(0).out;
    let json = with(&["kinds", "--output", "json"]);
    assert!(json.contains("surefoot.kinds.v1"), "{json}");
    assert_eq!(with(&["--output", "json", "kinds"]), json);
    let coloured = with(&["kinds", "--color", "always"]);
    assert!(coloured.contains('\u{1b}'), "{coloured}");
    assert_eq!(with(&["--color=always", "kinds"]), coloured);
    let text = with(&["kinds"]);
    for option in ["--state-dir=elsewhere", "--audit-dir=elsewhere", "-q", "--quiet", "-v", "--verbose"] {
        assert_eq!(with(&[option, "kinds"]), text);
        assert_eq!(with(&["kinds", option]), text);
    }
    for args in [["--state-dir", "nowhere", "keys", "show"], ["keys", "--state-dir", "nowhere", "show"]] {
        Case::new().args(args).run().exit(2).stderr("nowhere");
    }
    Case::new().args(["keys", "show", "--state-dir", "nowhere"]).run().exit(2).stderr("nowhere");
}

#[test]
fn every_page_of_help_fits_a_hundred_columns() {
    for words in COMMANDS {
        let ran = Ran::of(Case::new().command().args(*words).arg("--help").output().unwrap()).exit(0);
        for line in ran.out.lines().filter(|line| !line.starts_with("  surefoot") && !line.starts_with("Example")) {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}

#[test]
fn the_exit_codes() {
    let ran = Case::new().args(["help", "exit-codes"]).run().exit(0).silent();
    insta::assert_snapshot!(ran.out);
    let json = Case::new().args(["help", "exit-codes", "--output", "json"]).run().exit(0);
    let codes = json.json("surefoot.exit-codes.v1")["codes"].as_array().unwrap().clone();
    let codes: Vec<_> = codes.iter().map(|row| row["code"].as_u64().unwrap()).collect();
    assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 70]);
}

#[test]
fn the_version() {
    let ran = Case::new().args(["--version"]).run().exit(0).silent();
    assert_eq!(ran.out, format!("surefoot {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn what_is_not_understood_ends_with_2() {
    Case::new().run().exit(2).stderr("Usage: surefoot");
    Case::new().args(["frobnicate"]).run().exit(2).stderr("unrecognized subcommand 'frobnicate'");
    Case::new().args(["staus"]).run().exit(2).stderr("'status'");
    Case::new().args(["run", "a.yaml", "--yes"]).run().exit(2).stderr("unexpected argument '--yes'");
    Case::new().args(["run", "a.yaml", "--speed", "3"]).run().exit(2).stderr("--twin");
    Case::new().args(["run", "a.yaml", "-i", "novalue"]).run().exit(2).stderr("KEY=VALUE");
    Case::new().args(["resume", "--set", "x=1"]).run().exit(2).stderr("STEP.FIELD=VALUE");
    Case::new().args(["resolve", "r", "s", "maybe", "--because", "I saw it"]).run().exit(2).stderr("not-applied");
    Case::new()
        .args(["graph", "r", "--format", "png"])
        .run()
        .exit(2)
        .stderr("[possible values: text, svg, dot, mermaid]");
    Case::new().args(["audit", "verify", "x", "--require", "much"]).run().exit(2).stderr("anchored");
    Case::new().args(["help", "nothing"]).run().exit(2).stderr("no help for `nothing`");
    Case::new().args(["check", "--quiet", "-v", "a.yaml"]).run().exit(2).stderr("cannot be used with");
}

#[test]
fn a_misunderstanding_is_one_json_document_too() {
    for args in [["frobnicate", "--output", "json"], ["--output=json", "check", "--nonsense"]] {
        let ran = Case::new().args(args).run().exit(2);
        let document = ran.json("surefoot.error.v1");
        assert_eq!(document["exit"], 2);
    }
}
