//! How steps declare their effect themselves.

/// How the steps of a kind declare their effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declares {
    /// A step that changes nothing is one read.
    Sent,
    /// A step that changes nothing is announced all the same, because what it does goes on without us.
    Announced,
}
