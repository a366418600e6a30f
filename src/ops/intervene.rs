//! `answer`, `cancel`, `pause` and `resolve`: one event, recorded without driving the run.

use super::failure::{Failure, FailureKind};
use super::host;
use super::paths::{Paths, stop_hint};
use super::process_env;
use super::session::{self, Taken, no_trail};
use super::status::{Status, holder, status_of};
use super::trail::Trail;
use crate::base::{Map, Moment, Timestamp, escape};
use crate::engine::event::{Body, Event};
use crate::engine::question::{Answer, Form, Question};
use crate::engine::view::RunView;
use crate::engine::{Engine, Phase, StepState};
use crate::journal::RunDir;
use crate::port::Log;
use crate::runbook::nearest;

/// The shortest text that says how somebody knows, in letters.
const BECAUSE_MIN: usize = 5;

/// The longest text that a person adds to a run, in bytes: it stands in one record.
const TEXT_MAX: usize = 64 << 10;

/// What a person answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The text; none where something only had to be done.
    pub text: Option<String>,
    /// A note beside it; may be empty.
    pub note: String,
    /// Whether the text was typed on the terminal, after what is asked was shown there.
    pub typed: bool,
}

/// Answers the question of a step.
///
/// What is to be typed out is, outside a twin, typed on the terminal and nowhere else.
pub fn answer(paths: &Paths, run: &str, step: &str, reply: &Reply) -> Result<Status, Failure> {
    is_recordable("the note", &reply.note)?;
    is_recordable("the answer", reply.text.as_deref().unwrap_or_default())?;
    amend(paths, run, |engine, now| {
        let state = step_of(engine, step)?;
        let until = engine.plan().index_of(step).and_then(|index| engine.answer_until(index));
        let at = match (now.told, until) {
            (Err(failure), Some(_)) => return Err(failure.hint("only its clock shows whether there is still time")),
            (told, _) => told.unwrap_or(now.at),
        };
        if until.is_some_and(|until| until <= at) || state.history.lapsed_question().is_some() {
            let index = engine.plan().index_of(step);
            let is_end = index.is_some_and(|index| engine.fails_unanswered(index));
            let what = if is_end { "ends the run, as its `on_failure` says" } else { "asks again" };
            return Err(usage(format!("the time to answer `{step}` is over; the answer was not accepted"))
                .hint(format!("`surefoot resume {run}` {what}")));
        }
        let Some(asked) = state.history.open_question() else {
            return Err(usage(format!("step `{step}` has no open question")));
        };
        let is_real = engine.run().facts.as_ref().is_none_or(|facts| facts.twin.is_none());
        if is_real && !reply.typed && matches!(asked.question.form, Form::Type(_)) {
            return Err(untyped(run, step, reply.text.is_some()));
        }
        let text = fitting(&asked.question, reply.text.as_deref())?;
        let by = process_env::actor();
        let answer = Answer { text, note: reply.note.clone(), by, at, fields: Map::new() };
        Ok(Body::QuestionAnswered { step: step.to_owned(), answer })
    })
}

/// Asks for the run to be closed; only before the point of no return, or where all that was sent there was refused.
///
/// `before` is told how the run stands, before anything is recorded.
pub fn cancel(paths: &Paths, run: &str, before: impl FnOnce(&RunView)) -> Result<Status, Failure> {
    amend(paths, run, |engine, _| {
        if !engine.may_cancel() {
            return Err(Failure::new(
                FailureKind::Usage,
                "the run is past the point of no return and can't be cancelled",
            )
            .hint(format!("continue with `surefoot resume {run}`")));
        }
        before(&engine.view());
        Ok(Body::RunCancelAsked)
    })
}

/// Asks for the run to stop before its next step.
pub fn pause(paths: &Paths, run: &str) -> Result<Status, Failure> {
    amend(paths, run, |_, _| Ok(Body::RunPaused))
}

