//! A small service on loopback: a world of JSON documents by path, and trouble on the way to it.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// How long a test waits for something that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// What becomes of a request.
#[derive(Clone, Debug)]
pub enum Deed {
    /// It is carried out, and its answer is lost.
    LoseAnswer,
    /// It is never carried out, and nothing is answered.
    LoseRequest,
    /// It is answered with this status and not carried out.
    Status(u16),
    /// It is sent on to this address.
    Redirect(String),
    /// It is answered with a body that never ends.
    Endless,
    /// It is answered with this body.
    Body(String),
    /// It is carried out; then the service waits until its client is gone.
    ParkAfter,
    /// The service waits until its client is gone, and forgets it.
    ParkBefore,
    /// The service waits until its client is gone, and then carries it out.
    ParkAndApply,
}

/// What a request does to a document.
#[derive(Clone, Debug)]
struct Change {
    path: String,
    value: Value,
    /// What is read before that, and how many times.
    meanwhile: Option<(Value, u32)>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Method and path.
    pub request: String,
    /// The headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
    /// Whether it has changed the world.
    pub applied: bool,
}

#[derive(Default)]
struct World {
    documents: BTreeMap<String, Value>,
    /// A document that is about to change: after so many reads it is this.
    coming: BTreeMap<String, (u32, Value)>,
    changes: BTreeMap<String, Change>,
    deeds: Vec<(String, Deed)>,
    seen: Vec<Seen>,
    keys: BTreeSet<String>,
    parked: usize,
}

/// The service; it ends when it is dropped.
pub struct Service {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    world: Mutex<World>,
    is_parked: Condvar,
    is_over: AtomicBool,
}

impl Service {
    /// A service that has nothing.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, shared) = (listener.local_addr().unwrap(), Arc::new(Shared::default()));
        let inner = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if inner.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let inner = Arc::clone(&inner);
                // A client that is killed leaves half a request.
                std::thread::spawn(move || drop(inner.serve(&stream)));
            }
        });
        Self { address, shared }
    }

    /// Its address, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Puts a document there.
    #[must_use]
    pub fn document(self, path: &str, value: Value) -> Self {
        self.world().documents.insert(path.to_owned(), value);
        self
    }

    /// A request, `POST /a/b`, that changes a document.
    #[must_use]
    pub fn change(self, request: &str, path: &str, value: Value) -> Self {
        let change = Change { path: path.to_owned(), value, meanwhile: None };
        self.world().changes.insert(request.to_owned(), change);
        self
    }

    /// A request that changes a document after so many reads, which find something else until then.
    #[must_use]
    pub fn slow_change(self, request: &str, path: &str, meanwhile: Value, reads: u32, value: Value) -> Self {
        let change = Change { path: path.to_owned(), value, meanwhile: Some((meanwhile, reads)) };
        self.world().changes.insert(request.to_owned(), change);
        self
    }

    /// What becomes of the next such request for which nothing else is planned.
    pub fn plan(&self, request: &str, deed: Deed) {
        self.world().deeds.push((request.to_owned(), deed));
    }

    /// The same, while the service is put together.
    #[must_use]
    pub fn planned(self, request: &str, deed: Deed) -> Self {
        self.plan(request, deed);
        self
    }

    /// Everything that came.
    pub fn seen(&self) -> Vec<Seen> {
        self.world().seen.clone()
    }

    /// How many such requests came.
    pub fn came(&self, request: &str) -> usize {
        self.world().seen.iter().filter(|one| one.request == request).count()
    }

    /// How many such requests changed the world.
    pub fn applied(&self, request: &str) -> usize {
        self.world().seen.iter().filter(|one| one.request == request && one.applied).count()
    }

    /// Waits until one more request is parked.
    pub fn wait_parked(&self) {
        let world = self.world();
        let (mut world, timeout) =
            self.shared.is_parked.wait_timeout_while(world, PATIENCE, |world| world.parked == 0).unwrap();
        assert!(!timeout.timed_out(), "nothing was parked: {:?}", world.seen);
        world.parked -= 1;
    }

    /// Waits until so many such requests have changed the world.
    pub fn wait_applied(&self, request: &str, count: usize) {
        let applied = |world: &mut World| world.seen.iter().filter(|one| one.request == request && one.applied).count();
        let world = self.world();
        let (world, timeout) =
            self.shared.is_parked.wait_timeout_while(world, PATIENCE, |world| applied(world) < count).unwrap();
        assert!(!timeout.timed_out(), "{request} was not applied {count} times: {:?}", world.seen);
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world.lock().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    /// Takes one request and closes the connection.
    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        let mut seen = read(&mut reader)?;
        let mut world = self.world.lock().unwrap();
        let place = world.deeds.iter().position(|(request, _)| *request == seen.request);
        let deed = place.map(|place| world.deeds.remove(place).1);
        let answer = match &deed {
            None | Some(Deed::LoseAnswer | Deed::ParkAfter) => world.execute(&mut seen),
            Some(Deed::Status(status)) => (*status, json!({"error": "planned"}).to_string(), String::new()),
            Some(Deed::Redirect(place)) => (307, String::new(), format!("location: {place}\r\n")),
            Some(Deed::Body(body)) => (200, body.clone(), String::new()),
            Some(_) => (200, String::new(), String::new()),
        };
        world.seen.push(seen.clone());
        let number = world.seen.len() - 1;
        self.is_parked.notify_all();
        if matches!(deed, Some(Deed::ParkAfter | Deed::ParkBefore | Deed::ParkAndApply)) {
            world.parked += 1;
            drop(world);
            // Ends when the client is gone; a reset is an end too.
            drop(reader.read(&mut [0_u8; 1]));
            if matches!(deed, Some(Deed::ParkAndApply)) {
                let mut world = self.world.lock().unwrap();
                drop(world.execute(&mut seen));
                world.seen[number] = seen;
                self.is_parked.notify_all();
            }
            return Ok(());
        }
        drop(world);
        match deed {
            Some(Deed::LoseAnswer | Deed::LoseRequest) => Ok(()),
            Some(Deed::Endless) => endless(stream),
            _ => respond(stream, &answer, seen.request.starts_with("HEAD ")),
        }
    }
}

