//! The change window: nothing begins outside of it, and nothing irreversible that does not fit into it.

use super::plans::{EVIDENCE, SOURCE, deletion};
use super::rig::{Rig, plan};
use super::story::{story, tell};
use super::world;
use serde_json::json;
use std::time::Duration;
use surefoot::base::{PlantedBug, Timestamp, with_flaw};
use surefoot::calendar::Span;
use surefoot::engine::call::Reply;
use surefoot::engine::event::{Body, HoldClass, RunOpened};
use surefoot::engine::{Gate, took};

/// A run begins at 03:04:05 on 2026-01-02.
const LATER: &str = "{timezone: UTC, start: 2026-01-02T04:00, duration: 2h}";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn with_window(yaml: &str, window: &str) -> String {
    yaml.replace("version: 1.0.0\n", &format!("version: 1.0.0\nwindow: {window}\n"))
}

fn reading(window: &str) -> String {
    let steps =
        "  - {id: one, uses: sleep, with: {for: 1m}}\n  - {id: two, uses: sleep, needs: [one], with: {for: 1m}}\n";
    with_window(&super::plans::runbook(steps), window)
}

/// Opens a run of which a session was asked to do this.
fn opened(yaml: &str, policy: surefoot::base::Value, first: impl IntoIterator<Item = Body>) -> Rig {
    let mut rig = Rig::unborn(plan(yaml));
    let Body::RunOpened(facts) = super::rig::birth(&rig.plan) else { unreachable!() };
    rig.must(Body::RunOpened(RunOpened { policy, ..facts }));
    for body in first {
        rig.must(body);
    }
    rig.conclude();
    rig
}

fn names(rig: &Rig) -> Vec<&'static str> {
    rig.log.iter().map(|event| event.body.name()).collect()
}

fn until(rig: &mut Rig, time: &str) {
    rig.now = at(time);
    rig.conclude();
}

fn done(rig: &mut Rig, step: &str) {
    let command = rig.pending(step).unwrap_or_else(|| panic!("{step} wants nothing\n{}", rig.tail()));
    let output = json!({"until": "2026-01-02T04:00:00Z"}).as_object().unwrap().clone();
    rig.reply(command.id, Reply::Done { output, evidence: Vec::new() });
}

#[test]
fn nothing_begins_before_the_window_opens() {
    let mut rig = Rig::open(&reading(LATER));
    assert_eq!(names(&rig), ["run.opened", "window.closed"]);
    assert_eq!(rig.engine.pending().count(), 0);
    assert_eq!(rig.engine.window_changes_at(), Some(at("2026-01-02T04:00:00Z")));
    assert!(!rig.engine.sleeps_for_window(), "nobody asked it to wait");
    until(&mut rig, "2026-01-02T03:59:59Z");
    assert_eq!(rig.engine.pending().count(), 0);
    until(&mut rig, "2026-01-02T04:00:00Z");
    assert_eq!(rig.pending("one").unwrap().step, "one");
}

#[test]
fn a_preflight_waits_too() {
    let rig = Rig::open(&with_window(&deletion(), LATER));
    assert_eq!(rig.engine.pending().count(), 0);
}

#[test]
fn a_death_changes_nothing_about_the_wait() {
    let mut rig = opened(&reading(LATER), json!(null), [Body::WindowAwaited]);
    assert!(rig.engine.sleeps_for_window());
    rig.now = at("2026-01-02T03:30:00Z");
    rig.reopen();
    assert!(!rig.engine.sleeps_for_window(), "the next session says for itself whether it waits");
    assert_eq!(rig.engine.pending().count(), 0);
    rig.must(Body::WindowAwaited);
    assert_eq!(rig.engine.window_changes_at(), Some(at("2026-01-02T04:00:00Z")));
    rig.now = at("2026-01-02T04:00:00Z");
    rig.reopen();
    assert!(rig.pending("one").is_some());
}

#[test]
fn at_its_end_everything_stands_still_or_what_has_begun_goes_on() {
    let open = "{timezone: UTC, start: 2026-01-02T03:00, duration: 10m}";
    let mut rig = Rig::open(&reading(open));
    until(&mut rig, "2026-01-02T03:10:00Z");
    assert_eq!(names(&rig).last(), Some(&"window.closed"));
    assert_eq!(rig.engine.pending().count(), 0);

    let finish = "{timezone: UTC, start: 2026-01-02T03:00, duration: 10m, on_close: finish_step}";
    let steps = "  - id: drain\n    uses: http.request\n    effect: undoable\n    timeout: 2h\n    \
                 with: {method: POST, url: \"https://lb.internal/drain\"}\n    \
                 probe: {uses: http.request, with: {url: \"https://lb.internal/old\"}, \
                 applied: \"{{ probe.json.state == 'drained' }}\"}\n  \
                 - {id: after, uses: sleep, needs: [drain], with: {for: 1m}}\n";
    let yaml = with_window(&super::plans::runbook(steps), finish);
    let look = "read read -> done {\"json\":{\"state\":\"active\"}}\n";
    let rig = story(&yaml, "drain", look);
    let mut rig = tell(rig, "drain", "! wait 7m\nprepare request 1 -> calm\nsend request 1 -> applied\n= succeeded\n");
    assert!(names(&rig).contains(&"window.closed"), "{}", rig.tail());
    assert_eq!(rig.engine.pending().count(), 0, "a step that has not begun does not begin");
    // Whoever takes it up after the end stands still.
    rig.reopen();
    assert_eq!(rig.engine.pending().count(), 0);
    assert_eq!(rig.engine.is_outside_window(rig.now), Some(None));

    // With `pause` the same effect is not announced any more, and what comes back is no reason to.
    let yaml = with_window(&super::plans::runbook(steps), open);
    let mut rig = story(&yaml, "drain", look);
    let prepare = rig.pending("drain").unwrap();
    until(&mut rig, "2026-01-02T03:10:00Z");
    let reply = world::calm(&rig.engine, &prepare, rig.now);
    rig.reply(prepare.id, reply);
    assert!(!names(&rig).contains(&"call.intended"));
}

