//! From the bytes of a file to a plan, stage by stage.

use super::checks::{IRREVERSIBLE_MAX, Origins, check_durations, check_guards, check_written};
use super::codes::Code;
use super::decode::{Near, decode, decode_window};
use super::diagnostic::{Collector, Diagnostics};
use super::digest::plan_digest;
use super::discover;
use super::draft::{Draft, Placed, StepDraft};
use super::effects;
use super::expand::Expansion;
use super::files::{DISCOVERED, NamedFile, Options, Read};
use super::given::{self, Inputs};
use super::graph;
use super::include::{self, Child, LoadError, Loader};
use super::items::{self, Known};
use super::kind::{Catalog, Reversibility};
use super::patterns::Patterns;
use super::places;
use super::plan::{Plan, Retry, Step, Template};
use super::resolve::{self, Resolved, Scope};
use super::rewind;
use super::source::{Lines, Span};
use super::undo;
use super::unit::Expanded;
use super::yaml::{self, Node};
use crate::base::{Digest, Map};
use crate::calendar::Schedule;
use std::collections::BTreeMap;

/// The plan of a runbook, or every mistake in it. `name` is what messages call the file.
pub fn compile<'o>(
    options: impl Into<Options<'o>>,
    name: &str,
    bytes: &[u8],
    inputs: Inputs<'_>,
) -> Result<Plan, Diagnostics> {
    plan_of(Collector::default(), options.into(), name, bytes, inputs, true)
}

/// The plan of a runbook with which a run has begun: by the rules of that time. They may have let through a key that
/// changes nothing, or evidence that is not about what it says; nothing irreversible is announced on that all the same,
/// and the run stays readable.
pub fn recompile<'o>(
    options: impl Into<Options<'o>>,
    name: &str,
    bytes: &[u8],
    inputs: Inputs<'_>,
) -> Result<Plan, Diagnostics> {
    plan_of(Collector::forgiving(&[Code::NotHonoured]), options.into(), name, bytes, inputs, false)
}

/// The plan of what a runbook reads before its own plan is fixed; `None` where it discovers nothing.
pub fn discovery<'o>(
    options: impl Into<Options<'o>>,
    name: &str,
    bytes: &[u8],
    inputs: Inputs<'_>,
) -> Result<Option<Plan>, Diagnostics> {
    let options = options.into();
    let mut found = Collector::default();
    let Some(text) = yaml::decode(bytes, &mut found) else { return Err(found.finish(name, "")) };
    let Some(root) = yaml::parse(text, &mut found) else { return Err(found.finish(name, text)) };
    let files = Read::new(options.files);
    let mut patterns = Patterns::new();
    let mut draft = decode(&root, options.catalog, Near { files: &files, name }, &mut patterns, &mut found);
    if draft.discover.is_empty() {
        return Ok(None);
    }
    draft.steps = std::mem::take(&mut draft.discover);
    let values = given::settle(&draft.inputs, inputs, &mut patterns, &mut found);
    let mut scope = Scope::of(&draft, options.catalog);
    let resolved = resolve::steps(&draft.steps, &BTreeMap::new(), &mut scope, text, &mut found);
    let steps = assemble(&draft, resolved, &Lines::of(text)).filter(|_| found.is_sound());
    let numbers = given::numbers(&draft.inputs, &values);
    // It reads whether or not the window is open.
    let (schedule, outputs, files) = (Schedule::default(), Vec::new(), files.into_files());
    let rest = Rest { inputs: values, numbers, outputs, schedule, files, catalog: options.catalog };
    let expanded = steps.map(|steps| Expanded { origins: Vec::new(), steps, groups: Vec::new() });
    match expanded.and_then(|expanded| plan(&draft, expanded, rest, bytes)) {
        Some(plan) => Ok(Some(plan)),
        None => Err(found.finish(name, text)),
    }
}

