//! The faults of a call of a port.

use super::disk::Loss;
use super::rng::Roll;
use crate::twin::{FaultKind, FaultSpec};
use std::fmt;
use std::str::FromStr;

/// A call of a port, counted from the beginning of the trial, and the side of it on which the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The number of the call, from 1.
    pub call: u64,
    /// Whether what it asks for has been done.
    pub edge: Edge,
    /// What happens to unsynced bytes.
    pub loss: Loss,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edge = match self.edge {
            Edge::Before => "before",
            Edge::After => "after",
        };
        write!(f, "{edge}:{}", self.call)?;
        if self.loss == Loss::Everything { Ok(()) } else { write!(f, ":{}", self.loss.name()) }
    }
}

/// A text is not a [`Point`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a point is written as before:CALL or after:CALL, with the number of the call from 1, and with :kept or :torn \
     where unsynced bytes are not lost"
)]
pub struct NoPoint;

impl FromStr for Point {
    type Err = NoPoint;

    fn from_str(text: &str) -> Result<Self, NoPoint> {
        let (edge, rest) = text.split_once(':').ok_or(NoPoint)?;
        let (call, loss) = rest.split_once(':').unwrap_or((rest, Loss::Everything.name()));
        let loss = Loss::ALL.into_iter().find(|one| one.name() == loss).ok_or(NoPoint)?;
        let edge = match edge {
            "before" => Edge::Before,
            "after" => Edge::After,
            _ => return Err(NoPoint),
        };
        let call = call.parse().ok().filter(|call| *call > 0).ok_or(NoPoint)?;
        Ok(Self { call, edge, loss })
    }
}

/// A side of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edge {
    /// Nothing has been done.
    Before,
    /// It has been done, and nobody has seen the result.
    After,
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Port {
    /// A request over HTTP that only reads.
    Http,
    /// A request over HTTP that is an effect.
    Effect,
    /// A primitive of the object store.
    Objects,
    /// An operation of the disk that makes something durable.
    Sync,
    /// Any other operation of the disk that changes something.
    Change,
    /// A question to a person.
    Operator,
    /// The start of a program.
    Command,
}

impl Port {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Effect => "effect",
            Self::Objects => "objects",
            Self::Sync => "sync",
            Self::Change => "disk",
            Self::Operator => "operator",
            Self::Command => "command",
        }
    }
}

/// A fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No connection: certainly not sent.
    Refused,
    /// The request is lost, and nobody can tell.
    Lost,
    /// It is executed, and the response is lost.
    Unanswered,
    /// Nobody answers, and it is executed so many seconds later.
    Late(u64),
    /// It is executed so many seconds after it arrived.
    Slow(u64),
    /// It is answered with a status and not executed; with `Retry-After` in seconds, where there is one.
    Status(u16, Option<u64>),
    /// It is executed, and something between us and the service answers with a status.
    Failed(u16),
    /// It is executed and only so many bytes of the response arrive.
    Cut(u64),
    /// It is executed and the response is something else than the API's.
    Garbled,
    /// It is executed and the response is longer than anybody reads.
    Huge,
    /// A sync fails, and what was to be durable is not.
    SyncFails,
    /// There is no space left.
    DiskFull,
    /// The person is not there.
    Away,
    /// The person gives a file that is not the export.
    WrongFile,
    /// The local clock jumps ahead by so many seconds.
    ClockJumps(u64),
    /// The local clock is set back by so many seconds.
    ClockSetBack(u64),
}

impl Fault {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "connection refused",
            Self::Lost => "request lost",
            Self::Unanswered => "response lost",
            Self::Late(121..) => "request later than any is awaited",
            Self::Late(_) => "request late",
            Self::Slow(_) => "request slow",
            Self::Status(429, _) => "status 429",
            Self::Status(500.., _) => "status 5xx",
            Self::Status(400.., _) => "status 4xx",
            Self::Status(..) => "another status",
            Self::Failed(_) => "status 5xx instead of the response",
            Self::Cut(_) => "response cut",
            Self::Garbled => "response garbled",
            Self::Huge => "response huge",
            Self::SyncFails => "sync failed",
            Self::DiskFull => "disk full",
            Self::Away => "person away",
            Self::WrongFile => "wrong file given",
            Self::ClockJumps(_) => "clock jumped ahead",
            Self::ClockSetBack(_) => "clock set back",
        }
    }

    /// The same for a fault of a scenario, which also holds what it answers with.
    pub(super) fn of(fault: &FaultSpec) -> Self {
        match fault.kind {
            FaultKind::Delay => Self::Slow(fault.seconds()),
            FaultKind::DropRequest | FaultKind::Reset => Self::Lost,
            FaultKind::DropResponse => Self::Unanswered,
            FaultKind::Status => Self::Status(fault.response().status, None),
            FaultKind::Truncate => Self::Cut(fault.arg.as_u64().unwrap_or_default()),
            FaultKind::Late => Self::Late(fault.seconds()),
        }
    }

    /// A fault that a call of this port can have.
    pub(super) fn random(port: Port, roll: &mut Roll) -> Self {
        match port {
            Port::Http | Port::Effect => match roll.below(26) {
                0 => Self::Refused,
                1..=3 => Self::Lost,
                4..=8 => Self::Unanswered,
                // Some arrive after everybody has given them up.
                9..=12 if port == Port::Effect && roll.below(5) == 0 => Self::Late(roll.between(181, 1200)),
                9..=12 => Self::Late(roll.between(1, 60)),
                13 => Self::Slow(roll.between(1, 30)),
                14..=15 => Self::Status(429, Some(roll.between(0, 90))),
                16..=18 => Self::Status(roll.pick(500, &[502, 503, 504]), None),
                19..=20 => Self::Cut(roll.below(400)),
                21 => Self::Garbled,
                22 => Self::Huge,
                23 | 24 => Self::Failed(roll.pick(500, &[502, 504])),
                _ => {
                    let secs = roll.between(1, 900);
                    if roll.below(4) == 0 { Self::ClockSetBack(secs) } else { Self::ClockJumps(secs) }
                }
            },
            Port::Objects => match roll.below(9) {
                0 => Self::Refused,
                1 => Self::Lost,
                2 | 3 => Self::Unanswered,
                4 | 5 => Self::Late(roll.between(1, 60)),
                6 => Self::Slow(roll.between(1, 30)),
                _ => Self::Status(503, None),
            },
            Port::Sync => Self::SyncFails,
            Port::Change => Self::DiskFull,
            Port::Operator => {
                if roll.below(2) == 0 {
                    Self::Away
                } else {
                    Self::WrongFile
                }
            }
            Port::Command => match roll.below(7) {
                0 => Self::Refused,
                1 | 2 => Self::Lost,
                3..=5 => Self::Unanswered,
                _ => Self::Slow(roll.between(1, 30)),
            },
        }
    }
}
