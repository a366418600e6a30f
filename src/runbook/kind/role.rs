//! What part a kind plays in a plan.

/// What a kind contributes to the line from a subject to its backup and to what takes its place. The guard proof, the
/// last look and the reports follow that line and know no kind by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It reads the configuration of its subject.
    Capture,
    /// It changes its subject, and its outputs describe the subject afterwards.
    Change,
    /// It brings its subject into a status, which its outputs tell.
    Switch,
    /// It counts what is in its subject.
    Count,
    /// It compares what was counted.
    Compare,
    /// It asks for a snapshot of its subject.
    Snapshot,
    /// It sees a snapshot of its subject, and when it was taken.
    SnapshotSeen,
    /// It receives a file that was exported from its subject.
    Export,
    /// It stores a file.
    Store,
    /// It creates something.
    Create,
    /// It deletes its subject.
    Delete,
    /// It sets another secret in place of an older one.
    Rotate,
    /// It ends once every step of a group has. The plan has it, and nobody writes it.
    Gather,
    /// Another runbook stands in its place. The plan has the steps of that one instead.
    Include,
    /// It ends when the steps of another runbook have, and hands on its outputs. The plan has it, and nobody writes it.
    Return,
}
