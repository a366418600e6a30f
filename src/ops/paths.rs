//! Where runs and trails are, and which run is meant.

use super::failure::{Failure, FailureKind};
use crate::adapter::disk::{RealDisk, read_given, resolve};
use crate::audit::verify;
use crate::base::escape;
use crate::engine::event::RunOpened;
use crate::journal::{JournalError, RunDir};
use crate::port::{Disk, Open};
use crate::runbook::nearest;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

/// What stands in a state directory.
const OURS: [&str; 4] = ["binary-sha256", "keys", "runs", "subjects"];

/// So many characters of an id are needed.
const PART_MIN: usize = 4;

/// Longest first record that is looked at, in bytes.
const FIRST_LIMIT: usize = 1 << 20;

/// Where the state of runs is and where their trails are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The state directory, `.surefoot`.
    pub state_dir: PathBuf,
    /// The directory of the trails, where one was named: `audit` for what begins, the one a run began with for what
    /// exists.
    pub audit_dir: Option<PathBuf>,
}

impl Default for Paths {
    fn default() -> Self {
        Self { state_dir: PathBuf::from(".surefoot"), audit_dir: None }
    }
}

impl Paths {
    /// The same place with absolute paths.
    pub(super) fn absolute(&self) -> Self {
        let cwd = super::process_env::working_directory();
        Self { state_dir: cwd.join(&self.state_dir), audit_dir: self.audit_dir.as_ref().map(|dir| cwd.join(dir)) }
    }

    /// Keeps git from taking up the state directory, with its keys and passwords, where nobody has said otherwise.
    ///
    /// Where there is anything else in it the directory is somebody's, and only what is in `keys` and `runs` is kept
    /// from git.
    pub(super) fn fence(&self) {
        let dir = self.absolute().state_dir;
        let is_ours = |path: &PathBuf| path.file_name().is_some_and(|name| OURS.iter().any(|own| name == *own));
        if RealDisk.list(&dir).is_ok_and(|names| names.iter().all(is_ours)) {
            keep_from_git(&dir);
        }
        keep_from_git(&dir.join("keys"));
        if RealDisk.stat(&dir.join(".gitignore")).is_err() {
            keep_from_git(&dir.join("runs"));
        }
    }

    /// That nobody else can change or replace the state directory, the keys in it and the runs: who could would be
    /// trusted with passwords and with what is deleted. What is not there yet is made for its owner alone.
    pub(super) fn require_own(&self) -> Result<(), Failure> {
        let dir = self.absolute().state_dir;
        let keys = dir.join("keys");
        let own = [dir.clone(), dir.join("runs"), keys.clone(), keys.join("identity.txt"), keys.join("recipients.txt")];
        let me = rustix::process::geteuid().as_raw();
        // Who can change a link, or a directory on the way, can put something else in the place of what it leads to.
        let own = own.map(|path| resolve(&path));
        for path in own.iter().flat_map(|own| &own.links) {
            if let Some(stat) = RealDisk.stat(path).ok().filter(|stat| stat.uid != me && stat.uid != 0) {
                return Err(not_ours(path, &format!("belongs to user {}, not to you ({me})", stat.uid), "chown it"));
            }
        }
        for path in own.iter().map(|own| &own.path) {
            let Ok(stat) = RealDisk.stat(path) else { continue };
            if stat.uid != me {
                return Err(not_ours(path, &format!("belongs to user {}, not to you ({me})", stat.uid), "chown it"));
            }
            if (stat.is_dir || stat.is_file) && stat.mode & 0o022 != 0 {
                return Err(not_ours(path, "is writable by others", "chmod go-w it"));
            }
        }
        // In a directory with the sticky bit, as /tmp is, nobody renames what is not theirs.
        let is_open = |path: &&PathBuf| {
            RealDisk.stat(path).is_ok_and(|stat| stat.is_dir && stat.mode & 0o002 != 0 && stat.mode & 0o1000 == 0)
        };
        match own.iter().flat_map(|own| &own.through).find(is_open) {
            Some(path) => Err(not_ours(path, "is writable by everyone", "chmod o-w it, or use another `--state-dir`")),
            None => Ok(()),
        }
    }

    /// That a trail is not written into the directory of a run, by whatever name or link: the one is the proof of the
    /// other.
    pub(super) fn require_apart(&self, trail: &Path) -> Result<(), Failure> {
        if self.is_apart(trail) {
            return Ok(());
        }
        let message = format!("the trail in {} would be inside the directory of the runs", trail.display());
        Err(Failure::new(FailureKind::Usage, message)
            .hint("use another directory with `--audit-dir`: the trail is the copy that proves what the run contains"))
    }

