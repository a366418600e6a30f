//! Test files: a runbook and its cases, as an author writes them (docs/testing.md).
//!
//! As with a runbook every mistake is found in one pass, with its place. What a case lays down is plain data; playing
//! it is `simulate`'s.

mod check;
mod keys;
mod read;
mod types;

pub use check::places;
pub use read::read;
pub use types::{
    Answer, At, AtStep, CaseAction, CaseFault, EndWord, Expect, Inline, Named, ScenarioPart, TestCase, TestFile,
};

use super::word::Key;

/// The keys of a test file by where they stand, for its page.
pub const KEYS: [(&str, &[Key]); 4] =
    [("A test file", keys::FILE), ("A case", keys::CASE), ("Faults", keys::FAULT), ("Expectations", keys::EXPECT)];
