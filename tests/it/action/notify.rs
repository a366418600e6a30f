//! `notify.webhook`: what is posted, and what becomes of it; the address is told nowhere.

use super::setup::{Setup, settled};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use surefoot::base::Secret;
use surefoot::engine::call::{Call, Outcome, Reply};
use surefoot::engine::command::Act;
use surefoot::kinds::vault::Vault;
use surefoot::port::{Method, Response, TransportError};

const KIND: &str = "notify.webhook";
const URL: &str = "https://hooks.example.com/services/T0/B0/canaryOfTheHook?sig=canary-too";

/// What was posted: address, content type and body.
type Posted = Arc<Mutex<Vec<(String, String, Value)>>>;

fn setup(url: &str, answer: Result<(u16, &'static str), TransportError>) -> (Setup, Posted) {
    let mut setup = Setup::new();
    setup.context.vault = Vault::new().with("hook", Some(vec![Secret::new(url.to_owned())])).with("unset", None);
    let posted = Posted::default();
    let seen = Arc::clone(&posted);
    setup.over(move |request| {
        assert!(request.effect && request.method == Method::Post);
        let body = serde_json::from_slice(request.body.expose()).unwrap();
        let (_, kind) = request.headers.iter().find(|(name, _)| name == "content-type").unwrap();
        seen.lock().unwrap().push((request.url.clone(), kind.expose().clone(), body));
        let (status, body) = match &answer {
            Ok(answer) => *answer,
            Err(error) => return Some(Err(error.clone())),
        };
        let location = ("location".to_owned(), "https://elsewhere.example.com".to_owned());
        Some(Ok(Response { status, headers: vec![location], body: Secret::new(body.as_bytes().to_vec()) }))
    });
    (setup, posted)
}

fn message(more: &Value) -> Value {
    let mut with = json!({"url": {"$secret": "secrets.hook"}, "format": "slack"});
    with.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    with
}

/// Posts, and makes sure that the address is told nowhere.
fn post(setup: &Setup, with: Value) -> Reply {
    let announced = setup.act(KIND, Act::Prepare(Call::Request), with.clone(), Value::Null);
    assert!(matches!(announced, Reply::Prepared { .. }), "{announced:?}");
    let sent = setup.effect(KIND, Call::Request, with, Value::Null);
    let told = format!("{announced:?}{sent:?}");
    assert!(!told.contains("canary"), "{told}");
    sent
}

fn body(with: &Value) -> Value {
    let (setup, posted) = setup(URL, Ok((200, "ok")));
    assert_eq!(settled(post(&setup, message(with))), (Outcome::Applied, Value::Null));
    let posted = posted.lock().unwrap();
    let [(url, kind, body)] = posted.as_slice() else { panic!("{posted:?}") };
    assert_eq!((url.as_str(), kind.as_str()), (URL, "application/json"));
    body.clone()
}

fn error(reply: Reply) -> (Outcome, Option<u16>, String) {
    match reply {
        Reply::Settled { outcome, status, error: Some(error), .. } => (outcome, status, error.message),
        other => panic!("{other:?}"),
    }
}

#[test]
fn slack_gets_a_text_or_blocks_without_markup_in_them() {
    assert_eq!(
        body(&json!({"text": "done: *all* of <it> & more"})),
        json!({"text": "done: *all* of &lt;it&gt; &amp; more"})
    );
    let field = |text: &str| json!({"type": "mrkdwn", "text": text});
    let expected = json!({
        "text": "done",
        "blocks": [
            {"type": "section", "text": field("done")},
            {"type": "section", "fields": [
                field("*count*\n7"), field("*empty*\n-"), field("*none*\n-"), field("*who*\n&lt;!channel&gt;"),
            ]},
        ],
    });
    let fields = json!({"who": "<!channel>", "count": 7, "none": null, "empty": ""});
    assert_eq!(body(&json!({"text": "done", "fields": fields})), expected);
    // What Slack would refuse is cut.
    let many: serde_json::Map<String, Value> =
        (0..600).map(|number| (format!("f{number:03}"), json!("x".repeat(3000)))).collect();
    let long = body(&json!({"text": "é".repeat(5000), "fields": many}));
    let blocks = long["blocks"].as_array().unwrap();
    assert_eq!((blocks.len(), blocks[1]["fields"].as_array().unwrap().len()), (50, 10));
    let length = |text: &Value| text["text"].as_str().unwrap().chars().count();
    assert_eq!((length(&blocks[0]["text"]), length(&blocks[1]["fields"][0])), (3000, 2000));
}

#[test]
fn teams_gets_an_adaptive_card_and_others_what_they_want() {
    let card = body(&json!({"format": "teams", "text": "done", "fields": {"run": "r1", "count": 7}}));
    assert_eq!(card["type"], "message");
    let attachment = &card["attachments"][0];
    assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
    assert_eq!(attachment["content"]["type"], "AdaptiveCard");
    let expected = json!([
        {"type": "TextBlock", "text": "done", "wrap": true},
        {"type": "FactSet", "facts": [{"title": "count", "value": "7"}, {"title": "run", "value": "r1"}]},
    ]);
    assert_eq!(attachment["content"]["body"], expected);
    let any = json!({"routing_key": {"$secret": "secrets.hook"}, "list": [1, null]});
    assert_eq!(body(&json!({"format": "json", "json": any})), json!({"routing_key": URL, "list": [1, null]}));
}

#[test]
fn an_answer_that_is_no_success_is_a_result() {
    let ask = |status, text| error(post(&setup(URL, Ok((status, text))).0, message(&json!({"text": "x"}))));
    let (outcome, status, why) = ask(404, "\nno_service\nmore");
    assert_eq!(
        (outcome, status, why.as_str()),
        (Outcome::Rejected, Some(404), "hooks.example.com: is answered with 404: no_service")
    );
    assert_eq!(ask(500, "").2, "hooks.example.com: is answered with 500");
    let (outcome, _, why) = ask(302, "moved");
    assert_eq!((outcome, why.contains("not followed")), (Outcome::Rejected, true), "{why}");
    // A connector of Teams says that with a 200.
    let (outcome, status, _) = ask(200, "Webhook message delivery failed with error: HTTP error 413");
    assert_eq!((outcome, status), (Outcome::Rejected, Some(200)));
    let (_, _, why) = ask(400, "no such hook: canaryOfTheHook, /services/T0/B0/canaryOfTheHook?sig=canary-too");
    assert_eq!(why, "hooks.example.com: is answered with 400: no such hook: [address], [address]");
    let (_, _, why) = error(post(&setup(URL, Ok((400, LONG))).0, message(&json!({"text": "x"}))));
    assert!(why.len() < 300, "{why}");
    for status in [200, 201, 202, 204] {
        let (setup, _) = setup(URL, Ok((status, "1")));
        assert_eq!(settled(post(&setup, message(&json!({"text": "x"})))).0, Outcome::Applied);
    }
}

const LONG: &str = concat!(
    "long long long long long long long long long long long long long long long long long long long long long ",
    "long long long long long long long long long long long long long long long long long long long long long ",
    "long long long long long long long long long long long long long long long long long long long long long ",
);

#[test]
fn what_the_transport_says_is_told_without_the_address() {
    let lost = TransportError::Maybe(format!("POST {URL}: no answer in time"));
    let (outcome, status, why) = error(post(&setup(URL, Err(lost)).0, message(&json!({"text": "x"}))));
    assert_eq!((outcome, status), (Outcome::Unknown, None));
    assert_eq!(why, "hooks.example.com: POST [address]: no answer in time");
    let refused = TransportError::NotSent("connection refused".to_owned());
    assert_eq!(error(post(&setup(URL, Err(refused)).0, message(&json!({"text": "x"})))).0, Outcome::NotSent);
}

#[test]
fn what_cannot_be_posted_is_announced_and_not_sent() {
    let refused = |url: &str, with: Value| {
        let (setup, posted) = setup(url, Ok((200, "ok")));
        let (outcome, _, why) = error(post(&setup, with));
        assert_eq!((outcome, posted.lock().unwrap().len()), (Outcome::NotSent, 0), "{url}");
        why
    };
    let text = || message(&json!({"text": "x"}));
    for (url, why) in [
        ("http://hooks.example.com/canary", "in clear"),
        ("http://127.0.0.1.example.com/canary", "in clear"),
        ("ftp://hooks.example.com/canary", "is no address"),
        ("canary", "is no address"),
        ("https://user:canary@hooks.example.com/x", "names a user"),
        ("https://hooks.example.com/canary x", "a character that no address has"),
        ("https://hooks.example.com/canary\n", "a character that no address has"),
        ("https://hooks.example.com\\@evil.example/canary", "names a user"),
    ] {
        let told = refused(url, text());
        assert!(told.contains(why), "{url}: {told}");
    }
    refused(URL, message(&json!({})));
    refused(URL, message(&json!({"format": "json"})));
    refused(URL, message(&json!({"text": "x", "fields": ["a"]})));
    refused(URL, json!({"url": {"$secret": "secrets.unset"}, "format": "slack", "text": "x"}));
    for loopback in ["http://127.0.0.1:8080/x", "http://localhost/x?y=1", "http://[::1]:80/x"] {
        let (setup, posted) = setup(loopback, Ok((200, "ok")));
        assert_eq!(settled(post(&setup, text())).0, Outcome::Applied, "{loopback}");
        assert_eq!(posted.lock().unwrap()[0].0, loopback);
    }
}

#[test]
fn only_the_host_is_announced() {
    let announced = |url: &str| {
        let (setup, _) = setup(url, Ok((200, "ok")));
        let with = message(&json!({"text": "x"}));
        match setup.act(KIND, Act::Prepare(Call::Request), with, Value::Null) {
            Reply::Prepared { target, request, .. } => (target, request),
            other => panic!("{other:?}"),
        }
    };
    let of = |host: &str| (host.to_owned(), format!("POST {host}"));
    assert_eq!(announced(URL), of("hooks.example.com"));
    assert_eq!(announced("https://hooks.example.com:8443?canary"), of("hooks.example.com:8443"));
    assert_eq!(announced("not an address"), of("webhook"));
}
