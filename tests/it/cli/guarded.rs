//! What others may change is not trusted, and what was changed is told (docs/hardening.md, "Files that others can
//! change").

use super::case::{Case, SMALL};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A directory in which a run was done, with keys.
fn used() -> Case {
    let mut case = Case::new().file("small.yaml", SMALL);
    case.then(["keys", "init"]).exit(0);
    case.then(["run", "small.yaml"]).exit(0);
    case
}

#[test]
fn a_state_directory_or_a_key_that_others_may_write_is_refused() {
    for name in [".surefoot", ".surefoot/keys", ".surefoot/runs", ".surefoot/keys/identity.txt"] {
        let mut case = used();
        let path = case.path(name);
        let sound = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        for extra in [0o020, 0o002] {
            mode(&path, sound | extra);
            let ran = case.then(["run", "small.yaml"]).exit(2);
            ran.stderr("can be written by others").stderr(name).stderr("chmod go-w");
        }
        mode(&path, sound);
        case.then(["run", "small.yaml"]).exit(0);
    }
}

#[test]
fn a_state_directory_of_somebody_else_is_refused() {
    if !rustix::process::getuid().is_root() {
        return;
    }
    for name in [".surefoot", ".surefoot/keys/identity.txt"] {
        let mut case = used();
        chown(case.path(name), Some(65_534), None).unwrap();
        case.then(["run", "small.yaml"]).exit(2).stderr("belongs to user 65534").stderr(name);
    }
}

#[test]
fn a_directory_above_the_state_that_everybody_can_write_is_refused() {
    let mut case = Case::new().file("small.yaml", SMALL);
    std::fs::create_dir(case.path("open")).unwrap();
    mode(&case.path("open"), 0o777);
    let ran = case.then(["run", "small.yaml", "--state-dir", "open/state"]).exit(2);
    ran.stderr("can be written by everybody");
    mode(&case.path("open"), 0o1777);
    case.then(["run", "small.yaml", "--state-dir", "open/state"]).exit(0);
}

#[test]
fn a_trail_is_not_written_among_the_runs() {
    let mut case = Case::new().file("small.yaml", SMALL);
    for trails in [".surefoot/runs", "./audit/../.surefoot/runs", ".surefoot/runs/audit"] {
        let ran = case.then(["run", "small.yaml", "--audit-dir", trails]).exit(2);
        ran.stderr("where the runs themselves are").stderr("--audit-dir");
    }
    assert!(!case.path(".surefoot/runs").exists(), "nothing was begun");
    case.then(["run", "small.yaml", "--audit-dir", ".surefoot/audit"]).exit(0);
}

#[test]
fn a_changed_head_is_told_by_whoever_reads_the_run() {
    let mut case = used();
    let run = case.run_id();
    let head = case.path(&format!(".surefoot/runs/{run}/journal.head"));
    let sound = std::fs::read(&head).unwrap();
    assert!(!case.then(["status"]).exit(0).err.contains("warning"));
    let newest = usize::from(sound[512 + 8] > sound[8]);
    for at in [newest * 512 + 20, (1 - newest) * 512 + 20, (1 - newest) * 512 + 300] {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x10;
        std::fs::write(&head, bytes).unwrap();
        case.then(["status"]).exit(0).stderr("warning: `journal.head` is damaged");
        case.then(["audit", "verify", &run]).exit(0).stderr("warning: `journal.head` is damaged");
    }
    std::fs::remove_file(&head).unwrap();
    case.then(["status"]).exit(0).stderr("warning: `journal.head` is missing");
    case.then(["audit", "verify", &run]).exit(0).stderr("warning: `journal.head` is missing");
}

#[test]
fn a_version_that_turns_the_line_around_is_shown_as_it_is() {
    let hostile = SMALL.replace("version: 1.0.0", "version: \"1.0\u{202e}0\"");
    let mut case = Case::new().file("hostile.yaml", hostile);
    for command in [["check", "hostile.yaml"], ["plan", "hostile.yaml"], ["run", "hostile.yaml"]] {
        let ran = case.then(command).exit(0);
        assert!(!(ran.out + &ran.err).contains('\u{202e}'), "{command:?}");
    }
}
