//! What `retry` selects, how jitter spreads the waits, and how long one attempt may take.

use super::plans::runbook;
use super::rig::Rig;
use super::story::{story, tell};
use super::world;
use std::time::Duration;
use surefoot::engine::call::{CallError, ErrorClass, Reply};

/// Steps that read, each with this `retry`.
fn reading(ids: &[&str], retry: &str) -> String {
    let step = |id: &&str| {
        format!("  - {{id: {id}, uses: http.request, with: {{url: \"https://a.internal/\"}}, retry: {{{retry}}}}}\n")
    };
    runbook(&ids.iter().map(step).collect::<String>())
}

#[test]
fn only_the_failures_that_are_named_are_tried_again() {
    let read = |on: &str, rows: &str| drop(story(&reading(&["look"], &format!("max: 3, {on}")), "look", rows));
    let all = "on: [busy, limited, unavailable]";
    let away = "read read -> failed outside away\n";
    let twice = format!("{away}= waits 1: away\n+2s {away}= waits 2: away\n");
    for on in ["jitter: false", all, "on: [unavailable]"] {
        read(on, &format!("{twice}+4s {away}= held outside: away"));
    }
    read("on: [busy, limited]", &format!("{away}= held outside: away"));
    // A service that names a wait is `limited`, and its wait is honoured.
    let slow = "read read -> failed outside slow after 7s\n";
    let after = format!("{slow}= waits 1: slow\n+7s {away}= held outside: away");
    read("on: [limited]", &after);
    read("on: [unavailable]", &format!("{slow}= held outside: slow"));
    let busy = "read read -> failed busy ongoing\n";
    read("on: [busy]", &format!("{busy}= waits 1: ongoing\n+10s {away}= held outside: away"));
    read("on: [unavailable]", &format!("{busy}= failed busy: ongoing\n= closed failed"));
    // What does not pass is not tried again, whatever is named.
    read(all, "read read -> failed invalid wrong\n= failed invalid: wrong\n= closed failed");
}

#[test]
fn a_refused_request_is_sent_again_only_where_its_class_is_named() {
    let yaml = |on: &str| {
        runbook(&format!(
            "  - id: up\n    uses: aura.instance.update\n    with: {{instance_id: \"2f49c2b3\", name: new}}\n    \
             retry: {{on: [{on}]}}\n"
        ))
    };
    let sent = "read probe -> found {\"name\":\"old\",\"status\":\"running\"}\nprepare update 1 -> calm\n";
    story(
        &yaml("unavailable"),
        "up",
        &format!("{sent}send update 1 -> rejected 409 busy ongoing\n= failed busy: ongoing\n= closed failed"),
    );
    story(
        &yaml("busy"),
        "up",
        &format!("{sent}send update 1 -> rejected 409 busy ongoing\n+10s prepare update 2 -> calm\n"),
    );
    // What is in doubt is looked at, whatever is named.
    story(
        &yaml("busy"),
        "up",
        &format!(
            "{sent}send update 1 -> unknown\nread probe -> found {{\"name\":\"new\",\"status\":\"running\"}}\n= succeeded\n= closed done"
        ),
    );
}

/// The waits after failures in a row.
fn waits(rig: &mut Rig, step: &str, count: usize) -> Vec<Duration> {
    let wait = |_| {
        let command = rig.pending(step).unwrap();
        rig.now = rig.now.max(command.not_before);
        rig.reply(command.id, Reply::Failed(CallError::new(ErrorClass::Outside, "away")));
        rig.pending(step).unwrap().not_before.since(rig.now)
    };
    (0..count).map(wait).collect()
}

#[test]
fn jitter_is_any_part_of_a_wait_and_the_same_after_a_crash() {
    let yaml = reading(&["one", "two"], "max: 30, backoff: 2s..60s, jitter: true");
    let open = || {
        let mut rig = Rig::open(&yaml);
        world::lead_to(&mut rig, "one");
        rig
    };
    let one = waits(&mut open(), "one", 20);
    let longest = (0..20).map(|failed| Duration::from_secs(2 << failed.min(5)).min(Duration::from_secs(60)));
    assert!(one.iter().zip(longest).all(|(wait, longest)| *wait <= longest), "{one:?}");
    assert!(one.iter().any(|wait| wait.as_secs() < 10) && one.iter().any(|wait| wait.as_secs() > 40), "{one:?}");
    let two = waits(&mut open(), "two", 20);
    assert_ne!(one, two, "steps that fail together come back at different times");
    let mut crashed = open();
    let mut again = waits(&mut crashed, "one", 7);
    crashed.reopen();
    again.extend(waits(&mut crashed, "one", 13));
    assert_eq!(again, one);
    // Where the service asks for longer, that is honoured.
    let asked = "on: [limited], backoff: 2s..2s, jitter: true";
    story(
        &reading(&["look"], asked),
        "look",
        "read read -> failed outside slow after 9s\n= waits 1: slow\n+9s read read -> silence",
    );
}

/// A command with these keys.
fn command(keys: &str) -> String {
    runbook(&format!("  - id: dump\n    uses: command\n    with: {{argv: [pg_dump]}}\n    timeout: 2h\n{keys}"))
}

#[test]
fn an_attempt_is_told_how_long_it_may_take() {
    for (keys, limit) in [
        ("    effect: none\n", "2h"),
        ("    effect: none\n    attempt_timeout: 90s\n", "90000ms"),
        ("    effect: none\n    attempt_timeout: 3h\n", "2h"),
    ] {
        let mut rig = Rig::open(&command(keys));
        world::lead_to(&mut rig, "dump");
        assert_eq!(rig.pending("dump").unwrap().input["timeout"], limit, "{keys}");
    }
}

#[test]
fn a_command_that_changes_nothing_is_run_again_after_its_time_was_over_where_that_is_named() {
    let late = r#"applied {"timed_out":true,"problem":"it was ended because its time was over"}"#;
    let wrong = r#"applied {"timed_out":false,"problem":"it ended with exit code 1"}"#;
    let ended = "= failed check: it was ended because its time was over\n= closed failed";
    let keys = "    effect: none\n    attempt_timeout: 90s\n";
    let first = format!("prepare run 1 -> calm\nsend run 1 -> {late}\n");
    story(&command(keys), "dump", &format!("{first}{ended}"));
    let on = format!("{keys}    retry: {{max: 2, on: [timeout]}}\n");
    let rig = story(&command(&on), "dump", &format!("{first}+2s prepare run 2 -> calm\n"));
    tell(rig, "dump", &format!("send run 2 -> {late}\n{ended}"));
    story(
        &command(&on),
        "dump",
        &format!(
            "prepare run 1 -> calm\nsend run 1 -> {wrong}\n= failed check: it ended with exit code 1\n= closed failed"
        ),
    );
}
