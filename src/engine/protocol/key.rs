//! What happens to a sealed one-time password where the key that opens it is not at hand.
//!
//! A key that is only elsewhere comes back, so nothing follows by itself: a person is asked whether it is lost for
//! good. Then the password counts as lost, as if its answer had never been seen, and `on_lost_secret` says what becomes
//! of the instance.

use super::values::field;
use crate::base::escape;
use crate::engine::history::{Attempt, History};
use crate::engine::question::{Form, Question};
use serde_json::json;

/// The reason word of an error that says that a sealed secret could not be opened.
pub const UNOPENED: &str = "sealed-to-another-key";
/// What such a question is about.
const TASK: &str = "lost-key";
const LOST: &str = "lost";

/// What a person said of the key to which the password of an attempt is sealed.
pub enum Said {
    /// It is lost for good.
    Lost,
    /// It will be put back; said in this session.
    Wait(u32),
}

/// The question, after a delivery that failed because of the key.
pub(in crate::engine) fn question(history: &History, attempt: &Attempt, why: &str) -> Question {
    let number = attempt.intent.attempt;
    let id = attempt.output("id").map(|id| escape(id.as_str().unwrap_or_default())).unwrap_or_default();
    let text = format!(
        "Instance {id}, named {}, is there, and {why}.\n\
         wait: put the key back, into `keys` of the state directory, then `surefoot resume`.\n\
         lost: the key is gone for good, and with it the only copy of the password; the instance is then replaced, \
         asked about or adopted, as `on_lost_secret` of the step says.",
        attempt.intent.target
    );
    Question {
        form: Form::Choice(["wait", LOST].map(str::to_owned).to_vec()),
        text,
        show: Vec::new(),
        task: json!({"task": TASK, "attempt": number, "instance_id": id}),
        round: history.next_round(),
    }
}

/// Whether this is such a question.
pub(in crate::engine) fn is_it(question: &Question) -> bool {
    field(&question.task, "task") == TASK
}

/// Whether such a question waits for its answer.
pub(in crate::engine) fn is_asked(history: &History) -> bool {
    history.open_question().is_some_and(|asked| is_it(&asked.question))
}

/// Whether a person said that the password of this attempt cannot be opened any more.
pub(in crate::engine) fn is_lost(history: &History, attempt: u32) -> bool {
    matches!(said(history, attempt), Some(Said::Lost))
}

/// What was said last.
pub fn said(history: &History, attempt: u32) -> Option<Said> {
    let asked = history.asked_about(TASK, attempt).next_back()?;
    let (_, answer) = asked.answer.as_ref()?;
    Some(if answer.text == LOST { Said::Lost } else { Said::Wait(asked.session) })
}
