//! How much the filters of one expression may do together.
//!
//! The steps of the expression machine are counted by it, and a filter is one of them, whatever it does. What takes
//! longer with the length of a text, or with a pattern, is counted here (docs/hardening.md, "Templates").

use minijinja::value::Value;
use minijinja::{Error, ErrorKind, State};

/// Units of work that one expression has: about a byte that is hashed or read, or a byte of a pattern's program against
/// a byte of text. All of it takes some tens of milliseconds.
const WORK_MAX: u64 = 1 << 26;
/// Where the state of an expression under way keeps what was done.
const DONE: &str = "work";

/// So much is about to be done.
pub(super) fn spend(state: &mut State<'_, '_>, work: u64) -> Result<(), Error> {
    let done = state.get_temp(DONE).and_then(|done| u64::try_from(done).ok()).unwrap_or_default();
    let done = done.saturating_add(work);
    state.set_temp(DONE, Value::from(done));
    if done <= WORK_MAX {
        return Ok(());
    }
    let message = "it is too much work: shorten the text, or repeat less in the pattern";
    Err(Error::new(ErrorKind::InvalidOperation, message))
}
