//! Clients that know nothing but a ready line; they read no environment, and so use no proxy.

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use surefoot::twin_server::{Ready, TwinServer, TwinServerOptions};

/// A stand with its API client.
pub(super) struct Bench {
    pub(super) stand: TwinServer,
    pub(super) ready: Ready,
    pub(super) http: Client,
    pub(super) token: String,
}

/// A client without pool, proxies and redirects.
pub(super) fn http() -> Client {
    Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap()
}

impl Bench {
    pub(super) async fn start(options: TwinServerOptions) -> Self {
        let stand = TwinServer::start(options).await.unwrap();
        let ready = stand.ready();
        let http = http();
        let token = token(&http, &ready).await;
        Self { stand, ready, http, token }
    }

    /// A request to the API, with its token.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.ready.base_url);
        self.http.request(method, url).bearer_auth(&self.token).header("content-type", "application/json")
    }

    pub(super) async fn get(&self, path: &str) -> (StatusCode, Value) {
        let response = self.request(Method::GET, path).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let response = self.request(Method::POST, path).body(body.to_string()).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    pub(super) async fn fault(&self, fault: Value) {
        assert_eq!(self.post("/_twin/faults", &fault).await.0, 201);
    }

    pub(super) async fn advance(&self, seconds: u64) -> Value {
        let (status, clock) = self.post("/_twin/clock", &json!({"advance_seconds": seconds})).await;
        assert_eq!(status, 200);
        clock
    }

    pub(super) async fn ledger(&self) -> Vec<Value> {
        self.get("/_twin/ledger").await.1.as_array().unwrap().clone()
    }

    /// The body of a create request like the source instance.
    pub(super) fn create_body(&self, name: &str) -> Value {
        json!({
            "cloud_provider": "aws", "memory": "8GB", "name": name, "region": "eu-west-1",
            "tenant_id": self.ready.tenant_id, "type": "enterprise-db", "version": "5",
        })
    }

    /// The id of the instance to migrate.
    pub(super) fn source(&self) -> &str {
        &self.ready.instances[0].id
    }

    /// A snapshot of the source that can be exported.
    pub(super) async fn snapshot(&self) -> String {
        let path = format!("/v1/instances/{}/snapshots", self.source());
        let (status, body) = self.post(&path, &json!({})).await;
        assert_eq!(status, 202, "{body}");
        self.advance(600).await;
        body["data"]["snapshot_id"].as_str().unwrap().to_owned()
    }
}

pub(super) async fn token(http: &Client, ready: &Ready) -> String {
    let request = http
        .post(&ready.auth_url)
        .basic_auth(&ready.client_id, Some(ready.client_secret.expose()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials");
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

/// An S3 client with the keys of the ready line.
pub(super) fn s3(ready: &Ready) -> aws_sdk_s3::Client {
    s3_with(ready, &ready.s3.access_key, ready.s3.secret_key.expose(), &ready.s3.region)
}

/// An S3 client with other keys or for another region.
pub(super) fn s3_with(ready: &Ready, access_key: &str, secret_key: &str, region: &str) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(&ready.s3.url)
        .region(Region::new(region.to_owned()))
        .credentials_provider(Credentials::new(access_key, secret_key, None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .force_path_style(true);
    aws_sdk_s3::Client::from_conf(config.build())
}

/// The status and the code of a refusal by S3.
pub(super) fn refusal<E: ProvideErrorMetadata>(error: &SdkError<E>) -> (u16, String) {
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    let code = error.as_service_error().and_then(|error| error.code()).unwrap_or_default();
    (status, code.to_owned())
}
