//! Backup files, whole and otherwise, written by the twin's generator and by hand.

use proptest::prelude::*;
use serde_json::json;
use std::io::{Cursor, Read, Write as _};
use surefoot::base::Timestamp;
use surefoot::kinds::backup::archive::{Archive, Problem, examine, format_of};
use surefoot::twin::archive::{Contents, Format, Spec, write};

const TAKEN: i64 = 1_768_946_404;

pub(super) fn spec(format: Format, full: bool, size: u64) -> Spec {
    Spec {
        format,
        seed: 11,
        size,
        database: "neo4j".to_owned(),
        taken_at: Timestamp::from_micros(TAKEN * 1_000_000),
        full,
        store_created_at: Timestamp::from_micros(1_741_686_452_123_000),
        cut: false,
        contents: Contents { instance_id: "2f49c2b3".to_owned(), graph: json!({"nodes": 3}) },
    }
}

pub(super) fn bytes(spec: &Spec) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(spec, &mut bytes).unwrap();
    bytes
}

/// A tar of these files, by the `tar` crate.
pub(super) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

/// The files of a small store.
pub(super) fn plain_tar() -> Vec<u8> {
    tar(&[("./neostore", &[7; 3000]), ("./neostore.nodestore.db", &[9; 512]), ("./empty", b"")])
}

pub(super) fn zstd(parts: &[&[u8]]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    for part in parts {
        encoder.write_all(part).unwrap();
    }
    encoder.finish().unwrap()
}

pub(super) fn gzip(part: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(part).unwrap();
    encoder.finish().unwrap()
}

/// Metadata of version 1: `bits` are recovered, compressed, full.
pub(super) fn metadata(database: &str, bits: &[u8]) -> Vec<u8> {
    metadata_of("record", database, bits)
}

/// The same of a storage engine.
pub(super) fn metadata_of(engine: &str, database: &str, bits: &[u8]) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend([0; 16]);
    for text in [engine.as_bytes(), b"aligned"] {
        bytes.push(u8::try_from(text.len()).unwrap());
        bytes.extend(text);
    }
    bytes.extend([1, 1, 16]);
    bytes.extend([5; 16]);
    bytes.push(u8::try_from(database.len()).unwrap());
    bytes.extend(database.as_bytes());
    for number in [TAKEN, 1, 99] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.push(u8::try_from(bits.len()).unwrap());
    bytes.extend(bits);
    bytes
}

/// Metadata of version 2, its version in front and one field behind.
fn metadata2(bits: &[u8]) -> Vec<u8> {
    let mut bytes = vec![2];
    bytes.extend(metadata("neo4j", bits));
    bytes.extend(1_u32.to_be_bytes());
    for text in [&b"metadataScript"[..], &[b'x'; 300]] {
        bytes.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
        bytes.extend(text);
    }
    bytes
}

fn sizes() -> Vec<u8> {
    [&1_u32.to_be_bytes()[..], &3_u64.to_be_bytes(), &3512_u64.to_be_bytes()].concat()
}

/// One file of each layout, as Neo4j writes it, with what is to be told of it.
fn layouts() -> Vec<(&'static str, &'static str, bool, Vec<u8>)> {
    let tar = plain_tar();
    let (one, two) = (metadata("neo4j", &[0b111]), metadata2(&[0b111]));
    let dump = [b"DGV1", gzip(&tar).as_slice()].concat();
    vec![
        ("DGV1", "dump", false, [b"DGV1", gzip(&tar).as_slice()].concat()),
        ("GZIP", "dump", false, gzip(&tar)),
        ("GZIP", "tar", false, gzip(&super::archive::tar(&[("neo4j.dump", &dump), ("models/x", b"y")]))),
        ("DZV1", "dump", false, [b"DZV1", zstd(&[b"zstd", &sizes(), &tar]).as_slice()].concat()),
        ("ZSTD", "dump", false, zstd(&[b"zstd", &sizes(), &tar])),
        ("BTV1", "backup", true, [b"BTV1", one.as_slice(), &tar].concat()),
        ("BTV2", "backup", true, [b"BTV2", two.as_slice(), &tar].concat()),
        ("BZV1", "backup", true, [b"BZV1", zstd(&[b"zstd", &one, &sizes(), &tar]).as_slice()].concat()),
        ("BZV1", "backup", true, [b"BZV1", zstd(&[b"zstd", &one, &tar]).as_slice()].concat()),
        ("BZV2", "backup", true, [b"BZV2", zstd(&[b"zstd", &two, &sizes(), &tar]).as_slice()].concat()),
        ("BZV2", "backup", true, [b"BZV2", zstd(&[&two, &tar]).as_slice()].concat()),
        ("BZV3", "backup", true, [b"BZV3", two.as_slice(), &zstd(&[b"zstd", &sizes(), &tar])].concat()),
        ("BZV3", "backup", true, [b"BZV3", two.as_slice(), &zstd(&[&tar])].concat()),
    ]
}

