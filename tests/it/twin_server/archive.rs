//! Backup archives: the layout, the size, the way back, and every way of being cut short.

use serde_json::json;
use std::io::Read as _;
use surefoot::base::Timestamp;
use surefoot::twin::archive::{ArchiveError, Contents, Format, Spec, read_back, write};

fn spec(format: Format, size: u64) -> Spec {
    Spec {
        format,
        seed: 7,
        size,
        database: "neo4j".to_owned(),
        taken_at: Timestamp::from_micros(1_767_323_045_000_000),
        full: true,
        store_created_at: Timestamp::from_micros(1_741_686_452_123_000),
        cut: false,
        contents: Contents {
            instance_id: "2f49c2b3".to_owned(),
            graph: json!({"nodes": 12, "labels": {"Person": 12}}),
        },
    }
}

fn bytes(spec: &Spec) -> Vec<u8> {
    let mut out = Vec::new();
    assert_eq!(write(spec, &mut out).unwrap(), out.len() as u64);
    out
}

#[test]
fn every_format_comes_back_and_is_the_same_each_time() {
    for format in [Format::Backup, Format::Dump, Format::Legacy] {
        for size in [0, 1, 10_000, 3_000_000] {
            let spec = spec(format, size);
            let archive = bytes(&spec);
            assert_eq!(archive, bytes(&spec), "{format:?} {size}");
            assert_eq!(read_back(archive.as_slice()).unwrap(), spec.contents, "{format:?} {size}");
        }
        let other = Spec { seed: 8, ..spec(format, 10_000) };
        assert_ne!(bytes(&other), bytes(&spec(format, 10_000)));
    }
}

#[test]
fn the_size_is_met_because_the_noise_does_not_compress() {
    for size in [1 << 20, 5_000_000, 40_000_000] {
        let got = bytes(&spec(Format::Backup, size)).len() as u64;
        assert!(got.abs_diff(size) <= size / 100, "wanted {size}, got {got}");
    }
}

#[test]
fn no_two_parts_of_16_mib_are_equal() {
    let archive = bytes(&spec(Format::Backup, 40 << 20));
    let parts: std::collections::BTreeSet<_> = archive.chunks(1 << 20).map(surefoot::base::Digest::of).collect();
    assert_eq!(parts.len(), archive.chunks(1 << 20).count());
}

#[test]
fn the_header_of_a_backup_stands_as_documented() {
    let full = bytes(&spec(Format::Backup, 0));
    assert_eq!(&full[..6], b"BZV3\x02\x01");
    let name = full.windows(6).position(|window| window == b"\x05neo4j").expect("name with its length");
    assert_eq!(full[name - 17], 16, "the database id has 16 bytes");
    let time = i64::from_be_bytes(full[name + 6..name + 14].try_into().unwrap());
    assert_eq!(time, 1_767_323_045);
    let flags = name + 6 + 24;
    assert_eq!(&full[flags..flags + 6], [1, 0b111, 0, 0, 0, 0]);
    assert_eq!(&full[flags + 6..flags + 10], [0x28, 0xb5, 0x2f, 0xfd], "then the zstd frame");
    let partial = bytes(&Spec { full: false, ..spec(Format::Backup, 0) });
    assert_eq!(partial[flags + 1], 0b011);
}

#[test]
fn the_content_begins_with_its_sizes_and_holds_what_they_say() {
    for format in [Format::Backup, Format::Dump, Format::Legacy] {
        let archive = bytes(&spec(format, 10_000));
        let frame = archive.windows(4).position(|window| window == [0x28, 0xb5, 0x2f, 0xfd]).unwrap();
        assert_eq!(frame == 4, format == Format::Dump);
        assert_eq!(frame == 0, format == Format::Legacy);
        let mut inner = Vec::new();
        zstd::Decoder::new(&archive[frame..]).unwrap().read_to_end(&mut inner).unwrap();
        assert_eq!(&inner[..8], b"zstd\0\0\0\x01");
        assert_eq!(u64::from_be_bytes(inner[8..16].try_into().unwrap()), 5);
        let mut total = 0;
        let mut files = 0;
        for entry in tar::Archive::new(&inner[24..]).entries().unwrap() {
            let entry = entry.unwrap();
            assert!(entry.path_bytes().starts_with(b"./"));
            total += entry.size();
            files += 1;
        }
        assert_eq!((files, total), (5, u64::from_be_bytes(inner[16..24].try_into().unwrap())));
    }
}

#[test]
fn an_archive_cut_anywhere_is_noticed() {
    for format in [Format::Backup, Format::Dump, Format::Legacy] {
        let archive = bytes(&spec(format, 2_000));
        for length in 0..archive.len() {
            assert!(read_back(&archive[..length]).is_err(), "{format:?} cut to {length} of {}", archive.len());
        }
        let mut longer = archive.clone();
        longer.extend_from_slice(b"trailing");
        assert!(read_back(longer.as_slice()).is_err(), "{format:?} with a tail");
    }
}

#[test]
fn what_is_not_an_archive_is_refused_by_its_magic() {
    let page = read_back(b"<html><body>Sign in</body></html>".as_slice());
    assert!(matches!(page, Err(ArchiveError::Magic(magic)) if &magic == b"<htm"));
    assert!(matches!(read_back(b"".as_slice()), Err(ArchiveError::Read(_))));
    let long = Spec { database: "x".repeat(256), ..spec(Format::Backup, 0) };
    assert!(matches!(write(&long, std::io::sink()), Err(ArchiveError::Name(256))));
}

#[test]
fn a_large_archive_streams() {
    struct Sink(u64);
    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            assert!(bytes.len() <= 1 << 20, "pieces stay small");
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut sink = Sink(0);
    write(&spec(Format::Backup, 256 << 20), &mut sink).unwrap();
    assert!(sink.0 > 250 << 20);
}
