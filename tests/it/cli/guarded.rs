//! What others may change is not trusted, and what was changed is told (docs/hardening.md, "Files that others can
//! change").

use super::case::{ASKING, BINARY, Case, Ran, SMALL};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

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
            ran.stderr("is writable by others").stderr(name).stderr("chmod go-w");
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
    ran.stderr("is writable by everyone");
    mode(&case.path("open"), 0o1777);
    case.then(["run", "small.yaml", "--state-dir", "open/state"]).exit(0);
}

#[test]
fn a_directory_above_the_state_is_seen_through_links() {
    let mut case = Case::new().file("small.yaml", SMALL);
    std::fs::create_dir_all(case.path("open/state")).unwrap();
    mode(&case.path("open/state"), 0o700);
    mode(&case.path("open"), 0o777);
    symlink("open/state", case.path("link")).unwrap();
    symlink(case.path("link"), case.path("again")).unwrap();
    symlink("../own", case.path("open/aside")).unwrap();
    // Also where the link itself stands in such a directory.
    for state in ["link", "again", "again/deeper", "open/../link", "open/aside"] {
        let ran = case.then(["run", "small.yaml", "--state-dir", state]).exit(2);
        ran.stderr("is writable by everyone").stderr("/open").stderr("chmod o-w");
    }
    assert!(!case.path("open/state/runs").exists() && !case.path("own").exists(), "nothing was started");
    mode(&case.path("open"), 0o755);
    case.then(["run", "small.yaml", "--state-dir", "again"]).exit(0);
    std::fs::create_dir(case.path("own")).unwrap();
    mode(&case.path("own"), 0o700);
    case.then(["run", "small.yaml", "--state-dir", "open/aside"]).exit(0);
    // What a link leads to is looked at as what stands there itself is.
    std::fs::rename(case.path("open/state/runs"), case.path("elsewhere")).unwrap();
    symlink(case.path("elsewhere"), case.path("open/state/runs")).unwrap();
    mode(&case.path("elsewhere"), 0o770);
    case.then(["run", "small.yaml", "--state-dir", "link"]).exit(2).stderr("elsewhere is writable by others");
}

#[test]
fn a_key_that_others_may_write_is_neither_shown_nor_used() {
    let mut case = used();
    let run = case.run_id();
    mode(&case.path(".surefoot/keys/identity.txt"), 0o666);
    case.then(["keys", "show"]).exit(2).stderr("identity.txt is writable by others");
    case.then(["secret", "deliver", &run]).exit(2).stderr("identity.txt is writable by others");
}

#[test]
fn no_command_takes_the_run_itself_for_its_trail() {
    let mut case = Case::new().file("a.yaml", ASKING);
    symlink(".surefoot/runs", case.path("link")).unwrap();
    std::fs::create_dir(case.path("within")).unwrap();
    symlink("../.surefoot/runs", case.path("within/deep")).unwrap();
    // The link leads nowhere yet.
    case.then(["run", "a.yaml", "--audit-dir", "link"]).exit(2).stderr("inside the directory of the runs");
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    let journal = case.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"));
    let before = std::fs::read(&journal).unwrap();
    case = case.args([]);
    for trails in [".surefoot/runs", "link", "within/deep", "within/../link"] {
        let commands: [&[&str]; 7] = [
            &["resume", &run],
            &["answer", &run, "ready", "done"],
            &["pause", &run],
            &["cancel", &run],
            &["audit", "verify", &run],
            &["rehearse", "a.yaml", "--seeds", "1"],
            &["run", "a.yaml"],
        ];
        for command in commands {
            let ran = Ran::of(case.command().args(command).args(["--audit-dir", trails]).output().unwrap()).exit(2);
            ran.stderr("inside the directory of the runs").stderr("--audit-dir");
        }
    }
    assert!(std::fs::read(&journal).unwrap() == before, "nothing is recorded");
    // The trail was made a link to the run since.
    let trail = case.path(&format!("audit/{run}"));
    std::fs::rename(&trail, case.path("aside")).unwrap();
    symlink(case.path(&format!(".surefoot/runs/{run}")), &trail).unwrap();
    case.then(["audit", "verify", &run]).exit(8).stdout("is not a copy");
    case.then(["resume", &run]).exit(2).stderr("inside the directory of the runs");
}

/// A run that asks, whose journal has lost its last record.
fn shortened() -> (Case, String) {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    let journal = case.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"));
    let text = std::fs::read_to_string(&journal).unwrap();
    let last = text.lines().last().unwrap();
    std::fs::write(&journal, text.trim_end().strip_suffix(last).unwrap()).unwrap();
    (case, run)
}

