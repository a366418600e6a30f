//! The proof on paper that an irreversible step cannot begin without its evidence (design.md §9).
//!
//! A step waits for all its ancestors, so evidence that an ancestor yields about the same subject dominates it,
//! unless that ancestor may be skipped while the step itself runs. The engine enforces the same at the moment of the
//! call; this finds out before anything ran.

use super::graph;
use super::kind::{Kind, Proof, Reverse};
use super::plan::{Plan, Step, Template};
use crate::base::Value;

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

/// Why a step that yields the evidence does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    let edges = plan.edges();
    let mut report = GuardReport::default();
    for (index, step) in plan.steps.iter().enumerate() {
        if step.kind.reverse == Reverse::Irreversible && !step.kind.needs.is_empty() {
            prove_one(plan, &edges, index, step, &mut report);
        }
    }
    report
}

/// The evidence that a checked plan has for each irreversible step.
pub fn proofs(plan: &Plan) -> Vec<GuardProof> {
    prove(plan).proved
}

fn prove_one(plan: &Plan, edges: &[Vec<usize>], index: usize, step: &Step, report: &mut GuardReport) {
    let before = graph::ancestors(edges, index);
    let subject = subject(plan, step);
    for proof in step.kind.needs {
        let mut nearly = None;
        let mut by_step = None;
        for (other, candidate) in plan.steps.iter().enumerate() {
            if !candidate.kind.yields.contains(proof) {
                continue;
            }
            let reason = if self::subject(plan, candidate) != subject {
                Some(Reason::OtherSubject)
            } else if before.get(other) != Some(&true) {
                Some(Reason::NotBefore)
            } else if candidate.when.is_some() && condition(candidate) != condition(step) {
                Some(Reason::MayBeSkipped)
            } else {
                None
            };
            match reason {
                None => by_step = by_step.or(Some(other)),
                Some(reason) => nearly = nearest(nearly, (other, reason)),
            }
        }
        match by_step {
            Some(by_step) => report.proved.push(GuardProof { step: index, proof: *proof, by_step }),
            None => {
                let skipped = nearly.filter(|(_, reason)| *reason == Reason::MayBeSkipped).map(|(other, _)| other);
                let path = path_to(edges, index, skipped);
                report.escapes.push(Escape { step: index, proof: *proof, path, nearly });
            }
        }
    }
}

/// The candidate that comes closest: one that is only skippable before one in the wrong place, and so on.
fn nearest(old: Option<(usize, Reason)>, new: (usize, Reason)) -> Option<(usize, Reason)> {
    let rank = |reason| match reason {
        Reason::MayBeSkipped => 2,
        Reason::NotBefore => 1,
        Reason::OtherSubject => 0,
    };
    match old {
        Some(old) if rank(old.1) >= rank(new.1) => Some(old),
        _ => Some(new),
    }
}

/// The longest-standing way to a step: always the last-written step it waits for that is not to be avoided.
fn path_to(edges: &[Vec<usize>], step: usize, avoid: Option<usize>) -> Vec<usize> {
    let mut path = vec![step];
    let mut here = step;
    while let Some(before) =
        edges.get(here).into_iter().flatten().filter(|before| Some(**before) != avoid && !path.contains(before)).max()
    {
        here = *before;
        path.push(here);
        if path.len() > 64 {
            break;
        }
    }
    path.reverse();
    path
}

fn condition(step: &Step) -> Option<Template> {
    step.when.as_ref().map(|when| match when {
        Template::Expression(text) => Template::Expression(squeeze(text)),
        other => other.clone(),
    })
}

/// What a step is about: the text of its subject, resolved through the steps that only hand it on.
fn subject(plan: &Plan, step: &Step) -> Option<Template> {
    let mut step = step;
    for _ in 0..=plan.steps.len().min(64) {
        let name = step.kind.subject?;
        let (_, template) = step.with.iter().find(|(input, _)| input == name)?;
        let Template::Expression(text) = template else { return plain(template) };
        let text = squeeze(text);
        let handed_on = text
            .strip_prefix("steps.")
            .and_then(|rest| rest.strip_suffix(".id"))
            .and_then(|id| plan.index_of(id))
            .and_then(|index| plan.steps.get(index))
            .filter(|source| hands_on_subject(source.kind));
        match handed_on {
            Some(source) => step = source,
            None => return Some(Template::Expression(text)),
        }
    }
    None
}

fn plain(template: &Template) -> Option<Template> {
    match template {
        Template::Plain(Value::Null) => None,
        other => Some(other.clone()),
    }
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
