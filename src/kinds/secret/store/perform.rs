//! Puts a secret somewhere, and proves that it is there.

use super::target::Target;
use crate::base::{Digest, Secret, Value, escape};
use crate::engine::call::{Call, CallError, ErrorClass, Reply, Sealed};
use crate::engine::command::Act;
use crate::kinds::env::file;
use crate::kinds::private::{self, refused};
use crate::kinds::task::{Task, applied, check, prepared};
use crate::kinds::whole;
use crate::port::SealError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::io;
use std::path::Path;
use subtle::ConstantTimeEq as _;

pub(super) fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    let target = Target::of(task.map("to")?).map_err(|why| task.wrong(&why))?;
    if !task.holds_secret("secret") {
        return Err(task.wrong("`secret` holds no secret"));
    }
    let path = private::place(task, task.resolve(target.path()));
    // Handles stand in place of the secret, so that the digest says nothing about it.
    let digest = Digest::of(json!([target.kind(), task.maybe("to"), task.maybe("secret")]).to_string().as_bytes());
    match &task.command.act {
        Act::Prepare(Call::Write) => {
            secret(task)?;
            place(task, target, &path)?;
            let shown = path.display().to_string();
            let request = format!("WRITE {}", escape(&shown));
            Ok(prepared(shown, request, digest, Value::Null))
        }
        Act::Send(intent) if intent.call == Call::Write => {
            task.as_announced(digest)?;
            store(task, target, &path)
        }
        _ => Err(task.unknown()),
    }
}

/// The secret as it is stored.
fn secret(task: &Task<'_>) -> Result<Secret<String>, CallError> {
    task.secret_text(task.maybe("secret").unwrap_or(&Value::Null))
}

/// Whether a file may stand there.
fn place(task: &Task<'_>, target: Target<'_>, path: &Path) -> Result<(), CallError> {
    let disk = &*task.ports().disk;
    match target {
        // Whoever has no key reads nothing in it.
        Target::Sealed(_) if task.ports().sealer.recipients().is_empty() => return Err(no_recipient()),
        Target::Sealed(_) => {}
        Target::File(_) | Target::EnvFile(..) => private::sheltered(disk, path)?,
    }
    match disk.stat(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(whole::fault("look at", path, &error)),
        Ok(stat) if stat.is_file => Ok(()),
        Ok(_) => Err(refused(path, "is no regular file", "name the file itself and no link to it")),
    }
}

fn no_recipient() -> CallError {
    check("there is no key to seal the secret to").with_remedy("run `surefoot keys init`, then `surefoot resume`")
}

fn store(task: &Task<'_>, target: Target<'_>, path: &Path) -> Result<Reply, CallError> {
    let disk = &*task.ports().disk;
    let secret = secret(task)?;
    place(task, target, path)?;
    let (mut name, mut recipients) = (Value::Null, Value::Null);
    match target {
        Target::File(_) => {
            let content = Secret::new(secret.expose().as_bytes().to_vec());
            whole::write(disk, path, &whole::temp(task, path), content.expose())?;
            private::read_back(disk, path, &content)?;
        }
        Target::EnvFile(_, variable) => {
            file::set(task, path, &[(variable, secret)])?;
            name = variable.into();
        }
        Target::Sealed(_) => {
            let sealed = seal(task, path, &secret)?;
            recipients = json!(sealed.recipients);
        }
    }
    let path = path.display().to_string();
    Ok(applied(json!({"kind": target.kind(), "path": path, "name": name, "recipients": recipients})))
}

/// Writes a file that only the keys of the run open; where one of them is here, it is opened once.
fn seal(task: &Task<'_>, path: &Path, secret: &Secret<String>) -> Result<Sealed, CallError> {
    let (disk, keys) = (&*task.ports().disk, &*task.ports().sealer);
    let plain = Secret::new(secret.expose().as_bytes().to_vec());
    let failed = |why: &str| CallError::new(ErrorClass::Local, format!("the secret cannot be sealed: {why}"));
    let sealed = keys.seal(&plain).map_err(|error| match error {
        SealError::NoRecipient => no_recipient(),
        other => failed(&other.to_string()),
    })?;
    match keys.open(&sealed) {
        Ok(opened) if bool::from(opened.expose().ct_eq(plain.expose())) => {}
        Ok(_) => return Err(failed("it opens to something else")),
        // The key that opens it may be another machine's.
        Err(SealError::NoIdentity(_)) => {}
        Err(error) => return Err(failed(&error.to_string())),
    }
    let bytes = STANDARD.decode(&sealed.b64).map_err(|_| failed("what was sealed is not base64"))?;
    whole::write(disk, path, &whole::temp(task, path), &bytes)?;
    private::read_back(disk, path, &Secret::new(bytes))?;
    Ok(sealed)
}
