//! What is shown beside a question before it is answered: what vouches first, in as many lines as there is room for.

use super::style::Style;
use super::table::Table;
use super::text::{flow, quoted};
use crate::base::lines::one_line;
use crate::base::{Value, char_width, escape, width};

/// It takes at most so many lines, so that it fits on a screen together with the question.
pub const EVIDENCE_MOST: usize = 15;

/// A word that takes more columns is a digest or an address, and is cut in its middle.
const WORD_MOST: usize = 40;

/// A value that has fewer columns beside its label stands below it.
const VALUE_LEAST: usize = 22;

/// How far it stands to the right; a line that begins with two spaces is never wrapped again ([`lay`](super::lay)).
const INDENT: usize = 2;

/// The command that shows everything there is beside the questions of a run; `options` say where the run is and start
/// with a space where there are any.
pub fn evidence_command(run: &str, options: &str) -> String {
    format!("surefoot status {} --output json{options}", quoted(run))
}

/// The rows in at most `most` lines, what vouches with its age before the plain outputs; `all` is the command that
/// shows those for which there is no room.
pub fn evidence(rows: &[(String, Value)], most: usize, all: &str, style: Style) -> Vec<String> {
    // The name of an output has no spaces in it; what vouches is named by a proof, its age and a step.
    let (mut ordered, plain): (Vec<_>, Vec<_>) = rows.iter().partition(|(label, _)| label.contains(' '));
    ordered.extend(plain);
    let longest = room(&ordered, style).min(WORD_MOST);
    let ordered: Vec<[String; 2]> =
        ordered.into_iter().map(|(label, value)| [escape(label), shortened(&one_line(value), longest)]).collect();
    let shown = (0..=ordered.len()).rev().map(|count| laid(&ordered, count, all, style));
    shown.into_iter().find(|lines| lines.len() <= most).unwrap_or_default()
}

/// The columns that a value has beside the labels, or below them where the table has no room for both.
fn room(rows: &[&(String, Value)], style: Style) -> usize {
    let labels = rows.iter().map(|(label, _)| width(&escape(label))).max().unwrap_or_default();
    let (extras, below) =
        (style.columns().saturating_sub(labels + 2 * INDENT), style.columns().saturating_sub(3 * INDENT));
    if extras >= VALUE_LEAST { extras } else { below }
}

/// The first so many rows, and how many there are beyond.
fn laid(rows: &[[String; 2]], count: usize, all: &str, style: Style) -> Vec<String> {
    let mut table = Table::new(["", ""]).indented(INDENT);
    rows.iter().take(count).for_each(|row| table.row(row.clone()));
    let mut lines: Vec<String> = table.render(style).lines().map(str::to_owned).collect();
    let left = rows.len() - count.min(rows.len());
    if left > 0 {
        let more = flow(&format!("and {left} more: `{all}`"), style.columns().saturating_sub(INDENT));
        lines.extend(more.iter().map(|line| format!("{}{line}", " ".repeat(INDENT))));
    }
    lines
}

/// The text with every word of more than `longest` columns cut in its middle: its beginning and its end are what people
/// compare.
fn shortened(text: &str, longest: usize) -> String {
    text.split(' ').map(|word| middle_cut(word, longest)).collect::<Vec<_>>().join(" ")
}

fn middle_cut(word: &str, longest: usize) -> String {
    if width(word) <= longest {
        return word.to_owned();
    }
    let room = longest.saturating_sub(1);
    let end = room / 3;
    let start = fitting(word.chars(), room - end);
    let tail: Vec<char> = fitting(word.chars().rev(), end).chars().rev().collect();
    format!("{start}…{}", tail.into_iter().collect::<String>())
}

/// The characters that fit into so many columns.
fn fitting(characters: impl Iterator<Item = char>, columns: usize) -> String {
    let mut used = 0;
    characters
        .take_while(|character| {
            used += char_width(*character);
            used <= columns
        })
        .collect()
}
