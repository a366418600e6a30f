//! A lock that somebody holds for an instant is asked for again.

use std::time::Duration;

/// How often a run that is held is tried again before another process is said to work on it.
const TRIES: u32 = 10;
/// How long to wait before that.
const BETWEEN: Duration = Duration::from_millis(20);

/// Tries again for a moment where a run is held: `status` takes the lock for an instant, only to look.
pub(super) fn patiently<T>(mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    for _ in 0..TRIES {
        let got = attempt();
        if got.is_some() {
            return got;
        }
        pause();
    }
    None
}

#[expect(clippy::disallowed_methods, reason = "a lock is the machine's, and no simulated clock tells when it is free")]
fn pause() {
    std::thread::sleep(BETWEEN);
}
