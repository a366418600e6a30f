//! What a rehearsal came to.

use super::page::Page;
use super::style::{Style, Tone};
use crate::base::{escape, format_duration};
use std::time::Duration;

/// What a rehearsal came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RehearsalPage {
    /// The runbook, with its version.
    pub runbook: String,
    /// The digest of the plan that was rehearsed.
    pub plan_digest: String,
    /// What was tried, in words.
    pub tried: String,
    /// What was tried, exactly.
    pub campaign: RehearsalCampaign,
    /// How many trials there were.
    pub trials: u64,
    /// In how many something was wrong.
    pub failures: u64,
    /// What the plan assumes and does not hold, where there is anything.
    pub assumption: Option<RehearsalAssumption>,
    /// How many ended how.
    pub endings: Vec<(String, u64)>,
    /// How often each fault and condition occurred.
    pub met: Vec<(String, u64)>,
    /// The calls of ports, by port.
    pub calls: Vec<(String, u64)>,
    /// How many processes there were, and how many of them died.
    pub lives: u64,
    /// How many processes died.
    pub crashes: u64,
    /// Simulated time in all.
    pub simulated: Duration,
    /// Real time in all.
    pub elapsed: Duration,
    /// How long the change takes on a calm day: half of the trials, and 95 of a hundred, were done by then.
    pub estimate: Option<(Duration, Duration)>,
    /// How long each step with an effect takes on a calm day: 95 of a hundred were done by then.
    pub step_estimates: Vec<(String, Duration)>,
    /// The first trials in which something was wrong, each with the least that is needed to show it.
    pub failing: Vec<RehearsalFailure>,
    /// Why no run of it is done, where none is: then nothing is shown about its end.
    pub unfinished: Option<RehearsalUnfinished>,
    /// Where this is written down.
    pub evidence: String,
}

/// What decides about a campaign beside the plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RehearsalCampaign {
    /// The seeds or crashes, as a word: `seeds-0-999`, `crash-all`.
    pub trials: String,
    /// Digest of the scenario with its faults.
    pub scenario: String,
    /// The seed of the world.
    pub world: u64,
    /// The version of the engine.
    pub engine: String,
}

impl RehearsalPage {
    /// What it says about the runbook, in one word.
    pub fn verdict(&self) -> &'static str {
        match (&self.unfinished, &self.assumption) {
            _ if self.failures > 0 => "violated",
            (Some(unfinished), _) if unfinished.is_held => "held",
            (Some(_), _) => "failed",
            (None, Some(_)) => "assumption-broken",
            (None, None) => "holds",
        }
    }
}

impl RehearsalCampaign {
    /// A name that no campaign has which differs from it in anything.
    pub fn name(&self) -> String {
        let Self { trials, scenario, world, engine } = self;
        format!("{trials}-world-{world}-{}-{engine}", scenario.get(..16).unwrap_or(scenario))
    }
}

/// Why no run of a rehearsal is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RehearsalUnfinished {
    /// Whether at least one waits for a person; where none does, they failed.
    pub is_held: bool,
    /// How many ended how, in words.
    pub ended: String,
    /// Why one of them is held, or failed.
    pub why: String,
}

/// What the plan assumes of the service, and was not so in the world of some trials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RehearsalAssumption {
    /// In one sentence.
    pub told: String,
    /// In how many trials it did not hold.
    pub trials: u64,
    /// In how many of those an instance was created while another one of the same step was there.
    pub doubled: u64,
}

/// A trial in which something was wrong.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RehearsalFailure {
    /// The command that shows it again.
    pub again: String,
    /// What was wrong.
    pub violations: Vec<String>,
    /// Its faults and conditions, in order.
    pub schedule: Vec<String>,
    /// Where its journal is.
    pub journal: String,
}

/// The rehearsal for people.
pub fn rehearsal(page: &RehearsalPage, style: Style) -> String {
    let mut text = Page::new(style);
    let RehearsalPage { runbook, tried, failures, trials, .. } = page;
    let (tone, head) = match &page.unfinished {
        Some(RehearsalUnfinished { is_held, ended, why }) => {
            let why = if why.is_empty() { String::new() } else { format!(": {}", escape(why)) };
            let never = if *is_held { "does not complete without a person" } else { "never completes" };
            (Tone::Bad, format!("{runbook} {never}: {tried}, {ended}{why}"))
        }
        None if *failures == 0 && page.assumption.is_some() => {
            let head = format!("{runbook} holds if its assumption does: {tried}, 0 of {trials} with a violation");
            (Tone::Warn, head)
        }
        None if *failures == 0 => (Tone::Good, format!("{runbook} holds: {tried}, 0 of {trials} with a violation")),
        None => (Tone::Bad, format!("{runbook} does not hold: {tried}, {failures} of {trials} with a violation")),
    };
    text.say(tone, 0, &head);
    if let Some(broken) = &page.assumption {
        assumption(&mut text, broken, page.trials);
    }
    counted(&mut text, "Ended", &page.endings);
    counted(&mut text, "Faults and conditions", &page.met);
    counted(&mut text, "Calls", &page.calls);
    text.heading("Figures");
    let per_second = rate(page.trials, page.elapsed);
    let mut rows = vec![
        ("processes", format!("{}, of which {} died", page.lives, page.crashes)),
        ("simulated", told(page.simulated)),
        ("took", format!("{} ms, {per_second} trials a second", page.elapsed.as_millis())),
    ];
    if let Some((half, most)) = page.estimate {
        let estimate = format!("{} (p50), {} (p95) without faults", format_duration(half), format_duration(most));
        rows.push(("the change", estimate));
    }
    let rows: Vec<_> = rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    text.fields(2, &rows);
    for failure in &page.failing {
        text.heading("Violation");
        failure.violations.iter().for_each(|line| text.say(Tone::Bad, 2, &escape(line)));
        text.say(Tone::Plain, 2, "minimal cause:");
        failure.schedule.iter().for_each(|line| text.say(Tone::Plain, 4, &escape(line)));
        text.command(&failure.again);
        text.whole_fields(2, &[("journal".to_owned(), failure.journal.clone())]);
    }
    text.heading("Recorded");
    text.whole_fields(
        2,
        &[("evidence".to_owned(), page.evidence.clone()), ("plan".to_owned(), page.plan_digest.clone())],
    );
    text.finish()
}

/// What is assumed and not so: no bug, and no proof either.
fn assumption(text: &mut Page, broken: &RehearsalAssumption, trials: u64) {
    text.say(Tone::Warn, 0, &escape(&broken.told));
    let RehearsalAssumption { trials: of, doubled, .. } = broken;
    let rest = format!(
        "this happened in {of} of {trials} trials; in {doubled} of them a second instance was created before the \
         first was seen. Give the steps named under \"Assumptions\" by `surefoot plan` a longer `lag_max`"
    );
    text.say(Tone::Plain, 2, &rest);
}

fn counted(text: &mut Page, heading: &str, rows: &[(String, u64)]) {
    if !rows.is_empty() {
        text.heading(heading);
        let rows: Vec<_> = rows.iter().map(|(name, count)| (name.clone(), count.to_string())).collect();
        text.fields(2, &rows);
    }
}

/// Hours, or minutes where it is less than ten hours.
fn told(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    if minutes < 600 { format_duration(Duration::from_secs(minutes * 60)) } else { format!("{} h", minutes / 60) }
}

/// How many a second, rounded down.
pub(super) fn rate(count: u64, elapsed: Duration) -> u64 {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    count.saturating_mul(1000) / millis
}
