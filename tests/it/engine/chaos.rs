//! Whole runs of random runbooks in random worlds: whatever happens, the state is what the log says, nothing is sent
//! unannounced or twice at once, and every run comes to an end.

use super::dice::Dice;
use super::plans::{AURA, EVIDENCE, with_defaults};
use super::rig::{Rig, is_same};
use super::weather::wild;
use super::world::calm;
use crate::support::events;
use proptest::prelude::*;
use serde_json::json;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use surefoot::engine::call::{Call, Reply};
use surefoot::engine::command::{Act, Command};
use surefoot::engine::event::{Body, HoldClass};
use surefoot::engine::{Engine, Phase, Status};

/// Runs of the seeded loop.
const RUNS: u64 = if cfg!(debug_assertions) { 1_500 } else { 100_000 };
/// Events in good weather after which a run must have come to its end.
const EVENTS: usize = 3_000;
/// Seeds that failed once, with what they found.
const REGRESSIONS: [(u64, &str); 6] = [
    (5, "a run was paused with an effect announced"),
    (1_402, "a deletion that never left was called refused where the instance was gone, and nobody could resolve it"),
    (868, "an object that was in the way and went held an upload forever"),
    (2_304, "an orphan that was there again after a deletion answered by 404 was only looked at"),
    (9_900_012_016, "the person of these worlds said again and again that something was created that was not there"),
    (9_950_123_264_351_752_143, "the person of these worlds did not delete what only a person may delete"),
];

const STEPS: [&str; 18] = [
    "uses: assert, with: {that: true}",
    "uses: audit.entry, with: {subject: \"2f49c2b3\", title: T, fields: {a: 1}}",
    "uses: sleep, with: {for: 90s}",
    "uses: confirm, with: {subject: \"2f49c2b3\", type: prod}",
    "uses: manual, with: {instructions: Do it.}",
    "uses: manual, with: {instructions: Type it., task: type, type: abc}",
    "uses: file.write, with: {path: n.txt, content: hello}",
    "uses: aura.instance.get, with: {instance_id: \"2f49c2b3\"}",
    "uses: aura.instance.await, with: {instance_id: \"2f49c2b3\", status: running}",
    "uses: aura.instance.await, with: {instance_id: \"2f49c2b3\", status: absent}",
    "uses: aura.snapshot.create, with: {instance_id: \"2f49c2b3\"}",
    "uses: aura.snapshot.await, with: {instance_id: \"2f49c2b3\", snapshot_id: s1}",
    "uses: aura.instance.update, with: {instance_id: \"2f49c2b3\", name: new}",
    "uses: s3.put, with: {path: x, sha256: abc, bucket: b}",
    "uses: backup.receive, with: {instance_id: \"2f49c2b3\", snapshot_id: s, snapshot_time: \"2026-01-02T03:00:00Z\"}",
    "uses: backup.receive, with: {instance_id: \"2f49c2b3\", snapshot_id: s, snapshot_time: \"2026-01-02T03:00:00Z\", folder: /d}",
    "uses: diff, with: {before: {a: 1}, after: {a: 2}}",
    "uses: aura.instance.create, with: {tenant_id: t1, type: enterprise-db, cloud_provider: gcp, region: eu, memory: 8GB, name: prod, password_file: new.env}",
];

/// Takes the place of a pause in every fifth runbook; among the others it would change what a seed means.
const ROTATE: &str = "uses: neo4j.password.rotate, with: {url: \"neo4j+s://x\", credentials: \"{{ secrets.aura }}\", \
                      password_file: turned.env}";

/// Take the places of a wait and of an upload in every fifth runbook.
const SWITCHES: [&str; 2] = [
    "uses: aura.instance.pause, with: {instance_id: \"2f49c2b3\"}",
    "uses: aura.instance.resume, with: {instance_id: \"2f49c2b3\"}",
];

/// Takes the place of the deletion in every seventh runbook.
const OVERWRITE: &str = "uses: aura.instance.overwrite, needs: [confirm], with: {source_instance_id: \"0a1b2c3d\", \
                         instance_id: \"2f49c2b3\"}";

