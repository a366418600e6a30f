//! The five shapes of an error.

use super::fake::{NOW, response};
use std::time::Duration;
use surefoot::engine::call::{CallError, ErrorClass};
use surefoot::kinds::aura::client::{Refusal, refusal, retry_after};

fn of(status: u16, body: &str) -> Refusal {
    refusal("GET /v1/instances/x", &response(status, &[], body.as_bytes()), &[], NOW.parse().unwrap())
}

fn parsed(status: u16, body: &str) -> CallError {
    let Refusal { error, parsed } = of(status, body);
    assert!(parsed, "{body}");
    error
}

fn check(status: u16, body: &str, reason: &str, text: &str) {
    let error = parsed(status, body);
    assert_eq!(error.reason, reason, "{body}");
    assert_eq!(error.message, format!("GET /v1/instances/x: {status} {text}"), "{body}");
}

#[test]
fn the_shape_of_version_one() {
    check(
        404,
        r#"{"errors":[{"message":"DB not found: x","reason":"db-not-found"}]}"#,
        "db-not-found",
        "DB not found: x",
    );
    check(
        400,
        r#"{"errors":[{"message":"is too long","reason":"bad","field":"name"},{"message":"no","reason":"other"}]}"#,
        "bad",
        "name: is too long; no",
    );
}

