//! What a journal says that has to agree with the world.

use super::assumption::{Broken, assumed};
use super::ending::{End, Ending};
use super::sim_world::SimWorld;
use super::workload::Workload;
use crate::base::{Timestamp, Value};
use crate::engine::call::{Call, Outcome, Sealed};
use crate::engine::event::{Body, Event, Intent, Settlement};
use crate::runbook::kind::{Reversibility, Role};
use crate::runbook::plan::Step;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What a journal says.
#[derive(Default)]
pub(super) struct JournalFacts<'a> {
    /// The effects that cannot be taken back.
    pub(super) irreversible: Vec<(u64, Timestamp, &'a Step, &'a Intent)>,
    /// Outputs of the create steps that have succeeded.
    pub(super) created: Vec<BTreeMap<&'a str, &'a str>>,
    /// What each new password opens, and the file that holds it.
    pub(super) rotated: Vec<(&'a str, &'a str)>,
    /// Everything that was sealed.
    pub(super) sealed: Vec<&'a Sealed>,
    /// What is said to be without a password.
    pub(super) lost: BTreeSet<&'a str>,
    /// The name under which each attempt was to create something, and what is known to have become of it.
    attempts: BTreeMap<(&'a str, u32), (&'a str, Option<Outcome>)>,
    /// The files that receive, or were to receive, a password.
    delivered: BTreeSet<&'a str>,
    /// The least that an announcement assumes lists, and reads of what is new, to be behind at most.
    assumed: Option<Duration>,
    /// What a step's password opens.
    opens: BTreeMap<&'a str, &'a str>,
    /// The objects to which no upload is under way any more, and the one that is being swept.
    swept: BTreeSet<&'a str>,
    sweeping: &'a str,
    /// The deletions by step: the outcome of each attempt, as far as the run has seen it.
    deletions: BTreeMap<&'a str, BTreeMap<u32, Option<Outcome>>>,
    /// The steps of which a person said that their effect took place.
    said_applied: BTreeSet<&'a str>,
    /// The deletions that count as done although everything that was sent for them was refused.
    pub(super) credited: Vec<&'a str>,
    /// The steps that announced to pause or resume an instance, by the path of the request.
    switching: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The instances that were paused or resumed, with the status that the last such step has seen.
    switched: BTreeMap<&'a str, &'a str>,
    /// The steps that announced each request to a service, and how often each did.
    declared: BTreeMap<&'a str, BTreeMap<&'a str, Declared>>,
    /// The steps that have succeeded.
    succeeded: BTreeSet<&'a str>,
}

/// How a step announced a request to a service.
#[derive(Default)]
struct Declared {
    times: usize,
    /// Whether the step has a probe that settles it.
    is_probed: bool,
}

impl<'a> JournalFacts<'a> {
    pub(super) fn of(workload: &'a Workload, events: &'a [(u64, Event)]) -> Self {
        let step_of = |id: &str| workload.plan.index_of(id).and_then(|at| workload.plan.steps.get(at));
        let kind_of = |id: &str| step_of(id).map(|step| step.kind);
        let mut facts = Self::default();
        for (seq, event) in events {
            match &event.body {
                Body::CallIntended(intent) => {
                    facts.announced(intent);
                    let step = step_of(&intent.step);
                    let irreversible = step.filter(|step| step.effect.reverse == Reversibility::Irreversible);
                    facts.irreversible.extend(irreversible.map(|step| (*seq, event.at, step, intent)));
                    facts.declared(step, intent);
                }
                Body::CallSettled(settlement) => facts.settled(settlement),
                Body::OperatorResolved { step, applied: true, .. } => drop(facts.said_applied.insert(step)),
                Body::StepSucceeded { step, output, .. } => {
                    facts.succeeded.insert(step);
                    facts.credit(step);
                    let texts = output.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
                    match kind_of(step).and_then(|kind| kind.role) {
                        Some(Role::Create) => facts.created.push(texts.collect()),
                        Some(Role::Rotate) => {
                            let opens = facts.opens.get(step.as_str()).copied().unwrap_or_default();
                            let file = output.get("password_file").and_then(Value::as_str);
                            facts.rotated.extend(file.map(|file| (opens, file)));
                        }
                        Some(Role::Switch) => {
                            let text = |name: &str| output.get(name).and_then(Value::as_str);
                            facts.switched.extend(text("id").zip(text("status")));
                        }
                        _ => {}
                    }
                }
                Body::SecretDelivered { reference, .. } => {
                    facts.delivered.insert(reference);
                }
                Body::GateChecked { detail, .. } => {
                    facts.delivered.extend(detail.get("sink").and_then(Value::as_str));
                }
                Body::SecretLost { target, .. } => {
                    facts.lost.insert(target);
                }
                Body::SecretRotated { step, target, .. } => {
                    facts.opens.insert(step, target);
                }
                _ => {}
            }
        }
        facts
    }

    fn announced(&mut self, intent: &'a Intent) {
        self.sealed.extend(&intent.sealed);
        match intent.call {
            Call::UploadSweep => self.sweeping = &intent.target,
            Call::Delete => {
                self.deletions.entry(&intent.step).or_default().insert(intent.attempt, None);
            }
            Call::Create => {
                self.attempts.insert((&intent.step, intent.attempt), (&intent.target, None));
                self.assumed = self.assumed.into_iter().chain(assumed(intent)).min();
            }
            Call::Pause | Call::Resume => {
                let path = intent.request.split_once(' ').map_or("", |(_, path)| path);
                self.switching.entry(path).or_default().insert(&intent.step);
            }
            _ => {}
        }
    }

