//! Faults by count: which request is disturbed, and how; the disturbing is the stand's.

use super::http::{Request, Response};
use crate::base::Value;
use serde::{Deserialize, Serialize};

/// A fault as it is set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultSpec {
    /// Which requests.
    #[serde(rename = "match", default)]
    pub matching: Matching,
    /// What happens to them.
    pub kind: FaultKind,
    /// How many requests it happens to.
    #[serde(default = "once")]
    pub count: u64,
    /// How many matching requests pass before the first one.
    #[serde(default)]
    pub after: u64,
    /// `delay`, `late`: simulated seconds; `status`: the status or `{status, body, headers}`; `truncate`: bytes kept.
    #[serde(default)]
    pub arg: Value,
}

const fn once() -> u64 {
    1
}

/// Which requests a fault is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Matching {
    /// The method; any where it is left out.
    pub method: Option<String>,
    /// The path and, but for `POST`, what is below it; everything below it where it ends in `/`; a pattern of the
    /// whole path where it has a `*`; any where it is left out.
    pub path: Option<String>,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// It is executed later than it arrived, and answered.
    Delay,
    /// The connection is closed and it is never executed.
    DropRequest,
    /// It is executed and the connection is closed without a reply.
    DropResponse,
    /// It is answered with a status and not executed.
    Status,
    /// The connection is reset and it is never executed.
    Reset,
    /// It is executed and the reply is cut short.
    Truncate,
    /// The connection is closed at once and it is executed later.
    Late,
}

/// The faults of a world; they live in memory only.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Vec<Active>);

#[derive(Clone, Debug)]
struct Active {
    spec: FaultSpec,
    seen: u64,
}

impl Faults {
    pub(super) fn new(specs: &[FaultSpec]) -> Self {
        Self(specs.iter().map(|spec| Active { spec: spec.clone(), seen: 0 }).collect())
    }

    pub(super) fn add(&mut self, spec: FaultSpec) {
        self.0.push(Active { spec, seen: 0 });
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Each fault with how many matching requests it has seen.
    pub(super) fn list(&self) -> impl Iterator<Item = (&FaultSpec, u64)> {
        self.0.iter().map(|active| (&active.spec, active.seen))
    }

    /// Those that have struck no request yet.
    pub(super) fn unmet(&self) -> impl Iterator<Item = &FaultSpec> {
        self.list().filter(|(fault, seen)| fault.count > 0 && *seen <= fault.after).map(|(fault, _)| fault)
    }

    /// The first fault that strikes this request. Every fault that it matches counts it.
    pub(super) fn strike(&mut self, request: &Request) -> Option<FaultSpec> {
        let mut struck = None;
        for active in self.0.iter_mut().filter(|active| active.spec.matching.covers(request)) {
            let place = active.seen;
            active.seen += 1;
            if struck.is_none() && place >= active.spec.after && place - active.spec.after < active.spec.count {
                struck = Some(active.spec.clone());
            }
        }
        struck
    }
}

impl Matching {
    fn covers(&self, request: &Request) -> bool {
        let route = request.route();
        if route.starts_with("/_twin/") {
            return false;
        }
        let method = self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(&request.method));
        let path = self.path.as_ref().is_none_or(|path| {
            if path.contains('*') { globbed(path, route) } else { is_at(path, &request.method, route) }
        });
        method && path
    }
}

/// Whether a request is meant by a path without `*`: the path itself and what is below it. A `POST` creates in the
/// collection that it names, so for it only the path itself is meant: `/v1/instances` is not `/v1/instances/ID/pause`.
fn is_at(path: &str, method: &str, route: &str) -> bool {
    let Some(rest) = route.strip_prefix(path) else { return false };
    let is_below = path.ends_with('/') || rest.starts_with('/') && !method.eq_ignore_ascii_case("POST");
    rest.is_empty() || is_below
}

/// Whether the text is the pattern with each `*` replaced by some text.
fn globbed(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(place) = rest.find(part) else { return false };
        rest = rest.get(place + part.len()..).unwrap_or_default();
    }
    rest.is_empty()
}

impl FaultSpec {
    /// The simulated seconds of `delay` and `late`.
    pub fn seconds(&self) -> u64 {
        self.arg.as_u64().unwrap_or_default()
    }

    /// The reply of a `status` fault: its argument is the status, or `{status, body, headers}`.
    pub fn response(&self) -> Response {
        let number = |value: &Value| value.as_u64().and_then(|number| u16::try_from(number).ok());
        let status = number(&self.arg).or_else(|| self.arg.get("status").and_then(number)).unwrap_or(500);
        let mut response = match self.arg.get("body") {
            Some(Value::String(text)) => Response::text(status, text),
            Some(body) => Response::json(status, body),
            None => Response::json(status, &serde_json::json!({"error": format!("injected status {status}")})),
        };
        if let Some(Value::Object(headers)) = self.arg.get("headers") {
            for (name, value) in headers {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                response.headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
                response.headers.push((name.to_ascii_lowercase(), text));
            }
        }
        response
    }
}
