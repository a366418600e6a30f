//! Services of any kind: a state of names and values, and routes that show and set them.
//!
//! Nothing here knows a product. A scenario says for each host what its requests set and answer, so that a runbook whose
//! steps are `http.request` and `http.poll` has a world to be tried in.

use super::entry::Write;
use super::http::{Call, Response};
use super::problem::Problem;
use super::scenario::ScenarioError;
use super::text::Span;
use super::world::World;
use crate::base::{Timestamp, Value, escape};
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

/// The services of a world.
#[derive(Clone, Debug, Default)]
pub(super) struct Services(Vec<Service>);

#[derive(Clone, Debug)]
struct Service {
    spec: ServiceSpec,
    state: State,
    /// What will be so, and when, by name.
    coming: BTreeMap<String, (Timestamp, Value)>,
}

impl Services {
    pub(super) fn new(specs: &[ServiceSpec]) -> Result<Self, ScenarioError> {
        let mut services: Vec<Service> = Vec::new();
        for spec in specs {
            if services.iter().any(|other| other.spec.host.eq_ignore_ascii_case(&spec.host)) {
                return Err(wrong(format!("two services have the host {:?}", escape(&spec.host))));
            }
            check(spec)?;
            services.push(Service { state: spec.state.clone(), spec: spec.clone(), coming: BTreeMap::new() });
        }
        Ok(Self(services))
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, now: Timestamp) {
        for service in &mut self.0 {
            let later = service.coming.iter().filter(|(_, (at, _))| *at > now);
            let later = later.map(|(name, coming)| (name.clone(), coming.clone())).collect();
            for (name, (_, value)) in std::mem::replace(&mut service.coming, later) {
                if !service.coming.contains_key(&name) {
                    service.state.insert(name, value);
                }
            }
        }
    }

    /// The service at a host, and the place of the route that a request takes there.
    fn find(&self, host: &str) -> Option<&Service> {
        self.0.iter().find(|service| service.spec.host.eq_ignore_ascii_case(host))
    }

    /// Takes in an accepted request.
    pub(super) fn take(&mut self, host: &str, request: &str, now: Timestamp) {
        let Some(service) = self.0.iter_mut().find(|service| service.spec.host == host) else { return };
        let Some(route) = service.spec.routes.iter().find(|route| route.request == request).cloned() else { return };
        let due = route.after.map_or(now, |after| now.plus(after.0));
        for (name, value) in route.meanwhile {
            service.coming.remove(&name);
            service.state.insert(name, value);
        }
        for (name, value) in route.set {
            service.coming.remove(&name);
            if due > now {
                service.coming.insert(name, (due, value));
            } else {
                service.state.insert(name, value);
            }
        }
    }
}

impl World {
    /// Whether a service of the scenario has this host.
    pub fn has_service(&self, host: &str) -> bool {
        self.services.find(host).is_some()
    }

    /// The hosts of the scenario's services.
    pub fn service_hosts(&self) -> impl Iterator<Item = &str> {
        self.services.0.iter().map(|service| service.spec.host.as_str())
    }
}

/// Answers as the service at this host; none where there is no such service.
pub(super) fn answer(world: &mut World, call: &mut Call<'_>) -> Option<Result<Response, Problem>> {
    let service = world.services.find(call.request.host.as_deref()?)?;
    let request = format!("{} {}", call.request.method, call.request.route());
    let Some(route) = service.spec.routes.iter().find(|route| route.request == request).cloned() else {
        return Some(Err(Problem::gateway(404, "the scenario's service has no such route")));
    };
    let host = service.spec.host.clone();
    if !route.set.is_empty() || !route.meanwhile.is_empty() {
        world.commit(call, &host, route.status, Write::Service { host: host.clone(), request });
    }
    let state = world.services.find(&host).map(|service| &service.state)?;
    Some(Ok(Response::json(route.status, &filled(&route.json, state))))
}

/// A body with the values of the state in it.
fn filled(json: &Value, state: &State) -> Value {
    match json {
        Value::String(text) => match names(text).as_slice() {
            [name] if text.len() == name.len() + 2 => state.get(*name).cloned().unwrap_or_default(),
            names => Value::String(names.iter().fold(text.clone(), |text, name| {
                let value = state.get(*name).cloned().unwrap_or_default();
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                text.replace(&format!("{{{name}}}"), &value)
            })),
        },
        Value::Array(items) => items.iter().map(|item| filled(item, state)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), filled(value, state))).collect::<Value>()
        }
        other => other.clone(),
    }
}

/// The names in braces.
fn names(text: &str) -> Vec<&str> {
    let is_name =
        |name: &&str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)).filter(is_name).collect()
}

fn check(spec: &ServiceSpec) -> Result<(), ScenarioError> {
    let wrong = |what: String| Err(wrong(format!("service {:?}: {what}", escape(&spec.host))));
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

fn wrong(what: String) -> ScenarioError {
    ScenarioError::Content(what)
}
