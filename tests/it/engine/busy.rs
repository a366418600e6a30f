//! A service that is busy with something that ends is waited for: no refusal of that kind counts as a failure, and the
//! time-out of the step is what bounds it.

use super::create::after_announcement;
use super::plans::{deletion, overwriting, runbook};
use super::story::{story, tell};

const CREATING: &str = r#"read probe -> found {"id":"aaaa0001","present":true,"status":"creating"}"#;
const RUNNING: &str = r#"read probe -> found {"id":"aaaa0001","present":true,"status":"running"}"#;
const CREATED: &str = "send create 1 -> calm\ndeliver 1 -> calm\n";

/// More refusals than failures are allowed by default, with the wait before each attempt.
fn refused(row: impl Fn(u32, &str) -> String) -> String {
    let waits = ["", "+10s ", "+10s ", "+10s ", "+16s ", "+32s ", "+60s ", "+60s "];
    (1..).zip(waits).map(|(number, wait)| row(number, wait)).collect()
}

#[test]
fn a_new_instance_is_given_its_name_once_it_runs() {
    after_announcement(&format!(
        "{CREATED}{CREATING}\n8 x +10s {CREATING}\n+10s {CREATING}\n+11s {RUNNING}\n\
         prepare rename 1 -> calm\nsend rename 1 -> applied\n= succeeded"
    ));
    // A new one may not be found at first, and a process that dies begins no new wait.
    let absent = r#"read probe -> found {"id":"aaaa0001","present":false,"control":true}"#;
    after_announcement(&format!(
        "{CREATED}{absent}\n+10s {absent}\n! crash\n+10s {CREATING}\n+10s {RUNNING}\nprepare rename 1 -> calm"
    ));
    // What is not there any more is asked for all the same, so that the refusal says what is wrong.
    after_announcement(&format!(
        "{CREATED}{absent}\n7 x +10s {absent}\nprepare rename 1 -> failed not_found it is gone\n= held person: it is gone"
    ));
}

