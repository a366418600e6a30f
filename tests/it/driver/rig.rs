//! A run with a log in memory, a person, and a clock that jumps to whatever is waited for.

use super::person::Person;
use crate::support::events::{START, event};
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use surefoot::adapter::age::{AgeSealer, generate_identity};
use surefoot::adapter::commands::NoCommands;
use surefoot::adapter::disk::RealDisk;
use surefoot::adapter::entropy::Os;
use surefoot::adapter::objects::{Explicit, S3};
use surefoot::adapter::progress::Silent;
use surefoot::base::{Actor, Digest, Map, Secret, Timestamp, Value};
use surefoot::driver::{DriveError, Driver, Observer, Stop, drive};
use surefoot::engine::Engine;
use surefoot::engine::call::Sealed;
use surefoot::engine::event::{Body, Event, RunOpened};
use surefoot::kinds::aura::client::{Client, Config};
use surefoot::kinds::vault::Vault;
use surefoot::kinds::{Context, Multipart, RunFacts};
use surefoot::port::{
    Async, Clock, Committed, Http, Inline, Log, Method, Poisoned, Ports, Request, Response, TransportError,
};
use surefoot::runbook::{Inputs, compile};
use surefoot::twin::{self, Scenario, World};

/// How often the world is asked before its answer is there.
const THOUGHTS: usize = 20;

/// How often the clock is asked before it jumps.
const PATIENCE: usize = 100 * THOUGHTS;

/// Time jumps to whatever is waited for, as soon as nothing else can be done.
struct Jumping(AtomicI64);

impl Clock for Jumping {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn mono_ms(&self) -> u64 {
        0
    }

    fn sleep_until(&self, at: Timestamp) -> Async<'_, ()> {
        Box::pin(async move {
            // Everything that is under way comes first.
            for _ in 0..PATIENCE {
                tokio::task::yield_now().await;
            }
            self.0.fetch_max(at.as_micros(), Ordering::SeqCst);
        })
    }
}

/// Something that happened to a batch; the names of its events.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Note {
    Committed(Vec<&'static str>),
    Told(Vec<&'static str>),
}

type Notes = Arc<Mutex<Vec<Note>>>;

fn names(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.body.name()).collect()
}

/// Looks at a batch before it is durable.
type Look = Box<dyn FnMut(&[Event]) + Send>;

/// Says of a batch whether it cannot be made durable.
type Judge = Box<dyn FnMut(&[Event]) -> bool + Send>;

pub(super) struct Memory {
    events: Vec<Event>,
    commits: usize,
    fail_at: Option<usize>,
    fails: Judge,
    rotate_after: Option<usize>,
    on_commit: Look,
    notes: Notes,
}

impl Memory {
    pub(super) fn on_commit(&mut self, watch: impl FnMut(&[Event]) + Send + 'static) {
        self.on_commit = Box::new(watch);
    }

    pub(super) fn fail_at(&mut self, commit: usize) {
        self.fail_at = Some(commit);
    }

    pub(super) fn fail_when(&mut self, fails: impl FnMut(&[Event]) -> bool + Send + 'static) {
        self.fails = Box::new(fails);
    }

    pub(super) fn rotate_after(&mut self, commits: usize) {
        self.rotate_after = Some(commits);
    }

    /// What happened, in order.
    pub(super) fn names(&self) -> Vec<&'static str> {
        names(&self.events)
    }

    pub(super) fn commits(&self) -> usize {
        self.commits
    }

    pub(super) fn holds(&self, wanted: impl Fn(&Body) -> bool) -> bool {
        self.events.iter().any(|event| wanted(&event.body))
    }

    pub(super) fn count(&self, wanted: impl Fn(&Body) -> bool) -> usize {
        self.events.iter().filter(|event| wanted(&event.body)).count()
    }

    fn keep(&mut self, events: &[Event]) {
        self.events.extend_from_slice(events);
        self.notes.lock().unwrap().push(Note::Committed(names(events)));
    }
}

impl Log for Memory {
    fn commit(&mut self, events: &[Event]) -> Result<Committed, Poisoned> {
        if self.fail_at == Some(self.commits) || (self.fails)(events) {
            return Err(Poisoned { reason: "no space left".to_owned() });
        }
        self.commits += 1;
        (self.on_commit)(events);
        self.keep(events);
        Ok(Committed::after_sync(u64::MAX))
    }

    fn rotate_if_due(&mut self) -> Result<Option<Event>, Poisoned> {
        if self.rotate_after != Some(self.commits) {
            return Ok(None);
        }
        self.rotate_after = None;
        let segment = event(Body::JournalSegment { reason: "size".to_owned(), old_sha256: Digest::ZERO });
        self.events.push(segment.clone());
        Ok(Some(segment))
    }
}

/// Notes what is told, and refuses where it should.
struct Book {
    notes: Notes,
    refuses: Box<dyn FnMut(&Body) -> bool + Send>,
}

impl Observer for Book {
    fn committed(&mut self, _: &Engine, events: &[Event]) -> Result<(), String> {
        self.notes.lock().unwrap().push(Note::Told(names(events)));
        let is_refused = events.iter().any(|event| (self.refuses)(&event.body));
        if is_refused { Err("no trail".to_owned()) } else { Ok(()) }
    }
}

