//! A real PostgreSQL server on loopback, from the packages of this machine.

use crate::support::killing::output;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Where Debian puts the programs of each version.
const PACKAGES: &str = "/usr/lib/postgresql";
/// The user that the server runs as where the tests run as root, which it refuses.
const USER: &str = "postgres";

/// A server; it ends when this is dropped.
pub(super) struct Cluster {
    dir: TempDir,
    process: Child,
    pub(super) port: u16,
    password: String,
}

/// The directory with the programs of the newest version.
pub(super) fn programs() -> PathBuf {
    let versions = fs::read_dir(PACKAGES).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let bins = versions.map(|version| version.join("bin")).filter(|bin| bin.join("initdb").exists());
    let number = |bin: &PathBuf| bin.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    bins.max_by_key(number).unwrap_or_else(|| {
        panic!("this test needs a PostgreSQL server: there is no {PACKAGES}/*/bin/initdb; apt-get install postgresql")
    })
}

/// A program of PostgreSQL as a user that may run the server.
fn program(name: &str) -> Command {
    let path = programs().join(name);
    if !rustix::process::geteuid().is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", USER, "--clear-groups", "--"]).arg(path);
    command
}

impl Cluster {
    /// A server whose user `postgres` has this password.
    pub(super) fn start(password: &str) -> Self {
        let dir = TempDir::new().unwrap();
        // The user of the server gets to its own directory.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let (data, words) = (dir.path().join("data"), dir.path().join("password"));
        fs::create_dir(&data).unwrap();
        fs::write(&words, password).unwrap();
        if rustix::process::geteuid().is_root() {
            output(Command::new("chown").args([USER]).args([&data, &words]));
        }
        let mut init = program("initdb");
        init.args(["--no-sync", "--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]);
        output(init.arg("--pwfile").arg(&words).arg("-D").arg(&data).current_dir(dir.path()));
        fs::remove_file(&words).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = File::create(dir.path().join("log")).unwrap();
        let mut server = program("postgres");
        server.arg("-D").arg(&data).args(["-p", &port.to_string()]).current_dir(dir.path());
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "fsync=off",
            "log_statement=ddl",
            "log_line_prefix=%d ",
        ] {
            server.args(["-c", setting]);
        }
        let process = server.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let cluster = Self { dir, process, port, password: password.to_owned() };
        cluster.wait_ready();
        cluster
    }

    fn wait_ready(&self) {
        let begun = Instant::now();
        let is_ready = || self.psql("postgres", "select 1").output().unwrap().status.success();
        while !is_ready() {
            assert!(begun.elapsed() < Duration::from_secs(30), "the server is not ready:\n{}", self.log());
            // Real time: a real process is starting.
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn psql(&self, database: &str, sql: &str) -> Command {
        let mut command = Command::new(programs().join("psql"));
        command.args(["-XAtqw", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
        command.args(["-U", "postgres", "-d", database, "-c", sql]);
        command.env_clear().env("PGPASSWORD", &self.password).stdin(Stdio::null());
        command
    }

    /// What a statement gives.
    pub(super) fn ask(&self, database: &str, sql: &str) -> String {
        output(&mut self.psql(database, sql)).trim_end().to_owned()
    }

    /// How often a statement that changes the schema was carried out in a database.
    pub(super) fn carried_out(&self, database: &str, statement: &str) -> usize {
        let start = format!("{database} LOG:  statement: {statement}");
        self.log().lines().filter(|line| line.starts_with(&start)).count()
    }

    fn log(&self) -> String {
        read(&self.dir.path().join("log"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Ends without waiting for anybody, and gives its shared memory back.
        let _ = kill_process(Pid::from_child(&self.process), Signal::QUIT);
        drop(self.process.wait());
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}
