//! Token, budget, retries and the one send of a write.

use super::fake::{Frozen, Script, client, clock, config, header, is_token, reply, response, run, token};
use futures_util::future::join_all;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use surefoot::base::Secret;
use surefoot::engine::call::{ErrorClass, Outcome};
use surefoot::kinds::aura::client::{Budget, Client, Config, RequestSpec, Route};
use surefoot::port::{Clock as _, Method, TransportError};

const DENIED: &str = r#"{"errors":[{"message":"Insufficient permissions","reason":"unauthorized"}]}"#;
const BUSY: &str = r#"{"errors":[{"message":"busy","reason":"ongoing-database-operation"}]}"#;
const INSTANCE: &str = r#"{"data":{"id":"2f49c2b3","status":"running"}}"#;

fn instance() -> Route {
    Route::of(&["instances", "2f49c2b3"]).unwrap()
}

fn deletion() -> RequestSpec {
    RequestSpec::new(Method::Delete, instance())
}

fn ok() -> super::fake::Reply {
    reply(200, INSTANCE)
}

#[test]
fn a_read_unwraps_data() {
    let (script, clock) = (Script::api(vec![ok()]), clock());
    let read = run(client(&script, &clock).read(&instance())).unwrap();
    assert_eq!(read.value, json!({"id": "2f49c2b3", "status": "running"}));
    assert_eq!(
        script.paths(),
        ["POST https://api.example/oauth/token", "GET https://api.example/v1/instances/2f49c2b3"]
    );
    let seen = script.seen.lock().unwrap();
    assert_eq!(
        header(&seen[0], "authorization"),
        "Basic Y2FuYXJ5LWNsaWVudC1pZC0wMTIzNDU2Nzg5OmNhbmFyeS1jbGllbnQtc2VjcmV0LTAxMjM0NTY3ODk="
    );
    assert_eq!(header(&seen[0], "content-type"), "application/x-www-form-urlencoded");
    assert_eq!(seen[0].body.expose(), b"grant_type=client_credentials");
    assert_eq!(header(&seen[1], "authorization"), "Bearer token-1");
    assert!(!seen[0].effect && !seen[1].effect);
}

#[test]
fn base_addresses_in_any_form() {
    for base in ["https://api.example", "https://api.example/", "https://api.example/v1", "https://api.example/v1/"] {
        let (script, clock) = (Script::api(vec![ok()]), clock());
        let client = Client::new(script.clone(), clock, Config { base_url: base.to_owned(), ..config() });
        run(client.read(&instance())).unwrap();
        assert_eq!(script.count(("GET", "https://api.example/v1/instances/2f49c2b3")), 1, "{base}");
    }
}

#[test]
fn segments_cannot_break_out() {
    let route =
        Route::of(&["instances", "a/../b?c#d%2e e\n\u{e9}", "snapshots"]).unwrap().with("date", "2026-01-31&x=1");
    assert_eq!(route.text(), "/v1/instances/a%2F..%2Fb%3Fc%23d%252e%20e%0A%C3%A9/snapshots?date=2026-01-31%26x%3D1");
    assert_eq!(Route::of(&["tenants"]).unwrap().with("a", "1").with("b", "2").text(), "/v1/tenants?a=1&b=2");
    for segment in ["", ".", ".."] {
        assert_eq!(Route::of(&["instances", segment]).unwrap_err().class, ErrorClass::Invalid, "{segment:?}");
    }
}

#[test]
fn the_token_is_kept_and_refreshed_at_four_fifths_of_its_life() {
    let (script, clock) = (Script::api(vec![ok()]), clock());
    let client = client(&script, &clock);
    for (advance, tokens) in [(0, 1), (2000, 1), (879, 1), (1, 2), (2879, 2), (1, 3)] {
        clock.advance(Duration::from_secs(advance));
        run(client.read(&instance())).unwrap();
        assert_eq!(script.count(("POST", "/oauth/token")), tokens, "after {advance} s more");
    }
}

#[test]
fn a_write_is_not_begun_with_a_token_that_dies_within_a_minute() {
    let mut lives = [200, 100, 100].into_iter();
    let script = Script::new(
        move |request| {
            if is_token(request) { token("t", lives.next().unwrap()) } else { reply(202, INSTANCE) }
        },
    );
    let clock = clock();
    let client = client(&script, &clock);
    run(client.write(&deletion(), &[]));
    clock.advance(Duration::from_secs(139));
    run(client.write(&deletion(), &[]));
    assert_eq!(script.count(("POST", "/oauth/token")), 1, "61 s are left");
    clock.advance(Duration::from_secs(2));
    run(client.read(&instance())).unwrap();
    assert_eq!(script.count(("POST", "/oauth/token")), 1, "a read may still use it");
    run(client.write(&deletion(), &[]));
    assert_eq!(script.count(("POST", "/oauth/token")), 2, "a write may not");
}

