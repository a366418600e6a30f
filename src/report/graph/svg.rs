//! The graph as a picture that stands alone: no script, no font and no image from elsewhere, light and dark as the
//! reader's screen is.

use super::super::text::{cut, wrap};
use super::layered::Nodes;
use super::layout::{Layout, layout};
use super::picture::{Card, Picture, State};
use crate::base::width;
use crate::engine::view::RunView;
use crate::runbook::plan::Plan;
use std::fmt::Write as _;

/// The style sheet: what is drawn has names, and colours stand here only.
const STYLE: &str = include_str!("svg.css");

/// Room around the picture, and within a card.
const MARGIN: i64 = 24;
const PAD: i64 = 12;
/// What a column takes in the large and in the small type of a fixed pitch.
const LARGE: i64 = 8;
const SMALL: i64 = 7;
/// The height of a card of two lines, and of each line more.
const CARD: i64 = 46;
const LINE: i64 = 15;
/// A note is wrapped within a card that need not be wider for its name.
const NOTE: usize = 26;
/// More columns than this make a card too wide to stand beside others.
const ID_COLUMNS: usize = 40;
/// The height of the title and the legend.
const HEAD: i64 = 96;
/// How far apart the ends of edges are at one card, at most.
const PORT: i64 = 16;
/// How strongly edges pull at what they join: what waits stays close, and evidence may come from afar.
const WAITS: i64 = 4;
const EVIDENCE: i64 = 1;

