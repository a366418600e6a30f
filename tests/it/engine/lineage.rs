//! What really flowed decides at the call, whatever `check` has said: these plans are changed after it.

use super::plans::{SOURCE, deletion, migration};
use super::rig::{Rig, birth, plan};
use super::story::tell;
use super::world;
use serde_json::json;
use std::sync::Arc;
use surefoot::base::Digest;
use surefoot::engine::Engine;
use surefoot::engine::event::Body;
use surefoot::runbook::plan::{Plan, Template};

const OTHER: &str = "0a1b2c3d";

/// A run of a runbook whose inputs were changed after it was checked: `STEP.INPUT` and the value.
fn changed(yaml: &str, replaced: &[(&str, &str, &str)]) -> Rig {
    let mut plan = Plan::clone(&plan(yaml));
    for (step, input, value) in replaced {
        let index = plan.index_of(step).unwrap();
        let with = &mut plan.steps[index].with;
        with.retain(|(name, _)| name != input);
        with.push(((*input).to_owned(), Template::Plain(json!(value))));
    }
    let mut rig = Rig::unborn(Arc::new(plan));
    rig.must(birth(&rig.plan));
    rig.conclude();
    rig
}

/// What is said where the deletion of such a run is prepared; nothing may have been announced.
#[track_caller]
fn held(mut rig: Rig, why: &str) {
    world::lead_to(&mut rig, "delete");
    let rows = format!("prepare delete 1 -> calm\n= held person: nothing was sent: {why}\nnothing");
    let rig = tell(rig, "delete", &rows);
    let announced = |body: &Body| matches!(body, Body::CallIntended(intent) if intent.step == "delete");
    assert!(!rig.log.iter().any(|event| announced(&event.body)));
}

pub(crate) fn a_backup_of_another_instance_deletes_nothing() {
    let other = [("latest", "instance_id", OTHER), ("export", "instance_id", OTHER)];
    held(
        changed(&deletion(), &other),
        "the evidence is not about what it says: what was read back from S3 was exported from 0a1b2c3d and not from \
         2f49c2b3",
    );
}

#[test]
fn the_bytes_of_another_instance_are_no_backup() {
    a_backup_of_another_instance_deletes_nothing();
}

#[test]
fn each_link_is_compared() {
    let unfounded = |why: &str| format!("the evidence is not about what it says: {why}");
    held(
        changed(&deletion(), &[("latest", "instance_id", OTHER)]),
        &unfounded("no step has seen the snapshot x among those of 2f49c2b3"),
    );
    held(
        changed(&deletion(), &[("export", "snapshot_id", "another")]),
        &unfounded("no step has seen the snapshot another among those of 2f49c2b3"),
    );
    let digest = Digest::of(b"another file").to_string();
    held(
        changed(&deletion(), &[("verify", "sha256", &digest)]),
        &unfounded("what was read back from S3 is not a file that was exported from 2f49c2b3"),
    );
    held(
        changed(&deletion(), &[("confirm", "type", "ok")]),
        &unfounded("what was typed, ok, is neither the name prod nor the id of 2f49c2b3"),
    );
}

#[test]
fn the_id_is_as_good_as_the_name() {
    let mut rig = changed(&deletion(), &[("confirm", "type", SOURCE)]);
    world::lead_to(&mut rig, "delete");
    tell(rig, "delete", "prepare delete 1 -> calm\nsend delete 1 -> silence");
}

#[test]
fn an_entry_from_before_the_backup_says_nothing_about_it() {
    for (step, late) in [("entry", "audited"), ("confirm", "confirmed")] {
        let mut early = Plan::clone(&plan(&deletion()));
        let index = early.index_of(step).unwrap();
        early.steps[index].after.clear();
        early.steps[index].refs.clear();
        early.steps[index].with.retain(|(name, _)| name != "type");
        early.steps[index].with.push(("type".to_owned(), Template::Plain(json!("prod"))));
        if step == "entry" {
            early.steps[index].with.retain(|(name, _)| name != "type");
        }
        let delete = early.index_of("delete").unwrap();
        early.steps[delete].after = (0..delete).collect();
        let mut rig = Rig::unborn(Arc::new(early));
        rig.must(birth(&rig.plan));
        rig.conclude();
        world::lead_to(&mut rig, step);
        let command = rig.pending(step).unwrap();
        let reply = world::calm(&rig.engine, &command, rig.now);
        rig.reply(command.id, reply);
        held(rig, &format!("the evidence is not about what it says: `{late}` was there before `config`"));
    }
}

#[test]
fn what_is_created_is_what_was_checked() {
    for (input, value) in
        [("region", "us"), ("memory", "64GB"), ("storage", "64GB"), ("tenant_id", "t2"), ("version", "4")]
    {
        let mut rig = changed(&migration(), &[("recreate", input, value)]);
        world::lead_to(&mut rig, "delete");
        let rig = tell(rig, "delete", "prepare delete 1 -> calm\nsend delete 1 -> calm\n= succeeded");
        tell(
            rig,
            "recreate",
            &format!(
                "read baseline -> calm\nprepare create 1 -> calm\n\
                 = held person: nothing was sent: `{input}` is \"{value}\" and `target` has checked \n\
                 ! set {input}={value}\n! resume\nprepare create 1 -> calm\nsend create 1 -> silence"
            ),
        );
    }
    let mut rig = changed(&migration(), &[("recreate", "memory", "8 gb")]);
    world::lead_to(&mut rig, "delete");
    let rig = tell(rig, "delete", "prepare delete 1 -> calm\nsend delete 1 -> calm\n= succeeded");
    tell(rig, "recreate", "read baseline -> calm\nprepare create 1 -> calm\nsend create 1 -> silence");
}

#[test]
fn what_an_older_version_has_announced_is_read() {
    let mut rig = changed(&deletion(), &[]);
    world::lead_to(&mut rig, "delete");
    let mut rig = tell(rig, "delete", "prepare delete 1 -> calm\nsend delete 1 -> silence");
    // Versions before this one cited no links, and did not compare them.
    for event in &mut rig.log {
        match &mut event.body {
            Body::CallIntended(intent) => {
                intent.evidence.retain(|(name, _)| !matches!(&**name, "exported" | "snapshot"));
            }
            Body::StepSucceeded { step, output, .. } if step == "export" => {
                output.insert("sha256".to_owned(), json!(Digest::of(b"another file").to_string()));
            }
            _ => {}
        }
    }
    let engine = Engine::replay(Arc::clone(&rig.plan), surefoot::kinds::protocol, rig.log.iter().cloned()).unwrap();
    assert!(engine.run().crossed.is_some());
}

#[test]
fn nothing_of_the_evidence_is_hidden_from_who_confirms() {
    let mut rig = Rig::open(
        &deletion().replace("type: \"{{ steps.capture.name }}\"", "type: \"{{ steps.capture.name }}\", show: []"),
    );
    world::lead_to(&mut rig, "confirm");
    let asked = &rig.engine.steps()[rig.index("confirm")].history.questions[0].question;
    let shown = |proof: &str, step: &str| {
        asked
            .show
            .iter()
            .any(|(row, _)| row.starts_with(&format!("{proof}, ")) && row.ends_with(&format!(" by {step}")))
    };
    assert!(shown("config", "capture") && shown("backup", "verify") && shown("offered", "target"), "{:?}", asked.show);
    assert!(asked.text.starts_with("REAL: this DELETES prod (2f49c2b3) with all its data"), "{}", asked.text);
}
