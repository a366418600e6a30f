//! The environment of the process, read in one place.

use crate::base::{Actor, Secret};
use std::path::PathBuf;

/// A variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The parts of a secret; nothing where one of its variables is not set.
pub(super) fn secret(variables: &[String]) -> Option<Vec<Secret<String>>> {
    variables.iter().map(|name| variable(name).map(Secret::new)).collect()
}

/// What every command of a runbook finds in its environment; nothing else of ours.
pub(super) fn for_commands() -> Vec<(String, String)> {
    ["PATH", "HOME", "LANG"].into_iter().filter_map(|name| Some((name.to_owned(), variable(name)?))).collect()
}

/// The directory the command was started in.
pub(super) fn working_directory() -> PathBuf {
    std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"))
}

/// Who runs the command.
pub fn actor() -> Actor {
    let user = variable("USER").or_else(|| variable("LOGNAME")).unwrap_or_else(user_id);
    Actor::Os { user, host: host() }
}

/// Whether the locale is set, and to one that has no more than ASCII, as `LC_ALL=C` is.
pub fn is_ascii_only() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable);
    locale.is_some_and(|locale| !locale.to_ascii_lowercase().replace('-', "").contains("utf8"))
}

/// The name of this machine.
pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn user_id() -> String {
    format!("uid{}", rustix::process::getuid().as_raw())
}
