//! The ports together.

use super::clock::Clock;
use super::commands::Commands;
use super::disk::Disk;
use super::entropy::Entropy;
use super::http::Http;
use super::objects::Objects;
use super::operator::Operator;
use super::progress::Progress;
use super::sealer::Sealer;
use super::worker::Worker;
use std::sync::Arc;

/// One of each port that step kinds use.
#[derive(Clone)]
pub struct Ports {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// HTTP.
    pub http: Arc<dyn Http>,
    /// S3.
    pub objects: Arc<dyn Objects>,
    /// People.
    pub operator: Arc<dyn Operator>,
    /// Files.
    pub disk: Arc<dyn Disk>,
    /// Randomness, for secrets that a run makes itself.
    pub entropy: Arc<dyn Entropy>,
    /// Sealing of one-time secrets.
    pub sealer: Arc<dyn Sealer>,
    /// What is shown while something takes long.
    pub progress: Arc<dyn Progress>,
    /// Hashing and parsing of large files.
    pub worker: Arc<dyn Worker>,
    /// Programs of this machine.
    pub commands: Arc<dyn Commands>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ports")
    }
}
