//! Writing an archive.

use super::header;
use super::noise::Noise;
use super::spec::{ArchiveError, DESCRIPTION, Format, Spec};
use std::io::{BufWriter, Read as _, Write};

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

/// The negative level at which zstd gives up soonest on what does not compress.
const LEVEL: i32 = -5;

/// Writes an archive piece by piece in constant memory and returns its size in bytes.
pub fn write(spec: &Spec, out: impl Write) -> Result<u64, ArchiveError> {
    let mut out = Counted { inner: BufWriter::with_capacity(buffer(spec.size), out), count: 0 };
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
    out.inner.flush().map_err(ArchiveError::Write)?;
    Ok(out.count)
}

fn compress(spec: &Spec, description: &[u8], out: &mut impl Write) -> std::io::Result<()> {
    let mut encoder = zstd::Encoder::new(out, LEVEL)?;
    encoder.window_log(WINDOW_LOG)?;
    encoder.include_checksum(true)?;
    let sizes = STORE_FILES.map(|(_, share)| spec.size / 100 * share);
    let total = sizes.iter().sum::<u64>() + description.len() as u64;
    encoder.write_all(b"zstd")?;
    encoder.write_all(&1_u32.to_be_bytes())?;
    encoder.write_all(&(STORE_FILES.len() as u64 + 1).to_be_bytes())?;
    encoder.write_all(&total.to_be_bytes())?;
    let mut tar = tar::Builder::new(encoder);
    tar.append(&entry(DESCRIPTION, description.len() as u64, spec), description)?;
    let mut noise = Noise::new(spec.seed);
    for ((name, _), size) in STORE_FILES.iter().zip(sizes) {
        let header = entry(name, size, spec);
        let body = std::io::BufReader::with_capacity(buffer(size), (&mut noise).take(size));
        tar.append(&header, body)?;
    }
    tar.into_inner()?.finish()?;
    Ok(())
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
