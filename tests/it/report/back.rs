//! What is said of a run that has gone back.

use super::{AT, page, run, step, troubled};
use serde_json::json;
use surefoot::engine::Phase;
use surefoot::engine::call::Outcome;
use surefoot::engine::event::Verdict;
use surefoot::engine::rounds::WentBack;
use surefoot::engine::view::{EffectView, Named, RunView, StepView};
use surefoot::report;

/// A run that has gone back so often, the last time because somebody has written.
pub(crate) fn gone_back(times: u32) -> WentBack {
    WentBack {
        times,
        seq: 65,
        at: AT,
        step: "delete".to_owned(),
        reason: "the confirmation is void: it is not as `counts` found it (nodes: 1 then, 2\u{202e} now)".to_owned(),
        steps: vec!["counts".to_owned(), "confirm".to_owned()],
    }
}

fn made(seq: u64, past: Option<u64>, request: &str, named: Named) -> EffectView {
    EffectView {
        request: request.to_owned(),
        attempt: 1,
        at: AT,
        seq,
        past,
        outcome: Some(Outcome::Applied),
        in_doubt: false,
        undone: false,
        seen: None,
        named: Some(named),
    }
}

/// A snapshot that was taken in this record; `past` is the reset that went back over it.
pub(crate) fn snapshot_taken(seq: u64, past: Option<u64>) -> EffectView {
    made(seq, past, "POST /v1/instances/2f49c2b3/snapshots", Named { what: "snapshot", id: format!("snap-{seq}") })
}

fn object_put(seq: u64, past: Option<u64>) -> EffectView {
    made(seq, past, "POST s3://bucket/key?uploadId", Named { what: "version", id: format!("version-{seq}") })
}

#[test]
fn a_run_that_has_gone_back_says_why_and_how_often() {
    let mut view = troubled();
    let text = |view: &RunView| report::status(&page(view), report::Style { columns: 400, colour: false });
    assert!(!text(&view).contains("gone back"));
    assert_eq!(report::json::status(&page(&view))["went_back"], json!(null));
    for (times, often) in [(1, "Once in"), (2, "Twice, the last time in"), (3, "3 times, the last time in")] {
        view.went_back = Some(gone_back(times));
        let told = text(&view);
        let (_, told) = told.split_once("\nThe run went back\n").unwrap();
        let mut lines = told.lines();
        assert_eq!(
            lines.next().unwrap(),
            format!(
                "  {often} record 65 at 2027-01-15T08:00:00Z, from `delete`: the confirmation is void: it is not as \
                 `counts` found it (nodes: 1 then, 2\\u{{202e}} now)."
            )
        );
        assert_eq!(lines.next().unwrap(), "  Repeated steps: counts, confirm.");
    }
    let document = report::json::status(&page(&view));
    assert_eq!(document["went_back"]["times"], 3);
    assert_eq!(document["went_back"]["record"], 65);
    assert_eq!(document["went_back"]["steps"], json!(["counts", "confirm"]));
    assert!(document["went_back"]["reason"].as_str().unwrap().contains("nodes: 1 then"), "{document:#}");
}

/// What is said to stay of a run that has taken a snapshot and put an object, has gone back and done both again.
fn stays(phase: Phase, version: &str, deleted: bool) -> (String, serde_json::Value) {
    let put = json!({"uri": "s3://bucket/key", "version_id": version});
    let deletion =
        EffectView { request: "DELETE /v1/instances/2f49c2b3".to_owned(), named: None, ..snapshot_taken(9, None) };
    let steps = vec![
        StepView {
            effects: vec![snapshot_taken(1, Some(5)), snapshot_taken(6, None)],
            ..step("snapshot", "aura.snapshot.create", "succeeded")
        },
        StepView {
            effects: vec![object_put(2, Some(5)), object_put(7, None)],
            output: put.as_object().cloned(),
            ..step("upload", "s3.put", "succeeded")
        },
        StepView {
            effects: if deleted { vec![deletion] } else { Vec::new() },
            ..step("delete", "aura.instance.delete", if deleted { "succeeded" } else { "blocked" })
        },
    ];
    let view = run(phase, deleted, steps);
    let text = report::status(&page(&view), report::Style { columns: 400, colour: false });
    (text, report::json::status(&page(&view))["left_in_place"].clone())
}

const REMOVE: &str = "remove it: `aws s3api delete-object --bucket bucket --key key --version-id";

#[test]
fn what_every_round_of_a_cancelled_run_has_made_is_left_with_what_removes_it() {
    let (text, data) = stays(Phase::Closed(Verdict::Cancelled), "version-7", false);
    let (_, left) = text.split_once("\nLeft in place\n").unwrap();
    for told in ["snapshot snap-1, before the run went back in record 5\n", "snapshot snap-6\n"] {
        assert!(left.contains(told), "{left}");
    }
    for version in ["version-2", "version-7"] {
        assert!(left.contains(&format!("{REMOVE} {version}`\n")), "{left}");
    }
    assert_eq!(data.as_array().unwrap().len(), 4, "{data:#}");
}

#[test]
fn what_a_run_rests_on_is_never_said_to_be_left_from_before() {
    // Until it is over nobody is told to remove what the run may come upon again.
    let (text, data) = stays(Phase::Running, "version-7", false);
    let (_, left) = text.split_once("\nMade before the run went back\n").unwrap();
    assert!(left.contains("snap-1") && left.contains("version-2"), "{left}");
    assert!(!left.contains("remove it") && !left.contains("snap-6,"), "{left}");
    assert_eq!(data.as_array().unwrap().len(), 2, "{data:#}");
    assert!(data[0]["remedy"].is_null() && data[1]["remedy"].is_null(), "{data:#}");
    // The snapshots go with the instance.
    let (text, data) = stays(Phase::Closed(Verdict::Done), "version-7", true);
    let (_, left) = text.split_once("\nLeft from before the run went back\n").unwrap();
    assert!(left.contains(&format!("{REMOVE} version-2`\n")), "{left}");
    assert!(!left.contains("snap-") && !left.contains("version-7"), "{left}");
    assert_eq!(data.as_array().unwrap().len(), 1, "{data:#}");
    // The upload of the second round has found the object of the first.
    let (text, data) = stays(Phase::Closed(Verdict::Done), "version-2", true);
    assert!(!text.contains("Left from before"), "{text}");
    assert_eq!(data, json!([]));
}
