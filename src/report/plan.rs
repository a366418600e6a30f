//! A plan, before anything is done: what would happen in which order, what is proved, what people will be asked.

use super::edges::waits_for;
use super::page::Page;
use super::style::{Style, Tone};
use super::table::Table;
use super::text::count;
use super::window::terms;
use crate::base::lines::one_line;
use crate::base::{Value, escape};
use crate::runbook::guard::{self, GuardProof};
use crate::runbook::kind::{Breakage, Idempotency, Kind, Proof, Reversibility};
use crate::runbook::plan::{Plan, Step, Template};
use crate::runbook::secret::{SecretDecl, SecretSource, parts_in_order};

/// A plan for people.
pub fn plan(plan: &Plan, style: Style) -> String {
    let mut page = Page::new(style);
    page.say(Tone::Strong, 0, &format!("{} {}", escape(&plan.name), escape(&plan.version)));
    if !plan.description.is_empty() {
        page.say(Tone::Plain, 0, &shown(&plan.description));
    }
    let figures = format!("{}, at most {} at a time", count(plan.steps_planned(), "step"), plan.concurrency);
    page.say(Tone::Faint, 0, &format!("{figures}; plan {}", plan.digest));
    page.heading("Steps, in order");
    page.table(&steps(plan));
    if plan.point_of_no_return().is_none() {
        page.say(Tone::Good, 0, "No step is irreversible: `surefoot cancel` ends the run at any time.");
    }
    if !plan.schedule.is_empty() {
        page.heading("Change window");
    }
    for window in &plan.schedule.windows {
        page.say(Tone::Plain, 2, &terms(window));
    }
    proofs(&mut page, plan, &guard::proofs(plan));
    breaks(&mut page, plan);
    people(&mut page, plan);
    assumptions(&mut page, plan);
    inputs(&mut page, plan);
    secrets(&mut page, plan);
    files(&mut page, plan);
    page.finish()
}

/// What a kind does to the world, in words: `read`, `reconcilable · irreversible`.
pub(super) fn effect_class(kind: &Kind) -> String {
    if kind.declares.is_some() {
        return "declared by the step".to_owned();
    }
    class(kind.repeat, kind.reverse, kind.asks)
}

fn class(repeat: Idempotency, reverse: Reversibility, asks: bool) -> String {
    let asks = if asks { " · asks" } else { "" };
    match repeat {
        Idempotency::Read => format!("read{asks}"),
        repeat => format!("{} · {}{asks}", repeat.name(), reverse.name()),
    }
}

/// A template as it was written.
pub(super) fn written(template: &Template) -> String {
    match template {
        Template::Plain(value) => one_line(value),
        Template::Expression(expression) => format!("{{{{ {} }}}}", escape(expression.trim())),
        Template::Text(text) => shown(text),
        Template::List(items) => items.iter().map(written).collect::<Vec<_>>().join(", "),
        Template::Map(entries) => {
            let entries = entries.iter().map(|(name, value)| format!("{}: {}", escape(name), written(value)));
            entries.collect::<Vec<_>>().join(", ")
        }
        Template::Secret(_) | Template::SecretText(_) => shown(&template.secret_as_written().unwrap_or_default()),
    }
}

/// Text of several lines, each made safe.
pub(super) fn shown(text: &str) -> String {
    text.trim().lines().map(escape).collect::<Vec<_>>().join("\n")
}

fn steps(plan: &Plan) -> Table {
    let mut table = Table::new(["#", "step", "kind", "effect", "waits for, yields, needs"]).titled(2);
    let (waits, undoing) = (waits_for(plan), plan.undoing());
    let turning = plan.point_of_no_return();
    let digits = plan.steps.len().to_string().len();
    let is_forward = |index: &usize| plan.steps.get(*index).is_some_and(|step| step.undoes.is_none());
    for (number, index) in plan.order().into_iter().filter(is_forward).enumerate() {
        let Some(step) = plan.steps.get(index) else { continue };
        let after = waits.get(index).map_or(&[][..], Vec::as_slice);
        table.toned(
            if plan.is_irreversible(index) { Tone::Bad } else { Tone::Plain },
            [
                format!("{:>digits$}", number + 1),
                step.id.clone(),
                step.kind.name.to_owned(),
                class(step.effect.repeat, step.effect.reverse, step.kind.asks),
                relations(plan, step, after, undoing.get(&index).and_then(|undo| plan.steps.get(*undo))),
            ],
        );
        if Some(index) == turning {
            let label = format!(
                "point of no return: before `{}`, `surefoot cancel` ends the run; after that it can only go forward",
                step.id
            );
            table.rule_above(Tone::Bad, label);
        }
    }
    table
}

