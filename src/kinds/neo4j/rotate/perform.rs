//! `neo4j.password.rotate`: the checks before the run, the new password and its seal, the statement that sets it, and
//! the look that tells which password is in force.

use crate::base::{Digest, Secret, Value};
use crate::engine::call::{Call, CallError, ErrorClass, Reply, Sealed};
use crate::engine::command::Act;
use crate::engine::event::Intent;
use crate::kinds::aura::client::{Classified, query};
use crate::kinds::task::Task;
use crate::kinds::vault::Credentials;
use crate::kinds::{seal, sink};
use crate::port::Entropy;
use std::time::Duration;
use zeroize::Zeroizing;

const TIMEOUT: Duration = Duration::from_mins(1);
/// How long a new password is; with these letters that is more than 190 bits.
const LENGTH: usize = 32;
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

pub(in crate::kinds) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    match &task.command.act {
        Act::Check => check(task),
        Act::Read(Call::Probe) => probe(task).await,
        Act::Prepare(Call::Rotate) => prepare(task),
        Act::Send(intent) if intent.call == Call::Rotate => send(task, intent).await,
        Act::Deliver { attempt, sealed } => sink::deliver(task, *attempt, sealed),
        _ => Err(task.unknown()),
    }
}

/// Everything without which the password must not be changed: somebody can open what is sealed, and the file can
/// receive it.
fn check(task: &Task<'_>) -> Result<Reply, CallError> {
    let recipients = seal::round_trip(&*task.ports().sealer)?;
    // A file that an earlier step will name is tried by that step.
    let path = task.maybe("password_file").map(|_| sink::probe(task)).transpose()?;
    Ok(Reply::Checked {
        passed: true,
        detail: serde_json::json!({"sink": path.map(|path| path.display().to_string()), "recipients": recipients}),
        error: None,
    })
}

/// Makes and seals the new password, or takes the one of an earlier attempt: whichever request arrives in the end, it
/// sets the same one.
fn prepare(task: &Task<'_>) -> Result<Reply, CallError> {
    let url = task.text("url")?;
    let old = credentials(task)?;
    let sealed = match made(task) {
        Some(sealed) => sealed.clone(),
        None => make(task, url, old)?,
    };
    Ok(Reply::Prepared {
        target: url.to_owned(),
        request: format!("POST {}", query::password_path(&task.destination(url)?)),
        request_digest: digest(task, &sealed),
        guard: Value::Null,
        sealed: Some(sealed),
    })
}

async fn send(task: &Task<'_>, intent: &Intent) -> Result<Reply, CallError> {
    let url = task.text("url")?;
    let sealed = intent.sealed.as_ref().ok_or_else(|| task.wrong("no new password was announced"))?;
    if intent.target != url {
        return Err(task.wrong("it was announced for another address"));
    }
    task.as_announced(digest(task, sealed))?;
    let to = task.destination(url)?;
    let (old, new) = (credentials(task)?, open(task, sealed)?);
    let http = &*task.ports().http;
    let written = query::change_password(http, &to, &old, &new.password, TIMEOUT).await;
    let Classified { outcome, status, request_id, server_date, error, .. } = written;
    Ok(Reply::Settled { outcome, status, request_id, server_date, output: Value::Null, sealed: None, error })
}

/// Which password opens the database. The new one comes first: where it does, no wrong one is tried.
async fn probe(task: &Task<'_>) -> Result<Reply, CallError> {
    let (http, to) = (&*task.ports().http, task.destination(task.text("url")?)?);
    let sealed = made(task).ok_or_else(|| task.wrong("there is no new password to try"))?;
    let new = query::opens(http, &to, &open(task, sealed)?, TIMEOUT).await?;
    let old = !new && query::opens(http, &to, &credentials(task)?, TIMEOUT).await?;
    Ok(Reply::Found(serde_json::json!({"new": new, "old": old})))
}

/// The password that is to be replaced.
fn credentials(task: &Task<'_>) -> Result<Credentials, CallError> {
    task.credentials("credentials")?.ok_or_else(|| {
        CallError::new(ErrorClass::Auth, "there are no credentials of the database, whose password is to be changed")
            .with_remedy("set the variables of the secret that `credentials` names")
    })
}

/// The new password that an earlier attempt of this step announced.
fn made<'a>(task: &Task<'a>) -> Option<&'a Sealed> {
    task.command.sealed.get(&task.command.step)
}

fn make(task: &Task<'_>, url: &str, old: Credentials) -> Result<Sealed, CallError> {
    let replaced = task.giver("credentials").and_then(|step| task.command.sealed.get(step));
    let replaced = replaced.and_then(|sealed| task.open(sealed).ok());
    let (id, known) = replaced.map(|obtained| (obtained.id, obtained.url)).unwrap_or_default();
    let url = if known.is_empty() { url } else { &known };
    let new = Credentials { username: old.username, password: random(&*task.ports().entropy) };
    seal::given(task, task.command.id.attempt, &id, &new, url)
        .map_err(|why| CallError::new(ErrorClass::Check, format!("a new password could not be sealed: {why}")))
}

/// A password. Sixteen random bytes for each letter leave no letter likelier than another.
fn random(entropy: &dyn Entropy) -> Secret<String> {
    let mut bytes = Zeroizing::new([0; LENGTH * 16]);
    entropy.fill(&mut *bytes);
    let mut text = String::with_capacity(LENGTH);
    for chunk in bytes.chunks_exact(16) {
        let number = chunk.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        let place = usize::try_from(number % LETTERS.len() as u128).unwrap_or_default();
        text.push(LETTERS.get(place).copied().map_or('A', char::from));
    }
    Secret::new(text)
}

fn open(task: &Task<'_>, sealed: &Sealed) -> Result<Credentials, CallError> {
    task.open(sealed).map(|obtained| obtained.credentials).map_err(|why| {
        CallError::new(ErrorClass::Auth, format!("the new password cannot be opened: {why}"))
            .with_remedy("resume on the machine, and as the user, whose key it was sealed to")
    })
}

/// Digest of the request's body as it may be written down: with the handle of the old password, and with the digest of
/// the sealed new one.
fn digest(task: &Task<'_>, sealed: &Sealed) -> Digest {
    let parameters = serde_json::json!({"old": task.maybe("credentials"), "new": sealed.sha256.to_string()});
    let body = serde_json::json!({"statement": query::CHANGE_PASSWORD, "parameters": parameters});
    Digest::of(body.to_string().as_bytes())
}
