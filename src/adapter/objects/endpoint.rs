//! The endpoint that variables and profiles name in place of the one of AWS.

use crate::base::{Address, escape, has_userinfo};
use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

/// Whoever listens on the way to the object store would read a whole database, and the token of a session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the endpoint of S3, {told}, {why}")]
pub struct EndpointError {
    told: String,
    why: String,
}

/// The endpoint of S3 as the SDK finds it: the one for S3 comes before the one for every service.
pub(super) fn named(config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build().ok();
    let own = key.and_then(|key| config.service_config()?.load_config(key));
    own.or_else(|| config.endpoint_url().map(str::to_owned))
}

pub(super) fn require_private(endpoint: &str) -> Result<(), EndpointError> {
    let why = match Address::parse(endpoint) {
        Ok(address) if address.is_private() => return Ok(()),
        Ok(_) => "would carry the backup in clear".to_owned(),
        Err(error) => error.to_string(),
    };
    // What stands in front of a host may be a password.
    let told = if has_userinfo(endpoint) { "an address".to_owned() } else { escape(endpoint) };
    Err(EndpointError { told, why })
}
