//! What can be done to a simulated disk from outside: faults, limits, the loss of power.

/// An operation that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// Opening, creating or locking.
    Open,
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// `fdatasync`.
    SyncData,
    /// `fsync`.
    SyncAll,
    /// `fsync` of a directory.
    SyncDir,
    /// Renaming.
    Rename,
    /// Removing a file or a directory.
    Remove,
    /// Cutting or extending.
    SetLen,
    /// Reserving space.
    Reserve,
    /// Listing, looking at a path or a length.
    Look,
}

/// What a power loss leaves of what was not synced.
#[derive(Clone, Copy, Debug)]
pub enum Loss {
    /// Nothing.
    Everything,
    /// All of it.
    Nothing,
    /// The new length, but only every second sector; names as if nothing were lost.
    OddSectors,
}
