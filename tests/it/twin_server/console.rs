//! The console over HTTP: archives out and in.

use super::clients::Bench;
use bytes::Bytes;
use hyper::body::{Body, Frame};
use serde_json::json;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use surefoot::base::Digest;
use surefoot::twin::Scenario;
use surefoot::twin::archive::read_back;
use surefoot::twin_server::TwinServerOptions;

/// A body of so many pieces of half a MiB, whose length is not known beforehand.
struct Pieces(u8);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(left) = self.0.checked_sub(1) else { return Poll::Ready(None) };
        self.0 = left;
        Poll::Ready(Some(Ok(Frame::data(vec![0; 1 << 19].into()))))
    }
}

async fn export(bench: &Bench, snapshot: &str) -> reqwest::Response {
    let url = format!("{}/instances/{}/snapshots/{snapshot}/export", bench.ready.console_url, bench.source());
    bench.http.post(url).send().await.unwrap()
}

async fn import(bench: &Bench, id: &str, body: impl Into<reqwest::Body>) -> reqwest::StatusCode {
    let url = format!("{}/instances/{id}/import", bench.ready.console_url);
    bench.http.post(url).header("content-type", "application/octet-stream").body(body).send().await.unwrap().status()
}

async fn graph(bench: &Bench, id: &str) -> serde_json::Value {
    let (_, state) = bench.get("/_twin/state").await;
    let instances = state["instances"].as_array().unwrap();
    instances.iter().find(|each| each["id"] == id).unwrap().clone()
}

async fn created(bench: &Bench) -> String {
    let (_, body) = bench.post("/v1/instances", &bench.create_body("target")).await;
    bench.advance(600).await;
    body["data"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_imported_elsewhere_brings_the_counts_back() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    let snapshot = bench.snapshot().await;
    let response = export(&bench, &snapshot).await;
    assert_eq!(response.status(), 200);
    let disposition = response.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(disposition.contains("attachment; filename=\"neo4j-2026-"), "{disposition}");
    let archive = response.bytes().await.unwrap();
    assert!(archive.starts_with(b"BZV3"));
    assert!(archive.len() > 30 << 20, "{}", archive.len());
    assert_eq!(read_back(&*archive).unwrap().instance_id, bench.source());
    let again = export(&bench, &snapshot).await.bytes().await.unwrap();
    assert_eq!(Digest::of(&again), Digest::of(&archive));

    let target = created(&bench).await;
    let source = bench.source().to_owned();
    assert_ne!(graph(&bench, &target).await["graph"], graph(&bench, &source).await["graph"]);
    assert_eq!(import(&bench, &target, archive).await, 202);
    assert_eq!(graph(&bench, &target).await["status"], "loading");
    bench.advance(1200).await;
    let restored = graph(&bench, &target).await;
    assert_eq!(restored["status"], "running");
    assert_eq!(restored["graph"], graph(&bench, &source).await["graph"]);
    let ledger = bench.ledger().await;
    assert!(ledger.iter().any(|entry| entry["path"].as_str().unwrap().ends_with("/import")), "{ledger:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_archive_ends_as_loading_failed() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    let snapshot = bench.snapshot().await;
    let archive = export(&bench, &snapshot).await.bytes().await.unwrap();
    let target = created(&bench).await;
    assert_eq!(import(&bench, &target, archive.slice(..archive.len() / 2)).await, 202);
    bench.advance(1200).await;
    assert_eq!(graph(&bench, &target).await["status"], "loading failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_over_the_limit_is_refused() {
    let scenario = Scenario::from_text("import_limit: 1MiB").unwrap();
    let bench = Bench::start(TwinServerOptions { scenario, ..TwinServerOptions::default() }).await;
    let before = bench.ledger().await.len();
    assert_eq!(import(&bench, bench.source(), vec![0; (1 << 20) + 1]).await, 413);
    assert_eq!(import(&bench, bench.source(), reqwest::Body::wrap(Pieces(3))).await, 413, "length not announced");
    assert_eq!(bench.ledger().await.len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_exported() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    assert_eq!(export(&bench, "00000000-0000-4000-8000-000000000000").await.status(), 404);
    assert_eq!(import(&bench, "00000000", "x").await, 404);
    let path = format!("/v1/instances/{}/snapshots", bench.source());
    let (_, running) = bench.post(&path, &json!({})).await;
    let status = export(&bench, running["data"]["snapshot_id"].as_str().unwrap()).await.status();
    assert!(status.is_client_error(), "a snapshot that is under way: {status}");
}
