//! One request as its inputs describe it, and what its answer means.

use crate::base::{Address, Digest, Map, PlantedBug, Secret, Value, escape, has_userinfo, planted};
use crate::engine::call::{CallError, ErrorClass, Outcome};
use crate::kinds::task::Task;
use crate::port::{Header, Method, Request, Response, TransportError};
use serde_json::json;
use std::time::Duration;
use url::Url;

/// The longest body that is read, in bytes.
const BODY_MAX: usize = 16 << 20;
/// The longest text that is kept of the answer to a read, in bytes.
const READ_MAX: usize = 64 << 10;
/// The longest text that is kept of the answer to an effect, whose record must be possible whatever it holds.
const EFFECT_MAX: usize = 16 << 10;
/// How long a service may ask us to wait.
const RETRY_AFTER_MAX: u64 = 3600;

/// Headers that say where a message ends.
const FRAMING: [&str; 5] = ["connection", "content-length", "te", "transfer-encoding", "upgrade"];

/// A request as it is described: everything but its secrets.
pub(super) struct Spec {
    method: Method,
    url: Url,
    /// The statuses that mean success; every 2xx where none is named.
    expected: Vec<u16>,
    timeout: Duration,
    digest: Digest,
}

impl Spec {
    /// The request that the inputs of a task describe.
    pub(super) fn of(task: &Task<'_>) -> Result<Self, CallError> {
        let method = Method::from_name(task.text("method")?).ok_or_else(|| task.wrong("`method` is none"))?;
        let text = task.text("url")?;
        let mut url = address(text).map_err(|why| task.wrong(&format!("`url`: {why}")))?;
        if task.maybe("query").is_some() {
            let query = task.map("query")?.iter().filter(|(_, value)| !value.is_null());
            let pairs =
                query.map(|(name, value)| (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
            url.query_pairs_mut().extend_pairs(pairs);
        }
        if ["json", "body"].iter().all(|name| task.maybe(name).is_some()) {
            return Err(task.wrong("`json` and `body` are given, and a request has one body"));
        }
        let described = ["headers", "json", "body"].map(|name| task.command.with.get(name));
        let digest = Digest::of(json!([method.name(), url.as_str(), described]).to_string().as_bytes());
        let timeout = task.duration("request_timeout")?;
        Ok(Self { method, url, expected: expected(task)?, timeout, digest })
    }

    /// Method and address, as they are announced.
    pub(super) fn text(&self) -> String {
        format!("{} {}", self.method.name(), self.url)
    }

    /// Digest of everything that is sent, with handles in place of secrets.
    pub(super) fn digest(&self) -> Digest {
        self.digest
    }

    /// The request on the wire, with its secrets. `key` names the header of an idempotency key and its value.
    pub(super) fn request(
        &self,
        task: &Task<'_>,
        key: Option<(&str, &str)>,
        effect: bool,
    ) -> Result<Request, CallError> {
        let mut headers: Vec<Header> = Vec::new();
        if task.maybe("headers").is_some() {
            for (name, value) in task.map("headers")?.iter().filter(|(_, value)| !value.is_null()) {
                headers.push((name.to_lowercase().into(), task.secret_text(value)?));
            }
        }
        let body = match (task.maybe("json"), task.maybe("body")) {
            (Some(value), _) => {
                if !headers.iter().any(|(name, _)| name == "content-type") {
                    headers.push(("content-type".into(), Secret::new("application/json".to_owned())));
                }
                Some(task.secret_json(value)?)
            }
            (None, Some(text)) => Some(task.secret_text(text)?),
            (None, None) => None,
        };
        if let Some((name, key)) = key {
            headers.push((name.to_lowercase().into(), Secret::new(key.to_owned())));
        }
        for (name, value) in &headers {
            unsendable(name, value.expose()).map_or(Ok(()), |why| Err(task.wrong(&why)))?;
        }
        let is_secret = ["headers", "json", "body"].iter().any(|name| task.holds_secret(name));
        self.require_private(task, is_secret)?;
        Ok(Request {
            method: self.method,
            url: self.url.to_string(),
            headers,
            body: body.map_or_else(|| Secret::new(Vec::new()), |text| Secret::new(text.expose().as_bytes().to_vec())),
            timeout: self.timeout,
            body_limit: BODY_MAX,
            effect,
        })
    }

    /// A secret goes to another machine over TLS only.
    fn require_private(&self, task: &Task<'_>, is_secret: bool) -> Result<(), CallError> {
        if is_secret && !is_private(&self.url) {
            let host = escape(self.url.host_str().unwrap_or_default());
            return Err(task.wrong(&format!("a secret would go to {host} in clear; use https://")));
        }
        Ok(())
    }

    fn is_expected(&self, status: u16) -> bool {
        if self.expected.is_empty() { (200..300).contains(&status) } else { self.expected.contains(&status) }
    }

    /// What a read came back with.
    pub(super) fn read(&self, answer: Result<Response, TransportError>) -> Result<Map, CallError> {
        let response = answer.map_err(|error| {
            let (TransportError::NotSent(why) | TransportError::Maybe(why)) = error;
            CallError::new(ErrorClass::Outside, format!("{}: {why}", self.text()))
        })?;
        if self.is_expected(response.status) {
            return Ok(told(&response, READ_MAX));
        }
        Err(self.refusal(&response))
    }

    /// What the answer to an effect means (docs/effects.md, "Outcomes").
    pub(super) fn outcome(&self, answer: &Result<Response, TransportError>) -> (Outcome, Value, Option<CallError>) {
        let lost = |class, why: &str| CallError::new(class, format!("{}: {why}", self.text()));
        match answer {
            Err(TransportError::NotSent(why)) => (Outcome::NotSent, Value::Null, Some(lost(ErrorClass::Outside, why))),
            Err(TransportError::Maybe(why)) => (Outcome::Unknown, Value::Null, Some(lost(ErrorClass::Outside, why))),
            Ok(response) if self.is_expected(response.status) => {
                (Outcome::Applied, Value::Object(told(response, EFFECT_MAX)), None)
            }
            Ok(response) => {
                let error = self.refusal(response);
                let outcome = match response.status {
                    // Whoever is behind a gateway, or failed half way, may have done it all the same.
                    100..=199 | 408 | 500.. if response.status != 503 || error.retry_after.is_none() => {
                        Outcome::Unknown
                    }
                    200..=299 => Outcome::Unknown,
                    _ => Outcome::Rejected,
                };
                (outcome, Value::Null, Some(error))
            }
        }
    }

    /// An answer that is not the one that is expected.
    fn refusal(&self, response: &Response) -> CallError {
        let status = response.status;
        let class = match status {
            401 | 403 | 407 => ErrorClass::Auth,
            404 | 410 => ErrorClass::NotFound,
            408 | 425 | 429 | 500.. => ErrorClass::Outside,
            _ => ErrorClass::Invalid,
        };
        let retry_after = response.header("retry-after").and_then(|text| text.trim().parse().ok());
        let retry_after = retry_after.map(|seconds: u64| Duration::from_secs(seconds.min(RETRY_AFTER_MAX)));
        let (what, remedy) = match status {
            300..=399 => {
                let place = response.header("location").unwrap_or_default();
                let place = if has_userinfo(place) { "an address with a user in it" } else { place };
                (format!("is sent on to {}", escape(place)), "no redirect is followed: name the address it leads to")
            }
            _ => (format!("is answered with {status}"), ""),
        };
        CallError { retry_after, ..CallError::new(class, format!("{} {what}", self.text())).with_remedy(remedy) }
    }
}

/// Why a header cannot be sent (RFC 9110, 5.1 and 5.5); its value is not told.
fn unsendable(name: &str, value: &str) -> Option<String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Some(format!("there can be no header {:?}", escape(name)));
    }
    if FRAMING.contains(&name) {
        return Some(format!("the header `{name}` follows from the request and cannot be given"));
    }
    let is_sendable = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
    (!value.bytes().all(is_sendable)).then(|| format!("the value of the header {name} cannot be sent"))
}

