//! A run that an earlier version began is resumed by this one.

#![expect(clippy::disallowed_methods, reason = "the test copies a fixture")]

use crate::support::binary::Folder;
use std::path::Path;

/// Killed with SIGKILL when the deletion was announced and not answered; begun by commit 1a5070c.
const RUN: &str = "20260120-220000-15a25c";

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn a_run_in_doubt_that_an_earlier_version_began_is_resumed() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/begun-in-doubt");
    let folder = Folder::new();
    copy(&fixture.join("run"), &folder.path(&format!(".surefoot/runs/{RUN}")));
    copy(&fixture.join("trail"), &folder.path(&format!("audit/{RUN}")));
    folder.call(&["keys", "init"]).exit(0);
    folder.call(&["status", RUN]).exit(0).says("`delete` is in doubt");
    // The directory has another place now: the run names that of its trail and of the password file.
    folder.call(&["resume", RUN, "--audit-dir", "audit"]).exit(4).says("--set recreate.password_file=FILE");
    folder.call(&["resume", RUN, "--audit-dir", "audit", "--set", "recreate.password_file=new-instance.env"]).exit(4);
    // The new instance has its name and its password; the file that is to be imported is at the old place too.
    folder.call(&["status", RUN]).exit(0).says("restore_console");
    folder.call(&["audit", "verify", RUN, "--audit-dir", "audit"]).exit(0);
    assert!(std::fs::read_to_string(folder.path("new-instance.env")).unwrap().contains("NEO4J_PASSWORD="));
    let world = std::fs::read_to_string(folder.path(&format!(".surefoot/runs/{RUN}/twin/world.jsonl"))).unwrap();
    let sent = |method: &str, path: &str| {
        let line = format!("\"method\":\"{method}\",\"path\":\"{path}");
        world.lines().filter(|row| row.contains(&line) && row.contains("\"status\":202")).count()
    };
    assert_eq!((sent("DELETE", "/v1/instances/"), sent("POST", "/v1/instances\"")), (1, 1), "{world}");
}
