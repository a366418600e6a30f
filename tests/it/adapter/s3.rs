//! S3: what stands on the wire, and what each refusal is taken for.

use super::server::{End, Seen, Server, canned, end, reply, request, run};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use std::sync::Arc;
use surefoot::adapter::objects::{Explicit, S3};
use surefoot::base::{Digest, Secret};
use surefoot::port::{Object, ObjectError, ObjectErrorKind, Objects as _, Part, PartBody, PutOptions};
use tokio::io::AsyncWriteExt as _;

const ETAG: (&str, &str) = ("etag", "\"e1\"");

fn store(url: &str) -> S3 {
    S3::explicit(Explicit {
        endpoint: url.to_owned(),
        region: "eu-west-1".to_owned(),
        access_key: "AKIDEXAMPLE".to_owned(),
        secret_key: Secret::new("canary-secret-key".to_owned()),
    })
}

fn object() -> Object {
    Object { bucket: "backups".to_owned(), key: "a b/2f49c2b3.backup".to_owned(), version_id: None }
}

fn base64_of(digest: Digest) -> String {
    STANDARD.encode(digest.as_bytes())
}

fn part_body(bytes: &'static [u8]) -> PartBody {
    PartBody { bytes: Bytes::from_static(bytes), sha256: Digest::of(bytes) }
}

fn upload(seen: &Seen) -> Vec<u8> {
    let line = seen.line();
    let xml = [("content-type", "application/xml")];
    if line.starts_with("GET") && line.contains("?uploads") {
        let listed = |key: &str, id: &str| format!("<Upload><Key>{key}</Key><UploadId>{id}</UploadId></Upload>");
        let ours = "a b/2f49c2b3.backup";
        let (more, uploads) = if line.contains("upload-id-marker=up-1") {
            (String::new(), listed(ours, "up-2") + &listed(&format!("{ours}.old"), "up-3"))
        } else {
            let more = format!(
                "<IsTruncated>true</IsTruncated><NextKeyMarker>{ours}</NextKeyMarker>\
                 <NextUploadIdMarker>up-1</NextUploadIdMarker>"
            );
            (more, listed(ours, "up-1"))
        };
        let body = format!("<ListMultipartUploadsResult>{more}{uploads}</ListMultipartUploadsResult>");
        reply(200, &xml, &body)
    } else if line.contains("?uploads") {
        let body = "<InitiateMultipartUploadResult><UploadId>up-1</UploadId></InitiateMultipartUploadResult>";
        reply(200, &xml, body)
    } else if line.starts_with("PUT") {
        let sum = seen.header("x-amz-checksum-sha256").unwrap_or_default();
        reply(200, &[ETAG, ("x-amz-checksum-sha256", sum), ("x-amz-version-id", "v1")], "")
    } else if line.contains("part-number-marker=2") {
        let body = "<ListPartsResult><IsTruncated>false</IsTruncated><Part><PartNumber>3</PartNumber>\
             <ETag>\"e3\"</ETag><Size>5</Size></Part></ListPartsResult>";
        reply(200, &xml, body)
    } else if line.starts_with("GET") && line.contains("uploadId=up-1") {
        let sum = base64_of(Digest::of(b"part two"));
        let body = format!(
            "<ListPartsResult><NextPartNumberMarker>2</NextPartNumberMarker><IsTruncated>true</IsTruncated>\
             <Part><PartNumber>2</PartNumber><ETag>\"e2\"</ETag><Size>8</Size><ChecksumSHA256>{sum}</ChecksumSHA256></Part>\
             </ListPartsResult>"
        );
        reply(200, &xml, &body)
    } else if line.starts_with("POST") {
        let headers = [xml[0], ("x-amz-version-id", "v7")];
        let body = "<CompleteMultipartUploadResult><ETag>\"all-2\"</ETag></CompleteMultipartUploadResult>";
        reply(200, &headers, body)
    } else if line.starts_with("HEAD /backups ") || line.starts_with("HEAD /backups/ ") {
        reply(200, &[("x-amz-bucket-region", "eu-west-1")], "")
    } else {
        reply(204, &[], "")
    }
}

