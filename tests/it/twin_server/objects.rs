//! The object store as data: S3's rules without a socket.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use surefoot::base::{Digest, Timestamp};
use surefoot::twin::objects::{
    Access, Address, Arrived, Blobs, BucketSpec, Change, Claimed, Complete, Intent, MemoryBlobs, NewUpload, PART_MIN,
    Put, Refusal, Store,
};

const AT: Address<'static> = Address { bucket: "backups", key: "a/b.backup" };
const NOW: Timestamp = Timestamp::from_micros(1_767_323_045_000_000);

fn store() -> Store {
    let denied = BucketSpec { access: Access::Denied, ..BucketSpec::new("denied", "eu-west-1") };
    let frozen = BucketSpec { access: Access::ReadOnly, ..BucketSpec::new("frozen", "eu-west-1") };
    let flat = BucketSpec { versioning: false, ..BucketSpec::new("flat", "eu-west-1") };
    let far = BucketSpec::new("far", "ap-south-1");
    Store::new(3, "eu-west-1", &[BucketSpec::new("backups", "eu-west-1"), denied, frozen, flat, far])
}

fn arrive(blobs: &MemoryBlobs, bytes: &[u8]) -> Arrived {
    let mut draft = blobs.draft().unwrap();
    draft.write(bytes).unwrap();
    Arrived { blob: draft.keep().unwrap(), size: bytes.len() as u64, sha256: Digest::of(bytes), md5: None }
}

fn put(arrived: Arrived, claimed: Claimed, only_if_absent: bool) -> Put {
    Put { arrived, claimed, metadata: BTreeMap::new(), content_type: None, only_if_absent }
}

fn sha256(bytes: &[u8]) -> Claimed {
    Claimed { sha256: Some(Digest::of(bytes)), md5: None }
}

fn begin(store: &mut Store) -> String {
    let new = NewUpload {
        bucket: AT.bucket.to_owned(),
        key: AT.key.to_owned(),
        sha256: true,
        metadata: BTreeMap::new(),
        content_type: None,
    };
    let change = store.create_upload(new, NOW).unwrap();
    store.apply(&change);
    let Change::UploadCreated { upload_id, .. } = change else { panic!("an upload began") };
    upload_id
}

fn send(
    store: &mut Store,
    blobs: &MemoryBlobs,
    upload: &str,
    number: u32,
    bytes: &[u8],
) -> (u32, String, Option<String>) {
    let change = store.part(AT, upload, number, arrive(blobs, bytes), &sha256(bytes), NOW).unwrap();
    for blob in store.apply(&change) {
        blobs.remove(&blob).unwrap();
    }
    let Change::PartArrived { part, .. } = change else { panic!("a part arrived") };
    (number, part.etag, Some(part.sha256))
}

#[test]
fn a_digest_that_does_not_match_is_refused() {
    let (store, blobs) = (store(), MemoryBlobs::new());
    let wrong = store.put(AT, put(arrive(&blobs, b"sent"), sha256(b"meant"), false), NOW);
    assert_eq!(wrong.unwrap_err(), Refusal::BadDigest("SHA256"));
    let unmeasured = Claimed { sha256: None, md5: Some([0; 16]) };
    let wrong = store.put(AT, put(arrive(&blobs, b"sent"), unmeasured, false), NOW);
    assert_eq!(wrong.unwrap_err(), Refusal::BadDigest("Content-MD5"));
    assert_eq!(store.get(AT, None).unwrap_err(), Refusal::NoSuchKey);
}