#[test]
fn what_only_the_trail_has_is_not_taken_from_it() {
    for is_headless in [true, false] {
        let (mut case, run) = shortened();
        if is_headless {
            std::fs::remove_file(case.path(&format!(".surefoot/runs/{run}/journal.head"))).unwrap();
        }
        let trail = case.path(&format!("audit/{run}/journal.000001.jsonl"));
        let proof = std::fs::read(&trail).unwrap();
        case.then(["audit", "verify", &run]).exit(8);
        case = case.args([]);
        let commands: [&[&str]; 4] =
            [&["cancel", &run], &["answer", &run, "ready", "done"], &["pause", &run], &["resume"]];
        for command in commands {
            let ran = Ran::of(case.command().args(command).output().unwrap()).exit(8);
            let ran = ran.stderr("is missing records that its trail has").stderr("nothing was changed");
            assert_eq!(ran.err.contains("`journal.head` is missing"), is_headless, "{}", ran.err);
            assert!(std::fs::read(&trail).unwrap() == proof, "{command:?}");
        }
        case.then(["audit", "verify", &run]).exit(8);
        // What is advised helps.
        let ran = case.then(["resume"]).exit(8);
        let (_, copy) = ran.err.split_once("restore the journal: ").unwrap();
        case.typed(copy.lines().next().unwrap()).exit(0);
        case.then(["answer", &run, "ready", "done"]).exit(0);
        case.then(["resume"]).exit(0);
        case.then(["audit", "verify", &run]).exit(0);
    }
}

#[test]
fn a_missing_head_is_told_by_whoever_records_something() {
    for command in ["cancel", "pause", "resume"] {
        let mut case = Case::new().file("a.yaml", ASKING);
        case.then(["run", "a.yaml"]).exit(4);
        let run = case.run_id();
        let head = case.path(&format!(".surefoot/runs/{run}/journal.head"));
        std::fs::remove_file(&head).unwrap();
        let ran = case.then([command, &run]).stderr("warning: `journal.head` is missing");
        assert_eq!(ran.err.matches("is missing").count(), 1, "{}", ran.err);
        assert!(head.exists() && matches!(ran.code, 0 | 4), "{}: {}", ran.code, ran.err);
        // A trail that is another one, of a run without a head, is no beginning of it.
        std::fs::remove_file(&head).unwrap();
        let trail = case.path(&format!("audit/{run}/journal.000001.jsonl"));
        let mut bytes = std::fs::read(&trail).unwrap();
        *bytes.last_mut().unwrap() = b' ';
        std::fs::write(&trail, bytes).unwrap();
        if command != "cancel" {
            case.then([command, &run])
                .exit(8)
                .stderr("differs from the journal of the run from byte")
                .stderr("move it away");
        }
    }
}

#[test]
fn a_trail_is_not_written_among_the_runs() {
    let mut case = Case::new().file("small.yaml", SMALL);
    for trails in [".surefoot/runs", "./audit/../.surefoot/runs", ".surefoot/runs/audit"] {
        let ran = case.then(["run", "small.yaml", "--audit-dir", trails]).exit(2);
        ran.stderr("inside the directory of the runs").stderr("--audit-dir");
    }
    assert!(!case.path(".surefoot/runs").exists(), "nothing was started");
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

/// Calls the binary where the machine does not tell one boot from another; nothing where this user may not hide it.
fn without_a_boot(case: &Case, line: &str) -> Option<Ran> {
    let hidden = "mount --bind /dev/null /proc/sys/kernel/random/boot_id";
    let call = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]).current_dir(case.path(""));
        Ran::of(command.env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin").stdin(Stdio::null()).output().unwrap())
    };
    (call(hidden).code == 0).then(|| call(&format!("{hidden} && exec setsid --wait {BINARY} {line}")))
}

#[test]
fn a_boot_that_the_machine_does_not_tell_is_not_named() {
    let case = Case::new().file("a.yaml", ASKING);
    let Some(ran) = without_a_boot(&case, "run a.yaml") else { return };
    ran.exit(4);
    without_a_boot(&case, "resume").unwrap().exit(4);
    let run = case.run_id();
    let journal = std::fs::read_to_string(case.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"))).unwrap();
    assert!(journal.contains(r#""type":"session.open""#) && journal.contains(r#""boot_id":"""#), "{journal}");
    assert!(!journal.contains("boot_clock"), "two sessions would seem to count from one boot: {journal}");
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
