//! The journal: birth, commits, recovery.

mod life;
