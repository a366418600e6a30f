//! A layered layout (Sugiyama, Tagawa and Toda): every edge runs downwards, long ones through a lane in each layer.
//!
//! It is our own because the line of no return must run between two layers with every step on its side of it, which no
//! layout library lets us say. All coordinates are whole pixels, so that a picture is the same on every machine.

use super::crossings::untangle;
use super::layered::{Nodes, layered};
use super::place::place;

/// Where everything is.
pub(super) struct Layout {
    pub(super) width: i64,
    pub(super) height: i64,
    /// The left upper corner of each node.
    pub(super) corners: Vec<(i64, i64)>,
    /// For each edge the lanes it runs through: horizontal place, upper and lower end.
    pub(super) lanes: Vec<Vec<(i64, i64, i64)>>,
    /// Where the line is.
    pub(super) line: Option<i64>,
}

/// The distance between two layers, without and with the line between them.
const GAP: i64 = 44;
const LINE_GAP: i64 = 84;

/// Where the nodes and edges go.
pub(super) fn layout(nodes: &Nodes<'_>) -> Layout {
    let (mut graph, chains) = layered(nodes);
    untangle(&mut graph);
    let (centres, width) = place(&graph, &chains);
    let (rows, height, line) = rows(nodes, graph.layers.len());
    let centre = |vertex: usize| centres.get(vertex).copied().unwrap_or_default();
    let row = |level: usize| rows.get(level).copied().unwrap_or_default();
    let corners = nodes.sizes.iter().zip(nodes.levels).enumerate().map(|(node, ((width, height), level))| {
        let (top, tallest) = row(*level);
        (centre(node) - width / 2, top + (tallest - height) / 2)
    });
    let lanes = chains.iter().map(|chain| {
        let lanes = chain.iter().map(|(vertex, level)| {
            let (top, height) = row(*level);
            (centre(*vertex), top, top + height)
        });
        lanes.collect()
    });
    Layout { width, height, corners: corners.collect(), lanes: lanes.collect(), line }
}

/// The top and the height of each layer, the height of all of them, and where the line is.
fn rows(nodes: &Nodes<'_>, layers: usize) -> (Vec<(i64, i64)>, i64, Option<i64>) {
    let mut heights = vec![0; layers];
    for ((_, height), level) in nodes.sizes.iter().zip(nodes.levels) {
        if let Some(tallest) = heights.get_mut(*level) {
            *tallest = (*height).max(*tallest);
        }
    }
    let mut line = None;
    let mut bottom = 0;
    let mut rows = Vec::with_capacity(layers);
    for (layer, height) in heights.into_iter().enumerate() {
        let gap = if nodes.line_above == Some(layer) { LINE_GAP } else { GAP };
        let gap = if layer == 0 { gap - GAP } else { gap };
        if nodes.line_above == Some(layer) {
            line = Some(bottom + gap / 2);
        }
        rows.push((bottom + gap, height));
        bottom += gap + height;
    }
    (rows, bottom, line)
}
