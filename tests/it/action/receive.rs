//! `backup.receive`: looking for the file, and what is said of a bad one.

use super::archive::{bytes, gzip, metadata_of, spec, tar};
use super::disk::Altered;
use super::setup::{Setup, assert_declared, failure, found};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use surefoot::adapter::worker::Threads;
use surefoot::base::{Digest, Value};
use surefoot::engine::call::{Call, ErrorClass};
use surefoot::twin::archive::{Contents, Format, Mistake, Spec};

fn inputs(more: &Value) -> Value {
    let mut inputs = json!({"instance_id": "2f49c2b3", "snapshot_id": "s1", "snapshot_time": "2026-01-20T22:00:00Z"});
    for (name, value) in more.as_object().unwrap() {
        inputs[name] = value.clone();
    }
    inputs
}

/// When the store in the files of these tests was created.
const STORE: &str = "2025-03-11T09:47:32.123Z";

fn read(setup: &Setup, more: &Value, path: &str) -> Value {
    found(setup.read("backup.receive", Call::Read, inputs(more), json!({"path": path})))
}

#[track_caller]
fn problem(found: &Value) -> String {
    assert_eq!(found["ok"], json!(false), "{found}");
    found["problem"].as_str().unwrap().to_owned()
}

#[test]
fn whole_backup_is_told_with_its_digest() {
    let mut setup = Setup::new();
    setup.context.ports.worker = Arc::new(Threads);
    let content = bytes(&spec(Format::Backup, true, 3 << 20));
    let path = setup.file("n.backup", &content);
    // As it comes from a terminal that a file was dropped on.
    for given in ["n.backup".to_owned(), format!(" '{}' ", path.display())] {
        let mut found = read(&setup, &json!({"store_created_at": STORE}), &given);
        assert_eq!(found.as_object_mut().unwrap().remove("ok"), Some(json!(true)));
        assert_declared("backup.receive", found.as_object().unwrap());
        assert_eq!(found["sha256"], json!(Digest::of(&content).to_string()));
        assert_eq!((&found["format"], &found["provenance"]), (&json!("BZV3"), &json!("header")));
        assert_eq!((&found["database"], &found["size"]), (&json!("neo4j"), &json!(content.len())));
        assert_eq!(found["backup_time"], json!("2026-01-20T22:00:04Z"));
        assert_eq!(found["path"], json!(path.to_str().unwrap()));
    }
}

#[test]
fn dump_is_attested_by_the_person() {
    let setup = Setup::new();
    setup.file("n.dump", &bytes(&spec(Format::Dump, true, 0)));
    let found = read(&setup, &json!({}), "n.dump");
    assert_eq!((&found["provenance"], &found["extension"]), (&json!("attested"), &json!("dump")));
    assert_eq!((&found["database"], &found["backup_time"]), (&Value::Null, &Value::Null));
}

/// What is held against the version, the store and the counts of the source, and what is said of it.
#[test]
fn file_that_cannot_be_the_backup_of_the_source_is_refused_with_what_to_do() {
    let whole = bytes(&spec(Format::Backup, true, 1 << 20));
    let dump = bytes(&spec(Format::Dump, true, 1 << 20));
    let legacy = bytes(&spec(Format::Legacy, true, 1 << 20));
    let random = gzip(&tar(&[("a", &[3; 5000]), ("b", &[5; 700]), ("c", &[7; 90])]));
    let named = gzip(&tar(&[("./neostore", &[3; 5000]), ("b", &[5; 700]), ("c", &[7; 90])]));
    let v5 = json!({"version": "5.27-aura"});
    let cases: [(&[u8], Value, &str); 11] = [
        (&random, v5.clone(), "no store of Neo4j"),
        (&named, v5.clone(), "a dump of an old format (GZIP), and the source is of version 5.27-aura"),
        (&legacy, json!({"version": "2025.06.1"}), "a dump of an old format (ZSTD)"),
        (&whole, json!({"version": "4.4-aura"}), "a backup artifact (BZV3), which Neo4j 5 and later write"),
        (&dump, json!({"provenance": "header"}), "does not say which database it is of"),
        (&random, json!({"provenance": "header"}), "no store of Neo4j"),
        (&whole, json!({"database": "movies"}), "of the database \"neo4j\" and not of \"movies\""),
        (
            &whole,
            json!({"store_created_at": "2025-03-11T09:47:32.124Z"}),
            "another store: that in the file was created at 2025-03-11T09:47:32.123000Z",
        ),
        (&whole, json!({"snapshot_time": "2026-01-21T22:00:00Z"}), "of another snapshot"),
        (
            &whole,
            json!({"nodes": 60_135, "relationships": 100_000}),
            "60135 nodes and 100000 relationships take at least",
        ),
        (&dump, json!({"nodes": 1_000_000}), "not all of it is there"),
    ];
    for (content, more, words) in cases {
        let setup = Setup::new();
        setup.file("n.backup", content);
        let told = problem(&read(&setup, &more, "n.backup"));
        assert!(told.contains(words) && told.contains("export the snapshot"), "{told:?} does not say {words:?}");
    }
}

