//! Refusals in the shapes of the API (docs/aura-api.md, "Errors").

use super::http::Response;
use crate::base::Timestamp;
use serde_json::json;
use std::time::Duration;

/// A request was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Reason for machines; empty where the gateway answers, which gives none.
    pub reason: &'static str,
    /// Message for people.
    pub message: String,
    /// The field of the request it is about.
    pub field: Option<&'static str>,
    /// After how many seconds to try again.
    pub retry_after_secs: Option<u64>,
}

impl Problem {
    /// A refusal by the API.
    pub(super) fn new(status: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { status, reason, message: message.into(), field: None, retry_after_secs: None }
    }

    /// A refusal by the gateway in front of the API.
    pub(super) fn gateway(status: u16, message: &str) -> Self {
        Self::new(status, "", message)
    }

    /// A field of the request is wrong.
    pub(super) fn field(field: &'static str, message: impl Into<String>) -> Self {
        Self { field: Some(field), ..Self::new(400, "validation-error", message) }
    }

    /// A memory and storage that are not offered together.
    pub(super) fn size(memory: &str, storage: &str) -> Self {
        let message = format!("Invalid combination of memory ({memory}) and storage ({storage})");
        Self { field: Some("memory"), ..Self::new(400, "invalid-memory-size", message) }
    }

    /// The tier of the instance does not know the action.
    pub(super) fn incapable(message: &str) -> Self {
        Self::new(400, "database-incapable-of-action", message)
    }

    pub(super) fn no_instance(id: &str) -> Self {
        Self::new(404, "db-not-found", format!("DB not found: {id}"))
    }

    pub(super) fn no_snapshot(id: &str) -> Self {
        Self::new(404, "snapshot-not-found", format!("Snapshot not found: {id}"))
    }

    pub(super) fn no_tenant() -> Self {
        Self::new(404, "tenant-not-found", "The tenant you specified could not be found")
    }

    /// Another operation is under way.
    pub(super) fn busy(status: &str) -> Self {
        Self::new(
            409,
            "ongoing-database-operation",
            format!("The database is currently undergoing an operation: {status}"),
        )
    }

    /// The instance is in a state that does not allow the action.
    pub(super) fn unavailable(action: &str, status: &str) -> Self {
        Self::new(
            409,
            "instance-action-unavailable",
            format!("The instance cannot be {action} while it is in the state: {status}"),
        )
    }

    pub(super) fn not_exportable(snapshot: &str) -> Self {
        Self::new(400, "snapshot-not-exportable", format!("Source snapshot {snapshot} is not exportable"))
    }

    pub(super) fn media_type() -> Self {
        Self::new(415, "unsupported-media-type", "Content-Type must be application/json")
    }

    /// Too many requests; `free_at` is when the next one is allowed.
    pub(super) fn rate_limit(now: Timestamp, free_at: Timestamp) -> Self {
        let secs = free_at.since(now).saturating_add(Duration::from_micros(999_999)).as_secs().max(1);
        Self { retry_after_secs: Some(secs), ..Self::gateway(429, "API Rate Limit Exceeded") }
    }

    /// The reply that says it.
    pub(super) fn response(&self) -> Response {
        let body = if self.reason.is_empty() {
            json!({"error": self.message})
        } else if let Some(field) = self.field {
            json!({"errors": [{"field": field, "message": self.message, "reason": self.reason}]})
        } else {
            json!({"errors": [{"message": self.message, "reason": self.reason}]})
        };
        let response = Response::json(self.status, &body);
        match self.retry_after_secs {
            Some(secs) => response.with_header("retry-after", &secs.to_string()),
            None => response,
        }
    }
}
