//! What a trial is to go through.

use super::case_script::CaseScript;
use super::condition::Condition;
use super::fault::Point;
use super::fault_injector::Odds;
use crate::base::PlantedBug;
use std::collections::BTreeSet;

/// What a trial is to go through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SimConfig {
    /// Decides everything that looks random.
    pub seed: u64,
    /// How likely mishaps are; those of the seed where nothing is said.
    pub odds: Option<Odds>,
    /// Whether service and other operators are those of the seed, or as the scenario says.
    pub seeded_world: bool,
    /// Where the process dies, whatever the odds.
    pub points: Vec<Point>,
    /// A bug on purpose, which the trial has to show; nothing in a release build.
    pub flaw: Option<PlantedBug>,
    /// The only calls that something may happen to; any, where nothing is said.
    pub allowed: Option<BTreeSet<u64>>,
    /// What the trial does not go through although its seed says so.
    pub spared: BTreeSet<Condition>,
    /// What a test of the runbook lays down; none where it is rehearsed.
    pub script: Option<CaseScript>,
}
