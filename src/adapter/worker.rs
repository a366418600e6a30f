//! Work on threads of its own.

use crate::port::{Job, Worker};

/// Gives every job a thread. Jobs are few and long, and a thread that is left behind never keeps the process alive.
#[derive(Clone, Copy, Debug, Default)]
pub struct Threads;

impl Worker for Threads {
    fn spawn(&self, job: Job) {
        // Where no thread can be had the job is dropped, and whoever waits for it is told.
        drop(std::thread::Builder::new().name("surefoot-worker".to_owned()).spawn(job));
    }
}
