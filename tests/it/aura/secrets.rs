//! No secret in any text, whatever the remote side does with what it was given.

use super::fake::{Script, client, clock, config, is_token, response, run, token};
use serde_json::json;
use std::time::Duration;
use surefoot::base::Secret;
use surefoot::kinds::aura::client::query::{self, Credentials};
use surefoot::kinds::aura::client::{Destination, Reach, RequestSpec, Route};
use surefoot::port::{Method, Request, Response, TransportError};

const BEARER: &str = "canary-bearer-token";
const PASSWORD: &str = "canary-password";

/// Everything the request held, headers and all, in each way a server could put it.
fn creation(route: &Route) -> RequestSpec {
    RequestSpec::new(Method::Post, route.clone()).json(json!({}))
}

fn echoes(request: &Request, status: u16) -> Vec<Result<Response, TransportError>> {
    let headers: Vec<_> = request.headers.iter().map(|(name, value)| format!("{name}: {}", value.expose())).collect();
    let all = format!("{}{} {PASSWORD} {BEARER} canary-client-secret-0123456789", "x".repeat(280), headers.join(" "));
    let near = format!("{} canary-client-id-0123456789 canary-client-secret-0123456789", headers.join(" "));
    let mut replies = Vec::new();
    for text in [&all, &near] {
        let texts = [
            json!({"errors": [{"message": text, "reason": text, "field": text}]}).to_string(),
            json!({"error": text, "error_description": text}).to_string(),
            json!({"message": text, "reason": text}).to_string(),
            json!({"errors": {text.as_str(): [text]}}).to_string(),
            format!("<html>{text}</html>"),
            text.clone(),
        ];
        replies.extend(texts.into_iter().map(|body| {
            let headers = [("location", text.as_str()), ("x-request-id", text.as_str())];
            Ok(response(status, &headers, body.as_bytes()))
        }));
        replies.push(Err(TransportError::Maybe(text.clone())));
        replies.push(Err(TransportError::NotSent(text.clone())));
    }
    replies
}

fn assert_clean(text: &str, case: &str) {
    for canary in ["canary-bearer", "canary-client-secret", "canary-password"] {
        assert!(!text.contains(canary), "{case}: {text}");
    }
}

const STATUSES: [u16; 14] = [100, 200, 202, 301, 400, 401, 403, 404, 409, 418, 422, 429, 500, 503];

#[test]
fn echoes_of_the_api() {
    let routes = Route::of(&["instances", "x"]).unwrap();
    for status in STATUSES {
        for which in 0..16 {
            let script = Script::new(move |request| {
                if is_token(request) { token(BEARER, 3600) } else { echoes(request, status).remove(which) }
            });
            let clock = clock();
            let client = client(&script, &clock);
            assert_clean(&format!("{:?} {client:?}", run(client.read(&routes))), "read");
            assert_clean(
                &format!("{:?}", run(client.write(&RequestSpec::new(Method::Patch, routes.clone()), &["id"]))),
                "write",
            );
            assert_clean(&format!("{:?}", run(client.write_create(&creation(&routes), &["id"]))), "create");
            assert_clean(&format!("{:?}", script.seen.lock().unwrap()), "requests");
        }
    }
}

#[test]
fn echoes_of_the_token_endpoint() {
    let routes = Route::of(&["instances", "x"]).unwrap();
    for status in STATUSES {
        for which in 0..16 {
            let script = Script::new(move |request| echoes(request, status).remove(which));
            let text = format!("{:?}", run(client(&script, &clock()).read(&routes)));
            assert_clean(&text, "token");
            assert!(!text.contains("Y2FuYXJ5LWNsaWVudC1pZC0wMTIzNDU2Nzg5"), "the pair in base64: {text}");
        }
    }
}

#[test]
fn echoes_of_a_database() {
    let credentials = Credentials { username: "neo4j".to_owned(), password: Secret::new(PASSWORD.to_owned()) };
    for status in STATUSES {
        for which in 0..16 {
            let script = Script::new(move |request| {
                let mut replies = echoes(request, status);
                replies.remove(which)
            });
            let to = Destination::of("https://x.databases.neo4j.io", Reach::default()).unwrap();
            let ask = query::run(&*script, &to, "neo4j", &credentials, "RETURN 1", Duration::from_secs(1));
            let text = format!("{:?} {credentials:?}", run(ask));
            assert!(!text.contains(PASSWORD) && !text.contains("bmVvNGo6Y2FuYXJ5LXBhc3N3b3Jk"), "{text}");
        }
    }
}

#[test]
fn a_create_that_cannot_be_read_shows_nothing_of_its_body() {
    let routes = Route::of(&["instances"]).unwrap();
    let whole = json!({"data": {"id": "x", "password": PASSWORD, "username": "neo4j"}}).to_string();
    for cut in 0..=whole.len() {
        for status in [200, 202, 204] {
            let body = whole.as_bytes()[..cut].to_vec();
            let script =
                Script::new(
                    move |request| {
                        if is_token(request) { token(BEARER, 3600) } else { Ok(response(status, &[], &body)) }
                    },
                );
            let written = run(client(&script, &clock()).write_create(&creation(&routes), &["id", "password"]));
            assert_clean(&format!("{written:?}"), "create");
            assert_eq!(written.body.is_some(), cut == whole.len());
        }
    }
    let wrong = json!({"data": {"id": {"canary-password": 1}, "password": [PASSWORD]}}).to_string();
    let script =
        Script::new(
            move |request| {
                if is_token(request) { token(BEARER, 3600) } else { Ok(response(202, &[], wrong.as_bytes())) }
            },
        );
    assert_clean(&format!("{:?}", run(client(&script, &clock()).write_create(&creation(&routes), &[]))), "types");
}

#[test]
fn a_config_shows_nothing() {
    assert_clean(&format!("{:?}", config()), "config");
}
