//! Services that a scenario describes: a state, and routes that show and set it.

use serde_json::{Value, json};
use std::time::Duration;
use surefoot::base::Timestamp;
use surefoot::twin::{Request, Scenario, World};

const BALANCER: &str = r#"
services:
  - host: lb.internal
    state: {old: active, new: standby, weight: 3}
    routes:
      - {request: GET /pools, json: {old: "{old}", text: "old is {old}, weight {weight}", weight: "{weight}", list: ["{new}"]}}
      - request: POST /pools/old/drain
        meanwhile: {old: draining}
        after: 20s
        set: {old: drained, weight: 0}
        status: 202
        json: {old: "{old}"}
      - {request: POST /pools/old/undrain, set: {old: active}}
  - host: "other.internal:8443"
    state: {}
    routes: [{request: GET /, json: "it is the other"}]
"#;

struct Case {
    world: World,
    now: Timestamp,
    log: Vec<String>,
}

impl Case {
    fn new() -> Self {
        let scenario = Scenario::from_text(BALANCER).unwrap();
        let now = scenario.start();
        Self { world: World::new(1, scenario, now).unwrap(), now, log: Vec::new() }
    }

    fn ask(&mut self, host: &str, request: &str) -> (u16, Value) {
        let (method, path) = request.split_once(' ').unwrap();
        let request = Request { host: Some(host.to_owned()), ..Request::new(method, path) };
        let handled = self.world.handle(&request, self.now);
        self.log.extend(handled.log);
        (handled.response.status, handled.response.value())
    }

    fn old(&mut self) -> Value {
        self.ask("lb.internal", "GET /pools").1["old"].clone()
    }

    fn wait(&mut self, secs: u64) {
        self.now = self.now.plus(Duration::from_secs(secs));
    }
}

#[test]
fn a_read_shows_the_state_and_changes_nothing() {
    let mut case = Case::new();
    let shown = json!({"old": "active", "text": "old is active, weight 3", "weight": 3, "list": ["standby"]});
    assert_eq!(case.ask("lb.internal", "GET /pools?deep=1"), (200, shown.clone()));
    assert_eq!(case.ask("LB.internal", "GET /pools"), (200, shown));
    assert_eq!(case.ask("other.internal:8443", "GET /"), (200, json!("it is the other")));
    assert!(case.world.ledger().is_empty());
}

#[test]
fn a_write_sets_the_state_after_its_time() {
    let mut case = Case::new();
    assert_eq!(case.ask("lb.internal", "POST /pools/old/drain"), (202, json!({"old": "draining"})));
    case.wait(19);
    assert_eq!(case.old(), "draining");
    case.wait(1);
    assert_eq!(case.old(), "drained");
    assert_eq!(case.ask("lb.internal", "GET /pools").1["weight"], 0);
    let entry = &case.world.ledger()[0];
    assert_eq!(
        (&*entry.method, &*entry.path, &*entry.target, entry.status),
        ("POST", "/pools/old/drain", "lb.internal", 202)
    );
}

#[test]
fn a_later_write_outweighs_what_was_to_come() {
    let mut case = Case::new();
    case.ask("lb.internal", "POST /pools/old/drain");
    case.wait(5);
    case.ask("lb.internal", "POST /pools/old/undrain");
    case.wait(60);
    assert_eq!(case.old(), "active");
    assert_eq!(case.world.ledger().len(), 2);
}

#[test]
fn what_a_service_does_not_know_is_not_found() {
    let mut case = Case::new();
    assert_eq!(case.ask("lb.internal", "GET /pools/old/drain").0, 404);
    assert_eq!(case.ask("lb.internal", "DELETE /pools").0, 404);
    assert!(!case.world.has_service("lb.internal:8443") && case.world.has_service("lb.internal"));
}

#[test]
fn a_world_is_rebuilt_from_its_log() {
    let mut case = Case::new();
    case.ask("lb.internal", "POST /pools/old/drain");
    case.wait(25);
    case.old();
    let scenario = Scenario::from_text(BALANCER).unwrap();
    let start = scenario.start();
    let lines = case.log.iter().map(String::as_str);
    case.world = World::replay(1, scenario, start, lines).unwrap();
    assert_eq!(case.old(), "drained");
    assert_eq!(case.world.ledger().len(), 1);
}

#[test]
fn a_fault_strikes_by_path() {
    let fault = "faults: [{match: {method: POST, path: /pools/old/drain}, kind: drop_response}]\n";
    let scenario = Scenario::from_text(&format!("{BALANCER}{fault}")).unwrap();
    let mut world = World::new(1, scenario.clone(), scenario.start()).unwrap();
    let request = Request { host: Some("lb.internal".to_owned()), ..Request::new("POST", "/pools/old/drain") };
    assert!(world.fault_for(&request).is_some() && world.fault_for(&request).is_none());
}

#[test]
fn mistakes_are_named() {
    let refused = |from: &str, to: &str| {
        let scenario = Scenario::from_text(&BALANCER.replace(from, to)).unwrap();
        World::new(1, scenario.clone(), scenario.start()).unwrap_err().to_string()
    };
    for (from, to, part) in [
        ("set: {old: active}", "set: {odl: active}", "names `odl`, which is not in its state"),
        ("old is {old}", "old is {odl}", "names `odl`"),
        ("POST /pools/old/undrain", "POST pools", "`request` is a method and a path"),
        ("POST /pools/old/undrain", "POST /pools/old/drain", "is there twice"),
        ("status: 202", "status: 99", "the status 99"),
        ("other.internal:8443", "LB.INTERNAL", "two services have the host"),
        ("other.internal:8443", "https://x/", "`host` is a host"),
    ] {
        let told = refused(from, to);
        assert!(told.contains(part), "{to}: {told}");
    }
    assert!(Scenario::from_text(&BALANCER.replace("after: 20s", "later: 20s")).is_err());
    // A world without services is the one that it was before there were any.
    assert!(!serde_json::to_string(&Scenario::default()).unwrap().contains("services"));
}
