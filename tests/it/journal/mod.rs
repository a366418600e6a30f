//! The journal: birth, commits, recovery, and what a disk can do to it.

mod edits;
mod faults;
mod flips;
mod life;
mod lock;
mod sim;
mod space;
mod torn;