/// The twin's world, which takes its time to answer, and how many looks at instances were under way at once.
pub(super) struct Wire {
    world: Mutex<World>,
    clock: Arc<Jumping>,
    now: AtomicUsize,
    most: AtomicUsize,
    /// How many requests to create have left, and how many have arrived; that takes long.
    leaving: AtomicUsize,
    created: AtomicUsize,
    /// What looks at instances are answered instead.
    instead: Mutex<Option<(u16, &'static str)>>,
}

impl Wire {
    pub(super) fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    pub(super) fn created(&self) -> usize {
        self.created.load(Ordering::SeqCst)
    }

    pub(super) fn answer_instead(&self, status: u16, body: &'static str) {
        *self.instead.lock().unwrap() = Some((status, body));
    }
}

impl Http for Wire {
    fn send(&self, request: Request) -> Async<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let path = request.url.trim_start_matches("https://twin").to_owned();
            if request.method == Method::Post && path.ends_with("/instances") {
                self.leaving.fetch_add(1, Ordering::SeqCst);
                for _ in 0..50 * THOUGHTS {
                    tokio::task::yield_now().await;
                }
                self.created.fetch_add(1, Ordering::SeqCst);
            }
            if path.contains("/instances/") {
                self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                for _ in 0..THOUGHTS {
                    tokio::task::yield_now().await;
                }
                self.now.fetch_sub(1, Ordering::SeqCst);
                if let Some((status, body)) = *self.instead.lock().unwrap() {
                    return Ok(Response { status, headers: Vec::new(), body: Secret::new(body.as_bytes().to_vec()) });
                }
            }
            let headers =
                request.headers.iter().map(|(name, value)| (name.clone().into_owned(), value.expose().clone()));
            let arrived = twin::Request {
                method: request.method.name().to_owned(),
                path,
                headers: headers.collect(),
                body: request.body.expose().clone(),
                host: None,
            };
            let reply = self.world.lock().unwrap().handle(&arrived, self.clock.now()).response;
            Ok(Response { status: reply.status, headers: reply.headers, body: Secret::new(reply.body) })
        })
    }
}

pub(super) struct Rig {
    pub(super) wire: Arc<Wire>,
    pub(super) engine: Engine,
    pub(super) log: Memory,
    pub(super) person: Arc<Person>,
    context: Context,
    clock: Arc<Jumping>,
    book: Book,
    home: tempfile::TempDir,
}

impl Rig {
    pub(super) fn new(steps: &str) -> Self {
        Self::with_head("", steps)
    }

    pub(super) fn with_head(head: &str, steps: &str) -> Self {
        Self::with_budget(head, steps, 1_000_000)
    }

    /// The same with so many requests a minute.
    pub(super) fn with_budget(head: &str, steps: &str, budget: u32) -> Self {
        let yaml = format!("runbook: test\nversion: 1.0.0\n{head}steps:\n{steps}");
        let plan =
            compile(surefoot::kinds::catalog(), "test.yaml", yaml.as_bytes(), Inputs::Given(&Map::new())).unwrap();
        let genesis = event(Body::RunOpened(RunOpened {
            run: "r1".to_owned(),
            nonce: "00112233445566778899aabbccddeeff".to_owned(),
            runbooks: vec![("test.yaml".to_owned(), plan.source_digest)],
            plan_digest: plan.digest,
            inputs: Map::new(),
            policy: Value::Null,
            state_dir: "/state".to_owned(),
            audit_dir: "/audit".to_owned(),
            twin: None,
            engine: "0.1.0".to_owned(),
            boot_clock: None,
        }));
        let mut engine = Engine::new(Arc::new(plan), surefoot::kinds::protocol);
        let admitted = engine.admit(genesis.clone()).unwrap();
        engine.apply(admitted);
        let home = tempfile::tempdir().unwrap();
        let person = Arc::new(Person::new());
        let (wire, context) = context(home.path(), Arc::clone(&person), budget);
        let notes = Notes::default();
        let log = Memory {
            events: vec![genesis],
            commits: 0,
            fail_at: None,
            fails: Box::new(|_| false),
            rotate_after: None,
            on_commit: Box::new(|_| {}),
            notes: Arc::clone(&notes),
        };
        let clock = Arc::clone(&wire.clock);
        Self { wire, engine, log, person, context, clock, book: Book { notes, refuses: Box::new(|_| false) }, home }
    }

