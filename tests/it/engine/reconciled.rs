//! Snapshots, changes, uploads and files: what is in doubt is settled by looking.

use super::plans::runbook;
use super::rig::Rig;
use super::story::story;

#[track_caller]
fn snapshot(rows: &str) -> Rig {
    let yaml = runbook("  - {id: snap, uses: aura.snapshot.create, with: {instance_id: \"2f49c2b3\", lag_max: 1m}}\n");
    story(&yaml, "snap", &format!("read baseline -> found {{\"ids\":[\"s0\"]}}\nprepare create 1 -> calm\n{rows}"))
}

#[test]
fn a_snapshot_is_the_new_one_that_was_taken_on_demand() {
    snapshot(
        "send create 1 -> applied {\"snapshot_id\":\"s1\"}\n= succeeded {\"requested_at\":\"2026-01-02T03:04:05Z\",\"snapshot_id\":\"s1\"}\n= closed done",
    );
    snapshot(
        r#"
        send create 1       -> unknown
        read settle         -> found {"snapshots":[{"snapshot_id":"s0","profile":"AdHoc"}],"complete":true}
        +15s read settle    -> found {"snapshots":[{"snapshot_id":"s7","profile":"Scheduled"}],"complete":true}
        +15s read settle    -> found {"snapshots":[{"snapshot_id":"s0","profile":"AdHoc"},{"snapshot_id":"s1","profile":"adhoc"}],"complete":false}
        = succeeded {"requested_at":"2026-01-02T03:04:05Z","snapshot_id":"s1"}
        = closed done
        "#,
    );
    snapshot(
        r#"
        send create 1       -> silence
        ! crash
        read settle         -> found {"snapshots":[{"snapshot_id":"s2","profile":"AdHoc","timestamp":"2026-01-02T05:00:00Z"},{"snapshot_id":"s1","profile":"AdHoc","timestamp":"2026-01-02T04:00:00Z"}],"complete":true}
        = succeeded {"requested_at":"2026-01-02T03:04:05Z","snapshot_id":"s2"}
        = closed done
        "#,
    );
}

#[test]
fn a_snapshot_that_left_no_trace_is_taken_again() {
    let nothing = "read settle -> found {\"snapshots\":[],\"complete\":true}\n\
                   12 x +15s read settle -> found {\"snapshots\":[],\"complete\":true}\n";
    let again = |number: u32| format!("prepare create {number} -> calm\nsend create {number} -> unknown\n{nothing}");
    snapshot(&format!(
        "send create 1 -> unknown\n{nothing}{}{}{}",
        again(2),
        again(3),
        r"
        = held doubt: 3 requests for a snapshot of 2f49c2b3 left no trace
        ! resolve not-applied
        ! resume
        prepare create 4 -> calm
        send create 4    -> applied
        = succeeded
        = closed done
        "
    ));
}

#[test]
fn a_snapshot_is_missing_by_the_clock_of_the_service() {
    // Ours has jumped ahead: by the service's, the lists span half a minute.
    let list = |second: u32| {
        let date = format!("2026-01-02T03:04:{second:02}Z");
        format!("found {{\"snapshots\":[],\"complete\":true,\"date\":\"{date}\"}}\n")
    };
    snapshot(&format!(
        "send create 1 -> unknown\nread settle -> {}! dead 10m\nread settle -> {}+15s read settle -> {}\
         +15s read settle -> {}",
        list(5),
        list(6),
        list(21),
        list(36)
    ));
}