fn relations(plan: &Plan, step: &Step, after: &[usize], undo: Option<&Step>) -> String {
    let mut parts = Vec::new();
    let names: Vec<&str> = after.iter().filter_map(|index| plan.steps.get(*index)).map(|one| one.id.as_str()).collect();
    match names.as_slice() {
        [] => {}
        few if few.len() <= 6 => parts.push(format!("after {}", few.join(", "))),
        [first, second, third, rest @ ..] => {
            parts.push(format!(
                "after {first}, {second}, {third} and {} more (line {} of the file)",
                rest.len(),
                step.line
            ));
        }
        _ => {}
    }
    let evidence = |proofs: &[Proof]| proofs.iter().map(|proof| proof.name()).collect::<Vec<_>>().join(", ");
    if !step.effect.yields.is_empty() {
        parts.push(format!("yields {}", evidence(&step.effect.yields)));
    }
    if !step.effect.needs.is_empty() {
        parts.push(format!("needs {}", evidence(&step.effect.needs)));
    }
    if let Some(when) = &step.when {
        parts.push(format!("if {}", condition(when)));
    }
    if let Some(undo) = undo {
        parts.push(format!("undone by {}", undo.kind.name));
    }
    parts.join("; ")
}

fn proofs(page: &mut Page, plan: &Plan, proved: &[GuardProof]) {
    let name = |index: usize| plan.steps.get(index).map_or("", |step| step.id.as_str());
    for group in proved.chunk_by(|one, other| one.step == other.step) {
        let Some(first) = group.first() else { continue };
        page.heading(&format!("Proved before `{}`, on every path", name(first.step)));
        let row = |proof: &GuardProof| (proof.proof.name().to_owned(), format!("by {}", name(proof.by_step)));
        page.fields(2, &group.iter().map(row).collect::<Vec<_>>());
    }
}

/// What stops working elsewhere. Nothing has been read yet, so that much of it is said with a condition.
fn breaks(page: &mut Page, plan: &Plan) {
    let in_order = plan.order().into_iter().filter_map(|index| plan.steps.get(index));
    for step in in_order.filter(|step| !step.kind.breaks.is_empty()) {
        page.heading(&format!("What `{}` breaks elsewhere", step.id));
        for Breakage { condition, what, .. } in step.kind.breaks {
            let when = if condition.is_empty() { "always".to_owned() } else { format!("if {condition}") };
            page.item(2, &when, what);
        }
    }
}

fn people(page: &mut Page, plan: &Plan) {
    let mut asking = plan.order().into_iter().filter_map(|index| plan.steps.get(index)).filter(|step| step.kind.asks);
    let Some(first) = asking.next() else { return };
    page.heading("People will be asked");
    for step in std::iter::once(first).chain(asking) {
        match asked(step).as_slice() {
            [text] => page.item(2, &step.id, text),
            lines => {
                page.verbatim(2, &format!("{}:", step.id));
                page.question(4, lines);
            }
        }
    }
}

/// How far lists and reads may be behind, for each step whose doubts are settled by them.
fn assumptions(page: &mut Page, plan: &Plan) {
    let settles = |step: &&Step| step.effect.repeat == Idempotency::Reconcilable;
    let steps = plan.order().into_iter().filter_map(|index| plan.steps.get(index)).filter(settles);
    let rows: Vec<_> = steps.filter_map(|step| Some((escape(&step.id), assumed(step)?))).collect();
    if rows.is_empty() {
        return;
    }
    page.heading("Assumptions");
    page.say(Tone::Plain, 2, "how far the lists of the service, and reads of new objects, lag at most (`lag_max`):");
    page.fields(2, &rows);
}

