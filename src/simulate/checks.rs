//! What must hold at the end of every trial (docs/rehearsals.md, "Promises", I1 to I9).

use super::assumption::Broken;
use super::command_facts;
use super::ending::{End, Ending};
use super::journal_facts::JournalFacts;
use super::process;
use super::secret_scan;
use super::sim_network::SimNetwork;
use super::sim_world::SimWorld;
use super::world_facts::WorldFacts;
use crate::base::{Digest, Timestamp, Value};
use crate::calendar::Standing;
use crate::engine::call::{Call, Outcome};
use crate::engine::event::{Body, Event, HoldClass};
use crate::engine::question::Form;
use crate::engine::{Engine, took};
use crate::journal::peek;
use crate::kinds;
use crate::report::{self, StatusPage, Style};
use crate::runbook::kind::Proof;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How old a typed confirmation may be when the deletion is announced (docs/evidence.md, "Confirmation").
const CONFIRMED_MAX: Duration = Duration::from_mins(5);

/// What makes an instance the one that was captured (docs/effects.md, "Delete").
const IDENTITY: [&str; 5] = ["id", "name", "tenant_id", "region", "created_at"];

/// What is said of a trial that has ended.
pub(super) struct Judgement {
    /// Everything that is wrong.
    pub(super) wrong: Vec<String>,
    /// Why the run failed, or is held; none where it did neither.
    pub(super) why: Option<String>,
    /// What it assumes, and is not so in this world.
    pub(super) broken: Option<Broken>,
    /// How long each step with an effect took.
    pub(super) took: BTreeMap<String, Duration>,
}

/// Judges a trial.
pub(super) fn check(end: &End<'_>, sim: &mut SimWorld) -> Judgement {
    let mut wrong = Vec::new();
    let dir = process::run_dir();
    let events = match peek(end.disk, &dir) {
        Ok(peeked) => peeked.events,
        // A run that was never born has done nothing.
        Err(_) if end.disk.with_durable(dir.path(), |files| files.next().is_none()) => Vec::new(),
        Err(error) => {
            wrong.push(format!("I8: the journal cannot be read: {error}"));
            Vec::new()
        }
    };
    if let Some((_, Event { body: Body::RunOpened(opened), .. })) = events.first()
        && opened.plan_digest != end.workload.plan.digest
    {
        wrong.push(format!("I2: the run is one of another plan, {}", opened.plan_digest));
    }
    let facts = JournalFacts::of(end.workload, &events);
    let world = WorldFacts::of(sim, end.now);
    let took = took(events.iter().map(|(_, event)| event));
    guards(end, &facts, &events, &mut wrong);
    windows(end, &facts, &events, &mut wrong);
    lineage(&facts, &events, &mut wrong);
    world.deletions(sim, &facts, &mut wrong);
    world.crossing(end, &facts, &mut wrong);
    let broken = facts.broken(sim);
    if broken.is_none() {
        wrong.append(&mut sim.doubled);
    }
    let why = why(&events);
    let told_why = why.as_deref().unwrap_or("nothing");
    // Who comes after the last of its windows cannot go on.
    let schedule = &end.workload.plan.schedule;
    let is_over = !schedule.is_empty() && schedule.at(end.now) == Standing::Closed(None);
    if end.is_quiet && end.ending != Ending::Done && broken.is_none() {
        wrong.push(format!("I9: no fault was injected, and it {} because of {told_why}", end.ending.name()));
    } else if end.ending == Ending::NeedsOperator
        && !may_be_held(sim, broken.as_ref(), &events)
        && end.workload.scenario.faults.is_empty()
        && !is_over
    {
        // What nobody can find out is a person's to find out, and a fault that somebody wrote down may never end.
        wrong.push(format!("I9: the outside is well again, and it {} because of {told_why}", end.ending.name()));
    }
    world.instances(end, &facts, broken.is_some(), &mut wrong);
    world.passwords(end, sim, &facts, &mut wrong);
    facts.uploads(sim, &mut wrong);
    facts.switches(end, sim, &mut wrong);
    facts.services(sim, &mut wrong);
    cancelled(&events, &mut wrong);
    command_facts::check(end, sim, &events, &mut wrong);
    if end.disk.retried_syncs() > 0 {
        wrong.push("a failed sync was tried again".to_owned());
    }
    let sinks = facts.sinks();
    wrong.extend(end.disk.with_suspects(|files| secret_scan::scan(end.scanner, files, &sinks, end.shown)));
    wrong.extend(end.sightings.outside(&sinks));
    match Engine::replay(Arc::clone(&end.workload.plan), kinds::protocol, events.into_iter().map(|(_, event)| event)) {
        Err(refusal) => wrong.push(format!("I8: the journal cannot be replayed: {refusal}")),
        Ok(engine) => {
            let form = end.scanner.find(pages(&engine).as_bytes());
            wrong.extend(form.map(|form| format!("I7: a secret stands in what `status` shows as {form}")));
        }
    }
    Judgement { wrong, why, broken, took }
}