#[test]
fn an_upload_in_parts() {
    run(async {
        let (server, seen) = canned(upload).await;
        let (store, object) = (store(&server.url("")), object());
        let whole = Digest::of(b"whole");
        assert_eq!(store.bucket_region("backups").await.unwrap(), "eu-west-1");
        assert_eq!(store.create(&object, whole).await.unwrap(), "up-1");
        let one = store.part(&object, "up-1", 1, part_body(b"part one")).await.unwrap();
        assert_eq!(one, Part { number: 1, etag: "\"e1\"".to_owned(), sha256: Some(Digest::of(b"part one")), size: 8 });
        let arrived = store.list_parts(&object, "up-1").await.unwrap();
        let numbers: Vec<_> = arrived.iter().map(|part| (part.number, part.size, part.sha256)).collect();
        assert_eq!(numbers, [(2, 8, Some(Digest::of(b"part two"))), (3, 5, None)], "two pages");
        let written = store.complete(&object, "up-1", &[one]).await.unwrap();
        assert_eq!((written.etag.as_str(), written.version_id.as_deref()), ("\"all-2\"", Some("v7")));
        let under_way = store.uploads(&object).await.unwrap();
        assert_eq!(under_way, ["up-1", "up-2"], "two pages, and none of a longer key");
        store.abort(&object, "up-1").await.unwrap();
        let seen = seen.lock().unwrap();
        let find = |method: &str, part: &str| {
            seen.iter().find(|seen| seen.line().starts_with(method) && seen.line().contains(part)).unwrap()
        };
        let start = find("POST", "?uploads");
        assert!(start.line().starts_with("POST /backups/a%20b/2f49c2b3.backup?"), "{}", start.line());
        assert_eq!(start.header("x-amz-checksum-algorithm"), Some("SHA256"));
        assert_eq!(start.header("x-amz-meta-sha256"), Some(whole.to_string().as_str()));
        let part = find("PUT", "partNumber=1");
        assert_eq!(part.body, b"part one", "the bytes as they are, in no chunks of their own");
        assert_eq!(part.header("x-amz-checksum-sha256"), Some(base64_of(Digest::of(b"part one")).as_str()));
        assert_eq!(part.header("x-amz-content-sha256"), Some("UNSIGNED-PAYLOAD"));
        assert_eq!(checksums(part), ["x-amz-checksum-sha256"], "the SDK computes none of its own");
        let done = find("POST", "uploadId=up-1");
        assert_eq!(done.header("if-none-match"), Some("*"));
        let body = String::from_utf8_lossy(&done.body).into_owned();
        assert!(body.contains(&format!("<ChecksumSHA256>{}<", base64_of(Digest::of(b"part one")))), "{body}");
    });
}

fn checksums(seen: &Seen) -> Vec<String> {
    let names = seen.head.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name.to_ascii_lowercase());
    names.filter(|name| name.contains("checksum") || name.contains("md5") || name.contains("trailer")).collect()
}

#[test]
fn put_and_delete() {
    run(async {
        let (server, seen) = canned(upload).await;
        let (store, object) = (store(&server.url("")), object());
        let digest = Digest::of(b"probe");
        let strict = PutOptions { sha256: Some(digest), only_if_absent: true };
        let written = store.put(&object, Bytes::from_static(b"probe"), strict).await.unwrap();
        assert_eq!(written.version_id.as_deref(), Some("v1"));
        store.put(&object, Bytes::from_static(b"probe"), PutOptions::default()).await.unwrap();
        store.delete(&Object { version_id: Some("v1".to_owned()), ..object }).await.unwrap();
        let seen = seen.lock().unwrap();
        assert_eq!(seen[0].header("if-none-match"), Some("*"));
        assert_eq!(seen[0].header("x-amz-checksum-sha256"), Some(base64_of(digest).as_str()));
        assert_eq!(seen[0].header("x-amz-meta-sha256"), Some(digest.to_string().as_str()));
        assert_eq!((seen[1].header("if-none-match"), checksums(&seen[1])), (None, Vec::new()));
        assert!(seen[2].line().starts_with("DELETE") && seen[2].line().contains("versionId=v1"));
    });
}

