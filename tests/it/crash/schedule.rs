//! Where the processes of one run are killed, one after the other.

use super::point::{Call, Point, Side};
use std::fmt;
use std::str::FromStr;

/// How many calls of a recovery a second kill is tried at.
const NEAR: usize = 20;
/// Calls that each run makes, and that cannot be taken back.
const EFFECTS: [&str; 2] = ["DELETE /v1/instances/", "POST /v1/instances "];

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Schedule(Vec<Point>);

impl Schedule {
    /// Where the process is killed before which so many were killed, if it is.
    pub(super) fn after(&self, kills: usize) -> Option<&Point> {
        self.0.get(kills)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether every run comes to its points.
    pub(super) fn is_certain(&self) -> bool {
        self.0.iter().all(|point| matches!(point.call, Call::First(_)))
    }

    /// Both sides of the calls that count most, and four more over a run of so many calls.
    pub(super) fn slice(calls: usize) -> Vec<Self> {
        let effects = EFFECTS.iter().flat_map(|line| Side::BOTH.map(|side| Point::first(line, side)));
        let spread = (0..4).map(|one| Point::number(1 + calls * one / 5, Side::BOTH[one % 2]));
        effects.chain(spread).map(|point| Self(vec![point])).collect()
    }

    /// Both sides of every call.
    pub(super) fn singles(calls: usize) -> Vec<Self> {
        both_sides(calls).map(|point| Self(vec![point])).collect()
    }

    /// Both sides of every call, each with both sides of each of the next calls of the recovery.
    pub(super) fn pairs(calls: usize) -> Vec<Self> {
        both_sides(calls)
            .flat_map(|first| both_sides(NEAR).map(move |second| Self(vec![first.clone(), second])))
            .collect()
    }
}

fn both_sides(calls: usize) -> impl Iterator<Item = Point> {
    (1..=calls).flat_map(|number| Side::BOTH.map(|side| Point::number(number, side)))
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let points: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        write!(f, "{}", points.join(","))
    }
}

impl FromStr for Schedule {
    type Err = String;

    /// Reads what is displayed.
    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

#[test]
fn a_schedule_is_read_as_it_is_shown() {
    for schedule in Schedule::slice(90).into_iter().chain(Schedule::pairs(2)) {
        let text = schedule.to_string();
        assert_eq!(text.parse(), Ok(schedule), "{text}");
    }
    assert_eq!(Schedule::slice(90).len(), 8);
    assert_eq!(Schedule::singles(90).len(), 180);
    assert_eq!(Schedule::pairs(90).len(), 7_200);
    assert!("beside:3".parse::<Schedule>().is_err() && "37".parse::<Schedule>().is_err());
}
