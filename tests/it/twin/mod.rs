//! The twin: a world as data, asked through its one door.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod access;
mod catalogue;
mod console;
mod fault;
mod password;
mod query;
mod replay;
mod scenario;
mod services;
mod snapshot;
mod status;

use base64::Engine as _;
use serde_json::{Value, json};
use std::time::Duration;
use surefoot::base::Timestamp;
use surefoot::twin::{Request, Response, Scenario, World};

const SEED: u64 = 7;

/// A world with a clock and a client that holds a token.
struct Case {
    world: World,
    now: Timestamp,
    token: String,
    log: Vec<String>,
}

impl Case {
    fn new() -> Self {
        Self::with(|_| {})
    }

    /// A world of the default scenario with this change.
    fn with(change: impl FnOnce(&mut Scenario)) -> Self {
        let mut scenario = Scenario::default();
        change(&mut scenario);
        let now = scenario.start();
        let world = World::new(SEED, scenario, now).unwrap();
        let mut case = Self { world, now, token: String::new(), log: Vec::new() };
        case.sign_in();
        case
    }

    /// Fetches a token with the first credentials.
    fn sign_in(&mut self) {
        let (client_id, secret) = (self.world.client_id().to_owned(), self.world.client_secret());
        let reply = self.fetch_token(&client_id, secret.expose());
        assert_eq!(reply.status, 200);
        reply.value()["access_token"].as_str().unwrap().clone_into(&mut self.token);
    }

    fn fetch_token(&mut self, client_id: &str, secret: &str) -> Response {
        let mut request = Request::new("POST", "/oauth/token")
            .with_header("Authorization", &basic(client_id, secret))
            .with_header("Content-Type", "application/x-www-form-urlencoded");
        request.body = b"grant_type=client_credentials".to_vec();
        self.send(&request)
    }

    fn send(&mut self, request: &Request) -> Response {
        let handled = self.world.handle(request, self.now);
        self.log.extend(handled.log);
        handled.response
    }

    /// A request to the API with the token and, where there is one, a JSON body.
    fn api(&mut self, method: &str, path: &str, body: Option<&Value>) -> Response {
        let request = Request::new(method, path).with_header("Authorization", &format!("Bearer {}", self.token));
        let request = match body {
            Some(body) => request.with_json(body),
            None if method == "POST" || method == "PATCH" => request.with_header("content-type", "application/json"),
            None => request,
        };
        self.send(&request)
    }

    fn get(&mut self, path: &str) -> Response {
        self.api("GET", path, None)
    }

    fn data(&mut self, path: &str) -> Value {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.value());
        reply.value()["data"].clone()
    }

    fn post(&mut self, path: &str, body: &Value) -> Response {
        self.api("POST", path, Some(body))
    }

    /// A request to the console.
    fn person(&mut self, path: &str, body: &Value) -> Response {
        self.send(&Request::new("POST", path).with_json(body))
    }

    fn wait(&mut self, secs: u64) {
        self.now = self.now.plus(Duration::from_secs(secs));
        // A token lasts an hour; the tests of tokens fetch theirs themselves.
        if secs > 3_000 {
            self.sign_in();
        }
    }

    fn tenant(&self) -> String {
        self.world.tenant_ids()[0].to_owned()
    }

    /// The id of the instance to migrate.
    fn source(&self) -> String {
        self.world.instances_with_passwords()[0].id.clone()
    }

    /// The id of the paused bystander in the same tenant.
    fn paused(&mut self) -> String {
        let listed = self.data("/v1/instances");
        find(&listed, "payments-reporting")["id"].as_str().unwrap().to_owned()
    }

    fn status(&mut self, id: &str) -> String {
        self.data(&format!("/v1/instances/{id}"))["status"].as_str().unwrap().to_owned()
    }

    /// A body that creates an instance.
    fn recipe(&self) -> Value {
        json!({
            "cloud_provider": "aws", "memory": "8GB", "name": "sf-0123456789abcdef", "region": "eu-west-1",
            "storage": "16GB", "tenant_id": self.tenant(), "type": "enterprise-db", "version": "5",
        })
    }

    /// Creates an instance and waits until it runs and its first snapshot is done; returns the reply to the create.
    fn created(&mut self) -> Value {
        let recipe = self.recipe();
        let reply = self.post("/v1/instances", &recipe);
        assert_eq!(reply.status, 202, "{}", reply.value());
        self.wait(240 + 120);
        reply.value()["data"].clone()
    }

    /// Runs a statement with these credentials on the instance that the path names.
    fn query(&mut self, id: &str, username: &str, password: &str, statement: &str) -> Response {
        self.query_of(id, "neo4j", (username, password), statement)
    }

    /// The same on this database of it.
    fn query_of(&mut self, id: &str, database: &str, user: (&str, &str), statement: &str) -> Response {
        let request = Request::new("POST", &format!("/{id}/db/{database}/query/v2"))
            .with_header("Authorization", &basic(user.0, user.1))
            .with_json(&json!({"statement": statement}));
        self.send(&request)
    }

    fn password(&self, id: &str) -> String {
        let all = self.world.instances_with_passwords();
        all.into_iter().find(|access| access.id == id).unwrap().password.expose().clone()
    }

    /// The state of an instance as `/_twin/state` tells it, live or deleted.
    fn state(&mut self, id: &str) -> Value {
        let state = self.send(&Request::new("GET", "/_twin/state")).value();
        let all = [&state["instances"], &state["deleted"]].map(|list| list.as_array().unwrap().clone()).concat();
        all.into_iter().find(|instance| instance["id"] == id).unwrap()
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(format!("{user}:{password}")))
}

fn find(list: &Value, name: &str) -> Value {
    list.as_array().unwrap().iter().find(|each| each["name"] == name).unwrap().clone()
}

fn keys(value: &Value) -> Vec<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

/// The reason of a refusal.
fn reason(reply: &Response) -> String {
    reply.value()["errors"][0]["reason"].as_str().unwrap_or_default().to_owned()
}
