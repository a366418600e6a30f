//! What comments and pages cite is in this repository: pages, their sections, and where links lead.
//!
//! A comment cites a page by its path from the root, and a section of it by its title in quotes:
//! `docs/effects.md, "Create"`, or `docs/aura-api.md, "Status" and "Errors"`.

use super::none;
use super::tree::{File, all, read, root};
use std::collections::BTreeSet;

/// How the name of a page ends. It is put together here and in the tests, so that this file passes its own test.
const PAGE: &str = concat!(".", "md");

/// The sign of a section, which only standards have.
const SIGN: char = '\u{a7}';

/// The files that cite, by their extension.
const CITING: [&str; 6] = [".rs", PAGE, ".yaml", ".toml", ".py", ".sh"];

/// What marks a comment.
const MARKS: [&str; 5] = ["//!", "///", "//", "#!", "#"];

/// A text in one line, so that a citation may go on in the next line of its comment.
struct Prose {
    text: String,
    /// Where each line begins.
    starts: Vec<usize>,
}

/// A page, with what is cited of it.
#[derive(Debug, PartialEq)]
struct Citation {
    page: String,
    sections: Vec<String>,
    line: usize,
    /// Whether a section is named in another form than the one that can be read.
    is_malformed: bool,
}

impl Prose {
    fn of(file: &File) -> Self {
        let (mut text, mut starts) = (String::new(), Vec::new());
        let is_page = file.path.ends_with(PAGE);
        for line in file.text.lines() {
            let line = line.trim();
            let mark = MARKS.iter().find(|mark| !is_page && line.starts_with(**mark));
            starts.push(text.len());
            text.push_str(mark.map_or(line, |mark| line[mark.len()..].trim_start()));
            text.push(' ');
        }
        Self { text, starts }
    }

    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }

    fn citations(&self) -> Vec<Citation> {
        let is_name = |one: char| one.is_ascii_alphanumeric() || "_-./".contains(one);
        let mut found = Vec::new();
        for (at, end) in self.text.match_indices(PAGE).map(|(at, page)| (at, at + page.len())) {
            let name = self.text[..at].rsplit(|one| !is_name(one)).next().unwrap_or_default();
            let rest = &self.text[end..];
            let goes_on = rest.starts_with(|one: char| one.is_ascii_alphanumeric() || "_-".contains(one));
            // What stands behind two slashes is an address.
            if name.is_empty() || name.starts_with("//") || goes_on {
                continue;
            }
            let page = format!("{}{PAGE}", name.trim_start_matches('/'));
            let rest = rest.strip_prefix('`').unwrap_or(rest);
            let is_malformed = [" \"", ": \"", "#", " #"].iter().any(|form| rest.starts_with(form));
            found.push(Citation { page, sections: sections(rest), line: self.line(at), is_malformed });
        }
        found
    }

    /// The lines with a sign of a section that is not one of an RFC.
    fn signs(&self) -> Vec<usize> {
        let is_foreign = |at: &usize| {
            let mut words = self.text[..*at].split_whitespace().rev();
            let number = words.next().unwrap_or_default();
            !(number.bytes().all(|byte| byte.is_ascii_digit()) && words.next().is_some_and(|one| one.ends_with("RFC")))
        };
        self.text.match_indices(SIGN).map(|(at, _)| at).filter(is_foreign).map(|at| self.line(at)).collect()
    }
}

/// The titles that follow the name of a page: `, "One"`, `, "One" and "Two"`, `, "One", "Two" and "Three"`.
fn sections(rest: &str) -> Vec<String> {
    let mut titles = Vec::new();
    let mut rest = rest;
    loop {
        let and = if titles.is_empty() { None } else { rest.strip_prefix(" and \"") };
        let Some((title, after)) = rest.strip_prefix(", \"").or(and).and_then(|rest| rest.split_once('"')) else {
            return titles;
        };
        titles.push(title.to_owned());
        rest = after;
    }
}

/// The lines of a page that stand in no block of code.
fn plain_lines(page: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    page.lines().zip(1..).filter_map(move |(line, number)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        (!is_code && !is_fence).then_some((number, line))
    })
}

/// The titles of the sections of a page.
fn titles(page: &str) -> BTreeSet<String> {
    let heads = plain_lines(page).map(|(_, line)| line).filter(|line| line.starts_with('#'));
    heads.map(|line| line.trim_start_matches('#').trim().to_owned()).collect()
}

/// The name by which a link leads to a section.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|one| one.is_alphanumeric() || " -_".contains(*one));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// The directory of a file, with a slash at its end; empty for the root.
fn folder(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..=slash])
}

