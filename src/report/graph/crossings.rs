//! The order of the vertices in each layer, so that few edges cross.

use super::layered::{Layered, Vertex};

/// More sweeps than this change nothing in practice.
const SWEEPS: usize = 24;

/// Orders each layer by what its vertices are linked to, downwards and upwards in turn, and keeps the best order seen.
pub(super) fn untangle(graph: &mut Layered) {
    let mut best = graph.layers.clone();
    let mut fewest = crossings(graph);
    for sweep in 0..SWEEPS {
        if fewest == 0 {
            break;
        }
        let down = sweep % 2 == 0;
        let count = graph.layers.len();
        for turn in 0..count {
            let layer = if down { turn } else { count - 1 - turn };
            sort(graph, layer, down);
        }
        let found = crossings(graph);
        if found < fewest {
            fewest = found;
            best.clone_from(&graph.layers);
        }
    }
    graph.layers = best;
}

/// Puts each vertex of a layer beneath, or above, the middle of those it is linked to.
fn sort(graph: &mut Layered, layer: usize, down: bool) {
    let next = if down { layer.checked_sub(1) } else { Some(layer + 1) };
    let Some(fixed) = next.and_then(|next| graph.layers.get(next)) else { return };
    let places = places(fixed, graph.vertices.len());
    let Some(order) = graph.layers.get(layer) else { return };
    let keys = order.iter().enumerate().map(|(place, vertex)| {
        let links = graph.vertices.get(*vertex).map_or(&[][..], |vertex| links(vertex, down));
        let near: Vec<i64> = links.iter().filter_map(|(other, _)| places.get(*other).copied()).collect();
        let count = i64::try_from(near.len()).unwrap_or(i64::MAX);
        // A vertex without links on this side stays about where it is.
        let own = i64::try_from(place).unwrap_or(i64::MAX).saturating_mul(1_000);
        (near.iter().sum::<i64>().saturating_mul(1_000).checked_div(count).unwrap_or(own), *vertex)
    });
    let mut keyed: Vec<(i64, usize)> = keys.collect();
    keyed.sort_by_key(|(key, _)| *key);
    let sorted = keyed.into_iter().map(|(_, vertex)| vertex).collect();
    if let Some(slot) = graph.layers.get_mut(layer) {
        *slot = sorted;
    }
}

fn links(vertex: &Vertex, down: bool) -> &[(usize, i64)] {
    if down { &vertex.above } else { &vertex.below }
}

/// The place of each vertex in its layer; those of other layers have place 0, and are not asked for.
fn places(layer: &[usize], vertices: usize) -> Vec<i64> {
    let mut places = vec![0; vertices];
    for (place, vertex) in (0..).zip(layer) {
        if let Some(slot) = places.get_mut(*vertex) {
            *slot = place;
        }
    }
    places
}

/// How many pairs of edges cross.
fn crossings(graph: &Layered) -> usize {
    let pairs = graph.layers.iter().zip(graph.layers.iter().skip(1));
    let between = |(upper, lower): (&Vec<usize>, &Vec<usize>)| {
        let places = places(lower, graph.vertices.len());
        let ends = upper.iter().filter_map(|vertex| graph.vertices.get(*vertex)).flat_map(|vertex| {
            let mut ends: Vec<usize> =
                vertex.below.iter().filter_map(|(other, _)| usize::try_from(*places.get(*other)?).ok()).collect();
            ends.sort_unstable();
            ends
        });
        inversions(ends, lower.len())
    };
    pairs.map(between).sum()
}

/// How many pairs of a sequence are in the wrong order, by a Fenwick tree of what has come before.
fn inversions(sequence: impl Iterator<Item = usize>, limit: usize) -> usize {
    let mut tree = vec![0_usize; limit + 1];
    let mut found = 0;
    for (before, value) in sequence.enumerate() {
        let mut at = value + 1;
        let mut not_greater = 0;
        while at > 0 {
            not_greater += tree.get(at).copied().unwrap_or_default();
            at &= at - 1;
        }
        found += before - not_greater;
        let mut at = value + 1;
        while let Some(slot) = tree.get_mut(at) {
            *slot += 1;
            at += at & at.wrapping_neg();
        }
    }
    found
}
