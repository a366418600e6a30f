//! The people of a run.

use crate::engine::Engine;
use crate::engine::event::Event;
use crate::port::{Async, Operator, Progress};
use futures_util::future::FutureExt as _;
use std::sync::Arc;

/// How people are reached; made by whoever owns the terminal.
pub struct Frontend {
    /// Asks people. Under a twin a script answers instead, unless `--ask` was given.
    pub operator: Arc<dyn Operator>,
    /// Shows how far long actions have come.
    pub progress: Arc<dyn Progress>,
    /// Says something about the run before it is driven.
    pub notice: Box<dyn Fn(&str) + Send + Sync>,
    /// Told of every batch after it is durable, with the state after it.
    pub watch: Watch,
    /// Ends when the person wants to stop.
    pub stop: Async<'static, ()>,
}

/// Told of every batch after it is durable, with the state after it.
pub type Watch = Box<dyn FnMut(&Engine, &[Event]) + Send>;

impl Frontend {
    /// The same people, told of nothing, for what comes before a run; and the frontend of the run. Who stops the one
    /// stops the other.
    pub(super) fn quiet(self) -> (Self, Self) {
        let stop = self.stop.shared();
        let quiet = Self {
            operator: Arc::clone(&self.operator),
            progress: Arc::clone(&self.progress),
            notice: Box::new(|_| ()),
            watch: Box::new(|_, _| ()),
            stop: stop.clone().boxed(),
        };
        (quiet, Self { stop: stop.boxed(), ..self })
    }
}