/// A path from the root for one from a directory: `docs/` and `../README` are `README`.
fn from_root(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')).filter(|part| !matches!(*part, "" | ".")) {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// What is wrong with the citations of a file. `page` gives the text of a page that is there.
fn wrong_citations(file: &File, page: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let prose = Prose::of(file);
    let mut wrong = Vec::new();
    for Citation { page: name, sections, line, is_malformed } in prose.citations() {
        let place = format!("{}:{line}", file.path);
        let beside = || page(&from_root(folder(&file.path), &name));
        let Some(text) = page(&from_root("", &name)).or_else(beside) else {
            wrong.push(format!("{place}: there is no page {name}"));
            continue;
        };
        let titles = titles(&text);
        let missing = sections.iter().filter(|title| !titles.contains(*title));
        wrong.extend(missing.map(|title| format!("{place}: {name} has no section \"{title}\"")));
        if is_malformed && !file.path.ends_with(PAGE) {
            wrong.push(format!("{place}: cite a section as `{name}, \"Title\"`"));
        }
    }
    let signs = prose.signs().into_iter();
    wrong.extend(signs.map(|line| format!("{}:{line}: {SIGN} is for RFCs; name the section", file.path)));
    wrong
}

/// What is wrong with the links of a page.
fn wrong_links(file: &File, page: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, line) in plain_lines(&file.text) {
        let links = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        for (link, _) in links.filter(|(link, _)| !link.contains("://")) {
            let (path, section) = link.split_once('#').unwrap_or((link, ""));
            let path = if path.is_empty() { file.path.clone() } else { from_root(folder(&file.path), path) };
            let place = format!("{}:{number}", file.path);
            match page(&path) {
                None if !section.is_empty() || !root().join(&path).exists() => {
                    wrong.push(format!("{place}: there is no {path}"));
                }
                Some(text) if !section.is_empty() && !titles(&text).iter().any(|title| anchor(title) == section) => {
                    wrong.push(format!("{place}: {path} has no section #{section}"));
                }
                _ => {}
            }
        }
    }
    wrong
}

/// The text of a page of this repository.
fn page(path: &str) -> Option<String> {
    root().join(path).is_file().then(|| read(path))
}

#[test]
fn what_is_cited_is_here() {
    let citing = all().into_iter();
    let citing =
        citing.filter(|file| file.path.starts_with(".ci/") || CITING.iter().any(|end| file.path.ends_with(end)));
    let (mut wrong, mut sections) = (Vec::new(), 0);
    for file in citing {
        sections += Prose::of(&file).citations().iter().map(|one| one.sections.len()).sum::<usize>();
        wrong.extend(wrong_citations(&file, page));
    }
    none("citations of what is not in this repository", &wrong);
    assert!(sections > 80, "only {sections} sections are cited");
}

#[test]
fn the_links_of_the_pages_lead_somewhere() {
    let pages: Vec<File> = all().into_iter().filter(|file| file.path.ends_with(PAGE)).collect();
    assert!(pages.len() > 10);
    none("links that lead nowhere", &pages.iter().flat_map(|file| wrong_links(file, page)).collect::<Vec<_>>());
}

/// A repository with one page, and what is wrong with a comment in it.
fn complaints(path: &str, text: &str) -> Vec<String> {
    let text = text.replace("PAGE", &format!("docs/one{PAGE}")).replace("OTHER", &format!("docs/two{PAGE}"));
    let pages = |path: &str| {
        let text = "# One\n\n## First part\n\n```sh\n# no title\n```\n\n### Second";
        (path == format!("docs/one{PAGE}")).then(|| text.to_owned())
    };
    let file = File { path: path.to_owned(), text };
    let found = if path.ends_with(PAGE) { wrong_links(&file, pages) } else { wrong_citations(&file, pages) };
    found.into_iter().map(|one| one.replace(PAGE, "")).collect()
}

#[test]
fn a_citation_of_what_is_not_here_is_found_however_it_is_written() {
    for (text, expected) in [
        ("//! It is so (OTHER).", "x.rs:1: there is no page docs/two"),
        ("//! It is so\n/// (PAGE, \"Third\").", "x.rs:2: docs/one has no section \"Third\""),
        (
            "// as in PAGE, \"First\n// part\", and PAGE, \"First\n// half\".",
            "x.rs:2: docs/one has no section \"First half\"",
        ),
        ("// PAGE, \"First part\" and \"no title\"", "x.rs:1: docs/one has no section \"no title\""),
        ("fn f() {} // `PAGE`, \"Third\"", "x.rs:1: docs/one has no section \"Third\""),
        ("// PAGE \"Second\"", "x.rs:1: cite a section as `docs/one, \"Title\"`"),
        ("// PAGE#second", "x.rs:1: cite a section as `docs/one, \"Title\"`"),
        ("// the design \u{a7}9", "x.rs:1: \u{a7} is for RFCs; name the section"),
    ] {
        assert_eq!(complaints("x.rs", text), [expected], "{text}");
    }
    let sound =
        "//! PAGE; PAGE, \"First\n//! part\", \"Second\" and \"One\"; https://example.com/OTHER; RFC 9110 \u{a7}6";
    assert_eq!(complaints("x.rs", sound), Vec::<String>::new());
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let of = |text: &str| complaints(&format!("docs/three{PAGE}"), text);
    assert_eq!(of(&format!("[one](one{PAGE}#first-part) [here](../Cargo.toml)")), Vec::<String>::new());
    assert_eq!(of(&format!("[two](two{PAGE})")), ["docs/three:1: there is no docs/two"]);
    assert_eq!(of(&format!("\n[one](one{PAGE}#third)")), ["docs/three:2: docs/one has no section #third"]);
}
