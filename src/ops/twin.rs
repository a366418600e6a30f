//! `twin`: a twin of its own, for runs and for other programs.

use super::failure::{Failure, FailureKind};
use super::target::read_scenario;
use crate::port::Async;
use crate::twin_server::{TwinServer, TwinServerOptions};
use std::net::SocketAddr;
use std::path::PathBuf;

/// How a twin is started.
#[derive(Clone, Debug)]
pub struct TwinOptions {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Simulated seconds in a real one.
    pub speed: f64,
    /// The seed of the world.
    pub seed: u64,
    /// What the world begins with; the default where there is none.
    pub scenario: Option<PathBuf>,
    /// Where it is kept; in memory only where there is none.
    pub dir: Option<PathBuf>,
}

/// Runs a twin until `stop` ends; `on_ready` is given the ready line, and says whether anybody can have read it.
pub async fn twin(
    options: TwinOptions,
    on_ready: impl FnOnce(&str) -> bool,
    stop: Async<'static, ()>,
) -> Result<(), Failure> {
    let scenario = options.scenario.as_deref().map(read_scenario).transpose()?.unwrap_or_default();
    let stand = TwinServer::start(TwinServerOptions {
        listen: options.listen,
        dir: options.dir,
        speed: options.speed,
        seed: options.seed,
        scenario,
        resume_at: None,
    })
    .await
    .map_err(|error| Failure::new(FailureKind::Usage, "the twin cannot be started").because(&error))?;
    let line = serde_json::to_string(&stand.ready())
        .map_err(|error| Failure::new(FailureKind::Internal, "the ready line cannot be written").because(&error))?;
    if on_ready(&line) {
        stop.await;
    }
    stand.stop().await;
    Ok(())
}
