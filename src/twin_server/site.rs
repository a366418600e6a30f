//! What all connections share: the world, the object store, their logs, the clock.

use super::append_log::AppendLog;
use super::shelf::Shelf;
use super::{Clock, Error, TwinServerOptions};
use crate::base::{Digest, Secret, Timestamp};
use crate::twin::objects::{Blobs, BucketSpec, Change, MemoryBlobs, Refusal, Store};
use crate::twin::{self, FaultSpec, Problem, World};
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The connection is to be closed without a further byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the connection is closed without a reply")]
pub(super) struct Disconnect;

/// A write to the object store that did not happen.
pub(super) enum Denied {
    /// The store refuses it.
    Refused(Refusal),
    /// The stand takes no writes any more.
    Halted,
}

/// The request behind a write to the object store, for the ledger.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) target: String,
    pub(super) request_id: String,
    pub(super) status: u16,
}

/// The keys of the object store.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) access: String,
    pub(super) secret: Secret<String>,
}

pub(super) struct Site {
    state: Mutex<State>,
    clock: Clock,
    blobs: Arc<dyn Blobs>,
    keys: Keys,
    home: String,
    seed: u64,
    requests: AtomicU64,
}

struct State {
    world: World,
    world_log: AppendLog,
    store: Store,
    objects_log: AppendLog,
    /// Set when a log could not be written, or the stand was stopped: nothing is answered any more, because the reply
    /// could tell of a write that no restart would know.
    halted: bool,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("clock", &self.clock).finish_non_exhaustive()
    }
}

