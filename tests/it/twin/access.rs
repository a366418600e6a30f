//! Tokens, credentials, what they see, and how often they may ask.

use super::{Case, basic, reason};
use serde_json::json;
use surefoot::twin::{Request, Response};

#[test]
fn a_token_reply_has_all_three_fields() {
    let mut case = Case::new();
    let (id, secret) = (case.world.client_id().to_owned(), case.world.client_secret());
    let form = case.fetch_token(&id, secret.expose()).value();
    assert_eq!((form["expires_in"].as_u64(), form["token_type"].as_str()), (Some(3_600), Some("bearer")));
    let request = Request::new("POST", "/oauth/token")
        .with_header("authorization", &basic(&id, secret.expose()))
        .with_json(&json!({"grant_type": "client_credentials"}));
    let from_json = case.send(&request).value();
    assert_eq!(from_json["access_token"], form["access_token"]);
}

#[test]
fn a_token_request_is_checked() {
    let mut case = Case::new();
    let (id, secret) = (case.world.client_id().to_owned(), case.world.client_secret());
    assert_eq!(case.fetch_token(&id, "wrong").status, 401);
    assert_eq!(case.fetch_token("nobody", secret.expose()).status, 401);
    assert_eq!(case.send(&Request::new("POST", "/oauth/token")).status, 401);
    let sound = Request::new("POST", "/oauth/token").with_header("authorization", &basic(&id, secret.expose()));
    assert_eq!(case.send(&sound).status, 404, "no body");
    let mut other = sound.clone();
    other.body = b"grant_type=password".to_vec();
    assert_eq!(case.send(&other).status, 403);
    assert!(case.world.ledger().is_empty());
}

#[test]
fn a_token_lasts_an_hour() {
    for (expired, key) in [(403, "error"), (401, "errors")] {
        let mut case = Case::with(|scenario| scenario.expired_token_status = expired);
        let start = case.now;
        case.now = start.plus(std::time::Duration::from_secs(3_599));
        assert_eq!(case.get("/v1/tenants").status, 200);
        case.now = start.plus(std::time::Duration::from_hours(1));
        let reply = case.get("/v1/tenants");
        assert_eq!(reply.status, expired);
        assert!(reply.value().get(key).is_some());
        case.sign_in();
        assert_eq!(case.get("/v1/tenants").status, 200);
    }
}

#[test]
fn a_token_that_is_none_is_401() {
    let mut case = Case::new();
    let sound = case.token.clone();
    let mut forged = sound.clone();
    forged.pop();
    for token in ["", "abc", "a.b.c", forged.as_str()] {
        case.token = token.to_owned();
        assert_eq!(case.get("/v1/instances").status, 401, "{token}");
    }
    assert_eq!(case.send(&Request::new("GET", "/v1/instances")).status, 401);
}

#[test]
fn a_revoked_credential_opens_nothing() {
    let mut case = Case::new();
    let (id, secret) = (case.world.client_id().to_owned(), case.world.client_secret());
    assert_eq!(case.person("/credentials/revoke", &json!({})).status, 202);
    assert_eq!(case.get("/v1/tenants").status, 403);
    assert_eq!(case.fetch_token(&id, secret.expose()).status, 401);
    assert_eq!(case.person("/credentials/reinstate", &json!({"client_id": id})).status, 202);
    assert_eq!(case.get("/v1/tenants").status, 403, "the old token stays void");
    case.sign_in();
    assert_eq!(case.get("/v1/tenants").status, 200);
}

#[test]
fn what_a_client_does_not_see_is_not_there() {
    let mut case = Case::new();
    let (source, tenant) = (case.source(), case.tenant());
    let (id, secret, sees) = {
        let (id, secret, sees) = case.world.credentials().nth(1).unwrap();
        (id.to_owned(), secret.clone(), sees.to_vec())
    };
    assert!(!sees.contains(&tenant));
    case.token = case.fetch_token(&id, secret.expose()).value()["access_token"].as_str().unwrap().to_owned();
    let listed = case.data("/v1/instances");
    assert!(listed.as_array().unwrap().iter().all(|each| each["tenant_id"] == sees[0]));
    assert_eq!(case.data("/v1/tenants").as_array().unwrap().len(), 1);
    let path = format!("/v1/instances/{source}");
    let replies: Vec<(Response, &str)> = vec![
        (case.get(&path), "db-not-found"),
        (case.api("DELETE", &path, None), "db-not-found"),
        (case.api("PATCH", &path, Some(&json!({"name": "taken"}))), "db-not-found"),
        (case.post(&format!("{path}/snapshots"), &json!({})), "db-not-found"),
        (case.get(&format!("/v1/tenants/{tenant}")), "tenant-not-found"),
        (case.get(&format!("/v1/instances?tenantId={tenant}")), "tenant-not-found"),
    ];
    for (reply, expected) in replies {
        assert_eq!((reply.status, reason(&reply).as_str()), (404, expected));
    }
}

#[test]
fn the_rate_limit_counts_the_last_minute() {
    let mut case = Case::new();
    // One request, for the token, was counted at the start.
    for _ in 0..62 {
        assert_eq!(case.get("/v1/tenants").status, 200);
    }
    case.wait(30);
    for _ in 0..62 {
        assert_eq!(case.get("/v1/tenants").status, 200);
    }
    let refused = case.get("/v1/tenants");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("30")));
    case.wait(29);
    assert_eq!(case.get("/v1/tenants").status, 429, "a refused request does not count");
    case.wait(1);
    for _ in 0..63 {
        assert_eq!(case.get("/v1/tenants").status, 200);
    }
    assert_eq!(case.get("/v1/tenants").status, 429);
}

#[test]
fn the_rate_limit_is_of_each_client_and_can_be_off() {
    let mut case = Case::with(|scenario| scenario.rate_limit = 2);
    assert_eq!(case.get("/v1/tenants").status, 200);
    assert_eq!(case.get("/v1/tenants").status, 429);
    let (id, secret) = {
        let (id, secret, _) = case.world.credentials().nth(1).unwrap();
        (id.to_owned(), secret.clone())
    };
    assert_eq!(case.fetch_token(&id, secret.expose()).status, 200);
    let mut free = Case::with(|scenario| scenario.rate_limit = 0);
    assert!((0..500).all(|_| free.get("/v1/tenants").status == 200));
}
