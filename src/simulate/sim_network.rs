//! HTTP over a world that is data.

use super::disk::SimDisk;
use super::fault::{Fault, Port};
use super::fault_injector::{FaultInjector, Passage};
use super::rng::{Rng, Roll};
use super::sim_world::{SimWorld, WorldEvent};
use super::time::Time;
use super::write_ahead_oracle::{Leaving, Segments};
use crate::base::Secret;
use crate::port::{Async, Http, Request, Response, TransportError};
use crate::twin;
use futures_util::future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often, in millionths, an effect is in doubt because nothing can be seen any more.
const HIDDEN: u64 = 300_000;

type Exchange = Result<Response, TransportError>;

/// The wire between the process and the world.
pub(super) struct SimNetwork {
    pub(super) sim: Arc<Mutex<SimWorld>>,
    pub(super) time: Arc<Time>,
    pub(super) injector: Arc<FaultInjector>,
    pub(super) disk: SimDisk,
    pub(super) rng: Rng,
    /// Where the journal is, to see whether an effect was announced.
    pub(super) run_dir: PathBuf,
}

impl SimNetwork {
    fn sim(&self) -> MutexGuard<'_, SimWorld> {
        self.sim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything of the journal that a power loss now would leave, segment by segment.
    pub(super) fn with_durable_journal<T>(disk: &SimDisk, run_dir: &Path, look: impl FnOnce(Segments<'_>) -> T) -> T {
        let is_segment = |path: &Path| path.extension().is_some_and(|extension| extension == "jsonl");
        disk.with_durable(run_dir, |files| {
            look(&mut files.filter(|(path, _)| is_segment(path)).map(|(_, bytes)| bytes))
        })
    }

    /// Somebody takes access away in the same moment, for a while.
    fn hide(&self, way: &mut Roll) {
        if way.happens(HIDDEN) {
            let until = self.time.world().plus(Duration::from_secs(way.between(120, 900)));
            self.sim().hide(self.time.world(), until);
        }
    }

    /// A request leaves: an effect must have been announced. The fault that the scenario has for it.
    fn leave(
        &self,
        request: &Request,
        arrived: &twin::Request,
        what: &str,
        is_service: bool,
    ) -> Option<twin::FaultSpec> {
        let mut sim = self.sim();
        if request.effect {
            let password = sim.overhear(arrived);
            let leaving = if is_service {
                Leaving::to_service(what)
            } else {
                Leaving::over_http(what, arrived, password.as_deref())
            };
            Self::with_durable_journal(&self.disk, &self.run_dir, |segments| sim.witness(&leaving, segments));
        }
        sim.fault_for(arrived)
    }

    /// What the scenario lacks to answer a request, where it lacks something. A read of what a service does not have is
    /// answered with 404, as is an effect where nobody asks for more.
    fn unanswered(&self, request: &Request, arrived: &twin::Request, is_service: bool, host: &str) -> Option<String> {
        let mut sim = self.sim();
        let line = format!("{} {}", arrived.method, arrived.route());
        let missing = if !is_service && !is_own(host) {
            format!("the scenario names no service {host}; add it under `services`")
        } else if sim.is_strict && is_service && request.effect && !sim.world.has_route(host, &line) {
            format!("the service {host} of the scenario has no route `{line}`; add it under `routes`")
        } else {
            return None;
        };
        sim.unanswered.insert(missing.clone());
        Some(missing)
    }

    async fn exchange(&self, request: Request, passage: &Passage) -> Exchange {
        let arrived = arrived(&request);
        let host = arrived.host.clone().unwrap_or_default();
        let is_service = self.sim().world.has_service(&host);
        if let Some(missing) = self.unanswered(&request, &arrived, is_service, &host) {
            return Err(TransportError::NotSent(missing));
        }
        // The announcement of a request to a service tells its whole address.
        let what = format!("{} {}", arrived.method, if is_service { &request.url } else { arrived.route() });
        let mut way = self.rng.roll("way", self.injector.calls());
        let there = Duration::from_millis(way.between(5, 300));
        let back = Duration::from_millis(way.between(5, 500));
        let scripted = self.leave(&request, &arrived, &what, is_service);
        let fault = scripted.as_ref().map(Fault::of);
        if let Some(fault) = fault {
            self.injector.note(passage, what.clone(), fault);
        }
        let scripted = scripted.or_else(|| passage.spec.clone());
        let fault = fault.or(passage.fault);
        self.time.pass(there).await;
        let silent = |why: &str| Err(TransportError::Maybe(format!("{what}: {why}")));
        match fault {
            Some(Fault::ClockJumps(secs)) => self.time.jump(Duration::from_secs(secs)),
            Some(Fault::ClockSetBack(secs)) => self.time.set_back(Duration::from_secs(secs)),
            Some(Fault::Refused) => return Err(TransportError::NotSent(format!("{what}: connection refused"))),
            Some(Fault::Lost) => {
                if arrived.method == "DELETE" {
                    self.hide(&mut way);
                }
                self.time.pass(request.timeout).await;
                return silent("no answer in time");
            }
            Some(Fault::Late(secs)) => {
                let after = Duration::from_secs(secs);
                self.sim().plan(self.time.world().plus(after), WorldEvent::Arrival(arrived, after));
                self.time.pass(back).await;
                return silent("connection reset");
            }
            Some(Fault::Slow(secs)) => self.time.pass(Duration::from_secs(secs)).await,
            Some(Fault::Status(status, retry_after)) => {
                self.time.pass(back).await;
                let answer = match scripted {
                    Some(scripted) => received(scripted.response()),
                    None => disturbed(status, retry_after, &mut way),
                };
                return read(&what, answer, request.body_limit);
            }
            _ => {}
        }
        let response = self.sim().execute(&arrived, self.time.world());
        if fault == Some(Fault::Unanswered) && what == "POST /v1/instances" {
            self.hide(&mut way);
        }
        self.time.pass(back).await;
        match fault {
            Some(Fault::Unanswered) => silent("connection reset by peer"),
            Some(Fault::Huge) => silent("the body is too long"),
            Some(Fault::Cut(keep)) if keep < response.body.len() as u64 => silent("the body ended early"),
            Some(Fault::Failed(status)) => Ok(disturbed(status, None, &mut way)),
            Some(Fault::Garbled) => Ok(garbled(&response, &mut way)),
            _ => read(&what, received(response), request.body_limit),
        }
    }
}

impl Http for SimNetwork {
    fn send(&self, request: Request) -> Async<'_, Exchange> {
        Box::pin(async move {
            let line = || format!("{} {}", request.method.name(), path(&request.url));
            let port = if request.effect { Port::Effect } else { Port::Http };
            let Ok(passage) = self.injector.enter(port, line) else { return future::pending().await };
            let exchange = self.exchange(request, &passage).await;
            match self.injector.leave(&passage) {
                Ok(()) => exchange,
                Err(_) => future::pending().await,
            }
        })
    }
}