#[test]
fn head_and_get() {
    run(async {
        let digest = Digest::of(b"content");
        let noted = digest.to_string();
        let (server, seen) = canned(move |seen| {
            let headers =
                [ETAG, ("x-amz-checksum-sha256", "abc=-3"), ("x-amz-meta-sha256", &noted), ("x-amz-version-id", "v2")];
            let mut bytes = reply(200, &headers, "content");
            if seen.line().starts_with("HEAD") {
                bytes.truncate(bytes.len() - "content".len());
            }
            bytes
        })
        .await;
        let store = store(&server.url(""));
        let object = Object { version_id: Some("v2".to_owned()), ..object() };
        let head = store.head(&object).await.unwrap();
        assert_eq!((head.size, head.version_id.as_deref()), (7, Some("v2")));
        assert_eq!((head.digests.checksum.as_deref(), head.digests.noted), (Some("abc=-3"), Some(digest)));
        let stream = store.get(&object).await.unwrap();
        let bytes: Vec<Bytes> = stream.try_collect().await.unwrap();
        assert_eq!(bytes.concat(), b"content");
        let seen = seen.lock().unwrap();
        assert_eq!(seen[0].header("x-amz-checksum-mode"), Some("ENABLED"));
        assert!(seen.iter().all(|seen| seen.line().contains("versionId=v2")));
    });
}

async fn refused(status: u16, headers: &[(&str, &str)], body: &str) -> (ObjectError, usize) {
    let bytes = reply(status, headers, body);
    let (server, seen) = canned(move |_| bytes.clone()).await;
    let options = PutOptions { sha256: Some(Digest::of(b"x")), only_if_absent: true };
    let error = store(&server.url("")).put(&object(), Bytes::from_static(b"x"), options).await.unwrap_err();
    let count = seen.lock().unwrap().len();
    (error, count)
}

#[test]
fn refusals() {
    use ObjectErrorKind as Kind;
    run(async {
        for (status, code, kind) in [
            (404, "NoSuchBucket", Kind::NoBucket),
            (404, "NoSuchKey", Kind::NotFound),
            (404, "NoSuchUpload", Kind::NotFound),
            (403, "AccessDenied", Kind::Denied),
            (403, "InvalidAccessKeyId", Kind::Denied),
            (403, "SignatureDoesNotMatch", Kind::Denied),
            (400, "ExpiredToken", Kind::Denied),
            (412, "PreconditionFailed", Kind::Exists),
            (409, "ConditionalRequestConflict", Kind::Exists),
            (400, "BadDigest", Kind::Digest),
            (400, "XAmzContentChecksumMismatch", Kind::Digest),
            (400, "InvalidArgument", Kind::Invalid),
            (418, "Teapot", Kind::Invalid),
        ] {
            let body =
                format!("<Error><Code>{code}</Code><Message>why\u{202e}</Message><RequestId>R1</RequestId></Error>");
            let (error, sent) = refused(status, &[("x-amz-request-id", "R1")], &body).await;
            assert_eq!(error.kind, kind, "{code}: {error}");
            assert_eq!((error.status, error.request_id.as_deref(), sent), (Some(status), Some("R1"), 1), "{code}");
            let start = format!("cannot put s3://backups/a b/2f49c2b3.backup: {status} {code}: why\\u{{202e}}");
            assert!(error.message.starts_with(&start), "{}", error.message);
            assert!(!format!("{error:?}").contains("canary"));
        }
    });
}

