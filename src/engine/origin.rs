//! What a run is about and where: the real account or a twin, the instance, the change.

use super::event::RunOpened;
use crate::base::{Map, Value};

/// What a run is about and where, as its first record says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Whether the world is simulated.
    pub twin: bool,
    /// The end of the client id, which is no secret; nothing where no account is used, or an older version wrote the
    /// record.
    pub account: Option<String>,
    /// The address of the service, where that is known beforehand.
    pub api: Option<String>,
    /// The instance, from the input `instance_id` or one whose name ends so.
    pub instance: Option<String>,
    /// The change, from the input `change_id` or one whose name ends so.
    pub change: Option<String>,
}

impl Origin {
    /// That of a run.
    pub fn of(facts: &RunOpened) -> Self {
        let account = facts.policy.get("account");
        let told = |name: &str| account?.get(name)?.as_str().map(str::to_owned);
        Self {
            twin: facts.twin.is_some(),
            account: told("client"),
            api: told("api"),
            instance: named(&facts.inputs, "instance_id"),
            change: named(&facts.inputs, "change_id"),
        }
    }
}

/// The input of that name, else the first whose name ends so and that has a value.
fn named(inputs: &Map, name: &str) -> Option<String> {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let ending = format!("_{name}");
    let near = || inputs.iter().filter(|(own, _)| own.ends_with(&ending)).find_map(|(_, value)| text(value));
    inputs.get(name).and_then(text).or_else(near)
}
