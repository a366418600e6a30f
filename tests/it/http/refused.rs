//! What `check` finds in a declared effect, before anything is sent.

use super::book::{PROBE, drain};
use surefoot::base::Map;
use surefoot::runbook::{Diagnostics, Inputs, compile};

/// What is found in a runbook: the codes, and everything as a person reads it.
fn found(yaml: &str) -> (Vec<&'static str>, String) {
    let codes = |found: &Diagnostics| found.iter().map(|one| one.code.name()).collect();
    match compile(surefoot::kinds::catalog(), "book.yaml", yaml.as_bytes(), Inputs::Unknown) {
        Ok(plan) => plan.warnings.as_ref().map_or_else(Default::default, |found| (codes(found), found.render(false))),
        Err(found) => (codes(&found), found.render(false)),
    }
}

#[track_caller]
fn refused(yaml: &str, code: &str, part: &str) {
    let (codes, text) = found(yaml);
    assert_eq!(codes, [code], "{text}");
    assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(part), "no {part:?} in\n{text}");
}

fn read(keys: &str) -> String {
    format!(
        "runbook: read\nversion: 1.0.0\nsteps:\n  - id: look\n    uses: http.request\n    \
         with: {{url: \"https://lb.internal/pools\"}}\n{keys}"
    )
}

#[test]
fn a_sound_one_has_nothing_to_report() {
    for keys in ["", PROBE, "    idempotency_key: Idempotency-Key\n"] {
        assert_eq!(found(&drain(keys)).0, [""; 0]);
    }
    assert_eq!(found(&read("")).0, [""; 0]);
    assert_eq!(found(&read("    provide: {evidence: config, subject: \"lb:orders\"}\n")).0, [""; 0]);
}

#[test]
fn a_request_that_changes_something_and_declares_that_it_does_not_is_warned_of() {
    let none = drain("").replace("effect: undoable", "effect: none");
    refused(&none, "SF052", "sent again without a look");
}

#[test]
fn a_read_has_nothing_to_settle() {
    let probe =
        "    probe: {uses: http.request, with: {url: \"https://lb.internal/pools\"}, applied: \"{{ true }}\"}\n";
    refused(&read(probe), "SF047", "`probe` means nothing for `look`: it changes nothing");
    let key = "    idempotency_key: Idempotency-Key\n";
    refused(&read(key), "SF047", "`idempotency_key` means nothing for `look`: it changes nothing");
    refused(&read("    subject: \"lb:orders\"\n"), "SF047", "`subject` means nothing for `look`");
}

#[test]
fn what_cannot_be_taken_back_says_what_it_changes() {
    let (codes, text) = found(&drain(PROBE).replace("    effect: undoable\n", ""));
    assert!(codes.contains(&"SF051"), "{text}");
    assert!(text.contains("`drain` is irreversible and does not say what it changes"), "{text}");
}

#[test]
fn what_is_waited_for_is_looked_at() {
    refused(&drain("    until: \"{{ probe.json.state == 'drained' }}\"\n"), "SF011", "add a `probe` that looks");
    let poll = read("").replace("http.request", "http.poll");
    refused(&poll, "SF011", "does not say until when");
}

#[test]
fn what_changes_something_proves_nothing() {
    let provide = "    provide: {evidence: config, subject: \"lb:orders\"}\n";
    refused(&drain(provide), "SF047", "a step that changes something proves nothing");
}

#[test]
fn an_address_with_a_user_is_refused_where_it_is_written() {
    for url in ["https://ana:x@lb.internal/pools", "https://ana@lb.internal", "https://ana:{{ 1 }}@lb.internal/{{ 2 }}"]
    {
        refused(&read("").replace("https://lb.internal/pools", url), "SF019", "names a user in front of its host");
        let poll = read("    until: \"{{ probe.status == 200 }}\"\n").replace("http.request", "http.poll");
        refused(&poll.replace("https://lb.internal/pools", url), "SF019", "names a user");
    }
    let probe = PROBE.replace("{{ inputs.base }}/pools/old", "https://ana:x@lb.internal/pools");
    refused(&drain(&probe), "SF019", "names a user");
    // An `@` in the path or the query is none.
    assert_eq!(found(&read("").replace("/pools", "/pools/@old?by=ana@lb")).0, [""; 0]);
}

#[test]
fn a_warning_lets_the_run_go_on() {
    let service = super::book::service();
    let folder = super::book::folder(&drain("").replace("effect: undoable", "effect: none"));
    folder.call(&["check", "book.yaml"]).exit(0).says("SF052");
    super::book::run(&folder, &service).exit(0);
    assert_eq!(service.applied(super::book::DRAIN), 1);
    assert!(folder.records("call.intended").is_empty(), "a read is announced by nobody");
    let plan = compile(surefoot::kinds::catalog(), "b", drain("").as_bytes(), Inputs::Given(&Map::new()));
    assert!(plan.is_err(), "an input that is missing is no warning");
}
