//! The order of steps.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// An order in which every step stands after all it waits for, and among those that are free the one written first.
///
/// `after[i]` holds what step `i` waits for. Steps on a cycle, and those behind one, are left out.
pub(super) fn order(after: &[Vec<usize>]) -> Vec<usize> {
    let mut waiting: Vec<usize> = after.iter().map(Vec::len).collect();
    let followers = followers(after);
    let mut free: BinaryHeap<Reverse<usize>> =
        (0..after.len()).filter(|step| waiting.get(*step) == Some(&0)).map(Reverse).collect();
    let mut order = Vec::with_capacity(after.len());
    while let Some(Reverse(step)) = free.pop() {
        order.push(step);
        for follower in followers.get(step).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(*follower) {
                *count -= 1;
                if *count == 0 {
                    free.push(Reverse(*follower));
                }
            }
        }
    }
    order
}

/// Cycles, each as the steps on it in the order in which they wait for each other, at most ten.
pub(super) fn cycles(after: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut rest: Vec<Vec<usize>> = after.to_vec();
    let mut cycles = Vec::new();
    while cycles.len() < 10 {
        let ordered = order(&rest);
        let mut stuck = vec![true; rest.len()];
        for step in ordered {
            if let Some(mark) = stuck.get_mut(step) {
                *mark = false;
            }
        }
        let Some(cycle) = one_cycle(&rest, &stuck) else { break };
        for step in &cycle {
            if let Some(waits) = rest.get_mut(*step) {
                waits.clear();
            }
        }
        cycles.push(cycle);
    }
    cycles
}

/// For each step, whether it must have ended before `step` begins.
pub(super) fn ancestors(after: &[Vec<usize>], step: usize) -> Vec<bool> {
    let mut reached = vec![false; after.len()];
    let mut open = vec![step];
    while let Some(step) = open.pop() {
        for before in after.get(step).into_iter().flatten() {
            if let Some(mark) = reached.get_mut(*before).filter(|mark| !**mark) {
                *mark = true;
                open.push(*before);
            }
        }
    }
    reached
}

/// For each step, whether it begins only after one of `sources` has ended.
pub(super) fn descendants(followers: &[Vec<usize>], sources: &[usize]) -> Vec<bool> {
    let mut reached = vec![false; followers.len()];
    let mut open = sources.to_vec();
    while let Some(step) = open.pop() {
        for follower in followers.get(step).into_iter().flatten() {
            if let Some(mark) = reached.get_mut(*follower).filter(|mark| !**mark) {
                *mark = true;
                open.push(*follower);
            }
        }
    }
    reached
}

/// For each step, those that wait for it.
pub(super) fn followers(after: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut followers = vec![Vec::new(); after.len()];
    for (step, before) in after.iter().enumerate() {
        for before in before {
            if let Some(list) = followers.get_mut(*before) {
                list.push(step);
            }
        }
    }
    followers
}

/// Every stuck step waits for a stuck step, so walking backwards from any of them runs into a cycle.
fn one_cycle(after: &[Vec<usize>], stuck: &[bool]) -> Option<Vec<usize>> {
    let is_stuck = |step: &usize| stuck.get(*step) == Some(&true);
    let mut step = (0..after.len()).find(is_stuck)?;
    let mut seen_at = vec![None; after.len()];
    let mut path = Vec::new();
    loop {
        if let Some(start) = *seen_at.get(step)? {
            let mut cycle = path.split_off(start);
            cycle.reverse();
            let first = cycle.iter().enumerate().min_by_key(|(_, step)| **step).map_or(0, |(at, _)| at);
            cycle.rotate_left(first);
            return Some(cycle);
        }
        *seen_at.get_mut(step)? = Some(path.len());
        path.push(step);
        step = *after.get(step)?.iter().find(|before| is_stuck(before))?;
    }
}
