//! Evidence about any subject: what an irreversible request rests on.

use super::book::folder;
use crate::support::service::{Deed, Service};
use serde_json::json;

/// Changes a balancer for good, on evidence about it.
const BOOK: &str = r#"runbook: balance
version: 1.0.0
inputs: {base: {type: string}}
secrets: {ops: {env: {token: OPS_TOKEN}}}
steps:
  - id: before
    uses: http.request
    with: {url: "{{ inputs.base }}/lb/orders", headers: {authorization: "Bearer {{ secrets.ops.token }}"}}
    provide: {evidence: config, subject: "lb:orders", of: "{{ output.json.pool }}"}
  - id: entry
    uses: audit.entry
    needs: [before]
    with: {subject: "lb:orders", title: Switch, fields: {pool: "{{ steps.before.json.pool }}"}}
  - id: confirm
    uses: confirm
    needs: [entry]
    with: {subject: "lb:orders", type: "lb:orders"}
  - id: switch
    uses: http.request
    needs: [confirm]
    subject: "lb:orders"
    with:
      method: POST
      url: "{{ inputs.base }}/lb/orders/switch"
      headers: {authorization: "Bearer {{ secrets.ops.token }}"}
    probe:
      uses: http.request
      with: {url: "{{ inputs.base }}/lb/orders", headers: {authorization: "Bearer {{ secrets.ops.token }}"}}
      applied: "{{ probe.json.pool == 'new' }}"
      settle: 1s
"#;

const SWITCH: &str = "POST /lb/orders/switch";

#[test]
fn a_subject_of_any_scheme_has_its_evidence() {
    folder(BOOK).call(&["check", "book.yaml"]).exit(0);
    let plan = folder(BOOK).call(&["plan", "book.yaml", "--input", "base=https://lb.internal"]).exit(0);
    plan.says("Proved before `switch`, on every path").says("reconcilable · irreversible").says("yields config");
}

#[test]
fn each_piece_of_evidence_has_to_be_there_and_about_the_same_subject() {
    let without = |id: &str, next: &str| {
        let (before, rest) = BOOK.split_once(&format!("  - id: {id}\n")).unwrap();
        let (_, after) = rest.split_once("  - id: ").unwrap();
        format!("{before}  - id: {after}").replace(&format!("needs: [{id}]"), next)
    };
    let cases = [
        (without("entry", "needs: [before]"), "audited"),
        (without("confirm", "needs: [entry]"), "confirmed"),
        (BOOK.replacen("subject: \"lb:orders\", of", "subject: \"lb:invoices\", of", 1), "config"),
        (BOOK.replacen("provide: {evidence: config", "provide: {evidence: counted", 1), "config"),
        (BOOK.replacen("with: {subject: \"lb:orders\", type", "with: {subject: \"lb:invoices\", type", 1), "confirmed"),
    ];
    for (book, evidence) in cases {
        folder(&book).call(&["check", "book.yaml"]).exit(3).says("SF044").says(evidence);
    }
}

fn service() -> Service {
    Service::start().document("/lb/orders", json!({"pool": "old"})).change(SWITCH, "/lb/orders", json!({"pool": "new"}))
}

#[test]
fn an_irreversible_request_leaves_after_its_confirmation_and_once() {
    let (service, folder) = (service().planned(SWITCH, Deed::LoseAnswer), folder(BOOK));
    super::book::run(&folder, &service).exit(4).says("lb:orders");
    assert_eq!(service.came(SWITCH), 0);
    let (code, seen) = folder.type_into(&["resume"], "lb:orders").end();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("changes lb:orders for good"), "{seen}");
    assert_eq!((service.came(SWITCH), service.applied(SWITCH)), (1, 1));
    let intent = folder.records("call.intended").into_iter().find(|one| one["step"] == "switch").unwrap();
    let cited: Vec<_> = intent["evidence"].as_array().unwrap().iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(cited, [json!("config"), json!("audited"), json!("confirmed"), json!("recheck:config")], "{intent}");
    folder.assert_secret_kept(&[&seen]);
    // How long it took is what a change window leaves room for.
    let page = folder.call(&["window", "book.yaml", "--output", "json"]).exit(0).json();
    assert_eq!(page["estimates"]["switch"]["from"], "earlier runs", "{page}");
    assert!(page["estimates"]["switch"]["seconds"].as_u64().unwrap() >= 1, "{page}");
}

#[test]
fn what_was_counted_is_read_again_before_the_request_leaves() {
    let counts = r#"  - id: counts
    uses: http.request
    needs: [before]
    with: {url: "{{ inputs.base }}/lb/orders/sessions", headers: {authorization: "Bearer {{ secrets.ops.token }}"}}
    provide: {evidence: counted, subject: "lb:orders", of: "{{ output.json.open }}"}
  - id: entry
"#;
    let book = BOOK
        .replace("  - id: entry\n", counts)
        .replace("needs: [before]\n    with: {subject", "needs: [counts]\n    with: {subject");
    let sessions = |open: u32| json!({"open": open});
    let folder = folder(&book);
    // Somebody opens a session while the person thinks: the person is asked again.
    let service = service().document("/lb/orders/sessions", sessions(0));
    super::book::run(&folder, &service).exit(4);
    let service = service.document("/lb/orders/sessions", sessions(3));
    let (code, seen) = folder.type_into(&["resume"], "lb:orders").end();
    assert_eq!(code, Some(0), "{seen}");
    assert_eq!(seen.matches("type it > ").count(), 2, "{seen}");
    assert!(seen.contains("Asked again, because the confirmation is void"), "{seen}");
    assert_eq!((service.came(SWITCH), service.applied(SWITCH)), (1, 1));
}

#[test]
fn a_captured_configuration_is_read_again_before_the_request_leaves() {
    let folder = folder(BOOK);
    let service = service();
    super::book::run(&folder, &service).exit(4);
    // Somebody moves the traffic elsewhere while the person thinks.
    let service = service.document("/lb/orders", json!({"pool": "spare"}));
    let (code, seen) = folder.type_into(&["resume"], "lb:orders").end();
    assert_eq!(code, Some(0), "{seen}");
    assert_eq!(seen.matches("type it > ").count(), 2, "{seen}");
    assert!(seen.contains("Asked again, because the confirmation is void"), "{seen}");
    assert_eq!((service.came(SWITCH), service.applied(SWITCH)), (1, 1));
}

#[test]
fn what_is_typed_for_a_subject_with_a_scheme_is_the_subject() {
    let book = BOOK.replacen("type: \"lb:orders\"", "type: orders", 1);
    let checked = folder(&book).call(&["check", "book.yaml"]).exit(3).says("SF045");
    checked.says("have the subject itself typed: write \"lb:orders\" under `type`");
}