#[test]
fn the_shape_of_the_gateway() {
    check(429, r#"{"error":"API Rate Limit Exceeded"}"#, "", "API Rate Limit Exceeded");
    check(401, r#"{"error":"unauthorized","error_description":"Bad client"}"#, "", "unauthorized: Bad client");
}

#[test]
fn bare_message_and_reason() {
    check(
        404,
        r#"{"message":"nothing there","reason":"aura-database-not-found"}"#,
        "aura-database-not-found",
        "nothing there",
    );
    check(409, r#"{"reason":"multi-db-only"}"#, "multi-db-only", "multi-db-only");
}

#[test]
fn errors_keyed_by_field() {
    check(
        400,
        r#"{"errors":{"memory":["must be given","must be a size"],"name":{"message":"too long"}},"message":"wrong","reason":"validation-error"}"#,
        "validation-error",
        "wrong; memory: must be given; memory: must be a size; name: too long",
    );
}

#[test]
fn capitalised_keys() {
    check(400, r#"{"Message":"No room","Reason":"ImportExceedsMaxSize","Url":""}"#, "ImportExceedsMaxSize", "No room");
    check(400, r#"{"Errors":[{"Message":"M","Reason":"r","Field":"f"}]}"#, "r", "f: M");
}

#[test]
fn what_is_not_an_error_of_the_api() {
    for body in [
        "",
        "{",
        "null",
        "[]",
        "7",
        "{}",
        r#"{"errors":[]}"#,
        r#"{"errors":[{}]}"#,
        r#"{"error":""}"#,
        r#"{"message":7}"#,
    ] {
        assert!(!of(400, body).parsed, "{body}");
    }
    let html =
        of(403, "<!DOCTYPE html><html><head><title>403</title></head>\n<body><h1>Forbidden\u{202e}</h1></body></html>");
    assert!(!html.parsed);
    assert_eq!(html.error.message, "GET /v1/instances/x: 403 403 Forbidden\\u{202e}");
    assert_eq!(of(503, "upstream\r\n  connect error").error.message, "GET /v1/instances/x: 503 upstream connect error");
    assert_eq!(of(502, "").error.message, "GET /v1/instances/x: 502");
}

#[test]
fn remote_text_is_short_and_safe() {
    let body = serde_json::json!({"errors": [{"message": format!("\u{1b}[2J{}", "x".repeat(5000)), "reason": "y".repeat(5000)}]});
    let error = parsed(400, &body.to_string());
    assert!(error.message.starts_with("GET /v1/instances/x: 400 \\u{1b}[2Jxxx"), "{}", error.message);
    assert!(error.message.chars().count() < 350 && error.reason.chars().count() < 310);
    let many = serde_json::json!({"errors": vec![serde_json::json!({"message": "m", "reason": "r"}); 10_000]});
    assert!(parsed(400, &many.to_string()).message.len() < 350);
    let binary = refusal("GET /", &response(500, &[], &[0xff, 0, 0x9b, b'a']), &[], NOW.parse().unwrap());
    assert_eq!(binary.error.message, "GET /: 500 \u{fffd}\\u{0}\u{fffd}a");
}

#[test]
pub(crate) fn classes() {
    let body = |reason: &str| serde_json::json!({"errors": [{"message": "m", "reason": reason}]}).to_string();
    for status in 400..=599 {
        let expected = match status {
            401 | 403 => ErrorClass::Auth,
            404 | 410 => ErrorClass::NotFound,
            408 | 429 | 500..=599 => ErrorClass::Outside,
            _ => ErrorClass::Invalid,
        };
        assert_eq!(parsed(status, &body("x")).class, expected, "{status}");
    }
    assert_eq!(parsed(409, &body("ongoing-database-operation")).class, ErrorClass::Busy);
    assert_eq!(parsed(409, &body("snapshot-not-allowed")).class, ErrorClass::Busy);
    assert_eq!(parsed(409, &body("instance-action-unavailable")).class, ErrorClass::Invalid);
    assert_eq!(of(404, "<html>not here</html>").error.class, ErrorClass::Outside, "a page proves no absence");
    assert_eq!(of(404, "").error.class, ErrorClass::Outside);
    assert_eq!(of(410, "<html>gone</html>").error.class, ErrorClass::Outside, "a page proves no absence");
    assert_eq!(of(410, "").error.class, ErrorClass::Outside);
    for reason in ["db-not-found", "instance-not-found", "not-found", "gone"] {
        assert_eq!(parsed(400, &body(reason)).class, ErrorClass::NotFound, "{reason}");
        assert_eq!(parsed(403, &body(reason)).class, ErrorClass::Auth, "{reason}");
        assert_eq!(parsed(503, &body(reason)).class, ErrorClass::Outside, "{reason}");
    }
}

#[test]
fn remedies_name_what_to_do() {
    let of_reason = |status, reason: &str| {
        parsed(status, &serde_json::json!({"errors": [{"message": "m", "reason": reason}]}).to_string()).remedy
    };
    let gone = of_reason(404, "db-not-found");
    assert!(
        gone.contains("id is wrong") && gone.contains("another tenant") && gone.contains("already deleted"),
        "{gone}"
    );
    assert!(of_reason(401, "unauthorized").contains("AURA_CLIENT_ID"));
    assert!(of_reason(403, "unauthorized").contains("role"));
    assert!(of_reason(400, "missing-billing-details").contains("billing"));
    assert!(of(308, "").error.remedy.contains("AURA_BASE_URL"));
    let moved = response(308, &[("location", "https://api.neo4j.io/v1\u{1b}")], b"");
    let moved = refusal("GET /", &moved, &[], NOW.parse().unwrap()).error;
    assert_eq!(moved.message, "GET /: 308 to https://api.neo4j.io/v1\\u{1b}");
}

#[test]
fn retry_after_in_both_forms() {
    let now = NOW.parse().unwrap();
    let seconds = |text: &str| retry_after(text, now).map(|wait| wait.as_secs());
    assert_eq!(seconds("5"), Some(5));
    assert_eq!(seconds(" 0 "), Some(0));
    assert_eq!(seconds("Sat, 31 Jan 2026 22:00:30 GMT"), Some(30));
    assert_eq!(seconds("Sat, 31 Jan 2026 21:00:00 GMT"), Some(0), "a past date is no wait");
    assert_eq!(seconds("99999999999999999999999"), Some(3600));
    assert_eq!(seconds("Sat, 31 Jan 2099 22:00:30 GMT"), Some(3600));
    for text in ["", "soon", "-1", "1.5", "Sat, 99 Jan 2026"] {
        assert_eq!(retry_after(text, now), None::<Duration>, "{text:?}");
    }
}
