//! Files that nobody would miss in a build, and pages that must say what is true.

use super::modules::module_of;
use super::none;
use super::rust::{bare, tokens};
use super::tree::{File, all, below, read, root};
use serde_json::Value;
use std::process::{Command, Output};

/// The line of the README that runs the tests; `.ci/run` runs it too.
const TESTS: &str = "cargo test --locked";

/// The command lines in the `sh` blocks of a page, continued lines joined.
fn commands(page: &str) -> Vec<String> {
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks
        .flat_map(|block| block.replace("\\\n", " ").lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>())
        .collect()
}

fn surefoot(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_surefoot")).args(args).output().unwrap()
}

/// Why a line of a page cannot be typed.
fn untypable(line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().take_while(|word| !matches!(*word, "#" | "|" | "&" | ">")).collect();
    let at = words.iter().position(|word| *word == "surefoot" || *word == "--")?;
    if words[at] == "--" && !words[..at].contains(&"run") {
        return None;
    }
    let rest = &words[at + 1..];
    let mut help = surefoot(&["help", rest.first()?]);
    if let Some(second) = rest.get(1) {
        let deeper = surefoot(&["help", rest[0], second]);
        if deeper.status.success() {
            help = deeper;
        }
    }
    if !help.status.success() {
        return Some(format!("there is no command `{}`", rest[0]));
    }
    // The options that every command takes stand on the first page.
    let common = surefoot(&["--help"]);
    let help = String::from_utf8([help.stdout, common.stdout].concat()).unwrap();
    let flags = rest.iter().filter(|word| word.starts_with('-')).map(|word| word.split('=').next().unwrap_or(word));
    let unknown = flags.into_iter().find(|flag| !help.split([' ', ',', '=', '[', '\n']).any(|word| word == *flag));
    unknown.map(|flag| format!("`{}` knows no {flag}", rest[0]))
}

#[test]
fn every_file_is_part_of_the_build() {
    let mut lost = Vec::new();
    for (dir, top) in [("src", "src/lib.rs"), ("tests/it", "tests/it/main.rs")] {
        let files = below(dir, "rs");
        for file in files.iter().filter(|file| file.path != top && file.path != "src/main.rs") {
            let (above, name) = declared_in(&file.path, top);
            let declared = files.iter().find(|one| above.contains(&one.path)).is_some_and(|one| declares(one, &name));
            if !declared {
                lost.push(format!("{}: {} does not declare it", file.path, above.join(" or ")));
            }
        }
    }
    none("files that are not part of the build", &lost);
}

/// The files one of which has to declare this one, and the name it goes by.
fn declared_in(path: &str, top: &str) -> (Vec<String>, String) {
    let stem = path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
    let (dir, name) = stem.rsplit_once('/').unwrap();
    let above = if top.starts_with(&format!("{dir}/")) {
        vec![top.to_owned()]
    } else {
        vec![format!("{dir}/mod.rs"), format!("{dir}.rs")]
    };
    (above, name.to_owned())
}

fn declares(file: &File, name: &str) -> bool {
    let bare = bare(&file.text);
    tokens(&bare).windows(3).any(|three| three[0].text == "mod" && three[1].text == name && three[2].text == ";")
}

#[test]
fn every_runbook_passes_its_check() {
    let mut runbooks = below("runbooks", "yaml");
    // A world to rehearse one in stands beside it, and its cases.
    runbooks.retain(|file| ![".scenario.yaml", ".test.yaml"].iter().any(|end| file.path.ends_with(end)));
    assert!(!runbooks.is_empty());
    for file in runbooks {
        let checked = surefoot::ops::check(&root().join(&file.path)).unwrap();
        assert!(checked.is_ok(), "{}: {:?}", file.path, checked.err());
    }
}

#[test]
fn the_crate_page_maps_every_module() {
    let page = read("src/lib.rs");
    let bare = bare(&page);
    let tokens = tokens(&bare);
    let modules = tokens.windows(3).filter(|three| three[0].text == "pub" && three[1].text == "mod");
    let missing = modules.map(|three| three[2].text).filter(|name| !page.contains(&format!("//! - [`{name}`]: ")));
    none("modules that the map of src/lib.rs does not name", &missing.map(str::to_owned).collect::<Vec<_>>());
    let files = below("src", "rs");
    let tops = files.iter().filter_map(|file| module_of(&file.path).first().cloned()).filter(|name| name != "main");
    let page = read("ARCHITECTURE.md");
    let missing = tops.filter(|name| !page.contains(&format!("\n| `{name}` |")));
    none("modules that the map of ARCHITECTURE.md does not name", &missing.collect::<Vec<_>>());
}

