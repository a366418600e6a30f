//! The driver: one turn after another, over a log, a clock and a person that do as they are told.

mod person;
mod rig;

use rig::{Note, Rig, source, tenant};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use surefoot::driver::{DriveError, Rescued, Stop};
use surefoot::engine::Phase;
use surefoot::engine::call::{Call, Outcome};
use surefoot::engine::command::Act;
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

fn is_intent_of(body: &Body, step: &str) -> bool {
    matches!(body, Body::CallIntended(intent) if intent.step == step)
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
fn the_example_of_a_wait_until_a_time_of_day_ends_then() {
    let example = surefoot::kinds::find("sleep").unwrap().example;
    let mut rig = Rig::new(&example.lines().map(|line| format!("  {line}\n")).collect::<String>());
    let begun = rig.now();
    assert_eq!(rig.drive(never()).unwrap(), DONE);
    let (hour, span) = (rig.now().time_of_day(), rig.now().since(begun));
    // It is ten in the evening there, in winter or in summer.
    assert!(hour == "21:00:00" || hour == "20:00:00", "{hour}");
    assert!(span.as_secs() <= 86_400, "{span:?}");
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
        assert!(matches!(failed, Err(DriveError::Poisoned { .. })), "{failed:?}");
        assert_eq!(rig.log.commits(), failing, "nothing is committed after a failure");
        assert_eq!(rig.home().join("n.txt").exists(), rig.log.holds(is_intended), "commit {failing}");
        assert_eq!(rig.notes().iter().filter(|note| matches!(note, Note::Told(_))).count(), failing);
    }
}

/// A step that creates an instance.
fn make() -> String {
    format!(
        "  - id: make\n    uses: aura.instance.create\n    with: {{tenant_id: \"{}\", type: enterprise-db, \
         cloud_provider: aws, region: eu-west-1, memory: 8GB, password_file: new.env}}\n",
        tenant()
    )
}

/// Files that are written one after another while something else is under way.
fn writes() -> String {
    let write = |number: usize| {
        let needs = if number == 0 { String::new() } else { format!("needs: [w{}], ", number - 1) };
        format!("  - {{id: w{number}, {needs}uses: file.write, with: {{path: n{number}.txt, content: hello}}}}\n")
    };
    (0..100).map(write).collect()
}

const AURA: &str = "secrets: {aura: {env: [ID, SECRET]}}\n";

