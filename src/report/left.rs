//! What a run that ended before its time has done and does not take back.

use super::look::Tone;
use super::page::Page;
use crate::base::show;
use crate::engine::Phase;
use crate::engine::call::Outcome;
use crate::engine::event::Verdict;
use crate::engine::view::RunView;

/// Lists the effects of a run that failed or was cancelled; nothing for other runs.
pub(super) fn left_in_place(page: &mut Page, view: &RunView) {
    let (Phase::Closed(Verdict::Failed | Verdict::Cancelled) | Phase::Ending(Verdict::Failed | Verdict::Cancelled)) =
        view.phase
    else {
        return;
    };
    let effects = view.steps.iter().flat_map(|step| step.effects.iter().map(move |effect| (step, effect)));
    let may_have = |outcome: Option<Outcome>| outcome.is_none_or(|one| one.took() || one == Outcome::Unknown);
    let taken: Vec<_> = effects.filter(|(_, effect)| may_have(effect.outcome)).collect();
    let lost = view.steps.iter().flat_map(|step| step.lost.iter().map(move |id| (step, id)));
    let lost: Vec<_> = lost.collect();
    if taken.is_empty() && lost.is_empty() {
        return;
    }
    page.heading("Left in place");
    for (step, effect) in taken {
        let named = effect.named.as_ref().map(|made| format!(", {} {}", made.what, show(&made.id))).unwrap_or_default();
        let doubt = match (effect.outcome.is_some_and(Outcome::took), &effect.named) {
            (true, _) => "",
            (false, Some(_)) => " (never answered; found by looking)",
            (false, None) => " (never answered: it may have taken effect)",
        };
        page.whole(2, "", &format!("`{}`: {}{named}{doubt}", step.id, show(&effect.request)));
    }
    for (step, id) in lost {
        page.say(Tone::Plain, 2, &format!("`{}`: instance {}, whose password is lost", step.id, show(id)));
    }
    page.say(Tone::Faint, 2, "What was sent is not taken back; remove by hand what is not wanted.");
}
