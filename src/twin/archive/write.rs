//! Writing an archive.

use super::header;
use super::noise::Noise;
use super::spec::{ArchiveError, DESCRIPTION, Format, Spec};
use crate::base::Value;
use std::io::{BufWriter, Read as _, Write};

/// Bytes of the smallest record of a node and of a relationship. A store has as many as its graph, whatever the size of
/// the packed file: what is not noise is zeros, which pack to nothing.
const RECORDS: [u64; 2] = [15, 8];

/// Store files and how many of a hundred bytes of noise each of them gets.
const STORE_FILES: [(&str, u64); 4] = [
    ("./neostore", 1),
    ("./neostore.nodestore.db", 19),
    ("./neostore.propertystore.db", 50),
    ("./neostore.relationshipstore.db", 30),
];

/// Smaller than one period of the noise, so that the noise stays incompressible; fast.
const WINDOW_LOG: u32 = 17;

/// The largest buffer that the bytes go through.
const BUFFER_MAX: u64 = 1 << 18;

/// Bytes that are missing at the end of an archive that was cut.
const MISSING: usize = 64;

/// The negative level at which zstd gives up soonest on what does not compress.
const LEVEL: i32 = -5;

/// Writes an archive piece by piece in constant memory and returns its size in bytes.
pub fn write(spec: &Spec, out: impl Write) -> Result<u64, ArchiveError> {
    let out = Held { inner: BufWriter::with_capacity(buffer(spec.size), out), back: Vec::new(), cut: spec.cut };
    let mut out = Counted { inner: out, count: 0 };
    match spec.format {
        Format::Backup => {
            out.write_all(b"BZV3").map_err(ArchiveError::Write)?;
            out.write_all(&header::encode(spec)?).map_err(ArchiveError::Write)?;
        }
        Format::Dump => out.write_all(b"DZV1").map_err(ArchiveError::Write)?,
        Format::Legacy => {}
    }
    let description = serde_json::to_vec(&spec.contents).map_err(ArchiveError::Description)?;
    compress(spec, &description, &mut out).map_err(ArchiveError::Write)?;
    out.inner.inner.flush().map_err(ArchiveError::Write)?;
    Ok(out.count - out.inner.back.len() as u64)
}

/// Three files of noise in a gzip tar: whole, and a copy of nothing.
pub fn junk(seed: u64) -> std::io::Result<Vec<u8>> {
    let mut noise = Noise::new(seed);
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, size) in [("a.bin", 900), ("b.bin", 70), ("c.bin", 400)] {
        let mut header = tar::Header::new_ustar();
        header.set_path(name)?;
        header.set_size(size);
        header.set_mode(0o600);
        header.set_cksum();
        tar.append(&header, (&mut noise).take(size))?;
    }
    tar.into_inner()?.finish()
}

fn compress(spec: &Spec, description: &[u8], out: &mut impl Write) -> std::io::Result<()> {
    let mut encoder = zstd::Encoder::new(out, LEVEL)?;
    encoder.window_log(WINDOW_LOG)?;
    encoder.include_checksum(true)?;
    let sizes = STORE_FILES.map(|(name, share)| (spec.size / 100 * share, records(name, spec)));
    let total = sizes.iter().map(|(noise, records)| noise + records).sum::<u64>() + description.len() as u64;
    encoder.write_all(b"zstd")?;
    encoder.write_all(&1_u32.to_be_bytes())?;
    encoder.write_all(&(STORE_FILES.len() as u64 + 1).to_be_bytes())?;
    encoder.write_all(&total.to_be_bytes())?;
    let mut tar = tar::Builder::new(encoder);
    tar.append(&entry(DESCRIPTION, description.len() as u64, spec), description)?;
    let mut noise = Noise::new(spec.seed);
    for ((name, _), (size, zeros)) in STORE_FILES.iter().zip(sizes) {
        let header = entry(name, size + zeros, spec);
        let body = (&mut noise).take(size).chain(std::io::repeat(0).take(zeros));
        let body = std::io::BufReader::with_capacity(buffer(size + zeros), body);
        tar.append(&header, body)?;
    }
    tar.into_inner()?.finish()?;
    Ok(())
}

/// How many bytes of records a store file has.
fn records(name: &str, spec: &Spec) -> u64 {
    let graph = &spec.contents.graph;
    let [node, relationship] = RECORDS;
    let relationships = || graph.get("types").and_then(Value::as_object).into_iter().flat_map(|types| types.values());
    match name {
        "./neostore.nodestore.db" => node * graph.get("nodes").and_then(Value::as_u64).unwrap_or(0),
        "./neostore.relationshipstore.db" => relationship * relationships().filter_map(Value::as_u64).sum::<u64>(),
        _ => 0,
    }
}

/// How large a buffer is for so many bytes.
fn buffer(size: u64) -> usize {
    usize::try_from(size.clamp(1 << 12, BUFFER_MAX)).unwrap_or(1 << 12)
}

/// The header of a file. The name is set byte by byte, because the builder would drop the leading `./`.
fn entry(name: &str, size: u64, spec: &Spec) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    for (place, byte) in header.as_old_mut().name.iter_mut().zip(name.bytes()) {
        *place = byte;
    }
    header.set_size(size);
    header.set_mode(0o600);
    header.set_mtime(u64::try_from(spec.taken_at.as_secs()).unwrap_or(0));
    header.set_entry_type(tar::EntryType::Regular);
    header.set_cksum();
    header
}

struct Counted<W> {
    inner: W,
    count: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.count += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

/// Keeps the last bytes back, where they are to be missing.
struct Held<W> {
    inner: W,
    back: Vec<u8>,
    cut: bool,
}

impl<W: Write> Write for Held<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if !self.cut {
            return self.inner.write(bytes);
        }
        self.back.extend_from_slice(bytes);
        let ready = self.back.len().saturating_sub(MISSING);
        self.inner.write_all(self.back.get(..ready).unwrap_or_default())?;
        self.back.drain(..ready);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
