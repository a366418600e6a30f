//! The clock of a run against a twin: the twin's own.

use super::failure::{Failure, FailureKind};
use crate::adapter::clock::ScaledClock;
use crate::adapter::http::{Options, ReqwestHttp};
use crate::base::{Moment, Secret, Timestamp, Value};
use crate::port::{Async, Clock, Http, Method, Request, TransportError};
use crate::twin_server::{self, Ready};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The clock of a twin in this process.
#[derive(Clone, Debug)]
pub(super) struct TwinClock {
    clock: twin_server::Clock,
}

impl TwinClock {
    pub(super) fn new(clock: twin_server::Clock) -> Self {
        Self { clock }
    }
}

impl Clock for TwinClock {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn mono_ms(&self) -> u64 {
        Moment::from(self.now()).mono_ms
    }

    fn sleep_until(&self, at: Timestamp) -> Async<'_, ()> {
        Box::pin(self.clock.until(at))
    }
}

/// How often the clock of a twin in another process is asked, in real time.
const EVERY: Duration = Duration::from_millis(250);
/// How long it may take to answer, in real time.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a wait may last before the clock is looked at again, in real time.
const SLICE: Duration = Duration::from_millis(50);

/// The clock of a twin in another process: it runs at the same speed, and follows when somebody advances it there.
#[derive(Clone, Debug)]
pub(super) struct RemoteClock {
    scaled: ScaledClock,
    speed: f64,
    /// How far the twin has been advanced since, in microseconds of simulated time.
    ahead: Arc<AtomicI64>,
}

impl RemoteClock {
    /// Asks the twin for its time, and goes on asking as long as this process lives.
    pub(super) async fn follow(http: Arc<dyn Http>, base_url: &str, speed: f64) -> Result<Self, TransportError> {
        let url = url(base_url);
        let now = ask(http.as_ref(), &url).await?;
        let clock = Self { scaled: ScaledClock::new(speed, now), speed, ahead: Arc::default() };
        let follower = clock.clone();
        tokio::spawn(async move {
            loop {
                real_sleep(EVERY).await;
                if let Ok(theirs) = ask(http.as_ref(), &url).await {
                    let ahead = theirs.as_micros() - follower.scaled.now().as_micros();
                    follower.ahead.fetch_max(ahead, Ordering::Relaxed);
                }
            }
        });
        Ok(clock)
    }
}

impl Clock for RemoteClock {
    fn now(&self) -> Timestamp {
        let ahead = u64::try_from(self.ahead.load(Ordering::Relaxed)).unwrap_or_default();
        self.scaled.now().plus(Duration::from_micros(ahead))
    }

    fn mono_ms(&self) -> u64 {
        Moment::from(self.now()).mono_ms
    }

    fn sleep_until(&self, at: Timestamp) -> Async<'_, ()> {
        Box::pin(async move {
            loop {
                let left = at.since(self.now());
                if left.is_zero() {
                    return;
                }
                let real = Duration::try_from_secs_f64(left.as_secs_f64() / self.speed).unwrap_or(SLICE);
                real_sleep(real.min(SLICE)).await;
            }
        })
    }
}

/// The time of a twin in another process, asked once; also for commands that need no runtime of their own.
pub(super) fn remote_now(ready: &Ready) -> Result<Timestamp, Failure> {
    let asked = std::thread::scope(|scope| {
        scope.spawn(|| asked_once(&ready.base_url)).join().unwrap_or_else(|_| Err("the thread that asks ended".into()))
    });
    asked.map_err(|error| silent(ready, error.as_ref()))
}

fn asked_once(base_url: &str) -> Result<Timestamp, Box<dyn Error + Send + Sync>> {
    let http = ReqwestHttp::new(Options::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(ask(&http, &url(base_url)))?)
}

/// A twin in another process that does not tell the time.
pub(super) fn silent(ready: &Ready, error: &(dyn Error + 'static)) -> Failure {
    Failure::new(FailureKind::Outside, format!("the twin at {} does not answer", ready.base_url))
        .because(error)
        .hint("start it again with the same directory, then repeat this")
}

fn url(base_url: &str) -> String {
    format!("{base_url}/_twin/clock")
}

async fn ask(http: &dyn Http, url: &str) -> Result<Timestamp, TransportError> {
    let request = Request {
        method: Method::Get,
        url: url.to_owned(),
        headers: Vec::new(),
        body: Secret::new(Vec::new()),
        timeout: PATIENCE,
        body_limit: 4096,
        effect: false,
    };
    let response = http.send(request).await?;
    let value: Value = serde_json::from_slice(response.body.expose()).unwrap_or_default();
    let now = value.get("now").and_then(Value::as_str).and_then(|text| text.parse().ok());
    now.ok_or_else(|| TransportError::Maybe(format!("{url} does not tell a time")))
}

#[expect(clippy::disallowed_methods, reason = "the simulated clock is told by real time passing")]
async fn real_sleep(span: Duration) {
    tokio::time::sleep(span).await;
}
