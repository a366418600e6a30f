//! Pausing and resuming: what is in doubt is settled by the status of the instance.

use super::plans::runbook;
use super::rig::Rig;
use super::story::story;

/// The same story of both kinds; it is told of a pause.
#[track_caller]
fn both(rows: &str) -> [Rig; 2] {
    let yaml = |kind: &str| runbook(&format!("  - {{id: one, uses: {kind}, with: {{instance_id: \"2f49c2b3\"}}}}\n"));
    let turned = |row: &str| {
        let words = [("pausing", "\u{1}"), ("paused", "\u{2}"), ("running", "paused"), ("\u{2}", "running")];
        let words = words.into_iter().chain([("\u{1}", "resuming"), (" pause ", " resume ")]);
        words.fold(row.to_owned(), |row, (from, to)| row.replace(from, to))
    };
    let seen = |row: &str| {
        row.split_once("-> seen ").map_or_else(
            || row.to_owned(),
            |(wanted, status)| format!("{wanted}-> found {{\"id\":\"2f49c2b3\",\"status\":\"{status}\"}}"),
        )
    };
    let rows: Vec<_> = rows.lines().map(|row| seen(row.trim())).collect();
    let pause = story(&yaml("aura.instance.pause"), "one", &rows.join("\n"));
    let rows: Vec<_> = rows.iter().map(|row| turned(row)).collect();
    [pause, story(&yaml("aura.instance.resume"), "one", &rows.join("\n"))]
}

#[test]
fn an_instance_that_is_as_wanted_is_left_alone() {
    for rig in both("read probe -> seen paused\n+10s read probe -> seen paused\n= succeeded\n= closed done") {
        assert!(rig.engine.steps()[0].history.attempts.is_empty());
    }
    // Somebody else has asked for it.
    both(
        "read probe -> seen pausing\n+10s read probe -> seen paused\n+10s read probe -> seen paused\n= succeeded\n= closed done",
    );
}

#[test]
fn it_is_sent_once_and_waited_for() {
    for rig in both(
        r"
        read probe           -> seen updating
        +10s read probe      -> seen running
        prepare pause 1      -> calm
        send pause 1         -> applied
        read probe           -> seen running
        +10s read probe      -> seen pausing
        8 x +10s read probe  -> seen pausing
        +11s read probe      -> seen something new
        +12s read probe      -> seen paused
        +10s read probe      -> seen paused
        = succeeded
        = closed done
        ",
    ) {
        assert_eq!(rig.engine.steps()[0].history.attempts.len(), 1);
    }
}

#[test]
fn one_look_decides_nothing() {
    both(
        r"
        read probe           -> seen running
        prepare pause 1      -> calm
        send pause 1         -> applied
        read probe           -> seen paused
        +10s read probe      -> seen running
        +10s read probe      -> seen loading failed
        +10s read probe      -> seen paused
        +10s read probe      -> seen pausing
        +10s read probe      -> seen paused
        +10s read probe      -> seen paused
        = succeeded
        = closed done
        ",
    );
}

#[test]
fn in_doubt_the_status_tells() {
    // The response is lost; a request that arrives late is seen late.
    for rig in both(
        r"
        read probe           -> seen running
        prepare pause 1      -> calm
        send pause 1         -> unknown
        read probe           -> seen running
        4 x +15s read probe  -> seen running
        +15s read probe      -> seen pausing
        +10s read probe      -> seen paused
        +10s read probe      -> seen paused
        = succeeded
        = closed done
        ",
    ) {
        assert_eq!(rig.engine.steps()[0].history.attempts.len(), 1);
    }
    // The process dies with the request, and again over the looks.
    both(
        r"
        read probe           -> seen running
        prepare pause 1      -> calm
        send pause 1         -> silence
        ! crash
        read probe           -> seen running
        +15s read probe      -> silence
        ! crash
        read probe           -> seen paused
        +10s read probe      -> seen paused
        = succeeded
        = closed done
        ",
    );
}

#[test]
fn what_left_no_trace_is_sent_again_and_then_a_person_is_needed() {
    let again = |number: u32| {
        format!(
            "prepare pause {number} -> calm\nsend pause {number} -> unknown\nread probe -> seen running\n\
             12 x +15s read probe -> seen running\n"
        )
    };
    let three = format!("read probe -> seen running\n{}{}{}", again(1), again(2), again(3));
    both(&format!(
        "{three}= held doubt: 3 requests to pause 2f49c2b3 left no trace\n! resolve not-applied\n! resume\n\
         read probe -> seen running\nprepare pause 4 -> calm\nsend pause 4 -> applied\nread probe -> seen paused\n\
         +10s read probe -> seen paused\n\
         = succeeded\n= closed done"
    ));
    both(&format!(
        "{three}= held doubt: 3 requests to pause 2f49c2b3 left no trace\n! resolve applied\n! resume\n\
         read probe -> seen running\n+10s read probe -> seen paused\n+10s read probe -> seen paused\n= succeeded\n= closed done"
    ));
}

#[test]
fn looks_before_the_settling_time_is_over_and_other_statuses_settle_nothing() {
    both(
        r"
        read probe           -> seen running
        prepare pause 1      -> calm
        send pause 1         -> unknown
        read probe           -> seen running
        10 x +15s read probe -> seen running
        +15s read probe      -> seen a new status
        +20s read probe      -> seen running
        12 x +15s read probe -> seen running
        prepare pause 2      -> calm
        ",
    );
}

#[test]
fn refusals_are_tried_again_where_they_pass() {
    both(
        r"
        read probe           -> seen running
        prepare pause 1      -> calm
        send pause 1         -> auth
        read probe           -> seen running
        prepare pause 2      -> calm
        send pause 2         -> rejected 409 busy ongoing after 20s reason ongoing-database-operation
        +20s read probe      -> seen updating
        +10s read probe      -> seen running
        prepare pause 3      -> calm
        send pause 3         -> rejected 400 invalid a free instance cannot
        = failed invalid: a free instance cannot
        = closed failed
        ",
    );
}

#[test]
fn a_refusal_for_the_status_is_looked_into() {
    let refused = "read probe -> seen running\nprepare pause 1 -> calm\n\
                   send pause 1 -> rejected 409 invalid not now reason instance-action-unavailable\n";
    // Somebody was faster.
    both(&format!("{refused}read probe -> seen paused\n+10s read probe -> seen paused\n= succeeded\n= closed done"));
    both(&format!(
        "{refused}read probe -> seen pausing\n+10s read probe -> seen paused\n+10s read probe -> seen paused\n= succeeded\n= closed done"
    ));
    // No decision rests on one look.
    both(&format!(
        "{refused}read probe -> seen running\n+15s read probe -> seen running\n+15s read probe -> seen running\n\
         = failed invalid: not now\n= closed failed"
    ));
}

#[test]
fn what_was_accepted_is_never_sent_again_by_itself() {
    let rigs = both(
        r"
        read probe           -> seen running
        prepare pause 1      -> calm
        send pause 1         -> applied
        read probe           -> seen running
        8 x +10s read probe  -> seen running
        +10s read probe      -> seen running
        ",
    );
    for rig in rigs {
        assert_eq!(rig.engine.steps()[0].history.attempts.len(), 1);
    }
}

#[test]
fn a_load_that_failed_needs_a_person() {
    both(
        r"
        read probe           -> seen loading failed
        +10s read probe      -> seen loading failed
        = held person: instance 2f49c2b3 is `loading failed`
        ! resume
        read probe           -> seen paused
        +10s read probe      -> seen paused
        = succeeded
        = closed done
        ",
    );
}