#[test]
fn file_of_the_source_stands_every_check() {
    let all = json!({
        "version": "5.27-aura", "provenance": "header", "store_created_at": "2025-03-11T10:47:32.123+01:00",
        "nodes": 60_000, "relationships": 10_000, "database": "Neo4j",
    });
    let setup = Setup::new();
    setup.file("n.backup", &bytes(&spec(Format::Backup, true, 1 << 20)));
    let told = read(&setup, &all, "n.backup");
    assert_eq!((&told["ok"], &told["provenance"]), (&json!(true), &json!("header")), "{told}");
    assert!(told["store_id"].as_str().unwrap().starts_with("1741686452123-"), "{told}");
    // What is not known decides nothing; a dump counts on the word of the person.
    let unknown = json!({"version": null, "nodes": null, "relationships": null, "store_created_at": null});
    for (version, format) in [("4.4-aura", Format::Legacy), ("5.27-aura", Format::Dump), ("next", Format::Legacy)] {
        setup.file("n.dump", &bytes(&spec(format, true, 0)));
        let told = read(&setup, &json!({"version": version}), "n.dump");
        assert_eq!((&told["ok"], &told["provenance"]), (&json!(true), &json!("attested")), "{told}");
        assert_eq!(read(&setup, &unknown, "n.dump")["ok"], json!(true));
    }
}

/// Whatever a scenario lets the console hand out is refused, or its provenance is a person's word alone.
#[test]
pub(crate) fn mistakes_of_the_console_are_seen() {
    let graph = json!({"nodes": 20_000, "types": {"PAYS": 90_000}});
    let good = spec(Format::Backup, true, 1 << 20);
    let good = Spec { contents: Contents { graph, ..good.contents.clone() }, ..good };
    let source = json!({
        "version": "5.27-aura", "nodes": 20_000, "relationships": 90_000,
        "store_created_at": STORE,
    });
    for (mistake, words) in [
        (Mistake::None, ""),
        (Mistake::OtherDatabase, "of the database \"another\""),
        (Mistake::OtherStore, "another store"),
        (Mistake::OtherTime, "another snapshot"),
        (Mistake::Partial, "partial"),
        (Mistake::Truncated, "truncated"),
        (Mistake::Small, "not all of it is there"),
        (Mistake::Dump, ""),
    ] {
        let setup = Setup::new();
        setup.file("n.backup", &bytes(&good.clone().with(mistake)));
        let told = read(&setup, &source, "n.backup");
        if words.is_empty() {
            let provenance = if mistake == Mistake::None { "header" } else { "attested" };
            assert_eq!(told["provenance"], json!(provenance), "{mistake:?}: {told}");
        } else {
            assert!(problem(&told).contains(words), "{mistake:?}: {told}");
        }
    }
}

