//! The last look before an irreversible effect, and what a run goes back to when something has changed.

use super::delete::deleting;
use super::plans::{SOURCE, deletion, migration};
use super::rig::{Rig, START};
use super::story::{story, tell};
use super::world;
use std::time::Duration;
use surefoot::base::Value;
use surefoot::engine::command::Act;
use surefoot::engine::event::{Body, RunOpened, SessionOpened};

/// The deletion of an instance whose data were counted.
pub(super) fn counted() -> String {
    let counts = format!(
        "  - {{id: counts, uses: neo4j.counts, needs: [capture], with: {{url: u, instance_id: \"{SOURCE}\"}}}}\n  - {{id: entry"
    );
    deletion().replace("  - {id: entry", &counts).replace("needs: [verify]", "needs: [verify, counts]")
}

const OTHER: &str = r#"done {"nodes": 2}"#;

#[test]
fn everything_is_looked_at_again_after_the_confirmation() {
    story(
        &counted(),
        "delete",
        r"
        read recheck -> calm
        read recheck -> calm
        read recheck -> calm
        prepare delete 1 -> calm
        send delete 1 -> calm
        = succeeded
        = closed done
        ",
    );
    // A question that was asked again voids what was seen before it was answered.
    story(
        &counted(),
        "delete",
        r"
        read recheck -> calm
        read recheck -> calm
        read recheck -> calm
        prepare delete 1 -> failed outside no route after 301s
        = waits 1: no route
        +301s prepare delete 1 -> calm
        = asks 1: The confirmation is older than five minutes.
        ask 1 -> answer prod
        read recheck -> calm
        read recheck -> calm
        read recheck -> calm
        prepare delete 1 -> calm
        send delete 1 -> silence
        ",
    );
}

#[test]
fn what_was_sent_is_sent_again_only_after_another_look() {
    deleting(
        r#"
        prepare delete 1 -> calm
        send delete 1 -> unknown
        read probe -> found {"id":"2f49c2b3","present":true,"status":"running"}
        +15s read recheck -> calm
        read recheck -> calm
        prepare delete 2 -> calm
        send delete 2 -> calm
        = succeeded
        = closed done
        "#,
    );
    // Where nothing answers any more because the deletion is under way, the instance itself is looked at.
    deleting(
        r#"
        prepare delete 1 -> calm
        send delete 1 -> unknown
        read probe -> found {"id":"2f49c2b3","present":true,"status":"running"}
        +15s read recheck -> failed outside no route
        = waits 1: no route
        +2s read probe -> found {"id":"2f49c2b3","present":true,"status":"destroying"}
        = succeeded
        = closed done
        "#,
    );
}

#[test]
fn a_backup_that_is_gone_voids_the_confirmation() {
    let rig = deleting(
        r"
        read recheck -> failed check the object is not there any more
        = reset put verify entry confirm delete: the confirmation is void: the object is not there any more
        ",
    );
    assert_eq!(rig.status("put"), "ready");
    assert_eq!(rig.status("delete"), "blocked");
    assert_eq!(rig.status("capture"), "succeeded");
    let mut rig = rig;
    world::lead_to(&mut rig, "delete");
    tell(rig, "delete", "prepare delete 1 -> calm\nsend delete 1 -> calm\n= succeeded\n= closed done");
}

#[test]
fn a_target_that_is_not_offered_any_more_holds() {
    deleting(
        r"
        read recheck -> calm
        read recheck -> failed check nothing is offered
        = held person: the confirmation is void: nothing is offered
        nothing
        ! resume
        read recheck -> calm
        read recheck -> calm
        prepare delete 1 -> calm
        send delete 1 -> silence
        ",
    );
}

#[test]
fn who_never_stops_writing_is_told_after_the_third_time() {
    let yaml = counted();
    let mut rig = Rig::open(&yaml);
    let changed = format!("read recheck -> calm\nread recheck -> calm\nread recheck -> {OTHER}\n");
    for _ in 0..3 {
        world::lead_to(&mut rig, "delete");
        rig = tell(
            rig,
            "delete",
            &format!("{changed}= reset latest export put verify counts entry confirm delete: the confirmation is void"),
        );
    }
    world::lead_to(&mut rig, "delete");
    rig = tell(rig, "delete", &format!("{changed}= held person: the confirmation is void\nnothing"));
    // Whoever resumes has stopped the writers.
    tell(
        rig,
        "delete",
        "! resume\nread recheck -> calm\nread recheck -> calm\nread recheck -> calm\nprepare delete 1 -> calm",
    );
}

#[test]
fn once_it_was_sent_the_run_cannot_go_back() {
    story(
        &counted(),
        "delete",
        &format!(
            "prepare delete 1 -> calm\nsend delete 1 -> unknown\n\
             read probe -> found {{\"id\":\"{SOURCE}\",\"present\":true,\"status\":\"running\"}}\n\
             +15s read recheck -> calm\nread recheck -> calm\nread recheck -> {OTHER}\n\
             = held doubt: the confirmation is void\nnothing\n! resolve not-applied\n! resume\n\
             read recheck -> calm\nread recheck -> calm\nread recheck -> {OTHER}\n\
             = reset latest export put verify counts entry confirm delete: the confirmation is void"
        ),
    );
}

