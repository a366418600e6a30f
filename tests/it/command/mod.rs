//! Steps of the kind `command` by the real binary, on real processes.

mod book;
mod killed;
mod lost;
mod refused;
mod secrets;
mod stopped;
