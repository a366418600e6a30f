//! The secrets that a runbook declares, read from where they are.

use super::failure::{Failure, FailureKind};
use super::process_env;
use crate::adapter::secret_source::{LIMIT, SourceError, read_secret_file, run_secret_command};
use crate::base::{Secret, SecretScanner, escape};
use crate::kinds::vault::Vault;
use crate::runbook::plan::Plan;
use crate::runbook::secret::{SecretDecl, SecretSource};
use std::path::Path;

/// The variables that a program that prints a secret sees: those of the session, and those by which helpers find their
/// agent or their service (docs/secrets.md, "Where secrets come from").
const HELPER_VARIABLES: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TERM",
    "TMPDIR",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "GPG_TTY",
    "GNUPGHOME",
    "SSH_AUTH_SOCK",
    "PASSWORD_STORE_DIR",
    "VAULT_ADDR",
    "VAULT_TOKEN",
    "VAULT_NAMESPACE",
    "VAULT_CACERT",
    "OP_SERVICE_ACCOUNT_TOKEN",
    "OP_CONNECT_HOST",
    "OP_CONNECT_TOKEN",
    "BW_SESSION",
    "SOPS_AGE_KEY_FILE",
    "AWS_PROFILE",
    "AWS_REGION",
];

/// The vault with the secrets of a plan; every one that is missing is named at once. `folder` is where the run was
/// started.
pub(super) async fn read(plan: &Plan, folder: &Path) -> Result<Vault, Failure> {
    let mut vault = Vault::new();
    let mut missing = Vec::new();
    for secret in &plan.secrets {
        let parts = match parts(secret, folder).await {
            Ok(parts) => Some(parts),
            Err(SourceError::Absent(_)) if secret.optional => None,
            Err(error) => {
                missing.push((secret, error));
                None
            }
        };
        vault = vault.with_parts(&secret.name, &secret.parts(), parts).with_source(&secret.name, &secret.source);
    }
    if missing.is_empty() {
        return Ok(vault);
    }
    let known = SecretScanner::of(&vault.texts());
    let mut failure = Failure::new(FailureKind::Usage, "secrets of the runbook cannot be read");
    failure.causes = missing.into_iter().map(|(secret, error)| cause(secret, &error, &known)).collect();
    Err(failure.hint("provide them and try again; `--twin` needs none"))
}

/// Why a secret is missing. A program may repeat another secret where it says why it failed.
fn cause(secret: &SecretDecl, error: &SourceError, known: &SecretScanner) -> String {
    let place = escape(&secret.source.place());
    match (&secret.source, error) {
        (SecretSource::Env(_), error) => format!("`{}` needs {error}", secret.name),
        (_, error) if known.find(error.to_string().as_bytes()).is_some() => {
            format!("`{}`: {place} failed, and what it says about that holds a secret", secret.name)
        }
        (_, error) => format!("`{}`: {place} {error}", secret.name),
    }
}

async fn parts(secret: &SecretDecl, folder: &Path) -> Result<Vec<Secret<String>>, SourceError> {
    match &secret.source {
        SecretSource::Env(_) => {
            let variables = secret.variables();
            process_env::secret(&variables).ok_or_else(|| {
                let unset: Vec<&str> =
                    variables.iter().map(String::as_str).filter(|name| process_env::variable(name).is_none()).collect();
                SourceError::Absent(unset.join(" and "))
            })
        }
        SecretSource::File(path) => read_secret_file(&folder.join(path)).map(|one| vec![one]),
        SecretSource::Command(words) => {
            let named = |name: &&str| Some(((*name).to_owned(), process_env::variable(name)?));
            let environment: Vec<(String, String)> = HELPER_VARIABLES.iter().filter_map(named).collect();
            run_secret_command(words, folder, &environment, LIMIT).await.map(|one| vec![one])
        }
    }
}
