//! From the bytes of a file to a plan, stage by stage.

use super::codes::Code;
use super::decode::decode;
use super::diagnostic::{Collector, Diagnostics};
use super::digest::plan_digest;
use super::draft::{Draft, Placed, StepDraft};
use super::effects;
use super::given::{self, Inputs};
use super::graph;
use super::guard::{self, Reason, Uncounted, Unfounded};
use super::kind::{Catalog, Reversibility, Written};
use super::patterns::Patterns;
use super::places::{self, place_of};
use super::plan::{Plan, Retry, Step, Template};
use super::resolve::{self, Resolved, Scope};
use super::rewind;
use super::source::{Lines, Span};
use super::yaml;
use crate::base::{Digest, Map, Value, format_duration, parse_duration};
use std::collections::BTreeMap;

/// More irreversible steps than this in one runbook are refused: each is proved on its own, and nobody reads so many.
const IRREVERSIBLE_MAX: usize = 100;

/// The plan of a runbook, or every mistake in it. `name` is what messages call the file.
pub fn compile(catalog: Catalog, name: &str, bytes: &[u8], inputs: Inputs<'_>) -> Result<Plan, Diagnostics> {
    plan_of(Collector::default(), catalog, name, bytes, inputs, true)
}

/// The plan of a runbook with which a run has begun: by the rules of that time. They may have let through a key that
/// changes nothing, or evidence that is not about what it says; nothing irreversible is announced on that all the same,
/// and the run stays readable.
pub fn recompile(catalog: Catalog, name: &str, bytes: &[u8], inputs: Inputs<'_>) -> Result<Plan, Diagnostics> {
    plan_of(Collector::forgiving(&[Code::NotHonoured]), catalog, name, bytes, inputs, false)
}

fn plan_of(
    mut found: Collector,
    catalog: Catalog,
    name: &str,
    bytes: &[u8],
    inputs: Inputs<'_>,
    is_new: bool,
) -> Result<Plan, Diagnostics> {
    let Some(text) = yaml::decode(bytes, &mut found) else {
        return Err(found.finish(name, ""));
    };
    let Some(root) = yaml::parse(text, &mut found) else {
        return Err(found.finish(name, text));
    };
    let mut patterns = if is_new { Patterns::new() } else { Patterns::unlimited() };
    let draft = decode(&root, catalog, &mut patterns, &mut found);
    let values = given::settle(&draft.inputs, inputs, &mut patterns, &mut found);
    let mut scope = Scope::of(&draft);
    let resolved = resolve::steps(&draft, &mut scope, text, &mut found);
    let outputs = resolve::outputs(&draft, &mut scope, text, &mut found);
    check(&draft, &scope, &resolved, &mut found);
    let plan = assemble(catalog, &draft, resolved, values, bytes, &Lines::of(text), outputs);
    match plan {
        Some(mut plan) => {
            check_guards(&plan, &draft, is_new, &mut found);
            if is_new {
                check_durations(&plan, &draft, &mut found);
                check_written(&plan, &draft, &mut found);
            }
            rewind::check(&plan, &draft, &mut found);
            if !found.is_sound() {
                return Err(found.finish(name, text));
            }
            plan.warnings = (!found.is_empty()).then(|| found.finish(name, text));
            Ok(plan)
        }
        None => Err(found.finish(name, text)),
    }
}

fn check(draft: &Draft<'_>, scope: &Scope, resolved: &[Resolved], found: &mut Collector) {
    for input in draft.inputs.iter().filter(|input| !scope.is_used_input(&input.value.name)) {
        found.add(Code::UnusedInput, input.span, format!("the input `{}` is not used", input.value.name));
        found.hint(format!("remove it, or refer to it as `{{{{ inputs.{} }}}}`", input.value.name));
    }
    for secret in draft.secrets.iter().filter(|secret| !scope.is_used_secret(&secret.value.name)) {
        found.add(Code::UnusedSecret, secret.span, format!("the secret `{}` is not used", secret.value.name));
        found.hint(format!("remove it, or refer to it as `{{{{ secrets.{} }}}}`", secret.value.name));
    }
    check_ids(&draft.steps, found);
    check_saves(&draft.steps, found);
    check_cycles(draft, resolved, found);
    for (step, resolved) in draft.steps.iter().zip(resolved) {
        effects::check(step, resolved, found);
    }
    let irreversible = draft.steps.iter().zip(resolved).filter(|(step, resolved)| {
        step.kind.is_some_and(|kind| effects::of(step, kind, resolved).reverse == Reversibility::Irreversible)
    });
    if let Some((step, _)) = irreversible.clone().nth(IRREVERSIBLE_MAX) {
        found.add(Code::TooLarge, step.kind_span, format!("there are more than {IRREVERSIBLE_MAX} irreversible steps"));
    }
}

