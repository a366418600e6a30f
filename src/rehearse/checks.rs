//! What must hold at the end of every trial (reliability.md §2, I1 to I9).

use super::canary::{self, Canary};
use super::disk::SimDisk;
use super::ending::Ending;
use super::life;
use super::script::Script;
use super::site::Site;
use crate::base::{Digest, Timestamp, Value};
use crate::engine::Engine;
use crate::engine::call::Call;
use crate::engine::event::{Body, Event, HoldClass, Intent};
use crate::engine::question::Form;
use crate::journal::peek;
use crate::runbook::kind::{Kind, Proof, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How old a typed confirmation may be when the deletion is announced (reliability.md §6, G11).
const CONFIRMED_MAX: Duration = Duration::from_mins(5);

/// What makes an instance the one that was captured (reliability.md §5, DELETE).
const IDENTITY: [&str; 5] = ["id", "name", "tenant_id", "region", "created_at"];

/// The end of a trial, after a power loss.
pub(super) struct End<'a> {
    pub(super) script: &'a Script,
    pub(super) disk: &'a SimDisk,
    pub(super) now: Timestamp,
    pub(super) ending: Ending,
    pub(super) shown: &'a [String],
    /// Whether nothing befell the run and nobody took anything away from it.
    pub(super) is_quiet: bool,
}

/// Everything that is wrong.
pub(super) fn check(end: &End<'_>, site: &mut Site) -> Vec<String> {
    let mut wrong = Vec::new();
    let dir = life::run_dir();
    let events = match peek(end.disk, &dir) {
        Ok(peeked) => peeked.events,
        // A run that was never born has done nothing.
        Err(_) if end.disk.with_durable(dir.path(), |files| files.next().is_none()) => Vec::new(),
        Err(error) => {
            wrong.push(format!("I8: the journal cannot be read: {error}"));
            Vec::new()
        }
    };
    let replayed = Engine::replay(Arc::clone(&end.script.plan), events.iter().map(|(_, event)| event.clone()));
    wrong.extend(replayed.err().map(|refusal| format!("I8: the journal cannot be replayed: {refusal}")));
    let told = Told::of(end.script, &events);
    let world = Owned::of(site, end.now);
    told.guards(&events, &mut wrong);
    world.deletions(site, &told, &mut wrong);
    world.crossing(end, &told, &mut wrong);
    if end.is_quiet && end.ending != Ending::Done {
        wrong.push(format!("I9: nothing befell it, and it {}", end.ending.name()));
    } else if end.ending == Ending::NeedsOperator && !site.is_troubled {
        // What nobody can find out is a person's to find out.
        let (why, class) = held(&events).unwrap_or(("nothing", HoldClass::Person));
        let is_allowed = class == HoldClass::Doubt;
        wrong.extend(
            (!is_allowed)
                .then(|| format!("I9: the outside is well again, and it {} because of {why}", end.ending.name())),
        );
    }
    world.instances(end, &told, &mut wrong);
    world.passwords(end, &told, &mut wrong);
    told.uploads(site, &mut wrong);
    if end.disk.retried_syncs() > 0 {
        wrong.push("a failed sync was tried again".to_owned());
    }
    let canary = Canary::of(&site.secrets);
    wrong.extend(end.disk.with_files(|files| canary::scan(&canary, files, &told.sinks(end), end.shown)));
    wrong
}

/// What the journal says.
struct Told<'a> {
    irreversible: Vec<(u64, Timestamp, &'static Kind, Intent)>,
    /// Outputs of the create steps that have succeeded.
    created: Vec<BTreeMap<&'a str, &'a str>>,
    delivered: BTreeSet<&'a str>,
    /// The files that hold a password which took the place of an older one.
    rotated: Vec<&'a str>,
    /// The objects to which no upload is under way any more.
    swept: BTreeSet<String>,
}

