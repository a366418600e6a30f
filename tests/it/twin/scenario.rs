//! Scenarios: files with a default for everything, and seeds that decide the rest.

use super::Case;
use surefoot::twin::{Scenario, World};

fn refused(text: &str) -> String {
    match Scenario::from_text(text) {
        Err(error) => error.to_string(),
        Ok(scenario) => World::new(1, scenario.clone(), scenario.start()).unwrap_err().to_string(),
    }
}

#[test]
fn an_empty_scenario_is_the_default_one() {
    assert_eq!(Scenario::from_text("{}").unwrap(), Scenario::default());
    assert_eq!(Scenario::default().start().to_seconds_text(), "2026-01-20T22:00:00Z");
}

#[test]
fn a_scenario_is_read_from_yaml_and_json_and_written_back() {
    let yaml = "start: 2026-03-28T23:50:00Z\ntoken_seconds: 60\ndurations: {create: 90s, load: 1h30m}\n\
                instances:\n  - {name: big, memory: 16GB, storage: 32GB, archive_size: 2GiB, writes_per_minute: 5}\n\
                faults:\n  - {match: {method: POST, path: /v1/instances}, kind: drop_response}\n";
    let scenario = Scenario::from_text(yaml).unwrap();
    assert_eq!(scenario.start().to_seconds_text(), "2026-03-28T23:50:00Z");
    assert_eq!(scenario.instances[0].archive_size.0, 2 << 30);
    assert_eq!(scenario.durations.load.0.as_secs(), 5_400);
    assert_eq!(scenario.faults.len(), 1);
    let json = serde_json::to_string(&scenario).unwrap();
    assert_eq!(Scenario::from_text(&json).unwrap(), scenario);
}

#[test]
fn a_switch_that_is_off_is_not_written_so_that_older_worlds_are_the_same() {
    let text = serde_json::to_string(&Scenario::default()).unwrap();
    assert!(!text.contains("named_by_id"), "{text}");
    let on = "new_named_by_id: true\ninstances: [{named_by_id: true}]\n";
    let scenario = Scenario::from_text(on).unwrap();
    assert_eq!(Scenario::from_text(&serde_json::to_string(&scenario).unwrap()).unwrap(), scenario);
}

#[test]
fn new_instances_name_user_and_database_by_their_id_where_the_scenario_says_so() {
    for is_by_id in [false, true] {
        let mut case = Case::with(|scenario| scenario.new_named_by_id = is_by_id);
        let created = case.created();
        let id = created["id"].as_str().unwrap().to_owned();
        let name = if is_by_id { id.as_str() } else { "neo4j" };
        assert_eq!(created["username"], name);
        let (state, password) = (case.state(&id), case.password(&id));
        assert_eq!((&state["username"], &state["database"]), (&created["username"], &created["username"]));
        let reply = case.query_of(&id, name, (name, &password), "MATCH (n) RETURN count(n)");
        assert_eq!(reply.value()["data"]["values"][0][0], 0);
        let elsewhere = case.query_of(&id, "elsewhere", (name, &password), "RETURN 1").value();
        assert_eq!(elsewhere["errors"][0]["code"], "Neo.ClientError.Database.DatabaseNotFound");
    }
}

#[test]
fn what_a_scenario_does_not_know_is_an_error() {
    for (text, expected) in [
        ("tokens: 5", "tokens"),
        ("instances: [{nmae: a}]", "nmae"),
        ("durations: {create: soon}", "soon"),
        ("tenants: []", "no tenant"),
        ("credentials: []", "no credentials"),
        ("instances: [{tenant: Nobody}]", "Nobody"),
        ("instances: [{type: huge-db}]", "huge-db"),
        ("instances: [{id: XYZ}]", "XYZ"),
        ("instances: [{id: 0123abcd}, {id: 0123abcd}]", "0123abcd"),
        ("instances: [{memory: lots}]", "lots"),
        ("tenants: [{types: [tiny-db]}]", "tiny-db"),
    ] {
        let message = refused(text);
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn equal_seeds_make_equal_worlds_and_others_do_not() {
    let world = |seed| {
        let scenario = Scenario::default();
        let start = scenario.start();
        let mut world = World::new(seed, scenario, start).unwrap();
        (world.state(start), world.client_secret(), world.inputs())
    };
    assert_eq!(world(1), world(1));
    assert_ne!(world(1).0, world(2).0);
    assert_ne!(world(1).1, world(2).1);
}

#[test]
fn ids_and_passwords_are_unique() {
    let mut case = Case::with(|scenario| {
        scenario.rate_limit = 0;
        scenario.tenants[0].max_instances = 500;
    });
    let recipe = case.recipe();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..300 {
        let data = case.post("/v1/instances", &recipe).value()["data"].clone();
        assert!(seen.insert(data["id"].as_str().unwrap().to_owned()));
        assert!(seen.insert(data["password"].as_str().unwrap().to_owned()));
    }
}

#[test]
fn the_ready_line_can_be_written() {
    let case = Case::new();
    let inputs = case.world.inputs();
    assert_eq!(inputs["instance_id"], case.source());
    assert_eq!((&inputs["target_type"], &inputs["restore"]), (&"enterprise-db".into(), &"console".into()));
    assert!(!inputs.contains_key("password_file") && !inputs.contains_key("query_url"));
    assert_eq!((case.world.client_id().len(), case.world.client_secret().expose().len()), (32, 43));
    let large = Case::with(|scenario| scenario.instances[0].archive_size.0 = 5 << 30);
    assert_eq!(large.world.inputs()["restore"], "neo4j-admin");
}

#[test]
fn the_scenario_of_the_page_is_one() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/twin.md")).unwrap();
    let (_, block) = page.split_once("```yaml\n").unwrap();
    let scenario = Scenario::from_text(block.split_once("```").unwrap().0).unwrap();
    World::new(1, scenario.clone(), scenario.start()).unwrap();
    assert_eq!((scenario.instances.len(), scenario.faults.len()), (2, 2));
    // Every field and every kind of fault is told of.
    let fields = serde_json::to_value(&scenario).unwrap();
    for name in fields.as_object().unwrap().keys() {
        assert!(page.contains(&format!("`{name}`")) || page.contains(&format!("\n{name}:")), "{name}");
    }
    for kind in ["delay", "drop_request", "drop_response", "late", "status", "reset", "truncate"] {
        assert!(page.contains(&format!("| `{kind}` |")), "{kind}");
    }
}
