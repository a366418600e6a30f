//! The driver: one turn after another, over a log, a clock and a person that do as they are told.

mod rig;

use rig::{Note, Rig, source};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use surefoot::driver::{DriveError, Stop};
use surefoot::engine::Phase;
use surefoot::engine::event::{Body, Verdict};
use surefoot::port::Async;

const WRITE: &str = "  - {id: write, uses: file.write, with: {path: n.txt, content: hello}}\n";
const TASK: &str = "  - {id: task, uses: manual, with: {instructions: Do it.}}\n";
const DONE: Stop = Stop::Closed(Verdict::Done);

fn never() -> Async<'static, ()> {
    Box::pin(std::future::pending())
}

fn is_intended(body: &Body) -> bool {
    matches!(body, Body::CallIntended(_))
}

#[test]
fn a_run_is_driven_to_its_end_and_its_log_replays_to_the_same_state() {
    let rest = "  - {id: rest, uses: sleep, with: {for: 2h}}\n";
    let mut rig = Rig::new(&format!("{rest}  - {{id: last, needs: [rest], uses: assert, with: {{that: true}}}}\n"));
    let begun = rig.now();
    assert_eq!(rig.drive(never()).unwrap(), DONE);
    assert_eq!(rig.now().since(begun).as_secs(), 7_200, "the clock of the run decides, and nothing else");
    assert_eq!(rig.replayed().view(), rig.engine.view());
}

#[test]
fn nothing_is_sent_before_its_announcement_is_durable() {
    let mut rig = Rig::new(WRITE);
    let path = rig.home().join("n.txt");
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    rig.log.on_commit(move |events| {
        let is_settled = events.iter().any(|event| matches!(event.body, Body::CallSettled(_)));
        let is_announced = events.iter().any(|event| is_intended(&event.body));
        assert!(!is_announced || !path.exists(), "written before it was announced");
        assert!(!is_settled || path.exists(), "recorded before it was written");
        count.fetch_add(usize::from(is_announced || is_settled), Ordering::SeqCst);
    });
    assert_eq!(rig.drive(never()).unwrap(), DONE);
    assert_eq!(seen.load(Ordering::SeqCst), 2);
}

#[test]
fn what_one_reply_means_is_known_before_the_next_is_looked_at() {
    let mut rig = Rig::new(&format!("{WRITE}{}", WRITE.replace("id: write", "id: other").replace("n.txt", "m.txt")));
    assert_eq!(rig.drive(never()).unwrap(), DONE);
    let names: Vec<_> =
        rig.log.names().into_iter().filter(|name| ["call.settled", "step.succeeded"].contains(name)).collect();
    assert_eq!(names, ["call.settled", "step.succeeded", "call.settled", "step.succeeded"], "{:?}", rig.notes());
    let is_both = |note: &Note| matches!(note, Note::Committed(names) if names.iter().filter(|one| **one == "call.settled").count() == 2);
    assert!(rig.notes().iter().any(is_both), "they came in the same turn: {:?}", rig.notes());
}

#[test]
fn every_commit_that_fails_ends_the_right_to_act() {
    let steps = format!("{TASK}{}", WRITE.replace("id: write", "id: write, needs: [task]"));
    let mut whole = Rig::new(&steps);
    whole.drive(never()).unwrap();
    let commits = whole.log.commits();
    assert!(commits >= 3, "{commits}");
    for failing in 0..commits {
        let mut rig = Rig::new(&steps);
        rig.log.fail_at(failing);
        let failed = rig.drive(never());
        assert!(matches!(failed, Err(DriveError::Poisoned(_))), "{failed:?}");
        assert_eq!(rig.log.commits(), failing, "nothing is committed after a failure");
        assert_eq!(rig.home().join("n.txt").exists(), rig.log.holds(is_intended), "commit {failing}");
        assert_eq!(rig.notes().iter().filter(|note| matches!(note, Note::Told(_))).count(), failing);
    }
}

#[test]
fn observers_are_told_after_the_commit_and_may_stop_the_run() {
    let mut rig = Rig::new(WRITE);
    rig.drive(never()).unwrap();
    let notes = rig.notes();
    assert!(notes.len() >= 4 && notes.len().is_multiple_of(2), "{notes:?}");
    for pair in notes.chunks(2) {
        assert!(matches!(pair, [Note::Committed(a), Note::Told(b)] if a == b), "{notes:?}");
    }

    let mut rig = Rig::new(WRITE);
    rig.refuse_when(is_intended);
    let failed = rig.drive(never());
    assert!(matches!(&failed, Err(DriveError::Observer(why)) if why == "no trail"), "{failed:?}");
    assert!(!rig.home().join("n.txt").exists(), "sent, and nobody could be told that it would be");
}

