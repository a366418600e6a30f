//! The keys that one-time passwords are sealed to.

use super::failure::{Failure, FailureKind};
use super::place::Place;
use crate::adapter::age::{self, AgeSealer};
use crate::adapter::disk::RealDisk;
use crate::base::Secret;
use crate::engine::{Engine, Phase};
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
}

/// Makes a key where there is none.
pub fn keys_init(place: &Place) -> Result<Keys, Failure> {
    let place = place.absolute();
    let folder = place.state_dir.join("keys");
    if RealDisk.stat(&identity_path(&folder)).is_ok() {
        return Err(Failure::new(FailureKind::Usage, format!("there is a key in {} already", folder.display()))
            .hint("`surefoot keys show` prints its recipient"));
    }
    let (identity, recipient) = age::generate_identity();
    RealDisk.create_dir_all(&folder).map_err(|error| storage(&folder, &error))?;
    write(&identity_path(&folder), identity.expose())?;
    write(&recipients_path(&folder), &format!("{recipient}\n"))?;
    RealDisk.sync_dir(&folder).map_err(|error| storage(&folder, &error))?;
    keys_show(&place)
}

/// The keys that are there.
pub fn keys_show(place: &Place) -> Result<Keys, Failure> {
    let folder = place.absolute().state_dir.join("keys");
    let text = read(&recipients_path(&folder))?.ok_or_else(|| {
        Failure::new(FailureKind::Usage, format!("there is no key in {}", folder.display()))
            .hint("`surefoot keys init` makes one")
    })?;
    let recipients = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(Keys { recipients: recipients.map(str::to_owned).collect(), identity: identity_path(&folder) })
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
        Failure::new(FailureKind::Usage, "the password that this run obtains could not be sealed and opened again")
            .because(&error)
            .hint(format!("put the keys back into {}, with which the run began", folder.display()))
            .hint("or make others with `surefoot keys init`; they do not open what is sealed already")
    })
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

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let mut file = RealDisk.open(path, Open::CreateNew).map_err(|error| storage(path, &error))?;
    write_all(file.as_mut(), text.as_bytes()).map_err(|error| storage(path, &error))
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
