//! The source line with the mistake underlined, as it fits on the terminal.

use super::source::{Lines, Span};
use crate::base::{char_width, escape};

/// A source line cut to fit, and the underline beneath it.
pub(super) struct Snippet {
    pub(super) line: String,
    pub(super) indent: usize,
    pub(super) length: usize,
}

/// A character as it is shown and how many columns it takes.
struct Cell {
    text: String,
    width: usize,
    marked: bool,
}

const TAB: usize = 4;

/// The line that holds the start of `span`, in at most `columns` columns, with what to underline.
pub(super) fn snippet(text: &str, lines: &Lines, span: Span, columns: usize) -> Snippet {
    let (content, start) = lines.content(text, lines.line_at(span.start));
    let from = span.from().saturating_sub(start);
    let to = span.to().saturating_sub(start).max(from + 1);
    let cells = window(content, from, to, columns.max(16));
    let indent = cells.iter().take_while(|cell| !cell.marked).map(|cell| cell.width).sum();
    let marked = cells.iter().filter(|cell| cell.marked).map(|cell| cell.width).sum::<usize>();
    Snippet { line: cells.into_iter().map(|cell| cell.text).collect(), indent, length: marked.max(1) }
}

/// The cells around the marked ones, at most `columns` wide, `…` where something was cut off.
fn window(content: &str, from: usize, to: usize, columns: usize) -> Vec<Cell> {
    // A byte takes at most sixteen columns, so nothing further away than this can be in the window.
    let near = floor(content, from.saturating_sub(columns * 4));
    let far = floor(content, content.len().min(from + columns * 4 + 4));
    let mut cells: Vec<Cell> = content
        .get(near..far)
        .unwrap_or_default()
        .char_indices()
        .map(|(offset, character)| cell(character, (from..to).contains(&(near + offset))))
        .collect();
    let total: usize = cells.iter().map(|cell| cell.width).sum();
    let first = cells.iter().position(|cell| cell.marked).unwrap_or(cells.len());
    let before: usize = cells.iter().take(first).map(|cell| cell.width).sum();
    let marked: usize = cells.iter().filter(|cell| cell.marked).map(|cell| cell.width).sum();
    let fits = near == 0 && total <= columns && far == content.len();
    if fits {
        return cells;
    }
    let room = columns.saturating_sub(2);
    let lead =
        if before + marked <= room && near == 0 { before } else { (room / 3).max(room.saturating_sub(marked) / 2) };
    let mut kept = 0;
    let skip = first
        - cells
            .iter()
            .take(first)
            .rev()
            .take_while(|cell| {
                kept += cell.width;
                kept <= lead
            })
            .count();
    let cut_front = near > 0 || skip > 0;
    cells.drain(..skip);
    let mut used = usize::from(cut_front);
    let keep = cells
        .iter()
        .take_while(|cell| {
            used += cell.width;
            used <= columns.saturating_sub(1)
        })
        .count();
    let cut_back = keep < cells.len() || far < content.len();
    cells.truncate(keep);
    let ellipsis = || Cell { text: "…".to_owned(), width: 1, marked: false };
    if cut_front {
        cells.insert(0, ellipsis());
    }
    if cut_back {
        cells.push(ellipsis());
    }
    cells
}

fn floor(content: &str, offset: usize) -> usize {
    content.floor_char_boundary(offset)
}

fn cell(character: char, marked: bool) -> Cell {
    if character == '\t' {
        return Cell { text: " ".repeat(TAB), width: TAB, marked };
    }
    let text = escape(character.encode_utf8(&mut [0; 4]));
    let width = if text.chars().count() > 1 { text.chars().count() } else { char_width(character) };
    Cell { text, width, marked }
}
