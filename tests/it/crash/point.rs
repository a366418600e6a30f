//! Where a process is killed.

use std::fmt;
use std::str::FromStr;

/// One moment in the life of a process: beside one of its calls to the world.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) call: Call,
    pub(super) side: Side,
}

/// A call to the world, in the order in which they arrive.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Call {
    /// From 1.
    Number(usize),
    /// The first one whose request line begins so.
    First(String),
}

/// On which side of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The request has left the process whole, and never reaches the world.
    Before,
    /// The world has answered, and the answer never reaches the process.
    After,
}

impl Point {
    pub(super) fn number(number: usize, side: Side) -> Self {
        Self { call: Call::Number(number), side }
    }

    pub(super) fn first(line: &str, side: Side) -> Self {
        Self { call: Call::First(line.to_owned()), side }
    }

    /// Whether this is a point of that call.
    pub(super) fn is_at(&self, number: usize, line: &str) -> bool {
        match &self.call {
            Call::Number(wanted) => *wanted == number,
            Call::First(begin) => line.starts_with(begin),
        }
    }
}

impl Side {
    pub(super) const BOTH: [Self; 2] = [Self::Before, Self::After];
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.side == Side::Before { "before" } else { "after" };
        match &self.call {
            Call::Number(number) => write!(f, "{side}:{number}"),
            Call::First(line) => write!(f, "{side}:{line}"),
        }
    }
}

impl FromStr for Point {
    type Err = String;

    /// Reads what is displayed.
    fn from_str(text: &str) -> Result<Self, String> {
        let (side, call) = text.split_once(':').ok_or_else(|| format!("`{text}` is not before:CALL or after:CALL"))?;
        let side = match side {
            "before" => Side::Before,
            "after" => Side::After,
            _ => return Err(format!("`{side}` is neither before nor after")),
        };
        Ok(call.parse().map_or_else(|_| Self::first(call, side), |number| Self::number(number, side)))
    }
}
