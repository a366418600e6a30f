//! One function for each verb of the user; the only place that picks real ports or those of a twin.
//!
//! Interfaces are thin: the command line parses, calls one function here and prints what comes back.

mod again;
mod audit;
mod binary;
mod intervene;

mod clock;
mod compile;
mod console;
mod document;
mod ended;
mod environment;
mod estimate;
mod exec;
mod extent;
mod failure;
mod format;
mod frontend;
mod given;
mod host;
mod init;
mod keys;
mod named_files;
mod paths;
mod patience;
mod process_env;
mod rehearse;
mod rescue;
mod resume;
mod run;
mod run_error;
mod script;
mod secret;
mod secret_filter;
mod secret_sources;
mod session;
mod shim;
mod source;
mod status;
mod subjects;
mod target;
mod testing;
mod trail;
mod twin;
mod window;

pub use intervene::{Reply, answer, cancel, pause, resolve};

/// The hidden command that watches a command.
pub use crate::adapter::commands::SHIM;
/// What may be demanded of a trail.
pub use crate::audit::Require;
pub use crate::kinds::catalog;
pub use audit::{Verified, audit_verify};
pub use compile::{check, missing_inputs, plan};
pub use ended::Ended;
pub use estimate::estimate;
pub use exec::{ExecRequest, StepKey, exec};
pub use extent::Extent;
pub use failure::{Failure, FailureKind};
pub use format::format;
pub use frontend::{Frontend, Watch};
pub use given::{GivenInputs, MissingInput};
pub use init::init;
pub use keys::{Keys, keys_init, keys_show};
pub use paths::Paths;
pub use process_env::{actor, is_ascii_only};
pub use rehearse::{RehearseRequest, Trials, rehearse};
pub use resume::{Change, resume};
pub use run::{RunRequest, run};
pub use run_error::RunError;
pub use secret::secret_deliver;
pub use shim::shim;
pub use source::{Rendered, RunbookSource};
pub use status::{RunLine, Status, runs, status};
pub use target::{EMBEDDED_SEED, EMBEDDED_SPEED, SPEED_MAX, TwinChoice};
pub use testing::{TestRequest, test};
pub use twin::{TwinOptions, twin};
pub use window::{Timing, WindowRequest, window};
