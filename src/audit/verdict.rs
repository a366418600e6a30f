//! What can be said about a trail.

use crate::base::Digest;
use crate::record::Corruption;

/// What a trail shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The run, as its first record names it.
    pub run: Option<String>,
    /// The segments, in order.
    pub segments: Vec<SegmentVerdict>,
    /// How many records form a sound chain from the first on.
    pub records: u64,
    /// The hash of the last of them.
    pub last: Option<Digest>,
    /// Whether the run has ended: nothing but records of the journal itself follows its closing.
    pub closed: bool,
    /// What is wrong; nothing where the chain is sound to its end.
    pub finding: Option<Finding>,
    /// The number of the last record that a trusted signature covers.
    pub signed: Option<u64>,
    /// The number of the last record that somebody else witnessed.
    pub anchored: Option<u64>,
    /// What `journal.head` adds, where there is one.
    pub head: HeadVerdict,
    /// What the run's policy demands of its trail.
    pub recorded: Option<Require>,
}

/// What is wrong with a trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// There is no segment.
    Empty,
    /// The last batch did not reach the disk whole, as after a power loss. `surefoot resume` fixes it.
    Torn {
        /// The segment.
        segment: String,
        /// Where it begins, in bytes.
        offset: u64,
        /// How many bytes there are.
        len: u64,
    },
    /// Records are damaged, missing, repeated or out of order.
    Corrupt(Corruption),
    /// A segment is not there.
    MissingSegment {
        /// Its name.
        segment: String,
    },
    /// Records at the end were durable once and are not there.
    Cut {
        /// The number of the first record that is not there.
        first: u64,
        /// The number of the last record that was known to be durable.
        durable: u64,
    },
    /// The chain is sound, but a record is another one than was known: the journal was written anew.
    Rewritten {
        /// The number of the record.
        seq: u64,
        /// The hash it was known by.
        known: Digest,
        /// The hash it has.
        found: Digest,
    },
}

/// What `journal.head` adds to what the chain shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadVerdict {
    /// There is none, as in an audit directory.
    Absent,
    /// Neither of its slots is valid.
    Unreadable,
    /// It knows the hash of this record, and the trail has it.
    Agrees(u64),
    /// It does not agree with the trail; the finding says how.
    Disagrees,
}

/// What can be said about one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentVerdict {
    /// The name of its file.
    pub name: String,
    /// Its length in bytes.
    pub len: u64,
    /// The numbers of its first and last sound record.
    pub records: Option<(u64, u64)>,
    /// What it is.
    pub state: SegmentState,
}

/// What a segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentState {
    /// All of it is part of the chain.
    Sound,
    /// It was copied into the next one after a failed sync and is no part of the chain; the copy agrees with it.
    Replaced,
    /// It was copied into the next one and is not what was copied: its bytes may never have reached the disk.
    ReplacedAndDiffers,
    /// Something is wrong with it.
    Unsound,
    /// It stands behind the place where something is wrong and was not looked at.
    NotReached,
}

/// What is demanded of a trail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Require {
    /// The chain is sound.
    #[default]
    Consistent,
    /// A trusted signature covers all of it.
    Signed,
    /// Somebody else has witnessed it.
    Anchored,
}

impl Require {
    /// Every demand, from the weakest.
    pub const ALL: [Self; 3] = [Self::Consistent, Self::Signed, Self::Anchored];

    /// Its name on the command line and in a policy.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consistent => "consistent",
            Self::Signed => "signed",
            Self::Anchored => "anchored",
        }
    }

    /// The demand of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|require| require.name() == name)
    }
}

impl Verdict {
    /// Whether the trail meets a demand; otherwise why not, in one sentence.
    pub fn meets(&self, require: Require) -> Result<(), String> {
        if let Some(finding) = &self.finding {
            return Err(format!("the trail is not consistent: {finding}"));
        }
        let last = self.records.checked_sub(1);
        let covered = |proof: Option<u64>| proof.is_some() && proof >= last;
        match require {
            Require::Signed if !covered(self.signed) => {
                Err("no trusted signature covers it; only its consistency can be checked".to_owned())
            }
            Require::Anchored if !covered(self.anchored) => {
                Err("nobody else has witnessed it; only its consistency can be checked".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The records that nothing outside the trail vouches for: first and last number.
    pub fn unproven(&self) -> Option<(u64, u64)> {
        let last = self.records.checked_sub(1)?;
        let first = self.signed.max(self.anchored).map_or(0, |proved| proved + 1);
        (first <= last).then_some((first, last))
    }
}
