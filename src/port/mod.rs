//! The traits through which the outside world is reached, with their plain data.
//!
//! Traits are object-safe; those that wait return boxed futures and know no runtime. `Disk`, `Log`, `Entropy` and
//! the reading of the clock are plain functions.

mod clock;
mod commands;
mod disk;
mod entropy;
mod http;
mod log;
mod objects;
mod operator;
mod perform;
mod ports;
mod progress;
mod sealer;
mod worker;

pub use clock::Clock;
pub use commands::{Captured, CommandResult, CommandSpec, CommandStatus, Commands, STOP_GRACE, StartError};
pub use disk::{Disk, DiskFile, FileId, Open, Stat};
pub use entropy::Entropy;
pub use http::{Header, Http, Method, Request, Response, TransportError};
pub use log::{Committed, Log, Poisoned};
pub use objects::{
    ByteStream, Digests, Head, Object, ObjectError, ObjectErrorKind, Objects, Part, PartBody, PutOptions, Written,
};
pub use operator::{Operator, OperatorError};
pub use perform::Perform;
pub use ports::Ports;
pub use progress::Progress;
pub use sealer::{SealError, Sealer};
pub use worker::{Inline, Job, Worker};

/// The words of the engine that ports and clients answer in.
pub use crate::engine::call::{CallError, ErrorClass, Outcome, Sealed, WITHHELD};
pub use crate::engine::question::{Answer, Form, Question};

use futures_util::future::BoxFuture;

/// What an asynchronous port returns: a future without a runtime.
pub type Async<'a, T> = BoxFuture<'a, T>;
