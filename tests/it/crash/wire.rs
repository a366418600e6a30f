//! Messages of HTTP/1.1, whole and byte for byte as they were sent.

use std::io::{self, BufRead, Read as _};

/// A request or an answer, with its body.
pub(super) struct Message {
    bytes: Vec<u8>,
    /// Where the body begins.
    body: usize,
}

impl Message {
    /// The next request of a connection, or nothing where the connection ends. `wanted` is called where the sender
    /// waits to be told that its body is wanted.
    pub(super) fn request(
        from: &mut impl BufRead,
        wanted: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<Option<Self>> {
        if from.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let mut message = Self::head(from)?;
        if message.header("expect").is_some() {
            wanted()?;
        }
        match message.length()? {
            Length::Told(length) => message.take(from, length)?,
            Length::Chunked => message.take_chunks(from)?,
            Length::Untold => (),
        }
        Ok(Some(message))
    }

    /// The answer to a request of this line; interim answers are passed over.
    pub(super) fn answer(from: &mut impl BufRead, line: &str) -> io::Result<Self> {
        let mut message = Self::head(from)?;
        while message.line().split(' ').nth(1).is_some_and(|status| status.starts_with('1')) {
            message = Self::head(from)?;
        }
        let status = message.line().split(' ').nth(1).unwrap_or_default().to_owned();
        if line.starts_with("HEAD ") || status == "204" || status == "304" {
            return Ok(message);
        }
        match message.length()? {
            Length::Told(length) => message.take(from, length)?,
            Length::Chunked => message.take_chunks(from)?,
            Length::Untold => drop(from.read_to_end(&mut message.bytes)?),
        }
        Ok(message)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The request line or the status line.
    pub(super) fn line(&self) -> String {
        let end = self.bytes.iter().position(|byte| *byte == b'\r').unwrap_or(self.body);
        String::from_utf8_lossy(&self.bytes[..end]).into_owned()
    }

    fn head(from: &mut impl BufRead) -> io::Result<Self> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            line_into(from, &mut bytes)?;
        }
        Ok(Self { body: bytes.len(), bytes })
    }

    fn header(&self, name: &str) -> Option<String> {
        let head = String::from_utf8_lossy(&self.bytes[..self.body]).into_owned();
        let mut pairs = head.lines().filter_map(|line| line.split_once(':'));
        pairs.find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    }

    fn length(&self) -> io::Result<Length> {
        if self.header("transfer-encoding").is_some() {
            return Ok(Length::Chunked);
        }
        let told = self.header("content-length").map(|length| length.parse().map_err(io::Error::other)).transpose()?;
        Ok(told.map_or(Length::Untold, Length::Told))
    }

    fn take(&mut self, from: &mut impl BufRead, length: u64) -> io::Result<()> {
        let taken = from.take(length).read_to_end(&mut self.bytes)?;
        if u64::try_from(taken) == Ok(length) { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn take_chunks(&mut self, from: &mut impl BufRead) -> io::Result<()> {
        loop {
            let begin = self.bytes.len();
            line_into(from, &mut self.bytes)?;
            let line = String::from_utf8_lossy(&self.bytes[begin..]).into_owned();
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(size, 16).map_err(io::Error::other)?;
            if size == 0 {
                break;
            }
            self.take(from, size + 2)?;
        }
        // The trailers, and the empty line after them.
        while line_into(from, &mut self.bytes)? > 2 {}
        Ok(())
    }
}

/// What a head says about the body after it.
enum Length {
    Told(u64),
    Chunked,
    Untold,
}

fn line_into(from: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let begin = bytes.len();
    let length = from.read_until(b'\n', bytes)?;
    if bytes[begin..].ends_with(b"\r\n") { Ok(length) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
