//! What a trail shows: bytes in, verdict out.
//!
//! A trail is the journal's segments copied verbatim, with files for people beside them ([`layout`]). The format is
//! described in `audit/README.md`, well enough to write a checker from it alone; `audit/verify.py` is one.

pub mod layout;
mod text;
mod verdict;
mod verify;

pub use verdict::{Finding, HeadVerdict, Require, SegmentState, SegmentVerdict, Verdict};
pub use verify::verify;
