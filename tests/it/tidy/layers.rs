//! Arrows between the top-level modules, and no rings among files.

use super::modules::{Path, needs, rings};
use super::none;
use super::rust::{bare, tokens};
use super::tree::{File, below, read};
use std::collections::BTreeSet;

/// Which module may use which, from the bottom up: what a module uses stands above it here. ARCHITECTURE.md shows the
/// same list.
const ARROWS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("calendar", &["base"]),
    ("runbook", &["base", "calendar"]),
    ("engine", &["base", "calendar", "runbook"]),
    ("record", &["base", "engine"]),
    ("audit", &["base", "record"]),
    ("port", &["base", "engine"]),
    ("kinds", &["base", "engine", "port", "runbook"]),
    ("driver", &["base", "engine", "port"]),
    ("journal", &["base", "engine", "port", "record"]),
    ("twin", &["base"]),
    ("report", &["audit", "base", "calendar", "engine", "runbook"]),
    ("simulate", &["base", "calendar", "driver", "engine", "journal", "kinds", "port", "report", "runbook", "twin"]),
    ("adapter", &["base", "engine", "port"]),
    ("twin_server", &["base", "twin"]),
    (
        "ops",
        &[
            "adapter",
            "audit",
            "base",
            "calendar",
            "driver",
            "engine",
            "journal",
            "kinds",
            "port",
            "report",
            "runbook",
            "simulate",
            "twin",
            "twin_server",
        ],
    ),
    ("cli", &["base", "ops", "port", "report"]),
    ("main", &["cli"]),
];

/// What decides and never acts.
const CORE: [&str; 6] = ["base", "calendar", "runbook", "engine", "record", "audit"];

/// What of `std` is the outside; clocks and randomness are banned everywhere by `.clippy.toml`.
const OUTSIDE: [&str; 6] = ["env", "fs", "net", "os", "process", "thread"];

/// The switch of the bugs on purpose: a debug build has it, a release build has not.
const SWITCH: &str = "src/base/planted_bug.rs";

/// What lets a global change.
const CHANGING: [&str; 7] = ["mut", "Mutex", "RwLock", "OnceLock", "Cell", "OnceCell", "RefCell"];

/// Needs between top-level modules: from, to, and where.
fn between(files: &[File]) -> BTreeSet<(String, String, String)> {
    let crossing = needs(files).into_iter().filter_map(|need| {
        let (from, to) = (need.from.first()?.clone(), need.written.first()?.clone());
        (from != to).then(|| (from, to, format!("{}:{}", need.file, need.line)))
    });
    crossing.collect()
}

fn wrong_arrows(files: &[File]) -> Vec<String> {
    let allowed = |from: &str, to: &str| ARROWS.iter().any(|(name, targets)| *name == from && targets.contains(&to));
    let crossing = between(files).into_iter().filter(|(from, to, _)| !allowed(from, to));
    crossing.map(|(from, to, place)| format!("{place}: {from} -> {to}")).collect()
}

fn file_rings(files: &[File]) -> Vec<String> {
    let needs = needs(files);
    let edges: BTreeSet<(Path, Path)> = needs.iter().map(|need| (need.from.clone(), need.to.clone())).collect();
    let mut told = Vec::new();
    for ring in rings(&edges) {
        let inside = needs.iter().filter(|need| ring.contains(&need.from) && ring.contains(&need.to));
        told.extend(inside.map(|n| format!("{}:{}: {} -> {}", n.file, n.line, n.from.join("::"), n.to.join("::"))));
    }
    told
}

#[test]
fn arrows_point_downwards() {
    none("modules use others that they may not use", &wrong_arrows(&below("src", "rs")));
}

#[test]
fn every_arrow_is_used() {
    let used: BTreeSet<(String, String)> =
        between(&below("src", "rs")).into_iter().map(|(from, to, _)| (from, to)).collect();
    let listed = ARROWS.iter().flat_map(|(from, targets)| targets.iter().map(move |to| (*from, *to)));
    let unused = listed.filter(|(from, to)| !used.contains(&((*from).to_owned(), (*to).to_owned())));
    let unused: Vec<String> = unused.map(|(from, to)| format!("{from} -> {to}")).collect();
    none("arrows of tests/it/tidy/layers.rs that no file needs any longer", &unused);
}

