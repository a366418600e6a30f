//! `aura.instance.overwrite`: nothing is sent without its evidence, and nothing in doubt is sent again.

use super::plans::{EVIDENCE, SOURCE, overwriting, runbook};
use super::rig::{Rig, plan};
use super::story::story;
use super::world;
use serde_json::json;
use surefoot::base::{Map, Value};
use surefoot::engine::event::{Body, Intent};
use surefoot::kinds::find;
use surefoot::runbook::guard::prove;
use surefoot::runbook::kind::Proof;
use surefoot::runbook::{Inputs, compile};

/// A story in which `-> seen STATUS` is what a look finds.
#[track_caller]
fn over(rows: &str) -> Rig {
    let seen = |row: &str| match row.split_once("-> seen ") {
        Some((wanted, status)) => {
            format!("{wanted}-> found {{\"id\":\"{SOURCE}\",\"name\":\"prod\",\"status\":\"{status}\"}}")
        }
        None => row.to_owned(),
    };
    let rows: Vec<_> = rows.lines().map(|row| seen(row.trim())).collect();
    story(&overwriting(), "over", &rows.join("\n"))
}

fn intents(rig: &Rig) -> Vec<Intent> {
    let intents = rig.log.iter().filter_map(|event| match &event.body {
        Body::CallIntended(intent) => Some(intent.clone()),
        _ => None,
    });
    intents.collect()
}

const SENT: &str = "read probe -> seen running\nprepare overwrite 1 -> calm\nsend overwrite 1 -> applied\n";
const LOST: &str = "read probe -> seen running\nprepare overwrite 1 -> calm\nsend overwrite 1 -> unknown\n";
const DONE: &str = "= succeeded {\"accepted_at\":\"2026-01-02T03:04:05Z\",\"connection_url\":null,\"id\":\"2f49c2b3\",\
                    \"name\":\"prod\",\"source_instance_id\":\"0a1b2c3d\",\"source_snapshot_id\":null,\
                    \"status\":\"running\"}\n= closed done";

#[test]
fn it_rests_on_its_evidence_and_is_sent_once() {
    let rig = over(&format!(
        "{SENT}read probe -> seen running\n+15s read probe -> seen overwriting\n+10s read probe -> seen loading\n\
         +10s read probe -> seen running\n+15s read probe -> seen running\n+15s read probe -> seen running\n{DONE}"
    ));
    let needs = find("aura.instance.overwrite").unwrap().needs;
    let cited: Vec<_> = needs
        .iter()
        .map(|proof| (proof.name().to_owned(), rig.engine.ledger().get(*proof, SOURCE).unwrap().seq))
        .collect();
    assert_eq!(intents(&rig)[0].evidence[..needs.len()], cited);
    assert!(rig.engine.run().crossed.is_some());
}

#[test]
fn a_path_without_evidence_is_an_error_of_the_runbook() {
    assert_eq!(prove(&plan(&overwriting())).escapes, Vec::new());
    for (step, proof) in [("verify", Proof::Backup), ("entry", Proof::Audited), ("confirm", Proof::Confirmed)] {
        let other = EVIDENCE.lines().map(|line| {
            let is_it = line.contains(&format!("id: {step},"));
            if is_it { line.replace(SOURCE, "0a1b2c3d") } else { line.to_owned() }
        });
        let mut evidence = other.collect::<Vec<_>>().join("\n");
        if step == "verify" {
            evidence = EVIDENCE
                .replace("with: {instance_id: \"2f49c2b3\", bucket:", "with: {instance_id: \"0a1b2c3d\", bucket:");
        }
        let yaml = overwriting().replace(EVIDENCE, &format!("{evidence}\n"));
        let diagnostics = compile(surefoot::kinds::catalog(), "test.yaml", yaml.as_bytes(), Inputs::Given(&Map::new()))
            .unwrap_err()
            .to_string();
        assert!(diagnostics.contains(proof.name()), "{step}: {diagnostics}");
    }
    let bare = runbook(
        "  - {id: a, uses: aura.instance.overwrite, with: {instance_id: \"2f49c2b3\", source_instance_id: \"0a1b2c3d\"}}\n",
    );
    assert!(compile(surefoot::kinds::catalog(), "test.yaml", bare.as_bytes(), Inputs::Given(&Map::new())).is_err());
}

