//! Which request goes where.

use super::console;
use super::fault::disturbed;
use super::refusal::{json_reply, refusal};
use super::site::{Disconnect, Site, bare, reply};
use super::wire::ResetSwitch;
use crate::base::{Value, parse_duration};
use crate::twin::ImportMethod;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use s3s::service::S3Service;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// The longest body of a request that is not an import, in bytes.
const BODY_MAX: usize = 16 << 20;

/// The id of a request to the object store, as an extension of the request.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) String);

/// A listener's side of the stand.
pub(super) enum Router {
    /// Aura API, console, Query API and `/_twin/…`.
    Api(Arc<Site>),
    /// S3.
    S3(Arc<Site>, S3Service),
}

impl Router {
    pub(super) async fn enter(
        &self,
        request: Request<Incoming>,
        switch: &ResetSwitch,
    ) -> Result<Response<Body>, Disconnect> {
        let request = request.map(Body::new);
        let response = match self {
            Self::Api(site) => {
                let inner = Arc::clone(site);
                disturbed(site, switch, request, |request| api(inner, request)).await?
            }
            Self::S3(site, service) => {
                let (inner, service) = (Arc::clone(site), service.clone());
                disturbed(site, switch, request, |request| s3(inner, service, request)).await?
            }
        };
        let site = match self {
            Self::Api(site) | Self::S3(site, _) => site,
        };
        if site.is_halted() { Err(Disconnect) } else { Ok(response) }
    }
}

async fn api(site: Arc<Site>, request: Request<Body>) -> Result<Response<Body>, Disconnect> {
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    match (request.method(), segments.as_slice()) {
        (&Method::GET, ["_twin", "clock"]) => clock_reply(&site),
        (&Method::POST, ["_twin", "clock"]) => advance(&site, request).await,
        (&Method::POST, ["console", "instances", id, "snapshots", snapshot, "export"]) => {
            console::export(&site, &bare(&request), id, snapshot)
        }
        (&Method::POST, ["console", "instances", _, verb])
            if let Some(way) = ImportMethod::of(verb).filter(|_| !is_json(&request)) =>
        {
            console::import(&site, way, request).await
        }
        _ => world(&site, request).await,
    }
}

/// Lets the world answer.
async fn world(site: &Site, request: Request<Body>) -> Result<Response<Body>, Disconnect> {
    let mut bare = bare(&request);
    let Ok(body) = to_bytes(request.into_body(), BODY_MAX).await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long, or was cut short");
    };
    bare.body = body.into();
    reply(site.handle(&bare)?)
}

async fn s3(site: Arc<Site>, service: S3Service, request: Request<Body>) -> Result<Response<Body>, Disconnect> {
    let mut request = request.map(s3s::Body::http_body_unsync);
    let id = site.request_id();
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = service.call(request).await.map_err(|_| Disconnect)?;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-amz-request-id", id);
    }
    // The `Date` stays the real one: AWS clients sign for the time that they learn from it, and signatures expire.
    Ok(response.map(Body::new))
}

async fn advance(site: &Site, request: Request<Body>) -> Result<Response<Body>, Disconnect> {
    let body = to_bytes(request.into_body(), BODY_MAX).await.map_err(|_| Disconnect)?;
    let Some(span) = span(&serde_json::from_slice(&body).unwrap_or_default()) else {
        let wanted = "send {\"advance_seconds\": 600} or {\"advance\": \"10m\"}";
        return refusal(StatusCode::BAD_REQUEST, wanted);
    };
    site.note_time(site.clock().advance(span))?;
    clock_reply(site)
}

fn span(body: &Value) -> Option<Duration> {
    match (body.get("advance_seconds"), body.get("advance")) {
        (Some(seconds), None) => Duration::try_from_secs_f64(seconds.as_f64()?).ok(),
        (None, Some(text)) => parse_duration(text.as_str()?).ok(),
        _ => None,
    }
}

fn clock_reply(site: &Site) -> Result<Response<Body>, Disconnect> {
    let body = json!({"now": site.clock().now().to_string(), "speed": site.clock().speed()});
    json_reply(StatusCode::OK, &body)
}

fn is_json(request: &Request<Body>) -> bool {
    let kind = request.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.trim().to_ascii_lowercase().starts_with("application/json")
}
