//! What the stand itself answers, in the shape of a gateway.

use super::site::Disconnect;
use crate::base::Value;
use axum::body::Body;
use axum::http::{Response, StatusCode};
use serde_json::json;

/// A refusal by the stand itself, in the shape of a gateway's.
pub(super) fn refusal(status: StatusCode, message: &str) -> Result<Response<Body>, Disconnect> {
    json_reply(status, &json!({"error": message}))
}

/// A reply of the stand itself.
pub(super) fn json_reply(status: StatusCode, body: &Value) -> Result<Response<Body>, Disconnect> {
    let built = Response::builder().status(status).header("content-type", "application/json");
    built.body(Body::from(body.to_string())).map_err(|_| Disconnect)
}
