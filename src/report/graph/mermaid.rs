//! The graph in the language of Mermaid, which code hosts and wikis draw.

use super::picture::Picture;
use crate::engine::view::RunView;
use crate::runbook::plan::Plan;
use std::fmt::Write as _;

/// A plan, or a run of it, as a flowchart.
pub fn mermaid(plan: &Plan, view: Option<&RunView>, is_folded: bool) -> String {
    let picture = Picture::of(plan, view, is_folded);
    let mut out = format!(
        "---\ntitle: {}\n---\nflowchart TD\n  accTitle: {}\n  accDescr: {}\n",
        serde_json::Value::from(picture.title.as_str()),
        plain(&picture.title),
        plain(&picture.about)
    );
    for (index, card) in picture.cards.iter().enumerate() {
        let lines = [&card.id, &card.kind, &card.word, &card.note].map(String::as_str);
        let label = lines.iter().filter(|line| !line.is_empty()).map(|line| text(line)).collect::<Vec<_>>();
        let _infallible = writeln!(out, "  s{index}[\"{}\"]:::{}", label.join("<br/>"), card.state.name());
    }
    for (before, step) in &picture.waits {
        let _infallible = writeln!(out, "  s{before} --> s{step}");
    }
    for evidence in &picture.evidence {
        let _infallible =
            writeln!(out, "  s{} -. \"{}\" .-> s{}", evidence.by_step, text(&evidence.proofs), evidence.step);
    }
    if let Some((above, below)) = picture.around_turning() {
        let _infallible = writeln!(out, "  turning[[\"{}\"]]:::turning", text(&picture.turning));
        for step in above {
            let _infallible = writeln!(out, "  s{step} ~~~ turning");
        }
        for step in below {
            let _infallible = writeln!(out, "  turning ~~~ s{step}");
        }
        out.push_str("  classDef turning fill:#cf222e,stroke:#cf222e,color:#ffffff\n");
    }
    for state in picture.states() {
        let (fill, border, colour) = state.colours();
        let _infallible = writeln!(out, "  classDef {} fill:{fill},stroke:{border},color:{colour}", state.name());
    }
    let irreversible = (0..).zip(&picture.cards).filter(|(_, card)| card.is_irreversible);
    for (index, _) in irreversible {
        let _infallible: Result<(), std::fmt::Error> =
            writeln!(out, "  style s{index} stroke:#cf222e,stroke-width:3px");
    }
    out
}

/// A text within quotes; what Mermaid or HTML would take for a sign of its own is written as an entity.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '#' | '<' | '>' | '&' | '`' | ';' => {
                let _infallible = write!(out, "#{};", u32::from(character));
            }
            other => out.push(other),
        }
    }
    out
}

/// A line that stands by itself, in which a comment or a second statement may not begin.
fn plain(text: &str) -> String {
    text.replace(['%', ';', '{', '}', '#'], " ")
}
