//! The command that begins a run again as a new one, with everything that it was given.

use super::environment;
use super::world;
use crate::base::{Value, shell_word};
use crate::engine::event::RunOpened;
use crate::runbook::plan::Plan;

/// `surefoot run FILE -i NAME=VALUE … --twin …`, each word as a shell takes it.
pub(super) fn again(facts: &RunOpened, plan: &Plan) -> String {
    let mut words = vec!["surefoot".to_owned(), "run".to_owned(), shell_word(&file(facts))];
    for input in &plan.declared {
        let value = facts.inputs.get(&input.name).filter(|value| !value.is_null());
        let Some(value) = value.filter(|value| input.default.as_ref() != Some(value)) else { continue };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        words.push("-i".to_owned());
        words.push(format!("{}={}", input.name, shell_word(&text)));
    }
    words.join(" ") + &world::options(facts.twin.as_ref())
}

/// The runbook's file, from where the command is typed.
fn file(facts: &RunOpened) -> String {
    let named = facts.runbooks.first().map(|(file, _)| file.as_str()).unwrap_or_default();
    let began = facts.policy.get("cwd").and_then(Value::as_str).unwrap_or_default();
    let here = environment::working_directory();
    if here == std::path::Path::new(began) || began.is_empty() {
        return named.to_owned();
    }
    std::path::Path::new(began).join(named).to_string_lossy().into_owned()
}
