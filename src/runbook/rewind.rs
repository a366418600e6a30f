//! `retry_from`: where the run goes back to when a step fails, or when what it rests on is not so any more.

use super::checks::Origins;
use super::codes::Code;
use super::diagnostic::Collector;
use super::graph;
use super::plan::Plan;
use super::suggest::{did_you_mean, nearest};
use crate::base::escape;

/// Reports every `retry_from` that the run could not go back to.
pub(super) fn check(plan: &Plan, origins: Origins<'_, '_>, found: &mut Collector) {
    let edges = plan.edges();
    for (index, step) in plan.steps.iter().enumerate() {
        let Some(written) = origins.of(index) else { continue };
        let Some(from) = &written.retry_from else { continue };
        let Some(target) = step.retry_from else {
            let message = format!("there is no step `{}` to go back to", escape(&from.value));
            let hint = did_you_mean(&from.value, plan.steps.iter().map(|step| step.id.as_str()));
            let near = nearest(&from.value, plan.steps.iter().map(|step| step.id.as_str()));
            found.add(Code::UnknownStep, from.span, message);
            let near = near.and_then(|near| origins.of(plan.index_of(near)?));
            found.also(near.map(|near| near.id_span), "a similar name");
            found.hint(hint.unwrap_or_else(|| "name a step that comes before this one".to_owned()));
            continue;
        };
        let before = graph::ancestors(&edges, index);
        if before.get(target) != Some(&true) {
            let message = format!("`{}` does not wait for `{}`, so the run cannot go back to it", step.id, from.value);
            found.add(Code::Retry, from.span, message);
            found.also(origins.of(target).map(|target| target.id_span), "this step may run later");
            found.hint(format!("name a step that comes before `{}`", step.id));
            continue;
        }
        let is_repeated = |other: usize| {
            before.get(other) == Some(&true)
                && (other == target || graph::ancestors(&edges, other).get(target) == Some(&true))
        };
        let once = plan.steps.iter().enumerate().find(|(other, step)| step.effect.once && is_repeated(*other));
        if let Some((other, once)) = once {
            let message = format!("the run cannot go back to `{}`: `{}` is done once only", from.value, once.id);
            found.add(Code::Retry, from.span, message);
            found.also(origins.of(other).map(|once| once.id_span), "done once only");
            found.hint(format!("name a step that comes after `{}`", once.id));
        }
    }
}
