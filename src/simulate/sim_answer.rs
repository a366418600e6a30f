//! What is answered in place of the API.

use crate::base::{Timestamp, Value};
use crate::twin::Response;

/// What the API answers about what one may not see (docs/aura-api.md, "Endpoints").
pub(super) fn not_found(now: Timestamp) -> Response {
    seen(404, &serde_json::json!({"errors": [{"message": "not found", "reason": "not-found"}]}), now)
}

/// With the service's clock, as every answer of a server with a clock has (RFC 9110 §6.6.1).
pub(super) fn seen(status: u16, body: &Value, now: Timestamp) -> Response {
    let headers = [("content-type", "application/json".to_owned()), ("date", now.to_http_date())];
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
    Response { status, headers, body: body.to_string().into_bytes() }
}
