//! Listeners and connections.

use super::Error;
use super::router::Router;
use super::wire::{ResetSwitch, Wire};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A socket that is bound and not yet served.
pub(super) struct Bound {
    pub(super) local: SocketAddr,
    socket: TcpListener,
}

/// A socket that is served. Dropping it closes it and all of its connections.
#[derive(Debug)]
pub(super) struct Listener {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Listener {
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the socket and its connections, and returns when they are closed.
    pub(super) async fn close(&mut self) {
        self.task.abort();
        // It ends as cancelled, which is what was asked for.
        let _cancelled = (&mut self.task).await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(super) async fn bind(address: SocketAddr) -> Result<Bound, Error> {
    let failed = |source| Error::Bind { address, source };
    let socket = TcpListener::bind(address).await.map_err(failed)?;
    Ok(Bound { local: socket.local_addr().map_err(failed)?, socket })
}

/// Binds the next port, or any where that one is taken.
pub(super) async fn bind_next(address: SocketAddr) -> Result<Bound, Error> {
    let next = address.port().checked_add(1).unwrap_or(0);
    match bind(SocketAddr::new(address.ip(), next)).await {
        Ok(bound) => Ok(bound),
        Err(_) => bind(SocketAddr::new(address.ip(), 0)).await,
    }
}

/// Accepts connections until it is closed.
pub(super) fn serve(bound: Bound, door: Router) -> Listener {
    let address = bound.local;
    let door = Arc::new(door);
    let task = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = bound.socket.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(connection(stream, Arc::clone(&door)));
                    }
                    Err(_) => breathe().await,
                },
                Some(_ended) = connections.join_next() => {}
            }
        }
    });
    Listener { address, task }
}

/// Waits a little: accepting fails when there are no file descriptors left, until other connections have ended.
async fn breathe() {
    let _elapsed = tokio::time::timeout(Duration::from_millis(20), std::future::pending::<()>()).await;
}

async fn connection(stream: TcpStream, door: Arc<Router>) {
    // Without the option small replies wait for the delayed acknowledgements of large ones.
    let _faster_or_not = stream.set_nodelay(true);
    let switch = ResetSwitch::default();
    let io = TokioIo::new(Wire::new(stream, switch.clone()));
    let service = service_fn(move |request| {
        let (door, switch) = (Arc::clone(&door), switch.clone());
        async move { door.enter(request, &switch).await }
    });
    // An error here is a client that went away or a fault that was asked for; neither concerns anybody else.
    let _ended = http1::Builder::new().header_read_timeout(None).serve_connection(io, service).await;
}
