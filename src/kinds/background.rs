//! Work on another thread, awaited without a runtime.

use crate::engine::call::{CallError, ErrorClass};
use crate::port::Worker;
use futures_util::task::AtomicWaker;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

/// Runs `job` on the worker and waits for its result.
pub(in crate::kinds) async fn run<T, F>(worker: &dyn Worker, job: F) -> Result<T, CallError>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let slot = Arc::new(Slot { result: Mutex::new(None), ended: AtomicBool::new(false), waker: AtomicWaker::new() });
    let sender = Sender(slot.clone());
    worker.spawn(Box::new(move || sender.put(job())));
    poll_fn(|context| {
        slot.waker.register(context.waker());
        if !slot.ended.load(Ordering::Acquire) {
            return Poll::Pending;
        }
        Poll::Ready(slot.result.lock().unwrap_or_else(PoisonError::into_inner).take())
    })
    .await
    .ok_or_else(|| CallError::new(ErrorClass::Local, "the worker gave up"))
}

struct Slot<T> {
    result: Mutex<Option<T>>,
    ended: AtomicBool,
    waker: AtomicWaker,
}

/// Wakes the waiting side when it is dropped, also where the job panics or never runs.
struct Sender<T>(Arc<Slot<T>>);

impl<T> Sender<T> {
    fn put(self, result: T) {
        *self.0.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Release);
        self.0.waker.wake();
    }
}