/// Two instances often have a database of one name and a snapshot of one time; what only the source could say is the
/// time of its store, or its id as the database's name.
#[test]
pub(crate) fn a_header_that_any_instance_could_write_is_a_person_s_word() {
    let setup = Setup::new();
    let usual = spec(Format::Backup, true, 1 << 20);
    setup.file("n.backup", &bytes(&usual));
    setup.file("id.backup", &bytes(&Spec { database: "2F49C2B3".to_owned(), ..usual.clone() }));
    setup.file("other.backup", &bytes(&usual.with(Mistake::OtherStore)));
    let told = |more: Value, path: &str| read(&setup, &more, path)["provenance"].clone();
    let unknown = json!({"store_created_at": null});
    assert_eq!(told(json!({"store_created_at": STORE}), "n.backup"), json!("header"));
    assert_eq!(told(unknown.clone(), "n.backup"), json!("attested"));
    assert_eq!(told(unknown.clone(), "other.backup"), json!("attested"), "nobody can tell it from that of the source");
    assert_eq!(told(unknown, "id.backup"), json!("header"));
    for path in ["n.backup", "other.backup"] {
        let refused = problem(&read(&setup, &json!({"provenance": "header"}), path));
        for words in [
            "of a database \"neo4j\", as other instances have one",
            "nobody knows when the store of 2f49c2b3 was created",
            "with the credentials of the database",
            "`provenance: attested`",
        ] {
            assert!(refused.contains(words), "{refused}");
        }
    }
    assert_eq!(told(json!({"provenance": "header"}), "id.backup"), json!("header"));
    // A file that is of something else is told as that, and not as one that proves nothing.
    let refused = problem(&read(&setup, &json!({"provenance": "header", "database": "movies"}), "n.backup"));
    assert!(refused.contains("and not of \"movies\""), "{refused}");
}

#[test]
fn a_header_beside_which_there_is_no_store_is_a_person_s_word() {
    let setup = Setup::new();
    let content = tar(&[("a.bin", &[3; 5000]), ("b.bin", &[5; 700])]);
    setup.file("later.backup", &[b"BTV1", metadata_of("later", "2f49c2b3", &[0b111]).as_slice(), &content].concat());
    let known = json!({"store_created_at": "1970-01-01T00:00:00Z"});
    let told = read(&setup, &known, "later.backup");
    assert_eq!((&told["ok"], &told["provenance"]), (&json!(true), &json!("attested")), "{told}");
    let strict = json!({"store_created_at": "1970-01-01T00:00:00Z", "provenance": "header"});
    let refused = problem(&read(&setup, &strict, "later.backup"));
    assert!(
        refused.contains("the storage engine \"later\"") && refused.contains("`provenance: attested`"),
        "{refused}"
    );
}

#[test]
fn a_tolerance_of_more_than_a_day_is_refused_whatever_the_file_is() {
    let setup = Setup::new();
    setup.file("n.backup", &bytes(&spec(Format::Backup, true, 0)));
    setup.file("n.dump", &bytes(&spec(Format::Dump, true, 0)));
    let ask = |tolerance: &str, call: Call, path: &str| {
        let with = inputs(&json!({"tolerance": tolerance, "path": path}));
        setup.read("backup.receive", call, with, json!({"path": path}))
    };
    for (call, path) in [(Call::Read, "n.backup"), (Call::Read, "n.dump"), (Call::Poll, "n.dump")] {
        let error = failure(ask("3650d", call, path));
        assert_eq!(error.class, ErrorClass::Check);
        assert_eq!(error.message, "`tolerance` is 3650d, and may be at most 1d");
        assert!(error.remedy.contains(".tolerance=1d`"), "{}", error.remedy);
        found(ask("1d", call, path));
    }
}

#[test]
fn bad_file_is_named_in_one_sentence() {
    let whole = bytes(&spec(Format::Backup, true, 1 << 20));
    let partial = bytes(&spec(Format::Backup, false, 0));
    let cut = &whole[..whole.len() / 2];
    let page = b"<html><title>502 Bad Gateway</title>";
    let none = json!({});
    let small = json!({"max_size": "100KiB", "max_size_reason": "use restore: neo4j-admin"});
    let other = json!({"database": "movies"});
    let late = json!({"snapshot_time": "2026-01-20T22:10:05Z"});
    let early = json!({"snapshot_time": "2026-01-20T21:50:03Z"});
    let cases: [(&[u8], &Value, &str); 9] = [
        (b"", &none, "empty"),
        (page, &none, "HTML page"),
        (b"{\"error\":\"denied\"}", &none, "JSON"),
        (cut, &none, "truncated"),
        (&partial, &none, "partial"),
        (&whole, &small, "use restore: neo4j-admin"),
        (&whole, &other, "of the database \"neo4j\" and not of \"movies\""),
        (&whole, &late, "another snapshot"),
        (&whole, &early, "another snapshot"),
    ];
    for (content, more, words) in cases {
        let setup = Setup::new();
        setup.file("n.backup", content);
        let told = problem(&read(&setup, more, "n.backup"));
        assert!(told.contains(words) && !told.contains('\n'), "{told:?} does not say {words:?}");
    }
    // On the edge of the tolerance it is the right one.
    let setup = Setup::new();
    setup.file("n.backup", &whole);
    for edge in ["2026-01-20T22:10:04Z", "2026-01-20T21:50:04Z"] {
        assert_eq!(read(&setup, &json!({"snapshot_time": edge}), "n.backup")["ok"], json!(true));
    }
}

