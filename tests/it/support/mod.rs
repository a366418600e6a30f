//! What several test modules need.

pub mod events;
pub mod sim_disk;
