//! How a run ends: what it sees through first, and what it begins no more.

use super::create::after_announcement;
use super::plans::{creation, runbook};
use super::story::{story, tell};
use std::sync::Arc;
use surefoot::engine::event::{Body, Verdict};
use surefoot::engine::{Engine, Phase};

#[test]
fn a_failure_closes_the_run_once_nothing_is_in_flight() {
    let yaml = runbook(
        "  - {id: bad, uses: assert, on_failure: stop, with: {that: false}}\n  - {id: note, uses: file.write, with: {path: n, content: c}}\n",
    );
    let rig = story(&yaml, "note", "prepare write 1 -> calm\nsend write 1 -> silence");
    let rig = tell(rig, "bad", "read read -> failed check it is not\n= failed check: it is not");
    assert_eq!(rig.engine.run().phase, Phase::Ending(Verdict::Failed));
    tell(rig, "note", "send write 1 -> applied\n= closed failed");
}

#[test]
fn a_run_that_ends_settles_its_doubts_first_and_begins_nothing_new() {
    let yaml = format!("{}  - {{id: bad, uses: assert, on_failure: stop, with: {{that: false}}}}\n", creation());
    let doubtful = |rows: &str, end: &str| {
        let rig = story(
            &yaml,
            "recreate",
            "check -> calm\nread baseline -> calm\nprepare create 1 -> calm\nsend create 1 -> unknown",
        );
        let rig = tell(rig, "bad", "read read -> failed check it is not\n= failed check: it is not");
        let rig = tell(rig, "recreate", rows);
        let told = rig.log.last().unwrap();
        assert_eq!(super::told::end(&told.body).unwrap_or_default(), end);
        rig
    };
    let none = r#"found {"name":"$1","matches":[],"complete":true}"#;
    doubtful(&format!("read settle -> {none}\n12 x +15s read settle -> {none}\n= closed failed"), "closed failed");
    let one = r#"found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}"#;
    doubtful(
        &format!(
            "read settle -> {one}\n= lost 1 aaaa0001\n\
             read probe -> found {{\"id\":\"aaaa0001\",\"present\":true,\"status\":\"running\"}}\n\
             prepare replace 1 -> calm\nsend replace 1 -> applied\n\
             read probe -> found {{\"id\":\"aaaa0001\",\"present\":false,\"control\":true}}\n= closed failed"
        ),
        "closed failed",
    );
    let two = one.replace('[', r#"[{"id":"aaaa0002","name":"$1"},"#);
    let rig = doubtful(
        &format!("read settle -> {two}\n= held doubt: 2 instances are named $1; only one can be ours\nnothing"),
        "held doubt: 2 instances are named sf-vp0spjkm2pmavf4n; only one can be ours",
    );
    tell(rig, "recreate", "! resolve not-applied\nnothing\n! resume\n= closed failed");
}

#[test]
fn a_run_that_ends_sees_through_what_it_has_created() {
    let yaml = format!("{}  - {{id: bad, uses: assert, on_failure: stop, with: {{that: false}}}}\n", creation());
    let fails = |yaml: &str, rows: &str| {
        let rig = story(yaml, "recreate", "check -> calm\nread baseline -> calm\nprepare create 1 -> calm");
        let rig = tell(rig, "bad", "read read -> failed check it is not\n= failed check: it is not");
        tell(rig, "recreate", rows)
    };
    let created = "send create 1 -> sealed aaaa0001 $1\n";
    let named = "deliver 1 -> calm\nread probe -> calm\nprepare rename 1 -> calm\nsend rename 1 -> applied\n= succeeded\n= closed failed";
    fails(&yaml, &format!("{created}{named}"));
    fails(&yaml, &format!("{created}! crash\n{named}"));
    // A file that cannot be written keeps the run open until it can; a name is not worth that.
    let stuck =
        "deliver 1 -> failed check the file cannot be written\n= held person: the file cannot be written\nnothing";
    fails(&yaml, &format!("{created}{stuck}\n! resume\n{named}"));
    let unnamed = "deliver 1 -> calm\nread probe -> calm\nprepare rename 1 -> calm\nsend rename 1 -> rejected 400 invalid no\n\
                   = held person: no\n= closed failed";
    fails(&yaml, &format!("{created}{unnamed}"));
    // Who has to decide about an instance whose password is lost is asked before the end.
    let asking = yaml.replace("password_file: new.env", "password_file: new.env, on_lost_secret: ask");
    let found = r#"found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}"#;
    fails(
        &asking,
        &format!(
            "send create 1 -> unknown\nread settle -> {found}\n= lost 1 aaaa0001\n= asks 1: DO $1 (attempt 1) has left an instance\n\
             ask 1 -> answer replace\n\
             read probe -> found {{\"id\":\"aaaa0001\",\"present\":true,\"status\":\"running\"}}\n\
             prepare replace 1 -> calm\nsend replace 1 -> applied\n\
             read probe -> found {{\"id\":\"aaaa0001\",\"present\":false,\"control\":true}}\n= closed failed"
        ),
    );
}

#[test]
fn a_run_does_not_fail_while_an_earlier_request_may_yet_arrive() {
    let yaml = runbook("  - {id: up, uses: aura.instance.update, with: {instance_id: \"2f49c2b3\", name: new}}\n");
    let old = r#"found {"name":"old","status":"running"}"#;
    let refused = format!(
        "read probe -> {old}\nprepare update 1 -> calm\nsend update 1 -> unknown\n\
         read probe -> {old}\n+2s prepare update 2 -> calm\nsend update 2 -> rejected 400 invalid no\n\
         = held person: no; an earlier request of this step was never answered and may still take effect\n! resume\n"
    );
    // The first request has arrived after all.
    let new = r#"found {"name":"new","status":"running"}"#;
    story(&yaml, "up", &format!("{refused}read probe -> {new}\n= succeeded\n= closed done"));
    let late = format!("{refused}! dead 3m\nread probe -> {old}\nprepare update 3 -> calm\n");
    story(
        &yaml,
        "up",
        &format!("{late}send update 3 -> rejected 400 invalid no\n= failed invalid: no\n= closed failed"),
    );
}

#[test]
fn a_run_that_ends_waits_until_a_change_can_no_longer_arrive() {
    let yaml = runbook("  - {id: up, uses: aura.instance.update, with: {instance_id: \"2f49c2b3\", name: new}}\n");
    let old = r#"found {"name":"old","status":"running"}"#;
    let new = r#"found {"name":"new","status":"running"}"#;
    let cancelled = format!(
        "read probe -> {old}\nprepare update 1 -> calm\nsend update 1 -> unknown\n! cancel\nread probe -> {old}\n"
    );
    story(&yaml, "up", &format!("{cancelled}+180s read probe -> {old}\n= closed cancelled"));
    story(&yaml, "up", &format!("{cancelled}+180s read probe -> {new}\n= succeeded\n= closed cancelled"));
    // An earlier request counts too where a later one was refused.
    let refused = format!(
        "read probe -> {old}\nprepare update 1 -> calm\nsend update 1 -> unknown\nread probe -> {old}\n\
         +2s prepare update 2 -> calm\nsend update 2 -> rejected 429 outside slower after 5s\n! cancel\n"
    );
    story(&yaml, "up", &format!("{refused}+178s read probe -> {new}\n= closed cancelled"));
}

#[test]
fn a_run_that_another_version_closed_earlier_is_still_read() {
    // Versions before closed at once what is looked at once more today.
    let yaml = runbook("  - {id: up, uses: aura.instance.update, with: {instance_id: \"2f49c2b3\", name: new}}\n");
    let old = r#"found {"name":"old","status":"running"}"#;
    let rows = format!(
        "read probe -> {old}\nprepare update 1 -> calm\nsend update 1 -> unknown\n! cancel\nread probe -> {old}\n"
    );
    let rig = story(&yaml, "up", &rows);
    let body = Body::RunClosed { verdict: Verdict::Cancelled, summary: serde_json::Map::new() };
    let closed = rig.event(body);
    rig.engine.admit(closed.clone()).unwrap_err();
    let events = rig.log.iter().cloned().chain([closed]);
    let engine =
        surefoot::engine::Engine::replay(std::sync::Arc::clone(&rig.plan), surefoot::kinds::protocol, events).unwrap();
    assert_eq!(engine.view().phase, Phase::Closed(Verdict::Cancelled));
}

#[test]
fn a_run_does_not_end_while_an_earlier_request_of_a_held_step_may_yet_arrive() {
    let step = "  - {id: turn, uses: neo4j.password.rotate, with: {url: \"neo4j+s://x\", \
                credentials: \"{{ secrets.aura }}\", password_file: new.env}}\n  \
                - {id: bad, uses: assert, on_failure: stop, with: {that: false}}\n";
    let old = r#"found {"new":false,"old":true}"#;
    let rig = story(
        &runbook(step),
        "turn",
        &format!(
            "check -> calm\nprepare rotate 1 -> calm\nsend rotate 1 -> unknown\nread probe -> {old}\n\
             +15s prepare rotate 2 -> calm\nsend rotate 2 -> rejected 202 invalid too weak\nread probe -> {old}\n\
             = held person: too weak"
        ),
    );
    let rig = tell(rig, "bad", "read read -> failed check it is not\n= failed check: it is not");
    assert_eq!(rig.engine.run().phase, Phase::Ending(Verdict::Failed));
    tell(rig, "turn", &format!("nothing\n! resume\n+165s read probe -> {old}\n= closed failed"));
}

const RUNNING: &str = r#"read probe -> found {"id":"aaaa0001","present":true,"status":"running","name":"$1"}"#;

#[test]
pub(crate) fn nothing_is_written_any_more_after_a_cancel() {
    // Its password is delivered, and it is not renamed.
    after_announcement("send create 1 -> calm\n! cancel\ndeliver 1 -> calm\n= closed cancelled");
    let delivered = "send create 1 -> calm\ndeliver 1 -> calm\n";
    after_announcement(&format!("{delivered}! cancel\n= closed cancelled"));
    after_announcement(&format!("{delivered}{RUNNING}\n! cancel\n= closed cancelled"));
    // Nor where the run was held over its name, by the command or by the process after it.
    let refused = format!(
        "{delivered}{RUNNING}\nprepare rename 1 -> calm\nsend rename 1 -> rejected 400 invalid no\n= held person: no\n"
    );
    after_announcement(&format!("{refused}! cancel\n= closed cancelled"));
    after_announcement(&format!("{refused}! resume\n! cancel\n= closed cancelled"));
}

#[test]
fn what_became_of_a_name_in_doubt_is_found_out_after_a_cancel_and_it_is_not_sent_again() {
    let sent = format!(
        "send create 1 -> calm\ndeliver 1 -> calm\n{RUNNING}\nprepare rename 1 -> calm\nsend rename 1 -> unknown\n! cancel\n"
    );
    after_announcement(&format!("{sent}{RUNNING}\n+180s {RUNNING}\n= closed cancelled"));
    let named = RUNNING.replace("$1", "prod");
    after_announcement(&format!("{sent}{RUNNING}\n+180s {named}\n= succeeded\n= closed cancelled"));
}

#[test]
fn a_run_that_was_failing_is_cancelled_too() {
    let yaml = format!("{}  - {{id: bad, uses: assert, on_failure: stop, with: {{that: false}}}}\n", creation());
    let rig = story(&yaml, "recreate", "check -> calm\nread baseline -> calm\nprepare create 1 -> calm");
    let rig = tell(rig, "bad", "read read -> failed check it is not\n= failed check: it is not");
    let rig = tell(
        rig,
        "recreate",
        "send create 1 -> calm\ndeliver 1 -> calm\nread probe -> calm\n! cancel\n= closed failed",
    );
    assert_eq!(rig.engine.run().phase, Phase::Closed(Verdict::Failed));
}

#[test]
fn a_name_that_an_earlier_version_gave_after_a_cancel_is_still_read() {
    let mut rig =
        after_announcement(&format!("send create 1 -> calm\ndeliver 1 -> calm\n{RUNNING}\nprepare rename 1 -> calm"));
    let intended = rig.log.pop().unwrap();
    rig.log.push(rig.event(Body::RunCancelAsked));
    let replay = |events: Vec<_>| Engine::replay(Arc::clone(&rig.plan), surefoot::kinds::protocol, events);
    replay(rig.log.iter().cloned().chain([intended.clone()]).collect()).unwrap();
    let refusal = replay(rig.log.clone()).unwrap().admit(intended).unwrap_err();
    assert!(refusal.to_string().contains("being cancelled"), "{refusal}");
}
