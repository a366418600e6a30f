//! Asks people on the terminal, never on standard input: `/dev/tty`, in a thread of its own.

mod dialogue;
mod matter;
mod screen;

pub(super) use matter::{About, Matter};

use super::progress::ProgressDisplay;
use crate::base::{Actor, Map, Timestamp};
use crate::port::{Answer, Async, Operator, OperatorError, Question};
use crate::report::Style;
use dialogue::{Dialogue, Said};
use screen::Screen;
use std::fs::File;
use std::io::BufReader;
use std::sync::{Arc, PoisonError};

/// The person at the terminal.
pub(super) struct TerminalOperator {
    board: Arc<dyn ProgressDisplay>,
    style: Style,
    by: Actor,
    /// Real or a twin, which account, instance and change.
    about: About,
    /// One question at a time.
    turn: tokio::sync::Mutex<()>,
}

/// While this lives nothing else is drawn on the terminal.
struct Hidden(Arc<dyn ProgressDisplay>);

impl Hidden {
    fn new(board: &Arc<dyn ProgressDisplay>) -> Self {
        board.hide();
        Self(Arc::clone(board))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        self.0.unhide();
    }
}

impl TerminalOperator {
    pub(super) fn new(board: Arc<dyn ProgressDisplay>, style: Style, by: Actor, about: About) -> Self {
        Self { board, style, by, about, turn: tokio::sync::Mutex::new(()) }
    }
}

impl Operator for TerminalOperator {
    fn ask<'a>(&'a self, step: &'a str, question: &'a Question) -> Async<'a, Result<Answer, OperatorError>> {
        Box::pin(async move {
            let _turn = self.turn.lock().await;
            let matter = self.about.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let terminal = open_terminal().map_err(|error| absent(&matter, step, &error))?;
            let _hidden = Hidden::new(&self.board);
            let said = converse(terminal, self.style, matter, step.to_owned(), question.clone()).await?;
            // The moment is put in by whoever records the answer: there is no clock here.
            let at = Timestamp::default();
            Ok(Answer { text: said.text, note: said.note, by: self.by.clone(), at, fields: Map::new() })
        })
    }
}

/// Asks at once and waits: the answer and a note.
pub(super) fn ask(
    style: Style,
    matter: Matter,
    step: &str,
    question: &Question,
) -> Result<(String, String), OperatorError> {
    let terminal = open_terminal().map_err(|error| absent(&matter, step, &error))?;
    let said = hold(terminal, style, matter, step, question)?;
    Ok((said.text, said.note))
}

fn hold(terminal: File, style: Style, matter: Matter, step: &str, question: &Question) -> Result<Said, OperatorError> {
    let output = terminal.try_clone().map_err(|error| absent(&matter, step, &error))?;
    let screen = Screen(terminal.try_clone().ok());
    Dialogue { input: BufReader::new(terminal), output, style, screen, matter }.hold(step, question)
}

/// Reads in a thread of its own, so that a person who thinks keeps nothing else from going on. When the question is
/// no longer wanted the thread is left behind and ends with the process.
async fn converse(
    terminal: File,
    style: Style,
    matter: Matter,
    step: String,
    question: Question,
) -> Result<Said, OperatorError> {
    let (send, receive) = tokio::sync::oneshot::channel();
    let spawned = std::thread::Builder::new()
        .name("operator".to_owned())
        .spawn(move || drop(send.send(hold(terminal, style, matter, &step, &question))));
    spawned.map_err(|error| OperatorError::Absent(error.to_string()))?;
    receive.await.unwrap_or_else(|_| Err(OperatorError::Absent("the dialogue was broken off".to_owned())))
}

#[expect(clippy::disallowed_methods, reason = "the terminal is no file of a run, and only this asks on it")]
fn open_terminal() -> std::io::Result<File> {
    std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty")
}

fn absent(matter: &Matter, step: &str, error: &std::io::Error) -> OperatorError {
    OperatorError::Absent(format!("there is no terminal ({error}); answer with `{}`", matter.answer(step)))
}
