//! The five shapes in which the API and what stands before it tell an error (docs/aura-api.md, "Errors").

use super::remedy;
use crate::base::{Map, PlantedBug, Timestamp, Value, escape, planted};
use crate::port::{CallError, ErrorClass, Response};
use std::time::Duration;

/// Remote text is cut at so many characters.
const TEXT_LIMIT: usize = 300;
/// No more entries of a list of errors are told than this.
const ENTRY_LIMIT: usize = 8;
/// Longer waits than this are not believed.
const WAIT_LIMIT: Duration = Duration::from_hours(1);

/// A refusal as read from a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What went wrong.
    pub error: CallError,
    /// Whether the body was an error of a documented shape; HTML, plain text and cut JSON are not.
    pub parsed: bool,
}

#[derive(Default)]
struct Told {
    messages: Vec<String>,
    reason: String,
}

/// Reads a response that is no success. `what` is method and path; texts in `secrets` are replaced wherever the
/// remote side repeats them; `now` is what an HTTP date in `Retry-After` is measured from.
pub fn refusal(what: &str, response: &Response, secrets: &[&str], now: Timestamp) -> Refusal {
    let status = response.status;
    let body = response.body.expose();
    let told = tell(body);
    let parsed = told.is_some();
    let told = told.unwrap_or_else(|| Told { messages: vec![plain(body)], reason: String::new() });
    let text = told.messages.join("; ");
    let text = if text.is_empty() { told.reason.clone() } else { text };
    let text = redact(&text, secrets);
    let reason = cut(&redact(&told.reason, secrets));
    let mut message = format!("{what}: {status}");
    if !text.trim().is_empty() {
        message = format!("{message} {}", cut(&text));
    }
    if let (300..=399, Some(target)) = (status, response.header("location")) {
        message = format!("{message} to {}", cut(&redact(target, secrets)));
    }
    let advice = remedy::advice(status, &reason, parsed);
    let mut error = CallError::new(class(status, &reason, parsed), message).with_reason(reason).with_remedy(advice);
    error.retry_after = response.header("retry-after").and_then(|text| retry_after(text, now));
    Refusal { error, parsed }
}

/// Reads a `Retry-After` header in either form; waits of more than an hour are cut to an hour.
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        Timestamp::from_http_date(text).ok()?.since(now)
    };
    Some(wait.min(WAIT_LIMIT))
}

/// A 404 or 410 that is not in the words of the API proves nothing about the thing that was asked for: a gateway or a
/// wrong address answers like that too. It counts as the outside being unavailable, never as absence.
fn class(status: u16, reason: &str, parsed: bool) -> ErrorClass {
    match status {
        401 | 403 => ErrorClass::Auth,
        410 if planted(PlantedBug::GoneUnknown) => ErrorClass::Invalid,
        404 | 410 if parsed => ErrorClass::NotFound,
        404 | 408 | 410 | 429 | 500.. => ErrorClass::Outside,
        // What is not there may be told by the reason alone, whatever the status.
        400..=499 if says_gone(reason) => ErrorClass::NotFound,
        409 if matches!(reason, "ongoing-database-operation" | "snapshot-not-allowed") => ErrorClass::Busy,
        _ => ErrorClass::Invalid,
    }
}

/// Whether this reason word says that there is no such thing: `db-not-found`, `instance-not-found`, `gone`.
fn says_gone(reason: &str) -> bool {
    reason == "gone" || reason == "not-found" || reason.ends_with("-not-found")
}

fn tell(body: &[u8]) -> Option<Told> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let object = value.as_object()?;
    let mut told = Told::default();
    match get(object, "errors") {
        Some(Value::Array(entries)) => entries.iter().take(ENTRY_LIMIT).for_each(|entry| told.entry(None, entry)),
        Some(Value::Object(fields)) => {
            fields.iter().take(ENTRY_LIMIT).for_each(|(field, entry)| told.entry(Some(field), entry));
        }
        Some(entry) => told.entry(None, entry),
        None => {}
    }
    match get(object, "error") {
        Some(Value::String(text)) => match text_of(object, "error_description") {
            Some(more) => told.messages.push(format!("{text}: {more}")),
            None => told.messages.push(text.clone()),
        },
        Some(entry @ Value::Object(_)) => told.entry(None, entry),
        _ => {}
    }
    if let Some(message) = text_of(object, "message") {
        told.messages.insert(0, message.to_owned());
    }
    if let Some(reason) = text_of(object, "reason") {
        reason.clone_into(&mut told.reason);
    }
    told.messages.retain(|message| !message.trim().is_empty());
    (!told.messages.is_empty() || !told.reason.is_empty()).then_some(told)
}

impl Told {
    /// One entry: an object with message and reason, a text, or a list of either under a field.
    fn entry(&mut self, field: Option<&str>, entry: &Value) {
        let (field, text) = match entry {
            Value::String(text) => (field, text.as_str()),
            Value::Object(object) => {
                if let (true, Some(reason)) = (self.reason.is_empty(), text_of(object, "reason")) {
                    reason.clone_into(&mut self.reason);
                }
                (text_of(object, "field").or(field), text_of(object, "message").unwrap_or_default())
            }
            Value::Array(entries) => {
                let texts = entries.iter().take(ENTRY_LIMIT).filter(|entry| !entry.is_array());
                return texts.for_each(|entry| self.entry(field, entry));
            }
            _ => return,
        };
        match field {
            Some(field) if !field.is_empty() => self.messages.push(format!("{field}: {text}")),
            _ => self.messages.push(text.to_owned()),
        }
    }
}

/// The entry of this key, whatever its capitals; keys such as `Message` have been seen.
fn get<'a>(object: &'a Map, key: &str) -> Option<&'a Value> {
    object.get(key).or_else(|| object.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value))
}

fn text_of<'a>(object: &'a Map, key: &str) -> Option<&'a str> {
    get(object, key).and_then(Value::as_str)
}

/// Plain text or HTML as one line without tags.
fn plain(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..body.len().min(8 * 1024)).unwrap_or_default()).into_owned();
    let mut bare = String::new();
    let mut depth = false;
    for character in text.chars() {
        match character {
            '<' => depth = true,
            '>' if depth => {
                depth = false;
                bare.push(' ');
            }
            _ if !depth => bare.push(character),
            _ => {}
        }
    }
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text with every one of these secrets replaced.
pub(super) fn redact(text: &str, secrets: &[&str]) -> String {
    secrets.iter().filter(|secret| !secret.is_empty()).fold(text.to_owned(), |text, secret| {
        if text.contains(secret) { text.replace(secret, "[secret]") } else { text }
    })
}

/// Safe to look at, and short.
pub(super) fn cut(text: &str) -> String {
    let text = text.trim();
    if text.len() <= TEXT_LIMIT || text.chars().count() <= TEXT_LIMIT {
        return escape(text);
    }
    format!("{}…", escape(&text.chars().take(TEXT_LIMIT).collect::<String>()))
}
