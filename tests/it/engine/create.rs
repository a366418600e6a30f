//! `aura.instance.create`: nothing twice, nothing lost, whatever the answers are.

use super::plans::{creation, creation_step, migration, runbook};
use super::rig::{NONCE, Rig};
use super::story::{story, tell};
use super::world;
use surefoot::kinds::aura::derived_name;

#[test]
fn derived_names_are_these() {
    // Computed with Python's hashlib: Crockford base32 of the first 80 bits of SHA-256("nonce\nstep\nattempt").
    let names = ["sf-vp0spjkm2pmavf4n", "sf-wa7b0xywpyr4qg2t", "sf-fks6s1pm48gbxaeh"];
    for (attempt, name) in (1..).zip(names) {
        assert_eq!(derived_name(NONCE, "recreate", attempt), name);
    }
}

#[test]
fn all_goes_well() {
    story(
        &creation(),
        "recreate",
        r#"
        check             -> calm
        read baseline     -> found {"ids":["2f49c2b3"]}
        prepare create 1  -> prepared $1
        send create 1     -> sealed aaaa0001 $1
        deliver 1         -> calm
        read probe        -> calm
        prepare rename 1  -> prepared aaaa0001
        send rename 1     -> applied
        = succeeded {"attempts":1,"cloud_provider":"gcp","connection_url":"neo4j+s://x","created_at":null,"credentials":{"$secret":"steps.recreate.credentials"},"id":"aaaa0001","name":"prod"
        read sweep        -> found {"matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}
        = closed done
        "#,
    );
}

#[test]
fn without_a_name_it_keeps_the_derived_one() {
    let yaml = runbook(&creation_step("").replace("name: prod, ", ""));
    story(
        &yaml,
        "recreate",
        r#"
        check             -> calm
        read baseline     -> calm
        prepare create 1  -> calm
        send create 1     -> calm
        deliver 1         -> calm
        = succeeded {"attempts":1,"cloud_provider":"gcp","connection_url":"neo4j+s://x","created_at":null,"credentials":{"$secret":"steps.recreate.credentials"},"id":"aaaa0001","name":"$1"
        read sweep        -> calm
        = closed done
        "#,
    );
}

/// The rows up to the sending of the first attempt.
const TO_SEND: &str = r#"
    check             -> calm
    read baseline     -> found {"ids":["2f49c2b3"]}
    prepare create 1  -> calm
"#;

/// A creation of which this becomes after the first attempt was announced.
#[track_caller]
pub(super) fn after_announcement(rows: &str) -> Rig {
    story(&creation(), "recreate", &format!("{TO_SEND}\n{rows}"))
}

#[test]
fn a_lost_response_is_found_and_what_it_created_is_replaced() {
    after_announcement(
        r#"
        send create 1           -> unknown
        read settle             -> found {"name":"$1","matches":[],"complete":true}
        +15s read settle        -> found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}
        = lost 1 aaaa0001
        read probe              -> found {"id":"aaaa0001","present":true,"status":"running"}
        prepare replace 1       -> calm
        send replace 1          -> applied
        read probe              -> found {"id":"aaaa0001","present":true,"status":"destroying"}
        +15s read probe         -> found {"id":"aaaa0001","present":false,"control":false}
        +15s read probe         -> found {"id":"aaaa0001","present":false,"control":true}
        prepare create 2        -> calm
        send create 2           -> calm
        deliver 2               -> calm
        read probe              -> calm
        prepare rename 1        -> calm
        send rename 1           -> applied
        = succeeded {"attempts":2,
        # Late arrivals are looked for once the first attempt can no longer arrive: 180 s after its sending.
        +2m15s read sweep       -> found {"matches":[{"id":"aaaa0002","name":"$2"}],"complete":true}
        = closed done
        "#,
    );
}

#[test]
fn an_attempt_that_never_arrives_is_given_up_after_the_settling_time_and_three_complete_lists() {
    after_announcement(
        r#"
        send create 1           -> unknown
        read settle             -> found {"name":"$1","matches":[],"complete":true}
        12 x +15s read settle   -> found {"name":"$1","matches":[],"complete":true}
        prepare create 2        -> calm
        "#,
    );
}

#[test]
fn incomplete_lists_and_other_names_do_not_count() {
    after_announcement(
        r#"
        send create 1           -> unknown
        read settle             -> found {"name":"$1","matches":[],"complete":true}
        10 x +15s read settle   -> found {"name":"$1","matches":[{"id":"bbbb0001","name":"$2"}],"complete":true}
        # Of the last three two count only.
        +15s read settle        -> found {"name":"$1","matches":[],"complete":false}
        +15s read settle        -> found {"name":"$1","matches":[],"complete":true}
        +15s read settle        -> found {"name":"$1","matches":[],"complete":true}
        prepare create 2        -> calm
        "#,
    );
}

#[test]
fn lists_that_fail_are_made_again_and_do_not_count() {
    after_announcement(
        r#"
        send create 1           -> unknown
        read settle             -> failed outside no route
        = waits 1: no route
        +2s read settle         -> failed outside no route after 7m
        = waits 2: no route
        # Seven minutes in which nothing was seen settle nothing.
        +7m read settle         -> found {"name":"$1","matches":[],"complete":true}
        12 x +15s read settle   -> found {"name":"$1","matches":[],"complete":true}
        prepare create 2        -> calm
        "#,
    );
}

#[test]
fn a_clock_that_jumps_ahead_settles_nothing() {
    after_announcement(
        r#"
        send create 1           -> unknown
        read settle             -> found {"name":"$1","matches":[],"complete":true,"date":"2026-01-02T03:04:05Z"}
        # Ten minutes pass on our clock, and half a minute on the service's.
        ! wait 10m
        read settle             -> found {"name":"$1","matches":[],"complete":true,"date":"2026-01-02T03:04:20Z"}
        +15s read settle        -> found {"name":"$1","matches":[],"complete":true,"date":"2026-01-02T03:04:35Z"}
        +15s read settle        -> found {"name":"$1","matches":[],"complete":true,"date":"2026-01-02T03:07:04Z"}
        +15s read settle        -> found {"name":"$1","matches":[],"complete":true,"date":"2026-01-02T03:07:05Z"}
        prepare create 2        -> calm
        "#,
    );
}

#[test]
fn two_instances_under_one_name_need_a_person() {
    after_announcement(
        r#"
        send create 1           -> unknown
        read settle             -> found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"},{"id":"aaaa0002","name":"$1"}],"complete":true}
        = held doubt: 2 instances are named $1; only one can be ours
        nothing
        ! resume
        nothing
        ! resolve not-applied
        ! resume
        prepare create 2        -> calm
        "#,
    );
}

#[test]
fn what_an_operator_calls_applied_is_looked_for_and_not_created_again() {
    after_announcement(
        r#"
        send create 1           -> unknown
        read settle             -> found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"},{"id":"aaaa0002","name":"$1"}],"complete":true}
        = held doubt: 2 instances are named $1; only one can be ours
        ! resolve applied
        ! resume
        +15s read settle        -> found {"name":"$1","matches":[],"complete":true}
        13 x +15s read settle   -> found {"name":"$1","matches":[],"complete":true}
        +15s read settle        -> found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}
        = lost 1 aaaa0001
        read probe              -> found {"id":"aaaa0001","present":true,"status":"running"}
        prepare replace 1       -> calm
        "#,
    );
}

#[test]
pub(crate) fn an_instance_of_the_baseline_is_not_replaced() {
    story(
        &creation(),
        "recreate",
        r#"
        check                   -> calm
        read baseline           -> found {"ids":["2f49c2b3","aaaa0001"]}
        prepare create 1        -> calm
        send create 1           -> unknown
        read settle             -> found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}
        = held person: instance aaaa0001 has the name $1 that only this run can derive, but is not provably new and empty
        nothing
        ! resume
        # It looks anew, and does not hold again because of what it saw before.
        +15s read settle        -> found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}
        = held person: instance aaaa0001 has the name
        ! resume
        +15s read settle        -> found {"name":"$1","matches":[],"complete":true}
        12 x +15s read settle   -> found {"name":"$1","matches":[],"complete":true}
        prepare create 2        -> calm
        "#,
    );
}

