//! The stand: the twin behind real sockets, so that real clients can be run against it.
//!
//! One listener serves the Aura API, the console, the Query API and `/_twin/…`; another one serves S3. An accepted
//! write stands in `world.jsonl` (one to the object store in `objects.jsonl` as well) before any byte of its reply
//! leaves; the bytes of objects stand in `blobs/`, one file each. A stand that is started on the same directory goes on
//! where the last one was killed, and its simulated time with it.

mod append_log;
mod clock;
mod console;
mod cut;
mod error;
mod fault;
mod listen;
mod options;
mod ready;
mod refusal;
mod router;
mod s3;
mod shelf;
mod site;
mod wire;

pub use clock::Clock;
pub use error::Error;
pub use options::TwinServerOptions;
pub use ready::{InstanceAccess, Ready, S3Access};

use listen::Listener;
use site::Site;
use std::sync::Arc;

/// A twin behind sockets. Dropping it closes them, and nothing is written after that.
#[derive(Debug)]
pub struct TwinServer {
    site: Arc<Site>,
    api: Listener,
    s3: Listener,
}

impl TwinServer {
    /// Starts a stand on the current tokio runtime.
    pub async fn start(options: TwinServerOptions) -> Result<Self, Error> {
        if !(options.speed.is_finite() && options.speed > 0.0) {
            return Err(Error::Speed(options.speed));
        }
        let listen = options.listen;
        let site = Arc::new(Site::open(options)?);
        let api = listen::bind(listen).await?;
        let s3 = listen::bind_next(api.local).await?;
        let service = s3::service(&site);
        Ok(Self {
            api: listen::serve(api, router::Router::Api(Arc::clone(&site))),
            s3: listen::serve(s3, router::Router::S3(Arc::clone(&site), service)),
            site,
        })
    }

    /// What a client needs to know; the ready line when it is serialised (docs/twin.md, "Start it").
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

impl Drop for TwinServer {
    fn drop(&mut self) {
        self.site.halt();
    }
}
