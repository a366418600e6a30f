//! Lists, and reads of what is new, that are behind: by what the step assumes, and by what was seen.

use super::create::after_announcement;
use super::plans::{creation, creation_step, runbook};
use super::story::{story, tell};
use std::time::Duration;
use surefoot::base::{Digest, Timestamp, Value};
use surefoot::engine::call::Call;
use surefoot::engine::event::Intent;
use surefoot::engine::history::{Attempt, History};
use surefoot::engine::protocol::settles_at;

/// A creation that says this of lists, or nothing, up to a first attempt that is never answered.
fn unanswered(lags: &str) -> String {
    creation().replace(", lag_max: 1m", lags)
}

const TO_SEND: &str = "check -> calm\nread baseline -> found {\"ids\":[]}\nprepare create 1 -> calm\n\
                       send create 1 -> unknown\n";
const NONE: &str = r#"read settle -> found {"name":"$1","matches":[],"complete":true}"#;

/// The lists that settle an attempt within so many seconds: often at first and at the end, seldom between.
pub(super) fn lists(settling: u64) -> String {
    let mut rows = format!("{NONE}\n");
    let mut at: u64 = 0;
    while at < settling {
        let (often, window) = (at + 15, settling - 30);
        let seldom = at + (at / 8).clamp(10, 60);
        let next = if often >= window { often } else { seldom.min(window).max(often) };
        rows.push_str(&format!("+{}s {NONE}\n", next - at));
        at = next;
    }
    rows
}

#[test]
pub(crate) fn an_attempt_that_left_nothing_is_given_as_long_as_lists_may_be_behind() {
    for (lags, settling) in [
        ("", 720),
        (", lag_max: 1m", 180),
        (", lag_max: 20m", 120 + 1200),
        // Twice what was seen, where that is more.
        (", lag_seen: 4m", 720),
        (", lag_seen: 15m", 120 + 1800),
        (", lag_max: 0s, lag_seen: 90s", 300),
    ] {
        let rows = format!("{TO_SEND}{}prepare create 2 -> calm", lists(settling));
        story(&unanswered(lags), "recreate", &rows);
    }
}

#[test]
fn what_shows_early_is_found_at_once() {
    let found = r#"read settle -> found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}"#;
    story(&unanswered(""), "recreate", &format!("{TO_SEND}{NONE}\n2 x +15s {NONE}\n+15s {found}\n= lost 1 aaaa0001"));
}

#[test]
fn who_resumes_may_say_how_far_lists_are_behind() {
    let rows = format!("{TO_SEND}{NONE}\n! crash\n! set lag_max=30m\n");
    let rig = story(&unanswered(", lag_max: 1m"), "recreate", &rows);
    let attempt = &rig.engine.steps()[0].history.attempts[0];
    let settled = settles_at(&rig.engine.steps()[0].history, attempt);
    assert_eq!(settled.since(attempt.last_sent()), Duration::from_mins(32));
    // Three minutes settle nothing now.
    tell(rig, "recreate", &format!("+15s {NONE}\n8 x +15s {NONE}\n+16s {NONE}\n+18s {NONE}\n+21s {NONE}"));
}

#[test]
fn an_attempt_of_an_older_version_is_settled_by_its_rule() {
    let settling = |input: Value| {
        let at = Timestamp::from_micros(1_768_946_400_000_000);
        let intent = Intent {
            step: "one".to_owned(),
            call: Call::Create,
            attempt: 1,
            target: "sf-x".to_owned(),
            request: String::new(),
            request_digest: Digest::ZERO,
            guard: Value::Null,
            evidence: Vec::new(),
            input,
            deadline: None,
            sealed: None,
        };
        let attempt = Attempt { intent, at, seq: 1, session: 1, settled: None, abandoned: Some(at) };
        settles_at(&History::default(), &attempt).since(at).as_secs()
    };
    assert_eq!(settling(serde_json::json!({"name": "sf-x"})), 180);
    assert_eq!(settling(serde_json::json!({"name": "sf-x", "lag_max": "10m"})), 720);
}

#[test]
fn an_orphan_that_is_not_found_by_its_id_may_be_new() {
    let found = r#"read settle -> found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}"#;
    let absent = r#"read probe -> found {"id":"aaaa0001","present":false,"control":true}"#;
    let there = r#"read probe -> found {"id":"aaaa0001","present":true,"status":"running"}"#;
    let begun = format!("{TO_SEND}{found}\n= lost 1 aaaa0001\n");
    // Ten minutes of looks, not one less.
    story(&unanswered(""), "recreate", &format!("{begun}{absent}\n40 x +15s {absent}\nprepare create 2 -> calm"));
    let late = format!("{begun}{absent}\n39 x +15s {absent}\n+15s {there}\nprepare replace 1 -> calm");
    story(&unanswered(""), "recreate", &late);
}

