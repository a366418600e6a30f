//! How a command that drove a run ends: before and after, what was recorded where, what to type next.

use super::back::went_back;
use super::before_after::BeforeAfter;
use super::command_hints::Typed;
use super::console::console_lines;
use super::doubt::in_doubt;
use super::extent::goes;
use super::made::created;
use super::next::Extras;
use super::origin::origin;
use super::page::Page;
use super::remaining_effects::left_in_place;
use super::run_history::ANOTHER;
use super::status::{commands, phase_text, question_lines, word};
use super::style::{Style, Tone};
use super::table::Table;
use super::text::count;
use super::window::stands;
use crate::base::lines::{field, one_line, rows};
use crate::base::{Map, Value, escape, format_duration};
use crate::engine::Phase;
use crate::engine::doubt::Doubt;
use crate::engine::event::Verdict;
use crate::engine::view::{RunView, StepView};
use crate::runbook::kind::Role;
use crate::runbook::plan::Plan;
use std::time::Duration;

/// What is shown at the end.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    /// The run.
    pub view: &'a RunView,
    /// Its plan.
    pub plan: &'a Plan,
    /// Where its directory is.
    pub run_dir: &'a str,
    /// Where its trail is.
    pub audit_dir: &'a str,
    /// Options of a command that is to find the run and its trail, quoted, each with a space before it.
    pub options: &'a str,
    /// What is typed next beside what the view says.
    pub extras: Extras<'a>,
    /// What was in doubt when the command took the run up.
    pub met_in_doubt: &'a [Doubt],
    /// Whether a person ended the command before the run could go on.
    pub interrupted: bool,
    /// Figures of the end, for example `orphans`.
    pub summary: &'a Map,
    /// How long it took by the run's clock, from its opening.
    pub took: Option<Duration>,
}

/// The fields of an instance that are compared, with their names for people.
pub(super) const FIELDS: [(&str, &str); 9] = [
    ("id", "instance id"),
    ("name", "name"),
    ("type", "type"),
    ("cloud_provider", "cloud"),
    ("region", "region"),
    ("memory", "memory"),
    ("storage", "storage"),
    ("tenant_id", "project"),
    ("status", "status"),
];

/// The end for people.
pub fn ending(ending: &Ending<'_>, style: Style) -> String {
    let mut page = Page::new(style);
    headline(&mut page, ending);
    if let Some(Value::Array(ids)) = ending.summary.get("unconfirmed_deletions") {
        let ids = ids.iter().map(one_line).collect::<Vec<_>>().join(", ");
        page.say(Tone::Warn, 0, &format!("no answer confirmed the deletion of {ids}; {ANOTHER}"));
    }
    let table = before_after(ending.view);
    if !table.is_empty() {
        page.heading("Before and after");
        page.table(&table);
    }
    went_back(&mut page, ending.view);
    trouble(&mut page, ending.view, &ending.extras, ending.options);
    created(&mut page, ending.view, ending.options);
    in_doubt(&mut page, &ending.view.in_doubt);
    left_in_place(&mut page, ending.view, ending.extras.console);
    page.heading("Recorded");
    page.whole_fields(2, &recorded(ending));
    if let Some(Value::Object(outputs)) = ending.summary.get("outputs").filter(|outputs| !is_empty(outputs)) {
        page.heading("Outputs");
        page.whole_fields(2, &rows(outputs));
    }
    page.heading("Next");
    commands(&mut page, ending.view, &ending.extras, ending.options);
    broken(&mut page, ending.view);
    address(&mut page, ending.view);
    page.finish()
}

/// The old and the new address of an instance that was replaced, once the new one is to be used.
pub(super) fn moved(view: &RunView) -> Option<(&str, &str)> {
    let sides = BeforeAfter::of(view);
    sides.deleted.filter(|_| matches!(view.phase, Phase::Closed(Verdict::Done)))?;
    let (before, after) = sides.field("connection_url");
    let (before, after) = (before?.as_str()?, after?.as_str()?);
    (before != after).then_some((before, after))
}

/// The heading above what a deletion has broken elsewhere.
pub(super) const BROKEN: &str = "Broken elsewhere by the deletion";

/// The heading above the old and the new address.
pub(super) const MOVED: &str = "The address has changed";

/// Told at the end, where it is read: those concerned are told by nobody else.
fn broken(page: &mut Page, view: &RunView) {
    let broken = BeforeAfter::of(view).broken(view);
    if !broken.is_empty() {
        page.heading(BROKEN);
    }
    for one in broken {
        page.hang(Tone::Plain, 2, "- ", &one);
    }
}

/// Told last, where it is read: every client has to know it.
fn address(page: &mut Page, view: &RunView) {
    let Some((before, after)) = moved(view) else { return };
    page.heading(MOVED);
    page.whole_fields(2, &addresses(before, after));
}

/// The old and the new address, in rows.
pub(super) fn addresses(before: &str, after: &str) -> [(String, String); 2] {
    [("before".to_owned(), escape(before)), ("now".to_owned(), escape(after))]
}

/// Source and new instance side by side, with the counts; no rows where nothing was captured.
pub(super) fn before_after(view: &RunView) -> Table {
    let sides = BeforeAfter::of(view);
    let mut table = Table::new(["", "before", "after"]).indented(2);
    if sides.before.is_none() || sides.after.is_none() && sides.deleted.is_none() {
        return table;
    }
    let text = |value: Option<&Value>| value.map_or_else(|| "-".to_owned(), one_line);
    for (name, label) in FIELDS {
        let (before, after) = sides.field(name);
        let before = match (name, sides.deleted) {
            ("status", Some(_)) => format!("{}, now deleted", text(before)),
            _ => text(before),
        };
        table.row([label.to_owned(), before, text(after)]);
    }
    for name in ["nodes", "relationships"] {
        let (before, after) = sides.count(name);
        if before.is_some() || after.is_some() {
            table.row([name.to_owned(), text(before), text(after)]);
        }
    }
    table
}

