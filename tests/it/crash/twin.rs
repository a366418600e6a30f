//! A twin in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// A running twin; killed when it is dropped.
pub(super) struct Twin {
    process: Child,
    ready: String,
}

impl Twin {
    /// Starts it with a command that says everything about it.
    pub(super) fn start(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        Self { process, ready }
    }

    pub(super) fn ready(&self) -> &str {
        &self.ready
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
