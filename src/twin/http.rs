//! Requests and responses as data; the sockets are the stand's.

use crate::base::{Map, Timestamp, Value};
use base64::Engine as _;
use std::fmt;

/// A request as it arrived.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// The method, in upper case.
    pub method: String,
    /// The path with its query, still percent-encoded.
    pub path: String,
    /// The headers; names are compared without regard to case.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// The host it was sent to, with or without a port.
    pub host: Option<String>,
}

/// Shows where it went and nothing that could be a secret.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {}, {} bytes)", self.method, self.path, self.body.len())
    }
}

impl Request {
    /// A request without headers or body.
    pub fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), ..Self::default() }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with this body and `Content-Type: application/json`.
    #[must_use]
    pub fn with_json(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self.with_header("content-type", "application/json")
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The path without its query.
    pub fn route(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// The parts of the path between its slashes, percent-decoded.
    pub(super) fn segments(&self) -> Vec<String> {
        self.route().split('/').filter(|part| !part.is_empty()).map(decoded).collect()
    }

    /// The value of a query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.path.split_once('?')?;
        query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key) == name).then(|| decoded(&value.replace('+', " ")))
        })
    }

    /// User name and password of the `Authorization: Basic` header; `None` where there is none or it is malformed.
    pub(super) fn basic(&self) -> Option<(String, String)> {
        let (scheme, encoded) = self.header("authorization")?.split_once(' ')?;
        let bytes = base64::prelude::BASE64_STANDARD.decode(encoded.trim()).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (user, password) = text.split_once(':')?;
        scheme.eq_ignore_ascii_case("basic").then(|| (user.to_owned(), password.to_owned()))
    }

    /// The `Authorization: Bearer` token.
    pub(super) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// The media type of the body, without parameters.
    pub(super) fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// The body as a JSON object; an absent body is an empty one.
    pub(super) fn object(&self) -> Result<Map, String> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Map::new());
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) => Err("the body must be a JSON object".to_owned()),
            Err(source) => Err(format!("the body is not JSON: {source}")),
        }
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A response.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Shows the status and the length: the body of a create reply holds a password.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

impl Response {
    /// A response of compact JSON with its keys in alphabetical order (docs/aura-api.md, "Requests").
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            // A value always has a text; this is the short way to it.
            body: serde_json::to_vec(body).unwrap_or_default(),
        }
    }

    /// A response of plain text.
    pub(super) fn text(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())],
            body: body.as_bytes().to_vec(),
        }
    }

    /// The same with one more header.
    #[must_use]
    pub(super) fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The first header of this name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null where it is not.
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled {
    /// The reply.
    pub response: Response,
    /// Lines for `world.jsonl`, without their newlines, to be appended before any byte of the reply leaves.
    pub log: Vec<String>,
}

/// One request on its way through the world.
pub(super) struct Call<'a> {
    /// The request.
    pub request: &'a Request,
    /// Simulated time of its execution.
    pub now: Timestamp,
    /// The `X-Request-Id` of the reply.
    pub request_id: String,
    /// The lines to append.
    pub log: Vec<String>,
}