#[test]
fn every_layout_is_read() {
    for (format, extension, described, bytes) in layouts() {
        let archive = examine(bytes.as_slice()).unwrap_or_else(|problem| panic!("{format}: {problem}"));
        assert_eq!((archive.format, archive.extension), (format, extension));
        assert_eq!(archive.description.is_some(), described, "{format}");
        if let Some(description) = &archive.description {
            assert_eq!((description.database.as_str(), description.full), ("neo4j", true));
            assert_eq!(description.taken_at.as_secs(), TAKEN);
        }
        if extension != "tar" {
            assert_eq!((archive.files, archive.bytes), (3, 3512), "{format}");
        }
        assert_eq!(archive.store_bytes, 3512, "{format}");
        assert_eq!(format_of(&bytes), Some(format));
    }
}

#[test]
fn files_of_the_twin_are_read() {
    for (format, name, extension) in
        [(Format::Backup, "BZV3", "backup"), (Format::Dump, "DZV1", "dump"), (Format::Legacy, "ZSTD", "dump")]
    {
        let bytes = bytes(&spec(format, true, 5 << 20));
        let archive = examine(bytes.as_slice()).unwrap();
        assert_eq!((archive.format, archive.extension), (name, extension));
        assert_eq!(archive.description.map(|header| header.taken_at.as_secs()), (name == "BZV3").then_some(TAKEN));
        // Whatever the source hands out at a time.
        assert_eq!(examine(Trickle(Cursor::new(&bytes))).unwrap().files, archive.files);
    }
}

/// Hands out little and irregularly.
struct Trickle<'a>(Cursor<&'a Vec<u8>>);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = usize::try_from(self.0.position() % 4093).unwrap() + 1;
        let end = buffer.len().min(most);
        self.0.read(&mut buffer[..end])
    }
}

