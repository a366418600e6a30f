//! S3 with the AWS SDK as the client.

use super::clients::{Bench, refusal, s3, s3_with};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;
use surefoot::base::Digest;
use surefoot::twin::Scenario;
use surefoot::twin_server::TwinServerOptions;

const BUCKET: &str = "surefoot-backups";

fn sha256(bytes: &[u8]) -> String {
    STANDARD.encode(Digest::of(bytes).as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_with_a_wrong_digest_are_refused_and_not_stored() {
    let dir = tempfile::tempdir().unwrap();
    let bench =
        Bench::start(TwinServerOptions { dir: Some(dir.path().to_owned()), ..TwinServerOptions::default() }).await;
    let store = s3(&bench.ready);
    let put = || store.put_object().bucket(BUCKET).key("k").body(b"sent".to_vec().into());
    let wrong = put().checksum_sha256(sha256(b"meant")).send().await.unwrap_err();
    assert_eq!(refusal(&wrong), (400, "BadDigest".to_owned()));
    let wrong = put().content_md5(STANDARD.encode([7; 16])).send().await.unwrap_err();
    assert_eq!(refusal(&wrong), (400, "BadDigest".to_owned()));
    let wrong = put().checksum_crc32_c("AAAAAA==").send().await.unwrap_err();
    assert_eq!(refusal(&wrong), (400, "BadDigest".to_owned()));
    let absent = store.head_object().bucket(BUCKET).key("k").send().await.unwrap_err();
    assert_eq!(refusal(&absent).0, 404);
    assert!(bench.ledger().await.is_empty());
    assert_eq!(dir.path().join("blobs").read_dir().unwrap().count(), 0, "no bytes are left");

    let md5_of_sent = "d3d5gH9BnGVzM9c+1mz1Ww==";
    let wrong = put().content_md5(md5_of_sent).checksum_sha256(sha256(b"sent")).send().await;
    assert!(wrong.is_err(), "one right digest does not excuse a wrong one");
    let right = put().checksum_sha256(sha256(b"sent")).send().await.unwrap();
    assert_eq!(right.checksum_sha256(), Some(sha256(b"sent").as_str()));
    let default_crc32_in_a_trailer = put().send().await.unwrap();
    assert_ne!(default_crc32_in_a_trailer.version_id(), right.version_id());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_multipart_upload_is_resumed_and_gets_a_composite_checksum() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    let store = s3(&bench.ready);
    let parts = [vec![1; 6 << 20], vec![2; 5 << 20], b"tail".to_vec()];
    let create = store.create_multipart_upload().bucket(BUCKET).key("big").metadata("sha256", "noted");
    let upload = create.checksum_algorithm(ChecksumAlgorithm::Sha256).send().await.unwrap();
    let id = upload.upload_id().unwrap();
    let send = |number: usize, digest: String| {
        let request = store.upload_part().bucket(BUCKET).key("big").upload_id(id).checksum_sha256(digest);
        let body = parts[number - 1].clone().into();
        request.part_number(i32::try_from(number).unwrap()).body(body).send()
    };
    let wrong = send(1, sha256(b"other")).await.unwrap_err();
    assert_eq!(refusal(&wrong), (400, "BadDigest".to_owned()));
    for number in [3, 1] {
        send(number, sha256(&parts[number - 1])).await.unwrap();
    }
    // Another client, as after a crash, learns what is there and sends the rest.
    let store = s3(&bench.ready);
    let listed = store.list_parts().bucket(BUCKET).key("big").upload_id(id).send().await.unwrap();
    let known: Vec<_> =
        listed.parts().iter().map(|part| (part.part_number(), part.size(), part.checksum_sha256())).collect();
    let digests: Vec<String> = parts.iter().map(|part| sha256(part)).collect();
    assert_eq!(
        known,
        [(Some(1), Some(6 << 20), Some(digests[0].as_str())), (Some(3), Some(4), Some(digests[2].as_str()))]
    );
    let page = store.list_parts().bucket(BUCKET).key("big").upload_id(id).max_parts(1).send().await.unwrap();
    assert_eq!((page.is_truncated(), page.next_part_number_marker()), (Some(true), Some("1")));
    send(2, digests[1].clone()).await.unwrap();

    let all = store.list_parts().bucket(BUCKET).key("big").upload_id(id).send().await.unwrap();
    let named = all.parts().iter().map(|part| {
        let named =
            CompletedPart::builder().set_part_number(part.part_number()).set_e_tag(part.e_tag().map(str::to_owned));
        named.set_checksum_sha256(part.checksum_sha256().map(str::to_owned)).build()
    });
    let named = CompletedMultipartUpload::builder().set_parts(Some(named.collect())).build();
    let complete = || {
        let request = store.complete_multipart_upload().bucket(BUCKET).key("big").upload_id(id);
        request.multipart_upload(named.clone()).if_none_match("*").send()
    };
    let done = complete().await.unwrap();
    let raw: Vec<u8> = parts.iter().flat_map(|part| *Digest::of(part).as_bytes()).collect();
    let composite = format!("{}-3", sha256(&raw));
    assert_eq!(done.checksum_sha256(), Some(composite.as_str()));
    assert_eq!(refusal(&complete().await.unwrap_err()), (404, "NoSuchUpload".to_owned()));

    let head = store.head_object().bucket(BUCKET).key("big").checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
    assert_eq!(head.checksum_sha256(), Some(composite.as_str()));
    assert_eq!(head.metadata().unwrap()["sha256"], "noted");
    assert_eq!(head.content_length(), Some((11 << 20) + 4));
    let get = store.get_object().bucket(BUCKET).key("big").version_id(done.version_id().unwrap()).send().await.unwrap();
    assert_eq!(Digest::of(&get.body.collect().await.unwrap().to_vec()), Digest::of(&parts.concat()));
    let range =
        store.get_object().bucket(BUCKET).key("big").range(format!("bytes={}-", (11 << 20) - 1)).send().await.unwrap();
    assert_eq!(range.body.collect().await.unwrap().to_vec(), b"\x02tail");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_conditional_puts_one_wins() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    let store = s3(&bench.ready);
    let puts = (0..8_u8).map(|number| {
        let body = ByteStream::from(vec![number; 100_000]);
        tokio::spawn(store.put_object().bucket(BUCKET).key("one").if_none_match("*").body(body).send())
    });
    let mut winners = 0;
    for put in puts.collect::<Vec<_>>() {
        match put.await.unwrap() {
            Ok(_) => winners += 1,
            Err(error) => assert_eq!(refusal(&error), (412, "PreconditionFailed".to_owned())),
        }
    }
    assert_eq!(winners, 1);
    assert_eq!(bench.ledger().await.len(), 1);
    let upload = store.create_multipart_upload().bucket(BUCKET).key("one").send().await.unwrap();
    let request = store.upload_part().bucket(BUCKET).key("one").upload_id(upload.upload_id().unwrap()).part_number(1);
    let part = request.body(b"late".to_vec().into()).send().await.unwrap();
    let named = CompletedPart::builder().part_number(1).set_e_tag(part.e_tag().map(str::to_owned)).build();
    let named = CompletedMultipartUpload::builder().parts(named).build();
    let complete = store.complete_multipart_upload().bucket(BUCKET).key("one").upload_id(upload.upload_id().unwrap());
    let lost = complete.multipart_upload(named).if_none_match("*").send().await.unwrap_err();
    assert_eq!(refusal(&lost), (412, "PreconditionFailed".to_owned()));
    let abort = store.abort_multipart_upload().bucket(BUCKET).key("one").upload_id(upload.upload_id().unwrap());
    abort.send().await.unwrap();
    let left = store.list_multipart_uploads().bucket(BUCKET).send().await.unwrap();
    assert!(left.uploads().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preflight_of_a_bucket_finds_each_obstacle() {
    let scenario = Scenario::from_text(
        "buckets: [{name: far, region: ap-south-1}, {name: denied, region: eu-west-1, access: denied}, \
         {name: frozen, region: eu-west-1, access: read-only}]",
    );
    let bench = Bench::start(TwinServerOptions { scenario: scenario.unwrap(), ..TwinServerOptions::default() }).await;
    let (ready, store) = (&bench.ready, s3(&bench.ready));
    let region = store.head_bucket().bucket(BUCKET).send().await.unwrap();
    assert_eq!(region.bucket_region(), Some("eu-west-1"));

    let far = store.head_bucket().bucket("far").send().await.unwrap_err();
    assert_eq!(far.raw_response().unwrap().status().as_u16(), 301);
    assert_eq!(far.raw_response().unwrap().headers().get("x-amz-bucket-region"), Some("ap-south-1"));
    let put = |store: &aws_sdk_s3::Client, bucket: &str| {
        store.put_object().bucket(bucket).key("k").body(vec![0; 3 << 20].into()).send()
    };
    let far = put(&store, "far").await.unwrap_err();
    assert_eq!(refusal(&far), (301, "PermanentRedirect".to_owned()));
    let there = s3_with(ready, &ready.s3.access_key, ready.s3.secret_key.expose(), "ap-south-1");
    assert!(put(&there, "far").await.is_ok());
    let malformed = put(&there, BUCKET).await.unwrap_err();
    assert_eq!(refusal(&malformed), (400, "AuthorizationHeaderMalformed".to_owned()));
    assert_eq!(malformed.raw_response().unwrap().headers().get("x-amz-bucket-region"), Some("eu-west-1"));

    for bucket in ["denied", "frozen"] {
        assert_eq!(refusal(&put(&store, bucket).await.unwrap_err()), (403, "AccessDenied".to_owned()), "{bucket}");
    }
    assert!(store.head_bucket().bucket("frozen").send().await.is_ok());
    assert_eq!(refusal(&put(&store, "nowhere").await.unwrap_err()), (404, "NoSuchBucket".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_are_refused() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    let (ready, keys) = (&bench.ready, &bench.ready.s3);
    let strangers = [
        (s3_with(ready, "AKIAUNKNOWN", "x", &keys.region), "InvalidAccessKeyId"),
        (s3_with(ready, &keys.access_key, "wrong", &keys.region), "SignatureDoesNotMatch"),
    ];
    for (stranger, code) in strangers {
        let refused = stranger.list_objects_v2().bucket(BUCKET).send().await.unwrap_err();
        assert_eq!(refusal(&refused), (403, code.to_owned()));
    }
    let unsigned = bench.http.get(format!("{}/{BUCKET}/k", keys.url)).send().await.unwrap();
    assert_eq!(unsigned.status(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_listed_deleted_and_noted_in_the_ledger() {
    let bench = Bench::start(TwinServerOptions::default()).await;
    let store = s3(&bench.ready);
    for key in ["p/1", "p/2", "q ü/3"] {
        store.put_object().bucket(BUCKET).key(key).body(key.as_bytes().to_vec().into()).send().await.unwrap();
    }
    let page = store.list_objects_v2().bucket(BUCKET).prefix("p/").max_keys(1).send().await.unwrap();
    assert_eq!((page.contents()[0].key(), page.is_truncated()), (Some("p/1"), Some(true)));
    let rest = store
        .list_objects_v2()
        .bucket(BUCKET)
        .prefix("p/")
        .set_continuation_token(page.next_continuation_token().map(str::to_owned));
    assert_eq!(rest.send().await.unwrap().contents()[0].key(), Some("p/2"));
    let deleted = store.delete_object().bucket(BUCKET).key("q ü/3").send().await.unwrap();
    assert_eq!(deleted.delete_marker(), Some(true));
    let gone = store.get_object().bucket(BUCKET).key("q ü/3").send().await.unwrap_err();
    assert_eq!(refusal(&gone), (404, "NoSuchKey".to_owned()));

    let ledger = bench.ledger().await;
    let last = ledger.last().unwrap();
    assert_eq!(last["method"], "DELETE");
    assert_eq!(last["target"], "surefoot-backups/q ü/3");
    assert_eq!(last["status"], 204);
    let ids: BTreeSet<&str> = ledger.iter().map(|entry| entry["request_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 4, "every request has an id of its own");
}
