//! A context over a world that is data.

use super::store::Shelf;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use surefoot::adapter::age::{AgeSealer, generate_identity};
use surefoot::adapter::commands::NoCommands;
use surefoot::adapter::disk::RealDisk;
use surefoot::adapter::entropy::Os;
use surefoot::base::{Actor, Digest, Map, Secret, Timestamp, Value};
use surefoot::engine::call::{Call, CallError, Outcome, Reply, Sealed};
use surefoot::engine::command::{Act, Command, CommandId};
use surefoot::engine::event::Intent;
use surefoot::engine::question::{Answer, Question};
use surefoot::kinds::aura::client::{Client, Config};
use surefoot::kinds::{Context, Multipart, RunFacts, vault::Vault};
use surefoot::port::Perform as _;
use surefoot::port::{
    Async, Clock, Committed, Http, Inline, Operator, OperatorError, Ports, Progress, Request, Response, TransportError,
};
use surefoot::runbook::secret::{SecretSource, SecretVariable};
use surefoot::twin::{self, Scenario, World};

pub(super) type Exchange = Result<Response, TransportError>;
type Override = Box<dyn FnMut(&Request) -> Option<Exchange> + Send>;

/// Time stands still until somebody waits.
pub(super) struct Frozen(AtomicI64);

impl Frozen {
    pub(super) fn set(&self, at: Timestamp) {
        self.0.store(at.as_micros(), Ordering::SeqCst);
    }

    pub(super) fn advance(&self, span: Duration) {
        self.set(self.now().plus(span));
    }
}

impl Clock for Frozen {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn mono_ms(&self) -> u64 {
        u64::try_from(self.now().as_micros() / 1000).unwrap()
    }

    fn sleep_until(&self, at: Timestamp) -> Async<'_, ()> {
        self.set(self.now().max(at));
        Box::pin(std::future::ready(()))
    }
}

/// The world as HTTP; what `over` answers never reaches it.
pub(super) struct Wire {
    pub(super) world: Mutex<World>,
    pub(super) over: Mutex<Option<Override>>,
    pub(super) seen: Mutex<Vec<String>>,
    clock: Arc<Frozen>,
}

impl Http for Wire {
    fn send(&self, request: Request) -> Async<'_, Exchange> {
        Box::pin(async move {
            let rest = request.url.split_once("://").unwrap().1;
            let (host, path) = rest.split_once('/').unwrap();
            self.seen.lock().unwrap().push(format!("{} /{path}", request.method.name()));
            if let Some(over) = self.over.lock().unwrap().as_mut()
                && let Some(reply) = over(&request)
            {
                return reply;
            }
            let headers =
                request.headers.iter().map(|(name, value)| (name.clone().into_owned(), value.expose().clone()));
            let arrived = twin::Request {
                method: request.method.name().to_owned(),
                path: format!("/{path}"),
                headers: headers.collect(),
                body: request.body.expose().clone(),
                host: Some(host.to_owned()),
            };
            let reply = self.world.lock().unwrap().handle(&arrived, self.clock.now()).response;
            Ok(Response { status: reply.status, headers: reply.headers, body: Secret::new(reply.body) })
        })
    }
}

/// Answers what it is told to.
#[derive(Default)]
pub(super) struct Person(pub(super) Mutex<Option<Result<Answer, OperatorError>>>);

impl Operator for Person {
    fn ask<'a>(&'a self, _step: &'a str, _question: &'a Question) -> Async<'a, Result<Answer, OperatorError>> {
        let answer = self.0.lock().unwrap().clone();
        Box::pin(async move { answer.unwrap_or(Err(OperatorError::Absent("no terminal".to_owned()))) })
    }
}

/// Remembers how far transfers came.
#[derive(Default)]
pub(super) struct Gauge(pub(super) Mutex<Vec<(u64, u64)>>);

impl Progress for Gauge {
    fn transferred(&self, _step: &str, done: u64, total: u64) {
        self.0.lock().unwrap().push((done, total));
    }

