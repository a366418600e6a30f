//! Steps that look until the world is as wanted: nothing is decided on one look, and no wait begins anew.

use super::plans::{runbook, with_defaults};
use super::rig::Rig;
use super::story::{story, tell};

#[track_caller]
fn absent(rows: &str) -> Rig {
    let yaml = runbook(
        "  - {id: gone, uses: aura.instance.await, with: {instance_id: \"2f49c2b3\", status: absent, tenant_id: t1}}\n",
    );
    story(&yaml, "gone", rows)
}

const GONE: &str = r#"found {"present":false,"listed":false,"control":true}"#;

#[test]
fn absence_needs_three_looks_over_thirty_seconds_with_their_control() {
    absent(&format!(
        "read poll -> {GONE}\n2 x +15s read poll -> {GONE}\n\
         = succeeded {{\"connection_url\":null,\"lag\":\"0s\",\"looks\":3,\"status\":\"absent\"}}\n= closed done"
    ));
    // One look without its control, or one that is still listed, and the row begins anew.
    for broken in [
        r#"found {"present":false,"listed":false,"control":false}"#,
        r#"found {"present":false,"listed":true,"control":true}"#,
        r#"found {"present":true,"status":"destroying"}"#,
    ] {
        absent(&format!(
            "read poll -> {GONE}\n+15s read poll -> {GONE}\n+15s read poll -> {broken}\n\
             +10s read poll -> {GONE}\n2 x +15s read poll -> {GONE}\n= succeeded\n= closed done"
        ));
    }
    // A crash does not begin the row anew.
    absent(&format!(
        "read poll -> {GONE}\n+15s read poll -> {GONE}\n! crash\n+15s read poll -> {GONE}\n= succeeded\n= closed done"
    ));
}

#[test]
fn three_quick_looks_are_not_enough() {
    let yaml = runbook(
        "  - {id: gone, uses: aura.instance.await, with: {instance_id: \"2f49c2b3\", status: absent, every: 1s}}\n",
    );
    story(
        &yaml,
        "gone",
        &format!("read poll -> {GONE}\n+15s read poll -> {GONE}\n+15s read poll -> {GONE}\n= succeeded\n= closed done"),
    );
}

#[track_caller]
fn running(rows: &str) -> Rig {
    awaited("every: 10s, lag_max: 1m", rows)
}

#[track_caller]
fn awaited(every: &str, rows: &str) -> Rig {
    let with = format!("{{instance_id: \"2f49c2b3\", status: running, {every}}}");
    story(&runbook(&format!("  - {{id: runs, uses: aura.instance.await, with: {with}}}\n")), "runs", rows)
}

#[test]
fn what_takes_long_is_looked_at_less_often_where_the_runbook_does_not_say_how_often() {
    let creating = r#"read poll -> found {"present":true,"status":"creating"}"#;
    awaited(
        "",
        &format!(
            "{creating}\n9 x +10s {creating}\n+11s {creating}\n\
             +12s read poll -> found {{\"present\":true,\"status\":\"running\"}}\n\
             +10s read poll -> found {{\"present\":true,\"status\":\"running\"}}\n= succeeded\n= closed done"
        ),
    );
}

#[test]
fn an_instance_is_awaited() {
    running(
        r#"
        read poll       -> found {"present":false}
        +10s read poll  -> found {"present":true,"status":"creating"}
        +10s read poll  -> failed outside no route
        = waits 1: no route
        +2s read poll   -> found {"present":true,"status":"never heard of"}
        ! crash
        +10s read poll  -> found {"present":true,"status":"Running","connection_url":""}
        # A look that is behind, and so no agreement.
        +10s read poll  -> found {"present":true,"status":"creating"}
        +10s read poll  -> found {"present":true,"status":"running","connection_url":"u"}
        ! crash
        +10s read poll  -> found {"present":true,"status":"Running","connection_url":"u"}
        = succeeded {"connection_url":"u","lag":null,"looks":7,"status":"Running"}
        = closed done
        "#,
    );
    running(
        r#"
        read poll       -> found {"present":true,"status":"Loading failed"}
        +10s read poll  -> found {"present":true,"status":"loading failed"}
        = held person: instance 2f49c2b3 is `loading failed`
        ! resume
        2 x +10s read poll -> found {"present":true,"status":"running"}
        = succeeded
        = closed done
        "#,
    );
}

#[test]
fn an_instance_that_vanishes_is_not_believed_at_once() {
    running(
        r#"
        read poll           -> found {"present":true,"status":"creating"}
        7 x +10s read poll  -> found {"present":true,"status":"creating"}
        2 x +10s read poll  -> found {"present":false}
        +10s read poll      -> found {"present":true,"status":"creating"}
        2 x +10s read poll  -> found {"present":false}
        +10s read poll      -> found {"present":false}
        = failed not_found: instance 2f49c2b3 is not there while waiting for `running`
        = closed failed
        "#,
    );
    // What was just created may not be found for a minute.
    running(
        r#"
        read poll           -> found {"present":false}
        6 x +10s read poll  -> found {"present":false}
        +10s read poll      -> found {"present":false}
        = failed not_found
        = closed failed
        "#,
    );
}

