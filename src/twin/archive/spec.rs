//! What an archive is about, and what can be wrong with one.

use crate::base::{Timestamp, Value};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The name of the description inside the tar.
pub(super) const DESCRIPTION: &str = "./surefoot-twin/graph.json";

const DAY: Duration = Duration::from_hours(24);

/// The longest description accepted, in bytes.
pub(super) const DESCRIPTION_MAX: u64 = 1 << 20;

/// How an archive is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A backup artifact of the current versions: magic `BZV3`, readable header, zstd.
    Backup,
    /// A dump: magic `DZV1`, zstd.
    Dump,
    /// A dump of early versions: a bare zstd frame.
    Legacy,
}

impl Format {
    /// The extension of the file that the console offers, without a dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Dump | Self::Legacy => "dump",
        }
    }
}

/// What an archive is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// How it is wrapped.
    pub format: Format,
    /// Decides the noise, the store id and the database id.
    pub seed: u64,
    /// The wanted size of the file in bytes. Reached within 1 % above 1 MiB; smaller files are as small as they can be.
    pub size: u64,
    /// The name of the database.
    pub database: String,
    /// When the backup was taken; the header holds whole seconds.
    pub taken_at: Timestamp,
    /// Whether it is a full backup; a differential one is not enough to restore from.
    pub full: bool,
    /// When its store was created: half of the store's id, which the header tells.
    pub store_created_at: Timestamp,
    /// Whether its last bytes are missing.
    pub cut: bool,
    /// What the archive is a copy of.
    pub contents: Contents,
}

/// What is wrong with a file that the console hands out, or a person takes for an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mistake {
    /// Nothing.
    #[default]
    None,
    /// It is of a database of another name.
    OtherDatabase,
    /// It is of another instance's store, with a database of the same name.
    OtherStore,
    /// It is of a snapshot of the day before.
    OtherTime,
    /// It holds only what changed since another backup.
    Partial,
    /// It is a dump, which does not say what it is of.
    Dump,
    /// Its last bytes are missing.
    Truncated,
    /// It is of a database that holds next to nothing.
    Small,
}

impl Mistake {
    /// Whether nothing is wrong.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

impl Spec {
    /// The archive with something wrong with it.
    #[must_use]
    pub fn with(self, mistake: Mistake) -> Self {
        match mistake {
            Mistake::None => self,
            Mistake::OtherDatabase => Self { database: "another".to_owned(), ..self },
            Mistake::OtherStore => Self { store_created_at: self.store_created_at.plus(DAY), ..self },
            Mistake::OtherTime => Self { taken_at: self.taken_at.minus(DAY), ..self },
            Mistake::Partial => Self { full: false, ..self },
            Mistake::Dump => Self { format: Format::Dump, ..self },
            Mistake::Truncated => Self { cut: true, ..self },
            Mistake::Small => {
                let graph = serde_json::json!({"nodes": 0});
                Self { size: 1, contents: Contents { graph, ..self.contents }, ..self }
            }
        }
    }
}

/// What an archive is a copy of, and what an import brings back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The instance it was taken from.
    pub instance_id: String,
    /// The description of the graph, as the world wrote it.
    pub graph: Value,
}

/// An archive could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The name of the database does not fit its length byte.
    #[error("the name of the database has {0} bytes, more than 255")]
    Name(usize),
    /// Writing to the destination failed.
    #[error("archive could not be written")]
    Write(#[source] std::io::Error),
    /// The source failed, or ended before the archive did.
    #[error("archive could not be read to its end")]
    Read(#[source] std::io::Error),
    /// The first bytes are none of the known magics.
    #[error("not an archive: it begins with {0:02x?}")]
    Magic([u8; 4]),
    /// The header is not one of the known versions.
    #[error("unknown version {version} of the {what}")]
    Version {
        /// Which structure.
        what: &'static str,
        /// The version found.
        version: u32,
    },
    /// The archive is whole but was not made by this twin, so nothing tells what its graph is.
    #[error("the archive holds no {DESCRIPTION}")]
    Foreign,
    /// The description is not what the twin writes.
    #[error("the description in the archive is not readable")]
    Description(#[source] serde_json::Error),
}
