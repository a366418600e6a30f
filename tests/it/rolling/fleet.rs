//! Five hosts, which are addresses of this machine, with a small web server each.

use crate::support::binary::Folder;
use crate::support::killing::Run;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const RUNBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/rolling-restart.yaml");
pub(super) const HOSTS: [&str; 5] = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"];

/// The hosts; their servers end when this is dropped.
pub(super) struct Fleet {
    pub(super) run: Run<'static>,
    supervisors: Vec<Child>,
}

impl Fleet {
    /// Every server runs, and the runbook is in the folder, with these texts in place of those.
    pub(super) fn start(changes: &[(&str, &str)]) -> Self {
        let mut book = fs::read_to_string(RUNBOOK).unwrap();
        for (from, to) in
            [("every: 2s", "every: 100ms"), ("backoff: 2s..5s", "backoff: 50ms..100ms")].iter().chain(changes)
        {
            assert!(book.contains(from), "no {from:?} in the runbook");
            book = book.replace(from, to);
        }
        let folder = Folder::new().file("book.yaml", &book).file("port", &free_port().to_string());
        let place = folder.path("").to_str().unwrap().trim_end_matches('/').to_owned();
        let folder = folder
            .file("server.pl", include_str!("server.pl"))
            .file("remote.sh", include_str!("remote.sh"))
            .file("supervise.sh", include_str!("supervise.sh"));
        fs::set_permissions(folder.path("remote.sh"), fs::Permissions::from_mode(0o700)).unwrap();
        let port = fs::read_to_string(folder.path("port")).unwrap();
        let mut inputs = vec![format!("remote={place}/remote.sh"), format!("port={port}"), "service=orders".to_owned()];
        inputs.push("change_id=CHG0042917".to_owned());
        let mut supervisors = Vec::new();
        for (number, host) in HOSTS.iter().enumerate() {
            inputs.push(format!("host_{}={host}", number + 1));
            fs::create_dir(folder.path(host)).unwrap();
            let mut supervisor = Command::new("sh");
            supervisor.arg(folder.path("supervise.sh")).arg(host);
            supervisor.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            supervisors.push(supervisor.spawn().unwrap());
        }
        for host in HOSTS {
            wait_for(&folder.path(host).join("pid"));
        }
        let given = inputs.into_iter().flat_map(|input| ["-i".to_owned(), input]);
        let begin = ["run", "book.yaml"].map(str::to_owned).into_iter().chain(given).collect();
        Self { run: Run { folder, begin, typed: "" }, supervisors }
    }

    /// What has happened on the hosts, in order.
    pub(super) fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.run.folder.path(name)
    }
}

/// What happens on so many hosts that are restarted one after another.
pub(super) fn in_order(hosts: &[&str]) -> Vec<String> {
    let of = |host: &&str| ["start", "end", "healthy"].map(|what| format!("{what} {host}"));
    hosts.iter().flat_map(of).collect()
}

/// A port that is free at every host.
fn free_port() -> u16 {
    let free = || {
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        HOSTS.iter().all(|host| TcpListener::bind((*host, port)).is_ok()).then_some(port)
    };
    std::iter::repeat_with(free).take(100).flatten().next().unwrap()
}

/// Waits until a file is there.
fn wait_for(path: &Path) {
    let begun = Instant::now();
    while !path.exists() {
        assert!(begun.elapsed() < Duration::from_secs(30), "no {}", path.display());
        // Real time: a real process is starting.
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for supervisor in &mut self.supervisors {
            drop(supervisor.kill());
            drop(supervisor.wait());
        }
        for host in HOSTS {
            if let Ok(pid) = fs::read_to_string(self.path(host).join("pid")) {
                drop(Command::new("kill").args(["-9", pid.trim()]).status());
            }
        }
    }
}
