//! The run as a whole: preflight, order, conditions, time-outs, cancel and pause.

use super::plans::{SOURCE, creation, creation_step, deletion, migration, runbook, with_defaults};
use super::rig::{Rig, birth, plan, session};
use super::story::{story, tell};
use super::world;
use std::time::Duration;
use surefoot::base::Value;
use surefoot::engine::Phase;
use surefoot::engine::call::{CallError, ErrorClass, Outcome};
use surefoot::engine::command::Act;
use surefoot::engine::event::{Body, Verdict};
use surefoot::engine::question::Form;

fn check_first() -> String {
    runbook("  - {id: up, uses: s3.put, with: {path: x, sha256: abc, bucket: b}}\n")
}

#[test]
fn a_preflight_that_fails_in_passing_is_tried_again_and_then_held() {
    story(
        &check_first(),
        "up",
        r"
        check      -> unchecked outside no route
        = waits 1: no route
        +2s check  -> unchecked outside no route
        = waits 2: no route
        ! crash
        +4s check  -> unchecked outside no route
        = waits 3: no route
        +8s check  -> unchecked busy ongoing
        = waits 4: ongoing
        +16s check -> unchecked outside no route
        = held outside: no route
        nothing
        ! resume
        check      -> calm
        read probe -> silence
        ",
    );
}

/// Two steps that are checked before the run begins: `up` and `recreate`.
fn two_to_check() -> String {
    let yaml = format!("{}{}", check_first(), creation_step("needs: [up]"));
    yaml.replacen("version: 1.0.0", "version: 1.0.0\nsecrets: {aura: {env: [A, B]}}", 1)
}

#[test]
fn a_preflight_that_does_not_pass_is_made_again_by_the_next_session() {
    let found = "check -> unchecked check the file exists\n";
    let rig = story(&check_first(), "up", &format!("{found}= held check: the file exists\nnothing"));
    assert_eq!(rig.log.len(), 2);
    story(&check_first(), "up", &format!("{found}= held check: the file exists\n! resume\ncheck -> calm"));
    story(&check_first(), "up", &format!("{found}= held check: the file exists\n! cancel\n= closed cancelled"));
    let stopping = check_first().replace("{id: up, ", "{id: up, on_failure: stop, ");
    let rig = story(&stopping, "up", &format!("{found}= failed check: the file exists\n= closed failed"));
    assert_eq!(rig.log.len(), 3);
}

#[test]
fn a_person_is_told_of_everything_that_a_preflight_finds() {
    let mut rig = Rig::open(&two_to_check());
    rig = tell(rig, "recreate", "check -> unchecked check the file exists\n= held check: the file exists");
    assert_eq!(rig.engine.run().phase, Phase::Preflight);
    rig = tell(rig, "up", "check -> unchecked check no bucket\n= held check: no bucket\nnothing");
    rig = tell(rig, "recreate", "! resume\ncheck -> calm");
    rig = tell(rig, "up", "check -> unchecked check no bucket\n= held check: no bucket\n! cancel\n= closed cancelled");
    assert_eq!(rig.engine.run().phase, Phase::Closed(Verdict::Cancelled));
    // Where the runbook says that a failure closes the run, the rest is asked all the same.
    let stopping = two_to_check().replace("{id: recreate, ", "{id: recreate, on_failure: stop, ");
    let mut rig = Rig::open(&stopping);
    rig = tell(rig, "recreate", "check -> unchecked check the file exists\n= failed check: the file exists");
    assert_eq!(rig.engine.run().phase, Phase::Ending(Verdict::Failed));
    rig = tell(rig, "up", "check -> unchecked busy ongoing\n= waits 1: ongoing\n! crash");
    rig = tell(rig, "up", "+2s check -> calm\n= closed failed");
    assert_eq!(rig.engine.run().phase, Phase::Closed(Verdict::Failed));
}

