//! One function for each verb of the user; the only place that picks real ports or those of a twin.
//!
//! Interfaces are thin: the command line parses, calls one function here and prints what comes back.

mod again;
mod amend;
mod audit;
mod binary;

mod clock;
mod compile;
mod console;
mod document;
mod ended;
mod environment;
mod estimate;
mod faces;
mod failure;
mod given;
mod host;
mod init;
mod keys;
mod net;
mod outside;
mod patience;
mod place;
mod rehearse;
mod rescue;
mod run;
mod script;
mod secret;
mod session;
mod status;
mod subjects;
mod trail;
mod twin;
mod world;

pub use amend::{Reply, answer, cancel, pause, resolve};

/// What may be demanded of a trail.
pub use crate::audit::Require;
pub use audit::{Verified, audit_verify};
pub use compile::{check, plan};
pub use ended::Ended;
pub use environment::{actor, is_ascii_only};
pub use estimate::estimate;
pub use faces::{Faces, Watch};
pub use failure::{Failure, FailureKind};
pub use given::GivenInputs;
pub use init::init;
pub use keys::{Keys, keys_init, keys_show};
pub use place::Place;
pub use rehearse::{RehearseRequest, Trials, rehearse};
pub use run::{Change, RunError, RunRequest, resume, run};
pub use secret::secret_deliver;
pub use status::{RunLine, Status, runs, status};
pub use twin::{TwinOptions, twin};
pub use world::{EMBEDDED_SEED, EMBEDDED_SPEED, SPEED_MAX, TwinChoice};
