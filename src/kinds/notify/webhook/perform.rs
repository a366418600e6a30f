//! One message, posted once. Nothing that goes wrong with it is an error of the step.

use super::message::body;
use crate::base::{Address, Digest, Secret, Timestamp, Value, escape, truncate};
use crate::engine::call::{Call, CallError, ErrorClass, Outcome, Reply};
use crate::engine::command::Act;
use crate::kinds::task::{Task, prepared};
use crate::port::{Method, Request, Response, TransportError};
use serde_json::json;

/// The longest answer that is read, in bytes.
const ANSWER_MAX: usize = 64 << 10;
/// How much of an answer is told, in characters.
const TOLD_MAX: usize = 200;
/// What stands in place of an address in what a transport tells.
const WITHOUT: &str = "[address]";
/// The target of a message whose address is none.
const NOWHERE: &str = "webhook";
/// Hosts, and the ends of hosts, at which an address is all that it takes to post.
const KNOWN: [&str; 5] =
    ["hooks.slack.com", ".webhook.office.com", ".logic.azure.com", ".api.powerplatform.com", "discord.com"];

/// Whether an address is one that only its owner may know.
pub(super) fn is_known_secret(url: &str) -> bool {
    let host = address(url).map(|address| address.host().to_owned()).unwrap_or_default();
    KNOWN.iter().any(|known| if known.starts_with('.') { host.ends_with(known) } else { host == *known })
}

/// Where an address leads, without its path and query; ends in why nothing is posted there, as the rest of a sentence.
pub(super) fn address(url: &str) -> Result<Address, String> {
    let after = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(after..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(url.len(), |at| after + at);
    let address = Address::parse(url.get(..end).unwrap_or_default()).map_err(|error| error.to_string())?;
    // A space or a line break in the rest would be sent as something else than it is.
    if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("holds a character that no address has".to_owned());
    }
    if !address.is_private() {
        return Err(format!("would be sent to {} in clear; use https://", escape(address.host())));
    }
    Ok(address)
}

pub(super) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let inputs = ["url", "format", "text", "fields", "json"].map(|name| task.command.with.get(name));
    // Handles stand in place of the secrets, so that the digest says nothing about them.
    let digest = Digest::of(json!(inputs).to_string().as_bytes());
    match &task.command.act {
        Act::Prepare(Call::Request) => {
            // What cannot be posted is announced all the same: that it was not sent is a result, and no failure.
            let host = url(task).ok().and_then(|url| address(url.expose()).ok()).map(|address| place(&address));
            let host = host.unwrap_or_else(|| NOWHERE.to_owned());
            Ok(prepared(host.as_str(), format!("POST {host}"), digest, Value::Null))
        }
        Act::Send(intent) if intent.call == Call::Request => {
            task.as_announced(digest)?;
            post(task).await
        }
        _ => Err(task.unknown()),
    }
}

fn place(address: &Address) -> String {
    match address.port() {
        Some(port) => format!("{}:{port}", escape(address.host())),
        None => escape(address.host()),
    }
}

fn url(task: &Task<'_>) -> Result<Secret<String>, CallError> {
    task.secret_text(task.maybe("url").unwrap_or(&Value::Null))
}

async fn post(task: &Task<'_>) -> Result<Reply, CallError> {
    let url = url(task)?;
    let host =
        address(url.expose()).map(|address| place(&address)).map_err(|why| task.wrong(&format!("`url` {why}")))?;
    let body = body(task)?;
    task.doing(&format!("posts to {host}"));
    let request = Request {
        method: Method::Post,
        url: url.expose().clone(),
        headers: vec![("content-type".into(), Secret::new("application/json".to_owned()))],
        body: Secret::new(body.expose().as_bytes().to_vec()),
        timeout: task.duration("request_timeout")?,
        body_limit: ANSWER_MAX,
        effect: true,
    };
    let answer = task.ports().http.send(request).await;
    let error = |class, why: &str| {
        let mut message = format!("{host}: {}", without(why, url.expose()));
        truncate(&mut message);
        CallError::new(class, message)
    };
    let (outcome, error) = match &answer {
        Err(TransportError::NotSent(why)) => (Outcome::NotSent, Some(error(ErrorClass::Outside, why))),
        Err(TransportError::Maybe(why)) => (Outcome::Unknown, Some(error(ErrorClass::Outside, why))),
        Ok(response) => match refusal(response) {
            None => (Outcome::Applied, None),
            Some(why) => (Outcome::Rejected, Some(error(ErrorClass::Invalid, &why))),
        },
    };
    let response = answer.ok();
    let date = response.as_ref().and_then(|one| one.header("date"));
    Ok(Reply::Settled {
        outcome,
        status: response.as_ref().map(|one| one.status),
        request_id: None,
        server_date: date.and_then(|text| Timestamp::from_http_date(text).ok()),
        output: Value::Null,
        sealed: None,
        error,
    })
}

/// Why an answer means that nobody got the message; none where it was delivered.
fn refusal(response: &Response) -> Option<String> {
    let text = std::str::from_utf8(response.body.expose()).unwrap_or_default();
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let line: String = escape(line).chars().take(TOLD_MAX).collect();
    // Connectors of Teams answer so with status 200.
    let has_failed = line.starts_with("Webhook message delivery failed");
    match response.status {
        200..=299 if !has_failed => None,
        300..=399 => Some(format!("is answered with {} and not followed elsewhere", response.status)),
        status if line.is_empty() => Some(format!("is answered with {status}")),
        status => Some(format!("is answered with {status}: {line}")),
    }
}

/// A sentence of a transport or of a service without the address, or what of it makes it a secret.
fn without(text: &str, url: &str) -> String {
    let after = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(after..).and_then(|rest| rest.find(['/', '?', '#']).and_then(|at| rest.get(at..)));
    let whole = text.replace(url, WITHOUT);
    let parts = rest.into_iter().chain(rest.into_iter().flat_map(|rest| rest.split(['/', '?', '&', '=', '#'])));
    // A short part is a word, such as `services`, and stands in sentences by chance.
    parts.filter(|part| part.len() >= 8).fold(whole, |text, part| text.replace(part, WITHOUT))
}
