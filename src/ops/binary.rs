//! Which program wrote a trail.

use super::keys::write_all;
use crate::adapter::disk::RealDisk;
use crate::base::{Digest, Hasher};
use crate::port::{Disk, Open, Stat};
use std::io;
use std::path::{Path, PathBuf};

/// How much is digested at a time, in bytes.
const PIECE: usize = 1 << 20;

/// Longest note that is read, in bytes.
const NOTE_LIMIT: u64 = 4096;

/// This executable, to be started once more. On Linux also where its file was replaced or removed meanwhile.
pub(super) fn own_path() -> PathBuf {
    if cfg!(target_os = "linux") {
        return PathBuf::from("/proc/self/exe");
    }
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("surefoot"))
}

/// Digest of this executable, in hexadecimal; empty where it cannot be read.
///
/// Digesting tens of megabytes takes longer than all else a short command does, so the digest is noted in the state
/// directory beside what identifies the file (device, inode, length, time of change) and taken from there as long as
/// none of that has changed. Only sessions after the first record it, so a run that is not interrupted never pays.
pub(super) fn sha256(state_dir: &Path) -> String {
    let digest = std::env::current_exe().and_then(|path| known_or_new(&path, &state_dir.join("binary-sha256")));
    digest.map_or_else(|_| String::new(), |digest| digest.to_string())
}

fn known_or_new(binary: &Path, note: &Path) -> io::Result<Digest> {
    let key = key_of(&RealDisk.stat(binary)?);
    if let Some(digest) = noted(note, &key) {
        return Ok(digest);
    }
    let digest = digest_of(binary)?;
    // A digest that cannot be noted is found again the next time.
    write_note(note, &format!("{key} {digest}\n")).ok();
    Ok(digest)
}

fn key_of(stat: &Stat) -> String {
    format!("{} {} {} {}", stat.id.device, stat.id.inode, stat.len, stat.modified_micros)
}

fn noted(note: &Path, key: &str) -> Option<Digest> {
    let text = String::from_utf8(RealDisk.read(note, NOTE_LIMIT).ok()?).ok()?;
    text.strip_prefix(key)?.trim().parse().ok()
}

fn digest_of(path: &Path) -> io::Result<Digest> {
    let file = RealDisk.open(path, Open::Read)?;
    let mut hasher = Hasher::new();
    let mut piece = vec![0; PIECE];
    let mut done = 0_u64;
    loop {
        let count = file.read_at(&mut piece, done)?;
        if count == 0 {
            return Ok(hasher.finish());
        }
        hasher.update(piece.get(..count).unwrap_or_default());
        done += u64::try_from(count).unwrap_or_default();
    }
}

fn write_note(note: &Path, text: &str) -> io::Result<()> {
    let fresh = note.with_extension("new");
    RealDisk.remove(&fresh).ok();
    let mut file = RealDisk.open(&fresh, Open::CreateNew)?;
    write_all(file.as_mut(), text.as_bytes())?;
    RealDisk.rename(&fresh, note)
}
