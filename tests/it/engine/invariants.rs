//! What must hold after every event, whatever happened.

use std::collections::{BTreeMap, BTreeSet};
use surefoot::engine::call::{Call, Outcome};
use surefoot::engine::command::{Act, Command};
use surefoot::engine::event::{Body, Event, Intent, Verdict};
use surefoot::engine::history::Attempt;
use surefoot::engine::protocol::{Protocol, is_known};
use surefoot::engine::{Engine, Phase};
use surefoot::runbook::kind::Reversibility;
use surefoot::runbook::plan::Plan;

/// After so many events what is said of doubts is compared with what is wanted; it takes longer than all the rest.
const DOUBTS_EVERY: usize = 7;

/// What the log itself says, kept apart from the engine's own state.
pub(super) struct Watch {
    /// The effect in flight of each step.
    open: BTreeMap<String, Intent>,
    /// The point of no return has been passed.
    crossed: bool,
    /// Something irreversible was answered as carried out.
    took: bool,
    irreversible: BTreeSet<String>,
}

impl Watch {
    pub(super) fn new(plan: &Plan) -> Self {
        let irreversible = plan.steps.iter().filter(|step| step.effect.reverse == Reversibility::Irreversible);
        Self {
            open: BTreeMap::new(),
            crossed: false,
            took: false,
            irreversible: irreversible.map(|step| step.id.clone()).collect(),
        }
    }

    /// Checks the state after the last event of the log.
    pub(super) fn check(&mut self, plan: &Plan, engine: &Engine, log: &[Event]) {
        let body = &log.last().unwrap().body;
        self.follow(body);
        assert_eq!(engine.seq(), log.len() as u64);
        assert_eq!(engine.run().crossed.is_some(), self.crossed);
        let pending: Vec<&Command> = engine.pending().collect();
        self.check_pending(plan, engine, &pending);
        let (derived, conclusion) = engine.derive();
        assert_eq!(engine.conclusion(), conclusion.as_ref());
        let same =
            pending.len() == derived.len() && pending.iter().zip(&derived).all(|(one, other)| is_equal(one, other));
        assert!(same, "kept {:?}\nderived {:?}", told(pending.into_iter()), told(derived.iter()));
        if let Phase::Closed(_) = engine.run().phase {
            assert!(derived.is_empty() && self.open.is_empty(), "a closed run has nothing under way");
            assert_eq!(engine.due(body_time(log)), None);
        }
        if log.len().is_multiple_of(DOUBTS_EVERY) {
            check_doubts(plan, engine);
        }
    }

    fn follow(&mut self, body: &Body) {
        match body {
            Body::CallIntended(intent) => {
                let before = self.open.insert(intent.step.clone(), intent.clone());
                assert!(before.is_none(), "a second effect was announced while one was in flight: {before:?}");
                self.crossed |= self.irreversible.contains(&intent.step);
            }
            Body::CallSettled(settlement) => {
                let open = self.open.remove(&settlement.step).expect("settled without an announcement");
                assert_eq!((open.call, open.attempt), (settlement.call, settlement.attempt));
                self.took |= settlement.outcome.took() && self.irreversible.contains(&settlement.step);
            }
            Body::SessionOpened(_) => self.open.clear(),
            Body::StepFailed { .. } | Body::RunClosed { verdict: Verdict::Failed, .. } => {
                assert!(!self.crossed, "no failure closes a run after the point of no return");
            }
            Body::RunCancelAsked | Body::RunClosed { verdict: Verdict::Cancelled, .. } => {
                assert!(!self.took, "nobody gives up a run that has carried out something irreversible");
            }
            _ => {}
        }
        if matches!(body, Body::StepFailed { .. } | Body::StepHeld { .. } | Body::StepSucceeded { .. }) {
            let step = body.step().unwrap();
            assert!(!self.open.contains_key(step), "{step} ended with an effect in flight");
        }
    }

