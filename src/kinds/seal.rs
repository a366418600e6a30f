//! The way of a one-time password from the response into its seal (docs/secrets.md, "One-time passwords").

use crate::base::{Map, PlantedBug, Secret, SecretScanner, Value, bounded, has_userinfo, is_bounded, planted};
use crate::engine::call::{CallError, ErrorClass, Outcome, Reply, Sealed};
use crate::kinds::aura::client::{Classified, Created};
use crate::kinds::task::Task;
use crate::kinds::vault::Credentials;
use crate::port::Sealer;
use base64::Engine as _;
use serde::Serialize;
use subtle::ConstantTimeEq as _;

/// What is sealed.
#[derive(Serialize)]
struct Plain<'a> {
    run: &'a str,
    step: &'a str,
    attempt: u32,
    id: &'a str,
    username: &'a str,
    password: &'a str,
    url: &'a str,
}

/// Room for everything, so that no growing buffer leaves a copy of the password behind.
const ROOM: usize = 4 << 10;

/// Proves that there are recipients and that this machine can open what is sealed to them.
pub(in crate::kinds) fn round_trip(sealer: &dyn Sealer) -> Result<Vec<String>, CallError> {
    let probe = Secret::new(b"surefoot seals this to see whether it can be opened".to_vec());
    let opened = sealer.seal(&probe).and_then(|sealed| sealer.open(&sealed));
    match opened {
        Ok(opened) if bool::from(opened.expose().ct_eq(probe.expose())) => Ok(sealer.recipients()),
        Ok(_) => Err(CallError::new(ErrorClass::Check, "what was sealed opens to something else")),
        Err(error) => Err(CallError::new(ErrorClass::Check, format!("a password could not be sealed: {error}"))
            .with_remedy("run `surefoot keys init`, or name the keys of this machine")),
    }
}

/// The outcome of a create, its password sealed. Where that fails the instance exists and its password is lost, so
/// the outcome is unknown and the protocol looks for the instance.
pub(in crate::kinds) fn settle(task: &Task<'_>, attempt: u32, written: Classified<Option<Created>>) -> Reply {
    let Classified { mut outcome, status, mut request_id, server_date, body, mut error } = written;
    let mut output = Value::Null;
    let mut sealed = None;
    if let Some(created) = body.filter(|_| outcome.took()) {
        let net = Net::of(&created.password);
        request_id = request_id.filter(|id| !net.holds(id));
        match seal(task, attempt, &created, &net) {
            Ok(blob) => {
                sealed = Some(blob).filter(|_| !planted(PlantedBug::PasswordUnsealed));
                let mut fields = declared(task, &created, &net);
                if planted(PlantedBug::PasswordInOutput) {
                    fields.insert("secret".to_owned(), created.password.expose().as_str().into());
                }
                output = Value::Object(fields);
                if planted(PlantedBug::PasswordShown) {
                    task.doing(created.password.expose());
                }
            }
            Err(why) => {
                outcome = Outcome::Unknown;
                let id = if net.holds(&created.id) { "" } else { &created.id };
                error = Some(CallError::new(
                    ErrorClass::Local,
                    format!("instance {id} was created, but its password could not be sealed: {why}"),
                ));
            }
        }
    }
    Reply::Settled { outcome, status, request_id, server_date, output, sealed, error }
}

/// What no field may hold beside the password in its own: only `password` is split off from a reply, and whoever
/// repeats it elsewhere, as in an address with a user, must not have it written down.
struct Net<'a> {
    password: &'a str,
    canary: SecretScanner,
}

impl<'a> Net<'a> {
    fn of(password: &'a Secret<String>) -> Self {
        Self { password: password.expose(), canary: SecretScanner::of(std::slice::from_ref(password)) }
    }

    fn holds(&self, text: &str) -> bool {
        text.contains(self.password) || has_userinfo(text) || self.canary.find(text.as_bytes()).is_some()
    }

    /// A field as it may be written down, null where it may not.
    fn pass(&self, field: &Value) -> Value {
        if field.as_str().is_some_and(|text| self.holds(text)) { Value::Null } else { bounded(field) }
    }
}

fn seal(task: &Task<'_>, attempt: u32, created: &Created, net: &Net<'_>) -> Result<Sealed, String> {
    let text = |name: &str| {
        let told = created.fields.get(name).and_then(Value::as_str);
        told.filter(|text| is_bounded(text)).unwrap_or_default()
    };
    let url = text("connection_url");
    let plain = Plain {
        run: &task.context.run.id,
        step: &task.command.step,
        attempt,
        id: &created.id,
        username: text("username"),
        password: created.password.expose(),
        url: if net.holds(url) { "" } else { url },
    };
    let sealed = close(task, &plain)?;
    task.context.vault.remember(&sealed, &created.password);
    Ok(sealed)
}

/// Seals a password that a person set by hand, or that is to be set, in the same form.
pub(in crate::kinds) fn given(
    task: &Task<'_>,
    attempt: u32,
    id: &str,
    credentials: &Credentials,
    url: &str,
) -> Result<Sealed, String> {
    let (run, step) = (task.context.run.id.as_str(), task.command.step.as_str());
    let (username, password) = (credentials.username.as_str(), credentials.password.expose().as_str());
    if planted(PlantedBug::NewPasswordShown) {
        task.doing(password);
    }
    let sealed = close(task, &Plain { run, step, attempt, id, username, password, url })?;
    task.context.vault.remember(&sealed, &credentials.password);
    Ok(sealed)
}

fn close(task: &Task<'_>, plain: &Plain<'_>) -> Result<Sealed, String> {
    let mut bytes = Vec::with_capacity(ROOM);
    serde_json::to_writer(&mut bytes, plain).map_err(|_| "it cannot be written as JSON".to_owned())?;
    let clear = planted(PlantedBug::SealedInClear).then(|| base64::engine::general_purpose::STANDARD.encode(&bytes));
    let sealed = task.ports().sealer.seal(&Secret::new(bytes)).map_err(|error| error.to_string())?;
    Ok(Sealed { recipients: sealed.recipients.into_iter().chain(clear).collect(), ..sealed })
}

/// The declared fields; what the reply does not repeat is what was asked for.
fn declared(task: &Task<'_>, created: &Created, net: &Net<'_>) -> Map {
    const NAMES: [&str; 9] =
        ["id", "name", "connection_url", "tenant_id", "cloud_provider", "region", "type", "created_at", "username"];
    let field = |name: &str| {
        let told = created.fields.get(name).filter(|value| !value.is_null());
        told.or_else(|| task.maybe(name)).map_or(Value::Null, |value| net.pass(value))
    };
    NAMES.into_iter().map(|name| (name.to_owned(), field(name))).collect()
}
