//! Lengths, words and attributes that are not wanted, and the few places that may do what others may not.

use super::none;
use super::rust::{bare, is_word, tokens};
use super::tree::{File, all, below};
use std::collections::BTreeSet;

/// Longest file, in lines.
const FILE_LINES: usize = 450;

/// Longest line of a Rust file, in characters; tests hold bodies and lines as they are.
const LINE_CHARS: usize = 120;

/// Words that say that something is unfinished. They are put together here, so that this file passes its own test.
const UNFINISHED: [&str; 7] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("unimple", "mented!"),
    concat!("to", "do!"),
    concat!("for", " now"),
    concat!("place", "holder"),
];

/// Attributes that switch a test or a lint off.
const SWITCHES: [&str; 4] =
    [concat!("#[ig", "nore"), concat!("should_", "panic"), concat!("#[al", "low("), concat!("#![al", "low(")];

/// Hosts of package registries, and where the files of one machine lie. `/home/alice` is nobody's.
const ELSEWHERE: [&str; 9] = [
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("proxy.golang", ".org"),
    concat!("/wor", "k/"),
    concat!("/roo", "t/"),
    concat!("/hom", "e/"),
];

/// The files that read secrets in clear. Each of them answers for where the content goes; a new one is a decision.
const EXPOSERS: &[&str] = &[
    "src/kinds/command/perform.rs",
    "src/kinds/http/exchange.rs",
    "src/kinds/seal.rs",
    "src/kinds/sink.rs",
    "src/kinds/private.rs",
    "src/kinds/env/file.rs",
    "src/kinds/notify/webhook/perform.rs",
    "src/kinds/secret/store/perform.rs",
    "src/kinds/vault.rs",
    "src/adapter/age.rs",
    "src/adapter/commands/filter.rs",
    "src/adapter/commands/shim.rs",
    "src/adapter/commands/wire.rs",
    "src/adapter/http.rs",
    "src/adapter/objects/mod.rs",
    "src/kinds/aura/client/body.rs",
    "src/kinds/aura/client/classify.rs",
    "src/kinds/aura/client/api.rs",
    "src/kinds/aura/client/error.rs",
    "src/kinds/aura/client/query.rs",
    "src/kinds/aura/client/token.rs",
    "src/base/secret_scanner.rs",
    "src/ops/clock.rs",
    "src/ops/keys.rs",
    "src/simulate/person.rs",
    "src/simulate/sealer.rs",
    "src/simulate/sim_network.rs",
    "src/twin_server/ready.rs",
    "src/twin_server/s3/mod.rs",
    "src/twin/aura/view.rs",
    "src/twin/auth.rs",
    "src/twin/instance.rs",
];

/// Where a batch is made durable, and where the token that says so is declared.
const COMMITTERS: [&str; 2] = ["src/journal/", "src/port/log.rs"];

/// The places where a text holds one of these words, as whole words.
fn places(files: &[File], wanted: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for (number, line) in file.lines() {
            let held = wanted.iter().filter(|word| holds(line, word));
            found.extend(held.map(|word| format!("{}:{number}: {word}", file.path)));
        }
    }
    found
}

fn holds(line: &str, word: &str) -> bool {
    // Capitals are part of a word that is all capitals: in small letters it is something else.
    let shouts = word.chars().all(|one| one.is_ascii_uppercase());
    let line = if shouts { line.to_owned() } else { line.to_lowercase() };
    let edge = |one: Option<char>| !one.is_some_and(is_word);
    let (opens, closes) = (word.starts_with(is_word), word.ends_with(is_word));
    line.match_indices(word).any(|(at, _)| {
        (!opens || edge(line[..at].chars().next_back())) && (!closes || edge(line[at + word.len()..].chars().next()))
    })
}

/// The Rust files whose code, not its comments, calls a method or function of this name, with the lines.
fn callers(files: &[File], name: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for file in files {
        let bare = bare(&file.text);
        let tokens = tokens(&bare);
        for pair in tokens.windows(2).filter(|pair| matches!(pair[0].text, "." | "::") && pair[1].text == name) {
            found.push((file.path.clone(), pair[1].line));
        }
    }
    found
}

#[test]
fn files_are_short() {
    let files = ["src", "tests", "benches"].iter().flat_map(|dir| below(dir, "rs"));
    let long = files.map(|file| (file.text.lines().count(), file.path));
    let long = long.filter(|(lines, _)| *lines > FILE_LINES).map(|(lines, path)| format!("{path}: {lines} lines"));
    none(&format!("files of more than {FILE_LINES} lines; split them by noun"), &long.collect::<Vec<_>>());
}

#[test]
fn lines_are_short() {
    let mut long = Vec::new();
    for file in ["src", "benches"].iter().flat_map(|dir| below(dir, "rs")) {
        let lines = file.lines().map(|(number, line)| (number, line.chars().count()));
        long.extend(
            lines.filter(|(_, len)| *len > LINE_CHARS).map(|(number, len)| format!("{}:{number}: {len}", file.path)),
        );
    }
    none(&format!("lines of more than {LINE_CHARS} characters"), &long);
}

#[test]
fn nothing_says_that_it_is_unfinished() {
    none("words that say that something is unfinished", &places(&all(), &UNFINISHED));
    let text = concat!("a ", "TO", "DO", "\nfor", " now\nbefore nowhere, to", "do.next()\nplace", "holders").to_owned();
    let found = places(&[File { path: "x".to_owned(), text }], &UNFINISHED);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn no_test_and_no_lint_is_switched_off() {
    let rust: Vec<File> = ["src", "tests", "benches"].iter().flat_map(|dir| below(dir, "rs")).collect();
    let found: Vec<String> = rust
        .iter()
        .flat_map(|file| file.lines().map(move |(number, line)| (file, number, line)))
        .filter(|(_, _, line)| SWITCHES.iter().any(|switch| line.contains(switch)))
        .map(|(file, number, line)| format!("{}:{number}: {}", file.path, line.trim()))
        .collect();
    none("switched off; fix it, or expect the lint with a reason", &found);
}

#[test]
fn nothing_names_a_machine_or_a_registry() {
    let alice = concat!("/hom", "e/alice");
    let files: Vec<File> =
        all().into_iter().map(|file| File { text: file.text.replace(alice, ""), path: file.path }).collect();
    none("names of registries and paths of one machine", &places(&files, &ELSEWHERE));
}

#[test]
fn only_the_journal_says_that_a_batch_is_durable() {
    let calls = callers(&below("src", "rs"), "after_sync").into_iter();
    let foreign = calls.filter(|(path, _)| !COMMITTERS.iter().any(|lawful| path.starts_with(lawful)));
    let foreign: Vec<String> = foreign.map(|(path, line)| format!("{path}:{line}")).collect();
    none("`Committed` is made outside the journal", &foreign);
}

#[test]
fn the_readers_of_secrets_are_known() {
    let found: BTreeSet<String> = callers(&below("src", "rs"), "expose").into_iter().map(|(path, _)| path).collect();
    let known: BTreeSet<String> = EXPOSERS.iter().map(|path| (*path).to_owned()).collect();
    let changes: Vec<&String> = found.symmetric_difference(&known).collect();
    assert!(changes.is_empty(), "EXPOSERS in tests/it/tidy/words.rs does not name exactly these: {changes:?}");
}
