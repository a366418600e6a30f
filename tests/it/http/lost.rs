//! An answer is lost: what the step's probe finds settles it.

use super::book::{DRAIN, LOOK, PROBE, drain, folder, run, service, step};
use crate::support::service::{Deed, Service};
use serde_json::json;

#[test]
fn an_answer_is_recorded_and_shown() {
    let (service, folder) = (service(), folder(&drain(PROBE)));
    run(&folder, &service).exit(0);
    assert_eq!((service.came(DRAIN), service.applied(DRAIN)), (1, 1));
    let output = step(&folder)["output"].clone();
    assert_eq!((&output["status"], &output["settled_by"]), (&json!(200), &json!("answer")));
    let sent = service.seen().into_iter().find(|one| one.request == DRAIN).unwrap();
    assert_eq!(sent.body, r#"{"reason":"CHG-1"}"#);
    assert_eq!(sent.headers["authorization"], format!("Bearer {}", crate::support::binary::TOKEN));
    assert_eq!(sent.headers["content-type"], "application/json");
}

#[test]
fn a_lost_answer_is_settled_by_looking_and_nothing_is_sent_twice() {
    let (service, folder) = (service().planned(DRAIN, Deed::LoseAnswer), folder(&drain(PROBE)));
    let ran = run(&folder, &service).exit(0);
    assert_eq!((service.came(DRAIN), service.applied(DRAIN)), (1, 1));
    let output = step(&folder)["output"].clone();
    assert_eq!((&output["status"], &output["settled_by"]), (&json!(null), &json!("probe")));
    assert_eq!(output["probe"]["json"], json!({"state": "drained"}));
    let outcomes: Vec<_> = folder.records("call.settled").into_iter().map(|one| one["outcome"].clone()).collect();
    assert_eq!(outcomes, [json!("unknown")]);
    folder.assert_secret_kept(&[&ran.out, &ran.err]);
}

#[test]
fn a_request_that_never_arrived_is_sent_again_once_that_is_settled() {
    let (service, folder) = (service().planned(DRAIN, Deed::LoseRequest), folder(&drain(PROBE)));
    run(&folder, &service).exit(0);
    assert_eq!((service.came(DRAIN), service.applied(DRAIN)), (2, 1));
    // Before the first one, and at least two after the lost one, the last of them after the settling time.
    assert!(service.came(LOOK) >= 3, "{:?}", service.seen());
    let (sent, looks) = (folder.records("call.intended"), folder.records("call.probed"));
    assert_eq!(sent.iter().map(|one| one["attempt"].clone()).collect::<Vec<_>>(), [json!(1), json!(2)]);
    assert!(looks.iter().all(|look| look["found"]["applied"] == json!(false)), "{looks:?}");
}

#[test]
fn what_is_done_already_is_not_done_again() {
    let service = service().document("/pools/old", json!({"state": "drained"}));
    let folder = folder(&drain(PROBE));
    run(&folder, &service).exit(0);
    assert_eq!(service.came(DRAIN), 0);
    assert_eq!(step(&folder)["output"]["settled_by"], "probe");
}

#[test]
fn what_is_on_its_way_is_waited_for() {
    let service = Service::start()
        .document("/pools/old", json!({"state": "active"}))
        .slow_change(DRAIN, "/pools/old", json!({"state": "draining"}), 1, json!({"state": "drained"}))
        .planned(DRAIN, Deed::LoseAnswer);
    let until = "    until: \"{{ probe.json.state == 'drained' }}\"\n";
    let folder = folder(&drain(&format!("{PROBE}{until}")));
    run(&folder, &service).exit(0);
    assert_eq!((service.came(DRAIN), service.applied(DRAIN)), (1, 1));
    let pending: Vec<_> =
        folder.records("call.probed").into_iter().map(|one| one["found"]["pending"].clone()).collect();
    assert_eq!(pending, [json!(false), json!(true), json!(false)]);
}

#[test]
fn an_answered_effect_is_waited_for_until_it_is_over() {
    let service = Service::start().document("/pools/old", json!({"state": "active"})).slow_change(
        DRAIN,
        "/pools/old",
        json!({"state": "draining"}),
        1,
        json!({"state": "drained"}),
    );
    let until = "    until: \"{{ probe.json.state == 'drained' }}\"\n";
    let folder = folder(&drain(&format!("{PROBE}{until}")));
    run(&folder, &service).exit(0);
    assert_eq!(service.came(DRAIN), 1);
    let output = step(&folder)["output"].clone();
    assert_eq!((&output["settled_by"], &output["probe"]["json"]["state"]), (&json!("answer"), &json!("drained")));
}

#[test]
fn an_idempotency_key_is_the_same_in_every_attempt_and_the_service_sees_one_effect() {
    let service = service().planned(DRAIN, Deed::LoseAnswer).planned(DRAIN, Deed::Status(502));
    let folder = folder(&drain("    idempotency_key: Idempotency-Key\n"));
    run(&folder, &service).exit(0);
    let sent: Vec<_> = service.seen().into_iter().filter(|one| one.request == DRAIN).collect();
    assert_eq!((sent.len(), service.applied(DRAIN)), (3, 1));
    let key = &sent[0].headers["idempotency-key"];
    assert!(key.starts_with("sf-") && key.len() == 35, "{key}");
    assert!(sent.iter().all(|one| one.headers["idempotency-key"] == *key), "{sent:?}");
    assert_eq!(step(&folder)["output"]["settled_by"], "answer");
}

#[test]
fn a_probe_that_fails_in_passing_is_tried_again() {
    let service = service().planned(LOOK, Deed::Status(500)).planned(DRAIN, Deed::LoseAnswer);
    let folder = folder(&drain(PROBE));
    run(&folder, &service).exit(0);
    assert_eq!((service.came(DRAIN), service.applied(DRAIN)), (1, 1));
    assert!(folder.records("step.waiting").iter().any(|one| one["error"]["message"].as_str().unwrap().contains("500")));
}

#[test]
fn a_refusal_is_no_doubt() {
    let (service, folder) = (service().planned(DRAIN, Deed::Status(409)), folder(&drain(PROBE)));
    run(&folder, &service).exit(1).says("is answered with 409");
    assert_eq!((service.came(DRAIN), service.applied(DRAIN)), (1, 0));
}