impl Site {
    /// Makes the world anew, or as the logs in the directory left it.
    pub(super) fn open(options: TwinServerOptions) -> Result<Self, Error> {
        let TwinServerOptions { dir, speed, seed, scenario, resume_at, .. } = options;
        let (buckets, home) = buckets(&scenario);
        let (world_log, world_text) = open_log(dir.as_deref(), "world.jsonl")?;
        let (objects_log, objects_text) = open_log(dir.as_deref(), "objects.jsonl")?;
        let start = scenario.start();
        let world = World::replay(seed, scenario, start, world_text.lines())?;
        let mut store = Store::new(seed, &home, &buckets);
        for (index, line) in objects_text.lines().enumerate() {
            let change: Change =
                serde_json::from_str(line).map_err(|source| Error::Objects { line: index + 1, source })?;
            // The files that a change frees are removed with all others that nothing refers to.
            drop(store.apply(&change));
        }
        let blobs: Arc<dyn Blobs> = match dir.map(|dir| dir.join("blobs")) {
            Some(path) => match Shelf::open(&path, &store.blobs()) {
                Ok(shelf) => Arc::new(shelf),
                Err(source) => return Err(Error::Dir { path, source }),
            },
            None => Arc::new(MemoryBlobs::new()),
        };
        let now = world.latest().max(resume_at.unwrap_or(start));
        Ok(Self {
            state: Mutex::new(State { world, world_log, store, objects_log, halted: false }),
            clock: Clock::new(now, speed),
            blobs,
            keys: keys(seed),
            home,
            seed,
            requests: AtomicU64::new(0),
        })
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn blobs(&self) -> &Arc<dyn Blobs> {
        &self.blobs
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The region that the S3 endpoint stands in.
    pub(super) fn home(&self) -> &str {
        &self.home
    }

    /// Takes no further write and answers nothing.
    pub(super) fn halt(&self) {
        self.state().halted = true;
    }

    pub(super) fn is_halted(&self) -> bool {
        self.state().halted
    }

    /// An id for a request to the object store.
    pub(super) fn request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let digest = Digest::of(format!("{}/{}/{number}", self.seed, self.clock.now()).as_bytes());
        digest.to_string().to_uppercase().chars().take(16).collect()
    }

    /// The fault that strikes this request, if any.
    pub(super) fn fault_for<B>(&self, request: &Request<B>) -> Option<FaultSpec> {
        self.state().world.fault_for(&bare(request))
    }

    /// Lets the world answer; what it accepts stands in the log before this returns.
    pub(super) fn handle(&self, request: &twin::Request) -> Result<twin::Response, Disconnect> {
        let mut state = self.state();
        let handled = state.world.handle(request, self.clock.now());
        state.log(handled.log.iter().map(String::as_str))?;
        Ok(handled.response)
    }

    /// Reads from the world, or lets it do what is not a request.
    pub(super) fn with_world<T>(&self, act: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        act(&mut self.state().world, self.clock.now())
    }

    /// Notes in the log that time was advanced.
    pub(super) fn note_time(&self, now: Timestamp) -> Result<(), Disconnect> {
        let mut state = self.state();
        let line = state.world.note_time(now);
        state.log([line.as_str()])
    }

    /// What a person would download as the export of a snapshot.
    pub(super) fn export(&self, id: &str, snapshot_id: &str) -> Result<twin::Export, Problem> {
        self.with_world(|world, now| world.export(id, snapshot_id, now))
    }

    /// Reads from the object store.
    pub(super) fn with_store<T>(&self, read: impl FnOnce(&Store) -> T) -> T {
        read(&self.state().store)
    }

    /// Decides about a write to the object store, logs it and takes it in, at one moment.
    pub(super) fn write_object(
        &self,
        origin: &Origin,
        decide: impl FnOnce(&Store, Timestamp) -> Result<Change, Refusal>,
    ) -> Result<Change, Denied> {
        let mut state = self.state();
        let now = self.clock.now();
        let change = decide(&state.store, now).map_err(Denied::Refused)?;
        let freed = state.take(&change, origin, now).map_err(|Disconnect| Denied::Halted)?;
        drop(state);
        for blob in freed {
            // A blob that stays is removed by the next start, which knows what is in use.
            drop(self.blobs.remove(&blob));
        }
        Ok(change)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn log<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> Result<(), Disconnect> {
        if self.halted {
            return Err(Disconnect);
        }
        self.world_log.append(lines).map_err(|_| self.halted = true).map_err(|()| Disconnect)
    }

    fn take(
        &mut self,
        change: &Change,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<Vec<twin::objects::BlobId>, Disconnect> {
        if self.halted {
            return Err(Disconnect);
        }
        let line = serde_json::to_string(change).unwrap_or_default();
        self.objects_log.append([line.as_str()]).map_err(|_| self.halted = true).map_err(|()| Disconnect)?;
        let freed = self.store.apply(change);
        let Origin { method, path, target, request_id, status } = origin;
        let line = self.world.record_external(method, path, target, request_id, *status, now);
        self.log([line.as_str()])?;
        Ok(freed)
    }
}

/// A response of the world as the server sends it.
pub(super) fn reply(response: twin::Response) -> Result<Response<Body>, Disconnect> {
    let mut built = Response::builder().status(StatusCode::from_u16(response.status).map_err(|_| Disconnect)?);
    for (name, value) in &response.headers {
        built = built.header(name, value);
    }
    built.body(Body::from(response.body)).map_err(|_| Disconnect)
}

/// A request as the world sees it, without its body.
pub(super) fn bare<B>(request: &Request<B>) -> twin::Request {
    let headers = request.headers();
    twin::Request {
        method: request.method().as_str().to_owned(),
        path: request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
        headers: headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
        body: Vec::new(),
        host: headers.get("host").and_then(|host| host.to_str().ok()).map(str::to_owned),
    }
}

/// The log of this name, and what stands in it.
#[expect(clippy::disallowed_methods, reason = "the stand's directory is its own")]
fn open_log(dir: Option<&Path>, name: &str) -> Result<(AppendLog, String), Error> {
    let Some(dir) = dir else { return Ok((AppendLog::nowhere(), String::new())) };
    std::fs::create_dir_all(dir).map_err(|source| Error::Dir { path: dir.to_owned(), source })?;
    AppendLog::open(&dir.join(name))
}

/// The buckets of a scenario, with the one that the ready line proposes, and the region of that one.
fn buckets(scenario: &twin::Scenario) -> (Vec<BucketSpec>, String) {
    let mut buckets = scenario.buckets.clone();
    if !buckets.iter().any(|bucket| bucket.name == scenario.bucket) {
        buckets.push(BucketSpec::new(&scenario.bucket, "eu-west-1"));
    }
    let home = buckets.iter().find(|bucket| bucket.name == scenario.bucket);
    let home = home.map(|bucket| bucket.region.clone()).unwrap_or_default();
    (buckets, home)
}

fn keys(seed: u64) -> Keys {
    let digest = |what: &str| Digest::of(format!("{seed}/s3/{what}").as_bytes()).to_string();
    Keys {
        access: format!("AKIA{}", digest("access").to_uppercase().chars().take(16).collect::<String>()),
        secret: Secret::new(digest("secret").chars().take(40).collect()),
    }
}