/// A random runbook; every other one deletes an instance.
fn random_runbook(dice: &mut Dice) -> String {
    let mut steps = String::new();
    let mut ids = Vec::new();
    if dice.often(50) {
        steps.push_str(EVIDENCE);
        steps.push_str(
            "  - {id: delete, uses: aura.instance.delete, needs: [confirm], with: {instance_id: \"2f49c2b3\"}}\n",
        );
        ids.extend(["capture", "confirm", "delete"].map(str::to_owned));
    }
    for number in 0..=dice.below(6) {
        let needs: Vec<_> = ids.iter().filter(|_| dice.often(30)).cloned().collect();
        let when = match dice.below(10) {
            0 => ", when: \"{{ 1 == 2 }}\"",
            1 => ", when: \"{{ 1 == 1 }}\"",
            _ => "",
        };
        let timeout = dice.pick(&["", ", timeout: 1m", ", timeout: 2h"]);
        let timeout = |does: &str| if does.starts_with("uses: sleep") { "" } else { timeout };
        let does = if dice.often(20) { STEPS[STEPS.len() - 1] } else { dice.pick(&STEPS) };
        let timeout = timeout(does);
        writeln!(steps, "  - {{id: s{number}, needs: [{}]{when}{timeout}, {does}}}", needs.join(", ")).unwrap();
        ids.push(format!("s{number}"));
    }
    let defaults =
        format!("concurrency: {}, retry: {{max: {}, backoff: 1s..20s}}", 1 + dice.below(4), 1 + dice.below(6));
    with_defaults(&defaults, &steps)
}

/// What was started and has not come back.
type Flights = Vec<Command>;

/// One run: bad weather for a while, then good weather until its end.
fn run(seed: u64) -> Rig {
    let mut dice = Dice::new(seed);
    let choice = match seed % 7 {
        1 | 3 => "password_file: new.env, on_lost_secret: ask",
        2 | 4 => "password_file: new.env, on_lost_secret: adopt",
        _ => "password_file: new.env",
    };
    let mut yaml = random_runbook(&mut dice).replace("password_file: new.env", choice);
    match seed % 5 {
        2 => yaml = yaml.replace(STEPS[2], ROTATE),
        3 => yaml = yaml.replace(STEPS[2], SWITCHES[0]).replace(STEPS[13], SWITCHES[1]),
        _ => {}
    }
    if seed % 7 == 5 {
        let delete = "uses: aura.instance.delete, needs: [confirm], with: {instance_id: \"2f49c2b3\"}";
        yaml = yaml.replace(delete, OVERWRITE);
    }
    if [ROTATE, SWITCHES[0], SWITCHES[1]].iter().any(|step| yaml.contains(step)) && !yaml.contains(AURA) {
        yaml = yaml.replacen("version: 1.0.0\n", &format!("version: 1.0.0\n{AURA}"), 1);
    }
    let mut rig = Rig::open(&yaml);
    let mut flights = Flights::new();
    for _ in 0..20 + dice.below(200) {
        storm(&mut dice, &mut rig, &mut flights);
    }
    settle_down(&mut dice, &mut rig, flights);
    if choice.ends_with("adopt") {
        let is_deletion = |body: &Body| matches!(body, Body::CallIntended(intent) if intent.call == Call::Replace);
        assert!(
            !rig.log.iter().any(|event| is_deletion(&event.body)),
            "what is to be kept was deleted\n{}",
            rig.tail()
        );
    }
    rig
}

