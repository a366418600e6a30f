//! The written table of docs/effects.md, "Outcomes": every cell of it.

use super::fake::{NOW, response};
use surefoot::engine::call::{ErrorClass, Outcome};
use surefoot::kinds::aura::client::{Attempt, Body, Classified, Kind, classify};
use surefoot::port::{Response, TransportError};

const DATA: &str = r#"{"data":{"id":"2f49c2b3","status":"running"}}"#;
const CREATED: &str = concat!(
    r#"{"data":{"cloud_provider":"gcp","connection_url":"neo4j+s://db1d1234.databases.neo4j.io","#,
    r#""created_at":"2026-01-20T13:44:42Z","future":{"key":"hidden"},"id":"db1d1234","name":"Instance01","#,
    r#""password":"canary-password","region":"europe-west1","tenant_id":"t","type":"professional-db","#,
    r#""username":"neo4j","vector_optimized":false}}"#
);
const ERRORS: [&str; 5] = [
    r#"{"errors":[{"message":"DB not found: 24d18db5","reason":"db-not-found"}]}"#,
    r#"{"error":"API Rate Limit Exceeded"}"#,
    r#"{"message":"no","reason":"why"}"#,
    r#"{"errors":{"name":{"message":"too long"}},"message":"wrong","reason":"validation-error"}"#,
    r#"{"Errors":[{"Message":"M","Reason":"r"}]}"#,
];
const HTML: &str = "<html><head><title>403 Forbidden</title></head><body>Request forbidden</body></html>";

fn of(kind: Kind, required: &[&str], reply: Result<Response, TransportError>) -> Classified {
    classify(&Attempt { kind, what: "POST /v1/x", required, secrets: &[], now: NOW.parse().unwrap() }, reply)
}

fn outcome(kind: Kind, required: &[&str], status: u16, body: &[u8]) -> Outcome {
    let classified = of(kind, required, Ok(response(status, &[], body)));
    assert_eq!(classified.error.is_none(), classified.outcome.took(), "{status}: an error stands beside every failure");
    assert_eq!(classified.status, Some(status));
    classified.outcome
}

/// The table as written, in other words than the code's.
fn refusal(status: u16, parsed: bool) -> Outcome {
    let definite = [400, 402, 404, 405, 409, 410, 413, 415, 420, 422, 429];
    match status {
        300..=399 => Outcome::Rejected,
        401 | 403 if parsed => Outcome::RejectedAuth,
        _ if parsed && definite.contains(&status) => Outcome::Rejected,
        _ => Outcome::Unknown,
    }
}

fn success(status: u16, complete: bool) -> Outcome {
    match status {
        202 if complete => Outcome::Accepted,
        200 | 201 | 204 if complete => Outcome::Applied,
        _ => refusal(status, false),
    }
}

#[test]
fn every_status_without_a_body() {
    for status in 100..=599 {
        let expected = if status == 204 { Outcome::Applied } else { refusal(status, false) };
        assert_eq!(outcome(Kind::Data, &[], status, b""), expected, "{status}");
        assert_eq!(outcome(Kind::Data, &["id"], status, b""), refusal(status, false), "{status}, field required");
        assert_eq!(outcome(Kind::Create, &[], status, b""), refusal(status, false), "{status}, create");
    }
}

#[test]
fn every_status_with_each_shape_of_error() {
    for status in 100..=599 {
        for body in ERRORS {
            let expected = match status {
                200..=202 => Outcome::Unknown,
                204 => Outcome::Applied,
                _ => refusal(status, true),
            };
            assert_eq!(outcome(Kind::Data, &[], status, body.as_bytes()), expected, "{status} {body}");
        }
    }
}

#[test]
fn every_status_with_an_error_cut_at_each_byte() {
    for status in (100..=599).filter(|status| *status != 204) {
        for body in ERRORS {
            for cut in 0..body.len() {
                let got = outcome(Kind::Data, &[], status, &body.as_bytes()[..cut]);
                assert_eq!(got, refusal(status, false), "{status} {body} cut at {cut}");
            }
        }
    }
}

#[test]
fn every_status_with_a_success_cut_at_each_byte() {
    for status in 100..=599 {
        for (kind, body) in [(Kind::Data, DATA), (Kind::Seen, DATA), (Kind::Create, CREATED)] {
            for cut in 0..=body.len() {
                let got = outcome(kind, &["id"], status, &body.as_bytes()[..cut]);
                assert_eq!(got, success(status, cut == body.len()), "{status} {kind:?} cut at {cut}");
            }
        }
    }
}

#[test]
fn every_status_with_html_whole_and_cut_at_each_byte() {
    for status in 100..=599 {
        for cut in 0..=HTML.len() {
            let html = &HTML.as_bytes()[..cut];
            let expected = if status == 204 { Outcome::Applied } else { refusal(status, false) };
            assert_eq!(outcome(Kind::Data, &[], status, html), expected, "{status} cut at {cut}");
            let required = ["id", "password"];
            assert_eq!(outcome(Kind::Create, &required, status, html), refusal(status, false), "{status} cut at {cut}");
        }
    }
}

#[test]
fn every_status_with_an_error_where_a_create_was_sent() {
    for status in 100..=599 {
        for body in ERRORS {
            for cut in 0..=body.len() {
                // What is parsed counts for a refusal only; a success that holds an error is none.
                let parsed = cut == body.len() && !(200..=299).contains(&status);
                let got = outcome(Kind::Create, &["id", "password"], status, &body.as_bytes()[..cut]);
                assert_eq!(got, refusal(status, parsed), "{status} {body} cut at {cut}");
            }
        }
    }
}

