//! The client: one read, or one write, at a time.

use super::body::{BODY_LIMIT, Body, CREATED_LIMIT, Created};
use super::budget::Budget;
use super::classify::{Attempt, Classified, Kind, classify};
use super::request::RequestSpec;
use super::route::Route;
use super::token::{Token, Tokens, World};
use crate::base::{Secret, Timestamp, Value};
use crate::port::{CallError, Clock, ErrorClass, Http, Method, Outcome, Request, Response, TransportError, WITHHELD};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_mins(1);
/// A write is not begun with a token that might expire on the way.
const WRITE_MARGIN: Duration = Duration::from_mins(1);

/// Where the API is and who asks.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address without a version, `https://api.neo4j.io`; a trailing `/` or `/v1` does no harm.
    pub base_url: String,
    /// The whole address of the token endpoint, `https://api.neo4j.io/oauth/token`.
    pub auth_url: String,
    /// The id of the API client.
    pub client_id: Secret<String>,
    /// Its secret.
    pub client_secret: Secret<String>,
    /// How many requests may be sent in any 60 seconds, token requests included.
    pub budget_per_minute: u32,
}

impl Config {
    /// The budget where nothing else is said; the service refuses above 125 (docs/aura-api.md, "Requests").
    pub const BUDGET_PER_MINUTE: u32 = 100;
}

/// A read that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The content of `data`.
    pub value: Value,
    /// HTTP status.
    pub status: u16,
    /// The service's own id of the request.
    pub request_id: Option<String>,
    /// The service's own clock.
    pub server_date: Option<Timestamp>,
}

/// A client of the Aura API. Clones share token and budget.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    not_after: Option<Timestamp>,
}

/// A write that is to be tried once.
struct Write<'a> {
    kind: Kind,
    request: &'a RequestSpec,
    required: &'a [&'a str],
    not_after: Option<Timestamp>,
}

struct Inner {
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    base: String,
    tokens: Tokens,
    budget: Budget,
    halted: AtomicBool,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("base", &self.inner.base).finish_non_exhaustive()
    }
}

impl Client {
    /// A client; nothing is sent before the first call.
    pub fn new(http: Arc<dyn Http>, clock: Arc<dyn Clock>, config: Config) -> Self {
        let Config { base_url, auth_url, client_id, client_secret, budget_per_minute } = config;
        let base = base_url.trim_end_matches('/');
        let base = base.strip_suffix("/v1").unwrap_or(base).trim_end_matches('/').to_owned();
        let tokens = Tokens::new(auth_url, client_id, client_secret);
        let inner = Arc::new(Inner {
            http,
            clock,
            base,
            tokens,
            budget: Budget::new(budget_per_minute),
            halted: AtomicBool::new(false),
        });
        Self { inner, not_after: None }
    }

    /// The same client, whose writes do not leave after this moment: a place in the budget or a token may take minutes
    /// to come by, and what was announced rests on looks and words that age.
    #[must_use]
    pub fn until(&self, not_after: Option<Timestamp>) -> Self {
        Self { inner: Arc::clone(&self.inner), not_after }
    }

    /// From now on no write of this client and its clones leaves: what waits for a place in the budget or for a token
    /// is not sent.
    pub fn halt(&self) {
        self.inner.halted.store(true, Ordering::SeqCst);
    }

    /// Fetches a token where there is none: whether the credentials are good.
    pub async fn authenticate(&self) -> Result<(), CallError> {
        self.inner.tokens.get(&self.inner.world(), Duration::ZERO).await.map(|_| ())
    }

    /// Reads. Tried again a few times where the outside is unavailable, and once with a fresh token where it is
    /// refused for the credentials.
    pub async fn read(&self, route: &Route) -> Result<Read, CallError> {
        let Classified { status, request_id, server_date, body, .. } = self.inner.read(Kind::Data, route).await?;
        match (status, body) {
            (Some(status), Body::Data(value)) => Ok(Read { value, status, request_id, server_date }),
            _ => Err(CallError::new(ErrorClass::Outside, "a read was answered without a body")),
        }
    }

    /// Reads for nothing but whether it can be read, in the same way.
    pub async fn see(&self, route: &Route) -> Result<(), CallError> {
        self.inner.read(Kind::Seen, route).await.map(|_| ())
    }

