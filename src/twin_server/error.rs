//! Why a stand could not be started.

use crate::twin::ReplayError;
use std::net::SocketAddr;
use std::path::PathBuf;

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