impl<'a> Told<'a> {
    fn of(script: &Script, events: &'a [(u64, Event)]) -> Self {
        let kind_of =
            |id: &str| script.plan.index_of(id).and_then(|at| script.plan.steps.get(at)).map(|step| step.kind);
        let mut told = Self {
            irreversible: Vec::new(),
            created: Vec::new(),
            delivered: BTreeSet::new(),
            rotated: Vec::new(),
            swept: BTreeSet::new(),
        };
        let mut target = "";
        for (seq, event) in events {
            match &event.body {
                Body::CallIntended(intent) => {
                    if intent.call == Call::UploadSweep {
                        target = &intent.target;
                    }
                    let kind = kind_of(&intent.step).filter(|kind| kind.reverse == Reverse::Irreversible);
                    told.irreversible.extend(kind.map(|kind| (*seq, event.at, kind, intent.clone())));
                }
                Body::CallSettled(settlement) if settlement.call == Call::UploadSweep && settlement.outcome.took() => {
                    told.swept.insert(target.to_owned());
                }
                Body::StepSucceeded { step, output, .. }
                    if kind_of(step).is_some_and(|kind| kind.name == "aura.instance.create") =>
                {
                    let texts = output.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
                    told.created.push(texts.collect());
                }
                Body::StepSucceeded { step, output, .. }
                    if kind_of(step).is_some_and(|kind| kind.name == "neo4j.password.rotate") =>
                {
                    told.rotated.extend(output.get("password_file").and_then(Value::as_str));
                }
                Body::SecretDelivered { reference, .. } => {
                    told.delivered.insert(reference);
                }
                _ => {}
            }
        }
        told
    }

    /// I2: each irreversible effect rests on everything its kind needs, and on a fresh confirmation.
    fn guards(&self, events: &[(u64, Event)], wrong: &mut Vec<String>) {
        for (seq, at, kind, intent) in &self.irreversible {
            for proof in kind.needs {
                let cited = intent.evidence.iter().find(|(name, _)| name == proof.name()).map(|(_, place)| *place);
                let place = cited.filter(|place| place < seq);
                let event =
                    place.and_then(|place| events.iter().find(|(seq, _)| *seq == place)).map(|(_, event)| event);
                let seen_at = event.and_then(|event| match &event.body {
                    Body::StepSucceeded { evidence, .. } => {
                        evidence.iter().find(|one| one.kind == *proof && one.subject == intent.target).map(|one| one.at)
                    }
                    Body::QuestionAnswered { step, answer } if *proof == Proof::Confirmed && *step == intent.step => {
                        typed(events, place, step).filter(|wanted| *wanted == answer.text).map(|_| answer.at)
                    }
                    _ => None,
                });
                let is_stale = |seen: Timestamp| *proof == Proof::Confirmed && at.since(seen) > CONFIRMED_MAX;
                let captured = event.and_then(|event| match &event.body {
                    Body::StepSucceeded { output, .. } if *proof == Proof::Config => Some(output),
                    _ => None,
                });
                for name in captured.iter().flat_map(|_| IDENTITY) {
                    let (then, now) = (captured.and_then(|output| output.get(name)), intent.guard.get(name));
                    if then != now {
                        wrong.push(format!("I2: record {seq}: the {name} was {then:?} and is {now:?}"));
                    }
                }
                if seen_at.is_none_or(is_stale) {
                    let name = proof.name();
                    wrong.push(format!("I2: record {seq} announces `{}` without a fresh {name}", intent.request));
                }
            }
        }
    }

    /// What is left of broken uploads is removed where the run says so (reliability.md §5, S3 export).
    fn uploads(&self, site: &Site, wrong: &mut Vec<String>) {
        for target in &self.swept {
            let place = target.strip_prefix("s3://").and_then(|place| place.split_once('/'));
            let left = place.and_then(|(bucket, key)| site.store.list_uploads(bucket, key).ok()).unwrap_or_default();
            wrong.extend(left.iter().map(|(_, id, _)| format!("upload {id} to {target} is still under way")));
        }
    }

    /// The files that may hold a password.
    fn sinks(&self, _: &End<'_>) -> BTreeSet<String> {
        let files = self.created.iter().filter_map(|output| output.get("password_file"));
        files.copied().chain(self.delivered.iter().copied()).map(str::to_owned).collect()
    }
}

/// Why the step that was held last is held.
fn held(events: &[(u64, Event)]) -> Option<(&str, HoldClass)> {
    events.iter().rev().find_map(|(_, event)| match &event.body {
        Body::StepHeld { reason, class, .. } => Some((reason.as_str(), *class)),
        _ => None,
    })
}

/// What this step asked to be typed, the last time before a record.
fn typed<'a>(events: &'a [(u64, Event)], before: Option<u64>, id: &str) -> Option<&'a str> {
    let earlier = events.iter().rev().filter(|(seq, _)| Some(*seq) < before);
    earlier.into_iter().find_map(|(_, event)| match &event.body {
        Body::QuestionAsked { step, question } if step == id => match &question.form {
            Form::Type(text) => Some(text.as_str()),
            _ => None,
        },
        _ => None,
    })
}

