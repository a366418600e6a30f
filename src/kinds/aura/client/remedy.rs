//! What a person can do about a refusal of the Aura API, in plain words (docs/aura-api.md, "Errors").

/// Advice for the token request that was refused.
pub(super) const CREDENTIALS: &str = "check AURA_CLIENT_ID and AURA_CLIENT_SECRET: they are wrong, expired or \
     revoked; new ones are made in the Aura console under account settings, API credentials";

/// Advice for a token address that is not one.
pub(super) const AUTH_URL: &str = "check AURA_AUTH_URL: it must be the whole address of the token endpoint";

/// Advice where something other than the API has answered.
pub(super) const NOT_THE_API: &str =
    "that was not the Aura API: check AURA_BASE_URL, and any proxy or gateway on the way";

const NO_INSTANCE: &str =
    "the id is wrong, the instance is of another tenant than these credentials see, or it is already deleted";

/// Advice for a refusal, empty where there is none to give.
pub(super) fn advice(status: u16, reason: &str, parsed: bool) -> &'static str {
    let by_reason = match reason {
        "db-not-found" => NO_INSTANCE,
        "snapshot-not-found" => "the snapshot's id is wrong, or its retention is over",
        "tenant-not-found" => "the tenant's id is wrong, or these credentials do not belong to it",
        "encryption-key-not-found" => "the key's id is wrong, or it is of another tenant or already deleted",
        "missing-billing-details" => "enter billing details in the Aura console first",
        "invalid-memory-size" => "choose a pair of memory and storage that the tenant is offered",
        "database-incapable-of-action" => "this type of instance cannot do that",
        "tenant-incapable-of-action" => "this tenant has no instance that can do that",
        "encryption-key-is-active" => "an instance still uses the key",
        "ongoing-database-operation" => "wait until the operation that is under way has ended",
        "snapshot-not-allowed" => "wait until the snapshot that is being taken is complete",
        "instance-action-unavailable" => "the instance is not in a state that allows this; it may be there already",
        _ => "",
    };
    if by_reason.is_empty() { by_status(status, parsed) } else { by_reason }
}

fn by_status(status: u16, parsed: bool) -> &'static str {
    match status {
        300..=399 => "requests are not redirected: set AURA_BASE_URL to the address it names, with https",
        401 => CREDENTIALS,
        402 => "the plan of the account does not include this, or payment details are missing",
        403 => "the user of these API credentials lacks the role for this, or the credentials were revoked",
        404 | 410 if parsed => "the id is wrong, of another tenant, or already deleted",
        404 | 410 => NOT_THE_API,
        405 => "the account may not do this; it may have reached its number of instances",
        420 => "this tier does not support it",
        429 => "the service asks to slow down; other programs with the same credentials count too",
        500..=599 => "the service has a fault; it is retried; status.neo4j.io shows more",
        _ => "",
    }
}
