//! Faults by count.

use super::Case;
use serde_json::{Value, json};
use surefoot::twin::{FaultKind, Request};

fn set(case: &mut Case, fault: &Value) -> u16 {
    case.send(&Request::new("POST", "/_twin/faults").with_json(fault)).status
}

/// Which of ten equal requests are struck.
fn struck(case: &mut Case, method: &str, path: &str) -> Vec<usize> {
    (0..10).filter(|_| case.world.fault_for(&Request::new(method, path)).is_some()).collect()
}

#[test]
fn a_fault_strikes_as_often_as_it_says_after_so_many() {
    let table = [
        (json!({"kind": "reset"}), vec![0]),
        (json!({"kind": "reset", "count": 3}), vec![0, 1, 2]),
        (json!({"kind": "reset", "after": 4}), vec![4]),
        (json!({"kind": "reset", "after": 8, "count": 5}), vec![8, 9]),
        (json!({"kind": "reset", "count": 0}), vec![]),
    ];
    for (fault, expected) in table {
        let mut case = Case::new();
        assert_eq!(set(&mut case, &fault), 201);
        assert_eq!(struck(&mut case, "POST", "/v1/instances"), expected, "{fault}");
    }
}

#[test]
fn a_fault_matches_by_method_and_path() {
    let table = [
        (json!({}), true),
        (json!({"method": "post"}), true),
        (json!({"method": "GET"}), false),
        (json!({"path": "/v1/instances"}), false),
        (json!({"path": "/v1/instances/"}), true),
        (json!({"path": "/v1/tenants"}), false),
        (json!({"path": "/v1/instances/*/snapshots"}), true),
        (json!({"path": "*/snapshots"}), true),
        (json!({"path": "/v1/*/snap"}), false),
        (json!({"path": "/v1/instances/*/pause"}), false),
        (json!({"path": "/v1/*"}), true),
        (json!({"path": "*a1*shots"}), true),
    ];
    for (matching, expected) in table {
        let mut case = Case::new();
        set(&mut case, &json!({"match": matching, "kind": "drop_request"}));
        let request = Request::new("POST", "/v1/instances/0123a1bc/snapshots?date=2026-01-20");
        assert_eq!(case.world.fault_for(&request).is_some(), expected, "{matching}");
    }
}

#[test]
fn the_first_fault_strikes_and_every_one_counts() {
    let mut case = Case::new();
    set(&mut case, &json!({"kind": "delay", "arg": 20}));
    set(&mut case, &json!({"kind": "late", "after": 1, "arg": 30}));
    let request = Request::new("POST", "/v1/instances");
    let first = case.world.fault_for(&request).unwrap();
    assert_eq!((first.kind, first.seconds()), (FaultKind::Delay, 20));
    let second = case.world.fault_for(&request).unwrap();
    assert_eq!((second.kind, second.seconds()), (FaultKind::Late, 30));
    assert!(case.world.fault_for(&request).is_none());
}

#[test]
fn faults_are_listed_cleared_and_never_strike_the_twin_itself() {
    let mut case = Case::with(|scenario| {
        scenario.faults = vec![serde_json::from_value(json!({"kind": "truncate", "count": 9})).unwrap()];
    });
    assert!(case.world.fault_for(&Request::new("GET", "/_twin/state")).is_none());
    assert!(case.world.fault_for(&Request::new("GET", "/v1/tenants")).is_some());
    let listed = case.send(&Request::new("GET", "/_twin/faults")).value();
    assert_eq!((&listed[0]["kind"], &listed[0]["seen"]), (&json!("truncate"), &json!(1)));
    assert_eq!(case.send(&Request::new("DELETE", "/_twin/faults")).value(), json!([]));
    assert!(case.world.fault_for(&Request::new("GET", "/v1/tenants")).is_none());
}

#[test]
fn a_status_fault_says_what_it_was_told() {
    let mut case = Case::new();
    set(&mut case, &json!({"kind": "status", "arg": 503}));
    let arg = json!({"status": 429, "body": {"error": "slow down"}, "headers": {"Retry-After": "5"}});
    set(&mut case, &json!({"kind": "status", "after": 1, "arg": arg}));
    let request = Request::new("GET", "/v1/tenants");
    assert_eq!(case.world.fault_for(&request).unwrap().response().status, 503);
    let reply = case.world.fault_for(&request).unwrap().response();
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("5")));
    assert_eq!(reply.value(), json!({"error": "slow down"}));
}

#[test]
fn what_is_no_fault_is_refused() {
    let mut case = Case::new();
    for wrong in [json!({"kind": "explode"}), json!({"kind": "reset", "times": 2}), json!([])] {
        assert_eq!(set(&mut case, &wrong), 400, "{wrong}");
    }
}