#[test]
fn as_many_steps_at_once_as_the_runbook_says() {
    let look = |number| {
        format!("  - {{id: look{number}, uses: aura.instance.get, with: {{instance_id: \"{}\"}}}}\n", source())
    };
    let looks: String = (0..9).map(look).collect();
    for (concurrency, most) in [(1, 1), (3, 3), (64, 9)] {
        let mut rig = Rig::with_head(
            &format!("secrets: {{aura: {{env: [ID, SECRET]}}}}\ndefaults: {{concurrency: {concurrency}}}\n"),
            &looks,
        );
        assert_eq!(rig.drive(never()).unwrap(), DONE, "{:?}", rig.engine.view());
        assert_eq!(rig.wire.most_at_once(), most, "concurrency {concurrency}");
    }
}

#[test]
fn a_person_who_is_not_there_leaves_the_run_waiting_and_the_rest_goes_on() {
    let mut rig = Rig::new(&format!("{TASK}{WRITE}"));
    rig.person.leave();
    assert_eq!(rig.drive(never()).unwrap(), Stop::Waiting);
    assert!(rig.home().join("n.txt").exists());
    assert!(rig.engine.steps()[0].history.open_question().is_some());
}

#[test]
fn a_stop_is_heard_between_turns_and_leaves_nothing_unrecorded() {
    let mut rig = Rig::new(&format!("{WRITE}{}", TASK.replace("id: task", "id: task, needs: [write]")));
    let asked = rig.person.think_for_ever();
    assert_eq!(rig.drive(asked).unwrap(), Stop::Interrupted);
    assert!(rig.log.holds(|body| matches!(body, Body::StepSucceeded { step, .. } if step == "write")));
    assert!(!matches!(rig.engine.run().phase, Phase::Closed(_)));
    assert_eq!(rig.replayed().view(), rig.engine.view());
}

#[test]
fn once_it_is_stopping_nothing_is_announced() {
    let mut rig = Rig::new(WRITE);
    assert_eq!(rig.drive(Box::pin(std::future::ready(()))).unwrap(), Stop::Interrupted);
    assert!(!rig.home().join("n.txt").exists());
    assert!(!rig.log.holds(is_intended));
}

#[test]
fn a_segment_that_has_become_long_is_ended_between_commits() {
    let mut rig = Rig::new(WRITE);
    rig.log.rotate_after(1);
    assert_eq!(rig.drive(never()).unwrap(), DONE);
    let is_segment = |note: &&Note| matches!(note, Note::Told(names) if names == &["journal.segment"]);
    assert_eq!(rig.notes().iter().filter(is_segment).count(), 1);
    assert_eq!(rig.replayed().view(), rig.engine.view(), "the engine counts the record of the journal");
}

#[test]
fn a_word_of_the_service_is_not_taken_for_a_person_who_is_not_there() {
    let steps = format!("  - {{id: look, uses: aura.instance.get, with: {{instance_id: \"{}\"}}}}\n", source());
    let mut rig = Rig::with_head("secrets: {aura: {env: [ID, SECRET]}}\n", &steps);
    rig.wire.answer_instead(400, r#"{"errors":[{"message":"no such thing","reason":"absent"}]}"#);
    assert_eq!(rig.drive(never()).unwrap(), Stop::Closed(Verdict::Failed));
}

#[test]
fn a_process_that_was_suspended_looks_before_it_gives_up() {
    let steps = format!(
        "  - {{id: snap, uses: aura.snapshot.create, with: {{instance_id: \"{0}\"}}}}\n  \
         - {{id: wait, uses: aura.snapshot.await, with: {{instance_id: \"{0}\", \
         snapshot_id: \"{{{{ steps.snap.snapshot_id }}}}\"}}, timeout: 10m}}\n",
        source()
    );
    let mut rig = Rig::with_head("secrets: {aura: {env: [ID, SECRET]}}\n", &steps);
    rig.suspend_after("wait", 36_000);
    assert_eq!(rig.drive(never()).unwrap(), DONE, "{:?}", rig.engine.view());
    assert!(rig.log.holds(|body| matches!(body, Body::CallProbed { step, .. } if step == "wait")));
}

#[test]
fn a_clock_that_is_set_back_makes_nobody_wait_for_what_it_said_before() {
    let steps = format!(
        "  - {{id: wait, uses: aura.instance.await, with: {{instance_id: \"{}\", status: paused}}, timeout: 5m}}\n",
        source()
    );
    let mut rig = Rig::with_head("secrets: {aura: {env: [ID, SECRET]}}\n", &steps);
    let begun = rig.now();
    let asked = rig.after_commits(3);
    assert_eq!(rig.drive(asked).unwrap(), Stop::Interrupted);
    rig.set_back(86_400);
    assert_eq!(rig.drive(never()).unwrap(), Stop::Closed(Verdict::Failed));
    let lasted = rig.now().since(begun.minus(std::time::Duration::from_hours(24)));
    assert!(lasted.as_secs() < 700, "given up after its time-out by the clock as it is now, not after {lasted:?}");
}