    /// Writes: sends once, and returns its outcome. `required` names the fields of `data` without which a success
    /// is none. Whatever cannot be prepared, a token above all, is [`Outcome::NotSent`].
    /// The body is the content of `data`: none with 204, and where it did not take place for certain.
    pub async fn write(&self, request: &RequestSpec, required: &[&str]) -> Classified<Option<Value>> {
        let write = Write { kind: Kind::Data, request, required, not_after: self.not_after };
        self.inner.write(write).await.map(|body| match body {
            Body::Data(value) => Some(value),
            Body::None | Body::Created(_) => None,
        })
    }

    /// Writes with a reply that holds a one-time password.
    pub async fn write_create(&self, request: &RequestSpec, required: &[&str]) -> Classified<Option<Created>> {
        let write = Write { kind: Kind::Create, request, required, not_after: self.not_after };
        self.inner.write(write).await.map(|body| match body {
            Body::Created(created) => Some(created),
            Body::None | Body::Data(_) => None,
        })
    }
}

impl Inner {
    fn world(&self) -> World<'_> {
        World { http: &*self.http, clock: &*self.clock, budget: &self.budget }
    }

    async fn read(&self, kind: Kind, route: &Route) -> Result<Classified, CallError> {
        let (world, request) = (self.world(), RequestSpec::new(Method::Get, route.clone()));
        let what = request.text();
        let (mut tries, mut refreshed) = (0, false);
        loop {
            tries += 1;
            let token = self.tokens.get(&world, Duration::ZERO).await?;
            self.budget.take(&*self.clock).await;
            let reply = self.http.send(self.request(&request, &token, BODY_LIMIT)).await;
            let mut classified = self.classify(kind, &what, &[], &token, reply);
            let Some(error) = classified.error.take() else { return Ok(classified) };
            if error.class == ErrorClass::Auth {
                self.tokens.forget(&token).await;
                if !refreshed {
                    refreshed = true;
                    tries -= 1;
                    continue;
                }
            }
            world.pause(tries, error).await?;
        }
    }

    async fn write(&self, write: Write<'_>) -> Classified {
        let Write { kind, request, required, not_after } = write;
        let what = request.text();
        // The place in the budget comes first: a wait for it must not age the token.
        self.budget.take(&*self.clock).await;
        let token = match self.tokens.get(&self.world(), WRITE_MARGIN).await {
            Ok(token) => token,
            Err(error) => return not_sent(error),
        };
        if self.halted.load(Ordering::SeqCst) {
            let error = CallError::new(ErrorClass::Busy, format!("{what}: the process sends nothing more"));
            return not_sent(error.with_reason(WITHHELD));
        }
        if not_after.is_some_and(|at| at < self.clock.now()) {
            return not_sent(CallError::new(ErrorClass::Busy, format!("{what}: it could not be sent in time")));
        }
        let limit = if kind == Kind::Create { CREATED_LIMIT } else { BODY_LIMIT };
        let reply = self.http.send(self.request(request, &token, limit)).await;
        let classified = self.classify(kind, &what, required, &token, reply);
        if classified.outcome == Outcome::RejectedAuth {
            self.tokens.forget(&token).await;
        }
        classified
    }

    fn request(&self, spec: &RequestSpec, token: &Token, limit: usize) -> Request {
        let effect = spec.method != Method::Get;
        let mut headers = vec![
            ("authorization".into(), Secret::new(format!("Bearer {}", token.bearer.expose()))),
            ("accept".into(), Secret::new("application/json".to_owned())),
        ];
        if effect {
            headers.push(("content-type".into(), Secret::new("application/json".to_owned())));
        }
        Request {
            method: spec.method,
            url: format!("{}{}", self.base, spec.route.text()),
            headers,
            body: Secret::new(spec.content()),
            timeout: TIMEOUT,
            body_limit: limit,
            effect,
        }
    }

    fn classify(
        &self,
        kind: Kind,
        what: &str,
        required: &[&str],
        token: &Token,
        reply: Result<Response, TransportError>,
    ) -> Classified {
        let [secret, basic, _] = self.tokens.secrets();
        let secrets = [token.bearer.expose().as_str(), secret, basic];
        classify(&Attempt { kind, what, required, secrets: &secrets, now: self.clock.now() }, reply)
    }
}

fn not_sent(error: CallError) -> Classified {
    Classified {
        outcome: Outcome::NotSent,
        status: None,
        request_id: None,
        server_date: None,
        body: Body::None,
        error: Some(error),
    }
}
