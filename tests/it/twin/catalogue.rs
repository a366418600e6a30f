//! Every endpoint: its status, its shape, its refusals.

use super::{Case, find, keys, reason};
use serde_json::{Value, json};
use surefoot::twin::{KeySpec, Request};

const FULL: [&str; 16] = [
    "cdc_enrichment_mode",
    "cloud_provider",
    "connection_url",
    "created_at",
    "graph_analytics_plugin",
    "id",
    "memory",
    "metrics_integration_url",
    "name",
    "region",
    "secondaries_count",
    "status",
    "storage",
    "tenant_id",
    "type",
    "vector_optimized",
];

#[test]
fn each_endpoint_answers_with_its_status() {
    let mut case = Case::new();
    let (source, paused, tenant) = (case.source(), case.paused(), case.tenant());
    let snapshots = case.data(&format!("/v1/instances/{source}/snapshots?date=2026-01-20"));
    let snapshot = snapshots[0]["snapshot_id"].as_str().unwrap().to_owned();
    let none = "00000000";
    let recipe = case.recipe();
    let table: Vec<(&str, String, Option<Value>, u16)> = vec![
        ("GET", "/instances".to_owned(), None, 200),
        ("GET", format!("/instances?tenantId={tenant}"), None, 200),
        ("GET", "/instances?tenantId=6981ace7-efe8-4f5c-b7c5-267b5162ce91".to_owned(), None, 404),
        ("GET", format!("/instances/{source}"), None, 200),
        ("GET", format!("/instances/{none}"), None, 404),
        ("PATCH", format!("/instances/{none}"), Some(json!({"name": "a"})), 404),
        ("DELETE", format!("/instances/{none}"), None, 404),
        ("POST", format!("/instances/{none}/pause"), None, 404),
        ("POST", format!("/instances/{none}/resume"), None, 404),
        ("GET", format!("/instances/{none}/snapshots"), None, 404),
        ("POST", format!("/instances/{none}/snapshots"), None, 404),
        ("GET", format!("/instances/{source}/snapshots"), None, 200),
        ("GET", format!("/instances/{source}/snapshots?date=20.01.2026"), None, 400),
        ("GET", format!("/instances/{source}/snapshots/{snapshot}"), None, 200),
        ("GET", format!("/instances/{source}/snapshots/{none}"), None, 404),
        ("POST", format!("/instances/{source}/snapshots/{none}/restore"), None, 404),
        ("GET", "/tenants".to_owned(), None, 200),
        ("GET", format!("/tenants/{tenant}"), None, 200),
        ("GET", format!("/tenants/{none}"), None, 404),
        ("GET", format!("/tenants/{tenant}/metrics-integration"), None, 200),
        ("GET", "/customer-managed-keys".to_owned(), None, 200),
        ("GET", format!("/customer-managed-keys/{none}"), None, 404),
        ("GET", "/projects".to_owned(), None, 403),
        ("POST", "/instances".to_owned(), Some(recipe), 202),
        ("PATCH", format!("/instances/{source}"), Some(json!({"name": "renamed"})), 200),
        ("PATCH", format!("/instances/{paused}"), Some(json!({"name": "renamed too"})), 200),
        ("PATCH", format!("/instances/{source}"), Some(json!({"name": "again", "memory": "8GB"})), 202),
        ("PATCH", format!("/instances/{source}"), Some(json!({})), 400),
        ("POST", format!("/instances/{source}/snapshots"), None, 202),
        ("POST", format!("/instances/{paused}/resume"), Some(json!({})), 202),
        ("POST", format!("/instances/{source}/pause"), Some(json!({})), 202),
    ];
    for (method, path, body, status) in table {
        let reply = case.api(method, &format!("/v1{path}"), body.as_ref());
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.value());
        assert!(reply.header("x-request-id").unwrap().contains('/'));
        assert_eq!(reply.value().get("data").is_some(), status < 300, "{method} {path}");
    }
}

#[test]
fn both_versions_have_the_same_handlers() {
    let mut case = Case::new();
    let old = case.get("/v1/instances").value();
    assert_eq!(case.get("/v1beta5/instances").value(), old);
    assert_eq!(case.get("/v2beta1/instances").status, 404);
}

