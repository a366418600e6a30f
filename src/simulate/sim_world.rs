//! The outside world of a trial: what no process takes with it when it dies.

use super::condition::Condition;
use super::machine::{CommandScript, SimMachine};
use super::rng::Rng;
use super::sim_answer::{not_found, seen};
use super::write_ahead_oracle::{Leaving, Segments, WriteAheadOracle};
use crate::base::{Secret, Timestamp, Value};
use crate::twin::objects::{BucketSpec, MemoryBlobs, Store};
use crate::twin::{FaultSpec, LedgerEntry, Request, Response, Scenario, ScenarioError, World};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// So long after its sender has given it up a request may arrive, by what every settling time assumes; one that comes
/// later may come when lists have settled (docs/settling.md, "The assumption").
const AWAITED: Duration = Duration::from_mins(2);

/// How likely it is, in millionths, that another run or person deletes the instance to migrate.
const RIVAL_ODDS: u64 = 30_000;

/// What a request does to the world.
pub(super) type Work = Box<dyn FnOnce(&mut SimWorld, Timestamp) + Send>;

/// Something that somebody else does.
pub(super) enum WorldEvent {
    /// A request arrives that its sender gave up, so long after it was sent.
    Arrival(Request, Duration),
    /// The same of one to the object store.
    Stored(Work),
    /// Another operator creates an instance like the one to migrate, under its name.
    Namesake,
    /// The credentials are revoked, or work again.
    Revoke(bool),
    /// Another operator gives the instance to migrate another name.
    Rename,
    /// Instances and tenants cannot be seen, or can again: somebody has changed who may see the project.
    Hide(bool),
    /// Another run or person deletes the instance to migrate.
    Delete,
}

impl WorldEvent {
    /// What it is in reports; a late arrival is a fault of its request.
    fn condition(&self) -> Option<Condition> {
        match self {
            Self::Arrival(..) | Self::Stored(_) => None,
            Self::Namesake => Some(Condition::Namesake),
            Self::Revoke(_) => Some(Condition::Revoked),
            Self::Rename => Some(Condition::Renamed),
            Self::Hide(_) => Some(Condition::Hidden),
            Self::Delete => Some(Condition::DeletedByAnother),
        }
    }

    /// Whether it takes away what a run cannot do without.
    fn troubles(&self) -> bool {
        matches!(self, Self::Revoke(true) | Self::Rename | Self::Hide(true) | Self::Delete)
    }

    /// Whether it gives back what was taken away.
    fn gives_back(&self) -> bool {
        matches!(self, Self::Revoke(false) | Self::Hide(false))
    }
}

/// Whether the run can do and see what it has to.
struct Access {
    /// Whether what was taken away, and may have been given back, has kept a process from its work.
    is_shaken: bool,
    is_revoked: bool,
    is_hidden: bool,
    /// When something was given back for the last time.
    opened_at: Timestamp,
}

/// The world with everything beside it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something else about the world, and no two exclude each other"
)]
pub(super) struct SimWorld {
    pub(super) world: World,
    pub(super) store: Store,
    pub(super) blobs: MemoryBlobs,
    /// The programs of the machine that the run lives on.
    pub(super) machine: SimMachine,
    /// The instance to migrate.
    pub(super) source: Option<String>,
    /// The instances that were there before the run, and those that others have created since.
    pub(super) foreign: BTreeSet<String>,
    /// The instances that the run has created, with the names under which it did.
    pub(super) own: BTreeMap<String, String>,
    /// The steps that announced something under a name.
    steps: BTreeMap<String, String>,
    /// Those of them whose requests arrived later than any is awaited, and when they did.
    pub(super) overdue: BTreeMap<String, Timestamp>,
    /// The paths of other accepted requests that arrived so late.
    pub(super) overdue_paths: Vec<String>,
    /// Whether what arrives now does.
    is_overdue: bool,
    /// Every secret that has ever left the world, and those it began with.
    pub(super) secrets: Vec<Secret<String>>,
    /// Who looks whether what leaves is announced.
    pub(super) witness: WriteAheadOracle,
    /// Whether something was written into the instance to migrate that no snapshot holds.
    is_unsaved: bool,
    /// How often each step has asked a question that a test answers.
    pub(super) asked: BTreeMap<String, usize>,
    /// Whether what nothing in the scenario answers is not let through.
    pub(super) is_strict: bool,
    /// What nothing in the scenario answers.
    pub(super) unanswered: BTreeSet<String>,
    /// What must never be and was seen.
    pub(super) violations: Vec<String>,
    /// The same, which must not be as long as lists are no further behind than the run assumes.
    pub(super) doubled: Vec<String>,
    /// Whether others ever took away what a run cannot do without, or are going to.
    pub(super) was_troubled: bool,
    /// Whether what they changed stays as it is.
    pub(super) is_troubled_for_good: bool,
    /// What was and what others did, in order.
    pub(super) met: Vec<Condition>,
    /// What is not to happen.
    pub(super) spared: BTreeSet<Condition>,
    /// The instance that another run or person deletes just before the run's own request to do so arrives.
    raced: Option<String>,
    /// What they take away and give back.
    access: Access,
    events: BTreeMap<(Timestamp, u64), WorldEvent>,
    next: u64,
}

