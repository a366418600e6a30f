//! What is general knows no product: no kind by its name outside of the kinds, no product in the engine.

use super::none;
use super::rust::strings;
use super::tree::{File, below};
use surefoot::kinds::catalog;

/// The modules that know no product, not even in a comment.
const GENERAL: [&str; 4] = ["src/engine", "src/driver", "src/journal", "src/record"];
/// The words of products.
const PRODUCTS: [&str; 4] = ["aura", "neo4j", "tenant", "bucket"];
/// Where a kind is known by its name: in its own folder, and in the simulated services, whose paths look alike.
const KNOWING: [&str; 3] = ["src/kinds/", "src/twin/", "src/twin_server/"];

/// Kinds that are also keys: a secret may come from a `command`, and a file begins with `runbook`.
const KEYS: [&str; 2] = ["command", "runbook"];

/// The string literals of a file that are the name of a kind, or hold one that has a dot in it.
fn named(file: &File) -> Vec<String> {
    let names: Vec<&str> = catalog().iter().map(|kind| kind.name).filter(|name| !KEYS.contains(name)).collect();
    let is_kind = |text: &str| names.iter().any(|name| text == *name || name.contains('.') && text.contains(name));
    let found = strings(&file.text).into_iter().filter(|(_, text)| is_kind(text));
    found.map(|(line, text)| format!("{}:{line}: {text:?}", file.path)).collect()
}

#[test]
fn no_kind_is_known_by_its_name_outside_of_the_kinds() {
    let files = below("src", "rs").into_iter();
    let general = files.filter(|file| !KNOWING.iter().any(|knowing| file.path.starts_with(knowing)));
    none("kinds that are known by their names", &general.flat_map(|file| named(&file)).collect::<Vec<_>>());
    let text = "// \"sleep\"\nfn f() { g(\"sleep\", \"uses: file.write\", \"sleepless\") }".to_owned();
    assert_eq!(named(&File { path: "x.rs".to_owned(), text }), ["x.rs:2: \"sleep\"", "x.rs:2: \"uses: file.write\""]);
}

#[test]
fn the_engine_knows_no_product() {
    let mut found = Vec::new();
    for file in GENERAL.iter().flat_map(|dir| below(dir, "rs")) {
        for (number, line) in file.lines() {
            let line = line.to_lowercase();
            let held = PRODUCTS.iter().filter(|word| line.contains(**word));
            found.extend(held.map(|word| format!("{}:{number}: {word}", file.path)));
        }
    }
    none("words of products in what is general", &found);
}