#[test]
fn nothing_begins_before_every_preflight_passed() {
    let mut rig = Rig::open(&two_to_check());
    assert_eq!(rig.engine.run().phase, Phase::Preflight);
    let checks: Vec<_> = rig.engine.pending().map(|command| command.step.clone()).collect();
    assert_eq!(checks, ["up", "recreate"]);
    rig = tell(rig, "recreate", "check -> calm\nnothing");
    tell(
        rig,
        "up",
        "check -> unchecked outside no route\n= waits 1: no route\n+2s check -> calm\nread probe -> silence",
    );
}

#[test]
fn what_is_refused_in_the_turn_of_the_crossing_is_held() {
    let update =
        "{id: beside, uses: aura.instance.update, needs: [confirm], with: {instance_id: \"0a1b2c3d\", memory: 2GB}}";
    let mut rig = Rig::open(&format!("{}  - {update}\n", deletion()));
    world::lead_to(&mut rig, "delete");
    let sent = loop {
        let command = rig.pending("beside").unwrap();
        if matches!(command.act, Act::Send(_)) {
            break command;
        }
        let reply = world::calm(&rig.engine, &command, rig.now);
        rig.reply(command.id, reply);
    };
    world::look_again(&mut rig, "delete");
    let delete = rig.pending("delete").unwrap();
    let guard = world::calm(&rig.engine, &delete, rig.now);
    let error = CallError::new(ErrorClass::Invalid, "no such size");
    rig.replies([(sent.id, world::settled(Outcome::Rejected, Value::Null, Some(error))), (delete.id, guard)]);
    assert!(rig.engine.run().crossed.is_some());
    assert_eq!(rig.status("beside"), "held");
}

#[test]
fn steps_wait_for_each_other_and_null_stands_for_what_was_skipped() {
    let yaml = runbook(
        r#"
  - {id: never, uses: assert, when: "{{ 1 == 2 }}", with: {that: true}}
  - {id: after, uses: assert, with: {that: "{{ steps.never.that is none }}"}}
"#,
    );
    let rig = story(&yaml, "after", "read read -> calm\n= succeeded {\"that\":true}\n= closed done");
    assert_eq!(rig.status("never"), "skipped");
    assert_eq!(rig.engine.with(1).unwrap()["that"], serde_json::json!(true));
}

#[test]
fn inputs_that_cannot_be_rendered_fail_the_step() {
    let yaml = runbook(
        r#"
  - {id: never, uses: assert, when: "{{ 1 == 2 }}", with: {that: true}}
  - {id: after, uses: assert, with: {that: "{{ steps.never.that }}"}}
"#,
    );
    let rig = Rig::open(&yaml);
    assert_eq!((rig.status("after"), rig.engine.run().phase), ("failed", Phase::Closed(Verdict::Failed)));
}

