//! Another password: sealed before anything is sent, settled by trying both, and never lost.

use super::plans::runbook;
use super::rig::Rig;
use super::story::{story, tell};
use surefoot::engine::call::Call;
use surefoot::engine::command::Act;

const URL: &str = "neo4j+s://x";

#[track_caller]
fn rotation(rows: &str) -> Rig {
    let step = "  - {id: turn, uses: neo4j.password.rotate, with: {url: \"neo4j+s://x\", \
                credentials: \"{{ secrets.aura }}\", password_file: new.env}}\n";
    story(&runbook(step), "turn", &format!("check -> calm\nprepare rotate 1 -> calm\n{rows}"))
}

/// The new password is delivered as that of this attempt, and the step is done.
fn delivered(attempt: u32) -> String {
    format!(
        "deliver {attempt} -> calm\n= rotated {attempt} {URL}\n\
         = succeeded {{\"credentials\":{{\"$secret\":\"steps.turn.credentials\"}},\"password_file\":\"/new.env\"\n\
         = closed done"
    )
}

const NEW: &str = r#"found {"new":true,"old":false}"#;
const OLD: &str = r#"found {"new":false,"old":true}"#;
const NEITHER: &str = r#"found {"new":false,"old":false}"#;

/// Every announcement holds the same sealed password.
fn assert_one_password(rig: &Rig) {
    let attempts = &rig.engine.steps()[0].history.attempts;
    let first = attempts[0].intent.sealed.clone().unwrap();
    assert!(attempts.iter().all(|one| one.intent.sealed.as_ref() == Some(&first)), "there are several passwords");
}

#[test]
fn a_password_is_announced_sealed_set_delivered_and_counted_as_rotated() {
    let rig = rotation(&format!("send rotate 1 -> applied\n{}", delivered(1)));
    assert_one_password(&rig);
    let records: Vec<_> = rig.log.iter().map(|event| event.body.name()).collect();
    assert_eq!(
        records[2..],
        ["call.intended", "call.settled", "secret.delivered", "secret.rotated", "step.succeeded", "run.closed"]
    );
}

#[test]
fn later_steps_get_the_new_password() {
    let steps = "  - {id: turn, uses: neo4j.password.rotate, with: {url: \"neo4j+s://x\", \
                 credentials: \"{{ secrets.aura }}\", password_file: new.env}}\n  \
                 - {id: counts, uses: neo4j.counts, with: {url: \"neo4j+s://x\", \
                 credentials: \"{{ steps.turn.credentials }}\"}}\n";
    let rig = story(&runbook(steps), "counts", "");
    let sealed = rig.engine.steps()[0].history.attempts[0].intent.sealed.clone();
    assert_eq!(rig.pending("counts").unwrap().sealed.get("turn").cloned(), sealed);
}

#[test]
fn an_answer_that_was_lost_is_settled_by_trying_the_new_password() {
    rotation(&format!("send rotate 1 -> unknown\nread probe -> {NEW}\n{}", delivered(1)));
}

#[test]
fn where_the_old_password_still_opens_the_same_new_one_is_set_again() {
    let rig = rotation(&format!(
        "send rotate 1 -> unknown\nread probe -> {OLD}\n+15s prepare rotate 2 -> calm\n\
         send rotate 2 -> unknown\nread probe -> {OLD}\n+15s prepare rotate 3 -> calm\n\
         send rotate 3 -> applied\n{}",
        delivered(3)
    ));
    assert_one_password(&rig);
}

#[test]
fn a_death_between_announcement_and_answer_loses_nothing() {
    rotation(&format!("send rotate 1 -> silence\n! crash\nread probe -> {NEW}\n{}", delivered(1)));
    let rig = rotation(&format!(
        "send rotate 1 -> silence\n! crash\nread probe -> {OLD}\n+15s prepare rotate 2 -> calm\n\
         send rotate 2 -> silence\n! crash\nread probe -> {NEW}\n! crash\ndeliver 2 -> silence\n! crash\n{}",
        delivered(2)
    ));
    assert_one_password(&rig);
}

#[test]
fn a_request_that_arrives_late_is_found_out_when_the_next_one_is_refused() {
    for refusal in ["auth", "rejected 202 invalid Invalid principal or credentials."] {
        let rig = rotation(&format!(
            "send rotate 1 -> unknown\nread probe -> {OLD}\n+15s prepare rotate 2 -> calm\n\
             send rotate 2 -> {refusal}\nread probe -> {NEW}\n{}",
            delivered(1)
        ));
        assert_one_password(&rig);
    }
}

#[test]
fn a_password_that_a_look_has_found_is_owed_whatever_was_refused_since() {
    let rig = rotation(&format!(
        "send rotate 1 -> unknown\nread probe -> {OLD}\n+15s prepare rotate 2 -> calm\nsend rotate 2 -> auth\n\
         read probe -> {NEW}\ndeliver 1 -> failed check somebody else's file\n= held person: somebody else's file\n\
         ! dead 1h\n! cancel\nnothing\n! resume\n\
         deliver 1 -> calm\n= rotated 1 {URL}\n= succeeded\n= closed cancelled"
    ));
    assert_one_password(&rig);
    // Also where the last attempt never left.
    rotation(&format!(
        "send rotate 1 -> unknown\nread probe -> {OLD}\n+15s prepare rotate 2 -> calm\n\
         send rotate 2 -> not_sent outside no route\n! cancel\n+165s read probe -> {NEW}\n\
         deliver 1 -> calm\n= rotated 1 {URL}\n= succeeded\n= closed cancelled"
    ));
}