/// Something happens.
fn storm(dice: &mut Dice, rig: &mut Rig, flights: &mut Flights) {
    match dice.below(100) {
        0..=3 => {
            flights.clear();
            if !matches!(rig.engine.run().phase, Phase::Closed(_)) {
                rig.now = rig.now.plus(Duration::from_secs(dice.next() % 100));
                rig.reopen();
            }
        }
        4..=15 => {
            let next = rig.engine.pending().map(|command| command.not_before).chain(rig.engine.deadline()).min();
            let at = if dice.often(70) {
                next.unwrap_or(rig.now)
            } else {
                rig.now.plus(Duration::from_secs(dice.next() % 300))
            };
            rig.now = rig.now.max(at);
            rig.conclude();
        }
        16..=18 => meddle(dice, rig),
        19..=24 => forge(dice, rig),
        25..=60 => launch(rig, flights),
        _ if !flights.is_empty() => {
            let command = flights.swap_remove(dice.below(flights.len()));
            let reply = wild(dice, &rig.engine, &command, rig.now);
            rig.reply(command.id, reply);
        }
        _ => launch(rig, flights),
    }
}

fn launch(rig: &Rig, flights: &mut Flights) {
    let is_free =
        |command: &&Command| command.not_before <= rig.now && flights.iter().all(|flying| flying.id != command.id);
    let startable = rig.engine.pending().find(is_free).cloned();
    flights.extend(startable);
}

/// A person does what a person may do.
fn meddle(dice: &mut Dice, rig: &mut Rig) {
    let step = dice.below(rig.plan.steps.len());
    let id = rig.plan.steps[step].id.clone();
    let body = match dice.below(8) {
        0 => Body::RunCancelAsked,
        1 => Body::RunPaused,
        2 => {
            let changeable = rig.plan.steps[step].kind.changeable;
            let set = changeable.iter().take(1).map(|name| ((*name).to_owned(), "other".into())).collect();
            Body::StepChanged { step: id, set }
        }
        _ => match rig.engine.steps().iter().position(is_in_doubt) {
            Some(step) => resolution(rig, step, dice.often(30)),
            None => return,
        },
    };
    if rig.take(body).is_ok() {
        rig.conclude();
    }
}

fn is_in_doubt(state: &surefoot::engine::StepState) -> bool {
    matches!(state.status, Status::Held { class: HoldClass::Doubt, .. })
}

fn resolution(rig: &Rig, step: usize, applied: bool) -> Body {
    let step = rig.plan.steps[step].id.clone();
    Body::OperatorResolved { step, applied, because: "I looked".to_owned() }
}

/// An event comes from nowhere; refused or not, asking changes nothing.
fn forge(dice: &mut Dice, rig: &Rig) {
    let pool = events_from_nowhere(rig, dice);
    let before = (rig.engine.view(), commands(&rig.engine));
    let refused = rig.engine.admit(rig.event(pool)).is_err();
    assert_eq!(before, (rig.engine.view(), commands(&rig.engine)), "refused: {refused}");
}

fn events_from_nowhere(rig: &Rig, dice: &mut Dice) -> Body {
    let step = dice.pick(&rig.plan.steps).id.clone();
    let call = *dice.pick(&surefoot::engine::call::Call::ALL);
    match dice.below(6) {
        0 => events::intent(&step, call).body,
        1 => events::settled(&step, call).body,
        2 => events::noted(&step, 300).body,
        3 => events::closed().body,
        4 => events::answered(&step).body,
        _ => events::genesis().body,
    }
}

fn commands(engine: &Engine) -> Vec<surefoot::engine::command::CommandId> {
    engine.derive().0.iter().map(|command| command.id).collect()
}

/// Good weather and helpful people: the run must come to its end.
fn settle_down(dice: &mut Dice, rig: &mut Rig, flights: Flights) {
    for command in flights {
        let reply = calm(&rig.engine, &command, rig.now);
        rig.reply(command.id, reply);
    }
    let end = rig.log.len() + EVENTS;
    let mut gone = Vec::new();
    while !matches!(rig.engine.run().phase, Phase::Closed(_)) {
        assert!(rig.log.len() < end, "it never ends\n{}", rig.tail());
        let next = rig.engine.pending().min_by_key(|command| command.not_before).cloned();
        let Some(command) = next else {
            gone.extend(help(dice, rig));
            continue;
        };
        let at = rig.engine.deadline().map_or(command.not_before, |deadline| deadline.min(command.not_before));
        rig.now = rig.now.max(at);
        rig.conclude();
        if rig.engine.command(command.id.step).is_some_and(|wanted| wanted.id == command.id)
            && command.not_before <= rig.now
        {
            let is_look = matches!(command.act, Act::Read(Call::Probe));
            let reply = match gone.iter().find(|id| is_look && command.input["id"] == **id) {
                Some(id) => Reply::Found(json!({"id": id, "present": false, "control": true})),
                None => calm(&rig.engine, &command, rig.now),
            };
            rig.reply(command.id, reply);
        }
    }
}

