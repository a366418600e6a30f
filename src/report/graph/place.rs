//! The horizontal place of each vertex, with the order of each layer given.

use super::layered::{Layered, Vertex};

/// The distance between two neighbours.
const GAP: i64 = 22;

/// How often the layers are gone through.
const ROUNDS: usize = 60;

/// A link that pulls as much as this counts for the place of a node; weaker ones only where there is no other.
const STRONG: i64 = 2;

/// Parts of a pixel, so that what is rounded many times does not drift.
const FINE: i64 = 256;

/// The centre of each vertex, and the width of all of them. A chain is the lanes of one edge.
pub(super) fn place(graph: &Layered, chains: &[Vec<(usize, usize)>]) -> (Vec<i64>, i64) {
    let mut centres = vec![0; graph.vertices.len()];
    for layer in &graph.layers {
        settle(graph, layer, &mut centres, |_, own| own);
    }
    for round in 0..ROUNDS {
        let count = graph.layers.len();
        for turn in 0..count {
            let layer = graph.layers.get(if round % 2 == 0 { turn } else { count - 1 - turn });
            let known = centres.clone();
            // The last rounds look at both sides, so that nothing hangs to one of them.
            let is_last = round + 2 >= ROUNDS;
            let wish = |vertex: &Vertex, own: i64| {
                let above = vertex.above.iter().filter(|_| is_last || round % 2 == 0);
                let below = vertex.below.iter().filter(|_| is_last || round % 2 == 1);
                let strong = above.clone().chain(below.clone()).filter(|(_, pull)| *pull >= STRONG);
                middle(strong, &known).or_else(|| middle(above.chain(below), &known)).unwrap_or(own)
            };
            settle(graph, layer.map_or(&[], Vec::as_slice), &mut centres, wish);
        }
    }
    for centre in &mut centres {
        *centre = (*centre + FINE / 2).div_euclid(FINE);
    }
    straighten(graph, chains, &mut centres);
    let edge = |vertex: usize, side: i64| {
        let (centre, width) = (centres.get(vertex), graph.vertices.get(vertex).map(|vertex| vertex.width));
        centre.zip(width).map_or(0, |(centre, width)| centre + side * width / 2)
    };
    let left = (0..centres.len()).map(|vertex| edge(vertex, -1)).min().unwrap_or_default();
    let right = (0..centres.len()).map(|vertex| edge(vertex, 1)).max().unwrap_or_default();
    (centres.iter().map(|centre| centre - left).collect(), right - left)
}

/// The mean place of what a vertex is linked to, by strength.
fn middle<'l>(links: impl Iterator<Item = &'l (usize, i64)>, centres: &[i64]) -> Option<i64> {
    let (mut sum, mut weight) = (0, 0);
    for (other, pull) in links {
        sum += centres.get(*other)? * pull;
        weight += pull;
    }
    (weight > 0).then(|| sum / weight)
}

/// Vertices that share their distance to where they want to be.
struct Block {
    sum: i64,
    weight: i64,
    count: usize,
}

/// Puts the vertices of a layer as near as they can be to where each wants to be, in their order and apart from each
/// other. With the widths to its left taken off each wish this is an isotonic regression, which merging neighbours
/// that are in each other's way solves exactly.
fn settle(graph: &Layered, layer: &[usize], centres: &mut [i64], wish: impl Fn(&Vertex, i64) -> i64) {
    let mut blocks: Vec<Block> = Vec::new();
    let mut offsets = Vec::with_capacity(layer.len());
    let mut right = 0;
    for (place, index) in layer.iter().enumerate() {
        let (Some(vertex), Some(own)) = (graph.vertices.get(*index), centres.get(*index)) else { continue };
        let offset = if place == 0 { 0 } else { right + GAP + vertex.width / 2 };
        right = offset + (vertex.width + 1) / 2;
        offsets.push(offset);
        let weight = vertex.weight;
        let mut block = Block { sum: (wish(vertex, *own) - offset * FINE) * weight, weight, count: 1 };
        while let Some(last) = blocks.pop_if(|last| last.sum * block.weight > block.sum * last.weight) {
            let (sum, weight) = (block.sum + last.sum, block.weight + last.weight);
            block = Block { sum, weight, count: block.count + last.count };
        }
        blocks.push(block);
    }
    let shifts = blocks.iter().flat_map(|block| (0..block.count).map(|_| block.sum.div_euclid(block.weight)));
    for ((index, offset), shift) in layer.iter().zip(&offsets).zip(shifts) {
        if let Some(centre) = centres.get_mut(*index) {
            *centre = shift + offset * FINE;
        }
    }
}

/// Makes the lanes of an edge one straight line where nothing is in the way, the outermost edges first.
fn straighten(graph: &Layered, chains: &[Vec<(usize, usize)>], centres: &mut [i64]) {
    let mut beside = vec![(None, None); centres.len()];
    for layer in &graph.layers {
        for (left, right) in layer.iter().zip(layer.iter().skip(1)) {
            if let Some(slot) = beside.get_mut(*left) {
                slot.1 = Some(*right);
            }
            if let Some(slot) = beside.get_mut(*right) {
                slot.0 = Some(*left);
            }
        }
    }
    let width = |vertex: usize| graph.vertices.get(vertex).map_or(0, |vertex| vertex.width);
    let mut order: Vec<(i64, &Vec<(usize, usize)>)> = Vec::new();
    for chain in chains.iter().filter(|chain| chain.len() > 1) {
        order.extend(chain.iter().filter_map(|(lane, _)| centres.get(*lane).copied()).max().map(|most| (most, chain)));
    }
    order.sort_by_key(|(most, _)| std::cmp::Reverse(*most));
    for (_, chain) in order {
        let at = |lane: usize| centres.get(lane).copied().unwrap_or_default();
        let mut wanted: Vec<i64> = chain.iter().map(|(lane, _)| at(*lane)).collect();
        wanted.sort_unstable();
        let (first, last) = (wanted.first().copied(), wanted.last().copied());
        let middle = wanted.get(wanted.len() / 2).copied();
        let fits = |place: i64| {
            chain.iter().all(|(lane, _)| {
                let (left, right) = beside.get(*lane).copied().unwrap_or_default();
                let apart = |other: usize| i64::midpoint(width(*lane), width(other)) + GAP;
                left.is_none_or(|left| at(left) + apart(left) <= place)
                    && right.is_none_or(|right| place + apart(right) <= at(right))
            })
        };
        let Some(place) = [last, first, middle].into_iter().flatten().find(|place| fits(*place)) else { continue };
        for (lane, _) in chain {
            if let Some(centre) = centres.get_mut(*lane) {
                *centre = place;
            }
        }
    }
}