#[test]
fn time_outs_do_not_run_while_it_is_closed() {
    let twice = "{timezone: UTC, rrule: \"FREQ=DAILY;BYHOUR=3,9\", duration: 10m}";
    let steps =
        "  - id: look\n    uses: http.request\n    timeout: 20m\n    with: {url: \"https://lb.internal/old\"}\n";
    let mut rig = Rig::open(&with_window(&super::plans::runbook(steps), twice));
    let failed = |rig: &mut Rig| {
        let id = rig.pending("look").unwrap().id;
        let error = surefoot::engine::call::CallError::new(surefoot::engine::call::ErrorClass::Outside, "no route");
        rig.reply(id, Reply::Failed(error));
    };
    failed(&mut rig);
    until(&mut rig, "2026-01-02T03:10:00Z");
    until(&mut rig, "2026-01-02T09:00:00Z");
    assert_eq!(rig.status("look"), "ready");
    // Six minutes of the first window are over, and fourteen are left.
    assert_eq!(rig.engine.deadline().unwrap(), at("2026-01-02T09:14:05Z"));
}

#[test]
fn what_is_left_must_cover_the_estimate_and_the_reserve() {
    let short = "{timezone: UTC, rrule: \"FREQ=DAILY;BYHOUR=3,9\", duration: 30m, reserve: 20m}";
    let held = "prepare delete 1 -> calm\n= held window: nothing was sent: 25m";
    let mut rig = story(&with_window(&deletion(), short), "delete", "");
    assert_eq!(rig.engine.estimate("delete"), None);
    rig.now = at("2026-01-02T03:09:00Z");
    tell(rig, "delete", "prepare delete 1 -> calm\nsend delete 1 -> silence\n");

    // The same with an estimate of ten minutes: it would have had to start within the first minutes of the window.
    let estimates = json!({"estimates": {"delete": {"seconds": 600, "from": "earlier runs"}}});
    let mut rig = opened(&with_window(&deletion(), short), estimates, []);
    world::lead_to(&mut rig, "delete");
    assert_eq!(rig.engine.estimate("delete"), Some(Duration::from_mins(10)));
    let rig = tell(rig, "delete", held);
    assert!(rig.engine.view().steps.iter().any(|step| step.class == Some(HoldClass::Window)));
    assert!(!names(&rig).contains(&"call.intended"));
    // It goes on by itself when the window opens again, and asks anew what has become stale.
    let mut rig = rig;
    until(&mut rig, "2026-01-02T03:30:00Z");
    assert_eq!(rig.status("delete"), "held");
    until(&mut rig, "2026-01-02T09:00:00Z");
    assert_eq!(rig.status("delete"), "ready");
}

#[test]
fn an_announcement_ends_where_the_room_for_it_ends() {
    let short = "{timezone: UTC, start: 2026-01-02T03:00, duration: 40m, reserve: 33m}";
    let mut rig = story(&with_window(&deletion(), short), "delete", "");
    rig.now = at("2026-01-02T03:05:00Z");
    let rig = tell(rig, "delete", "prepare delete 1 -> calm\nsend delete 1 -> silence\n");
    let deadline = rig.log.iter().find_map(|event| match &event.body {
        Body::CallIntended(intent) => intent.deadline,
        _ => None,
    });
    assert_eq!(deadline, Some(at("2026-01-02T03:07:00Z")), "the reserve begins then");
}

#[test]
fn past_the_point_of_no_return_the_run_goes_on_to_its_end() {
    let short = "{timezone: UTC, start: 2026-01-02T03:00, duration: 10m}";
    let steps = format!(
        "{EVIDENCE}  - {{id: delete, uses: aura.instance.delete, needs: [confirm], with: {{instance_id: \"{SOURCE}\"}}}}\n  \
         - {{id: after, uses: sleep, needs: [delete], with: {{for: 1m}}}}\n"
    );
    let yaml = with_window(&super::plans::runbook(&steps), short);
    let rig = story(&yaml, "delete", "prepare delete 1 -> calm\nsend delete 1 -> applied\n= succeeded");
    let mut rig = rig;
    until(&mut rig, "2026-01-02T03:10:00Z");
    assert_eq!(names(&rig).last(), Some(&"window.closed"));
    assert!(rig.engine.view().window.unwrap().left);
    done(&mut rig, "after");
    assert_eq!(names(&rig).last(), Some(&"run.closed"));
}

