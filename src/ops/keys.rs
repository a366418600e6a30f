//! The keys that one-time passwords are sealed to.

use super::failure::{Failure, FailureKind};
use super::paths::{Paths, journal_failure};
use super::patience::patiently;
use crate::adapter::age::{self, AgeSealer};
use crate::adapter::disk::RealDisk;
use crate::base::Secret;
use crate::engine::{Engine, Phase};
use crate::journal::make_durably;
use crate::port::{Disk, DiskFile, Open, Sealer as _};
use std::io;
use std::path::{Path, PathBuf};

/// Largest key file, in bytes.
const FILE_LIMIT: u64 = 64 << 10;

/// The keys of a state directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The recipients, as `age1…`.
    pub recipients: Vec<String>,
    /// The file that holds the identity, mode 0600.
    pub identity: PathBuf,
    /// Whether the identity was made just now.
    pub is_new: bool,
}

/// Makes a key where there is none, and finishes one that was begun: nothing can have been sealed to an identity whose
/// recipients were not written down.
pub fn keys_init(paths: &Paths) -> Result<Keys, Failure> {
    paths.require_own()?;
    let folder = paths.absolute().state_dir.join("keys");
    if !recipients(&folder)?.is_empty() {
        require_identity(&folder)?;
        return Err(Failure::new(FailureKind::Usage, format!("{} already contains a key", folder.display()))
            .hint("`surefoot keys show` prints its recipient"));
    }
    // What is sealed to a key is lost with it.
    make_durably(&RealDisk, &folder).map_err(|error| journal_failure(&error))?;
    paths.fence();
    let (recipients, is_new) = match begun(&folder)? {
        Some(recipients) => (recipients, false),
        None => begin(&folder)?,
    };
    // What is sealed to the recipients must find the identity after a power loss, so that is durable before they are.
    let path = identity_path(&folder);
    let synced = RealDisk.open(&path, Open::Read).and_then(|mut file| file.sync_all());
    synced.and_then(|()| RealDisk.sync_dir(&folder)).map_err(|error| storage(&path, &error))?;
    // Another process may read them at any moment: they are there in full or not at all.
    let path = recipients_path(&folder);
    let draft = folder.join(format!("recipients.txt.{}", std::process::id()));
    let written = RealDisk
        .open(&draft, Open::Create)
        .and_then(|mut file| fill(file.as_mut(), &(recipients.join("\n") + "\n")))
        .and_then(|()| RealDisk.rename(&draft, &path));
    written.map_err(|error| storage(&path, &error))?;
    RealDisk.sync_dir(&folder).map_err(|error| storage(&folder, &error))?;
    Ok(Keys { recipients, identity: identity_path(&folder), is_new })
}

/// The keys that are there.
pub fn keys_show(paths: &Paths) -> Result<Keys, Failure> {
    paths.require_own()?;
    let folder = paths.absolute().state_dir.join("keys");
    let recipients = recipients(&folder)?;
    if recipients.is_empty() {
        let (what, hint) = match begun(&folder)? {
            Some(_) => ("only half a key", "`surefoot keys init` finishes it"),
            None => ("no key", "`surefoot keys init` creates one"),
        };
        return Err(Failure::new(FailureKind::Usage, format!("there is {what} in {}", folder.display())).hint(hint));
    }
    require_identity(&folder)?;
    Ok(Keys { recipients, identity: identity_path(&folder), is_new: false })
}

/// The keys that are there; where there are none they are made, by this process or by another that begins a run in the
/// same moment.
pub(super) fn keys_ensure(paths: &Paths) -> Result<Keys, Failure> {
    let mut last = None;
    let keys =
        patiently(|| keys_show(paths).or_else(|_| keys_init(paths)).map_err(|failure| last = Some(failure)).ok());
    keys.ok_or_else(|| last.unwrap_or_else(|| Failure::new(FailureKind::Usage, "there is no key")))
}

/// What is sealed to recipients alone could never be opened.
fn require_identity(folder: &Path) -> Result<(), Failure> {
    let path = identity_path(folder);
    if read(&path)?.is_some() {
        return Ok(());
    }
    Err(Failure::new(FailureKind::Usage, format!("the identity file {} is missing", path.display()))
        .hint("restore your copy of it")
        .hint(format!(
            "or, if it is lost, move {} away and create a new key with `surefoot keys init`",
            recipients_path(folder).display()
        )))
}