#[track_caller]
fn rescued(rig: &mut Rig) -> Vec<Rescued> {
    // A person who thinks is not waited for.
    drop(rig.person.think_for_ever());
    match rig.drive(never()) {
        Err(DriveError::Poisoned { rescued, .. }) => rescued,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_opens(rig: &Rig, rescued: &[Rescued]) {
    let [Rescued { step, attempt: 1, sealed }] = rescued else { panic!("{rescued:?}") };
    let plain = rig.open(sealed);
    let text = |name: &str| plain[name].as_str().unwrap().to_owned();
    assert_eq!((step.as_str(), plain["attempt"].as_u64()), ("make", Some(1)));
    assert!(rig.passwords().contains(&(text("id"), text("password"))), "it opens the instance that was created");
}

#[test]
fn the_password_of_a_record_that_cannot_be_made_is_handed_up_sealed() {
    let mut rig = Rig::with_head(AURA, &format!("{}{TASK}", make()));
    rig.log.fail_when(|events| events.iter().any(|event| matches!(event.body, Body::CallSettled(_))));
    let rescued = rescued(&mut rig);
    assert_opens(&rig, &rescued);
}

#[test]
fn the_password_of_an_answer_that_was_on_its_way_is_handed_up_sealed() {
    let mut rig = Rig::with_head(AURA, &format!("{}{TASK}{}", make(), writes()));
    let (mut is_sent, mut count) = (false, 0);
    let wire = Arc::clone(&rig.wire);
    rig.log.fail_when(move |events| {
        count += usize::from(is_sent);
        is_sent |=
            events.iter().any(|event| matches!(&event.body, Body::CallIntended(intent) if intent.step == "make"));
        assert!(count != 5 || wire.created() == 0, "it is answered too early for this test");
        count == 5
    });
    let rescued = rescued(&mut rig);
    assert!(!rig.log.holds(|body| matches!(body, Body::CallSettled(one) if one.step == "make")));
    assert_opens(&rig, &rescued);
    assert_eq!(rig.wire.created(), 1);
    let written = (0..100).filter(|number| rig.home().join(format!("n{number}.txt")).exists()).count();
    let announced = rig.log.count(|body| matches!(body, Body::CallIntended(intent) if intent.step.starts_with('w')));
    assert!(written <= announced && announced < 100, "{written} files were written and {announced} announced");
}

#[test]
fn a_request_that_has_not_left_when_the_journal_fails_does_not_leave() {
    // A token, the tenants and the first list; the request itself waits for its place in the budget.
    let mut rig = Rig::with_budget(AURA, &format!("{}{}", make(), writes()), 3);
    let (mut is_announced, mut count) = (false, 0);
    rig.log.fail_when(move |events| {
        count += usize::from(is_announced);
        is_announced |= events.iter().any(|event| is_intent_of(&event.body, "make"));
        count == 5
    });
    assert_eq!(rescued(&mut rig), []);
    assert!(rig.log.holds(|body| is_intent_of(body, "make")));
    assert_eq!(rig.wire.created(), 0);
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
fn an_answer_on_its_way_when_the_trail_fails_is_recorded_and_nothing_more_is_sent() {
    let mut rig = Rig::with_head(AURA, &format!("{}{TASK}{}", make(), writes()));
    drop(rig.person.think_for_ever());
    let (mut is_sent, mut count) = (false, 0);
    let wire = Arc::clone(&rig.wire);
    rig.refuse_when(move |body| {
        is_sent |= is_intent_of(body, "make");
        count += usize::from(is_sent && matches!(body, Body::CallIntended(_)));
        assert!(count != 5 || wire.created() == 0, "it is answered too early for this test");
        count == 5
    });
    let failed = rig.drive(never());
    assert!(matches!(&failed, Err(DriveError::Observer(why)) if why == "no trail"), "{failed:?}");
    let is_sealed = |body: &Body| matches!(body, Body::CallSettled(one) if one.step == "make" && one.sealed.is_some());
    assert!(rig.log.holds(is_sealed), "{:?}", rig.log.names());
    assert_eq!(rig.replayed().view(), rig.engine.view());
    let Some(Note::Told(last)) = rig.notes().into_iter().rfind(|note| matches!(note, Note::Told(_))) else { panic!() };
    assert!(last.contains(&"call.intended"), "nobody is told after that: {last:?}");
    let written = (0..100).filter(|number| rig.home().join(format!("n{number}.txt")).exists()).count();
    let announced = rig.log.count(|body| matches!(body, Body::CallIntended(intent) if intent.step.starts_with('w')));
    assert!(written < announced && announced < 100, "{written} files were written and {announced} announced");
}

#[test]
fn what_was_announced_and_not_sent_when_the_trail_fails_was_refused_by_nobody() {
    // One try is all that the runbook allows; what we ourselves held back is none.
    let head = format!("{AURA}defaults: {{retry: {{max: 1}}}}\n");
    let is_withheld = |body: &Body| {
        let Body::CallSettled(one) = body else { return false };
        let error = one.error.as_ref().map(|error| error.reason.as_str());
        one.step == "make" && one.outcome == Outcome::NotSent && error == Some("withheld")
    };
    let assert_withheld = |rig: &mut Rig| {
        drop(rig.person.think_for_ever());
        let failed = rig.drive(never());
        assert!(matches!(failed, Err(DriveError::Observer(_))), "{failed:?}");
        assert!(rig.log.holds(is_withheld), "{:?}", rig.log.names());
        assert_eq!((rig.wire.created(), rig.engine.run().phase), (0, Phase::Running));
        let next = rig.engine.pending().find(|command| command.step == "make").unwrap();
        assert!(matches!(next.act, Act::Prepare(Call::Create)), "{next:?}");
    };
    // It is in the batch that cannot be told.
    let mut rig = Rig::with_head(&head, &format!("{}{TASK}", make()));
    rig.refuse_when(|body| is_intent_of(body, "make"));
    assert_withheld(&mut rig);
    // It waits for its place in the budget: a token, the tenants and the first list were before it.
    let mut rig = Rig::with_budget(&head, &format!("{}{}", make(), writes()), 3);
    let (mut is_announced, mut count) = (false, 0);
    rig.refuse_when(move |body| {
        is_announced |= is_intent_of(body, "make");
        count += usize::from(is_announced);
        count == 5
    });
    assert_withheld(&mut rig);
}

#[test]
fn who_leaves_gives_nothing_up() {
    let wait = format!(
        "  - {{id: wait, uses: aura.instance.await, with: {{instance_id: \"{}\", status: paused}}, timeout: 5m}}\n",
        source()
    );
    let mut rig = Rig::with_head(AURA, &format!("{}{wait}", make()));
    // While the answer to what is in flight is waited for, the time of the other step goes by.
    let interrupted = rig.suspend_in_flight(1200);
    assert_eq!(rig.drive(interrupted).unwrap(), Stop::Interrupted);
    assert!(rig.log.holds(|body| matches!(body, Body::CallSettled(one) if one.sealed.is_some())));
    assert!(!rig.log.holds(|body| matches!(body, Body::StepFailed { .. } | Body::StepHeld { .. })));
    assert_eq!(rig.engine.run().phase, Phase::Running);
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
