//! What several test modules need.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(unreachable_pub, reason = "what the other modules of this crate use is public here")]

pub mod any_event;
#[cfg(feature = "full")]
pub mod binary;
pub mod events;
#[cfg(all(feature = "full", target_os = "linux"))]
pub mod killing;
pub mod probe;
pub mod run;
#[cfg(feature = "full")]
pub mod service;
#[cfg(all(feature = "full", target_os = "linux"))]
pub mod terminal;