#[test]
fn each_field_of_the_guard_must_be_as_it_was_captured() {
    for field in ["id", "name", "tenant_id", "region", "created_at"] {
        for other in [json!("other"), Value::Null] {
            let mut guard = world::config(SOURCE);
            guard.insert(field.to_owned(), other);
            let rig = over(&format!(
                "read probe -> seen running\nprepare overwrite 1 -> prepared 2f49c2b3 {}\n\
                 = held person: nothing was sent: the instance is not the one that was captured: {field} was\nnothing",
                Value::Object(guard)
            ));
            assert_eq!(intents(&rig), []);
        }
    }
}

#[test]
fn a_confirmation_older_than_five_minutes_is_asked_for_again() {
    let rig = over(
        r"
        read probe            -> seen updating
        ! wait 6m
        read probe            -> seen running
        prepare overwrite 1   -> calm
        = asks 1: The confirmation is older than five minutes. / Type prod to continue with DO 2f49c2b3.
        ask 1                 -> answer prod
        prepare overwrite 1   -> calm
        send overwrite 1      -> silence
        ",
    );
    assert_eq!(intents(&rig).len(), 1);
}

#[test]
fn in_doubt_it_is_seen_on_its_way() {
    for seen in ["overwriting", "loading"] {
        let rig = over(&format!(
            "{LOST}read probe -> seen running\n+15s read probe -> seen {seen}\n+10s read probe -> seen running\n\
             +15s read probe -> seen running\n+15s read probe -> seen running\n{DONE}"
        ));
        assert_eq!(intents(&rig).len(), 1);
    }
    // What a dead process has seen counts.
    over(&format!(
        "{}read probe -> seen overwriting\n! dead 30m\n! crash\nread probe -> seen running\n\
         +15s read probe -> seen running\n+15s read probe -> seen running\n= succeeded\n= closed done",
        LOST.replace("unknown", "silence\n! crash")
    ));
}

#[test]
fn what_nobody_saw_is_never_sent_again() {
    let unseen = format!("{LOST}read probe -> seen running\n12 x +15s read probe -> seen running\n");
    let held = "= held doubt: 2f49c2b3 is running, and nobody has seen whether it was overwritten\n";
    let rig = over(&format!("{unseen}{held}nothing\n! crash\nnothing"));
    assert_eq!(intents(&rig).len(), 1);
    // A person has looked.
    over(&format!(
        "{unseen}{held}! resolve applied\n! resume\nread probe -> seen running\n12 x +15s read probe -> seen running\n\
         = succeeded\n= closed done"
    ));
    let rig = over(&format!(
        "{unseen}{held}! resolve not-applied\n! resume\nread probe -> seen running\nprepare overwrite 2 -> calm\n\
         send overwrite 2 -> applied"
    ));
    assert_eq!(intents(&rig).len(), 2);
    // It was under way after all.
    let rig = over(&format!(
        "{unseen}{held}! resolve not-applied\n! resume\nread probe -> seen overwriting\n+22s read probe -> seen running\n\
         +15s read probe -> seen running\n+15s read probe -> seen running\n= succeeded\n= closed done"
    ));
    assert_eq!(intents(&rig).len(), 1);
}

#[test]
fn only_a_target_that_runs_is_overwritten() {
    over("read probe -> seen paused\n= held person: instance 2f49c2b3 is paused\n! resume\nread probe -> seen running");
    over("read probe -> seen loading\n= held person: instance 2f49c2b3 is loading, and this run has not asked for it");
    over(
        "read probe -> seen updating\n+10s read probe -> seen something new\n+10s read probe -> seen running\n\
          prepare overwrite 1 -> silence",
    );
}

#[test]
fn a_load_that_fails_needs_a_person() {
    over(&format!(
        "{SENT}read probe -> seen overwriting\n+10s read probe -> seen loading failed\n\
         = held person: instance 2f49c2b3 is `loading failed`: the overwriting did not work, and what was in it is gone\n\
         ! resume\nread probe -> seen running\n+15s read probe -> seen running\n+15s read probe -> seen running\n\
         = succeeded\n= closed done"
    ));
}

#[test]
fn refusals_are_tried_again_where_they_pass() {
    let rig = over(
        r"
        read probe           -> seen running
        prepare overwrite 1  -> calm
        send overwrite 1     -> rejected 409 busy ongoing after 20s reason ongoing-database-operation
        +20s read probe      -> seen running
        prepare overwrite 2  -> calm
        send overwrite 2     -> rejected 420 invalid unsupported
        = held person: unsupported
        ",
    );
    assert_eq!(intents(&rig).len(), 2);
}
