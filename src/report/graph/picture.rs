//! What every picture of a graph shows, whoever draws it.

use super::super::plan::effect_class;
use super::super::status::{run_state, tone, word};
use super::super::style::Tone;
use super::super::text::count;
use super::fold::Cards;
use super::levels::{Levels, levels};
use crate::base::escape;
use crate::engine::view::{RunView, StepView};
use crate::runbook::guard;
use crate::runbook::plan::Plan;
use std::collections::{BTreeMap, BTreeSet};

/// A picture of more cards than this shows nothing to anybody.
pub const PICTURE_MAX: usize = 1_000;

/// How many cards a picture of this plan has; folded, the steps of a `for_each` or of another runbook are one.
pub fn picture_size(plan: &Plan, is_folded: bool) -> usize {
    Cards::of(plan, None, is_folded).steps.len()
}

/// A plan, or a run of it, as it is drawn.
pub(super) struct Picture {
    /// The runbook, or the run.
    pub(super) title: String,
    /// What there is to say about it in one line.
    pub(super) about: String,
    /// The steps, in the order of the plan's list; some may be folded into one.
    pub(super) cards: Vec<Card>,
    /// What waits for what directly: first the step that is waited for.
    pub(super) waits: Vec<(usize, usize)>,
    /// What rests on what.
    pub(super) evidence: Vec<Evidence>,
    /// The cards, each after all that it waits for.
    pub(super) order: Vec<usize>,
    /// Where each step stands.
    pub(super) levels: Levels,
    /// What is written at the line of no return.
    pub(super) turning: String,
}

/// One step, or several that are folded.
#[derive(Default)]
pub(super) struct Card {
    pub(super) id: String,
    /// The kind, or how many steps it stands for.
    pub(super) kind: String,
    /// What it does to the world, in words; empty for several steps.
    pub(super) effect: String,
    pub(super) state: State,
    /// The state in words; empty where there is no run.
    pub(super) word: String,
    pub(super) is_irreversible: bool,
    /// What the step proves, or rests on; may be empty.
    pub(super) note: String,
    /// The step in a sentence, for those who do not see the picture or want to know more.
    pub(super) about: String,
}

/// A step yields evidence that an irreversible step rests on.
pub(super) struct Evidence {
    pub(super) by_step: usize,
    pub(super) step: usize,
    /// The kinds of evidence, in the order of the policy.
    pub(super) proofs: String,
}

/// The state of a step, as it is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// There is no run.
    #[default]
    Planned,
    Pending,
    Active,
    Done,
    Attention,
    Failed,
    Skipped,
}

impl State {
    /// Its name in style sheets.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Done => "done",
            Self::Attention => "attention",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// What it means, in a legend.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Planned => "step",
            Self::Pending => "not started",
            Self::Active => "under way",
            Self::Done => "done",
            Self::Attention => "needs attention",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// Fill, border and text where a picture cannot follow the colours of the reader's screen.
    pub(super) const fn colours(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Planned => ("#ffffff", "#8c959f", "#1f2328"),
            Self::Pending => ("#f6f8fa", "#8c959f", "#59636e"),
            Self::Active => ("#ddf4ff", "#0969da", "#1f2328"),
            Self::Done => ("#dafbe1", "#1a7f37", "#1f2328"),
            Self::Attention => ("#fff8c5", "#9a6700", "#1f2328"),
            Self::Failed => ("#ffebe9", "#cf222e", "#1f2328"),
            Self::Skipped => ("#f6f8fa", "#d0d7de", "#59636e"),
        }
    }
}

impl Picture {
    /// A plan; with a run's view each step also says where it stands.
    pub(super) fn of(plan: &Plan, view: Option<&RunView>, is_folded: bool) -> Self {
        let cards = Cards::of(plan, view, is_folded);
        let evidence = evidence(plan, &cards);
        let name = format!("{} {}", escape(&plan.name), escape(&plan.version));
        let steps = count(plan.steps_planned(), "step");
        let (title, about) = match view {
            Some(view) => (
                format!("run {}: {name}", view.run),
                format!("{}, {} of {steps}", run_state(view, None), view.steps_done()),
            ),
            None => (name, format!("{steps}, at most {} at a time", plan.concurrency)),
        };
        let passed = match view {
            Some(view) if view.crossed => ", passed",
            Some(_) => ", not passed",
            None => "",
        };
        let turning = plan.point_of_no_return().and_then(|step| cards.card(step));
        let levels = levels(&cards.order, &cards.after, turning);
        let drawn = (0..cards.steps.len()).map(|index| card(plan, view, index, &cards, &evidence));
        let waits = cards.after.iter().enumerate();
        Self {
            title,
            about,
            cards: drawn.collect(),
            waits: waits.flat_map(|(card, after)| after.iter().map(move |before| (*before, card))).collect(),
            evidence,
            order: cards.order,
            levels,
            turning: format!("point of no return{passed}"),
        }
    }

    /// The states that occur, in order.
    pub(super) fn states(&self) -> Vec<State> {
        let mut states: Vec<State> = self.cards.iter().map(|card| card.state).collect();
        states.sort_unstable();
        states.dedup();
        states
    }

