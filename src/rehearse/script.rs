//! What is rehearsed.

use crate::base::Map;
use crate::runbook::plan::Plan;
use crate::twin::{Scenario, Size};
use std::sync::Arc;

/// A runbook with its inputs, and the world it is rehearsed in.
#[derive(Clone, Debug)]
pub struct Script {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The text of the runbook, as it is pinned in the run directory.
    pub source: Arc<Vec<u8>>,
    /// Its name, for the first record.
    pub name: String,
    /// What the world begins with.
    pub scenario: Scenario,
    /// The seed of the world: the ids and passwords in it. The inputs name an instance of this world.
    pub world: u64,
}

impl Script {
    /// The inputs that the world proposes, as `--twin` does.
    pub fn proposed(world: u64, scenario: &Scenario) -> Result<Map, crate::twin::ScenarioError> {
        Ok(crate::twin::World::new(world, scenario.clone(), scenario.start())?.inputs())
    }

    /// A scenario whose files are small, so that a trial costs milliseconds and not their hashing.
    #[must_use]
    pub fn with_small_files(mut scenario: Scenario) -> Scenario {
        for instance in &mut scenario.instances {
            instance.archive_size = Size(1);
        }
        scenario
    }
}
