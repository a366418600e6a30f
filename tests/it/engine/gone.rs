//! `aura.instance.delete`: an instance that is not found, or that somebody else deletes.

use super::delete::{deleting, five};
use super::plans::{SOURCE, deletion, evidence_about};
use super::story::{rows, story};
use super::world;
use serde_json::json;
use surefoot::base::Value;

#[test]
fn not_found_is_done_only_after_a_send_of_ours() {
    deleting(
        r"
        prepare delete 1 -> failed not_found no such instance
        = held person: instance 2f49c2b3 is not there, and this run has not deleted it
        ! resume
        prepare delete 1 -> failed not_found no such instance
        = held person: instance 2f49c2b3 is not there, and this run has not deleted it
        ",
    );
    let absent = r#"found {"id":"2f49c2b3","present":false,"control":true}"#;
    // "No such thing" as the only answer: it was there a moment ago, so somebody else has deleted it.
    let gone = "prepare delete 1 -> calm\nsend delete 1 -> rejected 404 not_found gone";
    for gone in [gone, "prepare delete 1 -> calm\nsend delete 1 -> rejected 410 not_found gone"] {
        deleting(&format!(
            "{gone}\nread probe -> {absent}\n2 x +15s read probe -> {absent}\n\
             = held person: instance 2f49c2b3 no longer exists, and not by this run\n! resume\n\
             read probe -> {absent}\n2 x +15s read probe -> {absent}\n= held person: instance 2f49c2b3 no longer exists\n\
             ! resolve applied\n! resume\n= succeeded\n= closed done"
        ));
    }
    // A look that lags is followed by one that does not.
    let lagging = r#"found {"id":"2f49c2b3","present":true,"status":"running"}"#;
    deleting(&format!(
        "{gone}\nread probe -> {lagging}\n+15s prepare delete 2 -> failed not_found no such instance\n\
         3 x +15s read probe -> {absent}\n= held person: instance 2f49c2b3 no longer exists"
    ));
    // After an attempt that was never answered it is as good as an answer.
    let unknown = format!("prepare delete 1 -> calm\nsend delete 1 -> unknown\nread probe -> {lagging}\n");
    for status in [404, 410] {
        deleting(&format!(
            "{unknown}+15s prepare delete 2 -> calm\nsend delete 2 -> rejected {status} not_found gone\n\
             read probe -> {absent}\n= succeeded\n= closed done"
        ));
    }
    // What has just been seen, and still is, was not deleted, whoever answered.
    let runs = r#"found {"id":"2f49c2b3","present":true,"status":"running"}"#;
    let again = rows(2..=5, |number| {
        format!(
            "+15s prepare delete {number} -> calm\nsend delete {number} -> rejected 404 not_found gone\nread probe -> {runs}"
        )
    });
    deleting(&format!(
        "{gone}\nread probe -> {runs}\n+15s prepare delete 2 -> calm\nsend delete 2 -> calm\n= succeeded\n= closed done"
    ));
    deleting(&format!(
        "{gone}\nread probe -> {runs}\n{again}\n= held doubt: the deletion was sent 5 times and 2f49c2b3 is still running"
    ));
}