#[test]
fn a_change_looks_for_what_it_asked_for_as_the_service_tells_it() {
    let up = |with: &str| {
        runbook(&format!("  - {{id: up, uses: aura.instance.update, with: {{instance_id: \"2f49c2b3\", {with}}}}}\n"))
    };
    for (with, seen) in [
        ("memory: 8G", r#""memory":"8GB""#),
        ("memory: 16 gb, storage: 32GB", r#""memory":"16GB","storage":"32G""#),
        ("vector_optimized: false, graph_analytics_plugin: false", r#""vector_optimized":null"#),
        ("secondaries_count: 0", r#""secondaries_count":null"#),
        ("cdc_enrichment_mode: \"OFF\"", r#""cdc_enrichment_mode":null"#),
        ("cdc_enrichment_mode: FULL", r#""cdc_enrichment_mode":"full""#),
    ] {
        let rows = format!("read probe -> found {{{seen},\"status\":\"running\"}}\n= succeeded\n= closed done");
        story(&up(with), "up", &rows);
    }
    for (with, seen, body) in [
        ("memory: 16 gb", r#""memory":"8GB""#, r#"{"memory":"16GB"}"#),
        ("vector_optimized: true", r#""vector_optimized":null"#, r#"{"vector_optimized":true}"#),
        ("secondaries_count: 1", r#""secondaries_count":null"#, r#"{"secondaries_count":1}"#),
        ("cdc_enrichment_mode: DIFF", r#""cdc_enrichment_mode":null"#, r#"{"cdc_enrichment_mode":"DIFF"}"#),
        ("name: Orders", r#""name":"orders""#, r#"{"name":"Orders"}"#),
    ] {
        let rig = story(&up(with), "up", &format!("read probe -> found {{{seen},\"status\":\"running\"}}"));
        assert_eq!(rig.pending("up").unwrap().input["body"].to_string(), body, "{with}");
    }
}

#[test]
fn what_is_held_with_a_request_in_doubt_can_be_changed_or_said_to_be_settled() {
    let yaml = runbook("  - {id: up, uses: aura.instance.update, with: {instance_id: \"2f49c2b3\", memory: 8GB}}\n");
    let small = r#"found {"memory":"4GB","status":"running"}"#;
    let doubt = format!("read probe -> {small}\nprepare update 1 -> calm\nsend update 1 -> unknown\n");
    // A value that the service chokes on: another one may be given, and the first one must not come after it.
    let held = format!("{doubt}read probe -> failed invalid odd\n= held person: odd\n! resume\n! set memory=16GB\n");
    story(
        &yaml,
        "up",
        &format!(
            "{held}read probe -> {small}\nprepare update 2 -> calm\nsend update 2 -> applied\n\
             read probe -> found {{\"memory\":\"16GB\",\"status\":\"running\"}}\n\
             +180s read probe -> found {{\"memory\":\"8GB\",\"status\":\"running\"}}\n\
             +10s read probe -> found {{\"memory\":\"16GB\",\"status\":\"running\"}}\n= succeeded\n= closed done"
        ),
    );
    // The instance is gone for good: nobody can look any more, and a word ends it.
    let gone = "read probe -> failed not_found no such instance\n= held person: no such instance\n";
    let rig = story(&yaml, "up", &format!("{doubt}{gone}! cancel\nnothing\n! resume\n{gone}nothing"));
    tell(rig, "up", &format!("! resolve not-applied\nnothing\n! resume\n{gone}= closed cancelled"));
}

#[test]
fn a_run_can_be_cancelled_until_the_point_of_no_return() {
    let rig = story(&deletion(), "delete", "! cancel\n= closed cancelled");
    assert_eq!(rig.engine.view().phase, Phase::Closed(Verdict::Cancelled));
    let rig = story(&deletion(), "delete", "prepare delete 1 -> calm");
    let refusal = rig.engine.admit(rig.event(Body::RunCancelAsked)).map(drop).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "`run.cancel_asked` cannot happen while the run is running: the point of no return has been passed"
    );
    // What was in flight is waited for.
    let yaml = runbook("  - {id: note, uses: file.write, with: {path: n, content: c}}\n");
    story(
        &yaml,
        "note",
        "prepare write 1 -> calm\n! cancel\nsend write 1 -> not_sent outside no route\n= closed cancelled",
    );
}

#[test]
fn a_pause_ends_with_the_session() {
    let yaml = runbook(
        "  - {id: one, uses: assert, with: {that: true}}\n  - {id: m, uses: manual, with: {instructions: x}}\n",
    );
    let rig = story(&yaml, "one", "! pause\nnothing\n! wait 1h\nnothing");
    // People may still answer.
    let rig = tell(rig, "m", "ask 1 -> answer done");
    assert_eq!(rig.status("m"), "ready");
    let rig = tell(rig, "one", "! resume\nread read -> silence");
    assert_eq!(rig.status("m"), "succeeded");
}

#[test]
fn after_the_point_of_no_return_time_outs_hold() {
    let yaml = migration();
    let mut rig = Rig::open(&yaml);
    world::lead_to(&mut rig, "delete");
    rig = tell(rig, "delete", "prepare delete 1 -> calm\nsend delete 1 -> calm\n= succeeded");
    world::lead_to(&mut rig, "recreate");
    tell(rig, "recreate", "! wait 10m\n= held person: not done after 10m\n! resume\nread baseline -> calm");
}

#[test]
fn a_step_that_owns_something_is_held_and_does_not_close_the_run() {
    story(
        &creation(),
        "recreate",
        r"
        check            -> calm
        read baseline    -> calm
        prepare create 1 -> calm
        send create 1    -> calm
        deliver 1        -> failed local disk full
        = waits 1: disk full
        +2s deliver 1    -> failed local disk full
        = waits 2: disk full
        +4s deliver 1    -> failed local disk full
        = waits 3: disk full
        +8s deliver 1    -> failed local disk full
        = waits 4: disk full
        +16s deliver 1   -> failed local disk full
        = held person: disk full
        ! resume
        deliver 1        -> calm
        read probe       -> calm
        prepare rename 1 -> calm
        send rename 1    -> rejected 400 invalid bad name
        = held person: bad name
        ",
    );
}

#[test]
fn a_step_keeps_its_slot_until_it_needs_none() {
    // `a` asks before `b` begins; when it is answered it must not take the slot from `b`, whose effect is announced.
    let yaml = with_defaults(
        "concurrency: 1",
        r#"
  - {id: a, uses: backup.receive, with: {instance_id: "2f49c2b3", snapshot_id: s, snapshot_time: "2026-01-02T03:00:00Z"}}
  - {id: b, uses: file.write, with: {path: n, content: c}}
"#,
    );
    let rig = story(&yaml, "b", "prepare write 1 -> silence");
    let rig = tell(rig, "a", "ask 1 -> answer /x\nnothing");
    let rig = tell(rig, "b", "prepare write 1 -> calm\nsend write 1 -> applied\n= succeeded");
    tell(rig, "a", "read read -> silence");
}

#[test]
fn outputs_are_rendered_at_the_end() {
    let yaml = runbook("  - {id: one, uses: assert, with: {that: true}}\noutputs: {all: \"{{ steps.one.that }}\"}\n");
    let rig = story(&yaml, "one", "read read -> calm\n= succeeded\n= closed done");
    let Body::RunClosed { summary, .. } = &rig.log.last().unwrap().body else { panic!() };
    assert_eq!(serde_json::to_value(summary).unwrap(), serde_json::json!({"outputs": {"all": true}}));
}

#[test]
fn outputs_that_no_record_could_hold_do_not_keep_the_run_open() {
    let long = "x".repeat(60 << 10);
    let yaml = runbook(
        "  - {id: one, uses: aura.instance.get, with: {instance_id: \"2f49c2b3\"}}\n\
         outputs: {a: \"{{ steps.one.name }}\", b: \"{{ steps.one.name }}\", c: \"{{ steps.one.name }}\", d: done}\n",
    );
    let rows = format!("read read -> done {{\"name\":\"{long}\"}}\n= succeeded\n= closed done");
    let rig = story(&yaml, "one", &rows);
    let Body::RunClosed { summary, .. } = &rig.log.last().unwrap().body else { panic!() };
    assert_eq!(summary["outputs"]["d"], "done");
    assert_eq!(summary["outputs"]["b"], long);
    assert!(summary["outputs"]["c"].as_str().unwrap().starts_with("too long to be recorded here"));
}

#[test]
fn a_closed_run_takes_nothing_in_but_the_mending_of_its_journal() {
    let rig = story(
        &runbook("  - {id: one, uses: assert, with: {that: true}}\n"),
        "one",
        "read read -> calm\n= succeeded\n= closed done",
    );
    assert!(rig.engine.admit(rig.event(session())).is_err());
    assert!(rig.engine.admit(rig.event(birth(&rig.plan))).is_err());
    let mended = Body::JournalSegment { reason: "size".to_owned(), old_sha256: surefoot::base::Digest::ZERO };
    assert!(rig.engine.admit(rig.event(mended)).is_ok());
}

#[test]
fn a_confirmation_shows_what_the_deletion_is_about() {
    let mut rig = Rig::open(&deletion());
    world::lead_to(&mut rig, "confirm");
    let view = rig.engine.view();
    let asking = view.steps.iter().find_map(|step| step.question.clone()).unwrap();
    assert_eq!(asking.form, Form::Type("prod".to_owned()));
    assert!(asking.text.contains(SOURCE));
    rig.wait(Duration::from_secs(1));
    assert_eq!(plan(&deletion()).digest, rig.plan.digest);
}
