//! The process before it touches anything: files for the owner only, no core dump that could hold a secret.

use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, setrlimit, umask};

/// Makes the process keep what it knows to itself. What the system refuses is not needed to go on.
pub(super) fn harden() {
    umask(Mode::RWXG | Mode::RWXO);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
