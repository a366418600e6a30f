//! The console's two files: the export of a snapshot, and the import of an archive. Both are streamed.

use super::refusal::refusal;
use super::site::{Disconnect, Site, reply};
use crate::twin::{self, ImportMethod, archive};
use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode};
use futures_util::StreamExt as _;
use serde_json::json;
use std::io::{Error, ErrorKind, Read, Write};
use tokio::sync::mpsc;

/// Pieces on their way between a connection and the thread that makes or reads an archive.
const PIECES: usize = 8;

/// Answers with the archive of a snapshot.
pub(super) fn export(
    site: &Site,
    request: &twin::Request,
    id: &str,
    snapshot_id: &str,
) -> Result<Response<Body>, Disconnect> {
    let described = site.handle(request)?;
    if described.status != 200 {
        return reply(described);
    }
    let Ok(export) = site.export(id, snapshot_id) else {
        return refusal(StatusCode::CONFLICT, "the snapshot is not there any more");
    };
    let (sender, receiver) = mpsc::channel(PIECES);
    tokio::task::spawn_blocking(move || {
        let mut outlet = Outlet(sender);
        if let Err(source) = archive::write(&export.spec, &mut outlet) {
            // The reader sees the error and ends the connection before the announced end of the body.
            let _reader_is_gone = outlet.0.blocking_send(Err(Error::other(source)));
        }
    });
    let pieces = futures_util::stream::unfold(receiver, |mut receiver| async move {
        let piece: Result<Bytes, Error> = receiver.recv().await?;
        Some((piece, receiver))
    });
    let disposition = format!("attachment; filename=\"{}\"", export.file_name);
    let mut built = Response::builder()
        .header("content-type", "application/octet-stream")
        .header("content-disposition", disposition);
    for (name, value) in described.headers.iter().filter(|(name, _)| name == "x-request-id" || name == "date") {
        built = built.header(name, value);
    }
    built.body(Body::from_stream(pieces)).map_err(|_| Disconnect)
}

/// Reads an archive to its end and lets the world take in what it is a copy of.
pub(super) async fn import(
    site: &Site,
    way: ImportMethod,
    request: Request<Body>,
) -> Result<Response<Body>, Disconnect> {
    let mut bare = super::site::bare(&request);
    let limit = site.with_world(|world, _| world.import_limit(way));
    let announced = bare.header("content-length").and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit) {
        return too_large();
    }
    let (sender, receiver) = mpsc::channel(PIECES);
    let reading = tokio::task::spawn_blocking(move || archive::read_back(Inlet::new(receiver)));
    let mut body = request.into_body().into_data_stream();
    let mut byte_count = 0_u64;
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| Disconnect)?;
        byte_count += piece.len() as u64;
        if byte_count > limit {
            return too_large();
        }
        // A reader that has given up has found that this is no archive; the rest is only counted.
        let _reader_is_done = sender.send(piece).await;
    }
    drop(sender);
    let contents = reading.await.map_err(|_| Disconnect)?.ok();
    bare.headers.retain(|(name, _)| name != "content-type" && name != "content-length");
    let request = bare.with_json(&json!({"size_bytes": byte_count, "contents": contents}));
    reply(site.handle(&request)?)
}

fn too_large() -> Result<Response<Body>, Disconnect> {
    refusal(StatusCode::PAYLOAD_TOO_LARGE, "the file is larger than the console imports")
}

/// Where an archive is written to: the body of a reply.
struct Outlet(mpsc::Sender<Result<Bytes, Error>>);

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let piece = Ok(Bytes::copy_from_slice(bytes));
        self.0.blocking_send(piece).map_err(|_| Error::from(ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Where an archive is read from: the body of a request.
struct Inlet {
    pieces: mpsc::Receiver<Bytes>,
    rest: Bytes,
}

impl Inlet {
    fn new(pieces: mpsc::Receiver<Bytes>) -> Self {
        Self { pieces, rest: Bytes::new() }
    }
}

impl Read for Inlet {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.rest.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.rest = piece,
                None => return Ok(0),
            }
        }
        let taken = self.rest.split_to(self.rest.len().min(buffer.len()));
        (&*taken).read(buffer)
    }
}
