//! What is checked of a whole plan, and where in the file it is reported.

use super::codes::Code;
use super::diagnostic::Collector;
use super::draft::{Draft, StepDraft};
use super::guard::{self, Reason, Uncounted, Unfounded};
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
        found.hint(broken.hint.as_str());
    }
    for Uncounted { is_in_vain, broken, .. } in report.uncounted.iter().filter(|_| is_new) {
        let place = origins.of(broken.step).map(|step| place_of(step, broken.input));
        let code = if *is_in_vain { Code::Unnamed } else { Code::Uncounted };
        found.add(code, place, broken.message.as_str());
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