/// Cut anywhere, every layout is refused; no prefix of a file is a file.
#[test]
fn truncated_file_is_refused_wherever_it_is_cut() {
    for (format, _, _, bytes) in layouts() {
        for end in 0..bytes.len() {
            let problem = examine(&bytes[..end]).map(|_| ()).unwrap_err();
            let told = problem.to_string();
            let fits = matches!(problem, Problem::Empty | Problem::Truncated(_)) || told.contains("damaged");
            assert!(fits, "{format} cut at {end}: {told}");
        }
    }
    let large = bytes(&spec(Format::Backup, true, 3 << 20));
    for end in (0..large.len()).step_by(9973).chain(large.len() - 40..large.len()) {
        assert!(examine(&large[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn bytes_behind_the_end_are_refused() {
    for (format, _, _, bytes) in layouts() {
        for tail in [&b"<html>error</html>"[..], &[1; 600], &bytes] {
            assert!(examine([&bytes, tail].concat().as_slice()).is_err(), "{format}");
        }
    }
}

/// A flipped bit is found wherever a checksum covers it: in streams by zstd and gzip, in a bare tar by its headers.
#[test]
fn flipped_bit_in_a_stream_is_refused() {
    let bytes = bytes(&spec(Format::Dump, true, 0));
    let examined = |bytes: &[u8]| examine(bytes);
    for at in 4..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        // The header of the frame may say the same in two ways; then the content is still the checked one.
        if let Ok(archive) = examined(&flipped) {
            assert_eq!(archive, examined(&bytes).unwrap(), "flipped at {at}");
        }
    }
    let tar = plain_tar();
    let whole = [b"BTV1", metadata("neo4j", &[7]).as_slice(), &tar].concat();
    let start = whole.len() - tar.len();
    for at in start..start + 512 {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x02;
        assert!(examine(flipped.as_slice()).is_err(), "flipped at {at}");
    }
}

#[test]
fn what_is_no_backup_is_named() {
    let partial = metadata("neo4j", &[0b011]);
    let tar = plain_tar();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "empty"),
        (b"BZ".to_vec(), "truncated"),
        (b"<!DOCTYPE html><html><head><title>Access \x1b[31mdenied</title>".to_vec(), "HTML page"),
        (b"\xef\xbb\xbf\n <HTML>".to_vec(), "HTML page"),
        (b"<?xml version=\"1.0\"?><Error><Code>ExpiredToken</Code></Error>".to_vec(), "ExpiredToken"),
        (b"{\"message\": \"snapshot not found\"}".to_vec(), "a JSON message of a service"),
        (b"PK\x03\x04....".to_vec(), "ZIP"),
        (vec![0; 5000], "zeros"),
        (tar.clone(), "bare tar"),
        (b"BZV9 something".to_vec(), "it begins with"),
        (b"\x7fELF\x02\x01\x01\x00".to_vec(), "7f 45 4c 46"),
        ([b"BTV1", partial.as_slice(), &tar].concat(), "partial"),
        ([b"BTV1", metadata("neo4j", &[]).as_slice(), &tar].concat(), "partial"),
        (bytes(&spec(Format::Backup, false, 0)), "partial (differential) backup of 2026-01-20T22:00:04Z"),
        ([b"BTV2", &[3][..], &metadata("neo4j", &[7])].concat(), "metadata of version 3"),
        ([b"BTV1", &[9][..]].concat(), "a store id of version 9"),
        (gzip(b""), "truncated"),
        (gzip(&[0; 1024]), "no file"),
        (zstd(&[b"zstd", &sizes(), &[0; 10_240]]), "no file"),
    ];
    for (bytes, words) in cases {
        let told = examine(bytes.as_slice()).map(|_| ()).unwrap_err().to_string();
        assert!(told.contains(words), "{told:?} does not say {words:?}");
        assert!(!told.contains(['\n', '\u{1b}']), "{told:?}");
    }
}

/// Numbers in a file decide nothing about memory: lengths, sizes and windows that are not there.
#[test]
fn absurd_lengths_are_refused() {
    let mut fields = vec![2];
    fields.extend(metadata("neo4j", &[7]));
    let many = [&fields[..], &u32::MAX.to_be_bytes()].concat();
    let long = [&fields[..], &1_u32.to_be_bytes(), &u32::MAX.to_be_bytes()].concat();
    for header in [many, long] {
        assert!(examine([b"BTV2", header.as_slice()].concat().as_slice()).is_err());
    }
    // A frame that wants a window of 2 GiB.
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(30).unwrap();
    encoder.write_all(&plain_tar()).unwrap();
    let wide = encoder.finish().unwrap();
    assert!(examine(wide.as_slice()).is_err());
    // An entry of 2^63 bytes, in base 256.
    let mut header = tar::Header::new_gnu();
    header.set_path("x").unwrap();
    header.set_size(1 << 63);
    header.set_cksum();
    let whole = [b"BTV1", metadata("neo4j", &[7]).as_slice(), header.as_bytes()].concat();
    assert!(matches!(examine(whole.as_slice()), Err(Problem::Truncated(_))));
}

/// Files over 8 GiB have their size in an extended header only, names over 100 bytes their name.
#[test]
fn extended_headers_are_understood() {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("size", &b"700"[..]), ("path", b"./other")]).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_path("x").unwrap();
    header.set_size(0);
    header.set_cksum();
    let mut tar = builder.into_inner().unwrap();
    tar.truncate(1024);
    tar.extend(header.as_bytes());
    tar.extend([1; 700]);
    tar.extend([0; 324 + 1024]);
    let long = super::archive::tar(&[(&"long/".repeat(60), b"abc")]);
    for (tar, size) in [(tar, 700), (long, 3)] {
        let header = metadata_of("later", "neo4j", &[7]);
        let archive = examine([b"BTV1", header.as_slice(), &tar].concat().as_slice()).unwrap();
        assert_eq!((archive.files, archive.bytes), (1, size));
    }
}

fn any_file() -> impl Strategy<Value = Vec<u8>> {
    let magics = prop::sample::select(vec![
        &b"BZV3"[..],
        b"BZV2",
        b"BZV1",
        b"BTV2",
        b"BTV1",
        b"DZV1",
        b"DGV1",
        b"\x28\xb5\x2f\xfd",
        b"\x1f\x8b\x08\x00",
        b"",
    ]);
    (magics, prop::collection::vec(any::<u8>(), 0..2000)).prop_map(|(magic, rest)| [magic, &rest].concat())
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let files: Vec<Vec<u8>> = layouts().into_iter().map(|(.., bytes)| bytes).collect();
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8);
    (prop::sample::select(files), edits, any::<prop::sample::Index>()).prop_map(|(mut bytes, edits, end)| {
        for (at, byte) in edits {
            let place = at.index(bytes.len());
            bytes[place] = byte;
        }
        let end = end.index(bytes.len() * 2).min(bytes.len());
        bytes.truncate(end);
        bytes
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in any_file()) {
        let result: Result<Archive, Problem> = examine(bytes.as_slice());
        prop_assert!(result.is_err());
    }

    #[test]
    fn damaged_files_never_panic(bytes in mutated()) {
        if let Err(problem) = examine(bytes.as_slice()) {
            let told = problem.to_string();
            prop_assert!(!told.is_empty() && !told.contains('\n'));
        }
    }
}