fn check_ids(steps: &[StepDraft<'_>], found: &mut Collector) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for step in steps.iter().filter(|step| !step.id.is_empty()) {
        if let Some(first) = seen.get(step.id.as_str()) {
            found.add(Code::DuplicateStep, step.id_span, format!("the step id `{}` is taken", step.id));
            found.also(*first, "first used here").hint("every step has an id of its own");
        } else {
            seen.insert(&step.id, step.id_span);
        }
    }
}

fn check_saves(steps: &[StepDraft<'_>], found: &mut Collector) {
    let mut seen: BTreeMap<String, (&str, Span)> = BTreeMap::new();
    for step in steps {
        let Some(Placed { value, span }) = &step.save else { continue };
        // Files that differ in case only are one file on some file systems.
        if let Some((other, first)) = seen.insert(value.to_lowercase(), (&step.id, *span)) {
            let message = format!("the step `{other}` saves to `{value}` already");
            let found = found.add(Code::SaveTwice, *span, message);
            found.also(first, "first saved here").hint("give each its own file name");
        }
        let secret = step
            .kind
            .filter(|kind| kind.saves.is_none())
            .and_then(|kind| kind.outputs.iter().find(|field| field.secret));
        if let Some(field) = secret {
            let message = format!("the output holds the secret `{}` and cannot be saved", field.name);
            found
                .add(Code::SecretMisuse, *span, message)
                .hint("save the output of a later step that reads the same thing");
        }
    }
}

fn check_cycles(draft: &Draft<'_>, resolved: &[Resolved], found: &mut Collector) {
    let edges: Vec<Vec<usize>> = resolved.iter().map(|step| step.after.clone()).collect();
    if graph::order(&edges).len() == edges.len() {
        return;
    }
    for cycle in graph::cycles(&edges) {
        let names: Vec<&str> =
            cycle.iter().filter_map(|step| draft.steps.get(*step)).map(|step| step.id.as_str()).collect();
        let Some(first) = cycle.first().and_then(|step| draft.steps.get(*step)) else { continue };
        let message = match names.as_slice() {
            [alone] => format!("the step `{alone}` waits for itself"),
            _ => format!("these steps wait for each other: {} → {}", names.join(" → "), first.id),
        };
        found.add(Code::Cycle, first.id_span, message);
        // Each step of a cycle comes before the next one, and the last one before the first.
        let steps: Vec<&StepDraft<'_>> = cycle.iter().filter_map(|step| draft.steps.get(*step)).collect();
        for (before, step) in steps.iter().zip(steps.iter().cycle().skip(1)).take(steps.len()) {
            found.also(places::of_wait(step, &before.id), format!("`{}` waits for `{}`", step.id, before.id));
        }
        found.hint("`needs`, `show` and every reference `steps.x` make a step wait; remove one of them");
    }
}

/// `None` where a step has no kind or no id, or a cycle leaves no order.
fn assemble(
    catalog: Catalog,
    draft: &Draft<'_>,
    resolved: Vec<Resolved>,
    inputs: Map,
    bytes: &[u8],
    lines: &Lines,
    outputs: Vec<(String, Template)>,
) -> Option<Plan> {
    let steps: Option<Vec<Step>> =
        draft.steps.iter().zip(resolved).map(|(step, resolved)| assemble_step(draft, step, resolved, lines)).collect();
    let steps = steps?;
    let source_digest = Digest::of(bytes);
    let digest = plan_digest(&[source_digest], &inputs, steps.iter().map(|step| step.kind)).ok()?;
    let mut secrets: Vec<_> = draft.secrets.iter().map(|secret| secret.value.clone()).collect();
    secrets.sort_by(|left, right| left.name.cmp(&right.name));
    let plan = Plan {
        catalog,
        name: draft.name.clone(),
        version: draft.version.clone(),
        description: draft.description.clone(),
        inputs,
        declared: draft.inputs.iter().map(|input| input.value.clone()).collect(),
        secrets,
        steps,
        outputs,
        concurrency: draft.defaults.concurrency,
        digest,
        source_digest,
        warnings: None,
    };
    (plan.order().len() == plan.steps.len()).then_some(plan)
}

fn assemble_step(draft: &Draft<'_>, step: &StepDraft<'_>, resolved: Resolved, lines: &Lines) -> Option<Step> {
    let kind = step.kind?;
    let effect = effects::of(step, kind, &resolved);
    let may_be_retried = effect.repeat.may_be_retried();
    Some(Step {
        id: step.id.clone(),
        kind,
        effect,
        probe: resolved.probe,
        until: resolved.until,
        provides: resolved.provides,
        description: step.description.clone(),
        with: resolved.with,
        after: resolved.after,
        refs: resolved.refs,
        shows: resolved.shows,
        when: resolved.when,
        timeout: step.timeout.unwrap_or(draft.defaults.timeout),
        answer_within: step.timeout.filter(|_| step.kind.is_some_and(|kind| kind.asks)),
        retry: retry(draft, step, may_be_retried),
        on_failure: step.on_failure.or(step.kind.map(|kind| kind.on_failure))?,
        on_failure_is_written: step.on_failure.is_some(),
        retry_from: step.retry_from.as_ref().and_then(|from| draft.steps.iter().position(|one| one.id == from.value)),
        max_age: step.max_age,
        save: step.save.as_ref().map(|save| save.value.clone()),
        line: lines.line_at(step.id_span.start),
    })
}

/// The step's own, or the default; none where a lost attempt is the last one.
fn retry(draft: &Draft<'_>, step: &StepDraft<'_>, is_allowed: bool) -> Retry {
    let given = step.retry.as_ref().map_or(draft.defaults.retry, |retry| retry.value);
    if is_allowed { given } else { Retry { max: 1, ..given } }
}

fn check_guards(plan: &Plan, draft: &Draft<'_>, is_new: bool, found: &mut Collector) {
    let irreversible = (0..plan.steps.len()).filter(|step| plan.is_irreversible(*step)).count();
    if irreversible > IRREVERSIBLE_MAX {
        return;
    }
    let id = |step: usize| plan.steps.get(step).map_or("", |step| step.id.as_str());
    let report = guard::prove(plan);
    for Unfounded { step, proof, broken } in report.unfounded.iter().filter(|_| is_new) {
        let place = draft.steps.get(broken.step).map(|step| place_of(step, broken.input));
        let message = match proof {
            Some(proof) => format!("{}; `{}` rests on it as `{}`", broken.message, id(*step), proof.name()),
            None => broken.message.clone(),
        };
        found.add(Code::Unfounded, place, message);
        if let (Some(proof), Some(resting)) = (proof, draft.steps.get(*step).filter(|_| *step != broken.step)) {
            found.also(resting.id_span, format!("this step rests on it as `{}`", proof.name()));
        }
        found.hint(broken.hint.as_str());
    }
    for Uncounted { step, is_in_vain, broken } in report.uncounted.iter().filter(|_| is_new) {
        let place = draft.steps.get(broken.step).map(|step| place_of(step, broken.input));
        let code = if *is_in_vain { Code::Unnamed } else { Code::Uncounted };
        found.add(code, place, broken.message.as_str());
        if let Some(losing) = draft.steps.get(*step).filter(|_| *step != broken.step) {
            found.also(losing.id_span, "this step destroys the data");
        }
        found.hint(broken.hint.as_str());
    }
    // Where nothing says what a step changes, evidence cannot be about it; that is reported by itself.
    let has_subject = |step: usize| {
        draft
            .steps
            .get(step)
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
        let span = draft.steps.get(escape.step).map(|step| step.id_span);
        found.add(Code::Unproven, span, message);
        places::of_escape(draft, plan, &escape, found);
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
fn check_durations(plan: &Plan, draft: &Draft<'_>, found: &mut Collector) {
    for (step, draft) in plan.steps.iter().zip(&draft.steps) {
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
fn check_written(plan: &Plan, draft: &Draft<'_>, found: &mut Collector) {
    for (step, draft) in plan.steps.iter().zip(&draft.steps) {
        for objection in (step.kind.objections)(Written::of(&step.with)) {
            let (code, place) = match objection.input {
                Some(input) => (Code::Misfit, place_of(draft, Some(input))),
                None => (Code::MissingStepInput, draft.kind_span),
            };
            found.add(code, place, objection.message).hint(objection.hint);
        }
    }
}
