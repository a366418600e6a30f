//! The secrets of a run under a twin: those of the twin's own accounts, and made-up ones for everything else.

use super::vault::Vault;
use crate::base::{Digest, Secret};
use crate::runbook::plan::Plan;
use crate::runbook::secret::{PASSWORD, SecretDecl, USERNAME, VALUE};

/// How many characters a made-up secret has: as many as a token of 160 bits in hexadecimal.
const LENGTH: usize = 40;

/// The accounts of a twin that a run may use.
#[derive(Debug)]
pub struct TwinAccounts {
    /// Client id and client secret of the API.
    pub aura: [Secret<String>; 2],
    /// User name and password of the database that the run is about, where the twin has one.
    pub database: Option<[Secret<String>; 2]>,
}

/// The vault of a run under a twin: no variable, file or command is read.
///
/// A secret that a step takes as its credentials opens the database. Any other gets a value that looks random, follows
/// from `seed`, and opens nothing.
pub fn twin_vault(plan: &Plan, accounts: &TwinAccounts, seed: &str) -> Vault {
    plan.secrets.iter().fold(Vault::new(), |vault, secret| {
        let account = match &secret.name {
            name if name == "aura" => Some(&accounts.aura),
            name if plan.is_credentials(name) => accounts.database.as_ref(),
            _ => None,
        };
        let (names, values): (Vec<_>, Vec<_>) = parts(secret, account, seed).into_iter().unzip();
        vault.with_parts(&secret.name, &names, Some(values)).with_source(&secret.name, &secret.source)
    })
}

/// The parts of a secret, those of an account where there is one for it.
fn parts(secret: &SecretDecl, account: Option<&[Secret<String>; 2]>, seed: &str) -> Vec<(String, Secret<String>)> {
    let declared = secret.parts();
    let Some([username, password]) = account else {
        return declared.into_iter().map(|part| (part.clone(), made_up(seed, &secret.name, &part))).collect();
    };
    // The account needs its user name also where the runbook declares a password alone.
    let mut parts = vec![(USERNAME.to_owned(), username.clone()), (PASSWORD.to_owned(), password.clone())];
    for part in declared.into_iter().filter(|part| part != USERNAME && part != PASSWORD) {
        let value = if part == VALUE { password.clone() } else { made_up(seed, &secret.name, &part) };
        parts.push((part, value));
    }
    parts
}

fn made_up(seed: &str, secret: &str, part: &str) -> Secret<String> {
    let digest = Digest::of(format!("made-up secret\n{seed}\n{secret}\n{part}").as_bytes());
    let digits = digest.to_hex();
    let text: String = digits.iter().take(LENGTH).map(|digit| char::from(*digit)).collect();
    Secret::new(text)
}
