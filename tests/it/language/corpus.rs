//! Broken runbooks, each with the codes of its mistakes and where they are.
//!
//! `corpus.txt` holds a case after each line that begins with `===`: its name, the mistakes in order of place, a line of
//! dashes, and the runbook. No two cases of it are broken in the same way.

use super::mistakes;
use std::collections::BTreeSet;

const CORPUS: &str = include_str!("corpus.txt");

#[test]
fn every_broken_runbook_is_told_with_code_and_place() {
    let mut names = BTreeSet::new();
    let mut wrong = Vec::new();
    for case in CORPUS.split("=== ").skip(1) {
        let (head, text) = case.split_once("\n---\n").unwrap();
        let (name, expected) = head.split_once('\n').unwrap();
        assert!(names.insert(name), "two cases are called `{name}`");
        let found = mistakes(text);
        if found.join(" ") != expected {
            wrong.push(format!("{name}\n  expected {expected}\n  found    {}", found.join(" ")));
        }
    }
    assert!(names.len() >= 150, "there are {} cases", names.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
