//! What is checked of a whole plan, and where in the file it is reported.

use super::codes::Code;
use super::diagnostic::Collector;
use super::draft::{Draft, StepDraft};
use super::guard::{self, Escape, Reason, Uncounted, Unfounded};
use super::kind::Written;
use super::plan::{Plan, Step, Template};
use super::source::Span;
use crate::base::{Value, format_duration, parse_duration};

/// More irreversible steps than this in one runbook are refused: each is proved on its own, and nobody reads so many.
pub(super) const IRREVERSIBLE_MAX: usize = 100;

/// Which step of the file each step of a plan comes from.
#[derive(Clone, Copy)]
pub(super) struct Origins<'o, 't> {
    pub(super) draft: &'o Draft<'t>,
    /// By the index of the step of the plan.
    pub(super) origins: &'o [usize],
}

impl<'o, 't> Origins<'o, 't> {
    /// The step of the file.
    pub(super) fn of(self, step: usize) -> Option<&'o StepDraft<'t>> {
        self.draft.steps.get(*self.origins.get(step)?)
    }

    /// Every step of the plan with that of the file.
    pub(super) fn steps(self, plan: &'o Plan) -> impl Iterator<Item = (&'o Step, &'o StepDraft<'t>)> {
        plan.steps.iter().enumerate().filter_map(move |(index, step)| Some((step, self.of(index)?)))
    }
}

/// Reports every irreversible step that may begin without its evidence.
pub(super) fn check_guards(plan: &Plan, origins: Origins<'_, '_>, is_new: bool, found: &mut Collector) {
    let irreversible = (0..plan.steps.len()).filter(|step| plan.is_irreversible(*step)).count();
    if irreversible > IRREVERSIBLE_MAX {
        return;
    }
    let id = |step: usize| plan.steps.get(step).map_or("", |step| step.id.as_str());
    let report = guard::prove(plan);
    for Unfounded { step, proof, broken } in report.unfounded.iter().filter(|_| is_new) {
        let place = origins.of(broken.step).map(|step| place_of(step, broken.input));
        let message = match proof {
            Some(proof) => format!("{}; `{}` rests on it as `{}`", broken.message, id(*step), proof.name()),
            None => broken.message.clone(),
        };
        found.add(Code::Unfounded, place, message);
        if let (Some(proof), Some(resting)) = (proof, origins.of(*step).filter(|_| *step != broken.step)) {
            found.also(resting.id_span, format!("this step rests on it as `{}`", proof.name()));
        }
        found.hint(broken.hint.as_str());
    }
    for Uncounted { step, is_in_vain, broken } in report.uncounted.iter().filter(|_| is_new) {
        let place = origins.of(broken.step).map(|step| place_of(step, broken.input));
        let code = if *is_in_vain { Code::Unnamed } else { Code::Uncounted };
        found.add(code, place, broken.message.as_str());
        if let Some(losing) = origins.of(*step).filter(|_| *step != broken.step) {
            found.also(losing.id_span, "this step destroys the data");
        }
        found.hint(broken.hint.as_str());
    }
    // Where nothing says what a step changes, evidence cannot be about it; that is reported by itself.
    let has_subject = |step: usize| {
        origins
            .of(step)
            .is_none_or(|step| step.effect.subject.is_some() || step.kind.is_none_or(|kind| kind.declares.is_none()))
    };
    for escape in report.escapes.into_iter().filter(|escape| has_subject(escape.step)) {
        let path: Vec<&str> = escape.path.iter().map(|step| id(*step)).collect();
        let path = match path.as_slice() {
            [first, .., a, b, c, d] if path.len() > 12 => vec![first, "…", a, b, c, d],
            _ => path,
        };
        let message = format!(
            "`{}` may begin without the evidence `{}` about its subject, on the path {}",
            id(escape.step),
            escape.proof.name(),
            path.join(" → "),
        );
        let span = origins.of(escape.step).map(|step| step.id_span);
        found.add(Code::Unproven, span, message);
        point_to_nearest(origins, plan, &escape, found);
        found.hint(match escape.nearly {
            Some((step, Reason::OtherSubject)) => format!("`{}` yields it, but about another subject", id(step)),
            Some((step, Reason::NotBefore)) => {
                format!("`{0}` yields it, but is not waited for: `needs: [{0}]`", id(step))
            }
            Some((step, Reason::MayBeSkipped)) => format!("`{}` yields it, but may be skipped by its `when`", id(step)),
            None => format!(
                "no step yields it; `surefoot kinds` says which kinds do: {}",
                plan.catalog.yielding(escape.proof)
            ),
        });
    }
}

/// The places to look at where evidence is missing: the step that comes nearest to yielding it, or else the path.
fn point_to_nearest(origins: Origins<'_, '_>, plan: &Plan, escape: &Escape, found: &mut Collector) {
    let step = |index: usize| origins.of(index);
    let proof = escape.proof.name();
    if let Some((index, reason)) = escape.nearly
        && let Some(near) = step(index)
    {
        let subject = plan.steps.get(index).and_then(|step| step.kind.subject);
        let (place, label) = match reason {
            Reason::OtherSubject => {
                let beside = near.effect.provide.as_ref().map(|provide| provide.subject.span);
                let place = beside.unwrap_or_else(|| place_of(near, subject));
                (place, format!("`{proof}` is about this subject"))
            }
            Reason::NotBefore => (near.id_span, format!("yields `{proof}`, and may run later")),
            Reason::MayBeSkipped => {
                let when = near.when.map_or(near.id_span, |when| when.span);
                (when, format!("`{proof}` is missing where this is false"))
            }
        };
        found.also(place, label);
    } else if let [first, .., _] = escape.path.as_slice() {
        found.also(step(*first).map(|first| first.id_span), "the path begins here");
    }
}

/// Durations that are written out and longer than their input takes.
pub(super) fn check_durations(plan: &Plan, origins: Origins<'_, '_>, found: &mut Collector) {
    for (step, draft) in origins.steps(plan) {
        for (name, template) in &step.with {
            let longest = step.kind.input(name).and_then(|field| field.longest);
            let Some((longest, Template::Plain(Value::String(text)))) = longest.map(|longest| (longest, template))
            else {
                continue;
            };
            if parse_duration(text).is_ok_and(|span| span > longest) {
                let most = format_duration(longest);
                let message = format!("`{name}` is {text}, and may be at most {most}");
                found.add(Code::OutOfRange, place_of(draft, Some(name)), message);
                found.hint(format!("write {most} or less, or leave it out"));
            }
        }
    }
}

/// What the kinds say of inputs that are written out.
pub(super) fn check_written(plan: &Plan, origins: Origins<'_, '_>, found: &mut Collector) {
    for (step, draft) in origins.steps(plan) {
        for objection in (step.kind.objections)(Written::of(&step.with)) {
            let (code, place) = match objection.input {
                Some(input) => (Code::Misfit, place_of(draft, Some(input))),
                None => (Code::MissingStepInput, draft.kind_span),
            };
            found.add(code, place, objection.message).hint(objection.hint);
        }
    }
}

/// Where an input of a step stands; the step's id where there is none.
pub(super) fn place_of(step: &StepDraft<'_>, input: Option<&str>) -> Span {
    let entry = step.with.into_iter().flatten().find(|entry| Some(entry.key.as_ref()) == input);
    entry.map_or(step.id_span, |entry| entry.value.span)
}