/// A creation that is done.
const DONE: &str = "send create 1 -> calm\ndeliver 1 -> calm\nread probe -> calm\n\
                    prepare rename 1 -> calm\nsend rename 1 -> applied\n= succeeded\n";

#[test]
fn lists_that_do_not_show_the_own_instance_yet_are_made_for_as_long_as_they_may_be_behind() {
    let behind = r#"read sweep -> found {"matches":[],"complete":false,"own":"behind"}"#;
    let listed = r#"read sweep -> found {"matches":[],"complete":true,"own":"listed"}"#;
    let begun = format!("{}{DONE}{behind}\n", TO_SEND.replace("send create 1 -> unknown\n", ""));
    story(&unanswered(""), "recreate", &format!("{begun}47 x +15s {behind}\n+15s {listed}\n= closed done"));
    let held = "= held outside: the instances of the project cannot be seen";
    story(&unanswered(""), "recreate", &format!("{begun}48 x +15s {behind}\n{held}"));
}

#[test]
fn an_own_instance_that_is_neither_listed_nor_found_may_be_new() {
    let gone = r#"read sweep -> found {"matches":[],"complete":true,"own":"gone"}"#;
    after_announcement(&format!("{DONE}{gone}\n119 x +15s {gone}\n+15s {gone}\n= closed done"));
    let listed = r#"read sweep -> found {"matches":[],"complete":true,"own":"listed"}"#;
    after_announcement(&format!("{DONE}{gone}\n+15s {listed}\n= closed done"));
}

#[test]
fn the_last_lists_are_made_for_twice_as_long_as_the_own_instance_took_to_show() {
    let none = NONE;
    let behind = r#"read sweep -> found {"matches":[],"complete":false,"own":"behind"}"#;
    let listed = r#"read sweep -> found {"matches":[],"complete":true,"own":"listed"}"#;
    let done = DONE.replace(" 1", " 2").replace("rename 2", "rename 1");
    // The first attempt was given up after three minutes; the second one is not in lists after five. Eight minutes
    // after it the first one has had its two minutes and twice five.
    after_announcement(&format!(
        "send create 1 -> unknown\n{none}\n12 x +15s {none}\nprepare create 2 -> calm\n{done}\
         {behind}\n20 x +15s {behind}\n+15s {listed}\n+3m45s {listed}\n= closed done"
    ));
}

#[test]
fn a_name_is_given_once_a_new_instance_is_found() {
    let yaml = runbook(&creation_step("").replace(", lag_max: 1m", ""));
    story(
        &yaml,
        "recreate",
        r"
        check                 -> calm
        read baseline         -> calm
        prepare create 1      -> calm
        send create 1         -> calm
        deliver 1             -> calm
        read probe            -> calm
        prepare rename 1      -> calm
        send rename 1         -> rejected 404 not_found no such instance
        +15s read probe       -> calm
        prepare rename 2      -> calm
        send rename 2         -> rejected 404 not_found no such instance
        +15s read probe       -> calm
        prepare rename 3      -> calm
        send rename 3         -> applied
        = succeeded
        ",
    );
}

#[test]
fn a_deletion_tells_how_far_lists_are_behind() {
    let yaml = runbook(
        "  - {id: gone, uses: aura.instance.await, with: {instance_id: \"2f49c2b3\", status: absent, every: 30s}}\n",
    );
    let look = |listed: bool, at: &str| {
        let date = format!("2026-01-02T{at}Z");
        format!(r#"read poll -> found {{"present":false,"listed":{listed},"control":true,"date":"{date}"}}"#)
    };
    story(
        &yaml,
        "gone",
        &format!(
            "read poll -> found {{\"present\":true,\"status\":\"destroying\"}}\n+30s {}\n+30s {}\n+30s {}\n+30s {}\n\
             +15s {}\n+15s {}\n= succeeded {{\"connection_url\":null,\"lag\":\"2m\",\"looks\":7,\n= closed done",
            look(true, "03:04:35"),
            look(true, "03:05:05"),
            look(true, "03:05:35"),
            look(false, "03:06:05"),
            look(false, "03:06:20"),
            look(false, "03:06:35"),
        ),
    );
}

#[test]
fn an_instance_that_was_never_found_may_be_new() {
    let awaited = |lag: &str, rows: &str| {
        let with = format!("{{instance_id: \"2f49c2b3\", status: running, every: 1m{lag}}}");
        story(
            &runbook(&format!("  - {{id: runs, uses: aura.instance.await, with: {with}, timeout: 1h}}\n")),
            "runs",
            rows,
        );
    };
    let absent = r#"read poll -> found {"present":false}"#;
    let failed = "= failed not_found: instance 2f49c2b3 is not there while waiting for `running`\n= closed failed";
    awaited("", &format!("{absent}\n10 x +1m {absent}\n+1m {absent}\n{failed}"));
    awaited(", lag_max: 3m", &format!("{absent}\n3 x +1m {absent}\n+1m {absent}\n{failed}"));
}
