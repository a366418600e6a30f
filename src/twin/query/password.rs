//! Passwords of databases: which one opens an instance, and which may take its place.

use super::parse::Given;
use crate::base::{Digest, Value};
use crate::twin::instance::Instance;

/// Shorter ones are refused.
const LENGTH_MIN: usize = 8;

/// Why a password is not changed: the code and the message of Neo4j.
type Refusal = (&'static str, String);

/// Whether a password opens the instance.
pub(super) fn opens(instance: &Instance, password: &str) -> bool {
    Digest::of(password.as_bytes()) == instance.password_digest()
}

/// The digest of the new password, where it may take the place of the old one.
pub(super) fn checked(
    instance: &Instance,
    database: &str,
    from: &Given,
    to: &Given,
    parameters: Option<&Value>,
) -> Result<Digest, Refusal> {
    if database != "system" {
        let message = "This is an administration command and it should be executed against the system database: \
                       ALTER CURRENT USER SET PASSWORD";
        return Err(("Neo.ClientError.Statement.NotSystemDatabaseError", message.to_owned()));
    }
    let (from, to) = (text(from, parameters)?, text(to, parameters)?);
    let refused = |why: &str| {
        let message = format!("User '{}' failed to alter their own password: {why}", instance.username);
        Err(("Neo.ClientError.Statement.ArgumentError", message))
    };
    if to.len() < LENGTH_MIN {
        return refused(&format!("A password must be at least {LENGTH_MIN} characters."));
    }
    if !opens(instance, from) {
        return refused("Invalid principal or credentials.");
    }
    if from == to {
        return refused("Old password and new password cannot be the same.");
    }
    Ok(Digest::of(to.as_bytes()))
}

fn text<'a>(given: &'a Given, parameters: Option<&'a Value>) -> Result<&'a str, Refusal> {
    match given {
        Given::Text(text) => Ok(text),
        Given::Parameter(name) => {
            let value = parameters.and_then(|parameters| parameters.get(name)).and_then(Value::as_str);
            value
                .ok_or_else(|| ("Neo.ClientError.Statement.ParameterMissing", format!("Expected parameter(s): {name}")))
        }
    }
}
