//! What is rehearsed.

use super::machine::{CommandScript, ScriptedCommand};
use super::place;
use crate::base::{Map, Value};
use crate::runbook::kind::Proof;
use crate::runbook::plan::{Plan, Step};
use crate::twin::{Graph, ProgramSpec, Scenario, Size};
use std::path::PathBuf;
use std::sync::Arc;

/// A runbook with its inputs, and the world it is rehearsed in.
#[derive(Clone, Debug)]
pub struct Workload {
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
    /// What each command line does.
    pub commands: CommandScript,
}

impl Workload {
    /// Whether it counts the data of an instance, so that what is written late is noticed.
    pub(super) fn counts(&self) -> bool {
        let names_instance = |step: &Step| step.with.iter().any(|(name, _)| Some(name.as_str()) == step.kind.subject);
        let counting = self.plan.steps.iter().filter(|step| step.effect.yields.contains(&Proof::Counted));
        counting.into_iter().any(names_instance)
    }

    /// What the commands do that the scenario describes. `{{ run.dir }}` and `{{ run.id }}` stand for those of the
    /// rehearsed run, as in a runbook.
    pub fn script(scenario: &Scenario) -> CommandScript {
        let dir = place::run_dir().path().to_string_lossy().into_owned();
        let filled = |text: &String| text.replace("{{ run.dir }}", &dir).replace("{{ run.id }}", place::RUN);
        let all = |texts: &[String]| texts.iter().map(filled).collect::<Vec<_>>();
        let scripted = |program: &ProgramSpec| ScriptedCommand {
            exit_code: program.exit_code.into(),
            stdout: program.stdout.clone(),
            span: program.takes.map(|takes| takes.0),
            looks_for: program.looks_for.as_deref().map(all),
            until_then: program.until_then.clone(),
            writes: program.writes.iter().map(|(path, one)| (PathBuf::from(filled(path)), one.bytes())).collect(),
        };
        scenario.commands.iter().map(|program| (all(&program.argv), scripted(program))).collect()
    }

    /// The inputs that the world proposes, as `--twin` does.
    pub fn proposed(world: u64, scenario: &Scenario) -> Result<Map, crate::twin::ScenarioError> {
        Ok(crate::twin::World::new(world, scenario.clone(), scenario.start())?.inputs())
    }

    /// The scenario with what these inputs name: the instance, its tenant and the bucket of somebody's own change.
    #[must_use]
    pub fn fitted(mut scenario: Scenario, inputs: &Map) -> Scenario {
        let text = |name: &str| inputs.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let (Some(id), Some(instance)) = (text("instance_id"), scenario.instances.first_mut()) {
            instance.id = Some(id.to_owned());
        }
        if let (Some(id), Some(tenant)) = (text("target_tenant_id"), scenario.tenants.first_mut()) {
            tenant.id = Some(id.to_owned());
        }
        if let Some(bucket) = text("bucket") {
            bucket.clone_into(&mut scenario.bucket);
        }
        scenario
    }

    /// A scenario in which a trial costs milliseconds: its data and files are small. What is offered stays what a twin
    /// offers, so that a rehearsal refuses nothing that the twin accepts.
    #[must_use]
    pub fn lean(mut scenario: Scenario) -> Scenario {
        for instance in &mut scenario.instances {
            instance.archive_size = Size(1);
            instance.graph.get_or_insert_with(Graph::small);
        }
        scenario
    }
}
