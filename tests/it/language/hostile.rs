//! Files that no honest person writes: each gets a clear answer, quickly, and never a panic.

use super::generate;
use super::{mistakes, mistakes_in};
use surefoot::runbook::{Inputs, compile};

fn bytes(bytes: &[u8]) -> Vec<String> {
    mistakes_in(bytes, Inputs::Unknown)
}

#[test]
fn what_is_not_text_is_said_to_be_none() {
    assert_eq!(bytes(b"\xff\xfer\0u\0n\0"), ["SF001"]);
    assert_eq!(bytes(b"\xfe\xff\0r"), ["SF001"]);
    assert_eq!(bytes(b"runbook: caf\xe9\n"), ["SF001"]);
    assert_eq!(bytes(b"\x7fELF\x02\x01\x01\0"), ["SF001@1:1"]);
    assert_eq!(bytes(b"PK\x03\x04"), ["SF001@1:3"]);
    assert_eq!(bytes(b"a: \x1b[2J\n"), ["SF001@1:4"]);
    assert_eq!(mistakes("a: é\u{9b}2J\n"), ["SF001@1:5"]);
    assert_eq!(mistakes("a: \u{7f}\n"), ["SF001@1:4"]);
}

#[test]
fn nothing_is_nothing() {
    for nothing in ["", "\n\n", "# only a comment\n", "   ", "\u{feff}"] {
        assert_eq!(mistakes(nothing), ["SF002"], "{nothing:?}");
    }
    assert_eq!(mistakes("---\n"), ["SF012@1:4"]);
}

#[test]
fn windows_files_are_read_like_others() {
    let text = "runbook: case\nversion: 1.0.0\nsteps:\n  - id: one\n    uses: assert\n    with: {that: true, message: \"{{ run.nope }}\"}\n";
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(mistakes(&windows), ["SF021@6:37"]);
    let shown = compile(surefoot::kinds::catalog(), "case.yaml", windows.as_bytes(), Inputs::Unknown)
        .unwrap_err()
        .render(false);
    assert!(!shown.contains('\r') && !shown.contains("\\u{d}"), "{shown}");
}

#[test]
fn tabs_are_named() {
    assert_eq!(mistakes("runbook: case\nsteps:\n\t- id: one\n"), ["SF005@3:1"]);
    assert_eq!(mistakes("runbook: case\nsteps:\n  - id: one\n\t  uses: assert\n"), ["SF005@4:1"]);
}

#[test]
fn limits_hold() {
    let large = vec![b'#'; (16 << 20) + 1];
    assert_eq!(bytes(&large), ["SF003"]);
    let deep = format!("a: {}{}\n", "[".repeat(5000), "]".repeat(5000));
    let found = mistakes(&deep);
    assert!(found.len() == 1 && found[0].starts_with("SF003@1:"), "{found:?}");
    let indented: String = (0..200).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(mistakes(&indented)[0].starts_with("SF003@"), "{:?}", mistakes(&indented));
    let steps = format!("runbook: case\nversion: 1.0.0\nsteps:\n{}", "- 1\n".repeat(100_001));
    assert_eq!(mistakes(&steps), ["SF003@4:3"]);
}

#[test]
fn alias_bombs_do_not_go_off() {
    let mut bomb = "a0: &a0 [x]\n".to_owned();
    for level in 1..40 {
        bomb.push_str(&format!("a{level}: &a{level} [*a{0}, *a{0}, *a{0}, *a{0}]\n", level - 1));
    }
    let found = mistakes(&bomb);
    assert!(found.iter().filter(|found| found.starts_with("SF006@")).count() > 100, "{found:?}");
}

#[test]
fn a_huge_line_is_shown_in_part() {
    let text = format!("runbook: case\nversion: 1.0.0\nsteps: [{}{{id: one, uses: asert}}]\n", " ".repeat(1 << 20));
    let shown = compile(surefoot::kinds::catalog(), "case.yaml", text.as_bytes(), Inputs::Unknown)
        .unwrap_err()
        .render_within(false, 40);
    assert!(shown.lines().filter(|line| line.contains('|')).all(|line| line.chars().count() <= 40), "{shown}");
    assert!(shown.contains("asert"), "{shown}");
}

#[test]
fn a_file_full_of_mistakes_is_cut_short_and_counted() {
    let text =
        format!("runbook: case\nversion: 1.0.0\nsteps:\n{}", "- {id: a, usess: assert, wiht: {}}\n".repeat(5_000));
    let found = compile(surefoot::kinds::catalog(), "case.yaml", text.as_bytes(), Inputs::Unknown).unwrap_err();
    assert_eq!(found.iter().count(), 200);
    assert!(found.count() > 5_000);
    assert!(found.render(false).contains("not shown"));
}

#[test]
fn ten_thousand_steps_are_checked() {
    assert_eq!(mistakes(&generate::runbook(10_000)), Vec::<String>::new());
    let chain = generate::chain(4_000);
    assert_eq!(mistakes(&chain), Vec::<String>::new());
    let ring = chain.replacen("uses: assert", "uses: assert\n    needs: [s3999]", 1);
    assert_eq!(mistakes(&ring).len(), 1);
}
