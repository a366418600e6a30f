//! How a scenario describes a service: a state of names and values, and routes that show and set it.

use super::text::Span;
use crate::base::{Value, escape};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names and their values.
pub(super) type State = BTreeMap<String, Value>;

/// A service, as a scenario describes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSpec {
    /// Its host, with its port where that is not the one of the scheme.
    pub host: String,
    /// What it is at the beginning.
    #[serde(default)]
    pub state: State,
    /// What it answers.
    pub routes: Vec<RouteSpec>,
}

/// A request and what it does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteSpec {
    /// Method and path, `POST /pools/old/drain`.
    pub request: String,
    /// What is so after it.
    #[serde(default, skip_serializing_if = "State::is_empty")]
    pub set: State,
    /// How long after it; at once where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Span>,
    /// What is so until then.
    #[serde(default, skip_serializing_if = "State::is_empty")]
    pub meanwhile: State,
    /// The status of the answer.
    #[serde(default = "ok")]
    pub status: u16,
    /// The body of the answer; `"{name}"` stands for a value of the state as it is after the request.
    #[serde(default)]
    pub json: Value,
}

const fn ok() -> u16 {
    200
}

/// The names in braces.
pub(super) fn names(text: &str) -> Vec<&str> {
    let is_name =
        |name: &&str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).filter(is_name).collect()
}

/// What is wrong with a description.
pub(super) fn check(spec: &ServiceSpec) -> Result<(), String> {
    let wrong = |what: String| Err(format!("service {:?}: {what}", escape(&spec.host)));
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    if spec.host.is_empty() || !spec.host.bytes().all(is_host) {
        return wrong("`host` is a host, with its port where it has one, as in \"lb.internal\"".to_owned());
    }
    for (index, route) in spec.routes.iter().enumerate() {
        let told = escape(&route.request);
        let is_request = route.request.split_once(' ').is_some_and(|(method, path)| {
            !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase()) && path.starts_with('/')
        });
        if !is_request || route.request.contains('?') {
            return wrong(format!("`request` is a method and a path, \"POST /pools/old/drain\", and not {told:?}"));
        }
        if spec.routes.iter().take(index).any(|other| other.request == route.request) {
            return wrong(format!("the route {told:?} is there twice"));
        }
        if !(200..=599).contains(&route.status) {
            return wrong(format!("{told:?} cannot be answered with the status {}", route.status));
        }
        let set = route.set.keys().chain(route.meanwhile.keys());
        let shown = strings(&route.json);
        let shown = shown.iter().flat_map(|text| names(text));
        for name in set.map(String::as_str).chain(shown) {
            if !spec.state.contains_key(name) {
                return wrong(format!("{told:?} names `{}`, which is not in its state", escape(name)));
            }
        }
    }
    Ok(())
}

/// Every text in a value.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(fields) => fields.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}