#[test]
fn an_instance_older_than_the_attempt_is_not_replaced() {
    // Two minutes of slack for the service's clock: the attempt was announced at 03:04:05.
    let found = |at: &str| {
        format!(
            r#"found {{"name":"$1","matches":[{{"id":"aaaa0001","name":"$1","created_at":"{at}"}}],"complete":true}}"#
        )
    };
    after_announcement(&format!(
        "send create 1 -> unknown\nread settle -> {}\n= held person: instance aaaa0001 has the name",
        found("2026-01-02T03:02:04Z")
    ));
    after_announcement(&format!(
        "send create 1 -> unknown\nread settle -> {}\n= lost 1 aaaa0001",
        found("2026-01-02T03:02:05Z")
    ));
}

#[test]
fn an_orphan_that_stood_for_two_hours_is_not_replaced() {
    let found = r#"found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}"#;
    after_announcement(&format!(
        "send create 1 -> silence\n! wait 2h\n! crash\nread settle -> {found}\n= lost 1 aaaa0001"
    ));
    after_announcement(&format!(
        "send create 1 -> silence\n! wait 121m\n! crash\nread settle -> {found}\n= held person: instance aaaa0001"
    ));
}

#[test]
fn an_orphan_that_stays_is_looked_at_less_and_less_often_and_for_an_hour() {
    let creating = r#"read probe -> found {"id":"aaaa0001","present":true,"status":"creating"}"#;
    let mut told = format!("{creating}\n");
    let mut waited = 0;
    while waited < 3600 {
        let pause = (waited / 8).clamp(15, 60);
        waited += pause;
        told.push_str(&format!("+{pause}s {creating}\n"));
    }
    let found = r#"found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}"#;
    let rig = story(
        &runbook(&creation_step("timeout: 6h")),
        "recreate",
        &format!(
            "check -> calm\nread baseline -> found {{\"ids\":[]}}\nprepare create 1 -> calm\n\
             send create 1 -> unknown\nread settle -> {found}\n= lost 1 aaaa0001\n{told}\
             = held person: the orphan aaaa0001 is neither deleted nor proved gone after an hour"
        ),
    );
    // Whoever resumes has it looked at anew.
    tell(rig, "recreate", &format!("! resume\n2 x +15s {creating}"));
}

