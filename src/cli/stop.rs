//! Ctrl-C and SIGTERM: the first ends the waits and lets what is in flight be recorded, the second leaves at once.

use super::exit;
use super::printer::Printer;
use crate::port::Async;
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ends at the first signal. Must be called inside the runtime.
pub(super) fn on_signal(printer: Arc<Printer>, quiet: bool) -> Async<'static, ()> {
    let (Ok(interrupt), Ok(terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        return Box::pin(std::future::pending());
    };
    Box::pin(async move {
        let mut signals = Signals { interrupt, terminate };
        signals.next().await;
        if !quiet {
            printer.note("stopping: what is in flight is still recorded; once more leaves at once");
        }
        // The watch for the second signal outlives the run's interest in the first.
        drop(tokio::spawn(async move {
            signals.next().await;
            leave();
        }));
    })
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "a second Ctrl-C leaves at once; the journal takes it as a crash"
)]
fn leave() {
    std::process::exit(i32::from(exit::PERSON));
}
