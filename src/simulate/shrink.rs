//! The least that is needed to show what went wrong.

use super::campaign::Failing;
use super::condition::Condition;
use super::fault::Point;
use super::sim_config::SimConfig;
use super::trial::rehearse;
use super::workload::Workload;
use crate::twin::ScenarioError;
use std::collections::BTreeSet;

/// Something that a trial went through and may not have needed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Condition(Condition),
    Point(Point),
    Call(u64),
}

/// Takes away what the failure does not need: everything, then halves, then ever smaller pieces of what is left, until
/// no single thing can be left out (Zeller and Hildebrandt, delta debugging). What is left out never makes room for
/// something else: nothing happens but what is left.
pub fn shrink(workload: &Workload, failing: Failing) -> Result<Failing, ScenarioError> {
    let mut parts = parts(&failing);
    let mut least = failing;
    let mut size = parts.len();
    while size > 0 {
        let (mut start, before) = (0, parts.len());
        while start < parts.len() {
            let fewer: Vec<Part> = parts.iter().take(start).chain(parts.iter().skip(start + size)).copied().collect();
            let config = only(&least.config, &fewer);
            let result = rehearse(workload, &config)?;
            if result.violations.is_empty() {
                start += size;
            } else {
                (parts, least) = (fewer, Failing { config, result });
            }
        }
        // What could not be left out before may be once others are gone.
        size = if size == 1 && parts.len() < before { 1 } else { size / 2 };
    }
    Ok(least)
}

fn parts(failing: &Failing) -> Vec<Part> {
    let Failing { config, result } = failing;
    let conditions: BTreeSet<Condition> = result.conditions.iter().copied().collect();
    let is_point = |call: &u64| config.points.iter().any(|point| point.call == *call);
    let calls = result.fired.iter().map(|fired| fired.call).filter(|call| !is_point(call));
    let conditions = conditions.into_iter().map(Part::Condition);
    conditions.chain(config.points.iter().copied().map(Part::Point)).chain(calls.map(Part::Call)).collect()
}

/// The configuration of a trial with only these parts.
fn only(config: &SimConfig, parts: &[Part]) -> SimConfig {
    let is_spared = |one: &Condition| !parts.contains(&Part::Condition(*one));
    SimConfig {
        points: config.points.iter().copied().filter(|point| parts.contains(&Part::Point(*point))).collect(),
        allowed: Some(
            parts.iter().filter_map(|part| if let Part::Call(call) = part { Some(*call) } else { None }).collect(),
        ),
        spared: Condition::ALL.into_iter().filter(is_spared).collect(),
        ..config.clone()
    }
}