/// What people and programs are shown of a run.
pub(super) fn pages(engine: &Engine) -> String {
    let view = engine.view();
    let (run_dir, audit_dir) = ("/operator/.surefoot/runs/rehearsal", "/operator/audit");
    let page =
        StatusPage { view: &view, run_dir, audit_dir, options: "", held_by: None, opened_at: None, last_at: None };
    let document = serde_json::to_string(&report::json::status(&page)).unwrap_or_default();
    format!("{}\n{document}", report::status(&page, Style::FILE))
}

/// I2: each irreversible effect rests on everything its kind needs, and on a fresh confirmation.
fn guards(end: &End<'_>, facts: &JournalFacts<'_>, events: &[(u64, Event)], wrong: &mut Vec<String>) {
    let ticks = if end.is_set_back { ticks(end) } else { BTreeMap::new() };
    for (seq, at, step, intent) in &facts.irreversible {
        for proof in &step.effect.needs {
            let cited = intent.evidence.iter().find(|(name, _)| name == proof.name()).map(|(_, place)| *place);
            let place = cited.filter(|place| place < seq);
            let event = place.and_then(|place| events.iter().find(|(seq, _)| *seq == place)).map(|(_, event)| event);
            let seen_at = event.and_then(|event| match &event.body {
                Body::StepSucceeded { evidence, .. } => {
                    evidence.iter().find(|one| one.kind == *proof && one.subject == intent.target).map(|one| one.at)
                }
                Body::QuestionAnswered { step, answer } if *proof == Proof::Confirmed && *step == intent.step => {
                    typed(events, place, step).filter(|wanted| *wanted == answer.text).map(|_| answer.at)
                }
                _ => None,
            });
            if let Some(why) = event.and_then(|event| unbound(end, *proof, event)) {
                wrong.push(format!("I2: record {seq} rests on a {why}"));
            }
            let ticked = ticks.get(seq).zip(place.and_then(|place| ticks.get(&place)));
            let ticked = ticked.map_or(Duration::ZERO, |(now, then)| Duration::from_millis(now.saturating_sub(*then)));
            let is_old = |seen: Timestamp| at.since(seen) > CONFIRMED_MAX || ticked > CONFIRMED_MAX;
            let is_stale = |seen: Timestamp| *proof == Proof::Confirmed && is_old(seen);
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

/// I2: no irreversible effect is announced outside of the change window, or with less left of it than its reserve,
/// unless a person has said why in that session, or one was sent before that may have taken place.
fn windows(end: &End<'_>, facts: &JournalFacts<'_>, events: &[(u64, Event)], wrong: &mut Vec<String>) {
    let schedule = &end.workload.plan.schedule;
    if schedule.is_empty() {
        return;
    }
    let (mut sent, mut is_overridden) = (BTreeMap::new(), false);
    for (seq, event) in events {
        match &event.body {
            Body::SessionOpened(_) => is_overridden = false,
            Body::WindowOverridden { .. } => is_overridden = true,
            Body::CallIntended(intent) if facts.irreversible.iter().any(|(one, ..)| one == seq) => {
                let is_past = sent.values().any(|outcome: &Option<Outcome>| {
                    outcome.is_none_or(|outcome| outcome == Outcome::Unknown || outcome.took())
                });
                let least = event.at.plus(schedule.reserve());
                let fits = matches!(schedule.at(event.at), Standing::Open(span) if least <= span.until);
                if !is_past && !is_overridden && !fits {
                    let request = &intent.request;
                    wrong.push(format!("I2: record {seq} announces `{request}` without room in its window"));
                }
                sent.insert((&intent.step, intent.call, intent.attempt), None);
            }
            Body::CallSettled(settled) => {
                let key = (&settled.step, settled.call, settled.attempt);
                sent.entry(key).and_modify(|outcome| *outcome = Some(settled.outcome));
            }
            _ => {}
        }
    }
}

/// I2: what an irreversible effect rests on is about its target: the bytes that were read back are those that were
/// exported from it, and what was typed is its name or its id.
fn lineage(facts: &JournalFacts<'_>, events: &[(u64, Event)], wrong: &mut Vec<String>) {
    for (seq, _, step, intent) in &facts.irreversible {
        let cited = |name: &str| {
            let (_, place) = intent.evidence.iter().find(|(kind, _)| kind == name)?;
            events.iter().find(|(seq, _)| seq == place).map(|(_, event)| &event.body)
        };
        let output = |name: &str, field: &str| match cited(name)? {
            Body::StepSucceeded { output, .. } => output.get(field)?.as_str().map(str::to_owned),
            Body::QuestionAnswered { answer, .. } => Some(answer.text.clone()),
            _ => None,
        };
        let read_back = match cited(Proof::Backup.name()) {
            Some(Body::StepSucceeded { evidence, .. }) => {
                evidence.iter().find(|one| one.kind == Proof::Backup).map(|one| one.digest.to_string())
            }
            _ => None,
        };
        // Of a subject that the runbook names itself nobody but the runbook knows what a backup of it is.
        if step.kind.declares.is_none()
            && step.effect.needs.contains(&Proof::Backup)
            && (read_back.is_none() || read_back != output("exported", "sha256"))
        {
            wrong.push(format!("I2: record {seq} rests on a backup that is no export of {}", intent.target));
        }
        let typed = output(Proof::Confirmed.name(), "typed");
        let name = intent.guard.get("name").and_then(Value::as_str);
        if typed.as_deref().is_none_or(|typed| Some(typed) != name && typed != intent.target) {
            wrong.push(format!("I2: record {seq} rests on {typed:?}, which is no name of {}", intent.target));
        }
    }
}

/// After a person has cancelled the run nothing is announced but what removes an orphan of ours, and what undoes.
fn cancelled(events: &[(u64, Event)], wrong: &mut Vec<String>) {
    let asked = events.iter().skip_while(|(_, event)| !matches!(event.body, Body::RunCancelAsked));
    let undoing = |step: &String| {
        events.iter().any(|(_, event)| matches!(&event.body, Body::UndoBegun { steps } if steps.contains(step)))
    };
    for (seq, event) in asked {
        if let Body::CallIntended(intent) = &event.body
            && intent.call != Call::Replace
            && !undoing(&intent.step)
        {
            wrong.push(format!("record {seq} announces `{}` although the run was cancelled", intent.request));
        }
    }
}

/// When each record was made, in milliseconds of a clock that nobody sets.
fn ticks(end: &End<'_>) -> BTreeMap<u64, u64> {
    #[derive(serde::Deserialize)]
    struct Line {
        seq: u64,
        mono: u64,
    }
    SimNetwork::with_durable_journal(end.disk, process::run_dir().path(), |segments| {
        let lines = segments.flat_map(|segment| segment.split(|byte| *byte == b'\n'));
        let read = lines.filter_map(|line| serde_json::from_slice(line).ok());
        read.map(|Line { seq, mono }| (seq, mono)).collect()
    })
}

/// What is wrong with a confirmation that is not one of this plan.
fn unbound(end: &End<'_>, proof: Proof, event: &Event) -> Option<&'static str> {
    let Body::StepSucceeded { output, evidence, .. } = &event.body else { return None };
    let confirmed = evidence.iter().find(|one| proof == Proof::Confirmed && one.kind == proof)?;
    let plan = end.workload.plan.digest.to_string();
    let typed = output.get("typed").and_then(Value::as_str).unwrap_or_default();
    let is_bound = output.get("plan_digest").and_then(Value::as_str) == Some(&*plan)
        && confirmed.digest == Digest::of(format!("{plan}\n{typed}").as_bytes());
    (!is_bound).then_some("confirmation of another plan")
}

/// Why the step that failed or was held last did so, with its name.
fn why(events: &[(u64, Event)]) -> Option<String> {
    events.iter().rev().find_map(|(_, event)| match &event.body {
        Body::StepFailed { step, error } => Some(format!("{step}: {}", error.message)),
        Body::StepHeld { step, reason, .. } => Some(format!("{step}: {reason}")),
        _ => None,
    })
}

/// Whether a run may need a person at its end: for what others did, for what it assumes and is not so, or for a doubt.
fn may_be_held(sim: &SimWorld, broken: Option<&Broken>, events: &[(u64, Event)]) -> bool {
    sim.is_troubled() || broken.is_some() || is_in_doubt(events)
}

/// Whether the step that was held last is in doubt.
fn is_in_doubt(events: &[(u64, Event)]) -> bool {
    let class = events.iter().rev().find_map(|(_, event)| match &event.body {
        Body::StepHeld { class, .. } => Some(*class),
        _ => None,
    });
    class == Some(HoldClass::Doubt)
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