/// The instances that the run has made, as the world knows them.
struct Owned {
    created: BTreeSet<String>,
    deleted: BTreeMap<String, u64>,
    /// Digest of the password of each live instance.
    live: BTreeMap<String, String>,
}

impl Owned {
    fn of(site: &mut Site, now: Timestamp) -> Self {
        let state = site.world.state(now);
        let live = state.get("instances").and_then(Value::as_array).into_iter().flatten().filter_map(|one| {
            let text = |name: &str| one.get(name).and_then(Value::as_str);
            let is_going = text("status") == Some("destroying");
            Some((text("id")?.to_owned(), text("password_sha256")?.to_owned())).filter(|_| !is_going)
        });
        let live = live.collect();
        let (mut created, mut deleted) = (BTreeSet::new(), BTreeMap::new());
        for entry in site.world.ledger().iter().filter(|entry| entry.status < 300) {
            match entry.method.as_str() {
                "POST" if entry.path == "/v1/instances" => {
                    created.insert(entry.target.clone());
                }
                "DELETE" if entry.path.starts_with("/v1/instances/") => {
                    *deleted.entry(entry.target.clone()).or_insert(0) += 1;
                }
                _ => {}
            }
        }
        Self { created, deleted, live }
    }

    /// I3 and I4: nothing is deleted twice, and of what is not ours only what was approved.
    fn deletions(&self, site: &Site, told: &Told<'_>, wrong: &mut Vec<String>) {
        let approved: BTreeSet<&str> = told.irreversible.iter().map(|(.., intent)| intent.target.as_str()).collect();
        for (id, times) in &self.deleted {
            if *times > 1 {
                wrong.push(format!("I3: {times} deletions of {id} were accepted"));
            }
            if site.foreign.contains(id) && !approved.contains(id.as_str()) {
                wrong.push(format!("I4: {id} is not ours and was deleted"));
            }
        }
    }

    /// A run that is done has done what it was for, and one that has crossed the point of no return never fails.
    fn crossing(&self, end: &End<'_>, told: &Told<'_>, wrong: &mut Vec<String>) {
        let targets = || told.irreversible.iter().map(|(.., intent)| intent.target.as_str());
        if end.ending == Ending::Done {
            let living = targets().filter(|id| self.live.contains_key(*id));
            wrong.extend(living.map(|id| format!("the run is done, and {id} is not deleted")));
        }
        if end.ending == Ending::Failed {
            let gone = targets().filter(|id| self.deleted.contains_key(*id));
            wrong.extend(gone.map(|id| format!("the run has failed after {id} was deleted")));
        }
    }

    /// I5: what lives of ours is what the run says it made.
    fn instances(&self, end: &End<'_>, told: &Told<'_>, wrong: &mut Vec<String>) {
        let owned: BTreeSet<&str> =
            self.created.iter().filter(|id| self.live.contains_key(*id)).map(String::as_str).collect();
        let said: BTreeSet<&str> = told.created.iter().filter_map(|output| output.get("id").copied()).collect();
        if end.ending == Ending::Done && owned != said {
            wrong.push(format!("I5: the run says it made {said:?}, and {owned:?} are live"));
        }
        if end.ending == Ending::Failed && said.is_empty() && !owned.is_empty() {
            wrong.push(format!("I5: a failed run has left {owned:?}"));
        }
    }

    /// I6: the password of each instance stands, durably, where the run says.
    fn passwords(&self, end: &End<'_>, told: &Told<'_>, wrong: &mut Vec<String>) {
        for output in &told.created {
            let (Some(id), Some(file)) = (output.get("id"), output.get("password_file")) else {
                wrong.push("I6: a create step has no id or no password file among its outputs".to_owned());
                continue;
            };
            if end.ending == Ending::Done && password_in(end, file).as_ref() != self.live.get(*id) {
                wrong.push(format!("I6: what stands in {file} does not open {id}"));
            }
        }
        for file in told.rotated.iter().filter(|_| end.ending == Ending::Done) {
            let opens = password_in(end, file);
            if !self.live.values().any(|live| Some(live) == opens.as_ref()) {
                wrong.push(format!("I6: what stands in {file} opens nothing"));
            }
        }
    }
}

/// Digest of the password that stands in a file.
fn password_in(end: &End<'_>, file: &str) -> Option<String> {
    let bytes = end.disk.bytes(std::path::Path::new(file));
    let text = String::from_utf8_lossy(&bytes);
    let password = text.lines().find_map(|line| line.strip_prefix("NEO4J_PASSWORD="))?;
    Some(Digest::of(password.trim_matches('\'').as_bytes()).to_string())
}
