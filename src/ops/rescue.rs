//! The last resort for a password whose record could not be made: it is told sealed, with what opens it
//! (docs/journal.md, "Failed writes and syncs").

use super::failure::Failure;
use super::keys;
use crate::base::shell_word;
use crate::driver::Rescued;
use std::path::Path;

/// The failure with everything that was rescued; nothing of it can be read without the key of this state directory.
pub(super) fn tell(failure: Failure, rescued: &[Rescued], state_dir: &Path) -> Failure {
    let identity = shell_word(&keys::identity(state_dir).display().to_string());
    rescued.iter().fold(failure, |failure, Rescued { step, attempt, sealed }| {
        failure.hint(format!(
            "the password that `{step}` obtained with attempt {attempt} may stand in no record, and nobody is told it \
             again: keep these lines; they hold it sealed, and print it where its key is\n\
             echo {} | base64 -d | {} -d -i {identity}",
            sealed.b64, sealed.alg,
        ))
    })
}
