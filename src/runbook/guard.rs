//! The proof on paper that an irreversible step cannot begin without its evidence (design.md §9).
//!
//! A step waits for all its ancestors, so evidence that an ancestor yields about the same subject dominates it,
//! unless that ancestor may be skipped while the step itself runs. The engine enforces the same at the moment of the
//! call; this finds out before anything ran.

use super::graph;
use super::kind::{Kind, Proof, Reverse};
use super::plan::{Plan, Step, Template};
use crate::base::Value;
use std::collections::BTreeMap;

/// A step that may not begin without evidence, and the step that yields it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardProof {
    /// Index of the irreversible step.
    pub step: usize,
    /// The evidence it needs.
    pub proof: Proof,
    /// Index of the step that yields it on every path.
    pub by_step: usize,
}

/// A way to an irreversible step that avoids evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escape {
    /// Index of the irreversible step.
    pub step: usize,
    /// The evidence that may be missing.
    pub proof: Proof,
    /// Indices of the steps on the way, from one that waits for nothing to the irreversible one.
    pub path: Vec<usize>,
    /// A step that yields such evidence but does not count, and why.
    pub nearly: Option<(usize, Reason)>,
}

/// Why a step that yields the evidence does not count, the nearest miss last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is about another subject.
    OtherSubject,
    /// It may run after the irreversible step, which does not wait for it.
    NotBefore,
    /// It may be skipped while the irreversible step runs.
    MayBeSkipped,
}

/// What was proved and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuardReport {
    /// The evidence that is there on every path, in order of step and policy.
    pub proved: Vec<GuardProof>,
    /// The ways that avoid evidence.
    pub escapes: Vec<Escape>,
}

/// Proves every irreversible step of the plan.
pub fn prove(plan: &Plan) -> GuardReport {
    let mut report = GuardReport::default();
    let guarded = |step: &Step| step.kind.reverse == Reverse::Irreversible && !step.kind.needs.is_empty();
    if plan.steps.iter().any(guarded) {
        let prover = Prover::of(plan);
        for (index, step) in plan.steps.iter().enumerate().filter(|(_, step)| guarded(step)) {
            prover.prove(index, step, &mut report);
        }
    }
    report
}

/// The evidence that a checked plan has for each irreversible step.
pub fn proofs(plan: &Plan) -> Vec<GuardProof> {
    prove(plan).proved
}

/// What the irreversible steps of a plan change, each as the template that says it, without repetitions.
pub fn changed(plan: &Plan) -> Vec<Template> {
    let ids: BTreeMap<&str, &Step> = plan.steps.iter().map(|step| (step.id.as_str(), step)).collect();
    let mut subjects = Vec::new();
    for step in plan.steps.iter().filter(|step| step.kind.reverse == Reverse::Irreversible) {
        subjects.extend(subject(&ids, step).filter(|subject| !subjects.contains(subject)));
    }
    subjects
}

/// What the proof looks at, worked out once a plan.
struct Prover<'p> {
    plan: &'p Plan,
    edges: Vec<Vec<usize>>,
    /// What each step is about.
    subjects: Vec<Option<Template>>,
    conditions: Vec<Option<Template>>,
}

impl<'p> Prover<'p> {
    fn of(plan: &'p Plan) -> Self {
        let ids: BTreeMap<&str, &Step> = plan.steps.iter().map(|step| (step.id.as_str(), step)).collect();
        Self {
            plan,
            edges: plan.edges(),
            subjects: plan.steps.iter().map(|step| subject(&ids, step)).collect(),
            conditions: plan.steps.iter().map(condition).collect(),
        }
    }

    fn prove(&self, index: usize, step: &Step, report: &mut GuardReport) {
        let before = graph::ancestors(&self.edges, index);
        for proof in step.kind.needs {
            let mut nearly = None;
            let mut by_step = None;
            let yielding = self.plan.steps.iter().enumerate().filter(|(_, other)| other.kind.yields.contains(proof));
            for (other, _) in yielding {
                match self.objection(index, other, &before) {
                    None => by_step = by_step.or(Some(other)),
                    Some(reason) => nearly = nearly.max(Some((reason, other))),
                }
            }
            if let Some(by_step) = by_step {
                report.proved.push(GuardProof { step: index, proof: *proof, by_step });
                continue;
            }
            let skipped = nearly.filter(|(reason, _)| *reason == Reason::MayBeSkipped).map(|(_, other)| other);
            let path = path_to(&self.edges, index, skipped);
            let nearly = nearly.map(|(reason, other)| (other, reason));
            report.escapes.push(Escape { step: index, proof: *proof, path, nearly });
        }
    }

    /// Why the evidence of `other` does not count for `step`; `None` where it does.
    fn objection(&self, step: usize, other: usize, before: &[bool]) -> Option<Reason> {
        let condition = self.conditions.get(other).and_then(Option::as_ref);
        if self.subjects.get(other) != self.subjects.get(step) || self.subjects.get(step) == Some(&None) {
            Some(Reason::OtherSubject)
        } else if before.get(other) != Some(&true) {
            Some(Reason::NotBefore)
        } else if condition.is_some() && condition != self.conditions.get(step).and_then(Option::as_ref) {
            Some(Reason::MayBeSkipped)
        } else {
            None
        }
    }
}

/// A way to a step: from each step back to the last-written one that it waits for and that is not to be avoided.
fn path_to(edges: &[Vec<usize>], step: usize, avoid: Option<usize>) -> Vec<usize> {
    let mut path = vec![step];
    let mut here = step;
    let waits = |step: usize| edges.get(step).into_iter().flatten().copied();
    while let Some(before) = waits(here).filter(|before| Some(*before) != avoid).max() {
        here = before;
        path.push(here);
    }
    path.reverse();
    path
}

fn condition(step: &Step) -> Option<Template> {
    step.when.as_ref().filter(|when| **when != Template::Plain(Value::Bool(true))).map(|when| match when {
        Template::Expression(text) => Template::Expression(squeeze(text)),
        other => other.clone(),
    })
}

/// What a step is about: the text of its subject, resolved through the steps that only hand it on.
fn subject(ids: &BTreeMap<&str, &Step>, step: &Step) -> Option<Template> {
    const LONGEST: usize = 64;
    let mut step = step;
    for _ in 0..LONGEST {
        let name = step.kind.subject?;
        let (_, template) = step.with.iter().find(|(input, _)| input == name)?;
        let Template::Expression(text) = template else {
            return Some(template.clone()).filter(|template| *template != Template::Plain(Value::Null));
        };
        let text = squeeze(text);
        let source = text.strip_prefix("steps.").and_then(|rest| rest.strip_suffix(".id"));
        match source.and_then(|id| ids.get(id)).filter(|source| hands_on_subject(source.kind)) {
            Some(source) => step = source,
            None => return Some(Template::Expression(text)),
        }
    }
    None
}

/// Whether the output `id` of a kind is the instance that it was given.
fn hands_on_subject(kind: &Kind) -> bool {
    kind.subject == Some("instance_id") && kind.output("id").is_some()
}

/// An expression without the space outside of quotes that means nothing.
fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut space = false;
    for character in text.chars() {
        match quote {
            Some(open) if open == character => quote = None,
            None if matches!(character, '"' | '\'') => quote = Some(character),
            None if character.is_whitespace() => {
                space = true;
                continue;
            }
            _ => {}
        }
        // Space between two words keeps them apart; any other space says nothing.
        let word = |character: char| character.is_alphanumeric() || character == '_';
        if space && word(character) && out.ends_with(word) {
            out.push(' ');
        }
        space = false;
        out.push(character);
    }
    out
}