#[test]
fn the_arrows_have_no_ring_and_name_every_module() {
    let mut above: Vec<&str> = Vec::new();
    for (name, targets) in ARROWS {
        for target in *targets {
            assert!(above.contains(target), "{name} -> {target}: a module uses only those that stand above it");
        }
        above.push(name);
    }
    let found: BTreeSet<String> =
        below("src", "rs").iter().filter_map(|file| super::modules::module_of(&file.path).first().cloned()).collect();
    assert_eq!(found, above.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn the_architecture_shows_these_arrows() {
    let page = read("ARCHITECTURE.md");
    let block = page.split("```arrows\n").nth(1).and_then(|rest| rest.split("```").next());
    let shown: Vec<&str> = block.expect("ARCHITECTURE.md has a block of arrows").lines().collect();
    let wanted: Vec<String> = ARROWS
        .iter()
        .map(|(name, targets)| {
            format!("{name:8} -> {}", if targets.is_empty() { "(nothing)".to_owned() } else { targets.join(" ") })
        })
        .collect();
    assert_eq!(shown, wanted, "the block should be:\n{}\n", wanted.join("\n"));
}

/// Where a file reaches outside, or has a global that can change.
fn reaches(file: &File) -> Vec<String> {
    let bare = bare(&file.text);
    let tokens = tokens(&bare);
    let before = |at: usize, back: usize| at.checked_sub(back).and_then(|at| tokens.get(at)).map_or("", |one| one.text);
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let is_outside = OUTSIDE.contains(&token.text) && before(at, 1) == "::" && before(at, 2) == "std";
        let declared = tokens[at..].iter().map(|one| one.text).take_while(|text| !matches!(*text, "=" | ";"));
        let is_static = token.text == "static" && before(at, 1) != "'";
        let is_global = is_static && declared.into_iter().any(|text| CHANGING.contains(&text));
        if is_outside || is_global || token.text == "thread_local" {
            found.push(format!("{}:{}: {}", file.path, token.line, token.text));
        }
    }
    found
}

#[test]
fn the_core_reaches_for_nothing() {
    let core = CORE.iter().flat_map(|name| below(&format!("src/{name}"), "rs"));
    let found: Vec<String> = core.filter(|file| file.path != SWITCH).flat_map(|file| reaches(&file)).collect();
    assert!(read(SWITCH).contains("#[cfg(debug_assertions)]\nthread_local!"), "a release build has no switch");
    none("the core reaches for the outside, or remembers something between two runs", &found);
    let text =
        "use std::fs;\nstatic A: Mutex<u8> = Mutex::new(0);\nstatic B: LazyLock<&'static str> = x;\nstatic C: &str;";
    assert_eq!(reaches(&tree(&[("x.rs", text)])[0]), ["x.rs:1: fs", "x.rs:2: static"]);
}

#[test]
fn no_two_files_need_each_other() {
    none("files in a ring", &file_rings(&below("src", "rs")));
}

fn tree(files: &[(&str, &str)]) -> Vec<File> {
    files.iter().map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() }).collect()
}

#[test]
fn a_wrong_arrow_is_found_however_it_is_written() {
    for text in [
        "use crate::ops::run;",
        "use crate::{base, ops::{self, run}};",
        "use super::super::ops::run;",
        "fn f() { crate::ops::run() }",
        "mod inner { use super::super::super::ops::run; }",
        "fn f(x: Vec<crate::ops::Run>) {}",
    ] {
        let files = tree(&[("src/base/x.rs", text), ("src/base/mod.rs", "mod x;"), ("src/ops.rs", "")]);
        assert_eq!(wrong_arrows(&files), ["src/base/x.rs:1: base -> ops"], "{text}");
    }
    let innocent = "// crate::ops::run\nfn f() { g(\"crate::ops::run\") }\npub(in crate::ops) fn h() {}";
    assert!(wrong_arrows(&tree(&[("src/base/x.rs", innocent), ("src/ops.rs", "")])).is_empty());
}

#[test]
fn a_ring_of_files_is_found_and_handing_on_is_none() {
    let ring = tree(&[
        ("src/engine/mod.rs", "mod a;\nmod b;\npub use a::A;"),
        ("src/engine/a.rs", "use super::b::B;\npub struct A;"),
        ("src/engine/b.rs", "use super::A;\npub struct B;"),
    ]);
    assert_eq!(
        file_rings(&ring),
        ["src/engine/a.rs:1: engine::a -> engine::b", "src/engine/b.rs:1: engine::b -> engine::a"]
    );
    let parent = tree(&[
        ("src/engine/mod.rs", "mod a;\npub struct P;\nfn f() { a::go() }"),
        ("src/engine/a.rs", "use super::P;\npub fn go() {}"),
    ]);
    assert_eq!(file_rings(&parent).len(), 2);
    let handed_on = tree(&[
        ("src/engine/mod.rs", "mod a;\nmod b;\npub use a::A;\npub use b::B;"),
        ("src/engine/a.rs", "pub struct A;"),
        ("src/engine/b.rs", "use super::A;\npub struct B;"),
    ]);
    assert!(file_rings(&handed_on).is_empty());
}