    fn doing(&self, _step: &str, _what: &str) {}
}

pub(super) struct Setup {
    pub(super) context: Context,
    pub(super) clock: Arc<Frozen>,
    pub(super) wire: Arc<Wire>,
    pub(super) shelf: Arc<Shelf>,
    pub(super) person: Arc<Person>,
    pub(super) gauge: Arc<Gauge>,
    /// The instance to migrate, and its tenant.
    pub(super) source: String,
    pub(super) tenant: String,
    /// Later steps see what earlier ones sealed.
    pub(super) sealed: BTreeMap<String, Sealed>,
    home: tempfile::TempDir,
}

impl Setup {
    pub(super) fn new() -> Self {
        Self::with(Scenario { rate_limit: 0, ..Scenario::default() })
    }

    pub(super) fn with(scenario: Scenario) -> Self {
        let start = scenario.start();
        let world = World::new(7, scenario, start).unwrap();
        let home = tempfile::tempdir().unwrap();
        let clock = Arc::new(Frozen(AtomicI64::new(start.as_micros())));
        let tenant = world.tenant_ids().first().map(|id| (*id).to_owned()).unwrap();
        let access = world.instances_with_passwords().into_iter().next().unwrap();
        let (id, secret) = (Secret::new(world.client_id().to_owned()), world.client_secret());
        let wire = Arc::new(Wire {
            world: Mutex::new(world),
            over: Mutex::default(),
            seen: Mutex::default(),
            clock: clock.clone(),
        });
        let config = Config {
            base_url: "https://twin".to_owned(),
            auth_url: "https://twin/oauth/token".to_owned(),
            client_id: id.clone(),
            client_secret: secret.clone(),
            budget_per_minute: 1_000_000,
        };
        let (identity, recipient) = generate_identity();
        let (shelf, person, gauge) = (Arc::new(Shelf::default()), Arc::new(Person::default()), Arc::default());
        let ports = Ports {
            clock: clock.clone(),
            http: wire.clone(),
            objects: shelf.clone(),
            operator: person.clone(),
            disk: Arc::new(RealDisk),
            entropy: Arc::new(Os),
            sealer: Arc::new(AgeSealer::new(&recipient, Some(&identity)).unwrap()),
            progress: Arc::<Gauge>::clone(&gauge),
            worker: Arc::new(Inline),
            commands: Arc::new(NoCommands("this test runs none")),
        };
        let unset = [("username", "SOURCE_USER"), ("password", "SOURCE_PASSWORD")]
            .map(|(part, variable)| SecretVariable { part: part.to_owned(), variable: variable.to_owned() });
        let vault = Vault::new()
            .with("aura", Some(vec![id, secret]))
            .with("source_db", Some(vec![Secret::new(access.username), access.password]))
            .with("unset", None)
            .with_source("unset", &SecretSource::Env(unset.to_vec()));
        let run = RunFacts {
            id: "r-test".to_owned(),
            dir: home.path().join("run"),
            cwd: home.path().to_path_buf(),
            plan_digest: Digest::of(b"plan").to_string(),
            actor: Actor::Engine,
        };
        let aura = Some(Client::new(wire.clone(), clock.clone(), config));
        let context = Context { ports, aura, vault, multipart: Multipart::default(), run, is_twin: false };
        let sealed = BTreeMap::new();
        Self { context, clock, wire, shelf, person, gauge, source: access.id, tenant, sealed, home }
    }

    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file below the home directory.
    pub(super) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.home().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub(super) fn over(&self, over: impl FnMut(&Request) -> Option<Exchange> + Send + 'static) {
        *self.wire.over.lock().unwrap() = Some(Box::new(over));
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.wire.seen.lock().unwrap().drain(..).collect()
    }

    /// Performs a command of a kind; inputs that are not given have their defaults.
    pub(super) fn act(&self, name: &str, act: Act, with: Value, input: Value) -> Reply {
        let committed = matches!(act, Act::Send(_)).then(|| Committed::after_sync(1));
        self.act_with(name, act, with, input, committed.as_ref())
    }