fn headline(page: &mut Page, ending: &Ending<'_>) {
    let view = ending.view;
    let (tone, text) = match view.phase {
        Phase::Closed(Verdict::Done) => (Tone::Good, "done".to_owned()),
        Phase::Closed(Verdict::Failed) => (Tone::Bad, "failed; nothing irreversible was sent".to_owned()),
        Phase::Closed(Verdict::Cancelled) => (Tone::Warn, "cancelled; nothing irreversible was sent".to_owned()),
        _ if ending.interrupted => (Tone::Warn, "interrupted; what was in flight is recorded".to_owned()),
        _ => (Tone::Warn, phase_text(view).to_owned()),
    };
    let done = view.steps.iter().filter(|step| !step.is_undo && step.status == "succeeded").count();
    let skipped = view.steps.iter().filter(|step| !step.is_undo && step.status == "skipped").count();
    let skipped = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    let took = ending.took.map(|took| format!(", {} by its clock", format_duration(took))).unwrap_or_default();
    let steps = format!("{done} of {} done{skipped}", count(view.steps_planned(), "step"));
    page.say(tone, 0, &format!("{} {}: {text} ({steps}{took})", escape(&view.runbook), view.run));
    page.whole(2, "", &origin(&view.origin));
    if let Some(extent) = view.extent.as_ref().filter(|extent| extent.reached) {
        page.say(Tone::Plain, 2, &goes(extent));
    }
    if let Some(window) = view.window.as_ref().filter(|one| one.stops || one.left || one.overridden.is_some()) {
        page.say(Tone::Warn, 2, &format!("change window: {}", stands(window)));
    }
}

fn trouble(page: &mut Page, view: &RunView, extras: &Extras<'_>, options: &str) {
    for step in &view.steps {
        let typed = Typed { over: step.status == "failed", ..Typed::of(&view.run, &step.id, options) };
        let mut lines = match (&step.question, word(step)) {
            (Some(question), _) => {
                let lines = question_lines(question, typed, page.style(2)).into_iter();
                lines.chain(console_lines(extras.console, extras.console_ends, question)).collect()
            }
            (None, "failed" | "held" | "done, held") => vec![escape(&step.reason)],
            (None, "not finished" | "in doubt") if step.left && !step.reason.is_empty() => vec![escape(&step.reason)],
            (None, "waiting") => step
                .waiting
                .iter()
                .map(|(until, why)| format!("tries again at {}: {}", until.to_seconds_text(), escape(why)))
                .collect(),
            _ => continue,
        };
        page.heading(&format!("`{}`: {}", step.id, word(step)));
        lines.retain(|line| !line.is_empty());
        page.question(2, &lines);
        if step.question.is_none() && !step.left && !step.remedy.is_empty() {
            page.whole(2, "", &escape(&typed.remedy(&step.remedy)));
        }
    }
}

fn recorded(ending: &Ending<'_>) -> Vec<(String, String)> {
    let sides = BeforeAfter::of(ending.view);
    let mut rows = vec![
        (
            "run".to_owned(),
            format!(
                "{} ({})",
                escape(ending.run_dir),
                count(usize::try_from(ending.view.records).unwrap_or_default(), "record")
            ),
        ),
        ("trail".to_owned(), escape(ending.audit_dir)),
    ];
    let mut add = |name: &str, value: String| rows.push((name.to_owned(), value));
    let saved: Vec<String> = done(ending).filter_map(|step| step.save.as_deref().map(escape)).collect();
    if !saved.is_empty() {
        add("saved", saved.join(", "));
    }
    if let Some(object) = sides.object {
        let version = object.get("version_id").filter(|version| !version.is_null());
        let version = version.map(|version| format!(", version {}", one_line(version))).unwrap_or_default();
        add("backup", format!("{}{version}", field(object, "uri")));
    }
    for file in password_files(ending.view) {
        add("password", file);
    }
    let steps = ending.view.steps.iter();
    let evidence = steps.flat_map(|step| step.proved.iter().map(|proof| format!("{} by {}", proof.name(), step.id)));
    let evidence: Vec<String> = evidence.collect();
    if !evidence.is_empty() {
        add("evidence", evidence.join(", "));
    }
    for (name, value) in ending.summary.iter().filter(|(_, value)| !value.is_object()) {
        add(&escape(name), one_line(value));
    }
    rows
}

/// Every file that holds a password which the run obtained, in the order of the steps.
fn password_files(view: &RunView) -> Vec<String> {
    let mut files = Vec::new();
    let obtaining = |step: &&StepView| matches!(step.kind.role, Some(Role::Create | Role::Rotate));
    for output in view.steps.iter().filter(obtaining).filter_map(|step| step.output.as_ref()) {
        let file = field(output, "password_file");
        if output.get("password_file").is_some_and(Value::is_string) && !files.contains(&file) {
            files.push(file);
        }
    }
    files
}

/// The steps that succeeded.
fn done<'a>(ending: &Ending<'a>) -> impl Iterator<Item = &'a crate::runbook::plan::Step> {
    let steps = ending.plan.steps.iter().zip(&ending.view.steps);
    steps.filter(|(_, view)| view.status == "succeeded").map(|(step, _)| step)
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_none_or(Map::is_empty)
}