/// A reply after which nobody can know the outcome of the request.
#[test]
fn every_5xx_and_an_error_of_the_service_by_its_name_leave_a_doubt() {
    run(async {
        let (unknown, body_of) = (ObjectErrorKind::Unknown, |code| format!("<Error><Code>{code}</Code></Error>"));
        for code in ["SlowDown", "InternalError", "ServiceUnavailable", "AccessDenied"] {
            let body = body_of(code);
            let (error, sent) = refused(503, &[], &body).await;
            assert_eq!((error.kind, sent), (unknown, 1), "{code}: a conditional put is sent once");
        }
        for code in ["SlowDown", "InternalError"] {
            let body = body_of(code);
            let (server, seen) = canned(move |_| reply(503, &[], &body)).await;
            let error = store(&server.url("")).part(&object(), "up-1", 1, part_body(b"x")).await.unwrap_err();
            assert_eq!((error.kind, seen.lock().unwrap().len()), (unknown, 3), "{code}: a part is sent again");
        }
        for (status, code, kind) in [
            (400, "InternalError", unknown),
            (409, "ServiceUnavailable", unknown),
            (429, "SlowDown", ObjectErrorKind::Outside),
            (400, "RequestTimeout", ObjectErrorKind::Outside),
        ] {
            let (error, _) = refused(status, &[], &body_of(code)).await;
            assert_eq!(error.kind, kind, "{status} {code}");
        }
        let (error, _) = refused(502, &[("content-type", "text/html")], "<html>bad gateway</html>").await;
        assert_eq!(error.kind, unknown, "{error:?}");
    });
}

#[test]
fn a_success_that_says_error_or_lacks_what_it_must_have_leaves_a_doubt() {
    run(async {
        let xml = [("content-type", "application/xml")];
        for code in ["InternalError", "SlowDown", "AccessDenied", "NoSuchUpload", ""] {
            let body = format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>m</Message></Error>");
            let (server, seen) = canned(move |_| reply(200, &xml, &body)).await;
            let error = store(&server.url("")).complete(&object(), "up-1", &[]).await.unwrap_err();
            let sent = seen.lock().unwrap().len();
            assert_eq!((error.kind, error.status, sent), (ObjectErrorKind::Unknown, Some(200), 1), "{code}: {error}");
        }
        for body in ["", "<CompleteMultipartUploadResult></CompleteMultipartUploadResult>", "<html>It works!</html>"] {
            let (server, _) = canned(move |_| reply(200, &xml, body)).await;
            let store = store(&server.url(""));
            let completed = store.complete(&object(), "up-1", &[]).await.map(drop).unwrap_err();
            let created = store.create(&object(), Digest::ZERO).await.map(drop).unwrap_err();
            let put = store.put(&object(), Bytes::from_static(b"x"), PutOptions::default()).await.map(drop);
            for error in [completed, created, put.unwrap_err()] {
                assert_eq!(error.kind, ObjectErrorKind::Unknown, "{body:?}: {error}");
            }
        }
    });
}

#[test]
fn another_region_is_named() {
    run(async {
        for (status, code) in [(301, "PermanentRedirect"), (400, "AuthorizationHeaderMalformed"), (307, "")] {
            let body = format!("<Error><Code>{code}</Code><Message>elsewhere</Message></Error>");
            let (error, _) = refused(status, &[("x-amz-bucket-region", "us-east-2")], &body).await;
            assert_eq!(error.kind, ObjectErrorKind::WrongRegion, "{code}");
            assert!(error.message.contains("region us-east-2"), "{}", error.message);
        }
        for status in [301, 400, 403] {
            let bytes = reply(status, &[("x-amz-bucket-region", "us-east-2")], "");
            let (server, _) = canned(move |_| bytes.clone()).await;
            let error = store(&server.url("")).bucket_region("backups").await.unwrap_err();
            assert_eq!(error.kind, ObjectErrorKind::WrongRegion, "{status}");
            assert!(error.message.starts_with("cannot head s3://backups: "), "{}", error.message);
        }
        for (status, kind) in [(404, ObjectErrorKind::NoBucket), (403, ObjectErrorKind::Denied)] {
            let (server, _) = canned(move |_| reply(status, &[], "")).await;
            let error = store(&server.url("")).bucket_region("backups").await.unwrap_err();
            assert_eq!(error.kind, kind, "{error}");
        }
    });
}

