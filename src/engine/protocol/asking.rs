//! What is common to steps that ask people.

use super::effect::ROUNDS;
use super::{Context, Next};
use crate::engine::call::{CallError, ErrorClass};
use crate::engine::command::Act;
use crate::engine::question::Question;

/// The question that waits for its answer.
pub fn asking(context: &Context<'_>) -> Option<Next> {
    let asked = context.history.open_question()?;
    Some(Next::now(Act::Ask(Box::new(asked.question.clone()))))
}

/// Asks again after an answer that did not serve, until the tries are used up.
pub fn ask_again(context: &Context<'_>, was_wrong: bool, mut question: Question) -> Next {
    if was_wrong && asked_in_this_session(context) >= ROUNDS {
        return Next::Fail(CallError::new(
            ErrorClass::Check,
            format!("what was asked for was not typed in {ROUNDS} tries"),
        ));
    }
    if was_wrong {
        question.text = format!("That was not it.\n{}", question.text);
    }
    Next::Ask(question)
}

/// How many questions this session has asked.
pub fn asked_in_this_session(context: &Context<'_>) -> usize {
    context.history.questions.iter().filter(|asked| asked.session == context.session).count()
}