#[test]
fn an_attempt_that_never_left_is_no_send() {
    let absent = r#"found {"id":"2f49c2b3","present":false,"control":true}"#;
    deleting(
        r"
        prepare delete 1      -> calm
        send delete 1         -> not_sent outside no route
        +2s prepare delete 2  -> failed not_found no such instance
        = held doubt: instance 2f49c2b3 is not there, and this run has not deleted it
        ! resume
        nothing
        ! resolve not-applied
        ! resume
        prepare delete 2      -> failed not_found no such instance
        = held doubt: instance 2f49c2b3 is not there, and this run has not deleted it
        ! resolve applied
        ! resume
        = succeeded
        = closed done
        ",
    );
    // A proof cannot be read again, so that the instance is looked at: nobody has refused anything.
    let look = |found: &str| {
        format!(
            "prepare delete 1 -> calm\nsend delete 1 -> not_sent outside no route\n\
             +2s read recheck -> failed outside no route\n= waits 1: no route\n+2s read probe -> {found}\n"
        )
    };
    deleting(&format!(
        "{}2 x +15s read probe -> {absent}\n\
         = held doubt: instance 2f49c2b3 is not there, and this run has not deleted it\nnothing\n\
         ! resolve applied\n! resume\n= succeeded\n= closed done",
        look(absent)
    ));
    deleting(&format!(
        "{}= held person: instance 2f49c2b3 is being deleted, and this run has not asked for it\n\
         ! cancel\n= closed cancelled",
        look(r#"found {"id":"2f49c2b3","present":true,"status":"destroying"}"#)
    ));
    // An earlier attempt may have left.
    deleting(
        r#"
        prepare delete 1      -> calm
        send delete 1         -> unknown
        read probe            -> found {"id":"2f49c2b3","present":true,"status":"running"}
        +15s prepare delete 2 -> calm
        send delete 2         -> not_sent outside no route
        +2s prepare delete 3  -> failed not_found no such instance
        3 x +15s read probe   -> found {"id":"2f49c2b3","present":false,"control":true}
        = succeeded
        = closed done
        "#,
    );
}

#[test]
pub(crate) fn an_instance_that_somebody_else_deletes_is_looked_at_and_no_dead_end() {
    let mut going = world::config(SOURCE);
    going.insert("status".to_owned(), json!("destroying"));
    let going = Value::Object(going);
    let absent = r#"found {"id":"2f49c2b3","present":false,"control":true}"#;
    // Before anything is announced a person is asked; the run can still be cancelled.
    let rig = deleting(&format!(
        "prepare delete 1 -> prepared 2f49c2b3 {going}\n\
         = held person: instance 2f49c2b3 is being deleted, and this run has not asked for it\nnothing"
    ));
    assert!(rig.engine.run().crossed.is_none());
    // What is refused is never credited: neither where it goes, nor where it is gone.
    let refused = "prepare delete 1 -> calm\nsend delete 1 -> rejected 409 busy destroying";
    let held = "= held person: instance 2f49c2b3 is being deleted, and not by this run";
    let rig = deleting(&format!(
        "{refused}\n+10s prepare delete 2 -> prepared 2f49c2b3 {going}\n{held}\n! resume\n\
         prepare delete 2 -> prepared 2f49c2b3 {going}\n{held}"
    ));
    assert!(rig.engine.may_cancel(), "nothing of ours has taken effect");
    let gone = "= held person: instance 2f49c2b3 no longer exists, and not by this run";
    deleting(&format!(
        "{refused}\n+10s prepare delete 2 -> failed not_found no such instance\n\
         3 x +15s read probe -> {absent}\n{gone}\n! resume\nprepare delete 2 -> failed not_found no such instance\n\
         3 x +15s read probe -> {absent}\n{gone}\n! cancel\n= closed cancelled"
    ));
    // A refusal that does not pass is looked into before anybody is told.
    let final_ = "prepare delete 1 -> calm\nsend delete 1 -> rejected 409 invalid not in this state\n";
    let destroying = r#"found {"id":"2f49c2b3","present":true,"status":"destroying"}"#;
    deleting(&format!("{final_}read probe -> {destroying}\n{held}"));
    let runs = r#"found {"id":"2f49c2b3","present":true,"status":"running"}"#;
    deleting(&format!("{final_}read probe -> {runs}\n= held person: not in this state"));
    // What a person says counts: that it is as good as ours, or that it is not.
    deleting(&format!(
        "{refused}\n+10s prepare delete 2 -> prepared 2f49c2b3 {going}\n{held}\n! resolve applied\n! resume\n\
         = succeeded\n= closed done"
    ));
    // A command that resolves opens a session of its own first, in which nothing is held.
    deleting(&format!(
        "{refused}\n+10s prepare delete 2 -> prepared 2f49c2b3 {going}\n{held}\n! resume\n! resolve applied\n\
         = succeeded\n= closed done"
    ));
    // An attempt of which nobody knows anything may have been the one.
    deleting(&format!(
        "prepare delete 1 -> calm\nsend delete 1 -> unknown\nread probe -> {runs}\n+15s prepare delete 2 -> calm\n\
         send delete 2 -> rejected 409 busy destroying\n+10s prepare delete 3 -> prepared 2f49c2b3 {going}\n\
         = succeeded\n= closed done"
    ));
    // What was hidden for a while is deleted after all.
    deleting(&format!(
        "{refused}\n+10s prepare delete 2 -> failed not_found no such instance\n\
         +15s read probe -> found {{\"id\":\"2f49c2b3\",\"present\":true,\"status\":\"running\"}}\n\
         prepare delete 2 -> calm\nsend delete 2 -> calm\n= succeeded\n= closed done"
    ));
}

#[test]
fn a_second_instance_that_somebody_else_has_deleted_is_no_dead_end() {
    let other = "0a1b2c3d";
    let last = format!(
        "  - {{id: second, uses: aura.instance.delete, needs: [confirm2, delete], with: {{instance_id: \"{other}\"}}}}\n"
    );
    let yaml = format!("{}{}{last}", deletion(), evidence_about(other));
    story(
        &yaml,
        "second",
        r#"
        prepare delete 1 -> failed not_found no such instance
        = held doubt: instance 0a1b2c3d is not there, and this run has not deleted it
        ! resume
        nothing
        ! resolve applied
        ! resume
        = succeeded {"accepted_at":null,"id":"0a1b2c3d","name":null,"tenant_id":null}
        = closed done
        "#,
    );
}

#[test]
fn who_says_that_it_was_not_deleted_is_believed_until_a_look_sees_otherwise() {
    let held = format!("{}\n= held doubt: the deletion was sent 5 times\n! resolve not-applied\n! resume\n", five());
    // Deleted meanwhile, or not to be seen: it is looked after, and not prepared again and again.
    let unseen = r#"found {"id":"2f49c2b3","present":false,"control":false}"#;
    let absent = r#"found {"id":"2f49c2b3","present":false,"control":true}"#;
    deleting(&format!(
        "{held}prepare delete 6 -> failed not_found no such instance\n+15s read probe -> {unseen}\n\
         +15s read probe -> {absent}\n2 x +15s read probe -> {absent}\n= succeeded\n= closed done"
    ));
    // Somebody else deletes it.
    let mut going = world::config(SOURCE);
    going.insert("status".to_owned(), json!("destroying"));
    let going = Value::Object(going);
    deleting(&format!("{held}prepare delete 6 -> prepared 2f49c2b3 {going}\n= succeeded\n= closed done"));
}

#[test]
fn a_proof_that_cannot_be_read_again_because_somebody_else_deletes_the_instance_says_so() {
    let mut going = world::config(SOURCE);
    going.insert("status".to_owned(), json!("destroying"));
    let going = Value::Object(going);
    let paused = "read recheck -> failed outside 503 the database is paused\n= waits 1: 503\n";
    let sees = |found: &str| format!("{paused}+2s read probe -> found {{\"id\":\"2f49c2b3\",{found}}}\n");
    let goes = sees(r#""present":true,"status":"destroying""#);
    let held = "= held person: instance 2f49c2b3 is being deleted, and this run has not asked for it\n";
    // So does whoever resumes it, as often as that is.
    let again = format!("prepare delete 1 -> prepared 2f49c2b3 {going}\n{held}");
    let rig = deleting(&format!("{goes}{again}! resume\n{goes}{again}nothing"));
    assert!(rig.engine.run().crossed.is_none());
    deleting(&format!(
        "{}prepare delete 1 -> failed not_found no such instance\n\
         = held person: instance 2f49c2b3 is not there, and this run has not deleted it\n! cancel\n= closed cancelled",
        sees(r#""present":false,"control":true"#)
    ));
    // Where the instance runs the proof is read again, as often as the step may be tried; the look is not repeated.
    let runs = sees(r#""present":true,"status":"running""#);
    deleting(&format!(
        "{runs}read recheck -> failed outside 503 the database is paused\n= waits 1: 503\n\
         +2s read recheck -> calm\nread recheck -> calm\nprepare delete 1 -> calm\nsend delete 1 -> calm\n\
         = succeeded\n= closed done"
    ));
    // A step that is tried once only is not given up without that look.
    let once = deletion().replace("uses: aura.instance.delete,", "uses: aura.instance.delete, retry: {max: 1},");
    story(&once, "delete", &format!("{goes}{again}"));
    story(
        &once,
        "delete",
        &format!(
            "{runs}read recheck -> failed outside 503 the database is paused\n= held outside: 503 the database is paused"
        ),
    );
}