impl World {
    /// Carries a request out: status, body and further headers of its answer.
    fn execute(&mut self, seen: &mut Seen) -> (u16, String, String) {
        let (method, path) = seen.request.split_once(' ').unwrap();
        if let Some(change) = self.changes.get(&seen.request).cloned() {
            // A repeat under the same key is answered alike and changes nothing.
            let is_repeat = seen.headers.get("idempotency-key").is_some_and(|key| !self.keys.insert(key.clone()));
            if !is_repeat {
                seen.applied = true;
                match change.meanwhile {
                    Some((meanwhile, reads)) => {
                        self.documents.insert(change.path.clone(), meanwhile);
                        self.coming.insert(change.path, (reads, change.value));
                    }
                    None => drop(self.documents.insert(change.path, change.value)),
                }
            }
            return (200, json!({"accepted": true}).to_string(), String::new());
        }
        if !matches!(method, "GET" | "HEAD") {
            return (405, json!({"error": "no such change"}).to_string(), String::new());
        }
        let answer =
            self.documents.get(path).map_or((404, json!({"error": "not found"})), |value| (200, value.clone()));
        if let Some((reads, value)) = self.coming.get_mut(path) {
            *reads = reads.saturating_sub(1);
            if *reads == 0 {
                let value = value.take();
                self.coming.remove(path);
                self.documents.insert(path.to_owned(), value);
            }
        }
        (answer.0, answer.1.to_string(), String::new())
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> std::io::Result<Seen> {
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut words = first.split_whitespace();
    let request = format!("{} {}", words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Seen { request, headers, body, applied: false })
}

fn respond(mut stream: &TcpStream, answer: &(u16, String, String), is_head: bool) -> std::io::Result<()> {
    let (status, body, more) = answer;
    let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n{more}connection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    if is_head { Ok(()) } else { stream.write_all(body.as_bytes()) }
}

/// A body of ten gibibytes, as far as anybody takes it.
fn endless(mut stream: &TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n")?;
    let chunk = [b'x'; 1 << 16];
    for _ in 0..(10_u64 << 30) >> 16 {
        stream.write_all(b"10000\r\n")?;
        stream.write_all(&chunk)?;
        stream.write_all(b"\r\n")?;
    }
    stream.write_all(b"0\r\n\r\n")
}
