//! The services of a world: what each is now, and what it will be.

use super::service_spec::{RouteSpec, ServiceSpec, State, check, names};
use crate::base::{Timestamp, Value, escape};
use std::collections::BTreeMap;

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
    pub(super) fn new(specs: &[ServiceSpec]) -> Result<Self, String> {
        let mut services: Vec<Service> = Vec::new();
        for spec in specs {
            if services.iter().any(|other| other.spec.host.eq_ignore_ascii_case(&spec.host)) {
                return Err(format!("two services have the host {:?}", escape(&spec.host)));
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

    /// The hosts of all services.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|service| service.spec.host.as_str())
    }

    /// The description of the service at a host.
    pub(super) fn at(&self, host: &str) -> Option<&ServiceSpec> {
        self.find(host).map(|service| &service.spec)
    }

    /// What a route of the service at a host answers now.
    pub(super) fn body(&self, host: &str, route: &RouteSpec) -> Value {
        self.find(host).map(|service| filled(&route.json, &service.state)).unwrap_or_default()
    }

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