#[test]
fn json_is_compact_with_sorted_keys() {
    let mut case = Case::new();
    let tenant = case.tenant();
    for path in
        ["/v1/instances".to_owned(), format!("/v1/instances/{}", case.source()), format!("/v1/tenants/{tenant}")]
    {
        let reply = case.get(&path);
        let text = String::from_utf8(reply.body.clone()).unwrap();
        assert!(!text.contains(": ") && !text.contains(",\n"), "{text}");
        let value = reply.value();
        let element = if value["data"].is_array() { &value["data"][0] } else { &value["data"] };
        let found = keys(element);
        let mut places: Vec<_> = found.iter().map(|key| text.find(&format!("\"{key}\":")).unwrap()).collect();
        let unsorted = places.clone();
        places.sort_unstable();
        assert_eq!(unsorted, places, "{path}");
    }
}

#[test]
fn views_have_the_documented_keys() {
    let mut case = Case::new();
    let source = case.source();
    let listed = case.data("/v1/instances");
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert_eq!(keys(&listed[0]), ["cloud_provider", "created_at", "id", "name", "tenant_id"]);
    let full = case.data(&format!("/v1/instances/{source}"));
    assert_eq!(keys(&full), FULL);
    assert_eq!(full["type"], "business-critical");
    assert_eq!(full["status"], "running");
    assert_eq!((full["memory"].as_str(), full["storage"].as_str()), (Some("8GB"), Some("16GB")));
    assert_eq!(full["connection_url"], format!("neo4j+s://{source}.databases.neo4j.io"));
    let tenant = case.tenant();
    let detail = case.data(&format!("/v1/tenants/{tenant}"));
    assert_eq!(keys(&detail), ["id", "instance_configurations", "name"]);
    let offers = detail["instance_configurations"].as_array().unwrap();
    assert!(offers.len() > 200, "{}", offers.len());
    assert!(offers.contains(&json!({
        "cloud_provider": "aws", "memory": "8GB", "region": "eu-west-1", "region_name": "Ireland (eu-west-1)",
        "storage": "16GB", "type": "enterprise-db", "version": "5",
    })));
}

#[test]
fn a_create_tells_the_password_once_and_no_status() {
    let mut case = Case::new();
    let recipe = case.recipe();
    let reply = case.post("/v1/instances", &recipe);
    assert_eq!(reply.status, 202);
    let created = &reply.value()["data"];
    let expected = [
        "cloud_provider",
        "connection_url",
        "created_at",
        "graph_analytics_plugin",
        "id",
        "name",
        "password",
        "region",
        "tenant_id",
        "type",
        "username",
        "vector_optimized",
    ];
    assert_eq!(keys(created), expected);
    let (id, password) = (created["id"].as_str().unwrap(), created["password"].as_str().unwrap());
    assert_eq!((id.len(), password.len()), (8, 43));
    assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase()));
    assert!(password.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
    assert!(!case.log.concat().contains(password), "the log holds no password");
    assert!(!String::from_utf8(case.get(&format!("/v1/instances/{id}")).body).unwrap().contains("password"));
}

#[test]
fn a_create_is_checked() {
    let mut case = Case::with(|scenario| {
        scenario.tenants[1].billing = false;
        scenario.tenants[0].max_instances = 3;
    });
    let other = case.world.tenant_ids()[1].to_owned();
    let table: Vec<(&str, Value, u16, &str)> = vec![
        ("name", Value::Null, 400, "validation-error"),
        ("name", json!(" spaced"), 400, "validation-error"),
        ("name", json!("x".repeat(31)), 400, "validation-error"),
        ("name", json!("é".repeat(30)), 202, ""),
        ("type", json!("huge-db"), 400, "validation-error"),
        ("type", json!("enterprise-ds"), 400, "validation-error"),
        ("tenant_id", json!("6981ace7-efe8-4f5c-b7c5-267b5162ce91"), 404, "tenant-not-found"),
        ("tenant_id", json!(other), 400, "missing-billing-details"),
        ("region", json!("mars-1"), 400, "validation-error"),
        ("cloud_provider", json!("ibm"), 400, "validation-error"),
        ("version", json!("6"), 400, "validation-error"),
        ("memory", json!("9GB"), 400, "invalid-memory-size"),
        ("memory", json!("8 gigs"), 400, "validation-error"),
        ("storage", json!("24GB"), 400, "invalid-memory-size"),
        ("source_snapshot_id", json!("x"), 400, "validation-error"),
        ("source_instance_id", json!("00000000"), 404, "db-not-found"),
        ("customer_managed_key_id", json!("x"), 404, "encryption-key-not-found"),
        ("memory", json!("8G"), 405, "quota-exceeded"),
    ];
    for (field, value, status, expected) in table {
        let mut recipe = case.recipe();
        recipe[field] = value.clone();
        let reply = case.post("/v1/instances", &recipe);
        assert_eq!((reply.status, reason(&reply).as_str()), (status, expected), "{field}={value}: {}", reply.value());
    }
    assert_eq!(case.world.ledger().len(), 1, "a refusal is no write");
}

