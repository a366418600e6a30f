//! What this process says about itself.

use super::{binary, process_env};
use crate::adapter::disk::RealDisk;
use crate::base::{Actor, Timestamp};
use crate::engine::event::SessionOpened;
use crate::journal::Holder;
use crate::port::Disk;
use std::path::Path;

/// For the lock file.
pub(super) fn holder(since: Timestamp) -> Holder {
    let (user, host) = account();
    let argv = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    Holder { pid: std::process::id(), boot_id: boot_id(), since, user, host, argv }
}

/// For the first record of a session.
pub(super) fn session(state_dir: &Path, is_twin: bool) -> SessionOpened {
    let (user, host) = account();
    SessionOpened {
        pid: std::process::id(),
        boot_id: boot_id(),
        host,
        user,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        binary_sha256: binary::sha256(state_dir),
        boot_clock: boot_clock(is_twin),
    }
}

fn account() -> (String, String) {
    match process_env::actor() {
        Actor::Os { user, host } => (user, host),
        Actor::Engine | Actor::Script => (String::new(), process_env::host()),
    }
}

/// What the milliseconds of this session's records count from: the boot of this machine, or the simulated time of a
/// twin, which all processes share. None where the machine does not tell one boot from another: two sessions may then
/// count from different ones.
pub(super) fn boot_clock(is_twin: bool) -> Option<String> {
    let clock = if is_twin { "twin".to_owned() } else { boot_id() };
    Some(clock).filter(|clock| !clock.is_empty())
}

/// Identity of the boot of this machine; empty where it tells none.
fn boot_id() -> String {
    let bytes = RealDisk.read(Path::new("/proc/sys/kernel/random/boot_id"), 64).unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim().to_owned()
}