impl SimWorld {
    pub(super) fn new(seed: u64, scenario: Scenario, commands: CommandScript) -> Result<Self, ScenarioError> {
        let mut buckets = scenario.buckets.clone();
        if !buckets.iter().any(|bucket| bucket.name == scenario.bucket) {
            buckets.push(BucketSpec::new(&scenario.bucket, "eu-west-1"));
        }
        for bucket in &mut buckets {
            // The files of a rehearsal are small, and so are the parts of those that are sent in parts.
            bucket.part_min = 1;
        }
        let home = buckets.iter().find(|bucket| bucket.name == scenario.bucket);
        let home = home.map(|bucket| bucket.region.clone()).unwrap_or_default();
        let start = scenario.start();
        let world = World::new(seed, scenario, start)?;
        let instances = world.instances_with_passwords();
        let mut secrets: Vec<_> = world.credentials().map(|(_, secret, _)| secret.clone()).collect();
        secrets.extend(instances.iter().map(|access| access.password.clone()));
        Ok(Self {
            source: instances.first().map(|access| access.id.clone()),
            foreign: instances.into_iter().map(|access| access.id).collect(),
            store: Store::new(seed, &home, &buckets),
            blobs: MemoryBlobs::new(),
            machine: SimMachine::new(commands),
            secrets,
            witness: WriteAheadOracle::default(),
            is_unsaved: false,
            asked: BTreeMap::new(),
            is_strict: false,
            unanswered: BTreeSet::new(),
            violations: Vec::new(),
            doubled: Vec::new(),
            own: BTreeMap::new(),
            steps: BTreeMap::new(),
            overdue: BTreeMap::new(),
            overdue_paths: Vec::new(),
            is_overdue: false,
            was_troubled: false,
            is_troubled_for_good: false,
            met: Vec::new(),
            spared: BTreeSet::new(),
            raced: None,
            access: Access { is_shaken: false, is_revoked: false, is_hidden: false, opened_at: start },
            events: BTreeMap::new(),
            next: 0,
            world,
        })
    }

    /// Lets somebody do something later, unless the trial is spared that.
    pub(super) fn plan(&mut self, at: Timestamp, event: WorldEvent) {
        if event.condition().is_some_and(|one| self.is_spared(one)) {
            return;
        }
        self.was_troubled |= event.troubles();
        self.next += 1;
        self.events.insert((at, self.next), event);
    }

    /// What others do in the course of this seed's trial.
    pub(super) fn plan_others(&mut self, rng: Rng, start: Timestamp) {
        let mut roll = rng.roll("others", 0);
        for _ in 0..roll.below(3) {
            self.plan(start.plus(Duration::from_secs(roll.between(10, 3600))), WorldEvent::Namesake);
        }
        if roll.happens(30_000) {
            self.plan(start.plus(Duration::from_secs(roll.between(10, 1200))), WorldEvent::Rename);
        }
        for (event, millionths) in [(WorldEvent::Revoke as fn(bool) -> WorldEvent, 50_000), (WorldEvent::Hide, 100_000)]
        {
            if roll.happens(millionths) {
                let from = start.plus(Duration::from_secs(roll.between(10, 2400)));
                self.plan(from, event(true));
                self.plan(from.plus(Duration::from_secs(roll.between(30, 900))), event(false));
            }
        }
        let mut roll = rng.roll("rival", 0);
        if roll.happens(RIVAL_ODDS) && !self.is_spared(Condition::DeletedByAnother) {
            // Some time in the course of the run, or in the very moment at which the run does it itself.
            self.raced = self.source.clone().filter(|_| roll.below(2) == 0);
            let at = start.plus(Duration::from_secs(roll.between(10, 7200)));
            if self.raced.is_some() { self.was_troubled = true } else { self.plan(at, WorldEvent::Delete) }
        }
    }

    /// Whoever is asked to deletes in the console what is an orphan of the run.
    pub(super) fn delete(&mut self, asked: &[String], now: Timestamp) {
        let is_asked = |id: &&String| asked.iter().any(|reason| reason.contains(id.as_str()));
        for id in self.own.keys().filter(is_asked).cloned().collect::<Vec<_>>() {
            // What is gone, or on its way, needs nobody.
            drop(self.world.delete(&id, now));
        }
    }

