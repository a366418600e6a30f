//! What is in doubt, for programs.

use crate::base::{Timestamp, Value};
use crate::engine::RecoveryForecast;
use crate::engine::doubt::Doubt;
use serde_json::json;

/// Every doubt with everything that was seen of it.
pub(super) fn doubts(doubts: &[Doubt]) -> Value {
    doubts.iter().map(doubt).collect()
}

fn doubt(doubt: &Doubt) -> Value {
    let RecoveryForecast { next, at, every, until, then } = &doubt.outlook;
    let sent = |one: &crate::engine::doubt::Sent| {
        json!({
            "request": one.request,
            "target": one.target,
            "attempt": one.attempt,
            "at": one.at.to_string(),
            "last_sent": one.last_sent.to_string(),
            "http_status": one.status,
            "why": one.why,
        })
    };
    json!({
        "step": doubt.step,
        "kind": doubt.kind,
        "sent": doubt.sent.iter().map(sent).collect::<Vec<_>>(),
        "looks": doubt.looks.iter().map(|look| json!({"at": look.at.to_string(), "saw": look.saw})).collect::<Vec<_>>(),
        "trouble": doubt.trouble,
        "next": {
            "what": next,
            "at": at.map(text),
            "every_s": every.map(|every| every.as_secs_f64()),
            "until": until.map(text),
            "then": then.iter().map(|course| json!({"found": course.found, "then": course.then})).collect::<Vec<_>>(),
        },
        "if_resumed_at": doubt.if_resumed_at.map(text),
    })
}

fn text(at: Timestamp) -> String {
    at.to_string()
}
