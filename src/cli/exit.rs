//! The exit codes (README.md, "Exit codes"). They never change their meaning.

/// Everything went as asked.
pub(super) const DONE: u8 = 0;
/// A run failed, or no run of a rehearsal is done.
pub(super) const FAILED: u8 = 1;
/// The command line or a file that was named is wrong.
pub(super) const USAGE: u8 = 2;
/// A runbook, or an input given to it, is not valid, or rests on what is not so.
pub(super) const RUNBOOK: u8 = 3;
/// A person or a window is waited for, or a person stopped it.
pub(super) const PERSON: u8 = 4;
/// Local storage failed.
pub(super) const STORAGE: u8 = 10;

/// surefoot itself is wrong.
pub(super) const BUG: u8 = 70;

/// Every exit code with what it means.
pub(super) const TABLE: [(u8, &str); 12] = [
    (0, "done: the command succeeded, or the run reached its end"),
    (
        1,
        "a step failed before the point of no return and the run is closed; nothing irreversible was sent; or no run \
         of a rehearsal completed; or a case of `surefoot test` failed",
    ),
    (2, "the command line or a named file is wrong; nothing was started"),
    (
        3,
        "the runbook, a test file or an input is invalid, and every mistake was printed; or a rehearsal shows that it \
         fails even without faults, or that it rests on a wrong assumption; or `fmt --check` would change a file",
    ),
    (4, "the run was interrupted, or waits: for an answer, a held step or its change window; see `surefoot status`"),
    (5, "the run was cancelled and is closed; nothing irreversible was carried out"),
    (6, "a service is unavailable; nothing is in danger, continue with `surefoot resume`"),
    (7, "another process works on the run, or another unfinished run would change the same instance"),
    (8, "a journal or a trail does not verify; do not continue before somebody has examined it"),
    (9, "it is unknown whether a request took effect; check yourself, then use `surefoot resolve`"),
    (10, "the local disk failed; nothing more was sent; fix it, then continue with `surefoot resume`"),
    (70, "an internal error: a bug in surefoot; please report it"),
];