#[test]
fn a_refusal_while_an_earlier_attempt_may_still_arrive_holds_the_run() {
    rotation(&format!(
        "send rotate 1 -> unknown\nread probe -> {OLD}\n+15s prepare rotate 2 -> calm\n\
         send rotate 2 -> rejected 202 invalid too weak\nread probe -> {OLD}\n= held person: too weak\n\
         ! resume\nprepare rotate 3 -> calm\nsend rotate 3 -> applied\n{}",
        delivered(3)
    ));
}

#[test]
fn neither_password_is_a_doubt_for_a_person() {
    let neither = format!("send rotate 1 -> unknown\nread probe -> {NEITHER}\n19 x +15s read probe -> {NEITHER}\n");
    let held = "= held doubt: in 20 looks neither the old nor the new password opened neo4j+s://x; \
                somebody else may have set a third one";
    let rig = rotation(&format!("{neither}{held}\n! resume\nnothing"));
    tell(rig, "turn", &format!("! resolve applied\n! resume\n{}", delivered(1)));
    let rig = rotation(&format!("{neither}{held}\n! resolve not-applied\n! resume\nprepare rotate 2 -> calm"));
    tell(rig, "turn", &format!("send rotate 2 -> applied\n{}", delivered(2)));
    // A look that finds one of them again ends the looking.
    rotation(&format!("send rotate 1 -> unknown\nread probe -> {NEITHER}\n+15s read probe -> {NEW}\n{}", delivered(1)));
}

#[test]
fn what_is_resolved_after_a_refusal_goes_on() {
    let rows = format!(
        "send rotate 1 -> unknown\nread probe -> {OLD}\n+15s prepare rotate 2 -> calm\nsend rotate 2 -> auth\n\
         read probe -> {NEITHER}\n19 x +15s read probe -> {NEITHER}\n= held doubt: in 20 looks\n"
    );
    rotation(&format!("{rows}! resolve applied\n! resume\n{}", delivered(1)));
    rotation(&format!("{rows}! resolve not-applied\n! resume\nprepare rotate 3 -> calm"));
}

#[test]
fn a_database_that_cannot_be_reached_is_tried_again_and_then_held_for_the_outside() {
    let waits: Vec<_> = [2, 4, 8, 16]
        .iter()
        .zip(1..)
        .map(|(wait, tries)| format!("= waits {tries}: away\n+{wait}s read probe -> failed outside away\n"))
        .collect();
    rotation(&format!(
        "send rotate 1 -> unknown\nread probe -> failed outside away\n{}= held outside: away\n! resume\n\
         read probe -> {NEW}\n{}",
        waits.concat(),
        delivered(1)
    ));
}

#[test]
fn refusals_end_the_run_and_what_was_not_sent_is_sent_again() {
    rotation("send rotate 1 -> rejected 202 invalid too short\n= failed invalid: too short\n= closed failed");
    rotation("send rotate 1 -> auth\n= failed auth: denied\n= closed failed");
    rotation(&format!(
        "send rotate 1 -> not_sent outside no route\n+2s prepare rotate 2 -> calm\nsend rotate 2 -> applied\n{}",
        delivered(2)
    ));
}

#[test]
fn a_changed_password_is_delivered_whatever_happens_to_the_run() {
    // Its file cannot be written: the run does not end before it stands there.
    rotation(&format!(
        "send rotate 1 -> applied\ndeliver 1 -> failed check no such file\n= held person: no such file\n! resume\n{}",
        delivered(1)
    ));
    let ending = delivered(1).replace("closed done", "closed cancelled");
    rotation(&format!("send rotate 1 -> applied\n! cancel\n{ending}"));
    rotation(&format!("send rotate 1 -> unknown\n! cancel\nread probe -> {NEW}\n{ending}"));
    // What was sent may yet arrive: the run ends once it no longer can.
    let last = format!("send rotate 1 -> unknown\n! cancel\nread probe -> {OLD}\n+180s read probe -> ");
    rotation(&format!("{last}{OLD}\n= closed cancelled"));
    rotation(&format!("{last}{NEW}\n{ending}"));
}

#[test]
fn a_password_that_an_operator_says_was_set_is_delivered_before_the_run_ends() {
    let looks = format!("read probe -> {NEITHER}\n19 x +15s read probe -> {NEITHER}\n");
    let refused = "deliver 1 -> failed check no such file\n= held person: no such file";
    let ending = delivered(1).replace("closed done", "closed cancelled");
    rotation(&format!(
        "send rotate 1 -> unknown\n! cancel\n{looks}= held doubt: in 20 looks neither\n! resolve applied\n! resume\n\
         {refused}\nnothing\n! resume\n{ending}"
    ));
}

#[test]
fn what_is_delivered_belongs_to_the_call() {
    let rig = rotation("send rotate 1 -> applied");
    let command = rig.pending("turn").unwrap();
    assert!(matches!(command.act, Act::Deliver { attempt: 1, .. }));
    assert_eq!(command.id.call, Call::Rotate);
}