fn plan_of(
    mut found: Collector,
    options: Options<'_>,
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
    let files = Read::new(options.files);
    demanded(options, &files)?;
    let discovered = options.discovered.and_then(discover::read);
    if let Some(bytes) = options.discovered {
        files.keep(DISCOVERED, bytes);
    }
    let book = Book { catalog: options.catalog, files: &files, name, within: Vec::new(), is_new, discovered };
    let Module { draft, values, numbers, outputs, expanded } = book.module(&root, text, inputs, &mut found);
    let plan = expanded.and_then(|expanded| {
        let origins = expanded.origins.clone();
        let (schedule, files) = (files.schedule(name), files.into_files());
        let rest = Rest { inputs: values, numbers, outputs, schedule, files, catalog: options.catalog };
        Some((plan(&draft, expanded, rest, bytes)?, origins))
    });
    let Some((mut plan, origins)) = plan else { return Err(found.finish(name, text)) };
    let origins = Origins { draft: &draft, origins: &origins };
    check_guards(&plan, origins, is_new, &mut found);
    if is_new {
        check_durations(&plan, origins, &mut found);
        check_written(&plan, origins, &mut found);
    }
    rewind::check(&plan, origins, &mut found);
    if !found.is_sound() {
        return Err(found.finish(name, text));
    }
    plan.warnings = (!found.is_empty()).then(|| found.finish(name, text));
    Ok(plan)
}

/// Reads the window that others demand, a file with the keys of `window`.
fn demanded(options: Options<'_>, files: &Read<'_>) -> Result<(), Diagnostics> {
    let Some(name) = options.window else { return Ok(()) };
    let mut found = Collector::default();
    let file = match files.file(name) {
        Ok(file) => file,
        Err(why) => {
            found.add(Code::File, None, format!("the window cannot be read: {why}"));
            return Err(found.finish(name, ""));
        }
    };
    let Some(text) = yaml::decode(&file.bytes, &mut found) else { return Err(found.finish(name, "")) };
    let Some(root) = yaml::parse(text, &mut found) else { return Err(found.finish(name, text)) };
    decode_window(&root, options.catalog, Near { files, name }, &mut found);
    if found.is_sound() { Ok(()) } else { Err(found.finish(name, text)) }
}

/// A runbook that is compiled, alone or because another one uses it.
struct Book<'b> {
    catalog: Catalog,
    files: &'b Read<'b>,
    name: &'b str,
    /// The runbooks that use this one, the outermost first.
    within: Vec<&'b str>,
    is_new: bool,
    /// What its `discover` has read, by step.
    discovered: Option<Map>,
}

/// A runbook before its steps are checked as a whole.
struct Module<'t> {
    draft: Draft<'t>,
    values: Map,
    /// The inputs as expressions know them, where that differs.
    numbers: Option<Map>,
    outputs: Vec<(String, Template)>,
    /// `None` where a step has no kind or no id, or steps wait for each other.
    expanded: Option<Expanded>,
}

impl Book<'_> {
    fn module<'t>(&self, root: &'t Node<'t>, text: &str, inputs: Inputs<'_>, found: &mut Collector) -> Module<'t> {
        let mut patterns = if self.is_new { Patterns::new() } else { Patterns::unlimited() };
        let near = Near { files: self.files, name: self.name };
        let draft = decode(root, self.catalog, near, &mut patterns, found);
        let values = given::settle(&draft.inputs, inputs, &mut patterns, found);
        let mut scope = Scope::of(&draft, self.catalog);
        let is_whole = matches!(inputs, Inputs::Given(_)) && found.is_sound();
        let bound = if let Inputs::Bound(bound) = inputs { Some(bound) } else { None };
        let discovered = self.discovered.as_ref();
        let numbers = given::numbers(&draft.inputs, &values);
        let inputs = numbers.as_ref().unwrap_or(&values);
        let known = Known { name: self.name, inputs, discovered, is_whole, bound, files: self.files };
        let discovering = discover::resolve(&draft, &mut scope, text, found);
        check_ids(&draft.discover, found);
        check_cycles(&draft.discover, &discovering, found);
        let groups = items::read(&draft, &known, &mut scope, text, found);
        let interfaces = include::interfaces(&draft, self, found);
        for (index, interface) in &interfaces {
            if let Some(step) = draft.steps.get(*index) {
                scope.set_returns(&step.id, &interface.outputs);
            }
        }
        let resolved = resolve::steps(&draft.steps, &interfaces, &mut scope, text, found);
        let mut outputs = resolve::outputs(&draft, &mut scope, text, found);
        check(&draft, &scope, &resolved, found);
        let is_sound = found.is_sound();
        let needs: Vec<Vec<String>> = resolved.iter().map(|resolved| resolved.needs.clone()).collect();
        let order = graph::order(&resolved.iter().map(|step| step.after.clone()).collect::<Vec<_>>());
        let mut steps = assemble(&draft, resolved, &Lines::of(text)).filter(|steps| order.len() == steps.len());
        if let (Some(steps), Some(discovered)) = (&mut steps, discovered) {
            discover::settle(discovered, steps, &mut outputs);
        }
        let expansion = Expansion {
            draft: &draft,
            groups: &groups,
            interfaces: &interfaces,
            loader: self,
            catalog: self.catalog,
            is_whole,
        };
        // Only what is sound so far is taken apart; what is missing would be reported once for each item.
        let is_plain = groups.is_empty() && interfaces.is_empty();
        let expanded = steps.filter(|_| is_sound || is_plain).map(|steps| expansion.expand(steps, &needs, found));
        let outputs = expanded.as_ref().map_or_else(Vec::new, |expanded| expanded.outputs(outputs));
        if let Some(expanded) = expanded.as_ref().filter(|_| !is_plain) {
            check_expanded_saves(&draft, expanded, found);
        }
        Module { draft, values, numbers, outputs, expanded }
    }
}

