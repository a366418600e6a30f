//! What a message looks like for each service.

use crate::base::{Map, Secret, Value};
use crate::engine::call::CallError;
use crate::kinds::task::Task;
use serde_json::json;

/// Slack: the longest text of a section, in characters.
const SECTION_MAX: usize = 3000;
/// Slack: the longest text of a field.
const FIELD_MAX: usize = 2000;
/// Slack: how many fields a section has at most.
const FIELDS_MAX: usize = 10;
/// Slack: how many sections of fields go with the section of the text.
const SECTIONS_MAX: usize = 49;

/// The body of a message.
pub(super) fn body(task: &Task<'_>) -> Result<Secret<String>, CallError> {
    let empty = Map::new();
    let format = task.text("format")?;
    if format == "json" {
        let json = task.maybe("json").ok_or_else(|| task.wrong("`format: json` needs the input `json`"))?;
        return task.secret_json(json);
    }
    let text = task.text("text")?;
    let fields = if task.maybe("fields").is_some() { task.map("fields")? } else { &empty };
    let body = if format == "teams" { teams(text, fields) } else { slack(text, fields) };
    Ok(Secret::new(body.to_string()))
}

/// The payload of an incoming webhook of Slack. `text` alone, or with blocks whose fallback it is.
fn slack(text: &str, fields: &Map) -> Value {
    let text = escaped(text);
    if fields.is_empty() {
        return json!({"text": text});
    }
    let section = |text: &str| json!({"type": "mrkdwn", "text": text});
    let field = |(name, value): (&String, &Value)| {
        section(&cut(&format!("*{}*\n{}", escaped(name), escaped(&plain(value))), FIELD_MAX))
    };
    let fields: Vec<Value> = fields.iter().map(field).collect();
    let below = fields.chunks(FIELDS_MAX).take(SECTIONS_MAX).map(|some| json!({"type": "section", "fields": some}));
    let first = json!({"type": "section", "text": section(&cut(&text, SECTION_MAX))});
    let blocks: Vec<Value> = std::iter::once(first).chain(below).collect();
    json!({"text": text, "blocks": blocks})
}

/// The payload of a webhook of Microsoft Teams: a message with an adaptive card.
fn teams(text: &str, fields: &Map) -> Value {
    let mut body = vec![json!({"type": "TextBlock", "text": text, "wrap": true})];
    let fact = |(name, value): (&String, &Value)| json!({"title": name, "value": plain(value)});
    if !fields.is_empty() {
        body.push(json!({"type": "FactSet", "facts": fields.iter().map(fact).collect::<Vec<_>>()}));
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.2",
                "body": body,
            },
        }],
    })
}

/// Slack reads these three characters as markup: a value could call everybody in a channel.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(std::iter::once('…')).collect()
}
