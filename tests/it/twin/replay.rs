//! A world rebuilt from its log answers as the one that wrote it.

use super::{Case, SEED};
use proptest::prelude::*;
use serde_json::{Value, json};
use surefoot::base::Timestamp;
use surefoot::twin::{ImportMethod, ReplayError, Request, Response, Scenario, Upload, World};

/// One thing that happens; `which` picks the instance it happens to.
#[derive(Clone, Debug)]
enum Deed {
    Wait(u64),
    Create { cloned: bool },
    Act { method: &'static str, verb: &'static str, body: Value, which: usize },
    Restore { which: usize },
    Person { path: &'static str, body: Value, which: usize },
    Import { which: usize, sound: bool },
    Revoke,
    External,
    Look,
}

fn deed() -> impl Strategy<Value = Deed> {
    let act = prop_oneof![
        Just(("POST", "/pause", json!({}))),
        Just(("POST", "/resume", json!({}))),
        Just(("POST", "/snapshots", json!({}))),
        Just(("POST", "/upgrade", json!({}))),
        Just(("DELETE", "", Value::Null)),
        Just(("PATCH", "", json!({"name": "renamed"}))),
        Just(("PATCH", "", json!({"memory": "16GB", "name": "grown"}))),
        Just(("PATCH", "", json!({"cdc_enrichment_mode": "DIFF", "secondaries_count": 1}))),
    ];
    let person = prop_oneof![
        Just(("rename", json!({"name": "theirs"}))),
        Just(("delete", json!({}))),
        Just(("create", json!({"name": "their own"}))),
    ];
    prop_oneof![
        4 => (1_u64..900).prop_map(Deed::Wait),
        1 => (3_000_u64..200_000).prop_map(Deed::Wait),
        3 => any::<bool>().prop_map(|cloned| Deed::Create { cloned }),
        8 => (act, 0..6_usize).prop_map(|((method, verb, body), which)| Deed::Act { method, verb, body, which }),
        1 => (0..6_usize).prop_map(|which| Deed::Restore { which }),
        2 => (person, 0..6_usize).prop_map(|((path, body), which)| Deed::Person { path, body, which }),
        2 => (0..6_usize, any::<bool>()).prop_map(|(which, sound)| Deed::Import { which, sound }),
        1 => Just(Deed::Revoke),
        1 => Just(Deed::External),
        2 => Just(Deed::Look),
    ]
}

fn scenario() -> Scenario {
    let mut scenario = Scenario { rate_limit: 0, ..Scenario::default() };
    scenario.instances[2].writes_per_minute = 31;
    scenario
}

fn ids(case: &mut Case) -> Vec<String> {
    let state = case.send(&Request::new("GET", "/_twin/state")).value();
    state["instances"].as_array().unwrap().iter().map(|each| each["id"].as_str().unwrap().to_owned()).collect()
}

fn perform(case: &mut Case, deed: &Deed) {
    let ids = ids(case);
    let pick = |which: usize| ids.get(which % ids.len().max(1)).cloned().unwrap_or_else(|| "00000000".to_owned());
    match deed {
        Deed::Wait(secs) => case.wait(*secs),
        Deed::Create { cloned } => {
            let mut recipe = case.recipe();
            if *cloned {
                recipe["source_instance_id"] = json!(pick(0));
            }
            case.post("/v1/instances", &recipe);
        }
        Deed::Act { method, verb, body, which } => {
            let body = if body.is_null() { None } else { Some(body) };
            case.api(method, &format!("/v1/instances/{}{verb}", pick(*which)), body);
        }
        Deed::Restore { which } => {
            let id = pick(*which);
            let listed = case.get(&format!("/v1/instances/{id}/snapshots")).value();
            if let Some(snapshot) = listed["data"][0]["snapshot_id"].as_str() {
                case.post(&format!("/v1/instances/{id}/snapshots/{snapshot}/restore"), &json!({}));
            }
        }
        Deed::Person { path, body, which } => {
            case.person(&format!("/instances/{}/{path}", pick(*which)), body);
        }
        Deed::Import { which, sound } => {
            let graph = if *sound { json!({"nodes": 3, "labels": {"A": 3}}) } else { json!(0) };
            let contents = surefoot::twin::archive::Contents { instance_id: pick(0), graph };
            let upload = Upload { way: ImportMethod::Console, size_bytes: 77, contents: Some(contents) };
            if let Ok(lines) = case.world.import(&pick(*which), &upload, case.now) {
                case.log.extend(lines);
            }
        }
        Deed::Revoke => {
            case.person("/credentials/revoke", &json!({}));
            case.person("/credentials/reinstate", &json!({}));
            case.sign_in();
        }
        Deed::External => {
            let line = case.world.record_external("PUT", "/bucket/key", "bucket", "r1", 200, case.now);
            case.log.push(line);
        }
        Deed::Look => {
            case.get("/v1/tenants");
        }
    }
}

/// The reply to every read there is, with what was read.
fn replies(world: &mut World, token: &str, now: Timestamp) -> Vec<(String, Response)> {
    let mut paths: Vec<String> =
        ["/v1/instances", "/v1/tenants", "/_twin/ledger", "/_twin/state", "/v1/customer-managed-keys"]
            .map(str::to_owned)
            .to_vec();
    let state = world.state(now);
    for instance in state["instances"].as_array().unwrap().iter().chain(state["deleted"].as_array().unwrap()) {
        let id = instance["id"].as_str().unwrap();
        paths.push(format!("/v1/instances/{id}"));
        for day in 20..24 {
            paths.push(format!("/v1/instances/{id}/snapshots?date=2026-01-{day}"));
        }
    }
    let mut replies: Vec<_> = paths
        .into_iter()
        .map(|path| {
            let request = Request::new("GET", &path).with_header("authorization", &format!("Bearer {token}"));
            let reply = world.handle(&request, now).response;
            (path, reply)
        })
        .collect();
    for access in world.instances_with_passwords() {
        let request = Request::new("POST", &format!("/{}/db/neo4j/query/v2", access.id))
            .with_header("authorization", &super::basic(&access.username, access.password.expose()))
            .with_json(&json!({"statement": "SHOW INDEXES"}));
        let reply = world.handle(&request, now).response;
        replies.push((access.id, reply));
    }
    replies
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_replayed_world_answers_like_the_live_one(deeds in prop::collection::vec(deed(), 1..40)) {
        let mut case = Case::with(|default| *default = scenario());
        for deed in &deeds {
            perform(&mut case, deed);
        }
        let start = scenario().start();
        let lines = case.log.iter().map(String::as_str);
        let mut replayed = World::replay(SEED, scenario(), start, lines).unwrap();
        for later in [0, 45, 4_000] {
            let now = case.now.plus(std::time::Duration::from_secs(later));
            let expected = replies(&mut case.world, &case.token, now);
            prop_assert_eq!(replies(&mut replayed, &case.token, now), expected);
        }
        // What is created next is the same, too.
        let recipe = case.recipe();
        case.sign_in();
        let request = Request::new("POST", "/v1/instances")
            .with_header("authorization", &format!("Bearer {}", case.token))
            .with_json(&recipe);
        let now = case.now;
        prop_assert_eq!(replayed.handle(&request, now), case.world.handle(&request, now));
    }

    #[test]
    fn every_prefix_of_a_log_is_a_world(deeds in prop::collection::vec(deed(), 1..12)) {
        let mut case = Case::with(|default| *default = scenario());
        let mut seen = vec![(0, case.world.clone(), case.now)];
        for deed in &deeds {
            perform(&mut case, deed);
            seen.push((case.log.len(), case.world.clone(), case.now));
        }
        for (length, mut live, now) in seen {
            let lines = case.log.iter().take(length).map(String::as_str);
            let mut replayed = World::replay(SEED, scenario(), scenario().start(), lines).unwrap();
            prop_assert_eq!(replayed.state(now), live.state(now));
        }
    }
}

#[test]
fn a_log_belongs_to_one_world() {
    let mut case = Case::new();
    let recipe = case.recipe();
    case.post("/v1/instances", &recipe);
    let start = case.world.scenario().start();
    let replay = |seed, scenario, log: &[String]| World::replay(seed, scenario, start, log.iter().map(String::as_str));
    assert!(replay(SEED, Scenario::default(), &case.log).is_ok());
    let other_seed = replay(SEED + 1, Scenario::default(), &case.log);
    assert!(matches!(other_seed, Err(ReplayError::OtherWorld { line: 1 })));
    let other_scenario = replay(SEED, Scenario { token_seconds: 60, ..Scenario::default() }, &case.log);
    assert!(matches!(other_scenario, Err(ReplayError::OtherWorld { line: 1 })));
    let torn = case.log[0].get(..40).unwrap().to_owned();
    assert!(matches!(replay(SEED, Scenario::default(), &[torn]), Err(ReplayError::Line { line: 1, .. })));
}

#[test]
fn the_passing_of_time_is_noted_so_that_it_does_not_go_back() {
    let mut case = Case::new();
    let recipe = case.recipe();
    let id = case.post("/v1/instances", &recipe).value()["data"]["id"].as_str().unwrap().to_owned();
    case.wait(300);
    assert_eq!(case.status(&id), "running");
    let start = case.world.scenario().start();
    let replayed = World::replay(SEED, Scenario::default(), start, case.log.iter().map(String::as_str)).unwrap();
    assert_eq!(replayed.latest(), case.world.latest());
    case.wait(4_000_000);
    let line = case.world.note_time(case.now);
    case.log.push(line);
    let replayed = World::replay(SEED, Scenario::default(), start, case.log.iter().map(String::as_str)).unwrap();
    assert_eq!(replayed.latest(), case.now);
    assert_eq!(replayed.ledger(), case.world.ledger());
}