#[test]
fn a_part_that_arrives_with_another_digest_is_refused() {
    run(async {
        let other = base64_of(Digest::of(b"other"));
        let (server, _) = canned(move |_| reply(200, &[ETAG, ("x-amz-checksum-sha256", &other)], "")).await;
        let error = store(&server.url("")).part(&object(), "up-1", 7, part_body(b"this")).await.unwrap_err();
        assert_eq!(error.kind, ObjectErrorKind::Digest);
        assert!(error.message.contains("part 7"));
    });
}

#[test]
fn without_a_server_and_without_an_answer() {
    run(async {
        let closed = {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            format!("http://{}", listener.local_addr().unwrap())
        };
        let error = store(&closed).head(&object()).await.unwrap_err();
        assert_eq!(error.kind, ObjectErrorKind::NotSent, "{error}");
        let mute = Server::start(|mut stream| async move {
            request(&mut stream).await;
            end(stream, End::Reset);
        })
        .await;
        let error = store(&mute.url("")).head(&object()).await.unwrap_err();
        assert_eq!(error.kind, ObjectErrorKind::Unknown, "{error}");
        assert_eq!(mute.connections(), 3, "a read is tried again");
        let options = PutOptions { sha256: None, only_if_absent: true };
        for number in 0..3 {
            let before = mute.connections();
            let error = match number {
                0 => store(&mute.url("")).put(&object(), Bytes::from_static(b"x"), options).await.map(|_| ()),
                1 => store(&mute.url("")).complete(&object(), "up-1", &[]).await.map(|_| ()),
                _ => store(&mute.url("")).create(&object(), Digest::ZERO).await.map(|_| ()),
            }
            .unwrap_err();
            assert_eq!((error.kind, mute.connections() - before), (ObjectErrorKind::Unknown, 1), "{error}");
        }
    });
}

#[test]
fn a_body_that_is_cut_short_is_an_error() {
    run(async {
        for how in [End::Reset, End::Close] {
            let server = Server::start(move |mut stream| async move {
                request(&mut stream).await.unwrap();
                let head = b"HTTP/1.1 200 X\r\ncontent-length: 100\r\netag: \"e\"\r\n\r\nhalf";
                stream.write_all(head).await.unwrap();
                stream.flush().await.unwrap();
                end(stream, how);
            })
            .await;
            let result = match store(&server.url("")).get(&object()).await {
                Ok(stream) => stream.try_collect::<Vec<Bytes>>().await,
                Err(error) => Err(error),
            };
            let error = result.unwrap_err();
            assert!(matches!(error.kind, ObjectErrorKind::Outside | ObjectErrorKind::Unknown), "{error:?}");
        }
    });
}

#[test]
fn payloads_are_signed_where_somebody_might_listen() {
    run(async {
        let (server, seen) = canned(upload).await;
        // The name of a host that is not loopback by its text, although it leads here.
        let port = server.address.port();
        let store = Arc::new(store(&format!("http://0.0.0.0:{port}")));
        store.part(&object(), "up-1", 1, part_body(b"part one")).await.unwrap();
        let digest = Digest::of(b"part one").to_string();
        assert_eq!(seen.lock().unwrap()[0].header("x-amz-content-sha256"), Some(digest.as_str()));
    });
}