#[test]
fn a_snapshot_from_before_the_baseline_is_not_ours() {
    let yaml = runbook("  - {id: snap, uses: aura.snapshot.create, with: {instance_id: \"2f49c2b3\", lag_max: 1m}}\n");
    let list = |ids: &[(&str, &str)]| {
        let one = |(id, at): &(&str, &str)| {
            format!(r#"{{"snapshot_id":"{id}","profile":"AdHoc","timestamp":"2026-01-02T03:04:{at}Z"}}"#)
        };
        let all: Vec<_> = ids.iter().map(one).collect();
        format!("found {{\"snapshots\":[{}],\"complete\":true}}", all.join(","))
    };
    // The list that the baseline came from lagged.
    story(
        &yaml,
        "snap",
        &format!(
            "read baseline -> found {{\"ids\":[],\"date\":\"2026-01-02T03:04:05Z\"}}\nprepare create 1 -> calm\n\
             send create 1 -> unknown\nread settle -> {}\n+15s read settle -> {}\n\
             = succeeded {{\"requested_at\":\"2026-01-02T03:04:05Z\",\"snapshot_id\":\"s1\"}}\n= closed done",
            list(&[("s0", "04")]),
            list(&[("s0", "04"), ("s1", "05")])
        ),
    );
}

#[test]
fn a_snapshot_that_an_operator_saw_is_looked_for() {
    snapshot(
        r#"
        send create 1         -> unknown
        read settle           -> found {"snapshots":[],"complete":false}
        51 x +15s read settle -> found {"snapshots":[],"complete":false}
        ! wait 15s
        = held doubt: not done after 10m
        ! resolve applied
        ! resume
        read settle           -> found {"snapshots":[],"complete":true}
        14 x +15s read settle -> found {"snapshots":[],"complete":true}
        +15s read settle      -> found {"snapshots":[{"snapshot_id":"s1","profile":"AdHoc"}],"complete":true}
        = succeeded
        = closed done
        "#,
    );
}

#[track_caller]
fn update(rows: &str) -> Rig {
    let yaml = runbook(
        "  - {id: finish, uses: aura.instance.update, with: {instance_id: \"2f49c2b3\", name: new, secondaries_count: 2}}\n",
    );
    story(&yaml, "finish", rows)
}

#[test]
fn only_what_differs_is_changed() {
    update(
        "read probe -> found {\"name\":\"new\",\"secondaries_count\":2,\"status\":\"running\"}\n= succeeded\n= closed done",
    );
    let rig = update(
        r#"
        read probe         -> found {"name":"prod","secondaries_count":2,"status":"running"}
        prepare update 1   -> calm
        send update 1      -> applied
        read probe         -> found {"name":"prod","secondaries_count":2,"status":"running"}
        +10s read probe    -> found {"name":"new","secondaries_count":2,"status":"updating"}
        +10s read probe    -> found {"name":"new","secondaries_count":2,"status":"Running"}
        = succeeded
        = closed done
        "#,
    );
    let sent = &rig.engine.steps()[0].history.attempts[0].intent.input;
    assert_eq!(*sent, serde_json::json!({"body": {"name": "new"}}));
}

#[test]
fn a_change_in_doubt_is_looked_at_and_made_again() {
    update(
        r#"
        read probe          -> found {"name":"prod","secondaries_count":2,"status":"updating"}
        +10s read probe     -> found {"name":"prod","secondaries_count":2,"status":"running"}
        prepare update 1    -> calm
        send update 1       -> unknown
        read probe          -> found {"name":"prod","secondaries_count":2,"status":"running"}
        +2s prepare update 2 -> calm
        send update 2       -> silence
        ! crash
        read probe          -> found {"name":"new","secondaries_count":2,"status":"running"}
        = succeeded
        = closed done
        "#,
    );
    update(
        r#"
        read probe          -> found {"name":"prod","secondaries_count":2,"status":"running"}
        prepare update 1    -> calm
        send update 1       -> rejected 409 busy ongoing after 20s
        +20s prepare update 2 -> calm
        send update 2       -> rejected 400 invalid bad name
        = failed invalid: bad name
        = closed failed
        "#,
    );
    update(
        r#"
        read probe          -> found {"name":"prod","status":"loading failed"}
        = held person: the instance is `loading failed`
        ! resume
        +10s read probe     -> found {"name":"new","secondaries_count":2,"status":"running"}
        = succeeded
        = closed done
        "#,
    );
}

#[test]
fn a_change_that_never_shows_is_given_up() {
    update(
        r#"
        read probe          -> found {"name":"prod","status":"running"}
        prepare update 1    -> calm
        send update 1       -> unknown
        read probe          -> found {"name":"prod","status":"updating"}
        77 x +10s read probe -> found {"name":"prod","status":"updating"}
        ! wait 10s
        = held person: not done after 10m
        "#,
    );
}

#[track_caller]
fn upload(rows: &str) -> Rig {
    let yaml = runbook("  - {id: up, uses: s3.put, with: {path: x, sha256: abc, bucket: b}}\n");
    story(&yaml, "up", &format!("check -> calm\n{rows}"))
}

const ABSENT: &str = r#"found {"exists":false,"size":20000000,"multipart":true,"key":"k"}"#;
const SAME: &str = r#"found {"exists":true,"same":true,"size":20000000,"key":"k","etag":"e"}"#;
const OTHER: &str = r#"found {"exists":true,"same":false,"size":20000000,"key":"k","etag":"e"}"#;

#[test]
fn uploads_go_well() {
    let small = ABSENT.replace("true", "false");
    upload(&format!(
        "read probe -> {small}\nprepare put 1 -> calm\nsend put 1 -> applied\nread probe -> {SAME}\n\
         = succeeded {{\"bucket\":\"b\",\"etag\":\"e\",\"key\":\"k\",\"parts\":1,\"sha256\":\"abc\",\"size\":20000000,\"uri\":\"s3://b/k\"\n\
         = closed done"
    ));
    upload(&format!(
        "read probe -> {ABSENT}\nprepare upload-start 1 -> calm\nsend upload-start 1 -> applied {{\"upload_id\":\"u1\"}}\n\
         prepare upload-parts 1 -> calm\nsend upload-parts 1 -> applied {{\"parts\":2}}\n\
         prepare upload-complete 1 -> calm\nsend upload-complete 1 -> applied {{\"parts\":2}}\nread probe -> {SAME}\n\
         = succeeded {{\"bucket\":\"b\",\"etag\":\"e\",\"key\":\"k\",\"parts\":2\n\
         prepare upload-sweep 1 -> calm\nsend upload-sweep 1 -> applied {{\"aborted\":0}}\n= closed done"
    ));
    upload(&format!("read probe -> {SAME}\n= succeeded\n= closed done"));
}

#[test]
fn parts_that_are_missing_at_the_end_are_sent() {
    let missing = "rejected 200 outside not all parts have arrived reason parts-missing";
    upload(&format!(
        "read probe -> {ABSENT}\nprepare upload-start 1 -> calm\nsend upload-start 1 -> applied {{\"upload_id\":\"u1\"}}\n\
         prepare upload-parts 1 -> calm\nsend upload-parts 1 -> applied {{\"parts\":2}}\n\
         prepare upload-complete 1 -> calm\nsend upload-complete 1 -> {missing}\n\
         +2s prepare upload-parts 2 -> calm\nsend upload-parts 2 -> applied {{\"parts\":2}}\n\
         prepare upload-complete 2 -> calm\nsend upload-complete 2 -> applied {{\"parts\":2}}\nread probe -> {SAME}\n\
         = succeeded"
    ));
}

#[test]
fn an_upload_is_taken_up_where_it_stands() {
    let rig = upload(&format!(
        "read probe -> {ABSENT}\nprepare upload-start 1 -> calm\nsend upload-start 1 -> applied {{\"upload_id\":\"u1\"}}\n\
         prepare upload-parts 1 -> calm\nsend upload-parts 1 -> silence\n! crash\n\
         prepare upload-parts 2 -> calm\nsend upload-parts 2 -> unknown\n+2s prepare upload-parts 3 -> calm\n\
         send upload-parts 3 -> applied\nprepare upload-complete 1 -> calm\nsend upload-complete 1 -> silence\n! crash\n\
         read probe -> {ABSENT}\nprepare upload-parts 4 -> calm\nsend upload-parts 4 -> rejected 404 not_found gone\n\
         prepare upload-start 2 -> calm\nsend upload-start 2 -> applied {{\"upload_id\":\"u2\"}}\n\
         prepare upload-parts 5 -> calm\nsend upload-parts 5 -> applied\nprepare upload-complete 2 -> calm\n\
         send upload-complete 2 -> unknown\nread probe -> {SAME}\n= succeeded\n\
         prepare upload-sweep 1 -> calm\nsend upload-sweep 1 -> applied\n= closed done"
    ));
    let inputs = rig.engine.steps()[0].history.attempts.iter().map(|one| one.intent.input["upload_id"].clone());
    let inputs: Vec<_> = inputs.map(|id| id.as_str().unwrap_or("-").to_owned()).collect();
    assert_eq!(inputs, ["-", "u1", "u1", "u1", "u1", "u1", "-", "u2", "u2", "-"]);
}

#[test]
fn broken_uploads_are_aborted_at_the_end_and_hold_nothing_up() {
    let whole = format!(
        "read probe -> {ABSENT}\nprepare upload-start 1 -> calm\nsend upload-start 1 -> unknown\n\
         read probe -> {ABSENT}\n+2s prepare upload-start 2 -> calm\n\
         send upload-start 2 -> applied {{\"upload_id\":\"u2\"}}\n\
         prepare upload-parts 1 -> calm\nsend upload-parts 1 -> applied {{\"parts\":2}}\n\
         prepare upload-complete 1 -> calm\nsend upload-complete 1 -> applied {{\"parts\":2}}\n\
         read probe -> {SAME}\n= succeeded\n"
    );
    let sweep = |number: u32, wait: &str, outcome: &str| {
        format!("{wait}prepare upload-sweep {number} -> calm\nsend upload-sweep {number} -> {outcome}\n")
    };
    // A process that dies over it does it again.
    upload(&format!(
        "{whole}{}! crash\n{}= closed done",
        sweep(1, "", "silence"),
        sweep(2, "", "applied {\"aborted\":1}")
    ));
    // What passes is tried again, and given up.
    upload(&format!(
        "{whole}{}{}{}= closed done",
        sweep(1, "", "not_sent outside no route"),
        sweep(2, "+15s ", "unknown"),
        sweep(3, "+15s ", "rejected 429 outside busy")
    ));
    // A run whose operator may not abort uploads is done all the same.
    upload(&format!("{whole}{}= closed done", sweep(1, "", "auth")));
}

#[test]
fn an_upload_that_is_gone_three_times_fails() {
    let gone = |number: u32| {
        format!(
            "prepare upload-start {number} -> calm\nsend upload-start {number} -> applied {{\"upload_id\":\"u\"}}\n\
             prepare upload-parts {number} -> calm\nsend upload-parts {number} -> rejected 404 not_found gone\n"
        )
    };
    upload(&format!(
        "read probe -> {ABSENT}\n{}{}{}= failed not_found: gone\n= closed failed",
        gone(1),
        gone(2),
        gone(3)
    ));
}

#[test]
fn an_object_with_other_content_is_never_overwritten() {
    upload(&format!(
        "read probe -> {OTHER}\n= held person: the object k exists with other content; it is never overwritten\n\
         ! resume\nread probe -> {ABSENT}\nprepare upload-start 1 -> silence"
    ));
    // Taken between the look and the write, and gone again.
    let small = ABSENT.replace("true", "false");
    upload(&format!(
        "read probe -> {small}\nprepare put 1 -> calm\nsend put 1 -> rejected 412 invalid there reason exists\n\
         read probe -> {small}\n+15s prepare put 2 -> calm\nsend put 2 -> applied\nread probe -> {SAME}\n\
         = succeeded\n= closed done"
    ));
    // Taken between the look and the write.
    for (end, held) in [(SAME, "= succeeded\n= closed done"), (OTHER, "= held person: the object k exists")] {
        upload(&format!(
            "read probe -> {}\nprepare put 1 -> calm\nsend put 1 -> rejected 412 invalid there reason exists\n\
             read probe -> {end}\n{held}",
            ABSENT.replace("true", "false")
        ));
    }
}

#[test]
fn a_store_that_never_answers_is_held() {
    let unknown = |(number, wait): (u32, &str)| {
        format!(
            "{wait}prepare put {number} -> calm\nsend put {number} -> unknown\nread probe -> {}\n",
            ABSENT.replace("true", "false")
        )
    };
    let waits = ["", "+2s ", "+4s ", "+8s ", "+16s ", "+32s ", "+60s ", "+60s "];
    let rows: Vec<_> = (1..).zip(waits).map(unknown).collect();
    upload(&format!(
        "read probe -> {0}\n{1}= held outside: DO x is never answered: no answer\n! resume\n\
         read probe -> {0}\nprepare put 9 -> calm",
        ABSENT.replace("true", "false"),
        rows.concat()
    ));
}

#[test]
fn an_upload_that_can_never_be_completed_is_held_although_its_parts_arrive() {
    let unknown = |(number, wait): (u32, &str)| {
        format!(
            "{wait}prepare upload-parts {number} -> calm\nsend upload-parts {number} -> applied {{\"parts\":2}}\n\
             prepare upload-complete {number} -> calm\nsend upload-complete {number} -> unknown\n\
             read probe -> {ABSENT}\n"
        )
    };
    let waits = ["", "+2s ", "+4s ", "+8s ", "+16s ", "+32s ", "+60s ", "+60s "];
    let rows: Vec<_> = (1..).zip(waits).map(unknown).collect();
    upload(&format!(
        "read probe -> {ABSENT}\nprepare upload-start 1 -> calm\n\
         send upload-start 1 -> applied {{\"upload_id\":\"u1\"}}\n\
         {}= held outside: DO x is never answered: no answer\n! resume\n\
         read probe -> {ABSENT}\nprepare upload-parts 9 -> calm",
        rows.concat()
    ));
}

#[test]
fn a_file_in_doubt_is_written_again() {
    let yaml = runbook("  - {id: note, uses: file.write, with: {path: n.txt, content: hello}}\n");
    story(
        &yaml,
        "note",
        r#"
        prepare write 1     -> calm
        send write 1        -> silence
        ! crash
        prepare write 2     -> calm
        send write 2        -> unknown
        +2s prepare write 3 -> calm
        send write 3        -> not_sent local disk full
        +2s prepare write 4 -> calm
        send write 4        -> applied {"path":"n.txt","size":5,"sha256":"abc"}
        = succeeded {"path":"n.txt","sha256":"abc","size":5}
        = closed done
        "#,
    );
}