#[test]
fn three_attempts_in_doubt_need_a_person() {
    let settle = r#"
        read settle             -> found {"name":"$N","matches":[],"complete":true}
        12 x +15s read settle   -> found {"name":"$N","matches":[],"complete":true}
    "#;
    let attempt = |number: u32| {
        let rows = format!("send create {number} -> unknown\n{settle}");
        rows.replace("$N", &format!("${number}"))
    };
    after_announcement(&format!(
        "{}\nprepare create 2 -> calm\n{}\nprepare create 3 -> calm\n{}\n{}",
        attempt(1),
        attempt(2),
        attempt(3),
        r"
        = held doubt: 3 requests to create were answered by nothing that can be understood
        ! resume
        nothing
        ! resolve not-applied
        nothing
        ! resume
        prepare create 4        -> calm
        send create 4           -> calm
        deliver 4               -> calm
        "
    ));
}

#[test]
fn refusals_pass_or_end_the_step() {
    after_announcement(
        r"
        send create 1           -> not_sent outside no route
        +2s prepare create 2    -> calm
        send create 2           -> rejected 429 outside slow down after 90s
        +90s prepare create 3   -> calm
        send create 3           -> rejected 409 busy ongoing
        +10s prepare create 4   -> calm
        send create 4           -> auth
        = failed auth: denied
        = closed failed
        ",
    );
    after_announcement(
        r"
        send create 1           -> auth
        prepare create 2        -> calm
        send create 2           -> calm
        ",
    );
    after_announcement(
        r"
        send create 1           -> rejected 400 invalid no such memory
        = failed invalid: no such memory
        = closed failed
        ",
    );
}

