//! The clients of the API: their credentials, and how often they may ask (docs/aura-api.md, "Authentication" and
//! "Requests").

use crate::base::{Secret, Timestamp};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// API credentials.
#[derive(Clone, Debug)]
pub(super) struct Credential {
    pub client_id: String,
    pub client_secret: Secret<String>,
    /// The ids of the tenants it sees.
    pub tenants: Vec<String>,
    pub revoked: bool,
    /// How often it was revoked; a token of an earlier generation is void.
    pub generation: u64,
}

/// The requests of the last minute by client id.
#[derive(Clone, Debug)]
pub(super) struct Limiter {
    allowed: usize,
    seen: BTreeMap<String, VecDeque<Timestamp>>,
}

const MINUTE: Duration = Duration::from_mins(1);

impl Limiter {
    pub(super) fn new(allowed: usize) -> Self {
        Self { allowed, seen: BTreeMap::new() }
    }

    /// Counts a request, or says when the next one is allowed.
    pub(super) fn count(&mut self, client_id: &str, now: Timestamp) -> Result<(), Timestamp> {
        let seen = self.seen.entry(client_id.to_owned()).or_default();
        while seen.front().is_some_and(|at| at.plus(MINUTE) <= now) {
            seen.pop_front();
        }
        match seen.front() {
            Some(oldest) if self.allowed > 0 && seen.len() >= self.allowed => Err(oldest.plus(MINUTE)),
            _ => {
                seen.push_back(now);
                Ok(())
            }
        }
    }
}