#[test]
fn a_reset_that_leaves_something_behind_is_refused() {
    let mut rig = Rig::open(&migration());
    world::lead_to(&mut rig, "delete");
    let reset = |steps: &[&str]| Body::StepReset {
        step: "delete".to_owned(),
        reason: "it has changed".to_owned(),
        steps: steps.iter().map(|step| (*step).to_owned()).collect(),
    };
    let refusal =
        |rig: &Rig, steps: &[&str]| rig.engine.admit(rig.event(reset(steps))).map(drop).unwrap_err().to_string();
    assert!(refusal(&rig, &["verify"]).contains("has begun and is not among them"));
    assert!(refusal(&rig, &["nobody", "delete"]).contains("the plan has no such step"));
    world::look_again(&mut rig, "delete");
    for _ in 0..2 {
        let command = rig.pending("delete").unwrap();
        let reply = world::calm(&rig.engine, &command, rig.now);
        rig.reply(command.id, reply);
    }
    assert_eq!(rig.status("delete"), "succeeded");
    let reset =
        Body::StepReset { step: "recreate".to_owned(), reason: String::new(), steps: vec!["delete".to_owned()] };
    assert!(rig.engine.admit(rig.event(reset)).is_err());
}

/// A run of a version that keeps the boot clock.
fn kept(boot: &str) -> Rig {
    let yaml = deletion();
    let mut rig = Rig::unborn(super::rig::plan(&yaml));
    let Body::RunOpened(opened) = super::rig::birth(&rig.plan) else { panic!() };
    rig.must(Body::RunOpened(RunOpened { boot_clock: Some(boot.to_owned()), ..opened }));
    rig.conclude();
    world::lead_to(&mut rig, "delete");
    rig
}

fn resumed(rig: &mut Rig, boot: &str) {
    let Body::SessionOpened(opened) = super::rig::session() else { panic!() };
    rig.must(Body::SessionOpened(SessionOpened { boot_clock: Some(boot.to_owned()), ..opened }));
    rig.conclude();
}

#[test]
pub(crate) fn a_confirmation_is_as_old_as_the_boot_clock_says() {
    // Four minutes pass, the clock is set back by less than anybody can see, and two more minutes pass.
    let mut rig = kept("b1");
    rig.now = rig.now.plus(Duration::from_mins(4));
    resumed(&mut rig, "b1");
    rig.skew(Duration::from_secs(50));
    rig.now = rig.now.plus(Duration::from_secs(90));
    let rig = tell(rig, "delete", "prepare delete 1 -> calm\n= asks 1: The confirmation is older than five minutes.");
    assert!(rig.now.since(START) < Duration::from_mins(5), "the wall clock says less");
    // The same four minutes without any more are not too old.
    let mut rig = kept("b1");
    rig.now = rig.now.plus(Duration::from_mins(4));
    resumed(&mut rig, "b1");
    tell(rig, "delete", "prepare delete 1 -> calm\nsend delete 1 -> silence");
    // After a restart of the machine nobody can tell.
    let mut rig = kept("b1");
    resumed(&mut rig, "b2");
    tell(
        rig,
        "delete",
        "prepare delete 1 -> calm\n= asks 1: The confirmation is from before this machine was started again.",
    );
}

#[test]
fn a_boot_without_a_name_is_not_the_boot_of_another_session() {
    // The clock of the machine began anew, and shows more than it did when the confirmation was given.
    let mut rig = kept("");
    rig.now = rig.now.plus(Duration::from_mins(6));
    rig.skew(Duration::from_mins(6));
    resumed(&mut rig, "");
    tell(rig, "delete", "prepare delete 1 -> calm\nsend delete 1 -> silence");
}

#[test]
fn a_confirmation_is_as_old_as_the_service_says() {
    let dated = |date: &str| {
        let mut guard = world::config(SOURCE);
        guard.insert("date".to_owned(), date.into());
        format!("prepared {SOURCE} {}", Value::Object(guard))
    };
    deleting(&format!(
        "prepare delete 1 -> {}\nsend delete 1 -> unknown\n\
         read probe -> found {{\"id\":\"{SOURCE}\",\"present\":true,\"status\":\"running\"}}\n\
         +15s prepare delete 2 -> {}\n= asks 1: The confirmation is older than five minutes.",
        dated("2026-01-02T03:04:05Z"),
        dated("2026-01-02T03:11:16Z"),
    ));
}

#[test]
fn a_step_that_judges_reads_again_what_it_judges() {
    let yaml = super::plans::runbook(&format!(
        "  - {{id: capture, uses: aura.instance.get, with: {{instance_id: \"{SOURCE}\"}}}}\n  \
           - {{id: runs, uses: assert, with: {{that: \"{{{{ steps.capture.status == 'running' }}}}\"}}}}\n"
    ));
    let rig = story(
        &yaml,
        "runs",
        "read read -> failed check it does not run\n= held check: it does not run\n! resume\n\
         = reset capture runs: the check by `runs` did not hold: it does not run\nnothing",
    );
    assert!(rig.pending("capture").is_some_and(|command| matches!(command.act, Act::Read(_))));
}
