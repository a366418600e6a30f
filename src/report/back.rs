//! That a run has gone back, and why.

use super::page::Page;
use super::style::Tone;
use crate::base::escape;
use crate::engine::rounds::WentBack;
use crate::engine::view::RunView;

/// Says that a run has gone back, why the last time, and how often; nothing where it has not.
pub(super) fn went_back(page: &mut Page, view: &RunView) {
    let Some(back) = &view.went_back else { return };
    page.heading("The run went back");
    page.say(Tone::Warn, 2, &sentence(back));
    let steps: Vec<String> = back.steps.iter().map(|step| escape(step)).collect();
    page.say(Tone::Plain, 2, &format!("Repeated steps: {}.", steps.join(", ")));
}

fn sentence(back: &WentBack) -> String {
    let often = match back.times {
        1 => "Once".to_owned(),
        2 => "Twice, the last time".to_owned(),
        times => format!("{times} times, the last time"),
    };
    let at = back.at.to_seconds_text();
    format!(
        "{often} in record {} at {at}, from `{}`: {}.",
        back.seq,
        back.step,
        escape(back.reason.trim_end_matches('.'))
    )
}
