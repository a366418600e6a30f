//! What the live line of a step says, in as many columns as there are.

use crate::base::{format_duration, format_size, width};
use crate::report::cut;
use std::time::Duration;

/// A step's name is not made shorter than this.
const STEP_MIN: usize = 8;

/// What the line of a step says.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub(super) step: String,
    pub(super) attempt: u32,
    /// What the engine says it does or waits for.
    pub(super) state: String,
    /// What the action says it does.
    pub(super) said: String,
    /// How many times faster than real time the run's clock goes; 0 where nobody here knows.
    pub(super) speed: f64,
    /// Bytes moved and bytes in all.
    pub(super) moved: Option<(u64, u64)>,
}

impl Words {
    /// The line. Where it is too long, what matters least goes first: a deadline and a rate stay.
    pub(super) fn text(&self, elapsed: Duration, per_second: f64, columns: usize) -> String {
        // By the clock of the run, as every other time on the screen.
        let speed = if self.speed > 0.0 { self.speed } else { 1.0 };
        let elapsed = Duration::try_from_secs_f64(elapsed.as_secs_f64() * speed).unwrap_or(elapsed);
        let time = format_duration(Duration::from_secs(elapsed.as_secs().max(1)));
        let attempt = if self.attempt > 1 { format!(", try {}", self.attempt) } else { String::new() };
        let leads = [format!("  {} {time}{attempt}: ", self.step), format!("  {}: ", self.step)];
        let doing = match self.moved.filter(|(_, total)| *total > 0) {
            Some((done, total)) => moved(done, total, per_second),
            None => waits(if self.said.is_empty() { &self.state } else { &self.said }),
        };
        let whole =
            |lead: &String, doing: &String| Some(format!("{lead}{doing}")).filter(|line| width(line) <= columns);
        let fits = doing.iter().find_map(|doing| leads.iter().find_map(|lead| whole(lead, doing)));
        fits.unwrap_or_else(|| {
            let least = doing.last().map(String::as_str).unwrap_or_default();
            let room = columns.saturating_sub(width(least) + 4);
            let step = if room < STEP_MIN { self.step.clone() } else { cut(&self.step, room) };
            cut(&format!("  {step}: {least}"), columns)
        })
    }
}

/// How far a transfer is, from the longest way of saying it to the shortest.
fn moved(done: u64, total: u64, per_second: f64) -> Vec<String> {
    let rate = format!("{}/s", rate(per_second));
    let percent = u128::from(done.min(total)) * 100 / u128::from(total.max(1));
    vec![
        format!("{} of {}, {rate}", format_size(done), format_size(total)),
        format!("{percent} % of {}, {rate}", format_size(total)),
        format!("{percent} %, {rate}"),
    ]
}

/// What is waited for and until when, from the longest way of saying it to the shortest.
fn waits(doing: &str) -> Vec<String> {
    let mut ways = vec![doing.to_owned()];
    let is_deadline = |until: &str| until.starts_with("until ") || until.starts_with("gives up at ");
    if let Some((what, until)) = doing.rsplit_once(", ").filter(|(_, until)| is_deadline(until)) {
        ways.push(format!("{what}, {until}"));
        ways.push(until.to_owned());
    }
    ways
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate for people, not below zero")]
fn rate(per_second: f64) -> String {
    format_size(per_second.max(0.0) as u64)
}
