//! The stand: the twin behind real sockets, so that real clients can be run against it.
//!
//! One listener serves the Aura API, the console, the Query API and `/_twin/…`; another one serves S3. An accepted
//! write stands in `world.jsonl` (one to the object store in `objects.jsonl` as well) before any byte of its reply
//! leaves; the bytes of objects stand in `blobs/`, one file each. A stand that is started on the same directory goes on
//! where the last one was killed, and its simulated time with it.

mod clock;
mod console;
mod cut;
mod diary;
mod door;
mod fault;
mod listen;
mod ready;
mod s3;
mod shelf;
mod site;
mod wire;

pub use clock::Clock;
pub use ready::{InstanceAccess, Ready, S3Access};

use crate::base::Timestamp;
use crate::twin::{ReplayError, Scenario};
use listen::Listener;
use site::Site;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

/// How a stand is started.
#[derive(Clone, Debug)]
pub struct StandOptions {
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

impl Default for StandOptions {
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

/// A stand could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The speed is not a positive number.
    #[error("the speed of the twin must be a positive number, not {0}")]
    Speed(f64),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A directory of the stand cannot be used.
    #[error("cannot use the directory {path}")]
    Dir {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A log of the stand cannot be read or written.
    #[error("cannot use the log {path}")]
    Log {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The scenario or the world's log is wrong.
    #[error("the twin's world cannot be made")]
    World(#[from] ReplayError),
    /// A line of the log of the object store is not one.
    #[error("line {line} of the log of the object store is not readable")]
    Objects {
        /// Its number, from 1.
        line: usize,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// A twin behind sockets. Dropping it closes them, and nothing is written after that.
#[derive(Debug)]
pub struct Stand {
    site: Arc<Site>,
    api: Listener,
    s3: Listener,
}

impl Stand {
    /// Starts a stand on the current tokio runtime.
    pub async fn start(options: StandOptions) -> Result<Self, Error> {
        if !(options.speed.is_finite() && options.speed > 0.0) {
            return Err(Error::Speed(options.speed));
        }
        let listen = options.listen;
        let site = Arc::new(Site::open(options)?);
        let api = listen::bind(listen).await?;
        let s3 = listen::bind_next(api.local).await?;
        let service = s3::service(&site);
        Ok(Self {
            api: listen::serve(api, door::Door::Api(Arc::clone(&site))),
            s3: listen::serve(s3, door::Door::S3(Arc::clone(&site), service)),
            site,
        })
    }

    /// What a client needs to know; the ready line of design.md §8 when it is serialised.
    pub fn ready(&self) -> Ready {
        ready::ready(&self.site, self.api.address(), self.s3.address())
    }

    /// A handle on the simulated clock.
    pub fn clock(&self) -> Clock {
        self.site.clock().clone()
    }

    /// Closes all connections and accepts no further write.
    pub async fn stop(mut self) {
        self.site.halt();
        self.api.close().await;
        self.s3.close().await;
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.site.halt();
    }
}
