//! What other programs get of the command line: completions for shells and the manual.

use super::case::Case;
use std::process::{Command, Stdio};

/// The commands, as the first page of the help lists them.
fn commands() -> Vec<String> {
    let page = Case::new().args(["--help"]).run().exit(0).out;
    let section = page.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = section.filter_map(|line| line.strip_prefix("  ")?.split(' ').next().map(str::to_owned));
    names.filter(|name| !name.is_empty()).collect()
}

#[test]
fn completions_know_every_command_and_its_options() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = Case::new().args(["completions", shell]).run().exit(0).silent().out;
        for name in commands() {
            assert!(script.contains(&name), "{shell} does not know {name}");
        }
        for word in ["deliver", "format", "audit-dir"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
        assert!(!script.contains(surefoot::ops::SHIM), "{shell} knows what nobody types");
    }
    Case::new()
        .args(["completions", "dos"])
        .run()
        .exit(2)
        .stderr("possible values: bash, elvish, fish, powershell, zsh");
}

#[test]
fn bash_completes_a_command_an_option_and_a_value() {
    let mut case = Case::new();
    let script = case.then(["completions", "bash"]).exit(0).out;
    let complete = |words: &str| {
        let ask = format!(
            "{script}\nCOMP_WORDS=({words})\nCOMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n_surefoot surefoot \
             \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
        );
        let output = Command::new("bash").arg("-c").arg(ask).stdin(Stdio::null()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(complete("surefoot gra"), ["graph"]);
    assert_eq!(complete("surefoot graph --form"), ["--format"]);
    assert_eq!(complete("surefoot graph --format s"), ["svg"]);
    assert_eq!(complete("surefoot secret del"), ["deliver"]);
}

#[test]
fn the_manual_describes_every_command_and_the_exit_codes() {
    let page = Case::new().args(["man"]).run().exit(0).silent().out;
    assert!(page.contains("\n.TH SUREFOOT 1"), "{page}");
    for name in commands() {
        let heading = format!("\n.SH \"SUREFOOT {}\"\n", name.to_uppercase());
        assert_eq!(page.matches(&heading).count(), 1, "{name}");
    }
    for part in [
        ".SH \"SUREFOOT SECRET DELIVER\"",
        ".SH \"EXIT STATUS\"",
        ".SS OPTIONS",
        "\\-\\-state\\-dir",
        "surefoot resolve",
    ] {
        assert!(page.contains(part), "{part} is not there");
    }
    // What nobody types stands nowhere.
    assert!(!page.contains(surefoot::ops::SHIM), "{page}");
}