    pub(super) fn refuse_when(&mut self, refuses: impl FnMut(&Body) -> bool + Send + 'static) {
        self.book.refuses = Box::new(refuses);
    }

    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.context.ports.clock.now()
    }

    /// Over once so many batches are durable.
    pub(super) fn after_commits(&self, commits: usize) -> Async<'static, ()> {
        let notes = Arc::clone(&self.book.notes);
        Box::pin(std::future::poll_fn(move |context| {
            context.waker().wake_by_ref();
            let count = notes.lock().unwrap().iter().filter(|note| matches!(note, Note::Committed(_))).count();
            if count >= commits { Poll::Ready(()) } else { Poll::Pending }
        }))
    }

    /// The clock is set back.
    pub(super) fn set_back(&self, secs: i64) {
        self.clock.0.fetch_sub(secs * 1_000_000, Ordering::SeqCst);
    }

    /// The process is suspended for so long once this step has looked for the first time.
    pub(super) fn suspend_after(&mut self, step: &'static str, secs: i64) {
        let (clock, mut done) = (Arc::clone(&self.clock), false);
        self.log.on_commit(move |events| {
            let is_look = |event: &Event| matches!(&event.body, Body::CallProbed { step: id, .. } if id == step);
            if !done && events.iter().any(is_look) {
                clock.0.fetch_add(secs * 1_000_000, Ordering::SeqCst);
                done = true;
            }
        });
    }

    /// So much time goes by while a request to create is in flight; what is returned is over then.
    pub(super) fn suspend_in_flight(&self, secs: i64) -> Async<'static, ()> {
        let wire = Arc::clone(&self.wire);
        Box::pin(std::future::poll_fn(move |context| {
            context.waker().wake_by_ref();
            if wire.leaving.load(Ordering::SeqCst) == 0 {
                return Poll::Pending;
            }
            wire.clock.0.fetch_add(secs * 1_000_000, Ordering::SeqCst);
            Poll::Ready(())
        }))
    }

    pub(super) fn notes(&self) -> Vec<Note> {
        self.book.notes.lock().unwrap().clone()
    }

    pub(super) fn drive(&mut self, stop: Async<'_, ()>) -> Result<Stop, DriveError> {
        let driver = Driver {
            engine: &mut self.engine,
            log: &mut self.log,
            clock: Arc::clone(&self.context.ports.clock),
            performer: &self.context,
            observers: &mut [&mut self.book],
            committed: Committed::after_sync(u64::MAX),
        };
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(drive(driver, stop))
    }

    /// What is sealed, as the key of this rig opens it.
    pub(super) fn open(&self, sealed: &Sealed) -> Value {
        let plain = self.context.ports.sealer.open(sealed).unwrap();
        serde_json::from_slice(plain.expose()).unwrap()
    }

    /// The passwords of all instances, by id.
    pub(super) fn passwords(&self) -> Vec<(String, String)> {
        let all = self.wire.world.lock().unwrap().instances_with_passwords();
        all.into_iter().map(|one| (one.id, one.password.expose().clone())).collect()
    }

    /// What the log says, taken in by an engine that has seen nothing else.
    pub(super) fn replayed(&self) -> Engine {
        let mut engine = Engine::new(Arc::clone(self.engine.plan()), surefoot::kinds::protocol);
        for event in &self.log.events {
            let admitted = engine.admit(event.clone()).unwrap();
            engine.apply(admitted);
        }
        engine
    }
}

fn world() -> World {
    World::new(7, Scenario::default(), Timestamp::from_micros(START)).unwrap()
}

/// A tenant that is there.
pub(super) fn tenant() -> String {
    world().tenant_ids().first().map(|id| (*id).to_owned()).unwrap()
}

/// An instance that is there.
pub(super) fn source() -> String {
    world().instances_with_passwords().into_iter().next().unwrap().id
}

fn context(home: &Path, operator: Arc<Person>, budget_per_minute: u32) -> (Arc<Wire>, Context) {
    let (identity, recipient) = generate_identity();
    let nowhere = Explicit {
        endpoint: "http://127.0.0.1:9".to_owned(),
        region: "none".to_owned(),
        access_key: String::new(),
        secret_key: Secret::new(String::new()),
    };
    let clock = Arc::new(Jumping(AtomicI64::new(START)));
    let world = world();
    let config = Config {
        base_url: "https://twin".to_owned(),
        auth_url: "https://twin/oauth/token".to_owned(),
        client_id: Secret::new(world.client_id().to_owned()),
        client_secret: world.client_secret(),
        budget_per_minute,
    };
    let (now, most) = (AtomicUsize::default(), AtomicUsize::default());
    let wire = Arc::new(Wire {
        world: Mutex::new(world),
        clock: Arc::clone(&clock),
        now,
        most,
        leaving: AtomicUsize::default(),
        created: AtomicUsize::default(),
        instead: Mutex::default(),
    });
    let aura = Some(Client::new(wire.clone(), clock.clone(), config));
    let ports = Ports {
        clock,
        http: wire.clone(),
        objects: Arc::new(S3::explicit(nowhere)),
        operator,
        disk: Arc::new(RealDisk),
        entropy: Arc::new(Os),
        sealer: Arc::new(AgeSealer::new(&recipient, Some(&identity)).unwrap()),
        progress: Arc::new(Silent),
        worker: Arc::new(Inline),
        commands: Arc::new(NoCommands("this test runs none")),
    };
    let run = RunFacts {
        id: "r1".to_owned(),
        dir: home.join("run"),
        cwd: home.to_path_buf(),
        plan_digest: Digest::of(b"plan").to_string(),
        actor: Actor::Engine,
    };
    (wire, Context { ports, aura, vault: Vault::new(), multipart: Multipart::default(), run, is_twin: false })
}
