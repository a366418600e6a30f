//! Backup files that are whole archives and no backups, or that mean harm.

use super::archive::{gzip, metadata, metadata_of, plain_tar, tar, zstd};
use std::io::{Cursor, Read};
use surefoot::kinds::backup::archive::examine;

/// Names that are nearly those of a store are none.
#[test]
fn archive_without_a_store_is_refused() {
    let random: Vec<Vec<u8>> =
        (1_u8..4).map(|seed| (0..9_000_u32).map(|at| ((at * 31) >> seed).to_le_bytes()[0]).collect()).collect();
    let files = [("a.bin", random[0].as_slice()), ("b/neostores", &random[1]), ("c.dumper", &random[2])];
    let content = tar(&files);
    let header = metadata("neo4j", &[0b111]);
    for bytes in [
        gzip(&content),
        [b"DGV1", gzip(&content).as_slice()].concat(),
        [b"DZV1", zstd(&[b"zstd", &content]).as_slice()].concat(),
        [b"BTV1", header.as_slice(), &content].concat(),
        // A dump of a dump of a store is none.
        gzip(&tar(&[("neo4j.dump", &gzip(&tar(&[("x.dump", &gzip(&plain_tar()))])))])),
    ] {
        let told = examine(bytes.as_slice()).unwrap_err().to_string();
        assert!(told.contains("no store of Neo4j") && told.contains("export the snapshot again"), "{told}");
    }
    let told = examine(gzip(&content).as_slice()).unwrap_err().to_string();
    assert!(told.contains("none of its 3 files") && told.contains("the first is a.bin"), "{told}");
    // What is in a dump inside is told as being inside.
    let broken = gzip(&plain_tar());
    let half = &broken[..broken.len() / 2];
    let told = examine(gzip(&tar(&[("neo4j.dump", half)])).as_slice()).unwrap_err().to_string();
    assert!(told.contains("neo4j.dump, which is in the archive, is no dump: the file is truncated"), "{told}");
    // An engine that is not known yet may name its files as it likes.
    let later = [b"BTV1", metadata_of("later", "neo4j", &[0b111]).as_slice(), &content].concat();
    assert_eq!(examine(later.as_slice()).unwrap().description.unwrap().engine, "later");
}

#[test]
fn archive_that_holds_less_than_it_announces_is_refused() {
    let tar = plain_tar();
    for (files, bytes, whole) in [(3_u64, 3512_u64, true), (2, 3000, true), (4, 3512, false), (3, 3513, false)] {
        let sizes = [&1_u32.to_be_bytes()[..], &files.to_be_bytes(), &bytes.to_be_bytes()].concat();
        let examined = examine([b"DZV1", zstd(&[b"zstd", &sizes, &tar]).as_slice()].concat().as_slice());
        match examined {
            Ok(_) => assert!(whole),
            Err(problem) => {
                let told = problem.to_string();
                let announced = format!("announces {files} files with {bytes} bytes, and 3 with 3512 are there");
                assert!(!whole && told.contains(&announced), "{told}");
            }
        }
    }
}

/// A tar with one entry of this kind, name and link.
fn entry(kind: u8, name: &str, link: &str) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.as_old_mut().linkflag = [kind];
    header.set_size(0);
    header.set_cksum();
    header.as_bytes().to_vec()
}

#[test]
fn names_that_lead_out_of_the_archive_are_refused() {
    let long = tar(&[(&format!("{}/x", "d/".repeat(70)), b"")]);
    let up = long.windows(4).position(|window| window == b"d/d/").map(|at| {
        let mut tar = long.clone();
        tar[at..at + 4].copy_from_slice(b"../d");
        tar
    });
    let cases = [
        entry(b'0', "../neostore", ""),
        entry(b'0', "./a/../../neostore", ""),
        entry(b'0', "/etc/passwd", ""),
        entry(b'0', "C:\\neostore", ""),
        entry(b'5', "..", ""),
        entry(b'2', "./neostore", "/etc/passwd"),
        entry(b'1', "./neostore", "../x"),
        up.unwrap(),
    ];
    for case in cases {
        let told = examine(gzip(&[case, plain_tar()].concat()).as_slice()).unwrap_err().to_string();
        assert!(told.contains("lies outside") && told.contains("do not use this file"), "{told}");
    }
    // A link to a neighbour stays where it is.
    assert!(examine(gzip(&[entry(b'2', "./x", "neostore"), plain_tar()].concat()).as_slice()).is_ok());
}

/// A file of a few kilobytes that unpacks to hundreds of gigabytes is given up long before.
#[test]
fn bomb_is_given_up() {
    // The same frame of zeros over and over, inside one entry.
    let frame = zstd(&[&vec![0; 1 << 20]]);
    let mut header = tar::Header::new_gnu();
    header.set_path("neostore").unwrap();
    header.set_size(400 << 30);
    header.set_cksum();
    let start = [b"DZV1", zstd(&[b"zstd", header.as_bytes()]).as_slice()].concat();
    let bomb = Cursor::new(start).chain(Again { frame, at: 0, left: 400 << 10 });
    let told = examine(bomb).unwrap_err().to_string();
    assert!(told.contains("unpacks to more than 256 times"), "{told}");
}

/// The same bytes again and again.
struct Again {
    frame: Vec<u8>,
    at: usize,
    left: u64,
}

impl Read for Again {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.frame.len() {
            self.at = 0;
            self.left -= 1;
        }
        if self.left == 0 {
            return Ok(0);
        }
        let count = (&self.frame[self.at..]).read(buffer)?;
        self.at += count;
        Ok(count)
    }
}