/// What a connection can end with before any byte of the request left. Which is which the adapter says:
/// `tests/it/adapter/http.rs`.
const BEFORE: [&str; 9] = [
    "dns error: no such host",
    "connection refused",
    "network is unreachable",
    "no route to host",
    "connect timed out",
    "tls handshake failed",
    "invalid peer certificate: Expired",
    "proxy authentication required",
    "the value of the header authorization cannot be sent",
];

/// What it can end with once a byte of the request may have left.
const AFTER: [&str; 11] = [
    "no answer in time: operation timed out",
    "connection reset by peer",
    "broken pipe",
    "connection closed before message completed",
    "connection aborted",
    "unexpected end of file",
    "invalid HTTP version parsed",
    "invalid chunk size line",
    "message head is too large",
    "the body is longer than 1048576 bytes",
    "operation was canceled: connection closed",
];

#[test]
fn every_transport_error() {
    let rows = BEFORE.map(|text| (text, false)).into_iter().chain(AFTER.map(|text| (text, true)));
    for ((text, may_have_left), kind) in rows.flat_map(|row| [Kind::Data, Kind::Create].map(|kind| (row, kind))) {
        let (error, outcome, how) = if may_have_left {
            (TransportError::Maybe(text.to_owned()), Outcome::Unknown, "no answer")
        } else {
            (TransportError::NotSent(text.to_owned()), Outcome::NotSent, "not sent")
        };
        let classified = of(kind, &["id"], Err(error));
        assert_eq!((classified.outcome, classified.status), (outcome, None), "{text}");
        assert!(matches!(classified.body, Body::None) && classified.request_id.is_none());
        let error = classified.error.unwrap();
        assert_eq!((error.class, error.message), (ErrorClass::Outside, format!("POST /v1/x: {how}: {text}")));
    }
}

#[test]
fn a_success_lacking_a_required_field_is_unknown() {
    for body in [
        r#"{"data":{}}"#,
        r#"{"data":{"id":null}}"#,
        r#"{"data":{"id":""}}"#,
        r#"{"data":[]}"#,
        r#"{"data":null}"#,
        r#"{"id":"x"}"#,
        "[]",
        "null",
    ] {
        assert_eq!(outcome(Kind::Data, &["id"], 202, body.as_bytes()), Outcome::Unknown, "{body}");
    }
    assert_eq!(outcome(Kind::Data, &[], 202, br#"{"data":{}}"#), Outcome::Accepted, "an empty object may be enough");
    for kind in [Kind::Data, Kind::Seen] {
        assert_eq!(outcome(kind, &[], 200, b"{}"), Outcome::Unknown, "an envelope is always there");
        assert_eq!(outcome(kind, &[], 200, b"[]"), Outcome::Unknown, "an envelope is an object");
    }
    assert_eq!(outcome(Kind::Seen, &[], 204, b""), Outcome::Unknown, "nothing was seen");
    for field in ["id", "password", "username", "connection_url"] {
        let mut body: serde_json::Value = serde_json::from_str(CREATED).unwrap();
        body["data"].as_object_mut().unwrap().remove(field);
        let required = ["id", "password", "username", "connection_url"];
        assert_eq!(outcome(Kind::Create, &required, 202, body.to_string().as_bytes()), Outcome::Unknown, "no {field}");
    }
}

#[test]
fn bodies_too_deep_or_too_long_are_unknown() {
    let deep = |levels: usize| format!("{{\"data\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(outcome(Kind::Data, &[], 200, deep(63).as_bytes()), Outcome::Applied);
    assert_eq!(outcome(Kind::Data, &[], 200, deep(64).as_bytes()), Outcome::Unknown);
    assert_eq!(outcome(Kind::Data, &[], 200, deep(100_000).as_bytes()), Outcome::Unknown);
    let quoted = format!("{{\"data\":\"{}\\\"{}\"}}", "[".repeat(100), "{".repeat(100));
    assert_eq!(outcome(Kind::Data, &[], 200, quoted.as_bytes()), Outcome::Applied, "brackets in a text are no depth");
    let long = |spaces: usize| format!("{}{}", " ".repeat(spaces), DATA);
    assert_eq!(outcome(Kind::Data, &[], 200, long((1 << 20) - DATA.len()).as_bytes()), Outcome::Applied);
    assert_eq!(outcome(Kind::Data, &[], 200, long((1 << 20) - DATA.len() + 1).as_bytes()), Outcome::Unknown);
}

#[test]
fn a_create_is_split_into_password_known_fields_and_names_of_others() {
    let Classified { body: Body::Created(created), .. } =
        of(Kind::Create, &["password"], Ok(response(202, &[], CREATED.as_bytes())))
    else {
        unreachable!("a complete create");
    };
    assert_eq!((created.id.as_str(), created.password.expose().as_str()), ("db1d1234", "canary-password"));
    assert_eq!(created.unknown, ["future"]);
    let fields = serde_json::Value::Object(created.fields.clone()).to_string();
    assert!(!fields.contains("canary") && !fields.contains("hidden"), "{fields}");
    assert!(!format!("{created:?}").contains("canary"));
    assert_eq!(created.fields["connection_url"], "neo4j+s://db1d1234.databases.neo4j.io");
}

#[test]
fn request_id_and_date_come_along() {
    let headers =
        [("x-request-id", "8a35\u{1b}[31m/123"), ("date", "Sat, 31 Jan 2026 22:00:05 GMT"), ("retry-after", "7")];
    let classified = of(Kind::Data, &[], Ok(response(429, &headers, ERRORS[1].as_bytes())));
    assert_eq!(classified.request_id.as_deref(), Some("8a35\\u{1b}[31m/123"));
    assert_eq!(classified.server_date, Some("2026-01-31T22:00:05Z".parse().unwrap()));
    assert_eq!(classified.error.unwrap().retry_after, Some(std::time::Duration::from_secs(7)));
}
