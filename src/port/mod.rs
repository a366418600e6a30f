//! The traits through which the outside world is reached, with their plain data.
//!
//! Traits are object-safe; those that wait return boxed futures and know no runtime. `Disk`, `Log`, `Entropy` and
//! the reading of the clock are plain functions.

mod clock;
mod disk;
mod entropy;
mod http;
mod log;
mod objects;
mod operator;
mod progress;
mod sealer;
mod worker;

pub use clock::Clock;
pub use disk::{Disk, DiskFile, FileId, Open, Stat};
pub use entropy::Entropy;
pub use http::{Header, Http, Method, Request, Response, TransportError};
pub use log::{Committed, Log, Poisoned};
pub use objects::{
    ByteStream, Digests, Head, Object, ObjectError, ObjectErrorKind, Objects, Part, PartBody, PutOptions, Written,
};
pub use operator::{Operator, OperatorError};
pub use progress::Progress;
pub use sealer::{SealError, Sealer};
pub use worker::{Inline, Job, Worker};

/// The words of the engine that ports and clients answer in.
pub use crate::engine::call::{CallError, ErrorClass, Outcome, Sealed};

use futures_util::future::BoxFuture;
use std::sync::Arc;

/// What an asynchronous port returns: a future without a runtime.
pub type Async<'a, T> = BoxFuture<'a, T>;

/// One of each port that actions use.
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
    /// Sealing of one-time secrets.
    pub sealer: Arc<dyn Sealer>,
    /// What is shown while something takes long.
    pub progress: Arc<dyn Progress>,
    /// Hashing and parsing of large files.
    pub worker: Arc<dyn Worker>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ports")
    }
}
