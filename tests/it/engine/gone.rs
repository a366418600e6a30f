//! `aura.instance.delete`: an instance that is not found, or that somebody else deletes.

use super::delete::{deleting, five};
use super::plans::{EVIDENCE, SOURCE, deletion};
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
    let gone = "prepare delete 1 -> calm\nsend delete 1 -> rejected 404 not_found gone";
    deleting(&format!("{gone}\nread probe -> {absent}\n= succeeded\n= closed done"));
    // A look that lags is followed by one that does not.
    let lagging = r#"found {"id":"2f49c2b3","present":true,"status":"running"}"#;
    deleting(&format!(
        "{gone}\nread probe -> {lagging}\n+15s prepare delete 2 -> failed not_found no such instance\n\
         = succeeded\n= closed done"
    ));
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
    // An attempt that certainly never left is no send.
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
fn an_instance_that_somebody_else_deletes_is_looked_at_and_no_dead_end() {
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
    let refused = "prepare delete 1 -> calm\nsend delete 1 -> rejected 409 busy destroying";
    deleting(&format!("{refused}\n+10s prepare delete 2 -> prepared 2f49c2b3 {going}\n= succeeded\n= closed done"));
    // After a refusal its absence is proved as after an answer that was lost.
    deleting(&format!(
        "{refused}\n+10s prepare delete 2 -> failed not_found no such instance\n\
         3 x +15s read probe -> {absent}\n= succeeded\n= closed done"
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
    let again = ["capture", "target", "verify", "entry", "confirm"].iter().fold(EVIDENCE.to_owned(), |steps, name| {
        steps
            .replace(&format!("id: {name}"), &format!("id: {name}2"))
            .replace(&format!("[{name}]"), &format!("[{name}2]"))
    });
    let last = format!(
        "  - {{id: second, uses: aura.instance.delete, needs: [confirm2, delete], with: {{instance_id: \"{other}\"}}}}\n"
    );
    let yaml = format!("{}{}{last}", deletion(), again.replace(SOURCE, other));
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
