//! The bearer token: fetched once for everybody, kept in memory, refreshed early (docs/aura-api.md, "Authentication").

use super::body::{SecretText, parse};
use super::budget::Budget;
use super::error::{Refusal, redact, refusal};
use super::{error, remedy};
use crate::base::{PlantedBug, Secret, Timestamp, planted};
use crate::port::{CallError, Clock, ErrorClass, Http, Method, Request, Response, TransportError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::lock::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use zeroize::Zeroizing;

const WHAT: &str = "POST token request";
const TIMEOUT: Duration = Duration::from_secs(30);
const REPLY_LIMIT: usize = 64 << 10;
/// A token is replaced when this share of its life is over.
const REFRESH_PERCENT: u32 = 80;

/// A token with what is needed to know its age.
pub(super) struct Token {
    pub(super) bearer: Secret<String>,
    serial: u64,
    fetched: Timestamp,
    fetched_mono_ms: u64,
    lifetime: Duration,
}

impl Token {
    /// Whether it is young enough and lives for at least `margin` more. Both clocks count: one stands still while the
    /// machine sleeps, the other may be set back.
    fn serves(&self, clock: &dyn Clock, margin: Duration) -> bool {
        if planted(PlantedBug::TokenForEver) {
            return true;
        }
        let ticked = Duration::from_millis(clock.mono_ms().saturating_sub(self.fetched_mono_ms));
        let age = clock.now().since(self.fetched).max(ticked);
        age < self.lifetime / 100 * REFRESH_PERCENT && age.saturating_add(margin) <= self.lifetime
    }
}

/// Where tokens come from. At most one request is under way; who comes meanwhile shares its result.
pub(super) struct Tokens {
    auth_url: String,
    client_id: Secret<String>,
    client_secret: Secret<String>,
    /// Both as they go into the header.
    basic: Secret<String>,
    state: Mutex<State>,
    flights: AtomicU64,
}

#[derive(Default)]
struct State {
    token: Option<Arc<Token>>,
    failed: Option<CallError>,
}

impl Tokens {
    pub(super) fn new(auth_url: String, client_id: Secret<String>, client_secret: Secret<String>) -> Self {
        let flights = AtomicU64::new(0);
        let pair = Zeroizing::new(format!("{}:{}", client_id.expose(), client_secret.expose()));
        let basic = Secret::new(STANDARD.encode(pair.as_bytes()));
        Self { auth_url, client_id, client_secret, basic, state: Mutex::default(), flights }
    }

    /// Texts that no message may repeat.
    pub(super) fn secrets(&self) -> [&str; 3] {
        [self.client_secret.expose(), self.basic.expose(), self.client_id.expose()]
    }

    /// A token that lives for at least `margin` more, or a new one.
    pub(super) async fn get(&self, world: &World<'_>, margin: Duration) -> Result<Arc<Token>, CallError> {
        let seen = self.flights.load(Ordering::SeqCst);
        let mut state = self.state.lock().await;
        if let Some(token) = state.token.as_ref().filter(|token| token.serves(world.clock, margin)) {
            return Ok(Arc::clone(token));
        }
        let flown = self.flights.load(Ordering::SeqCst);
        if let (true, Some(error)) = (flown != seen, &state.failed) {
            return Err(error.clone());
        }
        let fetched = self.fetch(world, flown).await;
        self.flights.fetch_add(1, Ordering::SeqCst);
        state.token = fetched.as_ref().ok().map(Arc::clone);
        state.failed = fetched.as_ref().err().cloned();
        fetched
    }

    /// Forgets a token that was refused, unless a newer one has taken its place.
    pub(super) async fn forget(&self, refused: &Token) {
        let mut state = self.state.lock().await;
        let is_kept = planted(PlantedBug::TokenForEver);
        if !is_kept && state.token.as_ref().is_some_and(|token| token.serial == refused.serial) {
            state.token = None;
        }
    }

    async fn fetch(&self, world: &World<'_>, serial: u64) -> Result<Arc<Token>, CallError> {
        if self.client_id.expose().is_empty() || self.client_secret.expose().is_empty() {
            let error = CallError::new(ErrorClass::Auth, "there are no credentials for the Aura API");
            return Err(error.with_remedy("set AURA_CLIENT_ID and AURA_CLIENT_SECRET"));
        }
        let mut tries = 0;
        loop {
            tries += 1;
            world.budget.take(world.clock).await;
            // The age counts from before the request: the service's own count began later, never earlier.
            let (fetched, fetched_mono_ms) = (world.clock.now(), world.clock.mono_ms());
            let reply = world.http.send(self.request()).await;
            match self.read(reply, world.clock.now()) {
                Ok((bearer, lifetime)) => {
                    return Ok(Arc::new(Token { bearer, serial, fetched, fetched_mono_ms, lifetime }));
                }
                Err(error) => world.pause(tries, error).await?,
            }
        }
    }

    fn request(&self) -> Request {
        Request {
            method: Method::Post,
            url: self.auth_url.clone(),
            headers: vec![
                ("authorization".into(), Secret::new(format!("Basic {}", self.basic.expose()))),
                ("content-type".into(), Secret::new("application/x-www-form-urlencoded".to_owned())),
                ("accept".into(), Secret::new("application/json".to_owned())),
            ],
            body: Secret::new(b"grant_type=client_credentials".to_vec()),
            timeout: TIMEOUT,
            body_limit: REPLY_LIMIT,
            effect: false,
        }
    }

    fn read(
        &self,
        reply: Result<Response, TransportError>,
        now: Timestamp,
    ) -> Result<(Secret<String>, Duration), CallError> {
        let secrets = self.secrets();
        let outside = |why: &str| CallError::new(ErrorClass::Outside, format!("{WHAT}: {why}"));
        let response = reply.map_err(|error| outside(&error::cut(&redact(&error.to_string(), &secrets))))?;
        if response.status == 200 {
            let grant: Grant = parse(response.body.expose(), REPLY_LIMIT)
                .map_err(|why| outside(&format!("the reply is no token: {why}")).with_remedy(remedy::AUTH_URL))?;
            if !grant.token_type.eq_ignore_ascii_case("bearer") || !grant.usable() {
                return Err(outside("the reply is no bearer token").with_remedy(remedy::AUTH_URL));
            }
            return Ok((grant.access_token.0, Duration::from_secs(grant.expires_in)));
        }
        let Refusal { mut error, .. } = refusal(WHAT, &response, &secrets, now);
        match response.status {
            400 | 401 | 403 => {
                error.class = ErrorClass::Auth;
                remedy::CREDENTIALS.clone_into(&mut error.remedy);
            }
            300..=399 | 404 | 405 | 410 => {
                error.class = ErrorClass::Invalid;
                remedy::AUTH_URL.clone_into(&mut error.remedy);
            }
            _ => {}
        }
        Err(error)
    }
}

#[derive(serde::Deserialize)]
struct Grant {
    access_token: SecretText,
    expires_in: u64,
    token_type: String,
}

impl Grant {
    /// A token goes into a header; one that cannot stand there would fail every request without a word why.
    fn usable(&self) -> bool {
        let text = self.access_token.0.expose();
        self.expires_in > 0 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

/// What requests are sent with.
pub(super) struct World<'a> {
    pub(super) http: &'a dyn Http,
    pub(super) clock: &'a dyn Clock,
    pub(super) budget: &'a Budget,
}

/// A read or token request is sent at most so often; the engine tries again above it.
const TRIES: u32 = 4;
/// Longer waits are left to the engine, which makes them durable.
const PAUSE_LIMIT: Duration = Duration::from_secs(30);

impl World<'_> {
    /// Waits before the next of a few tries, or gives the error back where another try is not for us.
    pub(super) async fn pause(&self, tries: u32, error: CallError) -> Result<(), CallError> {
        let wait = error.retry_after.unwrap_or(Duration::from_secs(1 << tries.saturating_sub(1).min(4)));
        if error.class != ErrorClass::Outside || tries >= TRIES || wait > PAUSE_LIMIT {
            return Err(error);
        }
        self.clock.sleep_until(self.clock.now().plus(wait)).await;
        Ok(())
    }
}