#[test]
fn one_token_request_serves_all_who_wait() {
    let (script, clock) = (Script::api(vec![ok()]), clock());
    let client = client(&script, &clock);
    run(join_all((0..20).map(|_| async { client.read(&instance()).await.unwrap() })));
    assert_eq!(script.count(("POST", "/oauth/token")), 1);
    assert_eq!(script.count(("GET", "")), 20);
}

#[test]
fn a_refused_token_request_is_shared_too_and_names_the_variables() {
    let script = Script::new(|_| reply(401, r#"{"error":"unauthorized"}"#));
    let clock = clock();
    let client = client(&script, &clock);
    let errors = run(join_all((0..20).map(|_| async { client.read(&instance()).await.unwrap_err() })));
    assert_eq!(script.paths().len(), 1, "wrong credentials are not tried again by everybody who waits");
    for error in errors {
        assert_eq!(error.class, ErrorClass::Auth);
        assert!(error.remedy.contains("AURA_CLIENT_ID") && error.remedy.contains("AURA_CLIENT_SECRET"));
    }
    let again = run(client.authenticate()).unwrap_err();
    assert_eq!((again.class, script.paths().len()), (ErrorClass::Auth, 2), "who comes later asks again");
}

#[test]
fn credentials_that_are_absent_are_not_sent() {
    for (id, secret) in [("", "x"), ("x", "")] {
        let (script, clock) = (Script::api(vec![ok()]), clock());
        let config =
            Config { client_id: Secret::new(id.to_owned()), client_secret: Secret::new(secret.to_owned()), ..config() };
        let error = run(Client::new(script.clone(), clock, config).read(&instance())).unwrap_err();
        assert_eq!(error.class, ErrorClass::Auth);
        assert!(error.remedy.contains("AURA_CLIENT_SECRET"));
        assert!(script.paths().is_empty());
    }
}

#[test]
fn a_token_reply_needs_all_three_fields() {
    for body in [
        r#"{"access_token":"t","expires_in":3600}"#,
        r#"{"access_token":"t","token_type":"bearer"}"#,
        r#"{"expires_in":3600,"token_type":"bearer"}"#,
        r#"{"access_token":"","expires_in":3600,"token_type":"bearer"}"#,
        r#"{"access_token":"a\nb","expires_in":3600,"token_type":"bearer"}"#,
        r#"{"access_token":"t","expires_in":0,"token_type":"bearer"}"#,
        r#"{"access_token":"t","expires_in":3600,"token_type":"mac"}"#,
        "<html>sign in to the wireless network</html>",
    ] {
        let script = Script::new(move |_| reply(200, body));
        let error = run(client(&script, &clock()).read(&instance())).unwrap_err();
        assert_eq!(error.class, ErrorClass::Outside, "{body}");
        assert!(error.remedy.contains("AURA_AUTH_URL"));
    }
    for kind in ["bearer", "Bearer", "BEARER"] {
        let body = json!({"access_token": "t", "expires_in": 3600, "token_type": kind}).to_string();
        let script = Script::new(move |request| if is_token(request) { reply(200, &body) } else { ok() });
        run(client(&script, &clock()).read(&instance())).unwrap();
    }
}

#[test]
fn a_read_is_tried_again_once_with_a_fresh_token() {
    for status in [401, 403] {
        let (script, clock) = (Script::api(vec![reply(status, DENIED), ok()]), clock());
        run(client(&script, &clock).read(&instance())).unwrap();
        let seen = script.seen.lock().unwrap();
        assert_eq!(header(seen.last().unwrap(), "authorization"), "Bearer token-2", "{status}");
        drop(seen);
        let (script, clock) = (Script::api(vec![reply(status, DENIED)]), clock);
        let error = run(client(&script, &clock).read(&instance())).unwrap_err();
        assert_eq!((error.class, error.reason.as_str()), (ErrorClass::Auth, "unauthorized"));
        assert_eq!(script.count(("GET", "")), 2, "{status} does not loop");
        assert_eq!(script.count(("POST", "")), 2);
    }
}

#[test]
fn a_read_is_tried_a_few_times_while_the_outside_is_unavailable() {
    let cut = || Err(TransportError::Maybe("reset".to_owned()));
    let lost = || Err(TransportError::NotSent("refused".to_owned()));
    let (script, clock) = (Script::api(vec![reply(503, ""), cut(), lost(), ok()]), clock());
    let start = clock.now();
    run(client(&script, &clock).read(&instance())).unwrap();
    assert_eq!(clock.now().since(start), Duration::from_secs(1 + 2 + 4));
    for last in [reply(500, DENIED), reply(429, ""), reply(200, "{\"data\":"), cut(), lost()] {
        let script = Script::api(vec![last]);
        let error = run(client(&script, &clock).read(&instance())).unwrap_err();
        assert_eq!(error.class, ErrorClass::Outside);
        assert!(error.message.contains("GET /v1/instances/2f49c2b3"), "{}", error.message);
        assert_eq!(script.count(("GET", "")), 4);
    }
    for last in [reply(409, BUSY), reply(400, DENIED), reply(404, DENIED)] {
        let script = Script::api(vec![last]);
        run(client(&script, &clock).read(&instance())).unwrap_err();
        assert_eq!(script.count(("GET", "")), 1, "what will not pass by itself is not tried again");
    }
}

#[test]
fn retry_after_is_waited_for_where_it_is_short_and_handed_on_where_it_is_long() {
    let slow = |text: &str| Ok(response(429, &[("retry-after", text)], br#"{"error":"slow down"}"#));
    for (text, wait) in [("17", 17), ("Sat, 31 Jan 2026 22:00:21 GMT", 21)] {
        let (script, clock) = (Script::api(vec![slow(text), ok()]), clock());
        let start = clock.now();
        run(client(&script, &clock).read(&instance())).unwrap();
        assert_eq!(clock.now().since(start), Duration::from_secs(wait), "{text}");
    }
    let (script, clock) = (Script::api(vec![slow("300")]), clock());
    let error = run(client(&script, &clock).read(&instance())).unwrap_err();
    assert_eq!(error.retry_after, Some(Duration::from_mins(5)));
    assert_eq!(script.count(("GET", "")), 1);
}

#[test]
fn token_requests_are_tried_a_few_times_too() {
    let mut calls = 0;
    let script = Script::new(move |request| {
        calls += 1;
        match calls {
            1 => Err(TransportError::Maybe("reset".to_owned())),
            2 => reply(502, "<html>bad gateway</html>"),
            _ if is_token(request) => token("t", 3600),
            _ => ok(),
        }
    });
    run(client(&script, &clock()).read(&instance())).unwrap();
    assert_eq!(script.count(("POST", "")), 3);
}

#[test]
fn a_write_is_sent_once_whatever_becomes_of_it() {
    let table = [
        (reply(202, INSTANCE), Outcome::Accepted),
        (reply(200, INSTANCE), Outcome::Applied),
        (reply(409, BUSY), Outcome::Rejected),
        (reply(401, DENIED), Outcome::RejectedAuth),
        (reply(403, DENIED), Outcome::RejectedAuth),
        (reply(429, DENIED), Outcome::Rejected),
        (reply(308, ""), Outcome::Rejected),
        (reply(500, DENIED), Outcome::Unknown),
        (reply(202, "{"), Outcome::Unknown),
        (Err(TransportError::Maybe("reset".to_owned())), Outcome::Unknown),
        (Err(TransportError::NotSent("refused".to_owned())), Outcome::NotSent),
    ];
    for (last, expected) in table {
        let (script, clock) = (Script::api(vec![last.clone()]), clock());
        let written = run(client(&script, &clock).write(&deletion(), &["id"]));
        assert_eq!(written.outcome, expected, "{last:?}");
        assert_eq!(written.error.is_none(), expected.took());
        assert_eq!(script.count(("DELETE", "")), 1, "{last:?}");
        let seen = script.seen.lock().unwrap();
        let sent = seen.last().unwrap();
        assert!(sent.effect && sent.body.expose().is_empty());
        assert_eq!(header(sent, "content-type"), "application/json", "also without a body");
    }
}

#[test]
fn a_refused_write_gets_a_fresh_token_the_next_time() {
    let (script, clock) = (Script::api(vec![reply(403, DENIED), reply(202, INSTANCE)]), clock());
    let client = client(&script, &clock);
    assert_eq!(run(client.write(&deletion(), &[])).outcome, Outcome::RejectedAuth);
    assert_eq!(run(client.write(&deletion(), &[])).outcome, Outcome::Accepted);
    assert_eq!(script.count(("POST", "/oauth/token")), 2);
}

#[test]
fn a_write_without_a_token_was_not_sent() {
    let script = Script::new(|_| reply(401, r#"{"error":"unauthorized"}"#));
    let written =
        run(client(&script, &clock()).write(&RequestSpec::new(Method::Post, instance()).json(json!({"a": 1})), &[]));
    assert_eq!((written.outcome, written.status), (Outcome::NotSent, None));
    assert_eq!(written.error.unwrap().class, ErrorClass::Auth);
    assert_eq!(script.paths(), ["POST https://api.example/oauth/token"]);
}

#[test]
fn a_write_does_not_leave_after_its_deadline() {
    // The place in the budget comes too late.
    let (script, clock) = (Script::api(vec![ok()]), clock());
    let config = Config { budget_per_minute: 2, ..config() };
    let client = Client::new(Arc::<Script>::clone(&script), Arc::<Frozen>::clone(&clock), config);
    run(client.read(&instance())).unwrap();
    let hurried = client.until(Some(clock.now().plus(Duration::from_secs(30))));
    let written = run(hurried.write(&deletion(), &[]));
    assert_eq!(written.outcome, Outcome::NotSent);
    let error = written.error.unwrap();
    assert_eq!(error.class, ErrorClass::Busy);
    assert!(error.message.contains("DELETE /v1/instances/2f49c2b3"), "{}", error.message);
    assert_eq!(script.count(("DELETE", "")), 0);
    let patient = client.until(Some(clock.now().plus(Duration::from_mins(2))));
    assert_eq!(run(patient.write(&deletion(), &[])).outcome, Outcome::Applied);
    // The token comes too late.
    let clock = super::fake::clock();
    let slow = Arc::<Frozen>::clone(&clock);
    let script = Script::new(move |request| {
        slow.advance(Duration::from_secs(if is_token(request) { 31 } else { 0 }));
        if is_token(request) { token("t", 3600) } else { ok() }
    });
    let client = super::fake::client(&script, &clock).until(Some(clock.now().plus(Duration::from_secs(30))));
    assert_eq!(run(client.write(&deletion(), &[])).outcome, Outcome::NotSent);
    assert_eq!(script.count(("DELETE", "")), 0);
}

#[test]
fn a_client_that_is_halted_sends_nothing_that_waits_and_answers_what_has_left() {
    let clock = clock();
    let halted: Arc<Mutex<Option<Client>>> = Arc::default();
    let halt = Arc::clone(&halted);
    let script = Script::new(move |request| {
        if is_token(request) {
            return token("t", 3600);
        }
        halt.lock().unwrap().iter().for_each(Client::halt);
        ok()
    });
    let client = super::fake::client(&script, &clock);
    *halted.lock().unwrap() = Some(client.clone());
    let write = || run(client.write(&deletion(), &[]));
    assert_eq!(write().outcome, Outcome::Applied, "it had left");
    let kept = write();
    assert_eq!((kept.outcome, kept.error.unwrap().class), (Outcome::NotSent, ErrorClass::Busy));
    assert_eq!(script.count(("DELETE", "")), 1);
}

#[test]
fn a_create_hands_the_password_over() {
    let body = r#"{"data":{"id":"db1d1234","password":"p\u0041ss","username":"neo4j"}}"#;
    let (script, clock) = (Script::api(vec![reply(202, body)]), clock());
    let sent = json!({"name": "sf-1"});
    let request = RequestSpec::new(Method::Post, Route::of(&["instances"]).unwrap()).json(sent.clone());
    let written = run(client(&script, &clock).write_create(&request, &["id", "password", "username"]));
    assert_eq!(written.outcome, Outcome::Accepted);
    let created = written.body.unwrap();
    assert_eq!((created.id.as_str(), created.password.expose().as_str()), ("db1d1234", "pAss"));
    assert_eq!(script.seen.lock().unwrap()[1].body.expose(), br#"{"name":"sf-1"}"#);
}

#[test]
fn at_most_the_budget_is_sent_in_any_minute() {
    let clock = clock();
    let budget = Budget::new(100);
    let mut sent = Vec::new();
    for number in 0..350_u64 {
        run(budget.clone().take(&*clock));
        sent.push(clock.mono_ms());
        if number % 3 == 0 {
            clock.advance(Duration::from_millis(200));
        }
    }
    for window in sent.windows(101) {
        assert!(window[100] - window[0] >= 60_000, "{} ms for 101 requests", window[100] - window[0]);
    }
    let start = sent[0];
    assert!(sent[99] - start < 10_000, "a burst up to the budget passes at once");
    assert!(sent[349] - start < 190_000, "and no more is waited than must be: {}", sent[349] - start);
}

#[test]
fn token_requests_count_in_the_budget_and_clones_share_it() {
    let (script, clock) = (Script::api(vec![ok()]), Frozen::at("2026-01-01T00:00:00Z"));
    let start = clock.now();
    let config = Config { budget_per_minute: 3, ..config() };
    let one = Client::new(Arc::<Script>::clone(&script), Arc::<Frozen>::clone(&clock), config);
    let two = one.clone();
    run(one.read(&instance())).unwrap();
    run(two.read(&instance())).unwrap();
    assert_eq!(clock.now(), start, "a token and two reads");
    run(one.read(&instance())).unwrap();
    assert_eq!(clock.now().since(start), Duration::from_mins(1));
}