    pub(super) fn act_with(
        &self,
        name: &str,
        act: Act,
        with: Value,
        input: Value,
        committed: Option<&Committed>,
    ) -> Reply {
        let kind = surefoot::kinds::find(name).unwrap();
        let Value::Object(given) = with else { panic!("inputs are a map") };
        let mut rendered = Map::new();
        for field in kind.inputs {
            let default = field.default.map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
            rendered.insert(field.name.to_owned(), given.get(field.name).cloned().unwrap_or(default));
        }
        assert!(given.keys().all(|key| kind.input(key).is_some()), "{given:?} are not inputs of {name}");
        let call = match &act {
            Act::Read(call) | Act::Prepare(call) => *call,
            Act::Send(intent) => intent.call,
            Act::Check | Act::Deliver { .. } | Act::Ask(_) => Call::Read,
        };
        let command = Command {
            id: CommandId { step: 0, call, attempt: 1, serial: 0 },
            not_before: Timestamp::default(),
            step: "the_step".to_owned(),
            kind,
            act,
            announced: Some(0),
            with: Arc::new(rendered),
            input,
            sealed: Arc::new(self.sealed.clone()),
        };
        wait(self.context.perform(&command, committed))
    }

    pub(super) fn read(&self, kind: &str, call: Call, with: Value, input: Value) -> Reply {
        self.act(kind, Act::Read(call), with, input)
    }

    /// Prepares an effect and sends it, as the engine does.
    pub(super) fn effect(&self, kind: &str, call: Call, with: Value, input: Value) -> Reply {
        match self.act(kind, Act::Prepare(call), with.clone(), input.clone()) {
            Reply::Prepared { target, request, request_digest, guard, sealed } => {
                let intent = Intent {
                    step: "the_step".to_owned(),
                    call,
                    attempt: 1,
                    target,
                    request,
                    request_digest,
                    guard,
                    evidence: Vec::new(),
                    input,
                    deadline: None,
                    sealed,
                };
                self.act(kind, Act::Send(Box::new(intent)), with, Value::Null)
            }
            other => other,
        }
    }
}

/// Runs a future to its end.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub(super) fn found(reply: Reply) -> Value {
    match reply {
        Reply::Found(value) => value,
        other => panic!("not found: {other:?}"),
    }
}

pub(super) fn done(reply: Reply) -> Map {
    match reply {
        Reply::Done { output, .. } => output,
        other => panic!("not done: {other:?}"),
    }
}

pub(super) fn failure(reply: Reply) -> CallError {
    match reply {
        Reply::Failed(error)
        | Reply::Settled { error: Some(error), .. }
        | Reply::Checked { error: Some(error), .. } => error,
        other => panic!("no failure: {other:?}"),
    }
}

/// Outcome and output of an effect.
pub(super) fn settled(reply: Reply) -> (Outcome, Value) {
    match reply {
        Reply::Settled { outcome, output, .. } => (outcome, output),
        other => panic!("not settled: {other:?}"),
    }
}

/// Whether every declared output of the kind stands in it, and no other.
#[track_caller]
pub(super) fn assert_declared(kind: &str, output: &Map) {
    let declared: Vec<&str> = surefoot::kinds::find(kind).unwrap().outputs.iter().map(|field| field.name).collect();
    for field in surefoot::kinds::find(kind).unwrap().outputs {
        let value = output.get(field.name).unwrap_or_else(|| panic!("{} is missing", field.name));
        assert!(!field.required || !value.is_null(), "{} is null", field.name);
    }
    assert!(output.keys().all(|key| declared.contains(&key.as_str())), "{output:?} has more than {declared:?}");
}

/// What the API answers instead of the twin.
pub(super) fn reply(status: u16, body: &Value) -> Option<Result<Response, TransportError>> {
    Some(Ok(Response { status, headers: Vec::new(), body: Secret::new(body.to_string().into_bytes()) }))
}