#[test]
fn what_was_certainly_sent_in_vain_is_no_point_of_no_return() {
    let short = "{timezone: UTC, start: 2026-01-02T03:00, duration: 10m}";
    let sent =
        "prepare delete 1 -> calm\nsend delete 1 -> not_sent outside no route\n+2s prepare delete 2 -> silence\n";
    let mut rig = story(&with_window(&deletion(), short), "delete", sent);
    until(&mut rig, "2026-01-02T03:10:00Z");
    assert_eq!(rig.engine.pending().count(), 0);
    assert!(!rig.engine.view().window.unwrap().left);
    // What may have arrived is looked for, whatever the time.
    let unknown = "prepare delete 1 -> calm\nsend delete 1 -> unknown\n";
    let mut rig = story(&with_window(&deletion(), short), "delete", unknown);
    until(&mut rig, "2026-01-02T03:10:00Z");
    assert_eq!(rig.engine.pending().count(), 1);
    assert!(rig.engine.view().window.unwrap().left);
}

#[test]
fn a_step_takes_from_its_announcement_to_its_end() {
    let sent = "prepare delete 1 -> calm\nsend delete 1 -> silence\n! wait 90s\n";
    let mut rig = story(&deletion(), "delete", sent);
    let id = rig.pending("delete").unwrap().id;
    rig.reply(id, world::settled(surefoot::engine::call::Outcome::Applied, json!(null), None));
    assert_eq!(took(&rig.log).get("delete"), Some(&Duration::from_secs(90)), "{}", rig.tail());
    assert_eq!(took(&rig.log).len(), 1, "what only reads has no estimate");
}

#[test]
fn who_says_why_acts_outside_of_it_for_one_session() {
    let reason = "INC-4711: the primary is down, approved by Ito".to_owned();
    let first = [Body::WindowOverridden { reason: reason.clone() }];
    let mut rig = opened(&reading(LATER), json!(null), first);
    assert!(rig.pending("one").is_some());
    assert_eq!(rig.engine.view().window.unwrap().overridden, Some(reason));
    rig.reopen();
    assert_eq!(rig.engine.pending().count(), 0, "the reason was one for that session");
    // It lifts what lacks room, too.
    let short = "{timezone: UTC, start: 2026-01-02T03:00, duration: 10m, reserve: 9m}";
    let held = "prepare delete 1 -> calm\n= held window: nothing was sent: 5m55s of the change window are left";
    let rig = story(&with_window(&deletion(), short), "delete", held);
    let mut rig = rig;
    rig.must(Body::WindowOverridden { reason: "INC-4711: it cannot wait any longer".to_owned() });
    rig.conclude();
    assert_eq!(rig.status("delete"), "ready");
}

#[test]
fn what_the_calendar_does_not_say_is_refused() {
    let mut rig = Rig::open(&reading(LATER));
    let until = at("2026-01-02T06:00:00Z");
    let forged = Body::WindowOpened { from: rig.now, until };
    assert_eq!(rig.take(forged).unwrap_err().reason, "the calendar says otherwise");
    let mut plain = Rig::open(&super::plans::runbook("  - {id: one, uses: sleep, with: {for: 1m}}\n"));
    assert_eq!(plain.take(Body::WindowAwaited).unwrap_err().reason, "the run has no window");
    assert_eq!(plain.engine.view().window, None);
}

#[test]
fn a_clock_that_is_set_back_is_looked_up_again() {
    let mut rig = Rig::open(&reading("{timezone: UTC, start: 2026-01-02T03:00, duration: 10m}"));
    until(&mut rig, "2026-01-02T03:10:00Z");
    until(&mut rig, "2026-01-02T03:05:00Z");
    let span = Span { from: at("2026-01-02T03:00:00Z"), until: at("2026-01-02T03:10:00Z") };
    assert_eq!(rig.engine.run().window.gate, Gate::Open(span));
}

/// Whether the guard of the window holds; the flaw `WindowIgnored` is seen by it.
fn nothing_irreversible_is_announced_without_room() {
    let short = "{timezone: UTC, start: 2026-01-02T03:00, duration: 10m, reserve: 9m}";
    story(&with_window(&deletion(), short), "delete", "prepare delete 1 -> calm\n= held window");
}

#[test]
fn the_flaw_that_ignores_the_window_is_seen() {
    nothing_irreversible_is_announced_without_room();
    let flawed = || with_flaw(Some(PlantedBug::WindowIgnored), nothing_irreversible_is_announced_without_room);
    assert!(std::panic::catch_unwind(flawed).is_err());
}