#[test]
fn a_new_instance_that_has_its_name_is_not_renamed() {
    let named = RUNNING.replace(r#""status""#, r#""name":"prod","status""#);
    after_announcement(&format!("{CREATED}{CREATING}\n+10s {named}\n= succeeded"));
}

#[test]
pub(crate) fn a_name_that_is_refused_because_the_service_is_busy_is_asked_for_until_it_is_given() {
    let rows = refused(|number, wait| {
        format!("{wait}{RUNNING}\nprepare rename {number} -> calm\nsend rename {number} -> rejected 409 busy ongoing\n")
    });
    let rig = after_announcement(&format!("{CREATED}{rows}"));
    // Other failures are counted as before.
    let rows: String = (9..13)
        .zip(["+60s ", "+2s ", "+4s ", "+8s "])
        .map(|(number, wait)| {
            format!(
                "{wait}{RUNNING}\nprepare rename {number} -> calm\nsend rename {number} -> rejected 429 outside slower\n"
            )
        })
        .collect();
    let rows =
        format!("{rows}+16s {RUNNING}\nprepare rename 13 -> calm\nsend rename 13 -> rejected 429 outside slower\n");
    tell(rig, "recreate", &format!("{rows}= held outside: slower"));
}

#[test]
fn the_time_out_of_the_step_bounds_how_long_is_waited() {
    let rig = after_announcement(&format!(
        "{CREATED}{CREATING}\n! wait 20m\n= held person: not done after 10m; at the last look it was creating"
    ));
    tell(rig, "recreate", &format!("! resume\n{RUNNING}\nprepare rename 1 -> calm"));
    let busy = "prepare rename 1 -> calm\nsend rename 1 -> rejected 409 busy ongoing\n";
    after_announcement(&format!(
        "{CREATED}{RUNNING}\n{busy}! wait 20m\n= held person: not done after 10m; the last trouble was: ongoing"
    ));
}

#[test]
fn a_snapshot_is_requested_until_no_other_one_is_taken() {
    let yaml = runbook("  - {id: snap, uses: aura.snapshot.create, with: {instance_id: \"2f49c2b3\"}}\n");
    let rows = refused(|number, wait| {
        format!("{wait}prepare create {number} -> calm\nsend create {number} -> rejected 409 busy one runs\n")
    });
    let rows = format!("read baseline -> calm\n{rows}+60s prepare create 9 -> calm\n");
    story(
        &yaml,
        "snap",
        &format!("{rows}send create 9 -> applied {{\"snapshot_id\":\"s9\"}}\n= succeeded\n= closed done"),
    );
}

#[test]
fn a_change_is_requested_until_the_instance_is_free() {
    let yaml = runbook("  - {id: up, uses: aura.instance.update, with: {instance_id: \"2f49c2b3\", name: new}}\n");
    let rows = refused(|number, wait| {
        format!("{wait}prepare update {number} -> calm\nsend update {number} -> rejected 409 busy ongoing\n")
    });
    let rows = format!("read probe -> found {{\"name\":\"old\",\"status\":\"running\"}}\n{rows}");
    story(&yaml, "up", &format!("{rows}+60s prepare update 9 -> calm"));
}

#[test]
fn a_pause_is_requested_until_the_instance_is_free() {
    let yaml = runbook("  - {id: rest, uses: aura.instance.pause, with: {instance_id: \"2f49c2b3\"}}\n");
    let seen = r#"read probe -> found {"id":"2f49c2b3","status":"running"}"#;
    let rows = refused(|number, wait| {
        format!("{wait}{seen}\nprepare pause {number} -> calm\nsend pause {number} -> rejected 409 busy ongoing\n")
    });
    story(&yaml, "rest", &format!("{rows}+60s {seen}\nprepare pause 9 -> calm"));
}

#[test]
fn a_deletion_that_is_refused_for_a_while_is_not_counted_as_sent() {
    let rows: String = (1..)
        .zip(["", "+10s ", "+10s ", "+10s ", "+16s ", "+32s "])
        .map(|(number, wait)| {
            format!("{wait}prepare delete {number} -> calm\nsend delete {number} -> rejected 409 busy ongoing\n")
        })
        .collect();
    let seen = r#"read probe -> found {"id":"2f49c2b3","present":true,"status":"running"}"#;
    let rig =
        story(&deletion(), "delete", &format!("{rows}+60s prepare delete 7 -> calm\nsend delete 7 -> unknown\n{seen}"));
    // Six refusals and one request in doubt: it is sent again, and no person has to record its outcome.
    tell(rig, "delete", "+15s prepare delete 8 -> calm");
}

#[test]
fn an_overwriting_is_prepared_until_the_target_is_free() {
    let seen = r#"read probe -> found {"id":"2f49c2b3","status":"running"}"#;
    let waits = ["", "+10s ", "+10s ", "+10s ", "+16s ", "+32s "];
    let rows: String = (1..)
        .zip(waits)
        .map(|(number, wait)| {
            format!("{wait}prepare overwrite 1 -> failed busy it is updating\n= waits {number}: it is updating\n")
        })
        .collect();
    story(&overwriting(), "over", &format!("{seen}\n{rows}+60s prepare overwrite 1 -> calm"));
}

#[test]
fn an_orphan_that_the_service_is_busy_with_is_looked_at_and_not_given_up() {
    let found = r#"found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}"#;
    let lost = format!("send create 1 -> unknown\nread settle -> {found}\n= lost 1 aaaa0001\n");
    let rows = refused(|number, wait| {
        // Each refusal is followed by a look, and sent again no sooner than a poll.
        format!(
            "{RUNNING}\n{wait}prepare replace {number} -> calm\nsend replace {number} -> rejected 409 busy ongoing\n"
        )
    });
    after_announcement(&format!("{lost}{rows}{CREATING}\n+24s {RUNNING}\n+36s prepare replace 9 -> calm"));
}
