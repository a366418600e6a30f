//! The graph in the language of Graphviz.

use super::picture::Picture;
use crate::engine::view::RunView;
use crate::runbook::plan::Plan;
use std::fmt::Write as _;

/// A plan, or a run of it, for `dot`.
pub fn dot(plan: &Plan, view: Option<&RunView>, is_folded: bool) -> String {
    let picture = Picture::of(plan, view, is_folded);
    let mut out = format!(
        "digraph {} {{\n  graph [rankdir=TB, label={}, labelloc=t, fontname=\"monospace\"];\n  node [shape=box, \
         style=\"rounded,filled\", fontname=\"monospace\", fontsize=11];\n  edge [color=\"#8c959f\"];\n",
        quoted(&picture.title),
        quoted(&format!("{}\n{}", picture.title, picture.about)),
    );
    for (index, card) in picture.cards.iter().enumerate() {
        let (fill, border, text) = card.state.colours();
        let (border, width) = if card.is_irreversible { ("#cf222e", 3) } else { (border, 1) };
        let lines = [&card.id, &card.kind, &card.word, &card.note].map(String::as_str);
        let label = lines.iter().filter(|line| !line.is_empty()).copied().collect::<Vec<_>>().join("\n");
        let _infallible = writeln!(
            out,
            "  s{index} [label={}, tooltip={}, fillcolor=\"{fill}\", color=\"{border}\", fontcolor=\"{text}\", \
             penwidth={width}];",
            quoted(&label),
            quoted(&card.about)
        );
    }
    for (before, step) in &picture.waits {
        let _infallible = writeln!(out, "  s{before} -> s{step};");
    }
    for evidence in &picture.evidence {
        let _infallible = writeln!(
            out,
            "  s{} -> s{} [style=dashed, color=\"#8250df\", fontcolor=\"#8250df\", fontname=\"monospace\", \
             fontsize=9, label={}];",
            evidence.by_step,
            evidence.step,
            quoted(&evidence.proofs)
        );
    }
    if let Some((above, below)) = picture.around_turning() {
        let _infallible = writeln!(
            out,
            "  turning [label=\"\", xlabel={}, shape=box, style=filled, fillcolor=\"#cf222e\", color=\"#cf222e\", \
             fontcolor=\"#cf222e\", fixedsize=true, width=4, height=0.03];",
            quoted(&picture.turning)
        );
        for step in above {
            let _infallible = writeln!(out, "  s{step} -> turning [style=invis];");
        }
        for step in below {
            let _infallible = writeln!(out, "  turning -> s{step} [style=invis];");
        }
    }
    out.push_str("}\n");
    out
}

/// A text in quotes, lines and quotes in it written as the language wants them.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
