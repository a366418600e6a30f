//! One run as it stands: what is done, what it waits for, what it needs from people.

use super::back::went_back;
use super::command_hints::Typed;
use super::console::console_lines;
use super::doubt::in_doubt;
use super::evidence::{EVIDENCE_MOST, evidence, evidence_command};
use super::extent::goes;
use super::made::created;
use super::next::{Extras, next_with};
use super::origin::origin;
use super::page::Page;
use super::remaining_effects::left_in_place;
use super::style::{Style, Tone};
use super::table::Table;
use super::text::count;
use super::window::stands;
use crate::base::{Timestamp, escape};
use crate::engine::Phase;
use crate::engine::event::Verdict;
use crate::engine::question::{Form, Question};
use crate::engine::view::{RunView, StepView};

/// What is shown about a run.
#[derive(Clone, Copy, Debug)]
pub struct StatusPage<'a> {
    /// The run.
    pub view: &'a RunView,
    /// Where its directory is.
    pub run_dir: &'a str,
    /// Where its trail is.
    pub audit_dir: &'a str,
    /// Options of a command that is to find the run and its trail, quoted, each with a space before it.
    pub options: &'a str,
    /// Who works on it right now.
    pub held_by: Option<&'a str>,
    /// When it was opened.
    pub opened_at: Option<Timestamp>,
    /// When its last record was written.
    pub last_at: Option<Timestamp>,
}

/// What is said of a closed run whose process ended too early.
pub(super) const UNREPORTED: &str = "; its end was not reported";

/// A run for people.
pub fn status(status: &StatusPage<'_>, style: Style) -> String {
    status_beside(status, &Extras::default(), style)
}

/// The same, with what is known beside the view.
pub fn status_beside(status: &StatusPage<'_>, extras: &Extras<'_>, style: Style) -> String {
    let view = status.view;
    let mut page = Page::new(style);
    page.say(Tone::Strong, 0, &format!("run {}: {} {}", view.run, escape(&view.runbook), escape(&view.version)));
    page.whole_fields(2, &facts(status, extras));
    page.heading("Steps");
    page.table(&steps(view));
    went_back(&mut page, view);
    in_doubt(&mut page, &view.in_doubt);
    for step in &view.steps {
        let typed = Typed { over: step.status == "failed", ..Typed::of(&view.run, &step.id, status.options) };
        needs_attention(&mut page, step, extras, typed);
    }
    created(&mut page, view, status.options);
    left_in_place(&mut page, view, extras.console);
    page.heading("Next");
    if let Some(holder) = status.held_by {
        page.say(Tone::Plain, 2, &format!("Another process is working on it: {}.", escape(holder)));
        return page.finish();
    }
    commands(&mut page, view, extras, status.options);
    page.finish()
}

/// That something was recorded, and what to type next.
pub fn recorded(what: &str, view: &RunView, extras: &Extras<'_>, options: &str, style: Style) -> String {
    let mut page = Page::new(style);
    page.say(Tone::Plain, 0, what);
    left_in_place(&mut page, view, extras.console);
    if !matches!(view.phase, Phase::Running) {
        page.heading("Next");
    }
    commands(&mut page, view, extras, options);
    page.finish()
}

/// The commands to type next, one above its reason.
pub(super) fn commands(page: &mut Page, view: &RunView, extras: &Extras<'_>, options: &str) {
    for (command, why) in next_with(view, extras, options) {
        page.command(&command);
        page.say(Tone::Faint, 6, &why);
    }
}

/// Where a run stands, in words.
pub(super) fn phase_text(view: &RunView) -> &'static str {
    match view.phase {
        Phase::Unborn => "not started",
        Phase::Preflight | Phase::Running if view.window.as_ref().is_some_and(|window| window.stops) => {
            "waiting for the change window"
        }
        Phase::Preflight => "preflight",
        Phase::Running if view.paused => "paused",
        Phase::Running if view.steps.iter().any(|step| step.class.is_some() && step.question.is_none()) => "held",
        Phase::Running if view.steps.iter().any(|step| step.question.is_some()) => "waiting for a person",
        Phase::Running => "running",
        Phase::Sweeping => "looking for late arrivals",
        Phase::Undoing(_) if view.steps.iter().any(|step| step.is_undo && step.class.is_some()) => "held",
        Phase::Undoing(_) => "undoing",
        Phase::Ending(Verdict::Failed) => "ending after a failure",
        Phase::Ending(Verdict::Cancelled) => "cancelling",
        Phase::Ending(Verdict::Done) => "ending",
        Phase::Closed(Verdict::Done) => "done",
        Phase::Closed(Verdict::Failed) => "failed",
        Phase::Closed(Verdict::Cancelled) => "cancelled",
    }
}

/// Where a run stands, in words; `held_by` says who works on it right now.
pub fn run_state(view: &RunView, held_by: Option<&str>) -> &'static str {
    match (phase_text(view), view.phase) {
        // What would go on does not, as long as nobody drives it.
        ("running" | "preflight", _) | (_, Phase::Sweeping) if held_by.is_none() => "interrupted",
        (text, _) => text,
    }
}