#[test]
fn versions_are_kept_and_a_marker_hides_them() {
    let (mut store, blobs) = (store(), MemoryBlobs::new());
    let mut ids = Vec::new();
    for bytes in [b"one".as_slice(), b"two"] {
        let change = store.put(AT, put(arrive(&blobs, bytes), sha256(bytes), false), NOW).unwrap();
        assert!(store.apply(&change).is_empty());
        ids.push(store.get(AT, None).unwrap().0.version_id.clone().unwrap());
    }
    assert_ne!(ids[0], ids[1]);
    assert_eq!(store.get(AT, Some(&ids[0])).unwrap().1.sha256, Some(STANDARD.encode(Digest::of(b"one").as_bytes())));
    let again = store.put(AT, put(arrive(&blobs, b"x"), sha256(b"x"), true), NOW);
    assert_eq!(again.unwrap_err(), Refusal::PreconditionFailed);
    let marker = store.delete(AT, None).unwrap().unwrap();
    assert!(store.apply(&marker).is_empty());
    assert_eq!(store.get(AT, None).unwrap_err(), Refusal::NoSuchKey);
    assert_eq!(store.get(AT, Some(&ids[1])).unwrap().1.size, 3);
    assert!(store.put(AT, put(arrive(&blobs, b"x"), sha256(b"x"), true), NOW).is_ok(), "a deleted key is free");
    let removal = store.delete(AT, Some(&ids[0])).unwrap().unwrap();
    assert_eq!(store.apply(&removal).len(), 1);
    assert_eq!(store.get(AT, Some(&ids[0])).unwrap_err(), Refusal::NoSuchVersion);
    assert_eq!(store.delete(AT, Some(&ids[0])).unwrap(), None);
}

#[test]
fn without_versions_a_put_replaces_and_frees() {
    let (mut store, blobs) = (store(), MemoryBlobs::new());
    let at = Address { bucket: "flat", key: "k" };
    for (bytes, freed) in [(b"one", 0), (b"two", 1)] {
        let change = store.put(at, put(arrive(&blobs, bytes), sha256(bytes), false), NOW).unwrap();
        assert_eq!(store.apply(&change).len(), freed);
    }
    assert_eq!(store.get(at, None).unwrap().0.version_id, None);
    let change = store.delete(at, None).unwrap().unwrap();
    assert_eq!(store.apply(&change).len(), 1);
    assert!(store.blobs().is_empty());
}

#[test]
fn an_upload_becomes_an_object_with_a_composite_checksum() {
    let (mut store, blobs) = (store(), MemoryBlobs::new());
    let upload = begin(&mut store);
    let (large, small) = (vec![1; usize::try_from(PART_MIN).unwrap()], b"tail".to_vec());
    let first = send(&mut store, &blobs, &upload, 1, b"replaced below");
    let second = send(&mut store, &blobs, &upload, 2, &small);
    let named = |parts: &[&(u32, String, Option<String>)]| Complete {
        parts: parts.iter().map(|part| (*part).clone()).collect(),
        ..Complete::default()
    };
    let early = store.complete(AT, &upload, &named(&[&first, &second]), NOW);
    assert_eq!(early.unwrap_err(), Refusal::EntityTooSmall);
    let replaced = send(&mut store, &blobs, &upload, 1, &large);
    assert_eq!(blobs.count(), 2, "the replaced part is gone");
    let refusals = [
        (named(&[&first, &second]), Refusal::InvalidPart(1)),
        (named(&[&second, &replaced]), Refusal::InvalidPartOrder),
        (Complete { sha256: Some("AAAA-2".to_owned()), ..named(&[&replaced, &second]) }, Refusal::BadDigest("SHA256")),
    ];
    for (complete, refusal) in refusals {
        assert_eq!(store.complete(AT, &upload, &complete, NOW).unwrap_err(), refusal);
    }
    let bare = Complete { parts: vec![(2, second.1.clone(), None)], ..Complete::default() };
    assert!(matches!(store.complete(AT, &upload, &bare, NOW), Err(Refusal::InvalidRequest(_))));

    let change = store.complete(AT, &upload, &named(&[&replaced, &second]), NOW).unwrap();
    assert!(store.apply(&change).is_empty());
    let both = [Digest::of(&large).as_bytes().as_slice(), Digest::of(&small).as_bytes()].concat();
    let object = store.get(AT, None).unwrap().1;
    assert_eq!(object.sha256, Some(format!("{}-2", STANDARD.encode(Digest::of(&both).as_bytes()))));
    assert!(object.etag.ends_with("-2"));
    assert_eq!(object.size, PART_MIN + 4);
    assert_eq!(store.complete(AT, &upload, &bare, NOW).unwrap_err(), Refusal::NoSuchUpload);
}

