//! The least that can be taken for S3: it reads, discards, remembers sizes and checksums, and answers.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Size and checksum of the parts that have arrived, by number.
type Parts = Arc<Mutex<BTreeMap<u32, (usize, String)>>>;

/// Starts a server with a thread for every connection; returns its address.
pub(crate) fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let parts = Parts::default();
        for stream in listener.incoming().flatten() {
            let parts = parts.clone();
            std::thread::spawn(move || serve(stream, &parts));
        }
    });
    format!("http://{address}")
}

struct Head {
    method: String,
    target: String,
    length: usize,
    checksum: String,
}

fn serve(mut stream: TcpStream, parts: &Parts) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::with_capacity(256 << 10, stream.try_clone().unwrap());
    while let Some((head, expects)) = head(&mut reader) {
        if expects {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
        }
        discard(&mut reader, head.length);
        let (header, body) = answer(&head, parts);
        let reply = format!(
            "HTTP/1.1 200 OK\r\nx-amz-request-id: bench\r\n{header}content-type: application/xml\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.write_all(reply.as_bytes()).is_err() {
            return;
        }
    }
}

fn head(reader: &mut BufReader<TcpStream>) -> Option<(Head, bool)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let mut head = Head { method: words.next()?, target: words.next()?, length: 0, checksum: String::new() };
    let mut expects = false;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { return Some((head, expects)) };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => head.length = value.parse().ok()?,
            "x-amz-checksum-sha256" => value.clone_into(&mut head.checksum),
            "expect" => expects = true,
            _ => {}
        }
    }
}

fn discard(reader: &mut BufReader<TcpStream>, length: usize) {
    let mut left = length;
    while left > 0 {
        let Ok(count) = reader.fill_buf().map(<[u8]>::len) else { return };
        if count == 0 {
            return;
        }
        let taken = count.min(left);
        reader.consume(taken);
        left -= taken;
    }
}

fn answer(head: &Head, parts: &Parts) -> (String, String) {
    let number = head.target.split(['?', '&']).find_map(|pair| pair.strip_prefix("partNumber=")?.parse().ok());
    match (head.method.as_str(), number) {
        ("PUT", Some(number)) => {
            parts.lock().unwrap().insert(number, (head.length, head.checksum.clone()));
            (format!("etag: \"{number}\"\r\nx-amz-checksum-sha256: {}\r\n", head.checksum), String::new())
        }
        ("GET", _) => (String::new(), listing(parts)),
        ("POST", _) if head.target.contains("uploadId=") => {
            let body = "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>";
            (String::new(), body.to_owned())
        }
        _ => {
            let body = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>";
            (String::new(), body.to_owned())
        }
    }
}

fn listing(parts: &Parts) -> String {
    let parts = parts.lock().unwrap();
    let part = |(number, (size, checksum)): (&u32, &(usize, String))| {
        format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>\"{number}\"</ETag><Size>{size}</Size>\
             <ChecksumSHA256>{checksum}</ChecksumSHA256></Part>"
        )
    };
    let parts: String = parts.iter().map(part).collect();
    format!("<ListPartsResult><IsTruncated>false</IsTruncated>{parts}</ListPartsResult>")
}