#[test]
pub(crate) fn a_wait_is_given_up_at_its_deadline_whichever_process_it_lives_in() {
    // The five hours in which no process lived do not count; what went before does.
    running(
        r#"
        read poll           -> found {"present":true,"status":"creating"}
        59 x +10s read poll -> found {"present":true,"status":"creating"}
        ! dead 5h
        ! crash
        read poll           -> found {"present":true,"status":"creating"}
        ! wait 10s
        = failed timeout: not done after 10m
        = closed failed
        "#,
    );
    running(
        r#"
        read poll           -> found {"present":true,"status":"creating"}
        30 x +10s read poll -> found {"present":true,"status":"creating"}
        ! crash
        28 x +10s read poll -> found {"present":true,"status":"creating"}
        +10s read poll      -> silence
        ! wait 10s
        = failed timeout: not done after 10m
        = closed failed
        "#,
    );
    running(
        r"
        read poll           -> failed outside no route after 11m
        = waits 1: no route
        ! wait 10m
        = failed timeout: not done after 10m; the last trouble was: no route
        = closed failed
        ",
    );
}

#[test]
fn reads_that_fail_in_passing_are_tried_so_often_and_then_held_or_failed() {
    running(
        r"
        read poll       -> failed outside no route
        = waits 1: no route
        +2s read poll   -> failed busy ongoing
        = waits 2: ongoing
        ! crash
        # What was busy is no failure: they are counted anew.
        +10s read poll  -> failed outside no route
        = waits 1: no route
        +2s read poll   -> failed outside no route after 1m
        = waits 2: no route
        +1m read poll   -> failed outside no route
        = waits 3: no route
        +8s read poll   -> failed outside no route
        = waits 4: no route
        +16s read poll  -> failed outside no route
        = held outside: no route
        ! resume
        read poll       -> failed auth denied
        = failed auth: denied
        = closed failed
        ",
    );
    running(
        r#"
        read poll       -> failed busy ongoing
        = waits 1: ongoing
        +10s read poll  -> found {"present":true,"status":"creating"}
        # What passed is forgotten.
        +10s read poll  -> failed busy ongoing
        = waits 1: ongoing
        "#,
    );
}

#[track_caller]
fn snapshot(rows: &str) -> Rig {
    let with = "{instance_id: \"2f49c2b3\", snapshot_id: s1}";
    story(&runbook(&format!("  - {{id: snap, uses: aura.snapshot.await, with: {with}}}\n")), "snap", rows)
}

#[test]
fn a_snapshot_is_awaited_until_it_can_be_exported() {
    snapshot(
        r#"
        read poll       -> found {"status":"InProgress"}
        +10s read poll  -> found {"status":"Completed","exportable":false}
        2 x +10s read poll -> found {"status":"completed","exportable":true,"snapshot_id":"s1"}
        = succeeded {"exportable":true,"profile":null,"snapshot_id":"s1","status":"completed","timestamp":null}
        = closed done
        "#,
    );
    snapshot(
        "read poll -> found {\"status\":\"Failed\"}\n+10s read poll -> found {\"status\":\"failed\"}\n\
         = failed check: snapshot s1 of 2f49c2b3 is failed\n= closed failed",
    );
}

#[track_caller]
fn compare(more: &str, rows: &str) -> Rig {
    let counts = "  - {id: a, uses: neo4j.counts, with: {url: u}}\n  - {id: b, uses: neo4j.counts, with: {url: u}}\n";
    let step =
        format!("  - {{id: same, uses: neo4j.compare, timeout: 1h, with: {{before: \"{{{{ steps.a }}}}\"{more}}}}}\n");
    let b = if more.contains("steps.b") { counts } else { counts.lines().next().unwrap() };
    story(&runbook(&format!("{}\n{step}", b.trim_end())), "same", rows)
}

