//! What is said of a run that has gone back: why, how often, and what the rounds before have made.

use super::last_look::counted;
use super::plans::{SOURCE, runbook};
use super::rig::Rig;
use super::story::tell;
use super::world;
use surefoot::engine::call::Outcome;
use surefoot::engine::command::Act;

/// A snapshot between a question and a check that goes back to the question.
fn judged() -> String {
    runbook(&format!(
        "  - {{id: ready, uses: manual, with: {{instructions: Stop the writers.}}}}\n  \
           - {{id: snap, uses: aura.snapshot.create, needs: [ready], with: {{instance_id: \"{SOURCE}\", lag_max: 1m}}}}\n  \
           - {{id: same, uses: assert, needs: [snap], retry_from: ready, with: {{that: true}}}}\n"
    ))
}

/// The text of the question that a step asks now.
#[track_caller]
fn asked(rig: &Rig, step: &str) -> String {
    match rig.pending(step).map(|command| command.act) {
        Some(Act::Ask(question)) => question.text,
        other => panic!("`{step}` asks nothing: {other:?}\n{}", rig.tail()),
    }
}

#[test]
fn who_is_asked_again_is_told_what_has_changed() {
    let yaml = counted();
    let mut rig = Rig::open(&yaml);
    let changed = "read recheck -> calm\nread recheck -> calm\nread recheck -> done {\"nodes\": 2}\n\
                   = reset latest export put verify counts entry confirm delete: the confirmation is void";
    let why = "the confirmation is void: it is not as `counts` found it at 2026-01-02T03:04:05Z (nodes: 1 then, 2 now)";
    world::lead_to(&mut rig, "confirm");
    let first = asked(&rig, "confirm");
    assert!(first.starts_with("REAL: this "), "{first}");
    assert_eq!(rig.engine.view().went_back, None);
    world::lead_to(&mut rig, "delete");
    rig = tell(rig, "delete", changed);
    world::lead_to(&mut rig, "export");
    assert!(asked(&rig, "export").starts_with(&format!("Asked again, because {why}.\nIn the Aura console")));
    world::lead_to(&mut rig, "confirm");
    assert_eq!(asked(&rig, "confirm"), format!("Asked again, because {why}.\n{first}"));
    // Who has just mistyped has read that.
    rig = tell(rig, "confirm", "ask 1 -> answer other\n= asks 2: That was not it. / REAL");
    world::lead_to(&mut rig, "delete");
    rig = tell(rig, "delete", changed);
    world::lead_to(&mut rig, "confirm");
    let (told, rest) = asked(&rig, "confirm").split_once('\n').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert_eq!(rest, first);
    assert!(told.starts_with("Asked again, because the confirmation is void: "), "{told}");
    assert!(told.ends_with(" now). The run went back 2 times."), "{told}");
    let back = rig.engine.view().went_back.unwrap();
    assert_eq!((back.times, back.step.as_str()), (2, "delete"));
    assert_eq!(back.steps, ["latest", "export", "put", "verify", "counts", "entry", "confirm", "delete"]);
    assert_eq!(rig.log[usize::try_from(back.seq).unwrap()].body.name(), "step.reset");
    // It is as true for the next process.
    rig.reopen();
    assert_eq!(rig.engine.view().went_back.unwrap().times, 2);
}

#[test]
fn what_the_round_before_has_made_is_seen_and_decides_nothing() {
    let yaml = judged();
    let mut rig = Rig::open(&yaml);
    world::lead_to(&mut rig, "snap");
    // The answer is lost; a look finds the snapshot.
    let found = r#"found {"snapshots":[{"snapshot_id":"s1","profile":"AdHoc"}],"complete":true}"#;
    let lost = "read baseline -> calm\nprepare create 1 -> calm\nsend create 1 -> unknown\n";
    rig = tell(rig, "snap", &format!("{lost}read settle -> {found}\n= succeeded"));
    rig = tell(
        rig,
        "same",
        "read read -> failed check nodes differ\n= held check: nodes differ\n! resume\n\
         = reset ready snap same: the check by `same` did not hold: nodes differ\nnothing",
    );
    let why = "Asked again, because the check by `same` did not hold: nodes differ.\nStop the writers.";
    assert_eq!(asked(&rig, "ready"), why);
    let past = rig.engine.view().steps[1].effects.clone();
    let reset = rig.engine.view().went_back.unwrap().seq;
    let [effect] = past.as_slice() else { panic!("{past:?}") };
    assert_eq!((effect.past, effect.outcome, effect.in_doubt), (Some(reset), Some(Outcome::Unknown), false));
    assert_eq!(effect.named.as_ref().map(|named| (named.what, named.id.as_str())), Some(("snapshot", "s1")));
    // The step begins anew, but for the number.
    world::lead_to(&mut rig, "snap");
    rig = tell(rig, "snap", "read baseline -> calm\nprepare create 2 -> calm\nsend create 2 -> applied\n= succeeded");
    let effects = rig.engine.view().steps[1].effects.clone();
    let told: Vec<_> = effects.iter().map(|effect| (effect.attempt, effect.past)).collect();
    assert_eq!(told, [(1, Some(reset)), (2, None)]);
    tell(rig, "same", "read read -> calm\n= succeeded\n= closed done");
}