/// The recipients that are written down.
fn recipients(folder: &Path) -> Result<Vec<String>, Failure> {
    let text = read(&recipients_path(folder))?.unwrap_or_default();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines.map(str::to_owned).collect())
}

/// The recipients of the identity that is there: whoever made it may have died before it wrote them down, or found the
/// disk full. None where nothing of it was written.
fn begun(folder: &Path) -> Result<Option<Vec<String>>, Failure> {
    let path = identity_path(folder);
    let Some(identity) = read(&path)?.map(Secret::new) else { return Ok(None) };
    let found = age::recipients_of(&identity).map_err(|error| {
        Failure::new(FailureKind::Usage, format!("{} does not contain a key", path.display())).because(&error).hint(
            "nothing was sealed to it, because there are no recipients: move it away, then run `surefoot keys init`",
        )
    })?;
    Ok(Some(found).filter(|found| !found.is_empty()))
}

/// Makes an identity, and says whether it did: another process may have been faster.
fn begin(folder: &Path) -> Result<(Vec<String>, bool), Failure> {
    let path = identity_path(folder);
    let mut file = RealDisk.open(&path, Open::Create).map_err(|error| storage(&path, &error))?;
    if !file.try_lock().map_err(|error| storage(&path, &error))? {
        let text = format!("another process is creating a key in {}", folder.display());
        return Err(Failure::new(FailureKind::Locked, text));
    }
    if let Some(recipients) = begun(folder)? {
        return Ok((recipients, false));
    }
    let (identity, recipient) = age::generate_identity();
    fill(file.as_mut(), identity.expose()).map_err(|error| storage(&path, &error))?;
    Ok((vec![recipient], true))
}

/// The sealer of a state directory; without keys it can seal nothing and says so when it is asked to.
pub(super) fn sealer(state_dir: &Path) -> Result<AgeSealer, Failure> {
    let folder = state_dir.join("keys");
    let recipients = read(&recipients_path(&folder))?.unwrap_or_default();
    let identity = read(&identity_path(&folder))?.map(Secret::new);
    AgeSealer::new(&recipients, identity.as_ref()).map_err(|error| {
        Failure::new(FailureKind::Usage, format!("the keys in {} cannot be used", folder.display())).because(&error)
    })
}

/// That what a step of the run has yet to obtain can be sealed and opened again: the keys may have been taken away
/// since the run began, and nothing irreversible is done without them.
pub(super) fn require(state_dir: &Path, engine: &Engine) -> Result<(), Failure> {
    let mut steps = engine.plan().steps.iter().zip(engine.steps());
    // A run that ends obtains nothing more.
    let is_ending = matches!(engine.run().phase, Phase::Ending(_));
    if is_ending
        || !steps.any(|(step, state)| !state.status.is_over() && step.kind.outputs.iter().any(|field| field.secret))
    {
        return Ok(());
    }
    let sealer = sealer(state_dir)?;
    let probe = Secret::new(b"surefoot seals this to see whether it can be opened".to_vec());
    sealer.seal(&probe).and_then(|sealed| sealer.open(&sealed)).map(drop).map_err(|error| {
        let folder = state_dir.join("keys");
        Failure::new(FailureKind::Usage, "a password of this run could not be sealed and opened again")
            .because(&error)
            .hint(format!("restore the keys that the run started with to {}", folder.display()))
            .hint("or create new ones with `surefoot keys init`; they cannot open what is already sealed")
    })
}

/// The file of a state directory that holds its identity.
pub(super) fn identity(state_dir: &Path) -> PathBuf {
    identity_path(&state_dir.join("keys"))
}

fn identity_path(folder: &Path) -> PathBuf {
    folder.join("identity.txt")
}

fn recipients_path(folder: &Path) -> PathBuf {
    folder.join("recipients.txt")
}

fn read(path: &Path) -> Result<Option<String>, Failure> {
    match RealDisk.read(path, FILE_LIMIT) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(storage(path, &error)),
    }
}

/// Writes a file anew.
fn fill(file: &mut dyn DiskFile, text: &str) -> io::Result<()> {
    file.set_len(0)?;
    write_all(file, text.as_bytes())
}

/// Writes and syncs.
pub(super) fn write_all(file: &mut dyn DiskFile, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = file.write(bytes)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = bytes.get(written..).unwrap_or_default();
    }
    file.sync_all()
}

/// A local file could not be used.
pub(super) fn storage(path: &Path, error: &io::Error) -> Failure {
    Failure::new(FailureKind::Storage, format!("cannot use {}", path.display())).because(error)
}
