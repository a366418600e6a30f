//! What a stand keeps from one process to the next.

use super::clients::{Bench, refusal, s3};
use reqwest::Method;
use serde_json::json;
use std::path::Path;
use std::time::Duration;
use surefoot::base::Timestamp;
use surefoot::twin_server::{Error, TwinServer, TwinServerOptions};

fn options(dir: &Path) -> TwinServerOptions {
    TwinServerOptions { dir: Some(dir.to_owned()), seed: 11, ..TwinServerOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_survives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let first = Bench::start(options(dir.path())).await;
    let (_, created) = first.post("/v1/instances", &first.create_body("kept")).await;
    let store = s3(&first.ready);
    let put = store.put_object().bucket(&first.ready.s3.bucket).key("a/b").body(b"kept bytes".to_vec().into());
    let put = put.send().await.unwrap();
    let upload = store.create_multipart_upload().bucket(&first.ready.s3.bucket).key("m").send().await.unwrap();
    let part = store.upload_part().bucket(&first.ready.s3.bucket).key("m").upload_id(upload.upload_id().unwrap());
    part.part_number(1).body(b"part".to_vec().into()).send().await.unwrap();
    first.advance(3600).await;
    let (ledger, state, ready) = (first.ledger().await, first.get("/_twin/state").await.1, first.stand.ready());
    let stopped = first.stand.clock().now();
    first.stand.stop().await;

    let second = Bench::start(options(dir.path())).await;
    assert_eq!(second.ledger().await, ledger);
    assert_eq!(ledger.len(), 4);
    assert_eq!(second.get("/_twin/state").await.1["instances"], state["instances"]);
    let again = second.stand.ready();
    assert_eq!(again.instances, ready.instances, "ids, names and passwords");
    assert_eq!((&again.client_secret, &again.s3.secret_key), (&ready.client_secret, &ready.s3.secret_key));
    assert!(
        again.instances.iter().any(|access| access.password.expose() == created["data"]["password"].as_str().unwrap())
    );
    assert!(stopped.since(again.now) < Duration::from_secs(10), "time stood still: {stopped} {}", again.now);

    let store = s3(&second.ready);
    let got = store.get_object().bucket(&ready.s3.bucket).key("a/b").version_id(put.version_id().unwrap());
    assert_eq!(got.send().await.unwrap().body.collect().await.unwrap().to_vec(), b"kept bytes");
    let parts = store.list_parts().bucket(&ready.s3.bucket).key("m").upload_id(upload.upload_id().unwrap());
    assert_eq!(parts.send().await.unwrap().parts().len(), 1);
    let absent = store.get_object().bucket(&ready.s3.bucket).key("other").send().await.unwrap_err();
    assert_eq!(refusal(&absent), (404, "NoSuchKey".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_cut_short_is_cut_off_and_the_log_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let first = Bench::start(options(dir.path())).await;
    for name in ["one", "two"] {
        assert_eq!(first.post("/v1/instances", &first.create_body(name)).await.0, 202);
    }
    let before = first.ledger().await;
    first.stand.stop().await;
    let log = dir.path().join("world.jsonl");
    let whole = fs_read(&log);
    fs_write(&log, &whole[..whole.len() - 7]);
    fs_write(&dir.path().join("blobs").join("00000009.part"), b"half a blob");

    let second = Bench::start(options(dir.path())).await;
    assert_eq!(second.ledger().await, before[..1], "the write whose line was cut was never answered");
    assert_eq!(second.post("/v1/instances", &second.create_body("three")).await.0, 202);
    assert!(fs_read(&log).ends_with(b"\n"));
    assert!(!dir.path().join("blobs").join("00000009.part").exists());
    let ledger = second.ledger().await;
    second.stand.stop().await;
    let third = Bench::start(options(dir.path())).await;
    assert_eq!(third.ledger().await, ledger);
}

#[tokio::test(flavor = "multi_thread")]
async fn time_resumes_at_the_latest_that_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let first = Bench::start(options(dir.path())).await;
    first.advance(3600).await;
    let logged = first.stand.clock().now();
    first.stand.stop().await;
    let later = logged.plus(Duration::from_hours(5));
    for (resume_at, expected) in [(Some(later), later), (Some(Timestamp::from_micros(0)), logged)] {
        let stand = TwinServer::start(TwinServerOptions { resume_at, ..options(dir.path()) }).await.unwrap();
        let now = stand.clock().now();
        assert!(now.since(expected).max(expected.since(now)) < Duration::from_secs(10), "{now} {expected}");
        stand.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_another_world_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let first = Bench::start(options(dir.path())).await;
    first.advance(60).await;
    first.stand.stop().await;
    let other = TwinServer::start(TwinServerOptions { seed: 12, ..options(dir.path()) }).await;
    assert!(matches!(other, Err(Error::World(_))));
    fs_write(&dir.path().join("objects.jsonl"), b"{}\n");
    assert!(matches!(TwinServer::start(options(dir.path())).await, Err(Error::Objects { line: 1, .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_still_on_its_way_is_lost_with_its_stand() {
    let dir = tempfile::tempdir().unwrap();
    let first = Bench::start(options(dir.path())).await;
    first.fault(json!({"match": {"method": "POST", "path": "/v1/instances"}, "kind": "late", "arg": 60})).await;
    let late = first.request(Method::POST, "/v1/instances").body(first.create_body("late").to_string()).send().await;
    assert!(late.is_err());
    let clock = first.stand.clock();
    drop(first.stand);
    let second = Bench::start(options(dir.path())).await;
    clock.advance(Duration::from_mins(2));
    second.advance(120).await;
    assert!(second.ledger().await.is_empty());
    let third = Bench::start(options(dir.path())).await;
    assert!(third.ledger().await.is_empty(), "nor did the first one write behind its end");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_is_not_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench::start(options(dir.path())).await;
    std::fs::remove_dir(dir.path().join("blobs")).unwrap();
    let put = s3(&bench.ready).put_object().bucket(&bench.ready.s3.bucket).key("k").body(b"x".to_vec().into());
    assert_eq!(refusal(&put.send().await.unwrap_err()), (500, "InternalError".to_owned()));
    assert!(bench.ledger().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_no_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/zero", dir.path().join("world.jsonl")).unwrap();
    assert!(matches!(TwinServer::start(options(dir.path())).await, Err(Error::Log { .. })));
}

#[expect(clippy::disallowed_methods, reason = "the test looks at the stand's files")]
fn fs_read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the test damages the stand's files")]
fn fs_write(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap();
}
