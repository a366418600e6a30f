//! The files of the tree.

use std::fs;
use std::path::Path;

/// Directories that hold no source.
const FOREIGN: [&str; 3] = ["target", ".git", ".surefoot"];

/// What counts as text by its extension.
const TEXT: [&str; 12] = ["rs", "md", "yaml", "yml", "toml", "py", "sh", "json", "jsonl", "snap", "txt", "svg"];

/// A text file.
pub(super) struct File {
    /// Its path from the root, with `/`.
    pub(super) path: String,
    /// What stands in it.
    pub(super) text: String,
}

impl File {
    /// Its lines with their numbers, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// The root of the package.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file by its path from the root.
#[expect(clippy::disallowed_methods, reason = "the test reads the tree")]
pub(super) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Every text file of the tree, in the order of their paths.
pub(super) fn all() -> Vec<File> {
    let mut found = Vec::new();
    walk("", &mut found);
    found
}

/// The text files below a directory with this extension.
pub(super) fn below(dir: &str, extension: &str) -> Vec<File> {
    let mut found = Vec::new();
    walk(dir, &mut found);
    found.retain(|file| extension_of(&file.path) == extension);
    found
}

fn extension_of(path: &str) -> &str {
    path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, extension)| extension)
}

#[expect(clippy::disallowed_methods, reason = "the test reads the tree")]
fn walk(dir: &str, found: &mut Vec<File>) {
    let mut entries: Vec<_> = fs::read_dir(root().join(dir)).unwrap().map(|entry| entry.unwrap()).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().into_string().unwrap();
        let path = if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") };
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            // Trails of runs that somebody made here are not part of the tree; the golden one is.
            let is_trail = dir == "audit" && name != "golden";
            if !FOREIGN.contains(&name.as_str()) && !is_trail {
                walk(&path, found);
            }
        } else if kind.is_file() && (TEXT.contains(&extension_of(&path)) || dir == ".ci") {
            let text = fs::read_to_string(entry.path()).unwrap_or_else(|error| panic!("{path}: {error}"));
            found.push(File { path, text });
        }
    }
}
