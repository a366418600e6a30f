//! The real ports: HTTP, S3, files, clocks, randomness, sealing and commands. None of them reads the environment.

pub mod age;
pub mod clock;
pub mod commands;
pub mod disk;
pub mod entropy;
mod helper;
pub mod http;
pub mod objects;
pub mod operator;
pub mod progress;
pub mod replace;
pub mod secret_source;
pub mod worker;
