//! `--until` and `--only-reads`: how far a run goes before it pauses by itself, whoever drives it.

use super::plans::runbook;
use super::rig::{Rig, birth, plan};
use serde_json::json;
use std::time::Duration;
use surefoot::base::Value;
use surefoot::engine::call::Reply;
use surefoot::engine::event::{Body, RunOpened};

const READS: &str = "  - {id: one, uses: sleep, with: {for: 1m}}
  - {id: two, uses: sleep, needs: [one], with: {for: 1m}}
  - {id: aside, uses: sleep, needs: [one], with: {for: 1m}}
  - {id: three, uses: sleep, needs: [two, aside], with: {for: 1m}}
";
const MIXED: &str = "  - {id: one, uses: sleep, with: {for: 1m}}
  - {id: idle, uses: file.write, when: \"{{ steps.one.until == 'never' }}\", with: {path: a, content: a}}
  - {id: two, uses: sleep, needs: [idle], with: {for: 1m}}
  - {id: write, uses: file.write, needs: [one], with: {path: a, content: a}}
  - {id: behind, uses: sleep, needs: [write], with: {for: 1m}}
  - {id: ask, uses: manual, needs: [one], with: {instructions: look}}
";

fn opened(steps: &str, policy: Value) -> Rig {
    let mut rig = Rig::unborn(plan(&runbook(steps)));
    let Body::RunOpened(facts) = birth(&rig.plan) else { unreachable!() };
    rig.must(Body::RunOpened(RunOpened { policy, ..facts }));
    rig.conclude();
    rig
}

#[track_caller]
fn done(rig: &mut Rig, step: &str) {
    let command = rig.pending(step).unwrap_or_else(|| panic!("{step} wants nothing\n{}", rig.tail()));
    let output = json!({"until": "2026-01-02T04:00:00Z"}).as_object().unwrap().clone();
    rig.reply(command.id, Reply::Done { output, evidence: Vec::new() });
}

fn wanted(rig: &Rig) -> Vec<String> {
    rig.engine.pending().map(|command| command.step.clone()).collect()
}

fn pauses(rig: &Rig) -> usize {
    rig.log.iter().filter(|event| event.body == Body::RunPaused).count()
}

#[test]
fn a_run_until_a_step_does_that_and_what_it_needs() {
    let mut rig = opened(READS, json!({"until": "two"}));
    done(&mut rig, "one");
    assert_eq!(wanted(&rig), ["two"], "`aside` is not needed");
    done(&mut rig, "two");
    assert!(rig.engine.run().paused && wanted(&rig).is_empty(), "{}", rig.tail());
    let extent = rig.engine.view().extent.unwrap();
    assert_eq!(
        (extent.until.as_deref(), extent.reached, &extent.next[..]),
        (Some("two"), true, &["aside".to_owned()][..])
    );
    rig.reopen();
    assert_eq!(wanted(&rig), ["aside"], "a resume lifts it");
    assert_eq!(rig.engine.view().extent, None);
    done(&mut rig, "aside");
    done(&mut rig, "three");
    assert_eq!((rig.engine.run().phase.name(), pauses(&rig)), ("done", 1));
}

#[test]
fn a_death_and_a_pause_before_its_end_do_not_lift_it() {
    let mut rig = opened(READS, json!({"until": "two"}));
    rig.reopen();
    done(&mut rig, "one");
    rig.reopen();
    assert_eq!(wanted(&rig), ["two"]);
    rig.must(Body::RunPaused);
    rig.reopen();
    assert_eq!(wanted(&rig), ["two"], "{}", rig.tail());
    done(&mut rig, "two");
    assert!(rig.engine.run().paused);
}

#[test]
fn a_step_that_waited_behind_it_has_its_whole_time() {
    let mut rig = opened(READS, json!({"until": "two"}));
    done(&mut rig, "one");
    rig.wait(Duration::from_hours(5));
    done(&mut rig, "two");
    rig.wait(Duration::from_hours(50));
    rig.reopen();
    assert_eq!(wanted(&rig), ["aside"], "{}", rig.tail());
}

#[test]
fn a_run_until_its_last_step_ends() {
    let mut rig = opened(READS, json!({"until": "three"}));
    for step in ["one", "two", "aside", "three"] {
        done(&mut rig, step);
    }
    assert_eq!((rig.engine.run().phase.name(), pauses(&rig)), ("done", 0));
}

#[test]
fn only_reads_stops_before_the_first_change_and_the_first_question() {
    let mut rig = opened(MIXED, json!({"only_reads": true}));
    done(&mut rig, "one");
    assert_eq!(rig.status("idle"), "skipped", "what has nothing to do is no change");
    assert_eq!(wanted(&rig), ["two"]);
    assert!(!rig.engine.run().paused);
    rig.reopen();
    done(&mut rig, "two");
    assert!(rig.engine.run().paused, "{}", rig.tail());
    let extent = rig.engine.view().extent.unwrap();
    assert_eq!((extent.until, extent.reached), (None, true));
    assert_eq!(extent.next, ["write", "ask"]);
    rig.reopen();
    assert_eq!(wanted(&rig), ["write", "ask"]);
    assert_eq!(rig.status("behind"), "blocked");
}

#[test]
fn only_reads_does_not_stop_while_a_read_is_held() {
    let mut rig = opened(MIXED, json!({"only_reads": true}));
    rig.wait(Duration::from_hours(400));
    done(&mut rig, "one");
    let remedy = "fix it".to_owned();
    let class = surefoot::engine::event::HoldClass::Outside;
    rig.must(Body::StepHeld { step: "two".to_owned(), reason: "it is away".to_owned(), remedy, class });
    rig.conclude();
    assert_eq!(pauses(&rig), 0, "{}", rig.tail());
    rig.reopen();
    assert_eq!(wanted(&rig), ["two"], "it is tried again, and nothing else is");
}
