//! Between a process and the world: every call passes a gate, byte for byte.

use super::gate::Gate;
use super::wire::Message;
use std::io::{self, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The path that no call to the world has: the twin's own clock.
const ASIDE: &str = "/_twin/";

pub(super) struct Proxy {
    address: SocketAddr,
    is_closed: Arc<AtomicBool>,
}

impl Proxy {
    /// A listener on loopback that forwards to `world`. The requests stay as they were sent, with the host that they
    /// were sent to, because signatures cover it.
    pub(super) fn before(world: SocketAddr, gate: &Arc<Gate>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let is_closed = Arc::new(AtomicBool::new(false));
        let (gate, closed) = (Arc::clone(gate), Arc::clone(&is_closed));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                if closed.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(client), gate) = (client, Arc::clone(&gate)) else { continue };
                let generation = gate.generation();
                // A connection that breaks is one that a killed process has left.
                std::thread::spawn(move || drop(serve(&client, world, &gate, generation)));
            }
        });
        Self { address, is_closed }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.is_closed.store(true, Ordering::Relaxed);
        // The listener looks at that when somebody comes.
        drop(TcpStream::connect(self.address));
    }
}

/// Serves one connection until it ends or a request of it is not to be answered.
fn serve(mut client: &TcpStream, world: SocketAddr, gate: &Gate, generation: u64) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut requests = BufReader::new(client);
    while let Some(request) = Message::request(&mut requests, || client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n"))? {
        let line = request.line();
        if line.split(' ').nth(1).is_some_and(|path| path.starts_with(ASIDE)) {
            client.write_all(forward(world, &request)?.bytes())?;
            continue;
        }
        let Some(passage) = gate.arrived(generation, &line) else { return Ok(()) };
        let answer = forward(world, &request);
        if !gate.answered(generation, &passage) {
            return Ok(());
        }
        client.write_all(answer?.bytes())?;
    }
    Ok(())
}

/// Lets the world answer, on a connection of its own.
fn forward(world: SocketAddr, request: &Message) -> io::Result<Message> {
    let mut connection = TcpStream::connect(world)?;
    connection.set_nodelay(true)?;
    connection.write_all(request.bytes())?;
    Message::answer(&mut BufReader::new(connection), &request.line())
}