/// Whether nobody can listen on the way to an address.
fn is_private(url: &Url) -> bool {
    let mut service = url.clone();
    service.set_query(None);
    service.set_fragment(None);
    Address::parse(service.as_str()).is_ok_and(|address| address.is_private())
}

/// The address that a text is: http or https, a host, no user.
fn address(text: &str) -> Result<Url, String> {
    if has_userinfo(text) && !planted(PlantedBug::AddressUnread) {
        return Err("it names a user; a password goes into a header, as a secret".to_owned());
    }
    let url = Url::parse(text).map_err(|error| format!("{} is no address: {error}", escape(text)))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        scheme => Err(format!("`{}` is neither http nor https", escape(scheme))),
    }
}

fn expected(task: &Task<'_>) -> Result<Vec<u16>, CallError> {
    if task.maybe("expect").is_none() {
        return Ok(Vec::new());
    }
    let expect = task.map("expect")?;
    if let Some(other) = expect.keys().find(|name| *name != "status") {
        return Err(task.wrong(&format!("`expect` has no `{}`; it has `status`", escape(other))));
    }
    let status = |value: &Value| value.as_u64().and_then(|status| u16::try_from(status).ok());
    let statuses: Option<Vec<u16>> = match expect.get("status") {
        Some(Value::Array(items)) => items.iter().map(status).collect(),
        Some(one) => status(one).map(|one| vec![one]),
        None => Some(Vec::new()),
    };
    statuses.ok_or_else(|| task.wrong("`expect.status` is a list of statuses, `[200, 202]`"))
}

/// What an answer says, in the form of the outputs; texts longer than `limit` are left out.
fn told(response: &Response, limit: usize) -> Map {
    let bytes = response.body.expose();
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= limit);
    let json = text.and_then(|text| serde_json::from_str::<Value>(text).ok()).filter(|_| !bytes.is_empty());
    let mut left = limit;
    let mut headers = Map::new();
    for (name, value) in response.headers.iter().filter(|(name, _)| !name.contains("cookie")) {
        left = left.saturating_sub(name.len() + value.len());
        if left > 0 {
            headers.insert(name.clone(), value.as_str().into());
        }
    }
    let body = text.filter(|text| json.is_none() && !text.is_empty());
    Map::from_iter([
        ("status".to_owned(), response.status.into()),
        ("headers".to_owned(), Value::Object(headers)),
        ("body".to_owned(), body.into()),
        ("json".to_owned(), json.unwrap_or_default()),
        ("size".to_owned(), bytes.len().into()),
        ("sha256".to_owned(), Digest::of(bytes).to_string().into()),
    ])
}