/// A plan, or a run of it, as SVG.
pub fn svg(plan: &Plan, view: Option<&RunView>, is_folded: bool) -> String {
    let picture = Picture::of(plan, view, is_folded);
    let sizes = sizes(&picture);
    let edges = edges(&picture);
    let line_above = picture.levels.turning.map(|(_, level)| level);
    let layout = layout(&Nodes { sizes: &sizes, levels: &picture.levels.of, edges: &edges, line_above });
    let legend = legend(&picture);
    let inner =
        layout.width.max(legend.1).max(columns(&picture.title, LARGE + 2)).max(columns(&picture.turning, SMALL) * 2);
    let (width, height) = (inner + 2 * MARGIN, layout.height + HEAD + MARGIN);
    let left = MARGIN + (inner - layout.width) / 2;
    let (title, about) = (escaped(&picture.title), escaped(&picture.about));
    let described = described(&picture);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} \
         {height}\" role=\"graphics-document\" aria-labelledby=\"title description\">\n<title id=\"title\">{title}\
         </title>\n<desc id=\"description\">{about}. {described}</desc>\n<style>\n{STYLE}</style>\n{MARKERS}\
         <rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n<text class=\"title\" x=\"{MARGIN}\" \
         y=\"34\">{title}</text>\n<text class=\"about\" x=\"{MARGIN}\" y=\"54\">{about}</text>\n{}",
        legend.0
    );
    if let Some(line) = layout.line {
        turning(&mut out, &picture, line + HEAD, width);
    }
    let _infallible = writeln!(out, "<g transform=\"translate({left} {HEAD})\">");
    links(&mut out, &picture, &edges, &sizes, &layout);
    for ((card, size), corner) in picture.cards.iter().zip(&sizes).zip(&layout.corners) {
        draw(&mut out, card, *size, *corner);
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// The heads of arrows.
const MARKERS: &str = "\
<defs>
<marker id=\"waits\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
<path class=\"head\" d=\"M0 0L8 4L0 8z\"/></marker>
<marker id=\"rests\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
<path class=\"proof head\" d=\"M0 0L8 4L0 8z\"/></marker>
</defs>
";

/// What a reader hears who does not see the line.
fn described(picture: &Picture) -> String {
    let turning = picture.levels.turning.and_then(|(step, _)| picture.cards.get(step));
    turning.map_or_else(
        || "No step is irreversible.".to_owned(),
        |card| format!("{} at {}.", escaped(&picture.turning), escaped(&card.id)),
    )
}

/// Width and height of each card: all of one width, so that columns are seen as columns.
fn sizes(picture: &Picture) -> Vec<(i64, i64)> {
    let wide = |card: &Card| {
        let word = if card.word.is_empty() { 0 } else { columns(&card.word, SMALL) + PAD };
        let first = columns(&card.name(), LARGE) + word;
        let notes = card.notes().iter().map(|line| columns(line, SMALL)).max().unwrap_or_default();
        first.max(columns(&second(card), SMALL)).max(notes) + 2 * PAD
    };
    let widest = picture.cards.iter().map(wide).max().unwrap_or_default().max(120);
    let more = |card: &Card| i64::try_from(card.notes().len()).unwrap_or_default() * LINE;
    picture.cards.iter().map(|card| (widest, CARD + more(card))).collect()
}

impl Card {
    /// The id as far as it leaves room for other cards.
    fn name(&self) -> String {
        cut(&self.id, ID_COLUMNS)
    }

    fn notes(&self) -> Vec<String> {
        if self.note.is_empty() { Vec::new() } else { wrap(&self.note, NOTE) }
    }
}

/// The second line of a card.
fn second(card: &Card) -> String {
    if card.is_irreversible { format!("{} · irreversible", card.kind) } else { card.kind.clone() }
}

fn columns(text: &str, column: i64) -> i64 {
    i64::try_from(width(text)).unwrap_or(i64::MAX / 64) * column
}

/// What waits for what, then what rests on what.
fn edges(picture: &Picture) -> Vec<(usize, usize, i64)> {
    let waits = picture.waits.iter().map(|(before, step)| (*before, *step, WAITS));
    let evidence = picture.evidence.iter().map(|one| (one.by_step, one.step, EVIDENCE));
    waits.chain(evidence).collect()
}

fn draw(out: &mut String, card: &Card, (width, height): (i64, i64), (x, y): (i64, i64)) {
    let state = card.state.name();
    let kind = if card.is_irreversible { " irreversible" } else { "" };
    let about = escaped(&card.about);
    let _infallible = write!(
        out,
        "<g class=\"step {state}{kind}\" role=\"graphics-symbol\" aria-label=\"{about}\" \
         transform=\"translate({x} {y})\"><title>{about}</title><rect width=\"{width}\" height=\"{height}\" \
         rx=\"6\"/><text class=\"id\" x=\"{PAD}\" y=\"19\">{}</text><text class=\"kind\" x=\"{PAD}\" \
         y=\"36\">{}</text>",
        escaped(&card.name()),
        escaped(&second(card))
    );
    if !card.word.is_empty() {
        let right = width - PAD;
        let _infallible = write!(out, "<text class=\"word\" x=\"{right}\" y=\"19\">{}</text>", escaped(&card.word));
    }
    for (place, line) in (0..).zip(card.notes()) {
        let y = 36 + LINE * (place + 1);
        let _infallible = write!(out, "<text class=\"note\" x=\"{PAD}\" y=\"{y}\">{}</text>", escaped(&line));
    }
    out.push_str("</g>\n");
}

/// The edges, each from the lower side of one card through its lanes to the upper side of another.
fn links(out: &mut String, picture: &Picture, edges: &[(usize, usize, i64)], sizes: &[(i64, i64)], layout: &Layout) {
    let waits = picture.waits.len();
    let ports = Ports::of(edges, waits, sizes, layout);
    for (index, (from, to, _)) in edges.iter().enumerate() {
        let lanes = layout.lanes.get(index).map_or(&[][..], Vec::as_slice);
        let bottom =
            |node: usize| layout.corners.get(node).zip(sizes.get(node)).map(|(corner, size)| corner.1 + size.1);
        let top = |node: usize| layout.corners.get(node).map(|corner| corner.1);
        let ends = ports.lower.get(index).zip(ports.upper.get(index));
        let (Some((x_from, x_to)), Some(y_from), Some(y_to)) = (ends, bottom(*from), top(*to)) else { continue };
        let mut path = format!("M{x_from} {y_from}");
        let mut last = (*x_from, y_from);
        for (x, upper, lower) in lanes {
            curve(&mut path, last, (*x, *upper));
            let _infallible = write!(path, "V{lower}");
            last = (*x, *lower);
        }
        curve(&mut path, last, (*x_to, y_to));
        let name = |node: usize| picture.cards.get(node).map_or("", |card| card.id.as_str());
        let (class, head, told) = match index.checked_sub(waits).and_then(|at| picture.evidence.get(at)) {
            Some(evidence) => ("proof", "rests", format!("{}: {} ⇢ {}", evidence.proofs, name(*from), name(*to))),
            None => ("wait", "waits", format!("{} → {}", name(*from), name(*to))),
        };
        let told = escaped(&told);
        let _infallible = writeln!(
            out,
            "<path class=\"{class}\" d=\"{path}\" marker-end=\"url(#{head})\"><title>{told}</title></path>"
        );
    }
}

/// A bend that begins and ends downwards.
fn curve(path: &mut String, from: (i64, i64), to: (i64, i64)) {
    let middle = i64::midpoint(from.1, to.1);
    let _infallible = if from.0 == to.0 {
        write!(path, "V{}", to.1)
    } else {
        write!(path, "C{} {middle} {} {middle} {} {}", from.0, to.0, to.0, to.1)
    };
}

/// For each edge where it leaves the upper card, and where it meets the lower one.
struct Ports {
    lower: Vec<i64>,
    upper: Vec<i64>,
}

impl Ports {
    /// The edges of one side of a card side by side, in the order in which they come from left to right.
    fn of(edges: &[(usize, usize, i64)], strong: usize, sizes: &[(i64, i64)], layout: &Layout) -> Self {
        let centre = |node: usize| {
            layout.corners.get(node).zip(sizes.get(node)).map_or(0, |(corner, size)| corner.0 + size.0 / 2)
        };
        let lane = |edge: usize, is_first: bool| {
            let lanes = layout.lanes.get(edge)?;
            if is_first { lanes.first() } else { lanes.last() }.map(|(x, _, _)| *x)
        };
        let leaving = edges
            .iter()
            .enumerate()
            .map(|(edge, (from, to, _))| (*from, lane(edge, true).unwrap_or_else(|| centre(*to)), edge));
        let arriving = edges
            .iter()
            .enumerate()
            .map(|(edge, (from, to, _))| (*to, lane(edge, false).unwrap_or_else(|| centre(*from)), edge));
        let spread = |ends: &mut Vec<(usize, i64, usize)>| {
            ends.sort_unstable();
            let mut places = vec![0; edges.len()];
            for side in ends.chunk_by(|one, other| one.0 == other.0) {
                let node = side.first().map_or(0, |end| end.0);
                let room = sizes.get(node).map_or(0, |size| size.0 - 4 * PAD);
                let gaps = i64::try_from(side.len()).unwrap_or(i64::MAX) - 1;
                let step = room.checked_div(gaps).unwrap_or(0).min(PORT);
                // What waits meets the middle of the card, and evidence stands beside it.
                let waits = (0..).zip(side).filter(|(_, (_, _, edge))| *edge < strong).map(|(place, _)| 2 * place);
                let waits: Vec<i64> = waits.collect();
                let count = i64::try_from(waits.len()).unwrap_or(i64::MAX);
                let middle = waits.iter().sum::<i64>().checked_div(count).unwrap_or(gaps);
                let left = centre(node) - step * middle / 2;
                let left = left.clamp(
                    centre(node) - room / 2,
                    (centre(node) + room / 2 - step * gaps).max(centre(node) - room / 2),
                );
                for (place, (_, _, edge)) in (0..).zip(side) {
                    if let Some(slot) = places.get_mut(*edge) {
                        *slot = left + step * place;
                    }
                }
            }
            places
        };
        Self { lower: spread(&mut leaving.collect()), upper: spread(&mut arriving.collect()) }
    }
}

/// The line across the picture, with what it is.
fn turning(out: &mut String, picture: &Picture, y: i64, width: i64) {
    let right = width - MARGIN / 2;
    let label = columns(&picture.turning, SMALL) + 2 * PAD;
    let _infallible = writeln!(
        out,
        "<g class=\"turning\"><path d=\"M{} {y}H{right}\"/><rect x=\"{}\" y=\"{}\" width=\"{label}\" height=\"18\" \
         rx=\"3\"/><text x=\"{}\" y=\"{}\">{}</text></g>",
        MARGIN / 2,
        MARGIN / 2,
        y - 9,
        MARGIN / 2 + PAD,
        y + 4,
        escaped(&picture.turning)
    );
}

/// What the signs mean, as far as they occur, and how wide that is.
fn legend(picture: &Picture) -> (String, i64) {
    let mut out = format!("<g class=\"legend\" transform=\"translate({MARGIN} 76)\">");
    let mut x = 0;
    let mut item = |out: &mut String, sign: &str, label: &str| {
        let _infallible =
            write!(out, "<g transform=\"translate({x} 0)\">{sign}<text x=\"34\" y=\"4\">{}</text></g>", escaped(label));
        x += 34 + columns(label, SMALL) + 18;
    };
    item(&mut out, "<path class=\"wait\" d=\"M0 0H26\" marker-end=\"url(#waits)\"/>", "is waited for by");
    if !picture.evidence.is_empty() {
        item(&mut out, "<path class=\"proof\" d=\"M0 0H26\" marker-end=\"url(#rests)\"/>", "is evidence for");
    }
    for state in picture.states() {
        let sign =
            format!("<g class=\"step {}\"><rect y=\"-7\" width=\"26\" height=\"14\" rx=\"3\"/></g>", state.name());
        item(&mut out, &sign, if state == State::Planned { "step" } else { state.meaning() });
    }
    if picture.cards.iter().any(|card| card.is_irreversible) {
        let sign = "<g class=\"step planned irreversible\"><rect y=\"-7\" width=\"26\" height=\"14\" rx=\"3\"/></g>";
        item(&mut out, sign, "irreversible");
    }
    out.push_str("</g>\n");
    (out, x)
}

/// A text between tags or within quotes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
