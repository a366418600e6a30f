//! A program of the user that prints AWS credentials, run without the secrets of our environment.

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use chrono::DateTime;
use serde::Deserialize;
use std::fmt;
use std::process::Stdio;
use std::time::{Duration, SystemTime};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use zeroize::Zeroizing;

/// More than this is no document with credentials, in bytes.
const OUTPUT_MAX: usize = 64 * 1024;
/// The only version of the document (AWS SDKs and Tools Reference Guide, "Process credential provider").
const VERSION: u64 = 1;

/// The `credential_process` of a profile. What it prints is read and never shown.
#[derive(Clone)]
pub struct Helper {
    profile: String,
    command: String,
    hidden: Vec<String>,
    limit: Duration,
}

/// What the command prints, by the names that AWS has given the fields.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: Option<u64>,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    session_token: Option<String>,
    expiration: Option<String>,
}

impl Helper {
    /// How long a command may take: a person may have to touch a key or type a code.
    pub const LIMIT: Duration = Duration::from_mins(1);

    /// The command of the profile of this name. It sees all of our environment but the variables `hidden`, and is
    /// given up after `limit`.
    pub fn new(profile: &str, command: &str, hidden: &[String], limit: Duration) -> Self {
        Self { profile: profile.to_owned(), command: command.to_owned(), hidden: hidden.to_vec(), limit }
    }

    async fn credentials(&self) -> provider::Result {
        let failed = |why: String| {
            let name = crate::base::show(&self.profile);
            CredentialsError::provider_error(format!("the credential_process of the AWS profile `{name}` {why}"))
        };
        let output = match tokio::time::timeout(self.limit, self.output()).await {
            Ok(output) => output.map_err(failed)?,
            Err(_) => return Err(failed(format!("did not end within {} s", self.limit.as_secs_f32()))),
        };
        read(&output).map_err(failed)
    }

    /// What the command prints; where it fails, why, as the end of a sentence.
    async fn output(&self) -> Result<Zeroizing<Vec<u8>>, String> {
        let mut command = Command::new("sh");
        // What it says on standard error could repeat what it was to keep, and a terminal it finds by itself.
        command.arg("-c").arg(&self.command).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        for name in &self.hidden {
            command.env_remove(name);
        }
        let cannot = |error: std::io::Error| format!("cannot be run: {error}");
        let mut child = command.kill_on_drop(true).spawn().map_err(cannot)?;
        // All the room at once: what a buffer leaves behind when it grows would not be wiped.
        let mut bytes = Zeroizing::new(Vec::with_capacity(OUTPUT_MAX + 1));
        if let Some(stdout) = child.stdout.take() {
            let most = u64::try_from(OUTPUT_MAX).unwrap_or(u64::MAX);
            stdout.take(most + 1).read_to_end(&mut bytes).await.map_err(cannot)?;
        }
        if bytes.len() > OUTPUT_MAX {
            return Err(format!("printed more than {OUTPUT_MAX} bytes"));
        }
        let status = child.wait().await.map_err(cannot)?;
        if status.success() { Ok(bytes) } else { Err(format!("failed ({status}); run it by hand to see why")) }
    }
}

/// The credentials in what was printed. An error of the parser could quote it, so none is passed on.
fn read(output: &[u8]) -> Result<Credentials, String> {
    let printed: Printed =
        serde_json::from_slice(output).map_err(|_| "printed something else than a JSON document with credentials")?;
    if printed.version != Some(VERSION) {
        return Err(format!("printed a document whose Version is not {VERSION}"));
    }
    let lacking = |field: &str| format!("printed a document without {field}");
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let id = filled(printed.access_key_id).ok_or_else(|| lacking("AccessKeyId"))?;
    let key = filled(printed.secret_access_key).ok_or_else(|| lacking("SecretAccessKey"))?;
    let expiry = filled(printed.expiration).map(|text| expiry(&text).ok_or("printed an Expiration that is no time"));
    Ok(Credentials::new(id, key, filled(printed.session_token), expiry.transpose()?, "CredentialProcess"))
}

fn expiry(text: &str) -> Option<SystemTime> {
    DateTime::parse_from_rfc3339(text).ok().map(SystemTime::from)
}

impl fmt::Debug for Helper {
    /// Without the command, whose arguments may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Helper").field("profile", &self.profile).field("hidden", &self.hidden).finish_non_exhaustive()
    }
}

impl ProvideCredentials for Helper {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}
