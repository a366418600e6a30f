//! How a stand is started.

use crate::base::Timestamp;
use crate::twin::Scenario;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// How a stand is started.
#[derive(Clone, Debug)]
pub struct TwinServerOptions {
    /// Where to listen; port 0 lets the system choose. S3 takes the next port where it is free.
    pub listen: SocketAddr,
    /// Where the world's log and the objects stand; without it everything is in memory only.
    pub dir: Option<PathBuf>,
    /// Simulated seconds in a real one.
    pub speed: f64,
    /// The seed of the world.
    pub seed: u64,
    /// What the world begins with.
    pub scenario: Scenario,
    /// Simulated time does not begin before this.
    pub resume_at: Option<Timestamp>,
}

impl Default for TwinServerOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            dir: None,
            speed: 1.0,
            seed: 0,
            scenario: Scenario::default(),
            resume_at: None,
        }
    }
}