    /// The steps directly above the line of no return and those directly below it.
    pub(super) fn around_turning(&self) -> Option<(Vec<usize>, Vec<usize>)> {
        let (_, line) = self.levels.turning?;
        let is_below = |step: usize| self.levels.of.get(step).is_some_and(|level| *level >= line);
        let has_link = |step: usize, is_upper: bool| {
            self.waits.iter().any(|(before, after)| {
                let (own, other) = if is_upper { (*before, *after) } else { (*after, *before) };
                own == step && is_below(other) != is_upper
            })
        };
        let side = |is_upper: bool| -> Vec<usize> {
            let steps = (0..self.cards.len()).filter(|step| is_below(*step) != is_upper);
            steps.filter(|step| !has_link(*step, is_upper)).collect()
        };
        let (above, below) = (side(true), side(false));
        Some((above, below))
    }
}

fn card(plan: &Plan, view: Option<&RunView>, index: usize, cards: &Cards, evidence: &[Evidence]) -> Card {
    let (Some(steps), Some(name)) = (cards.steps.get(index), cards.names.get(index)) else { return Card::default() };
    let said = |name: &str, mine: &dyn Fn(&Evidence) -> bool| {
        let mut proofs: Vec<&str> =
            evidence.iter().filter(|one| mine(one)).flat_map(|one| one.proofs.split(", ")).collect();
        let mut seen = BTreeSet::new();
        proofs.retain(|proof| seen.insert(*proof));
        (!proofs.is_empty()).then(|| format!("{name} {}", proofs.join(", ")))
    };
    let proves = said("proves", &|one| one.by_step == index);
    let rests = said("rests on", &|one| one.step == index);
    let note = [proves, rests].into_iter().flatten().collect::<Vec<_>>().join("; ");
    let is_irreversible = steps.iter().any(|step| plan.is_irreversible(*step));
    let (state, word) = state(view, steps);
    let Some(last) = steps.last().and_then(|last| plan.steps.get(*last)) else { return Card::default() };
    let (kind, effect) = match steps.as_slice() {
        [_] => (last.kind.name.to_owned(), effect_class(last.kind)),
        _ => (count(steps.len(), "step"), String::new()),
    };
    let id = escape(name);
    let mut about = vec![format!("{id} ({kind})")];
    about.extend((!word.is_empty()).then(|| word.clone()));
    about.extend(is_irreversible.then(|| "irreversible".to_owned()));
    about.extend((!note.is_empty()).then(|| note.clone()));
    let description = if last.description.is_empty() { last.kind.summary } else { &last.description };
    let about = format!("{}: {}", about.join(", "), escape(description.trim()));
    Card { id, kind, effect, state, word, is_irreversible, note, about }
}

/// Where these steps stand, in colour and in words: what needs a person most says it for all of them.
fn state(view: Option<&RunView>, steps: &[usize]) -> (State, String) {
    let Some(view) = view else { return (State::Planned, String::new()) };
    let states = steps.iter().filter_map(|step| view.steps.get(*step)).map(|step| (state_of(step), word(step)));
    let states: Vec<(State, &str)> = states.collect();
    if let [(state, word)] = states.as_slice() {
        return (*state, (*word).to_owned());
    }
    let has = |wanted: State| states.iter().any(|(state, _)| *state == wanted);
    let all = |wanted: &[State]| states.iter().all(|(state, _)| wanted.contains(state));
    let state = match () {
        () if has(State::Failed) => State::Failed,
        () if has(State::Attention) => State::Attention,
        () if all(&[State::Skipped]) => State::Skipped,
        () if all(&[State::Done, State::Skipped]) => State::Done,
        () if all(&[State::Pending]) => State::Pending,
        () => State::Active,
    };
    let done = states.iter().filter(|(state, _)| matches!(state, State::Done | State::Skipped)).count();
    (state, format!("{done} of {} done", states.len()))
}

fn state_of(step: &StepView) -> State {
    match (tone(step), word(step)) {
        (_, "skipped") => State::Skipped,
        (Tone::Good, _) => State::Done,
        (Tone::Bad, _) => State::Failed,
        (Tone::Warn, _) => State::Attention,
        (Tone::Faint, _) => State::Pending,
        _ => State::Active,
    }
}

/// Each pair of cards once, with all kinds of evidence that the one yields for the other.
fn evidence(plan: &Plan, cards: &Cards) -> Vec<Evidence> {
    let mut pairs: BTreeMap<(usize, usize), Vec<&str>> = BTreeMap::new();
    for proof in guard::proofs(plan) {
        let (Some(by_step), Some(step)) = (cards.card(proof.by_step), cards.card(proof.step)) else { continue };
        let proofs = pairs.entry((by_step, step)).or_default();
        if by_step != step && !proofs.contains(&proof.proof.name()) {
            proofs.push(proof.proof.name());
        }
    }
    let pairs = pairs.into_iter().filter(|(_, proofs)| !proofs.is_empty());
    pairs.map(|((by_step, step), proofs)| Evidence { by_step, step, proofs: proofs.join(", ") }).collect()
}
