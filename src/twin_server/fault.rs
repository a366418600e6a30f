//! Executing faults around a request.

use super::cut::cut;
use super::site::{Disconnect, Site, reply};
use super::wire::ResetSwitch;
use crate::twin::{FaultKind, FaultSpec};
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// Handles one request, however it is disturbed.
///
/// `execute` runs in a task of its own, so that a client that gives up does not stop what it has asked for, and a
/// panic ends a connection and nothing else.
pub(super) async fn disturbed<F, E>(
    site: &Arc<Site>,
    switch: &ResetSwitch,
    request: Request<Body>,
    execute: E,
) -> Result<Response<Body>, Disconnect>
where
    E: FnOnce(Request<Body>) -> F + Send + 'static,
    F: Future<Output = Result<Response<Body>, Disconnect>> + Send + 'static,
{
    let Some(fault) = site.fault_for(&request) else { return run(execute(request)).await };
    match fault.kind {
        FaultKind::Delay => run(delayed(site, &fault, buffered(request).await?, execute)).await,
        FaultKind::DropRequest => Err(Disconnect),
        FaultKind::Reset => {
            switch.press();
            Err(Disconnect)
        }
        FaultKind::DropResponse => {
            let executed = run(execute(request)).await;
            executed.and(Err(Disconnect))
        }
        FaultKind::Status => {
            // The body is read first, or the reply could be lost in the reset of a connection with unread bytes.
            drop(buffered(request).await?);
            reply(fault.response())
        }
        FaultKind::Truncate => {
            let (parts, body) = run(execute(request)).await?.into_parts();
            let keep = usize::try_from(fault.arg.as_u64().unwrap_or(0)).unwrap_or(usize::MAX);
            Ok(Response::from_parts(parts, cut(body, keep).await))
        }
        FaultKind::Late => {
            tokio::spawn(delayed(site, &fault, buffered(request).await?, execute));
            Err(Disconnect)
        }
    }
}

async fn run<F>(execution: F) -> Result<Response<Body>, Disconnect>
where
    F: Future<Output = Result<Response<Body>, Disconnect>> + Send + 'static,
{
    tokio::spawn(execution).await.unwrap_or(Err(Disconnect))
}

fn delayed<F, E>(
    site: &Arc<Site>,
    fault: &FaultSpec,
    request: Request<Body>,
    execute: E,
) -> impl Future<Output = Result<Response<Body>, Disconnect>> + Send + use<F, E>
where
    E: FnOnce(Request<Body>) -> F + Send,
    F: Future<Output = Result<Response<Body>, Disconnect>> + Send,
{
    let clock = site.clock().clone();
    let due = clock.now().plus(Duration::from_secs(fault.seconds()));
    async move {
        clock.until(due).await;
        execute(request).await
    }
}

/// The request with its body in memory, so that it outlives its connection.
async fn buffered(request: Request<Body>) -> Result<Request<Body>, Disconnect> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.map_err(|_| Disconnect)?;
    Ok(Request::from_parts(parts, Body::from(bytes)))
}
