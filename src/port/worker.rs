//! Work that would keep the driver's thread from everything else.

/// Runs what takes long and never waits, such as hashing a file, beside the driver.
pub trait Worker: Send + Sync {
    /// Starts `job`, elsewhere where that is possible, and returns at once. A simulation may run it before returning.
    fn spawn(&self, job: Job);
}

/// A piece of work. It tells its result through what it has captured.
pub type Job = Box<dyn FnOnce() + Send>;

/// Does the work at once, before `spawn` returns: the same order of everything in every run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inline;

impl Worker for Inline {
    fn spawn(&self, job: Job) {
        job();
    }
}