#[test]
fn sizes_are_accepted_in_both_spellings_and_storage_follows_memory() {
    let mut case = Case::new();
    let mut recipe = case.recipe();
    recipe["memory"] = json!("16G");
    recipe.as_object_mut().unwrap().remove("storage");
    recipe.as_object_mut().unwrap().remove("version");
    let id = case.post("/v1/instances", &recipe).value()["data"]["id"].as_str().unwrap().to_owned();
    let full = case.data(&format!("/v1/instances/{id}"));
    assert_eq!((full["memory"].as_str(), full["storage"].as_str()), (Some("16GB"), Some("32GB")));
}

#[test]
fn a_write_without_content_type_is_415() {
    let mut case = Case::new();
    let source = case.source();
    let token = case.token.clone();
    for (method, path) in [("POST", "/v1/instances".to_owned()), ("POST", format!("/v1/instances/{source}/snapshots"))]
    {
        let request = Request::new(method, &path).with_header("authorization", &format!("Bearer {token}"));
        let reply = case.send(&request);
        assert_eq!(reply.status, 415);
        assert!(!reply.value()["errors"][0]["message"].as_str().unwrap().is_empty());
        let with_parameter = request.with_header("Content-Type", "application/json; charset=utf-8");
        assert_ne!(case.send(&with_parameter).status, 415);
    }
}

#[test]
fn a_list_lags_behind_where_the_scenario_says_so() {
    let mut case = Case::with(|scenario| {
        scenario.list_lag = surefoot::twin::Span::secs(90);
        scenario.get_lag = surefoot::twin::Span::secs(30);
    });
    let source = case.source();
    let recipe = case.recipe();
    let created = case.post("/v1/instances", &recipe).value()["data"]["id"].as_str().unwrap().to_owned();
    case.api("DELETE", &format!("/v1/instances/{source}"), None);
    let has =
        |case: &mut Case, id: &str| case.data("/v1/instances").as_array().unwrap().iter().any(|each| each["id"] == id);
    assert_eq!(case.get(&format!("/v1/instances/{created}")).status, 404);
    case.wait(89);
    assert_eq!(case.get(&format!("/v1/instances/{created}")).status, 200);
    assert!(!has(&mut case, &created));
    case.wait(1);
    assert!(has(&mut case, &created));
    assert_eq!(case.get(&format!("/v1/instances/{source}")).status, 404);
    assert!(has(&mut case, &source), "what is gone lingers in the list");
    case.wait(90);
    assert!(!has(&mut case, &source));
}

#[test]
fn a_list_can_be_of_one_tenant() {
    let mut case = Case::new();
    let tenant = case.tenant();
    let all = case.data("/v1/instances");
    let own = case.data(&format!("/v1/instances?tenantId={tenant}"));
    assert_eq!((all.as_array().unwrap().len(), own.as_array().unwrap().len()), (3, 2));
    let names: Vec<_> = all.as_array().unwrap().iter().filter(|each| each["name"] == "payments-graph").collect();
    assert_eq!(names.len(), 2, "two instances of one name, in two tenants");
    assert_eq!(find(&own, "payments-graph")["id"], case.source());
}

#[test]
fn customer_managed_keys_are_listed_and_shown() {
    let id = "0c2f0b61-6a44-4d5b-9d0e-5f0f2a3f5a11";
    let mut case = Case::with(|scenario| {
        scenario.keys.push(KeySpec {
            id: id.to_owned(),
            name: "payments key".to_owned(),
            tenant: "Payments Production".to_owned(),
            key_id: "arn:aws:kms:eu-west-1:000000000000:key/1".to_owned(),
            cloud_provider: "aws".to_owned(),
            region: "eu-west-1".to_owned(),
            instance_type: "enterprise-db".to_owned(),
        });
    });
    assert_eq!(keys(&case.data("/v1/customer-managed-keys")[0]), ["id", "name", "tenant_id"]);
    assert_eq!(case.data(&format!("/v1/customer-managed-keys/{id}"))["status"], "ready");
    let mut recipe = case.recipe();
    recipe["customer_managed_key_id"] = json!(id);
    let created = case.post("/v1/instances", &recipe).value()["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(case.data(&format!("/v1/instances/{created}"))["customer_managed_key_id"], id);
    recipe["region"] = json!("us-east-1");
    assert_eq!(case.post("/v1/instances", &recipe).status, 400);
}