impl Loader for Book<'_> {
    fn load(&self, path: &str, inputs: Inputs<'_>) -> Result<Child, LoadError> {
        let unusable = |why: String| LoadError::Unusable(why);
        if path == self.name || self.within.contains(&path) {
            let way: Vec<&str> = self.within.iter().copied().chain([self.name, path]).collect();
            return Err(unusable(format!("it uses itself: {}", way.join(" → "))));
        }
        if self.within.len() >= include::DEPTH_MAX {
            return Err(unusable(format!("runbooks use each other more than {} deep", include::DEPTH_MAX)));
        }
        let file = self.files.file(path).map_err(unusable)?;
        let mut found = if self.is_new { Collector::default() } else { Collector::forgiving(&[Code::NotHonoured]) };
        let invalid = |found: Collector, text: &str| LoadError::Invalid(Box::new(found.finish(path, text)));
        let Some(text) = yaml::decode(&file.bytes, &mut found) else { return Err(invalid(found, "")) };
        let Some(root) = yaml::parse(text, &mut found) else { return Err(invalid(found, text)) };
        let within = self.within.iter().copied().chain([self.name]).collect();
        let (is_new, discovered) = (self.is_new, None);
        let book = Book { catalog: self.catalog, files: self.files, name: path, within, is_new, discovered };
        let Module { draft, values, numbers, outputs, expanded } = book.module(&root, text, inputs, &mut found);
        if !draft.discover.is_empty() {
            return Err(unusable("it discovers, which only the runbook that is run can do".to_owned()));
        }
        match expanded.filter(|_| found.is_sound()) {
            Some(expanded) => Ok(Child {
                inputs: draft.inputs.iter().map(|input| input.value.clone()).collect(),
                values: numbers.unwrap_or(values),
                secrets: draft.secrets.iter().map(|secret| secret.value.clone()).collect(),
                outputs,
                expanded,
            }),
            None => Err(invalid(found, text)),
        }
    }

    fn name(&self) -> &str {
        self.name
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
    check_cycles(&draft.steps, resolved, found);
    for (step, resolved) in draft.steps.iter().zip(resolved) {
        effects::check(step, resolved, found);
    }
    undo::check(draft, resolved, found);
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

/// Reports two steps that save to the same file, of which one is another runbook's or is for an item.
fn check_expanded_saves(draft: &Draft<'_>, expanded: &Expanded, found: &mut Collector) {
    let mut seen = BTreeMap::new();
    for (step, origin) in expanded.steps.iter().zip(&expanded.origins) {
        let Some(save) = &step.save else { continue };
        if let Some((other, at)) = seen.insert(save.to_lowercase(), (&step.id, *origin))
            && at != *origin
        {
            let place = |origin: usize| draft.steps.get(origin).map(|step| step.id_span);
            let message = format!("`{}` saves to `{save}`, and `{other}` does already", step.id);
            let found = found.add(Code::SaveTwice, place(*origin), message);
            found.also(place(at), "first saved here").hint("give each its own file name");
        }
    }
}

fn check_cycles(drafts: &[StepDraft<'_>], resolved: &[Resolved], found: &mut Collector) {
    let edges: Vec<Vec<usize>> = resolved.iter().map(|step| step.after.clone()).collect();
    if graph::order(&edges).len() == edges.len() {
        return;
    }
    for cycle in graph::cycles(&edges) {
        let names: Vec<&str> = cycle.iter().filter_map(|step| drafts.get(*step)).map(|step| step.id.as_str()).collect();
        let Some(first) = cycle.first().and_then(|step| drafts.get(*step)) else { continue };
        let message = match names.as_slice() {
            [alone] => format!("the step `{alone}` waits for itself"),
            _ => format!("these steps wait for each other: {} → {}", names.join(" → "), first.id),
        };
        found.add(Code::Cycle, first.id_span, message);
        // Each step of a cycle comes before the next one, and the last one before the first.
        let steps: Vec<&StepDraft<'_>> = cycle.iter().filter_map(|step| drafts.get(*step)).collect();
        for (before, step) in steps.iter().zip(steps.iter().cycle().skip(1)).take(steps.len()) {
            found.also(places::of_wait(step, &before.id), format!("`{}` waits for `{}`", step.id, before.id));
        }
        found.hint("`needs`, `show` and every reference `steps.x` make a step wait; remove one of them");
    }
}

/// `None` where a step has no kind or no id.
fn assemble(draft: &Draft<'_>, resolved: Vec<Resolved>, lines: &Lines) -> Option<Vec<Step>> {
    draft.steps.iter().zip(resolved).map(|(step, resolved)| assemble_step(draft, step, resolved, lines)).collect()
}

/// What else is in a plan.
struct Rest {
    inputs: Map,
    numbers: Option<Map>,
    outputs: Vec<(String, Template)>,
    schedule: Schedule,
    files: Vec<NamedFile>,
    catalog: Catalog,
}

/// `None` where a cycle leaves no order.
fn plan(draft: &Draft<'_>, expanded: Expanded, rest: Rest, bytes: &[u8]) -> Option<Plan> {
    let Rest { inputs, numbers, outputs, schedule, files, catalog } = rest;
    let Expanded { steps, groups, .. } = expanded;
    let source_digest = Digest::of(bytes);
    let digests: Vec<Digest> =
        [source_digest].into_iter().chain(files.iter().map(|file| Digest::of(&file.bytes))).collect();
    let digest = plan_digest(&digests, &inputs, steps.iter().map(|step| step.kind)).ok()?;
    let mut secrets: Vec<_> = draft.secrets.iter().map(|secret| secret.value.clone()).collect();
    secrets.sort_by(|left, right| left.name.cmp(&right.name));
    let plan = Plan {
        catalog,
        name: draft.name.clone(),
        version: draft.version.clone(),
        description: draft.description.clone(),
        inputs,
        numbers,
        declared: draft.inputs.iter().map(|input| input.value.clone()).collect(),
        secrets,
        steps,
        groups,
        outputs,
        schedule,
        concurrency: draft.defaults.concurrency,
        digest,
        source_digest,
        files,
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
        undoes: step.undoes,
        group: None,
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
        attempt_timeout: step.attempt_timeout,
        answer_within: step.timeout.filter(|_| step.kind.is_some_and(|kind| kind.asks)),
        retry: retry(draft, step, may_be_retried),
        on_failure: step.on_failure.or(step.kind.map(|kind| kind.on_failure))?,
        on_failure_is_written: step.on_failure.is_some(),
        retry_from: step.retry_from.as_ref().and_then(|from| draft.steps.iter().position(|one| one.id == from.value)),
        max_age: step.max_age,
        locks: resolved.locks,
        save: step.save.as_ref().map(|save| save.value.clone()),
        line: lines.line_at(step.id_span.start),
    })
}

/// The step's own, or the default; none where a lost attempt is the last one.
fn retry(draft: &Draft<'_>, step: &StepDraft<'_>, is_allowed: bool) -> Retry {
    let given = step.retry.as_ref().map_or(draft.defaults.retry, |retry| retry.value);
    if is_allowed { given } else { Retry { max: 1, ..given } }
}