/// Whether this is a host of the world whatever the scenario says: the API, or a database.
fn is_own(host: &str) -> bool {
    host == "twin" || host.ends_with(".databases.neo4j.io")
}

fn split(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or((rest, "/"), |at| rest.split_at(at))
}

fn path(url: &str) -> &str {
    split(url).1
}

fn arrived(request: &Request) -> twin::Request {
    let (host, path) = split(&request.url);
    let headers = request.headers.iter().map(|(name, value)| (name.clone().into_owned(), value.expose().clone()));
    twin::Request {
        method: request.method.name().to_owned(),
        path: path.to_owned(),
        headers: headers.collect(),
        body: request.body.expose().clone(),
        host: Some(host.to_owned()),
    }
}

fn received(response: twin::Response) -> Response {
    Response { status: response.status, headers: response.headers, body: Secret::new(response.body) }
}

/// What the process makes of a response that it reads up to a limit.
fn read(what: &str, response: Response, limit: usize) -> Exchange {
    if response.body.expose().len() > limit {
        return Err(TransportError::Maybe(format!("{what}: the body is longer than {limit} bytes")));
    }
    Ok(response)
}

/// What somebody between us and the API answers: mostly as the API would, sometimes with a page, or with nothing.
fn disturbed(status: u16, retry_after: Option<u64>, way: &mut Roll) -> Response {
    let json = serde_json::json!({"errors": [{"message": "try again later", "reason": "disturbed"}]}).to_string();
    let bodies = [("application/json", &*json), ("text/html", PAGE), ("text/plain", "")];
    let (kind, body) = way.pick(bodies[0], &[bodies[0], bodies[1], bodies[2]]);
    let mut headers = vec![("content-type".to_owned(), kind.to_owned())];
    headers.extend(retry_after.map(|secs| ("retry-after".to_owned(), secs.to_string())));
    Response { status, headers, body: Secret::new(body.as_bytes().to_vec()) }
}

const PAGE: &str = "<html><body>It works!</body></html>";

/// Something else than what the API answers, under its status: a page, half of the document, or one without what must
/// stand in it.
fn garbled(response: &twin::Response, way: &mut Roll) -> Response {
    let half = response.body.get(..response.body.len() / 2).unwrap_or_default();
    let bodies = [PAGE.as_bytes(), half, br#"{"data":{}}"#, br#"{"data":{"id":7,"status":[],"password":null}}"#];
    let body = way.pick(bodies[0], &bodies[1..]);
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Response { status: response.status, headers, body: Secret::new(body.to_vec()) }
}