#[test]
fn what_is_no_file_is_named() {
    let setup = Setup::new();
    let real = setup.file("real.backup", &bytes(&spec(Format::Backup, true, 0)));
    std::os::unix::fs::symlink(&real, setup.home().join("link.backup")).unwrap();
    std::fs::create_dir(setup.home().join("dir")).unwrap();
    for (path, words) in [
        ("nowhere.backup", "no file"),
        ("real.backup/below", "no file"),
        ("dir", "a directory"),
        ("link.backup", "not a regular file"),
    ] {
        let told = problem(&read(&setup, &json!({}), path));
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn growing_file_is_refused_whole_or_not() {
    let whole = bytes(&spec(Format::Backup, true, 1 << 20));
    for content in [&whole[..], &whole[..whole.len() / 3]] {
        let mut setup = Setup::new();
        setup.context.ports.disk = Arc::new(Altered { growth: 1, ..Altered::default() });
        setup.file("n.backup", content);
        assert!(problem(&read(&setup, &json!({}), "n.backup")).contains("still being written"));
        let look = |known: Value| {
            let with = inputs(&json!({"path": "n.backup"}));
            found(setup.read("backup.receive", Call::Poll, with, json!({"known": known})))
        };
        let first = look(Value::Null);
        assert_eq!(look(first)["stable"], json!(false));
    }
}

#[test]
fn file_is_awaited_until_it_stands_still() {
    let setup = Setup::new();
    let look = |more: Value, known: &Value| {
        found(setup.read("backup.receive", Call::Poll, inputs(&more), json!({"known": known})))
    };
    for more in [json!({"path": "n.backup"}), json!({"folder": "."}), json!({"folder": "nowhere"}), json!({})] {
        assert_eq!(look(more, &Value::Null), json!({"path": null}));
    }
    let path = setup.file("n.backup", b"BZV3");
    for more in [json!({"path": "n.backup"}), json!({"folder": "."})] {
        let first = look(more.clone(), &Value::Null);
        assert_eq!((&first["size"], &first["stable"]), (&json!(4), &json!(false)));
        assert!(Path::new(first["path"].as_str().unwrap()).is_absolute());
        let second = look(more.clone(), &first);
        assert_eq!(second["stable"], json!(true), "{second}");
        let by_path = json!({first["path"].as_str().unwrap(): 4});
        assert_eq!(look(more.clone(), &by_path)["stable"], json!(true));
        std::fs::write(&path, b"BZV3more").unwrap();
        assert_eq!(look(more, &second)["stable"], json!(false));
        std::fs::write(&path, b"BZV3").unwrap();
    }
}

#[test]
fn folder_offers_only_what_may_be_a_backup() {
    let setup = Setup::new();
    setup.file("notes.txt", b"BZ");
    setup.file("n.backup.crdownload", b"BZV3");
    setup.file("photo.gz", b"\x1f\x8b\x08\x00");
    std::fs::create_dir(setup.home().join("old.backup")).unwrap();
    let look = || found(setup.read("backup.receive", Call::Poll, inputs(&json!({"folder": "."})), json!({})));
    assert_eq!(look()["path"], Value::Null);
    setup.file("without-extension", b"BZV3");
    assert!(look()["path"].as_str().unwrap().ends_with("without-extension"));
}

#[test]
fn failing_disk_is_no_fault_of_the_file() {
    let mut setup = Setup::new();
    setup.context.ports.disk = Arc::new(Altered { worn: true, ..Altered::default() });
    setup.file("n.backup", b"whatever");
    let reply = setup.read("backup.receive", Call::Read, inputs(&json!({})), json!({"path": "n.backup"}));
    assert_eq!(failure(reply).class, ErrorClass::Local);
}
