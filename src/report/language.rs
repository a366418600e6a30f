//! The page about the language of runbooks: its words are in a file beside this one, its lists come from the
//! declarations.

use super::page::Page;
use super::style::Style;
use super::table::Table;
use crate::runbook::language::{keys, words};

/// The page, with a line `@keys OF` or `@words OF` where a list goes.
const PAGE: &str = include_str!("language.md");

const KEYS: [&str; 5] = ["key", "value", "default", "example", "description"];
const WORDS: [&str; 4] = ["name", "example", "result", "description"];

/// The page for people, laid out.
pub fn language(style: Style) -> String {
    let mut page = Page::new(style);
    let mut lines = PAGE.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("# ").or_else(|| line.strip_prefix("## ")) {
            page.heading(title);
        } else if line.starts_with("```") {
            page.gap();
            lines.by_ref().take_while(|line| !line.starts_with("```")).for_each(|line| page.verbatim(2, line));
        } else if let Some(rows) = rows(line) {
            page.gap();
            page.table(&table(&rows));
        } else if let Some(item) = line.strip_prefix("- ") {
            let mut text = item.to_owned();
            while let Some(more) = lines.next_if(|line| line.starts_with("  ")) {
                text.push(' ');
                text.push_str(more.trim());
            }
            page.whole(0, "- ", &text);
        } else if line.is_empty() {
            page.gap();
        } else {
            let mut text = line.to_owned();
            while let Some(more) = lines.next_if(|line| !line.is_empty() && !line.starts_with('@')) {
                text.push(' ');
                text.push_str(more);
            }
            page.whole(0, "", &text);
        }
    }
    page.finish()
}

/// The same page in Markdown, as `docs/language.md` has it.
pub fn language_markdown() -> String {
    let mut text = String::new();
    for line in PAGE.lines() {
        let Some(rows) = rows(line) else {
            text.push_str(line);
            text.push('\n');
            continue;
        };
        for (number, row) in rows.iter().enumerate() {
            let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
            text.extend(["| ", &cells.join(" | "), " |\n"]);
            if number == 0 {
                text.extend(["|", &"---|".repeat(row.len()), "\n"]);
            }
        }
    }
    text
}

/// The rows of the list that a line stands for, the heading first.
fn rows(line: &str) -> Option<Vec<Vec<String>>> {
    let code = |text: &str| if text.contains('`') { text.to_owned() } else { format!("`{text}`") };
    let heading = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let (what, of) = line.strip_prefix('@')?.split_once(' ')?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    if what == "keys" {
        rows.push(heading(&KEYS));
        for key in keys(of) {
            let text = |text: &str| text.to_owned();
            rows.push(vec![code(key.name), text(key.value), text(key.without), code(key.example), text(key.doc)]);
        }
    } else {
        rows.push(heading(&WORDS));
        for word in words(of) {
            rows.push(vec![code(word.name), code(word.example), code(word.gives), word.doc.to_owned()]);
        }
    }
    Some(rows)
}

/// A list for a terminal, where the marks of code are in the way.
fn table(rows: &[Vec<String>]) -> Table {
    let inner = |cell: &'_ str| cell.strip_prefix('`')?.strip_suffix('`').map(str::to_owned);
    let bare = |cell: &String| inner(cell).filter(|text| !text.contains('`')).unwrap_or_else(|| cell.clone());
    let (heading, rest) = rows.split_first().map_or((&[][..], rows), |(first, rest)| (first.as_slice(), rest));
    if heading.len() == KEYS.len() {
        let mut table = Table::new(KEYS).indented(2);
        for row in rest {
            table.row(std::array::from_fn::<_, 5, _>(|at| row.get(at).map(bare).unwrap_or_default()));
        }
        return table;
    }
    let mut table = Table::new(WORDS).indented(2);
    for row in rest {
        table.row(std::array::from_fn::<_, 4, _>(|at| row.get(at).map(bare).unwrap_or_default()));
    }
    table
}
