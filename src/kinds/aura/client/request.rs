//! A write as it is announced and as it is sent: one description of both.

use super::route::Route;
use crate::base::{Digest, Value};
use crate::port::Method;

/// A write that is to be tried once. What the journal says about it and what leaves on the wire are made of this alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestSpec {
    /// Its method.
    pub method: Method,
    /// Its path.
    pub route: Route,
    /// Its body, as JSON.
    pub body: Option<Value>,
}

impl RequestSpec {
    /// A request without a body.
    pub const fn new(method: Method, route: Route) -> Self {
        Self { method, route, body: None }
    }

    /// The same request with a body.
    #[must_use]
    pub fn json(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// Method and path, for the announcement and for messages.
    pub fn text(&self) -> String {
        format!("{} {}", self.method.name(), self.route.text())
    }

    /// The bytes of its body; none where it has none.
    pub fn content(&self) -> Vec<u8> {
        self.body.as_ref().map(|body| body.to_string().into_bytes()).unwrap_or_default()
    }

    /// The digest of these bytes.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.content())
    }
}