/// Where a step stands, in one or two words.
pub fn word(step: &StepView) -> &'static str {
    let is_in_doubt = step.effects.iter().any(|effect| effect.in_doubt && effect.outcome.is_some());
    match step.status {
        "blocked" if step.left => "not started",
        "ready" | "held" if step.left && is_in_doubt => "in doubt",
        "ready" | "held" if step.left => "not finished",
        "blocked" => "pending",
        "ready" | "held" if step.question.is_some() => "asks",
        "ready" | "held" if step.lapsed => "not answered",
        "ready" if is_in_doubt => "in doubt",
        "ready" if step.waiting.is_some() => "waiting",
        "ready" => "running",
        "succeeded" if step.class.is_some() => "done, held",
        "succeeded" => "done",
        other => other,
    }
}

/// The colour that goes with [`word`].
pub(super) fn tone(step: &StepView) -> Tone {
    match word(step) {
        "done" => Tone::Good,
        "failed" => Tone::Bad,
        "held" | "done, held" | "in doubt" | "asks" | "not answered" | "not finished" => Tone::Warn,
        "pending" | "not started" | "skipped" => Tone::Faint,
        _ => Tone::Plain,
    }
}

/// The question's text and the form of its answer, each line made safe; what vouches stands before what is to be typed.
pub(super) fn question_lines(question: &Question, typed: Typed<'_>, style: Style) -> Vec<String> {
    let mut lines: Vec<String> = question.text.lines().map(escape).collect();
    let challenge = if matches!(question.form, Form::Type(_)) { lines.pop() } else { None };
    lines.extend(evidence(&question.show, EVIDENCE_MOST, &evidence_command(typed.run, typed.options), style));
    lines.extend(challenge);
    if let Form::Choice(words) = &question.form {
        lines.push(format!("One of: {}", words.join(", ")));
    }
    lines
}

fn facts(status: &StatusPage<'_>, extras: &Extras<'_>) -> Vec<(String, String)> {
    let view = status.view;
    let done = view.steps_done();
    let crossed = match (view.crossed, view.phase) {
        (true, Phase::Closed(Verdict::Cancelled)) => "announced, not carried out",
        (true, _) if view.may_cancel => "announced, not carried out; `surefoot cancel` still works",
        (true, _) => "passed: the run can only go forward",
        (false, Phase::Closed(_)) => "not passed",
        (false, _) => "not reached; `surefoot cancel` still works",
    };
    let unreported = if extras.unreported { UNREPORTED } else { "" };
    let steps = count(view.steps_planned(), "step");
    let mut rows = vec![
        ("about", origin(&view.origin)),
        ("phase", format!("{}, {done} of {steps}{unreported}", run_state(view, status.held_by))),
        ("no return", crossed.to_owned()),
    ];
    rows.extend(view.extent.as_ref().map(|extent| ("extent", goes(extent))));
    rows.extend(view.window.as_ref().map(|window| ("window", stands(window))));
    rows.extend(status.opened_at.map(|at| ("opened", at.to_seconds_text())));
    rows.extend(status.last_at.map(|at| ("last record", at.to_seconds_text())));
    rows.push(("records", format!("{} in {}", view.records, count(view.sessions as usize, "session"))));
    rows.push(("directory", escape(status.run_dir)));
    rows.push(("trail", escape(status.audit_dir)));
    rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn steps(view: &RunView) -> Table {
    let mut table = Table::new(["step", "state", "what"]).indented(2).titled(2);
    for step in view.steps_shown() {
        table.toned(tone(step), [step.id.clone(), word(step).to_owned(), what(step)]);
    }
    table
}

fn what(step: &StepView) -> String {
    match (&step.output, &step.waiting) {
        (Some(output), _) => (step.kind.result)(output),
        (None, Some((until, why))) => format!("tries again at {}: {}", until.to_seconds_text(), escape(why)),
        (None, None) if step.question.is_some() => "see below".to_owned(),
        (None, None) if !step.reason.is_empty() => escape(&step.reason),
        (None, None) => step.kind.name.to_owned(),
    }
}

fn needs_attention(page: &mut Page, step: &StepView, extras: &Extras<'_>, typed: Typed<'_>) {
    if let Some(question) = &step.question {
        page.heading(&format!("`{}` asks", step.id));
        let lines = question_lines(question, typed, page.style(2));
        page.question(2, &lines);
        page.question(2, &console_lines(extras.console, extras.console_ends, question));
    }
    if step.class.is_some() || step.status == "failed" || step.lapsed {
        let state = match step.class {
            _ if step.lapsed => "was not answered",
            Some(_) if step.left => "was held",
            Some(_) => "is held",
            None => "failed",
        };
        page.heading(&format!("`{}` {state}", step.id));
        page.say(Tone::Plain, 2, &escape(&step.reason));
        // What would have let it go on is no advice any more.
        if !step.remedy.is_empty() && !step.left {
            page.whole(2, "remedy: ", &escape(&typed.remedy(&step.remedy)));
        }
    }
}