#[test]
fn counts_are_compared_once_or_until_they_are_equal() {
    compare(
        ", after: \"{{ steps.b }}\"",
        "read read -> failed check nodes differ\n= held check: nodes differ\n! resume\n\
         = reset a b same: the check by `same` did not hold: nodes differ",
    );
    compare(", after: \"{{ steps.b }}\"", "read read -> calm\n= succeeded\n= closed done");
    let different = r#"found {"equal":false,"compared":true,"differences":["nodes: 1, 2"],"status":"loading"}"#;
    let equal = r#"found {"equal":true,"compared":true,"differences":[]}"#;
    compare(
        ", url: u, within: 1m",
        &format!("read poll -> {different}\n2 x +10s read poll -> {equal}\n= succeeded\n= closed done"),
    );
    compare(
        ", url: u, within: 65s",
        &format!(
            "read poll -> {different}\n6 x +10s read poll -> {different}\n+5s read poll -> {different}\n\
             = held check: the counts still differ after 65s: [\"nodes: 1, 2\"]"
        ),
    );
    // Where that may be right, a person says so; who stops finds the step held, and it counts again.
    let late = format!("read poll -> {different}\n+10s read poll -> {different}\n");
    let asked = format!("{late}= asks 1: the counts still differ after 10s");
    let asks = ", url: u, within: 10s, on_difference: ask";
    compare(
        asks,
        &format!(
            "{asked}\nask 1 -> answer accept\n= succeeded {{\"acknowledged_by\":\"os:alice@host1\"\n= closed done"
        ),
    );
    compare(
        asks,
        &format!(
            "{asked}\nask 1 -> answer stop\n= held person: the differences were not accepted\n! resume\n\
             +5s read poll -> {different}\n+5s read poll -> {different}\n= asks 2\n! crash\nask 2 -> answer accept\n= succeeded\n= closed done"
        ),
    );
    let failed = different.replace("loading", "Loading Failed");
    compare(
        ", url: u, within: 1m",
        &format!(
            "read poll -> {failed}\n+10s read poll -> {failed}\n\
             = held person: the instance is `loading failed`: the import did not work\n! resume\n\
             2 x +10s read poll -> {equal}\n= succeeded\n= closed done"
        ),
    );
    let uncounted = r#"found {"equal":false,"compared":false,"differences":[]}"#;
    compare(", url: u", &format!("read poll -> {uncounted}\n= succeeded\n= closed done"));
}

#[test]
fn a_sleep_goes_on_over_a_restart_and_knows_no_time_out() {
    let yaml = with_defaults("timeout: 1m", "  - {id: nap, uses: sleep, with: {for: 1h}}\n");
    story(
        &yaml,
        "nap",
        r#"
        +1h read read   -> silence
        ! crash
        read read       -> done {"until":"2026-01-02T04:04:05Z"}
        = succeeded {"until":"2026-01-02T04:04:05Z"}
        = closed done
        "#,
    );
    let rig = story(&yaml, "nap", "! wait 20m\n! crash\n! wait 10m\n+30m read read -> silence");
    assert_eq!(rig.pending("nap").unwrap().input["until"], "2026-01-02T04:04:05Z");
}

#[test]
fn a_step_without_a_slot_is_not_given_up() {
    let yaml = with_defaults(
        "concurrency: 1, timeout: 10m",
        "  - {id: nap, uses: sleep, with: {for: 1h}}\n  - {id: get, uses: aura.instance.get, with: {instance_id: \"2f49c2b3\"}}\n",
    );
    let rig = story(&yaml, "nap", "! wait 59m\n! crash\n! wait 1m\nread read -> calm\n= succeeded");
    // Its time begins when it can.
    let rig = tell(rig, "get", "! wait 9m\nread read -> silence\n! wait 50s\nread read -> silence");
    tell(rig, "get", "! wait 10s\n= failed timeout: not done after 10m\n= closed failed");
    // While no process lives it cannot begin either.
    let rig = story(&yaml, "nap", "! wait 1h\nread read -> calm\n= succeeded\n! dead 30m\n! crash");
    tell(rig, "get", "! wait 9m\nread read -> done {\"name\":\"x\"}\n= succeeded\n= closed done");
    // Once it has begun nobody else's end gives it more.
    let yaml = with_defaults(
        "concurrency: 2, timeout: 10m",
        "  - {id: nap, uses: sleep, with: {for: 9m}}\n  \
         - {id: wait, uses: aura.instance.await, with: {instance_id: \"2f49c2b3\", status: running}}\n",
    );
    let rig = story(&yaml, "wait", "read poll -> found {\"present\":true,\"status\":\"creating\"}");
    let rig = tell(rig, "nap", "+9m read read -> calm\n= succeeded");
    tell(rig, "wait", "! wait 1m\n= failed timeout: not done after 10m\n= closed failed");
}

#[test]
fn a_clock_that_was_a_day_ahead_keeps_nobody_waiting() {
    let yaml = runbook(
        "  - {id: wait, uses: aura.instance.await, with: {instance_id: \"2f49c2b3\", status: running}, timeout: 1h}\n",
    );
    let creating = r#"found {"present":true,"status":"creating"}"#;
    let rig =
        story(&yaml, "wait", &format!("read poll -> {creating}\n! back 24h\n! crash\n+10s read poll -> {creating}"));
    tell(
        rig,
        "wait",
        &format!("+10s read poll -> {creating}\n! wait 1h\n= failed timeout: not done after 1h\n= closed failed"),
    );
}

#[test]
fn a_request_sent_before_the_clock_was_set_back_has_its_whole_settling_time() {
    let yaml = runbook("  - {id: pause, uses: aura.instance.pause, with: {instance_id: \"2f49c2b3\"}}\n");
    let running = r#"found {"status":"running"}"#;
    let rig = story(
        &yaml,
        "pause",
        &format!(
            "read probe -> {running}\nprepare pause 1 -> calm\nsend pause 1 -> unknown\n\
             read probe -> {running}\n! back 2h\n! crash\nread probe -> {running}\n"
        ),
    );
    tell(rig, "pause", &format!("12 x +15s read probe -> {running}\nprepare pause 2 -> calm"));
}
