//! What is shown while something takes long. It never decides anything.

/// Receives how far a long action has come.
pub trait Progress: Send + Sync {
    /// `done` of `total` bytes of a transfer of this step have been moved. May be called thousands of times.
    fn transferred(&self, step: &str, done: u64, total: u64);

    /// What this step is doing or waiting for right now, as a short phrase without secrets.
    fn doing(&self, step: &str, what: &str);
}
