//! What the run owns in the world at its end, and whether that is what it says (I3 to I6).

use super::ending::{End, Ending};
use super::journal_facts::JournalFacts;
use super::sealer::opened;
use super::sim_world::SimWorld;
use crate::base::{Digest, Timestamp, Value};
use crate::engine::call::Call;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What comes later than any promise is found by a list that is made so long after it, and after lists show it.
const UNSEEN_MAX: Duration = Duration::from_mins(5);

/// The instances that the run has made, as the world knows them.
pub(super) struct WorldFacts {
    created: BTreeSet<String>,
    deleted: BTreeMap<String, u64>,
    overwritten: BTreeMap<String, u64>,
    /// When those arrived that arrived when lists had settled.
    overdue: BTreeMap<String, Timestamp>,
    /// How far lists and reads are behind.
    lag: Duration,
    /// Digest of the password of each live instance.
    live: BTreeMap<String, String>,
}

impl WorldFacts {
    pub(super) fn of(sim: &mut SimWorld, now: Timestamp) -> Self {
        let state = sim.world.state(now);
        let live = state.get("instances").and_then(Value::as_array).into_iter().flatten().filter_map(|one| {
            let text = |name: &str| one.get(name).and_then(Value::as_str);
            let is_going = text("status") == Some("destroying");
            Some((text("id")?.to_owned(), text("password_sha256")?.to_owned())).filter(|_| !is_going)
        });
        let live = live.collect();
        let (mut created, mut deleted, mut overwritten) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        for entry in sim.world.ledger().iter().filter(|entry| entry.status < 300) {
            match entry.method.as_str() {
                "POST" if entry.path == "/v1/instances" => {
                    created.insert(entry.target.clone());
                }
                "DELETE" if entry.path.starts_with("/v1/instances/") => {
                    *deleted.entry(entry.target.clone()).or_insert(0) += 1;
                }
                "POST" if entry.path.ends_with("/overwrite") => {
                    *overwritten.entry(entry.target.clone()).or_insert(0) += 1;
                }
                _ => {}
            }
        }
        let scenario = sim.world.scenario();
        let lag = scenario.list_lag.0.max(scenario.get_lag.0);
        Self { created, deleted, overwritten, overdue: sim.overdue.clone(), lag, live }
    }

    /// I3 and I4: nothing is deleted or overwritten twice, and of what is not ours only what was approved.
    pub(super) fn deletions(&self, sim: &SimWorld, facts: &JournalFacts<'_>, wrong: &mut Vec<String>) {
        for step in &facts.credited {
            wrong.push(format!("I3: `{step}` counts as done, and everything that was sent for it was refused"));
        }
        let approved: BTreeSet<&str> = facts.irreversible.iter().map(|(.., intent)| intent.target.as_str()).collect();
        for (id, times) in &self.deleted {
            if *times > 1 {
                wrong.push(format!("I3: {times} deletions of {id} were accepted"));
            }
            if sim.foreign.contains(id) && !approved.contains(id.as_str()) {
                wrong.push(format!("I4: {id} is not ours and was deleted"));
            }
        }
        for (id, times) in &self.overwritten {
            if *times > 1 || !approved.contains(id.as_str()) {
                wrong.push(format!("I3: {times} overwritings of {id} were accepted, of {approved:?}"));
            }
        }
    }

    /// A run that is done has done what it was for, and one that has crossed the point of no return never fails.
    pub(super) fn crossing(&self, end: &End<'_>, facts: &JournalFacts<'_>, wrong: &mut Vec<String>) {
        let of = |call: Call| facts.irreversible.iter().filter(move |(.., intent)| intent.call == call);
        let targets = || of(Call::Delete).map(|(.., intent)| intent.target.as_str());
        if end.ending == Ending::Done {
            let living = targets().filter(|id| self.live.contains_key(*id));
            wrong.extend(living.map(|id| format!("the run is done, and {id} is not deleted")));
            let kept = of(Call::Overwrite).filter(|(.., intent)| !self.overwritten.contains_key(&intent.target));
            wrong.extend(kept.map(|(.., one)| format!("the run is done, and {} is not overwritten", one.target)));
        }
        if matches!(end.ending, Ending::Failed | Ending::Cancelled) {
            let ended = format!("and the run ended as \"{}\"", end.ending.name());
            let gone = targets().filter(|id| self.deleted.contains_key(*id));
            wrong.extend(gone.map(|id| format!("{id} was deleted, {ended}")));
            wrong.extend(self.overwritten.keys().map(|id| format!("{id} was overwritten, {ended}")));
        }
    }

    /// Whether an instance came so late that no list of this run could show it.
    fn is_unseen(&self, id: &str, end: &End<'_>) -> bool {
        self.overdue.get(id).is_some_and(|at| end.now.since(*at) < UNSEEN_MAX + self.lag)
    }

    /// I5: what lives of ours is what the run says it made, also at the end of one that `assumes` what is not so; but
    /// where that one failed it knows of nothing that could show whether its lists are of everything.
    pub(super) fn instances(&self, end: &End<'_>, facts: &JournalFacts<'_>, assumes: bool, wrong: &mut Vec<String>) {
        let owned: BTreeSet<&str> = self
            .created
            .iter()
            .filter(|id| self.live.contains_key(*id) && !self.is_unseen(id, end))
            .map(String::as_str)
            .collect();
        let said: BTreeSet<&str> = facts.created.iter().filter_map(|output| output.get("id").copied()).collect();
        if end.ending == Ending::Done && owned != said {
            wrong.push(format!("I5: the run says it made {said:?}, and {owned:?} are live"));
        }
        if end.ending == Ending::Failed && said.is_empty() && !owned.is_empty() && !assumes {
            wrong.push(format!("I5: a failed run has left {owned:?}"));
        }
    }

    /// I6: the password of each instance stands, durably, where the run says; and of every instance that lives the run
    /// has it under seal, or says that it is lost, or has yet to find out whether its request arrived.
    pub(super) fn passwords(&self, end: &End<'_>, sim: &SimWorld, facts: &JournalFacts<'_>, wrong: &mut Vec<String>) {
        for output in facts.created.iter().filter(|_| end.ending == Ending::Done) {
            let (Some(id), Some(file)) = (output.get("id"), output.get("password_file")) else {
                wrong.push("I6: a create step has no id or no password file among its outputs".to_owned());
                continue;
            };
            if password_in(end, file).as_ref() != self.live.get(*id) {
                wrong.push(format!("I6: what stands in {file} does not open {id}"));
            }
        }
        for (url, file) in facts.rotated.iter().filter(|_| end.ending == Ending::Done) {
            // The address of an instance names it.
            let opens = self.live.iter().find(|(id, _)| url.contains(id.as_str())).map(|(_, password)| password);
            if opens.is_none() || password_in(end, file).as_ref() != opens {
                wrong.push(format!("I6: what stands in {file} does not open {url}"));
            }
        }
        let sealed: BTreeSet<(String, String)> = facts
            .sealed
            .iter()
            .filter_map(|sealed| opened(sealed))
            .map(|(id, password)| (id, Digest::of(password.as_bytes()).to_string()))
            .collect();
        for (id, name) in sim.own.iter().filter(|(id, _)| !facts.lost.contains(id.as_str())) {
            let Some(password) = self.live.get(id).filter(|_| !facts.is_in_doubt(name)) else { continue };
            if !sealed.contains(&(id.clone(), password.clone())) {
                wrong.push(format!("I6: {id} lives, and its password is neither under seal nor said to be lost"));
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