    fn check_pending(&self, plan: &Plan, engine: &Engine, pending: &[&Command]) {
        let ids: BTreeSet<_> = pending.iter().map(|command| command.id).collect();
        assert_eq!(ids.len(), pending.len(), "a command is pending twice");
        let steps: BTreeSet<_> = pending.iter().map(|command| command.id.step).collect();
        assert_eq!(steps.len(), pending.len(), "a step wants two things at once");
        let working = pending.iter().filter(|command| !matches!(command.act, Act::Ask(_))).count();
        assert!(working <= plan.concurrency, "{working} commands, {} slots", plan.concurrency);
        for command in pending {
            if let Act::Send(intent) = &command.act {
                assert_eq!(self.open.get(&command.step), Some(&**intent), "sent without an announcement");
            }
            assert_eq!(plan.steps[command.id.step].id, command.step);
            assert_eq!(engine.command(command.id.step).map(|own| own.id), Some(command.id));
        }
        let sends = pending.iter().filter(|command| matches!(command.act, Act::Send(_))).count();
        let announced = if engine.run().paused { 0 } else { self.open.len() };
        assert_eq!(sends, announced, "what was announced is sent at once");
    }
}

/// Whatever is in doubt is told, and what is said to come next is what the step wants.
fn check_doubts(plan: &Plan, engine: &Engine) {
    let doubts = engine.doubts();
    for (step, state) in plan.steps.iter().zip(engine.steps()) {
        let last = state.history.attempts.last().and_then(Attempt::outcome);
        let is_unknown = !state.history.attempts.is_empty()
            && last.is_none_or(|outcome| outcome == Outcome::Unknown)
            && !is_known(&state.history);
        let is_over = state.status.is_over() || matches!(engine.run().phase, Phase::Closed(_));
        assert!(is_over || !is_unknown || doubts.iter().any(|doubt| doubt.step == step.id), "{} is not told", step.id);
    }
    for doubt in doubts.iter().filter(|doubt| doubt.if_resumed_at.is_none()) {
        let now = engine.run().last;
        let said = doubt.outlook.at.unwrap_or(now);
        match plan.index_of(&doubt.step).and_then(|index| engine.command(index)) {
            // The last looks at what the effect rests on are a part of its being sent again.
            Some(Command { act: Act::Read(Call::Recheck), not_before, .. }) => {
                let calls = [Call::Delete, Call::Overwrite].map(|call| protocol(doubt.kind).sending(call));
                assert!(calls.iter().any(|words| doubt.outlook.next.starts_with(words)), "{doubt:?}");
                assert_eq!((*not_before).max(now), said, "{doubt:?}");
            }
            // Where they are not answered the subject is looked at first.
            Some(Command { act: Act::Read(Call::Probe), .. })
                if doubt.trouble.is_some() && doubt.outlook.next.contains(" is sent again") => {}
            Some(Command { act: Act::Read(call), not_before, .. }) => {
                assert_eq!(doubt.outlook.next, protocol(doubt.kind).look(*call), "{doubt:?}");
                assert_eq!((*not_before).max(now), said, "{doubt:?}");
            }
            Some(Command { act: Act::Prepare(call), not_before, .. }) => {
                assert!(doubt.outlook.next.starts_with(protocol(doubt.kind).sending(*call)), "{doubt:?}");
                assert_eq!((*not_before).max(now), said, "{doubt:?}");
            }
            Some(Command { act: Act::Send(_), .. }) => assert_eq!(doubt.outlook.next, "its answer is waited for"),
            _ => {}
        }
    }
}

fn body_time(log: &[Event]) -> surefoot::base::Timestamp {
    log.last().unwrap().at
}

fn is_equal(one: &Command, other: &Command) -> bool {
    one.id == other.id
        && one.not_before == other.not_before
        && one.step == other.step
        && one.kind == other.kind
        && one.act == other.act
        && one.with == other.with
        && one.input == other.input
        && one.sealed == other.sealed
}

fn told<'a>(commands: impl Iterator<Item = &'a Command>) -> Vec<String> {
    commands.map(|command| format!("{:?} {:?}", command.id, command.act)).collect()
}

fn protocol(kind: &str) -> &'static dyn Protocol {
    surefoot::kinds::protocol(surefoot::kinds::find(kind).unwrap())
}