    /// Whether a trail there is another file than what it is the copy of.
    pub(super) fn is_apart(&self, trail: &Path) -> bool {
        let (runs, trail) = (resolve(&self.absolute().state_dir.join("runs")).path, resolve(trail).path);
        let id = |path: &Path| RealDisk.stat(path).ok().map(|stat| stat.id);
        let is_within = |runs| trail.ancestors().any(|path| id(path) == Some(runs));
        !trail.starts_with(&runs) && !id(&runs).is_some_and(is_within)
    }

    /// The directory for the trails of what begins.
    pub(super) fn trails(&self) -> PathBuf {
        let named = self.audit_dir.clone().unwrap_or_else(|| PathBuf::from("audit"));
        super::process_env::working_directory().join(named)
    }

    /// The trail of a run that exists: in the directory that was named, else in the one the run began with.
    pub(super) fn trail_of(&self, facts: &RunOpened) -> PathBuf {
        let named = self.absolute().audit_dir;
        Self::trail(&named.unwrap_or_else(|| PathBuf::from(&facts.audit_dir)), &facts.run)
    }

    /// Whether that is another one than the run began with.
    pub(super) fn is_trail_moved(&self, facts: &RunOpened) -> bool {
        self.absolute().audit_dir.is_some_and(|named| named != Path::new(&facts.audit_dir))
    }

    /// The run of that id.
    pub(super) fn run(&self, id: &str) -> Result<RunDir, Failure> {
        let runs = self.runs()?;
        if let Some((_, dir)) = runs.iter().find(|(run, _)| run == id) {
            return Ok(dir.clone());
        }
        // The beginning of an id, or its last part, where that is the only one.
        if let Some(run) = meant(runs.iter().map(|(run, _)| run.as_str()), id)? {
            return Ok(RunDir::new(&self.state_dir, run));
        }
        let failure = Failure::new(
            FailureKind::Usage,
            format!("there is no run `{}` in {}", escape(id), self.state_dir.display()),
        );
        let names = runs.iter().map(|(run, _)| run.as_str());
        let near = nearest(id, names);
        Err(match near {
            Some(near) => failure.hint(format!("did you mean `{near}`? `surefoot runs` lists them")),
            None => failure.hint("`surefoot runs` lists the runs; `--state-dir` says where they are"),
        })
    }

    /// All runs, in order of id.
    pub(super) fn runs(&self) -> Result<Vec<(String, RunDir)>, Failure> {
        RunDir::list(&RealDisk, &self.state_dir).map_err(|error| journal_failure(&error))
    }

    /// All runs, the one whose journal was written last at the end: ids of runs against twins tell no order, because
    /// simulated time begins anew with each of them.
    pub(super) fn runs_by_age(&self) -> Result<Vec<(String, RunDir)>, Failure> {
        let mut runs = self.runs()?;
        runs.sort_by_cached_key(|(_, dir)| written_at(dir));
        Ok(runs)
    }

    /// The trail of a run.
    pub(super) fn trail(audit_dir: &Path, run: &str) -> PathBuf {
        audit_dir.join(run)
    }
}

/// Has git take up nothing of a directory that is there; one with a `.gitignore` is left as it is.
fn keep_from_git(dir: &Path) {
    // No change is worth failing for want of this.
    let fence = RealDisk.open(&dir.join(".gitignore"), Open::CreateNew);
    drop(fence.and_then(|mut file| file.write(b"*\n")));
}

/// The run that a part of its id means, where it is the only one.
pub(super) fn meant<'a>(runs: impl Iterator<Item = &'a str>, part: &str) -> Result<Option<&'a str>, Failure> {
    let is_meant =
        |run: &&str| part.len() >= PART_MIN && (run.starts_with(part) || run.rsplit('-').next() == Some(part));
    let found: Vec<&str> = runs.filter(is_meant).collect();
    match found.as_slice() {
        [] => Ok(None),
        [run] => Ok(Some(run)),
        many => {
            let message = format!("`{}` matches {} runs", escape(part), many.len());
            let names = many.iter().rev().take(5).copied().collect::<Vec<_>>().join(", ");
            Err(Failure::new(FailureKind::Usage, message)
                .hint(format!("write more characters; matches include {names}"))
                .hint("`surefoot runs` lists them all"))
        }
    }
}

fn not_ours(path: &Path, why: &str, mend: &str) -> Failure {
    Failure::new(FailureKind::Usage, format!("{} {why}", path.display()))
        .hint(format!("{mend}: anyone who can change it could read passwords or change what a run does"))
}

