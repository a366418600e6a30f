//! The process keeps what it knows to itself (docs/secrets.md, "The process"): files for the owner only, nothing in a
//! core dump.

use super::case::{BINARY, Case, WAITING};
use super::doubt::CREATING;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use surefoot::base::{Secret, SecretScanner};
use surefoot::twin::{Scenario, World};

const CANARY: &str = "canary-of-the-hardening";

/// A run that waits, started by a shell that allows everything to everybody; its first line has been printed.
fn waiting(case: &Case) -> Child {
    let mut child = Command::new("sh")
        .args(["-c", "umask 000; ulimit -c unlimited; exec \"$0\" run wait.yaml", BINARY])
        .current_dir(case.path(""))
        .env_clear()
        .env("AURA_CLIENT_ID", "client")
        .env("AURA_CLIENT_SECRET", CANARY)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.as_mut().unwrap()).lines().map_while(Result::ok);
    assert!(lines.into_iter().any(|line| line.contains("waiting 1.0.0")), "the run never began");
    child
}

/// Who has nothing to say on this machine; whoever is root could look into every process.
const NOBODY: u32 = 65_534;

/// The head of every token of a twin, which is a JSON web token.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

/// A process that does not outlive its test.
struct Guarded(Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The user that the tests start a process as: themselves, or nobody where they are root.
fn user() -> u32 {
    let own = rustix::process::getuid();
    if own.is_root() { NOBODY } else { own.as_raw() }
}

/// This program as [`user`].
fn as_user(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    if rustix::process::getuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Whether a process of [`user`] can read this file of that process.
fn can_read(pid: u32, file: &str) -> bool {
    as_user("cat").arg(format!("/proc/{pid}/{file}")).output().unwrap().status.success()
}

/// A run of [`user`] that has a token, has created an instance and now waits; what it has said up to there, and where
/// it would say more.
fn waiting_with_secrets(case: &Case) -> (Guarded, String, impl Read) {
    // Where the tests are built nobody else may be let in.
    let binary = case.path("surefoot");
    std::fs::hard_link(BINARY, &binary).or_else(|_| std::fs::copy(BINARY, &binary).map(|_| ())).unwrap();
    chown(case.path(""), Some(user()), None).unwrap();
    let child = as_user("sh")
        .args(["-c", "ulimit -c $(ulimit -H -c); exec ./surefoot run c.yaml --twin --seed 7 -v"])
        .current_dir(case.path(""))
        .env_clear()
        .env("AURA_CLIENT_SECRET", CANARY)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = Guarded(child.unwrap());
    let (mut said, mut line) = (String::new(), String::new());
    let mut reader = BufReader::new(child.0.stderr.take().unwrap());
    while !line.contains("recreate: done in") {
        line.clear();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the run never created anything:\n{said}");
        said.push_str(&line);
    }
    (child, said, reader)
}

/// Every secret that such a run has known.
fn secrets(case: &Case) -> SecretScanner {
    let log = case.path(&format!(".surefoot/runs/{}/twin/world.jsonl", case.run_id()));
    let (log, scenario) = (std::fs::read_to_string(log).unwrap(), Scenario::default());
    let start = scenario.start.0;
    let world = World::replay(7, scenario, start, log.lines()).unwrap();
    let mut secrets: Vec<_> = world.instances_with_passwords().iter().map(|one| one.password.clone()).collect();
    let file = std::fs::read_to_string(case.path("new.env")).unwrap();
    assert!(secrets.iter().any(|password| file.contains(password.expose())), "not the world of the run");
    secrets.push(world.client_secret().clone());
    secrets.extend([CANARY, TOKEN].map(|text| Secret::new(text.to_owned())));
    SecretScanner::of(&secrets)
}

fn everything_in(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(everything_in(&path));
        }
        all.push(path);
    }
    all
}

#[test]
fn what_a_run_leaves_is_for_its_owner_and_a_crash_tells_nothing() {
    let case = Case::new().file("wait.yaml", WAITING);
    let mut child = waiting(&case);
    let proc = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", child.id())).unwrap();
    let limits = proc("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    assert!(proc("status").lines().any(|line| line.starts_with("Umask:") && line.ends_with("0077")));
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::ABORT).unwrap();
    let status = child.wait().unwrap();
    assert!(status.signal().is_some() && !status.core_dumped(), "{status:?}");
    let left = everything_in(&case.path(""));
    assert!(left.iter().any(|path| path.ends_with("journal.000001.jsonl")), "{left:?}");
    for path in left.iter().filter(|path| !path.ends_with("wait.yaml")) {
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
        let holds = |bytes: &[u8]| bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
        assert!(path.is_dir() || !holds(&std::fs::read(path).unwrap()), "{}", path.display());
    }
}

#[test]
fn nobody_looks_into_a_run_and_its_crash_says_nothing() {
    let nap = "  - {id: nap, uses: sleep, needs: [recreate], with: {for: 1000h}}\n";
    let case = Case::new().file("c.yaml", format!("{CREATING}{nap}"));
    let other = Guarded(as_user("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap());
    let (mut child, mut said, mut more) = waiting_with_secrets(&case);
    let owner = |pid: u32| std::fs::metadata(format!("/proc/{pid}/environ")).unwrap().uid();
    let runs_as = std::fs::read_to_string(format!("/proc/{}/status", child.0.id())).unwrap();
    assert!(runs_as.contains(&format!("Uid:\t{}\t", user())), "{runs_as}");
    // The system gives the files of a process to root where nobody else is to read its memory or its environment.
    assert_eq!((owner(other.0.id()), owner(child.0.id())), (user(), 0));
    for file in ["environ", "maps"] {
        assert_eq!((can_read(other.0.id(), file), can_read(child.0.id(), file)), (true, false), "{file}");
    }
    kill_process(Pid::from_raw(i32::try_from(child.0.id()).unwrap()).unwrap(), Signal::ABORT).unwrap();
    more.read_to_string(&mut said).unwrap();
    child.0.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    let status = child.0.wait().unwrap();
    assert!(status.signal().is_some() && !status.core_dumped(), "{status:?}");
    let secrets = secrets(&case);
    assert_eq!(secrets.find(said.as_bytes()), None, "{said}");
    let left = everything_in(&case.path(""));
    for path in left.iter().filter(|path| path.is_file() && !path.ends_with("new.env") && !path.ends_with("surefoot")) {
        assert_eq!(secrets.find(&std::fs::read(path).unwrap()), None, "{}", path.display());
    }
}
