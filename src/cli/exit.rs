//! The exit codes (README.md, "Exit codes"). They never change their meaning.

/// Everything went as asked.
pub(super) const DONE: u8 = 0;
/// A run failed, or no run of a rehearsal is done.
pub(super) const FAILED: u8 = 1;
/// The command line or a file that was named is wrong.
pub(super) const USAGE: u8 = 2;
/// A runbook, or an input given to it, is not valid, or rests on what is not so.
pub(super) const RUNBOOK: u8 = 3;
/// A person is waited for, or stopped it.
pub(super) const PERSON: u8 = 4;
/// Local storage failed.
pub(super) const STORAGE: u8 = 10;

/// surefoot itself is wrong.
pub(super) const BUG: u8 = 70;

/// Every exit code with what it means.
pub(super) const TABLE: [(u8, &str); 12] = [
    (0, "done: the command did what it was asked to, or the run reached its end"),
    (
        1,
        "a step failed before the point of no return and the run is closed; nothing irreversible was sent; or no run \
         of a rehearsal is done",
    ),
    (2, "the command line or a file that was named is wrong; nothing was begun"),
    (
        3,
        "the runbook, or an input given to it, is not valid, and every mistake was printed; or a rehearsal shows that \
         it fails by itself, or assumes what is not so",
    ),
    (4, "the run waits for a person: an answer, a held step, or it was interrupted; `surefoot status` says what"),
    (5, "the run was cancelled, with nothing irreversible carried out, and is closed"),
    (6, "the outside is unavailable; nothing is in danger, `surefoot resume` goes on"),
    (7, "another process works on the run, or another unfinished run would change the same instance"),
    (8, "a journal or a trail does not verify; do not go on before somebody has looked at it"),
    (9, "it is unknown whether an effect took place; look yourself, then `surefoot resolve`"),
    (10, "the local disk failed; nothing more was sent, mend it and `surefoot resume`"),
    (70, "an internal error: a bug of surefoot; please report it"),
];
