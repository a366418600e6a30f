//! What a case names must be there in its runbook.

use super::types::{CaseAction, CaseFault, Named, TestCase};
use crate::base::escape;
use crate::runbook::codes::Code;
use crate::runbook::diagnostic::Diagnostic;
use crate::runbook::kind::Reversibility;
use crate::runbook::plan::Plan;
use crate::runbook::suggest::{IN_THE_FILE, or_list};
use std::ops::Range;

impl TestCase {
    /// Everything that the case names and this plan, which is made with its inputs, does not have.
    pub fn check(&self, plan: &Plan) -> Vec<Diagnostic> {
        let mut found = Found { plan, list: Vec::new() };
        found.case(self);
        found.list
    }
}

/// Where the step of this id stands in the plan; those of its items, where it has been repeated for several.
pub fn places(plan: &Plan, id: &str) -> Range<usize> {
    match plan.groups.iter().find(|group| group.id == id) {
        Some(group) => group.members.clone(),
        None => plan.index_of(id).map_or(0..0, |place| place..place + 1),
    }
}

struct Found<'p> {
    plan: &'p Plan,
    list: Vec<Diagnostic>,
}

impl Found<'_> {
    fn case(&mut self, case: &TestCase) {
        let expect = &case.expect;
        let steps = case.answers.iter().map(|(step, _)| step);
        let told = [&expect.effects, &expect.refused].into_iter().flatten().flatten().map(|at| &at.step);
        for step in steps.chain(told).chain(expect.skipped.iter().flatten()) {
            self.step(step);
        }
        for action in &case.actions {
            if let CaseAction::Resolve(step, _) = action {
                self.step(step);
            }
        }
        for fault in &case.faults {
            let CaseFault::AtStep(fault) = fault else { continue };
            self.step(&fault.step);
            let steps = self.plan.steps.get(places(self.plan, &fault.step.text)).unwrap_or_default();
            let changes_nothing = steps.iter().all(|step| step.effect.reverse == Reversibility::Nothing);
            if fault.at_effect == Some(true) && !steps.is_empty() && changes_nothing {
                let message = format!("the step `{}` changes nothing", fault.step.text);
                self.add(Code::Misfit, fault.span, message, Some("write `at: look`".to_owned()));
            }
        }
        let names: Vec<&str> = self.plan.outputs.iter().map(|(name, _)| name.as_str()).collect();
        for (output, _) in expect.outputs.iter().flatten().filter(|(name, _)| !names.contains(&name.text.as_str())) {
            let message = format!("the runbook has no output `{}`", escape(&output.text));
            let hint = or_list(&output.text, "outputs", &names, IN_THE_FILE);
            self.add(Code::UnknownOutput, output.span, message, hint);
        }
    }

    fn step(&mut self, step: &Named) {
        if self.plan.index_of(&step.text).is_none() {
            let names: Vec<&str> = self.plan.steps.iter().map(|step| step.id.as_str()).collect();
            let message = format!("the runbook has no step `{}`", escape(&step.text));
            self.add(Code::UnknownStep, step.span, message, or_list(&step.text, "steps", &names, IN_THE_FILE));
        }
    }

    fn add(&mut self, code: Code, span: crate::runbook::Span, message: String, hint: Option<String>) {
        self.list.push(Diagnostic { span: Some(span), code, message, hint, related: Vec::new() });
    }
}