    /// An application writes into the instance to migrate while a person thinks.
    pub(super) fn write(&mut self, now: Timestamp) {
        let source = self.source.clone().unwrap_or_default();
        // What is gone or paused takes nothing.
        if !self.is_spared(Condition::WrittenMeanwhile) && self.world.write_nodes(&source, 61, now).is_ok() {
            self.meet(Condition::WrittenMeanwhile);
            self.is_unsaved = true;
        }
    }

    /// A person has typed how many minutes of writing are lost.
    pub(super) const fn accept_gap(&mut self) {
        self.is_unsaved = false;
    }

    /// Nothing can be seen from now on, for a while.
    pub(super) fn hide(&mut self, from: Timestamp, until: Timestamp) {
        self.plan(from, WorldEvent::Hide(true));
        self.plan(until, WorldEvent::Hide(false));
    }

    /// Whether the run may need a person because of what others did.
    pub(super) fn is_troubled(&self) -> bool {
        self.is_troubled_for_good || self.access.is_shaken
    }

    /// Whether credentials have been good and everything could be seen since then.
    pub(super) fn is_open_since(&self, began: Timestamp) -> bool {
        !self.access.is_revoked && !self.access.is_hidden && self.access.opened_at <= began
    }

    /// A process has done what it could, from its beginning to its end with nothing taken away: what was taken away
    /// before excuses nothing any more.
    pub(super) fn recover(&mut self) {
        self.access.is_shaken = false;
    }