/// Nothing goes on without a person: one looks, records the outcome of things, deletes what no run may delete, and
/// resumes.
fn help(dice: &mut Dice, rig: &mut Rig) -> Option<String> {
    let late = rig.log.iter().rev().find_map(|event| match &event.body {
        Body::StepHeld { reason, .. } => reason.strip_prefix("instance ")?.split_once(" arrived late"),
        _ => None,
    });
    let deleted = late.map(|(id, _)| id.to_owned());
    let doubtful: Vec<_> = (0..rig.plan.steps.len()).filter(|step| is_in_doubt(&rig.engine.steps()[*step])).collect();
    // Who knows that somebody else has deleted the instance lets the run go on.
    let is_taken = |state: &surefoot::engine::StepState| matches!(&state.status, Status::Held { reason, .. } if reason.contains("and not by this run"));
    let taken: Vec<_> = (0..rig.plan.steps.len()).filter(|step| is_taken(&rig.engine.steps()[*step])).collect();
    for step in taken {
        let body = resolution(rig, step, true);
        rig.must(body);
    }
    for step in doubtful {
        // In good weather nothing is listed that was not seen: who says that it was created has it looked for in vain.
        let is_listed = !rig.plan.steps[step].kind.name.ends_with(".create");
        let body = resolution(rig, step, is_listed && dice.often(30));
        rig.must(body);
    }
    rig.now = rig.now.plus(Duration::from_secs(60));
    rig.reopen();
    deleted
}

/// Every prefix of the log, replayed, wants what the live run wanted then; and the whole log gives the whole state.
fn check_replay(rig: &Rig) {
    let mut engine = Engine::new(Arc::clone(&rig.plan), surefoot::kinds::protocol);
    for event in &rig.log {
        let admitted = engine.admit(event.clone()).unwrap();
        engine.apply(admitted);
    }
    assert!(is_same(&engine, &rig.engine));
    let replayed = Engine::replay(Arc::clone(&rig.plan), surefoot::kinds::protocol, rig.log.clone()).unwrap();
    assert!(is_same(&replayed, &rig.engine));
}

/// Names the seed where its run fails.
struct Named(u64);

impl Drop for Named {
    #[expect(clippy::print_stderr, reason = "a failing seed is told to whoever runs the tests")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the run of seed {} fails; keep it in REGRESSIONS", self.0);
        }
    }
}

#[test]
fn runs_of_many_seeds_come_to_their_end() {
    let mut closed = std::collections::BTreeMap::new();
    for seed in 0..RUNS {
        let named = Named(seed);
        let rig = run(seed);
        check_replay(&rig);
        *closed.entry(format!("{:?}", rig.engine.run().phase)).or_insert(0_u64) += 1;
        drop(named);
    }
    // The worlds are neither so bad nor so good that all runs end alike.
    for verdict in ["Closed(Done)", "Closed(Failed)", "Closed(Cancelled)"] {
        assert!(closed.get(verdict).is_some_and(|count| count * 50 > RUNS), "{closed:?}");
    }
}

#[test]
fn seeds_that_failed_once() {
    for (seed, _) in REGRESSIONS {
        let named = Named(seed);
        check_replay(&run(seed));
        drop(named);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(debug_assertions) { 100 } else { 10_000 }, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn runs_of_any_seed_come_to_their_end(seed in any::<u64>()) {
        let named = Named(seed);
        check_replay(&run(seed));
        drop(named);
    }
}