/// Records what an operator found out about an effect in doubt.
pub fn resolve(paths: &Paths, run: &str, step: &str, applied: bool, because: &str) -> Result<Status, Failure> {
    if because.trim().chars().count() < BECAUSE_MIN {
        let failure =
            usage(format!("the text of `--because` is too short: say how you know, in at least {BECAUSE_MIN} letters"));
        return Err(failure.hint("auditors read it, for example: \"not in the console, 22:14\""));
    }
    is_recordable("the text of `--because`", because)?;
    amend(paths, run, |engine, _| {
        let state = step_of(engine, step)?;
        if !state.may_be_resolved() {
            return Err(usage(format!("step `{step}` has no request to resolve"))
                .hint(format!("`surefoot status {run}` shows what it waits for")));
        }
        let (step, because) = (step.to_owned(), because.to_owned());
        Ok(Body::OperatorResolved { step, applied, because })
    })
}

/// When something is recorded.
struct Now {
    /// The time that the record bears.
    at: Timestamp,
    /// The time by the run's clock; or why it cannot be told.
    told: Result<Timestamp, Failure>,
}

/// Takes the run over, records what `decide` says, and lets conclusions that need no world follow.
fn amend(
    paths: &Paths,
    run: &str,
    decide: impl FnOnce(&Engine, Now) -> Result<Body, Failure>,
) -> Result<Status, Failure> {
    let paths = paths.absolute();
    paths.require_own()?;
    let dir = paths.run(run)?;
    let loaded = session::recall(&dir)?;
    if matches!(loaded.engine.run().phase, Phase::Closed(_)) {
        return Err(usage(format!("the run {run} is closed")));
    }
    session::require_trail(&paths, &dir, &loaded)?;
    let taken = session::take_over(&dir, &loaded).map_err(|failure| in_work(&dir, &loaded, run, failure))?;
    let Taken { mut engine, mut journal, last_at, story, .. } = taken;
    if let Phase::Closed(verdict) = engine.run().phase {
        journal.leave();
        let ended = Phase::Closed(verdict).name();
        return Err(usage(format!("the run {run} ended meanwhile: {ended}")).hint("nothing was recorded"));
    }
    let told = loaded.now(last_at);
    let now = told.as_ref().copied().unwrap_or_else(|_| last_at.into());
    // What is wrong with the request is said before anything is written.
    let body = decide(&engine, Now { at: now.at, told: told.map(|moment| moment.at) })?;
    let mut batch = Vec::new();
    let session = host::session(&paths.state_dir, loaded.world.is_twin());
    push(&mut engine, &mut batch, now, Body::SessionOpened(session))?;
    // What is asked for is a wish, and what it was decided on may be another matter now that the run is taken up.
    engine.admit(Event { at: now.at, mono_ms: now.mono_ms, actor: process_env::actor(), body: body.clone() }).map_err(
        |refusal| {
            usage(format!("that cannot be recorded {}", refusal.place))
                .hint(format!("{}; nothing was recorded, `surefoot status {run}` shows its state", refusal.reason))
        },
    )?;
    push(&mut engine, &mut batch, now, body)?;
    if matches!(engine.run().phase, Phase::Ending(_)) {
        while let Some(body) = engine.due(now.at) {
            push(&mut engine, &mut batch, now, body)?;
        }
    }
    // A trail that cannot be written is found before anything is recorded.
    let audit_dir = paths.trail_of(&loaded.facts);
    let mut trail = Trail::open(&dir, audit_dir.clone(), story).map_err(|error| no_trail(&audit_dir, run, &error))?;
    journal.commit(&batch).map_err(|error| Failure::new(FailureKind::Storage, error.to_string()))?;
    trail.tell(&engine, &batch).map_err(|error| no_trail(&audit_dir, run, &error).hint("it is recorded in the run"))?;
    journal.leave();
    // What was wrong when the run was taken up is mended now, and told all the same.
    Ok(Status { trouble: loaded.trouble, ..status_of(&paths, &dir)? })
}