#[test]
fn a_refusal_after_the_point_of_no_return_is_held_and_tried_again_with_other_values() {
    let mut rig = story(&migration(), "recreate", "check -> calm");
    world::lead_to(&mut rig, "recreate");
    let rig = tell(
        rig,
        "recreate",
        r"
        read baseline           -> calm
        prepare create 1        -> calm
        send create 1           -> rejected 400 invalid quota exceeded
        = held person: quota exceeded
        nothing
        ! resume
        ! set memory=4GB
        prepare create 2        -> calm
        send create 2           -> calm
        ",
    );
    let with = rig.engine.with(rig.index("recreate")).unwrap();
    assert_eq!(with["memory"], "4GB");
}

#[test]
pub(crate) fn a_crash_between_announcement_and_outcome_is_settled_by_lists() {
    after_announcement(
        r#"
        send create 1           -> silence
        ! wait 20s
        ! crash
        # The request may have left until the crash was noticed: the settling time counts from there.
        read settle             -> found {"name":"$1","matches":[],"complete":true}
        11 x +15s read settle   -> found {"name":"$1","matches":[],"complete":true}
        ! crash
        +15s read settle        -> found {"name":"$1","matches":[],"complete":true}
        prepare create 2        -> calm
        "#,
    );
}

#[test]
fn a_crash_after_the_sealed_record_delivers_from_the_record() {
    after_announcement(
        r#"
        send create 1           -> calm
        ! crash
        deliver 1               -> failed local disk full
        = waits 1: disk full
        +2s deliver 1           -> calm
        ! crash
        read probe              -> calm
        prepare rename 1        -> calm
        send rename 1           -> silence
        ! crash
        read probe              -> found {"id":"aaaa0001","name":"sf-x"}
        +15s prepare rename 2   -> calm
        send rename 2           -> rejected 500 outside odd
        +2s read probe          -> calm
        prepare rename 3        -> calm
        send rename 3           -> applied
        = succeeded
        read sweep              -> calm
        = closed done
        "#,
    );
}

#[test]
fn a_rename_in_doubt_is_done_where_the_instance_has_the_name() {
    // Whoever has done it: the request that was never answered, or a person in the console.
    after_announcement(&format!(
        "send create 1 -> calm\ndeliver 1 -> calm\nread probe -> calm\nprepare rename 1 -> calm\nsend rename 1 -> unknown\n{}\
         = succeeded\nread sweep -> calm\n= closed done",
        seen("prod")
    ));
}

/// The look at the instance after a rename that was not answered.
fn seen(name: &str) -> String {
    format!("read probe -> found {{\"id\":\"aaaa0001\",\"name\":\"{name}\"}}\n")
}

#[test]
fn a_rename_that_is_never_answered_is_held() {
    let waits = ["", "+15s ", "+15s ", "+15s ", "+16s ", "+32s ", "+60s ", "+60s "];
    let rename = |(number, wait): (u32, &str)| {
        format!("{wait}prepare rename {number} -> calm\nsend rename {number} -> unknown\n{}", seen("sf-x"))
    };
    let renames: Vec<_> = (1..).zip(waits).map(rename).collect();
    after_announcement(&format!(
        "send create 1 -> calm\ndeliver 1 -> calm\nread probe -> calm\n{}\
         = held outside: DO aaaa0001 is never answered: no answer\n! resume\n+15s prepare rename 9 -> calm",
        renames.concat()
    ));
}