/// What a step assumes of lists and reads, where it does.
pub(super) fn assumed(step: &Step) -> Option<String> {
    let field = step.kind.input("lag_max")?;
    let given = |name: &str| step.with.iter().find(|(input, _)| input == name).map(|(_, template)| written(template));
    let default = || field.default.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let least = given("lag_max").unwrap_or_else(default);
    let seen = given("lag_seen").map(|seen| format!(", or twice {seen}"));
    Some(format!("{least}{}", seen.unwrap_or_default()))
}

/// What a person is asked, in lines: one that begins with two spaces is a command, and stays as it is.
fn asked(step: &Step) -> Vec<String> {
    let input = |name: &str| {
        let found = step.with.iter().find(|(input, _)| input == name);
        found.map(|(_, template)| written(template)).unwrap_or_default()
    };
    let Some((name, rest)) = placed(step.kind.asks_for) else {
        let text = if step.kind.asks_for.is_empty() { step.kind.summary } else { step.kind.asks_for };
        return vec![text.to_owned()];
    };
    // Where the input is all that is asked, its lines stay as they are.
    if rest.0.is_empty() && rest.1.is_empty() {
        return lines_of(step, name);
    }
    vec![format!("{}{}{}", rest.0, input(name), rest.1)]
}

/// The input that a text names in braces, with what stands before and behind it.
fn placed(text: &str) -> Option<(&str, (&str, &str))> {
    let (before, rest) = text.split_once('{')?;
    let (name, behind) = rest.split_once('}')?;
    Some((name, (before, behind)))
}

/// An input as it was written, as a question shows it.
fn lines_of(step: &Step, name: &str) -> Vec<String> {
    let written = match step.with.iter().find(|(input, _)| input == name) {
        Some((_, Template::Text(text) | Template::Plain(Value::String(text)))) => {
            text.trim_end().lines().map(escape).collect()
        }
        Some((_, template)) => vec![written(template)],
        None => Vec::new(),
    };
    written.into_iter().skip_while(|line: &String| line.trim().is_empty()).collect()
}

fn inputs(page: &mut Page, plan: &Plan) {
    if plan.inputs.is_empty() {
        return;
    }
    page.heading("Inputs");
    let rows: Vec<_> = plan.inputs.iter().map(|(name, value)| (escape(name), input_text(value))).collect();
    page.fields(2, &rows);
}

fn input_text(value: &Value) -> String {
    match value {
        Value::Null => "(not given)".to_owned(),
        Value::String(text) if text.is_empty() => "(empty)".to_owned(),
        value => one_line(value),
    }
}

/// A condition without the braces.
fn condition(when: &Template) -> String {
    match when {
        Template::Expression(expression) => escape(expression.trim()),
        other => written(other),
    }
}

fn secrets(page: &mut Page, plan: &Plan) {
    if plan.secrets.is_empty() {
        return;
    }
    page.heading("Secrets, read before the run starts");
    let row = |secret: &SecretDecl| {
        let optional = if secret.optional { " (optional)" } else { "" };
        (escape(&secret.name), format!("{}{optional}", origin(&secret.source)))
    };
    let rows: Vec<_> = plan.secrets.iter().map(row).collect();
    page.fields(2, &rows);
}

/// Where a secret comes from. Names of parts are told where the runbook gives them.
fn origin(source: &SecretSource) -> String {
    let SecretSource::Env(variables) = source else { return escape(&source.place()) };
    let is_in_order = variables.iter().map(|one| one.part.as_str()).eq(parts_in_order(variables.len()).iter());
    let named = variables.iter().map(|one| {
        let part = if is_in_order { String::new() } else { format!(" ({})", escape(&one.part)) };
        format!("{}{part}", escape(&one.variable))
    });
    named.collect::<Vec<_>>().join(", ")
}

fn files(page: &mut Page, plan: &Plan) {
    let saved = |step: &Step| step.save.as_ref().map(|file| (escape(file), format!("output of {}", step.id)));
    let rows: Vec<_> = plan.steps.iter().filter_map(saved).collect();
    if !rows.is_empty() {
        page.heading("Files in the audit directory");
        page.fields(2, &rows);
    }
}
