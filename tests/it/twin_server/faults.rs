//! Each fault, seen from the client's side and in the ledger.

use super::clients::Bench;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::{ErrorKind, Read as _, Write as _};
use surefoot::twin_server::TwinServerOptions;

fn fault(kind: &str, arg: &Value) -> Value {
    json!({"match": {"method": "POST", "path": "/v1/instances"}, "kind": kind, "arg": arg})
}

/// Sends a create request that gets no whole reply.
async fn failed_create(bench: &Bench, name: &str) {
    let request = bench.request(Method::POST, "/v1/instances").body(bench.create_body(name).to_string());
    let error = request.send().await.unwrap_err();
    assert!(!error.is_connect(), "it was sent: {error}");
}

async fn names(bench: &Bench) -> Vec<String> {
    let (_, list) = bench.get("/v1/instances").await;
    list["data"].as_array().unwrap().iter().map(|each| each["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_request_is_not_executed() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    bench.fault(fault("drop_request", &Value::Null)).await;
    failed_create(&bench, "lost").await;
    assert!(!names(&bench).await.contains(&"lost".to_owned()));
    assert!(bench.ledger().await.is_empty());
    assert_eq!(bench.post("/v1/instances", &bench.create_body("again")).await.0, 202, "it strikes once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_response_hides_what_was_executed() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    bench.fault(fault("drop_response", &Value::Null)).await;
    failed_create(&bench, "unseen").await;
    assert!(names(&bench).await.contains(&"unseen".to_owned()));
    assert_eq!(bench.ledger().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_is_a_reset() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    bench.fault(fault("reset", &Value::Null)).await;
    let address = bench.ready.base_url.strip_prefix("http://").unwrap().to_owned();
    let seen = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(b"POST /v1/instances HTTP/1.1\r\nhost: twin\r\ncontent-length: 0\r\n\r\n").unwrap();
        stream.read(&mut [0; 64]).map_err(|error| error.kind())
    });
    assert_eq!(seen.await.unwrap(), Err(ErrorKind::ConnectionReset));
    assert!(bench.ledger().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_answers_in_place_of_the_world() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    bench.fault(fault("status", &json!({"status": 503, "headers": {"Retry-After": "7"}}))).await;
    let request = bench.request(Method::POST, "/v1/instances").body(bench.create_body("refused").to_string());
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "7");
    assert!(bench.ledger().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_reply_ends_where_it_was_asked_to() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    for keep in [0, 20] {
        bench.fault(fault("truncate", &json!(keep))).await;
        let address = bench.ready.base_url.strip_prefix("http://").unwrap().to_owned();
        let body = bench.create_body("cut").to_string();
        let head = format!(
            "POST /v1/instances HTTP/1.1\r\nhost: twin\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            bench.token,
            body.len()
        );
        let seen = tokio::task::spawn_blocking(move || {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
            let mut seen = Vec::new();
            stream.read_to_end(&mut seen).unwrap();
            String::from_utf8(seen).unwrap()
        });
        let seen = seen.await.unwrap();
        let (head, body) = seen.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 202"), "{head}");
        let announced =
            head.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ").map(str::to_owned));
        assert!(announced.unwrap().parse::<usize>().unwrap() > 100);
        assert_eq!(body.len(), keep);
    }
    assert_eq!(bench.ledger().await.len(), 2, "both were executed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_request_is_executed_when_it_arrives() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    bench.fault(fault("delay", &json!(60))).await;
    let request = bench.request(Method::POST, "/v1/instances").body(bench.create_body("slow").to_string());
    let sent = tokio::spawn(request.send());
    wait_for_fault(&bench).await;
    assert!(bench.ledger().await.is_empty());
    bench.advance(61).await;
    assert_eq!(sent.await.unwrap().unwrap().status(), 202);
    assert_eq!(bench.ledger().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_request_is_executed_after_its_client_gave_up() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    bench.fault(fault("late", &json!(60))).await;
    failed_create(&bench, "late").await;
    assert!(bench.ledger().await.is_empty());
    bench.advance(30).await;
    assert!(bench.ledger().await.is_empty());
    bench.advance(31).await;
    while bench.ledger().await.is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(names(&bench).await.contains(&"late".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_strike_the_object_store_too() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    let s3 = super::clients::s3(&bench.ready);
    bench.fault(json!({"match": {"method": "PUT", "path": "/surefoot-backups/"}, "kind": "drop_response"})).await;
    let put = || s3.put_object().bucket(&bench.ready.s3.bucket).key("k").body(b"bytes".to_vec().into()).send();
    assert!(put().await.is_err());
    assert_eq!(bench.ledger().await.len(), 1);
    assert!(put().await.is_ok());
}

/// Waits until the fault has struck: what is asked for is under way then.
async fn wait_for_fault(bench: &Bench) {
    while bench.get("/_twin/faults").await.1[0]["seen"] == 0 {
        tokio::task::yield_now().await;
    }
}
