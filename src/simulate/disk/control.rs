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

/// What a power loss takes of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// All of it.
    Everything,
    /// None of it, as where only the process dies.
    Nothing,
    /// Some sectors, the odd, the even or the first ones; lengths and names are as if nothing were lost.
    Torn,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Everything, Self::Nothing, Self::Torn];

    /// What happens to unsynced bytes, in one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Everything => "lost",
            Self::Nothing => "kept",
            Self::Torn => "torn",
        }
    }
}
