//! The asynchronous runtime, built only by the commands that need it.

use crate::ops::{Failure, FailureKind};
use std::future::Future;

/// Runs a future to its end on two threads; what it has left behind is not waited for.
pub(super) fn block_on<F: Future>(future: F) -> Result<F::Output, Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|error| {
            Failure::new(FailureKind::Outside, "the system refuses more threads or files to this process")
                .because(&error)
                .hint("nothing was started; raise the limits (`ulimit -u`, `ulimit -n`), or stop other processes")
        })?;
    let output = runtime.block_on(future);
    runtime.shutdown_background();
    Ok(output)
}
