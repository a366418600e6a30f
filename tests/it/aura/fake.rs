//! Scripted HTTP and a simulated clock.

use crate::support::run::{block_on, yield_now};
use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use surefoot::base::{Secret, Timestamp};
use surefoot::kinds::aura::client::{Client, Config};
use surefoot::port::{Async, Clock, Http, Request, Response, TransportError};

pub(super) type Reply = Result<Response, TransportError>;

type Answer = Box<dyn FnMut(&Request) -> Reply + Send>;

/// Answers requests by a function and remembers them.
pub(super) struct Script {
    answer: Mutex<Answer>,
    pub(super) seen: Mutex<Vec<Request>>,
}

impl Script {
    pub(super) fn new(answer: impl FnMut(&Request) -> Reply + Send + 'static) -> Arc<Self> {
        Arc::new(Self { answer: Mutex::new(Box::new(answer)), seen: Mutex::default() })
    }

    /// Token requests get `token-1`, `token-2` and so on; others get these replies in turn, the last one forever.
    pub(super) fn api(replies: Vec<Reply>) -> Arc<Self> {
        let (mut tokens, mut at) = (0, 0);
        Self::new(move |request| {
            if is_token(request) {
                tokens += 1;
                return token(&format!("token-{tokens}"), 3600);
            }
            at += 1;
            replies.get(at - 1).or(replies.last()).cloned().unwrap()
        })
    }

    pub(super) fn paths(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|request| format!("{} {}", request.method.name(), request.url)).collect()
    }

    pub(super) fn count(&self, method_and_end: (&str, &str)) -> usize {
        let (method, end) = method_and_end;
        self.paths().iter().filter(|path| path.starts_with(method) && path.ends_with(end)).count()
    }
}

impl Http for Script {
    fn send(&self, request: Request) -> Async<'_, Reply> {
        Box::pin(async move {
            // Lets others run in between, as a real exchange does.
            yield_now().await;
            let reply = (self.answer.lock().unwrap())(&request);
            self.seen.lock().unwrap().push(request);
            reply
        })
    }
}

/// Time stands still until somebody waits.
#[derive(Default)]
pub(super) struct Frozen(AtomicI64);

impl Frozen {
    pub(super) fn at(text: &str) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(text.parse::<Timestamp>().unwrap().as_micros())))
    }

    pub(super) fn advance(&self, span: Duration) {
        self.0.fetch_add(i64::try_from(span.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for Frozen {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn mono_ms(&self) -> u64 {
        u64::try_from(self.0.load(Ordering::SeqCst) / 1000).unwrap()
    }

    fn sleep_until(&self, at: Timestamp) -> Async<'_, ()> {
        Box::pin(async move {
            self.0.fetch_max(at.as_micros(), Ordering::SeqCst);
        })
    }
}

pub(super) const NOW: &str = "2026-01-31T22:00:00Z";

pub(super) fn clock() -> Arc<Frozen> {
    Frozen::at(NOW)
}

pub(super) fn config() -> Config {
    Config {
        base_url: "https://api.example/".to_owned(),
        auth_url: "https://api.example/oauth/token".to_owned(),
        client_id: Secret::new("canary-client-id-0123456789".to_owned()),
        client_secret: Secret::new("canary-client-secret-0123456789".to_owned()),
        budget_per_minute: Config::BUDGET_PER_MINUTE,
    }
}

pub(super) fn client(script: &Arc<Script>, clock: &Arc<Frozen>) -> Client {
    Client::new(Arc::<Script>::clone(script), Arc::<Frozen>::clone(clock), config())
}

pub(super) fn is_token(request: &Request) -> bool {
    request.url.ends_with("/oauth/token")
}

pub(super) fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value.expose().as_str())
}

pub(super) fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Response { status, headers, body: Secret::new(body.to_vec()) }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands in lists beside transport errors")]
pub(super) fn reply(status: u16, body: &str) -> Reply {
    Ok(response(status, &[("content-type", "application/json")], body.as_bytes()))
}

pub(super) fn token(text: &str, expires_in: u64) -> Reply {
    let body = serde_json::json!({"access_token": text, "expires_in": expires_in, "token_type": "Bearer"});
    reply(200, &body.to_string())
}

pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    block_on(future)
}
