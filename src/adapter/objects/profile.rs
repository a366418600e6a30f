//! Profiles that lead to a `credential_process`.
//!
//! The SDK (aws-config 1.13, `src/credential_process.rs`) would run it with all of our environment, and nothing can be
//! set about that. So its feature `credentials-process` is off: it starts no process, whatever a profile says, and
//! refuses a profile that we do not see to. Such a profile is given a `credential_source`, which the SDK has a hook
//! for; roles, sessions and the order of sources stay its own.

use super::helper::Helper;
use aws_config::SdkConfig;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileSet, load};
use aws_config::provider_config::ProviderConfig;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};
use std::collections::BTreeSet;

/// The name of our source of credentials, and of the profile that stands for the base of one that is its own source.
const SOURCE: &str = "surefoot-credential-process";

/// What the SDK takes of a profile before it comes to `credential_process` (`base_provider` in aws-config's
/// `src/profile/credentials/repr.rs`).
const BEFORE: [&str; 8] = [
    "credential_source",
    "web_identity_token_file",
    "sso_account_id",
    "sso_region",
    "sso_role_name",
    "sso_start_url",
    "sso_session",
    "login_session",
];

/// A command at the base of the selected profile.
struct Found {
    profile: String,
    command: String,
    /// Whether the profile takes a role with the credentials of itself.
    is_own_source: bool,
}

/// The default chain of the SDK, for a selected profile that leads to a `credential_process`; nothing for another one.
/// The command does not see the variables `hidden`.
pub(super) async fn with_helper(config: &SdkConfig, hidden: &[String]) -> Option<CredentialsProviderChain> {
    let profiles = load(&Fs::real(), &Env::real(), &EnvConfigFiles::default(), None).await.ok()?;
    let found = find(&profiles)?;
    let files = EnvConfigFiles::builder()
        .include_default_config_file(true)
        .include_default_credentials_file(true)
        .with_contents(EnvConfigFileKind::Config, overlay(&found))
        .build();
    let provider_config = ProviderConfig::without_region()
        .with_region(config.region().cloned())
        .with_use_fips(config.use_fips())
        .with_use_dual_stack(config.use_dual_stack());
    let profile = ProfileFileCredentialsProvider::builder()
        .configure(&provider_config)
        .profile_files(files)
        .with_custom_provider(SOURCE, Helper::new(&found.profile, &found.command, hidden, Helper::LIMIT))
        .build();
    // The sources that the SDK asks after a profile are not reached where a profile has one.
    let environment = EnvironmentVariableCredentialsProvider::new();
    Some(CredentialsProviderChain::first_try("Environment", environment).or_else("Profile", profile))
}

/// The command to which the selected profile leads, as `resolve_chain` of the SDK goes (see [`BEFORE`]).
fn find(profiles: &ProfileSet) -> Option<Found> {
    let mut seen = BTreeSet::new();
    let mut name = profiles.selected_profile();
    loop {
        let profile = profiles.get_profile(name)?;
        let has = |key: &&str| profile.get(key).is_some();
        let has_keys = ["aws_access_key_id", "aws_secret_access_key"].iter().all(has);
        if !seen.insert(name) || (seen.len() > 1 && has_keys) {
            return None;
        }
        let is_role = has(&"role_arn") && !has(&"web_identity_token_file");
        match profile.get("source_profile") {
            None if is_role => return None,
            Some(source) if is_role && source != name => name = source,
            _ if BEFORE.iter().any(has) => return None,
            _ => {
                let command = profile.get("credential_process")?.to_owned();
                return Some(Found { profile: name.to_owned(), command, is_own_source: is_role });
            }
        }
    }
}

/// What is laid over the files of the user: properties of a later file take the place of those before. The name is one
/// that the SDK has read from a heading, so it can stand in one.
fn overlay(found: &Found) -> String {
    let Found { profile, is_own_source, .. } = found;
    if *is_own_source {
        return format!(
            "[profile {profile}]\nsource_profile = {SOURCE}\n[profile {SOURCE}]\ncredential_source = {SOURCE}\n"
        );
    }
    format!("[profile {profile}]\ncredential_source = {SOURCE}\n")
}
