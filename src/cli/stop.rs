//! Ctrl-C and SIGTERM: the first ends the waits and lets what is in flight be recorded, the second leaves at once.

use super::exit;
use super::printer::Printer;
use crate::port::Async;
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Ends at the first signal. Must be called inside the runtime.
pub(super) fn on_signal(printer: Arc<Printer>, quiet: bool) -> Async<'static, ()> {
    let (Ok(interrupt), Ok(terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        return Box::pin(std::future::pending());
    };
    let (heard, first) = oneshot::channel();
    // A task of its own hears signals before the run asks for them, and the second one after it has ceased to.
    drop(tokio::spawn(async move {
        let mut signals = Signals { interrupt, terminate };
        signals.next().await;
        if !quiet {
            printer.note("stopping: waiting to record what is in flight; press Ctrl-C again to exit immediately");
        }
        // The run may be over already.
        heard.send(()).ok();
        signals.next().await;
        leave();
    }));
    Box::pin(async move {
        if first.await.is_err() {
            std::future::pending::<()>().await;
        }
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
