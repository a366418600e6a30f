//! How much of a runbook a run does before it pauses by itself.

use super::failure::{Failure, FailureKind};
use crate::base::{Value, escape};
use crate::report::quoted;
use crate::runbook::nearest;
use crate::runbook::plan::Plan;

/// How much of a runbook a run does before it pauses by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    #[default]
    Whole,
    /// This step and what it needs.
    Until(String),
    /// What changes nothing and asks nobody.
    OnlyReads,
}

impl Extent {
    /// That the step is one of the plan, and one that a run comes to by itself.
    pub(super) fn check(&self, plan: &Plan) -> Result<(), Failure> {
        let Self::Until(id) = self else { return Ok(()) };
        let usage = |message: String| Failure::new(FailureKind::Usage, message);
        let Some(step) = plan.steps.iter().find(|step| step.id == *id) else {
            let failure = usage(format!("`--until`: the runbook has no step `{}`", escape(id)));
            let near = nearest(id, plan.steps.iter().map(|step| step.id.as_str()));
            return Err(match near {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure.hint("`surefoot plan` lists its steps"),
            });
        };
        if step.undoes.is_some() {
            return Err(usage(format!("`--until`: `{id}` undoes another step"))
                .hint("name a step that the run comes to by itself; nothing was started"));
        }
        Ok(())
    }

    /// The policy with which a run is born that was asked for this.
    pub(super) fn remembered(&self, mut policy: Value) -> Value {
        let Value::Object(map) = &mut policy else { return policy };
        match self {
            Self::Whole => {}
            Self::Until(step) => drop(map.insert("until".to_owned(), Value::String(step.clone()))),
            Self::OnlyReads => drop(map.insert("only_reads".to_owned(), Value::Bool(true))),
        }
        policy
    }

    /// The options that a run was begun with, as they are typed.
    pub(super) fn options(policy: &Value) -> Vec<String> {
        let until = policy.get("until").and_then(Value::as_str);
        let only_reads = policy.get("only_reads").and_then(Value::as_bool) == Some(true);
        let until = until.map(|step| ["--until".to_owned(), quoted(step)]).into_iter().flatten();
        until.chain(only_reads.then(|| "--only-reads".to_owned())).collect()
    }
}