    fn declared(&mut self, step: Option<&Step>, intent: &'a Intent) {
        if let Some(step) = step.filter(|step| step.kind.declares.is_some() && intent.call == Call::Request) {
            let declared = self.declared.entry(&intent.request).or_default().entry(&intent.step).or_default();
            declared.times += 1;
            declared.is_probed = step.probe.is_some();
        }
    }

    /// No request to a service is accepted more often than the steps announced it, and not twice for a step that looks;
    /// unless one arrived later than any is awaited, or a person has said what was not so yet.
    pub(super) fn services(&self, sim: &SimWorld, wrong: &mut Vec<String>) {
        for (request, steps) in &self.declared {
            let is_overdue = sim.overdue_paths.iter().any(|path| request.ends_with(path.as_str()));
            let most = steps.values().map(|one| if one.is_probed { 1 } else { one.times }).sum::<usize>();
            let accepted = sim.accepted(request);
            if accepted > most && !is_overdue {
                wrong.push(format!("I3: {accepted} times `{request}` was accepted, for {} steps", steps.len()));
            }
            let is_done = |step: &&str| self.succeeded.contains(step) && !self.said_applied.contains(step);
            let done = steps.keys().filter(|step| is_done(step)).count();
            if accepted < done {
                wrong.push(format!("I3: `{request}` counts as done, and was accepted {accepted} times"));
            }
        }
    }

    /// A deletion is done by what this run sent, by what it may have sent, or because a person says so.
    fn credit(&mut self, step: &'a str) {
        let may_be =
            |outcome: &Option<Outcome>| outcome.is_none_or(|outcome| outcome == Outcome::Unknown || outcome.took());
        let is_refused = |attempts: &BTreeMap<u32, Option<Outcome>>| !attempts.values().any(may_be);
        if self.deletions.get(step).is_some_and(is_refused) && !self.said_applied.contains(step) {
            self.credited.push(step);
        }
    }

    fn settled(&mut self, settlement: &'a Settlement) {
        self.sealed.extend(&settlement.sealed);
        match settlement.call {
            Call::Delete => {
                let attempts = self.deletions.entry(&settlement.step).or_default();
                attempts.insert(settlement.attempt, Some(settlement.outcome));
            }
            Call::UploadSweep if settlement.outcome.took() => {
                self.swept.insert(self.sweeping);
            }
            Call::Create => {
                if let Some((_, outcome)) = self.attempts.get_mut(&(settlement.step.as_str(), settlement.attempt)) {
                    *outcome = Some(settlement.outcome);
                }
            }
            _ => {}
        }
    }

    /// Whether nobody knows yet the outcome of an attempt to create something under this name.
    pub(super) fn is_in_doubt(&self, name: &str) -> bool {
        let is_doubtful = |outcome: Option<Outcome>| outcome.is_none_or(|outcome| outcome == Outcome::Unknown);
        self.attempts.values().any(|(under, outcome)| *under == name && is_doubtful(*outcome))
    }

    /// What the run assumes of this world, and does not hold.
    pub(super) fn broken(&self, sim: &SimWorld) -> Option<Broken> {
        let scenario = sim.world.scenario();
        let (lists, reads) = (scenario.list_lag.0, scenario.get_lag.0);
        let lag = lists.max(reads);
        let assumed = self.assumed.filter(|assumed| *assumed < lag)?;
        Some(Broken { what: if lists >= reads { "lists" } else { "reads" }, lag, assumed, doubled: sim.doubled.len() })
    }

    /// What is left of broken uploads is removed where the run says so (docs/effects.md, "Last sweep").
    pub(super) fn uploads(&self, sim: &SimWorld, wrong: &mut Vec<String>) {
        for target in &self.swept {
            let place = target.strip_prefix("s3://").and_then(|place| place.split_once('/'));
            let left = place.and_then(|(bucket, key)| sim.store.list_uploads(bucket, key).ok()).unwrap_or_default();
            wrong.extend(left.iter().map(|(_, id, _)| format!("upload {id} to {target} is still under way")));
        }
    }

    /// Each step has an instance paused or resumed once, and after a run that is done it stays as it was left; unless a
    /// request arrived later than any is awaited.
    pub(super) fn switches(&self, end: &End<'_>, sim: &mut SimWorld, wrong: &mut Vec<String>) {
        for (path, steps) in &self.switching {
            let accepted = sim.world.ledger().iter().filter(|entry| entry.status < 300 && entry.path == *path);
            let instance = path.rsplit_once('/').map_or(*path, |(instance, _)| instance);
            let is_overdue = sim.overdue_paths.iter().any(|late| late.starts_with(instance));
            let (times, steps) = (accepted.count(), steps.len());
            if times > steps && !is_overdue {
                wrong.push(format!("{times} times `POST {path}` was accepted, for {steps} steps"));
            }
        }
        if end.ending != Ending::Done || self.switched.is_empty() {
            return;
        }
        let state = sim.world.state(end.now);
        for one in state.get("instances").and_then(Value::as_array).into_iter().flatten() {
            let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
            let left = self.switched.get(text("id"));
            let is_overdue = sim.overdue_paths.iter().any(|path| path.contains(text("id")));
            if let Some(left) = left.filter(|left| **left != text("status") && !is_overdue) {
                wrong.push(format!("{} was left {left}, and it is {}", text("id"), text("status")));
            }
        }
    }

    /// The files that may hold a password.
    pub(super) fn sinks(&self) -> BTreeSet<String> {
        let files = self.created.iter().filter_map(|output| output.get("password_file"));
        files.copied().chain(self.delivered.iter().copied()).map(str::to_owned).collect()
    }
}