#[test]
fn what_the_pages_tell_to_type_can_be_typed() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for page in all().into_iter().filter(|file| file.path.ends_with(".md")) {
        for line in commands(&page.text) {
            tried += 1;
            wrong.extend(untypable(&line).map(|why| format!("{}: `{line}`: {why}", page.path)));
        }
    }
    assert!(tried > 20, "only {tried} commands were found");
    none("lines that cannot be typed", &wrong);
    assert!(untypable("surefoot fly RUN").is_some() && untypable("surefoot run x.yaml --fly").is_some());
    assert!(untypable("cargo run --release -- resume --fly").is_some() && untypable("cargo test -- x").is_none());
}

#[test]
fn what_the_pages_set_is_read() {
    let code: Vec<File> = ["src", "tests", "benches"].iter().flat_map(|dir| below(dir, "rs")).collect();
    let mut unread = Vec::new();
    for page in all().into_iter().filter(|file| file.path.ends_with(".md")) {
        for word in page.text.split(|one: char| !(one.is_ascii_uppercase() || one.is_ascii_digit() || one == '_')) {
            let is_ours = word.starts_with("SUREFOOT_") || word.starts_with("AURA_");
            if is_ours && !code.iter().any(|file| file.text.contains(word)) {
                unread.push(format!("{}: {word}", page.path));
            }
        }
    }
    none("variables that nothing reads", &unread);
}

#[test]
fn the_tests_and_files_that_the_pages_name_exist() {
    let mut missing = Vec::new();
    for page in all().into_iter().filter(|file| file.path.ends_with(".md")) {
        for word in page.text.split('`').skip(1).step_by(2) {
            let (path, name) = word.split_once("::").unwrap_or((word, ""));
            let is_ours = ["src/", "tests/", "benches/", "runbooks/", "audit/"].iter().any(|dir| path.starts_with(dir));
            if !is_ours || path.contains(['<', '*', ' ']) || page.path.starts_with("audit/") {
                continue;
            }
            let there = root().join(path);
            let is_there = if name.is_empty() {
                there.exists() || path.starts_with("audit/")
            } else {
                there.is_file() && read(path).contains(&format!("fn {name}("))
            };
            if !is_there {
                missing.push(format!("{}: {word}", page.path));
            }
        }
    }
    none("tests and files that are not there", &missing);
}

#[test]
fn the_benchmarks_that_are_told_of_exist() {
    let manifest = read("Cargo.toml");
    for page in all().into_iter().filter(|file| file.path.ends_with(".md")) {
        for line in commands(&page.text).iter().filter(|line| line.contains("cargo bench")) {
            let name = line.split("--bench ").nth(1).and_then(|rest| rest.split_whitespace().next());
            let name = name.unwrap_or_else(|| panic!("{}: `{line}` names no benchmark", page.path));
            assert!(manifest.contains(&format!("[[bench]]\nname = \"{name}\"")), "{}: {name}", page.path);
        }
    }
}

#[test]
fn the_readme_and_the_pipeline_run_the_same_tests() {
    assert!(commands(&read("README.md")).iter().any(|line| line == TESTS), "README.md does not tell `{TESTS}`");
    assert!(read(".ci/run").lines().any(|line| line == TESTS), ".ci/run does not run `{TESTS}`");
}

#[test]
fn the_readme_has_the_exit_codes() {
    let printed = surefoot(&["help", "exit-codes", "--output", "json"]);
    let table: Value = serde_json::from_slice(&printed.stdout).unwrap();
    let page = read("README.md");
    let codes = table["codes"].as_array().unwrap();
    assert!(codes.len() > 10);
    let rows = codes.iter().map(|row| format!("| {} | {} |", row["code"], row["meaning"].as_str().unwrap()));
    none("README.md lacks these rows", &rows.filter(|row| !page.contains(row)).collect::<Vec<_>>());
}

#[test]
fn the_changelog_knows_this_version() {
    assert!(read("CHANGELOG.md").contains(&format!("## [{}]", env!("CARGO_PKG_VERSION"))));
}
