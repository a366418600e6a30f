//! What to type next.

use super::console::needs_console;
use super::extent::names;
use super::remaining_effects::{all_that_stays, would_leave};
use super::text::{count, quoted, quoted_path};
use crate::engine::Phase;
use crate::engine::event::{HoldClass, Verdict};
use crate::engine::question::Form;
use crate::engine::view::{RunView, StepView};

/// What the view of a run does not tell and what is typed next depends on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extras<'a> {
    /// The command that begins it again as a new run with the same inputs, quoted; where there is none it is made of
    /// the runbook's file.
    pub again: &'a str,
    /// The console of a twin that runs on its own.
    pub console: Option<&'a str>,
    /// Whether its twin lives in the process that drives the run, and its console with it.
    pub console_ends: bool,
    /// Whether the run is closed and its process ended before anybody was told.
    pub unreported: bool,
}

/// What to type next with `options`, which say where the run is and start with a space where there are any.
pub(super) fn next_with(view: &RunView, extras: &Extras<'_>, options: &str) -> Vec<(String, String)> {
    next_commands(view, extras).into_iter().map(|(command, why)| (format!("{command}{options}"), why)).collect()
}

/// What to type next: a command, and why.
pub fn next_commands(view: &RunView, extras: &Extras<'_>) -> Vec<(String, String)> {
    let run = &view.run;
    let verify = (format!("surefoot audit verify {run}"), "verify the trail".to_owned());
    if let Phase::Closed(verdict) = view.phase {
        let again = match extras.again {
            "" => format!("surefoot run {}", quoted_path(&view.file)),
            command => command.to_owned(),
        };
        let again = (again, "start a new run with the same inputs, once the cause is fixed".to_owned());
        let tell =
            (format!("surefoot resume {run}"), "report its end and complete the trail; nothing is sent".to_owned());
        let tell = extras.unreported.then_some(tell);
        let again = (verdict == Verdict::Failed).then_some(again);
        return [tell, again, Some(verify)].into_iter().flatten().collect();
    }
    let mut commands: Vec<_> = view.steps.iter().flat_map(|step| for_step(run, step, extras.console_ends)).collect();
    let resume = |why: String| (format!("surefoot resume {run}"), why);
    let is_stopped = view.window.as_ref().is_some_and(|window| window.stops);
    let is_short = view.steps.iter().any(|step| step.class == Some(HoldClass::Window));
    if is_stopped || is_short {
        commands.push((format!("surefoot resume {run} --wait"), "sleep until the change window opens".to_owned()));
    }
    let held = view.steps.iter().filter(|step| step.class.is_some()).count();
    let asking = view.steps.iter().filter(|step| step.question.is_some()).count();
    let is_ready = view.steps.iter().any(|step| step.status == "ready");
    let doubts = view.steps.iter().filter(|step| step.class == Some(HoldClass::Doubt)).count();
    let needs_console = |step: &StepView| step.question.as_ref().is_some_and(needs_console);
    match (held, asking) {
        // Only the window leads on.
        _ if is_stopped => {}
        // Nothing but the word of a person leads on.
        _ if doubts > 0 && doubts == held && asking == 0 && !is_ready => {}
        (0, _) if extras.console_ends && view.steps.iter().any(needs_console) => {
            let why = "on a terminal: it starts the twin and its console, and asks the question there";
            commands.insert(0, resume(why.to_owned()));
        }
        (0, 0) if view.steps.iter().any(|step| step.lapsed) => {
            commands.push(resume("record that nobody answered in time".to_owned()));
        }
        (0, 0) if matches!(view.phase, Phase::Undoing(_)) => {
            commands.push(resume("undo what was done, the last step first".to_owned()));
        }
        (0, 0) => commands.push(resume(goes_on(view))),
        (0, _) => commands.push(resume("continue; the questions are asked on the terminal".to_owned())),
        (held, _) => {
            commands.push(resume(format!("retry {} once the cause is fixed", count(held, "held step"))));
        }
    }
    if matches!(view.phase, Phase::Undoing(_)) {
        let stays = all_that_stays(view).map(|left| format!(", with what was done: {left}")).unwrap_or_default();
        commands
            .push((format!("surefoot cancel {run}"), format!("undo nothing more, and end the run as it is{stays}")));
    } else if view.may_cancel {
        let why = if view.crossed { "nothing irreversible was carried out" } else { "nothing irreversible was sent" };
        let stays = would_leave(view).map(|left| format!("; these remain: {left}")).unwrap_or_default();
        commands.push((format!("surefoot cancel {run}"), format!("cancel the run; {why}{stays}")));
    }
    commands
}

/// What follows where a run is taken up that nothing stops.
fn goes_on(view: &RunView) -> String {
    match view.extent.as_ref().filter(|extent| extent.reached) {
        Some(extent) => format!("do the rest; next: {}", names(&extent.next)),
        None => "continue the run".to_owned(),
    }
}

/// What a step waits for: one command for each thing that may be said, so that each can be typed as it stands.
fn for_step(run: &str, step: &StepView, console_ends: bool) -> Vec<(String, String)> {
    let id = &step.id;
    if step.class == Some(HoldClass::Doubt) {
        let told = |verdict: &str| format!("surefoot resolve {run} {id} {verdict} --because TEXT");
        return vec![
            (told("applied"), "if it took effect; check yourself first".to_owned()),
            (told("not-applied"), "if it did not take effect and never will".to_owned()),
        ];
    }
    let Some(question) = step.question.as_ref() else { return Vec::new() };
    let is_over = console_ends && needs_console(question);
    let (text, why) = match &question.form {
        Form::Type(_) => ("", "on a terminal: it shows what this is about and asks for the text"),
        Form::Done if is_over => (" done", "if it was done before the console stopped"),
        Form::Done => (" done", "once it is done"),
        Form::Path if is_over => (" FILE", "give the path of the file, if it was exported before the console stopped"),
        Form::Path => (" FILE", "give the path of the file"),
        Form::Choice(words) => {
            let one =
                |word: &String| (format!("surefoot answer {run} {id} {}", quoted(word)), format!("choose {word}"));
            return words.iter().map(one).collect();
        }
    };
    vec![(format!("surefoot answer {run} {id}{text}"), why.to_owned())]
}