    /// When the next thing happens.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.events.keys().next().map(|(at, _)| *at)
    }

    /// Whether a request that its sender gave up may still arrive.
    pub(super) fn is_awaited(&self) -> bool {
        self.events.values().any(|event| matches!(event, WorldEvent::Arrival(..) | WorldEvent::Stored(_)))
    }

    /// How many requests of this method and path, or of this method and address of a service, were accepted.
    pub(super) fn accepted(&self, request: &str) -> usize {
        let (method, place) = request.split_once(' ').unwrap_or_default();
        let address = place.split_once("://").map(|(_, rest)| rest.split('?').next().unwrap_or_default());
        let is_it = |one: &&LedgerEntry| match address {
            Some(address) => address.strip_prefix(&*one.target) == Some(&one.path),
            None => one.path == place,
        };
        let accepted = self.world.ledger().iter().filter(|one| one.status < 300 && one.method == method);
        accepted.filter(is_it).count()
    }

    /// Whether the trial does not go through this although its seed says so.
    pub(super) fn is_spared(&self, one: Condition) -> bool {
        self.spared.contains(&one)
    }

    /// Records a condition of the trial; whether the trial has it and is not spared it.
    pub(super) fn meet(&mut self, one: Condition) -> bool {
        let is_met = !self.is_spared(one);
        self.met.extend(Some(one).filter(|_| is_met));
        self.was_troubled |= is_met && one == Condition::GivenUp;
        is_met
    }

    /// Lets everything happen that is due.
    pub(super) fn happen(&mut self, now: Timestamp) {
        let later = self.events.split_off(&(now, u64::MAX));
        for ((at, _), event) in std::mem::replace(&mut self.events, later) {
            self.met.extend(event.condition().filter(|_| !event.gives_back()));
            match event {
                WorldEvent::Arrival(request, after) => {
                    self.is_overdue = after > AWAITED;
                    drop(self.execute(&request, at));
                    self.is_overdue = false;
                }
                WorldEvent::Stored(work) => work(self, at),
                WorldEvent::Namesake => self.create_namesake(at),
                WorldEvent::Revoke(revoked) => {
                    let client = self.world.client_id().to_owned();
                    // Revoking what is revoked changes nothing.
                    drop(self.world.revoke(&client, revoked, at));
                    self.access.is_revoked = revoked;
                    self.access.opened_at = at;
                    self.access.is_shaken |= revoked;
                }
                WorldEvent::Rename => {
                    let source = self.source.clone().unwrap_or_default();
                    // What is gone keeps its name.
                    drop(self.world.rename(&source, "renamed-by-another", at));
                    self.is_troubled_for_good = true;
                }
                WorldEvent::Delete => self.delete_source(at),
                WorldEvent::Hide(hidden) => {
                    self.access.is_hidden = hidden;
                    self.access.opened_at = at;
                    self.access.is_shaken |= hidden;
                }
            }
        }
    }

    /// Another run or person deletes the instance to migrate, where it is still there and at rest.
    fn delete_source(&mut self, at: Timestamp) {
        let source = self.source.clone().unwrap_or_default();
        self.is_troubled_for_good |= self.world.delete(&source, at).is_ok();
    }

    fn create_namesake(&mut self, at: Timestamp) {
        let Some(source) = self.source.clone() else { return };
        let known: BTreeSet<String> = self.world.instances_with_passwords().into_iter().map(|one| one.id).collect();
        let name = self.world.instances_with_passwords().into_iter().find(|one| one.id == source).map(|one| one.name);
        let Some(name) = name else { return };
        if self.world.create_like(&source, &name, at).is_ok() {
            let new = self.world.instances_with_passwords().into_iter().filter(|one| !known.contains(&one.id));
            for access in new.collect::<Vec<_>>() {
                self.secrets.push(access.password);
                self.foreign.insert(access.id);
            }
        }
    }

    /// The world answers.
    pub(super) fn execute(&mut self, request: &Request, now: Timestamp) -> Response {
        let route = request.route();
        if self.access.is_hidden && request.method == "GET" {
            match route {
                "/v1/instances" | "/v1/tenants" => return seen(200, &serde_json::json!({"data": []}), now),
                _ if route.starts_with("/v1/") => return not_found(now),
                _ => {}
            }
        }
        let deleted = route.strip_prefix("/v1/instances/").filter(|_| request.method == "DELETE");
        if deleted.is_some() && deleted == self.raced.as_deref() {
            self.raced = None;
            self.met.push(Condition::DeletedByAnother);
            self.delete_source(now);
        }
        let response = self.world.handle(request, now).response;
        let snapshots = format!("/v1/instances/{}/snapshots", self.source.as_deref().unwrap_or_default());
        if request.method == "POST" && route == snapshots && response.status < 300 {
            self.is_unsaved = false;
        }
        if self.is_overdue && response.status < 300 {
            self.overdue_paths.push(request.path.clone());
        }
        let may_tell = request.method == "POST" && (route == "/v1/instances" || route == "/oauth/token");
        if response.status < 300 && may_tell {
            let body = response.value();
            if route == "/v1/instances" {
                let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                let name = asked.get("name").and_then(Value::as_str).unwrap_or_default();
                self.created(body.pointer("/data/id").and_then(Value::as_str).unwrap_or_default(), name, now);
            }
            let told = [body.get("access_token"), body.pointer("/data/password")];
            self.secrets
                .extend(told.into_iter().flatten().filter_map(Value::as_str).map(|s| Secret::new(s.to_owned())));
        }
        response
    }

    /// A step owns one instance at a time: whatever an earlier attempt made is deleted before the next one.
    fn created(&mut self, id: &str, name: &str, now: Timestamp) {
        let alive = |one: &Value| one.get("status").and_then(Value::as_str) != Some("destroying");
        let state = self.world.state(now);
        let live = state.get("instances").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let others = live.iter().filter(|one| alive(one)).filter_map(|one| one.get("id").and_then(Value::as_str));
        let step_of = |name: &str| self.steps.get(name);
        let is_same_step = |other: &str| self.own.get(other).is_some_and(|other| step_of(other) == step_of(name));
        let owned: Vec<&str> =
            others.filter(|other| *other != id && self.is_known_own(other) && is_same_step(other)).collect();
        if self.is_overdue {
            self.overdue.insert(id.to_owned(), now);
        } else if !owned.is_empty() {
            self.doubled.push(format!("I5: {id} was created while {} of ours was there", owned.join(" and ")));
        }
        self.own.insert(id.to_owned(), name.to_owned());
    }

    /// Whether the run has made this instance, and could know that when it made another one.
    fn is_known_own(&self, id: &str) -> bool {
        self.own.contains_key(id) && !self.overdue.contains_key(id)
    }

    /// The fault that the scenario has for a request.
    pub(super) fn fault_for(&mut self, request: &Request) -> Option<FaultSpec> {
        self.world.fault_for(request)
    }

    /// A new password on its way is a secret from now on, whether or not it arrives.
    pub(super) fn overhear(&mut self, request: &Request) -> Option<String> {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let new = body.pointer("/parameters/new").and_then(Value::as_str)?;
        self.secrets.push(Secret::new(new.to_owned()));
        Some(new.to_owned())
    }

    /// An effect leaves: it must have been announced, durably.
    pub(super) fn witness(&mut self, leaving: &Leaving<'_>, durable: Segments<'_>) {
        if self.witness.is_over() {
            self.violations.push(format!("`{}` was sent after the trail could not be written", leaving.request));
        }
        let deletion = format!("DELETE /v1/instances/{}", self.source.as_deref().unwrap_or_default());
        if self.is_unsaved && leaving.request == deletion {
            self.violations.push("what was written after the backup is deleted".to_owned());
        }
        match self.witness.announced(leaving, durable) {
            Some((name, step)) => drop(self.steps.insert(name, step)),
            None => self
                .violations
                .push(format!("I1: `{}` was sent without a durable announcement of just that", leaving.request)),
        }
    }
}