/// What to do where another process works on the run, which alone may write to it.
fn in_work(dir: &RunDir, loaded: &session::LoadedRun, run: &str, failure: Failure) -> Failure {
    if failure.kind != FailureKind::Locked {
        return failure;
    }
    let stop = stop_hint(&holder(dir).unwrap_or_default());
    let failure = Failure { hints: Vec::new(), ..failure };
    let asks = loaded.engine.steps().iter().any(|state| state.history.open_question().is_some());
    let failure =
        if asks { failure.hint("it waits for an answer: give it on the terminal of that process") } else { failure };
    failure.hint(format!(
        "or {stop}: it records what is in flight; then repeat this command and continue with `surefoot resume {run}`"
    ))
}

fn step_of<'a>(engine: &'a Engine, id: &str) -> Result<&'a StepState, Failure> {
    let index = engine.plan().index_of(id);
    index.and_then(|index| engine.steps().get(index)).ok_or_else(|| {
        let near = nearest(id, engine.plan().steps.iter().map(|step| step.id.as_str()));
        let failure = usage(format!("the runbook has no step `{}`", escape(id)));
        match near {
            Some(near) => failure.hint(format!("did you mean `{near}`?")),
            None => failure.hint("`surefoot status` lists its steps"),
        }
    })
}

/// The text of an answer, if it is one to this question.
fn fitting(question: &Question, text: Option<&str>) -> Result<String, Failure> {
    let wrong = |what: String| Err(usage(what).hint(question.text.clone()));
    match (&question.form, text) {
        (Form::Done, None) => Ok("done".to_owned()),
        (Form::Done, Some(text)) if text.trim().eq_ignore_ascii_case("done") => Ok("done".to_owned()),
        (Form::Done, Some(_)) => wrong("the only answer to this question is `done`".to_owned()),
        (Form::Type(wanted), Some(text)) if text == wanted => Ok(text.to_owned()),
        (Form::Type(_), _) => wrong("the answer must be exactly this text".to_owned()),
        (Form::Path, Some(text)) => {
            let path = process_env::working_directory().join(text);
            super::paths::require_file(&path, "file")?;
            Ok(path.to_string_lossy().into_owned())
        }
        (Form::Path, None) => wrong("the answer must be the path of a file".to_owned()),
        (Form::Choice(words), Some(text)) if words.iter().any(|word| word == text) => Ok(text.to_owned()),
        (Form::Choice(words), _) => wrong(format!("the answer must be one of: {}", words.join(", "))),
    }
}

/// A confirmation that nobody typed: a script, a pipe or a wrong window must not be able to give it.
fn untyped(run: &str, step: &str, is_given: bool) -> Failure {
    let message = if is_given {
        format!("the answer to `{step}` must be typed on a terminal, not given on the command line")
    } else {
        format!("the answer to `{step}` must be typed on a terminal, and there is none")
    };
    usage(message)
        .hint(format!("on a terminal, `surefoot answer {run} {step}` shows what it is about and asks for the text"))
}

/// A text that no record holds is refused by its length.
pub(super) fn is_recordable(what: &str, text: &str) -> Result<(), Failure> {
    if text.len() <= TEXT_MAX {
        return Ok(());
    }
    let (length, most) = (text.len(), crate::base::format_size(TEXT_MAX as u64));
    Err(usage(format!("{what} is too long: {length} bytes, at most {most} can be recorded"))
        .hint("nothing was recorded; write it to a file and give its path"))
}

fn usage(message: String) -> Failure {
    Failure::new(FailureKind::Usage, message)
}

fn push(engine: &mut Engine, batch: &mut Vec<Event>, now: Moment, body: Body) -> Result<(), Failure> {
    let event = Event { at: now.at, mono_ms: now.mono_ms, actor: process_env::actor(), body };
    session::take(engine, event.clone())?;
    batch.push(event);
    Ok(())
}
