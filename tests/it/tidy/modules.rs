//! Which file of `src` needs which other, from the paths that stand in them.

use super::rust::{Token, bare, tokens};
use super::tree::File;
use std::collections::{BTreeMap, BTreeSet};

/// The path of a module from the root of the crate.
pub(super) type Path = Vec<String>;

/// One file needs another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    /// The module that needs.
    pub(super) from: Path,
    /// The module that is needed, where the name is declared.
    pub(super) to: Path,
    /// The path as it is written, made absolute; a module may hand on what another one declares.
    pub(super) written: Path,
    /// The file.
    pub(super) file: String,
    /// The line in it.
    pub(super) line: usize,
}

/// A path as it stands in a file, made absolute.
struct Mention {
    from: Path,
    line: usize,
    path: Path,
    /// The name under which a `pub use` hands it on.
    export: Option<String>,
    /// Whether a `pub use` is all there is: the name stands nowhere else in the file.
    only_export: bool,
}

/// The module that a file is.
pub(super) fn module_of(file: &str) -> Path {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    let mut path: Path = path.split('/').map(str::to_owned).collect();
    if path.last().is_some_and(|last| last == "mod" || last == "lib") {
        path.pop();
    }
    path
}

/// Every need of one file for another.
pub(super) fn needs(files: &[File]) -> Vec<Need> {
    let names: BTreeMap<Path, &str> = files.iter().map(|file| (module_of(&file.path), file.path.as_str())).collect();
    let mentions: Vec<Mention> = files.iter().flat_map(mentions_in).collect();
    let exports: BTreeMap<(Path, String), Path> = mentions
        .iter()
        .filter_map(|mention| Some(((mention.from.clone(), mention.export.clone()?), mention.path.clone())))
        .collect();
    let mut needs = Vec::new();
    for mention in &mentions {
        let to = resolve(&mention.path, &names, &exports, 0);
        // Handing on a name of one's own files is no need; of another module it is.
        let stays = to.first() == mention.from.first();
        if to != mention.from && !to.is_empty() && !(mention.only_export && stays) {
            let file = names.get(&mention.from).copied().unwrap_or_default().to_owned();
            let written = mention.path.clone();
            needs.push(Need { from: mention.from.clone(), to, written, file, line: mention.line });
        }
    }
    needs
}

/// The file that a path leads to, through what others hand on.
fn resolve(
    path: &[String],
    names: &BTreeMap<Path, &str>,
    exports: &BTreeMap<(Path, String), Path>,
    depth: usize,
) -> Path {
    let known = (0..=path.len()).rev().find(|len| names.contains_key(&path[..*len])).unwrap_or(0);
    let (module, rest) = path.split_at(known);
    let Some((first, further)) = rest.split_first() else { return module.to_vec() };
    match exports.get(&(module.to_vec(), first.clone())) {
        Some(target) if depth < 8 && target != path => {
            let target: Path = target.iter().chain(further).cloned().collect();
            resolve(&target, names, exports, depth + 1)
        }
        _ => module.to_vec(),
    }
}

fn mentions_in(file: &File) -> Vec<Mention> {
    let bare = bare(&file.text);
    let tokens = tokens(&bare);
    let from = module_of(&file.path);
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let children: BTreeSet<&str> =
        (1..tokens.len()).filter(|at| text(at - 1) == "mod" && text(at + 1) == ";").map(text).collect();
    let (mut found, mut inline, mut depth, mut at) = (Vec::new(), Vec::<(usize, String)>::new(), 0_usize, 0);
    while at < tokens.len() {
        match text(at) {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inline.retain(|(outer, _)| *outer < depth);
            }
            "mod" if text(at + 2) == "{" => inline.push((depth, text(at + 1).to_owned())),
            // `pub(in path)` says who may see, not what is needed.
            "in" if at >= 2 && text(at - 1) == "(" && text(at - 2) == "pub" => {
                while text(at) != ")" {
                    at += 1;
                }
            }
            first if text(at + 1) == "::" && (at == 0 || text(at - 1) != "::") => {
                let here: Path = from.iter().cloned().chain(inline.iter().map(|(_, name)| name.clone())).collect();
                let is_main = file.path == "src/main.rs" && first == "surefoot";
                if is_main || matches!(first, "crate" | "super" | "self") || children.contains(first) {
                    let mut leaves = Vec::new();
                    let end = tree(&tokens, at, &Path::new(), &mut leaves);
                    let is_use = at > 0 && text(at - 1) == "use";
                    let is_export = is_use && at > 1 && matches!(text(at - 2), "pub" | ")");
                    for (path, name) in leaves {
                        let only = is_export && tokens.iter().filter(|token| token.text == name).count() == 1;
                        found.push(Mention {
                            from: from.clone(),
                            line: tokens.get(at).map_or(0, |token| token.line),
                            path: absolute(&here, &path),
                            export: is_export.then_some(name),
                            only_export: only,
                        });
                    }
                    at = end;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The paths of a use tree or of a plain path that begins here, each with its name; where it ends.
fn tree(tokens: &[Token<'_>], mut at: usize, before: &[String], leaves: &mut Vec<(Path, String)>) -> usize {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let mut path = before.to_vec();
    loop {
        match text(at) {
            "{" => {
                at += 1;
                while !matches!(text(at), "}" | "") {
                    at = if text(at) == "," { at + 1 } else { tree(tokens, at, &path, leaves) };
                }
                return at + 1;
            }
            // A turbofish, or the end of the text.
            "<" | "" => break,
            word => path.push(word.to_owned()),
        }
        at += 1;
        if text(at) != "::" {
            break;
        }
        at += 1;
    }
    let mut name = path.last().cloned().unwrap_or_default();
    if text(at) == "as" {
        name = text(at + 1).to_owned();
        at += 2;
    }
    leaves.push((path, name));
    at
}

fn absolute(here: &[String], path: &[String]) -> Path {
    let (mut base, mut rest) = (here.to_vec(), path);
    match rest.first().map(String::as_str) {
        Some("crate" | "surefoot") => {
            base.clear();
            rest = &rest[1..];
        }
        Some("self") => rest = &rest[1..],
        _ => {}
    }
    while rest.first().is_some_and(|first| first == "super") {
        base.pop();
        rest = &rest[1..];
    }
    base.extend(rest.iter().filter(|name| *name != "self").cloned());
    base
}

/// The rings of a graph: sets of nodes each of which can be reached from every other.
pub(super) fn rings(edges: &BTreeSet<(Path, Path)>) -> Vec<BTreeSet<Path>> {
    let mut next: BTreeMap<&Path, Vec<&Path>> = BTreeMap::new();
    for (from, to) in edges {
        next.entry(from).or_default().push(to);
    }
    let mut reach: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    for start in next.keys().copied() {
        let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(node) = open.pop() {
            open.extend(next.get(node).into_iter().flatten().filter(|to| seen.insert(**to)));
        }
        reach.insert(start, seen);
    }
    let mut found: BTreeSet<BTreeSet<Path>> = BTreeSet::new();
    for (node, seen) in reach.iter().filter(|(node, seen)| seen.contains(**node)) {
        let back = seen.iter().filter(|other| reach.get(*other).is_some_and(|theirs| theirs.contains(node)));
        found.insert(back.map(|one| (**one).clone()).collect());
    }
    found.into_iter().collect()
}