/// The run that a directory tells of where that is not the one it is named after: somebody has copied it.
pub(super) fn copy_of(dir: &RunDir) -> Option<String> {
    let path = dir.segment(1);
    let file = RealDisk.open(&path, Open::Read).ok()?;
    let mut bytes = vec![0; FIRST_LIMIT];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, filled as u64).ok()? {
            0 => break,
            count => filled += count,
        }
    }
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let name = path.file_name()?.to_str()?;
    // The journal may be damaged behind its first record: that is when people make copies.
    let run = verify(&[(name, bytes.get(..=end)?)], None).run?;
    dir.path().file_name().is_some_and(|name| *name != *run).then_some(run)
}

/// When the last segment of a run's journal was written, by the clock of the machine.
fn written_at(dir: &RunDir) -> Option<i64> {
    let segments = (1..).map_while(|number| RealDisk.stat(&dir.segment(number)).ok());
    segments.last().map(|stat| stat.modified_micros)
}

/// How another process is stopped, by what it says about itself.
pub(super) fn stop_hint(holder: &str) -> String {
    let digits = holder.split_once("process ").map(|(_, rest)| rest.split(|at: char| !at.is_ascii_digit()));
    match digits.and_then(|mut digits| digits.next()).filter(|digits| !digits.is_empty()) {
        Some(pid) => format!("stop it with Ctrl-C there, or with `kill -INT {pid}`"),
        None => "stop it with Ctrl-C there".to_owned(),
    }
}

/// The failure that an error of the journal is.
pub(super) fn journal_failure(error: &JournalError) -> Failure {
    let kind = match error {
        JournalError::Held { .. } => FailureKind::Locked,
        JournalError::Corrupt { .. } | JournalError::Unreadable { .. } | JournalError::Missing { .. } => {
            FailureKind::Damaged
        }
        JournalError::Exists { .. } | JournalError::Newer { .. } => FailureKind::Usage,
        JournalError::Encode(_) | JournalError::WrongFirst { .. } => FailureKind::Internal,
        _ => FailureKind::Storage,
    };
    let mut failure = Failure::new(kind, error.to_string());
    if let Some(source) = std::error::Error::source(error) {
        failure = failure.because(source);
    }
    match error {
        JournalError::Held { dir, holder } => {
            let run = dir.file_name().map(|run| escape(&run.to_string_lossy())).unwrap_or_default();
            let stop = stop_hint(holder);
            failure.hint(format!(
                "wait for the other process, or {stop}: it records what is in flight; then continue with \
                 `surefoot resume {run}`"
            ))
        }
        _ => failure.hint(error.advice()),
    }
}

/// Reads a file that the user named; it may stand behind links.
pub(super) fn read_named(path: &Path, limit: u64, what: &str) -> Result<Vec<u8>, Failure> {
    read_given(path, limit).map_err(unreadable(path, limit, what))
}

/// That a file that the user named is there and holds something.
pub(super) fn require_file(path: &Path, what: &str) -> Result<(), Failure> {
    match read_given(path, 0) {
        Ok(_) => Err(Failure::new(FailureKind::Usage, format!("the {what} {} is empty", path.display()))
            .hint("wait until it is complete, or name another one")),
        Err(error) if error.kind() == ErrorKind::FileTooLarge => Ok(()),
        Err(error) => Err(unreadable(path, 0, what)(error)),
    }
}

/// Reads a file of a run, which is never a link.
pub(super) fn read_kept(path: &Path, limit: u64, what: &str) -> Result<Vec<u8>, Failure> {
    RealDisk.read(path, limit).map_err(unreadable(path, limit, what))
}

/// The number of the error that too many links are.
const LINKS: i32 = rustix::io::Errno::LOOP.raw_os_error();

fn unreadable(path: &Path, limit: u64, what: &str) -> impl FnOnce(Error) -> Failure {
    move |error| {
        let failure = Failure::new(FailureKind::Usage, format!("cannot read the {what} {}", path.display()));
        let failure = failure.because(&error);
        match error.kind() {
            ErrorKind::NotFound => failure.hint("check the path; it is relative to the current directory"),
            ErrorKind::IsADirectory => failure.hint("name a file in it"),
            ErrorKind::FileTooLarge => failure.hint(format!("the limit is {}", crate::base::format_size(limit))),
            _ if error.raw_os_error() == Some(LINKS) => failure.hint("the symbolic links form a loop"),
            ErrorKind::InvalidInput => failure.hint("save it to a regular file first: it is read more than once"),
            _ => failure,
        }
    }
}
