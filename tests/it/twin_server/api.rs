//! The Aura API, the Query API and the twin's own paths over HTTP.

use super::clients::{Bench, http};
use reqwest::Method;
use serde_json::{Value, json};
use surefoot::twin_server::{Ready, TwinServer, TwinServerOptions};

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_created_and_runs_when_its_time_has_come() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    let (_, list) = bench.get("/v1/instances").await;
    let before = list["data"].as_array().unwrap().len();
    let (status, created) = bench.post("/v1/instances", &bench.create_body("fresh")).await;
    assert_eq!(status, 202, "{created}");
    let path = format!("/v1/instances/{}", created["data"]["id"].as_str().unwrap());
    assert_eq!(bench.get(&path).await.1["data"]["status"], "creating");
    bench.advance(600).await;
    assert_eq!(bench.get(&path).await.1["data"]["status"], "running");
    let (_, list) = bench.get("/v1/instances").await;
    assert_eq!(list["data"].as_array().unwrap().len(), before + 1);

    let ledger = bench.ledger().await;
    let entry = ledger.last().unwrap();
    assert_eq!((&entry["method"], &entry["path"]), (&json!("POST"), &json!("/v1/instances")));
    assert_eq!(entry["target"], created["data"]["id"]);
    bench.stand.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_carry_the_simulated_time_and_a_request_id() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    let reply = bench.request(Method::GET, "/v1/tenants").send().await.unwrap();
    assert!(reply.headers()["date"].to_str().unwrap().contains("2026"), "{:?}", reply.headers());
    assert_eq!(reply.headers().get_all("date").iter().count(), 1);
    assert!(reply.headers().contains_key("x-request-id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_is_told_and_moved() {
    let bench = Bench::start(TwinServerOptions { speed: 2.0, ..TwinServerOptions::default() }).await;
    let clock = bench.stand.clock();
    let before = clock.now();
    let told = bench.advance(3600).await;
    assert_eq!(told["speed"], 2.0);
    assert!(clock.now().since(before).as_secs() >= 3600);
    let (status, _) = bench.post("/_twin/clock", &json!({"advance": "10m"})).await;
    assert_eq!(status, 200);
    assert!(clock.now().since(before).as_secs() >= 4200);
    for wrong in [json!({}), json!({"advance": "soon"}), json!({"advance_seconds": -1})] {
        assert_eq!(bench.post("/_twin/clock", &wrong).await.0, 400, "{wrong}");
    }
    let (_, told) = bench.get("/_twin/clock").await;
    assert!(told["now"].as_str().unwrap().starts_with("2026-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_query_api_answers_who_has_the_password() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    let access = &bench.ready.instances[0];
    let url = format!("{}/db/neo4j/query/v2", bench.ready.query_url);
    let ask = |password: String| {
        let request = http().post(&url).basic_auth(&access.username, Some(password));
        request.json(&json!({"statement": "MATCH (n) RETURN count(n)"})).send()
    };
    let right = ask(access.password.expose().clone()).await.unwrap();
    assert_eq!(right.status(), 202);
    let body: Value = right.json().await.unwrap();
    assert!(body["data"]["values"][0][0].as_u64().unwrap() > 0);
    assert_eq!(ask("wrong".to_owned()).await.unwrap().status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ready_line_says_what_was_agreed_and_its_debug_form_no_secret() {
    let stand = TwinServer::start(TwinServerOptions::default()).await.unwrap();
    let ready = stand.ready();
    let line = serde_json::to_string(&ready).unwrap();
    let value: Value = serde_json::from_str(&line).unwrap();
    let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "auth_url",
            "base_url",
            "client_id",
            "client_secret",
            "console_url",
            "inputs",
            "instances",
            "now",
            "pid",
            "query_url",
            "s3",
            "services",
            "speed",
            "tenant_id"
        ]
    );
    let s3: Vec<&str> = value["s3"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(s3, ["access_key", "bucket", "region", "secret_key", "url"]);
    assert_eq!(value["auth_url"], format!("{}/oauth/token", ready.base_url));
    assert_eq!(value["inputs"]["instance_id"], value["instances"][0]["id"]);
    assert_eq!(value["inputs"]["bucket"], value["s3"]["bucket"]);
    assert_eq!(serde_json::from_str::<Ready>(&line).unwrap(), ready);

    let shown = format!("{ready:?} {stand:?}");
    let secrets = [&ready.client_secret, &ready.s3.secret_key, &ready.instances[0].password];
    for secret in secrets {
        assert!(!secret.expose().is_empty());
        assert!(!shown.contains(secret.expose().as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_started_is_refused() {
    for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(TwinServer::start(TwinServerOptions { speed, ..TwinServerOptions::default() }).await.is_err());
    }
    let stand = TwinServer::start(TwinServerOptions::default()).await.unwrap();
    let taken = stand.ready().base_url.strip_prefix("http://").unwrap().parse().unwrap();
    let second = TwinServer::start(TwinServerOptions { listen: taken, ..TwinServerOptions::default() }).await;
    assert!(second.unwrap_err().to_string().contains("cannot listen on 127.0.0.1:"));
    stand.stop().await;
    let freed = TwinServer::start(TwinServerOptions { listen: taken, ..TwinServerOptions::default() }).await;
    assert!(freed.is_ok(), "a stopped stand gives its port back");
}