#[test]
fn parts_are_listed_in_pages_and_an_abort_frees_them() {
    let (mut store, blobs) = (store(), MemoryBlobs::new());
    let upload = begin(&mut store);
    for number in [3, 1, 2, 9] {
        send(&mut store, &blobs, &upload, number, &[u8::try_from(number).unwrap()]);
    }
    let page = store.list_parts(AT, &upload, 1, 2).unwrap();
    assert_eq!(page.parts.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [2, 3]);
    assert!(page.truncated);
    assert!(!store.list_parts(AT, &upload, 3, 2).unwrap().truncated);
    let bytes = b"x";
    let unclaimed = store.part(AT, &upload, 4, arrive(&blobs, bytes), &Claimed::default(), NOW);
    assert!(matches!(unclaimed, Err(Refusal::InvalidRequest(_))));
    let outside = store.part(AT, &upload, 10_001, arrive(&blobs, bytes), &sha256(bytes), NOW);
    assert!(matches!(outside, Err(Refusal::InvalidArgument(_))));
    assert_eq!(store.list_uploads("backups", "a/").unwrap().len(), 1);
    let change = store.abort(AT, &upload).unwrap();
    assert_eq!(store.apply(&change).len(), 4);
    assert_eq!(store.list_parts(AT, &upload, 0, 10).unwrap_err(), Refusal::NoSuchUpload);
}

#[test]
fn doors_are_closed_as_the_scenario_says() {
    let store = store();
    assert_eq!(store.enter("backups", "eu-west-1", Intent::Write), Ok("eu-west-1"));
    assert_eq!(store.enter("nowhere", "eu-west-1", Intent::Read), Err(Refusal::NoSuchBucket));
    assert_eq!(store.enter("denied", "eu-west-1", Intent::Read), Err(Refusal::AccessDenied));
    assert_eq!(store.enter("frozen", "eu-west-1", Intent::Read), Ok("eu-west-1"));
    assert_eq!(store.enter("frozen", "eu-west-1", Intent::Write), Err(Refusal::AccessDenied));
    assert_eq!(store.enter("far", "ap-south-1", Intent::Write), Ok("ap-south-1"));
    let redirected = store.enter("far", "eu-west-1", Intent::Read).unwrap_err();
    assert_eq!(
        (redirected.status(), redirected.code(), redirected.region()),
        (301, "PermanentRedirect", Some("ap-south-1"))
    );
    let malformed = store.enter("backups", "us-east-1", Intent::Read).unwrap_err();
    assert_eq!((malformed.status(), malformed.code()), (400, "AuthorizationHeaderMalformed"));
}

#[test]
fn replaying_the_changes_gives_the_same_store() {
    let (mut live, blobs) = (store(), MemoryBlobs::new());
    let mut log = Vec::new();
    let change = live.put(AT, put(arrive(&blobs, b"one"), sha256(b"one"), false), NOW).unwrap();
    live.apply(&change);
    log.push(serde_json::to_string(&change).unwrap());
    let new = NewUpload {
        bucket: "backups".to_owned(),
        key: "m".to_owned(),
        sha256: true,
        metadata: BTreeMap::from([("sha256".to_owned(), "00".to_owned())]),
        content_type: None,
    };
    let change = live.create_upload(new, NOW).unwrap();
    live.apply(&change);
    log.push(serde_json::to_string(&change).unwrap());
    let mut replayed = store();
    for line in &log {
        replayed.apply(&serde_json::from_str(line).unwrap());
    }
    assert_eq!(format!("{live:?}"), format!("{replayed:?}"));
    assert_eq!(replayed.blobs().len(), 1);
}
