//! `sleep` until a time of day: the same moment in every process, also where the clocks change.

use super::plans::runbook;
use super::rig::Rig;
use super::story::story;
use super::world::lead_to;

/// The moment until which a step sleeps that became ready at `from`.
#[track_caller]
fn until(from: &str, time: &str, zone: &str) -> String {
    let mut rig = Rig::open(&runbook(&format!(
        "  - {{id: first, uses: sleep, with: {{until: \"{from}\"}}}}\n  \
         - {{id: nap, uses: sleep, needs: [first], with: {{until: \"{time}\", zone: {zone}}}}}\n"
    )));
    lead_to(&mut rig, "nap");
    let command = rig.pending("nap").unwrap();
    assert_eq!(rig.now.to_seconds_text(), from);
    let text = command.input["until"].as_str().unwrap().to_owned();
    assert_eq!(command.not_before.to_seconds_text(), text);
    text
}

#[test]
fn a_time_of_day_is_the_next_one_there() {
    assert_eq!(until("2026-01-15T12:00:00Z", "22:00", "Europe/Berlin"), "2026-01-15T21:00:00Z");
    assert_eq!(until("2026-07-15T12:00:00Z", "22:00", "Europe/Berlin"), "2026-07-15T20:00:00Z");
    assert_eq!(until("2026-07-15T12:00:00Z", "22:00:30", "UTC"), "2026-07-15T22:00:30Z");
    assert_eq!(until("2026-07-15T22:00:00Z", "22:00", "UTC"), "2026-07-16T22:00:00Z", "it is after and not at");
    assert_eq!(until("2026-07-15T22:00:01Z", "22:00", "UTC"), "2026-07-16T22:00:00Z");
    // It may be another day there than here.
    assert_eq!(until("2026-07-15T23:30:00Z", "13:00", "Pacific/Auckland"), "2026-07-16T01:00:00Z");
    assert_eq!(until("2026-07-15T05:00:00Z", "22:30", "America/Los_Angeles"), "2026-07-15T05:30:00Z");
}

#[test]
fn an_hour_that_does_not_exist_means_the_moment_after_the_gap() {
    assert_eq!(until("2026-03-28T23:00:00Z", "02:30", "Europe/Berlin"), "2026-03-29T01:00:00Z");
    assert_eq!(until("2026-03-28T23:00:00Z", "02:00:01", "Europe/Berlin"), "2026-03-29T01:00:00Z");
    assert_eq!(until("2026-03-28T23:00:00Z", "03:00", "Europe/Berlin"), "2026-03-29T01:00:00Z");
    assert_eq!(until("2026-03-29T01:00:00Z", "02:30", "Europe/Berlin"), "2026-03-30T00:30:00Z");
    // Gaps of half an hour, and at midnight.
    assert_eq!(until("2026-10-03T12:00:00Z", "02:15", "Australia/Lord_Howe"), "2026-10-03T15:30:00Z");
    assert_eq!(until("2026-09-05T12:00:00Z", "00:00", "America/Santiago"), "2026-09-06T04:00:00Z");
}

#[test]
fn an_hour_that_comes_twice_means_the_first() {
    assert_eq!(until("2026-10-24T23:00:00Z", "02:30", "Europe/Berlin"), "2026-10-25T00:30:00Z");
    assert_eq!(until("2026-10-25T00:30:00Z", "02:30", "Europe/Berlin"), "2026-10-26T01:30:00Z");
    assert_eq!(until("2026-10-25T00:45:00Z", "02:30", "Europe/Berlin"), "2026-10-26T01:30:00Z");
}

#[test]
fn the_moment_does_not_move_with_whoever_waits() {
    let yaml = runbook("  - {id: nap, uses: sleep, with: {until: \"22:00\", zone: Europe/Berlin}}\n");
    let rig = story(&yaml, "nap", "! wait 10h\n! crash\n! wait 2h\n! dead 30h\n! crash\nread read -> silence");
    assert_eq!(rig.pending("nap").unwrap().input["until"], "2026-01-02T21:00:00Z");
    story(
        &runbook("  - {id: nap, uses: sleep, with: {until: \"2020-01-01T00:00:00+02:00\"}}\n"),
        "nap",
        "read read -> done {\"until\":\"2019-12-31T22:00:00Z\"}\n= succeeded\n= closed done",
    );
}

#[test]
fn what_is_found_out_in_the_run_says_what_is_wrong() {
    let failing = |with: &str, why: &str| {
        let read = "{id: first, uses: file.read, with: {path: a}}";
        let yaml = runbook(&format!("  - {read}\n  - {{id: nap, uses: sleep, with: {with}}}\n"));
        let mut rig = Rig::open(&yaml);
        let command = rig.pending("first").unwrap();
        let output = serde_json::json!({"path": "a", "size": 1, "sha256": "s", "text": "Moon", "json": null});
        rig.reply(
            command.id,
            surefoot::engine::call::Reply::Done { output: output.as_object().unwrap().clone(), evidence: Vec::new() },
        );
        assert_eq!(rig.status("nap"), "failed", "{with}");
        let told = rig.tail();
        assert!(told.contains(why), "no {why:?} in\n{told}");
    };
    failing("{until: \"22:00\", zone: \"{{ steps.first.text }}\"}", "there is no time zone `Moon`");
    failing("{until: \"{{ steps.first.text }}\", zone: UTC}", "`until` is \"Moon\"");
    failing("{for: \"{{ steps.first.json }}\"}", "neither `for` nor `until`");
}
