//! What every picture of a graph shows, whoever draws it.

use super::super::edges::waits_for;
use super::super::status::{run_state, tone, word};
use super::super::style::Tone;
use super::super::text::{count, cut};
use super::levels::{Levels, levels};
use crate::base::escape;
use crate::engine::view::RunView;
use crate::runbook::guard;
use crate::runbook::plan::Plan;
use std::collections::BTreeMap;

/// A picture of more steps than this shows nothing to anybody.
pub const PICTURE_MAX: usize = 1_000;

/// More columns than this make a card too wide to stand beside others.
const ID_COLUMNS: usize = 40;

/// A plan, or a run of it, as it is drawn.
pub(super) struct Picture {
    /// The runbook, or the run.
    pub(super) title: String,
    /// What there is to say about it in one line.
    pub(super) about: String,
    /// The steps, in the order of the plan's list.
    pub(super) cards: Vec<Card>,
    /// What waits for what directly: first the step that is waited for.
    pub(super) waits: Vec<(usize, usize)>,
    /// What rests on what.
    pub(super) evidence: Vec<Evidence>,
    /// Where each step stands.
    pub(super) levels: Levels,
    /// What is written at the line of no return.
    pub(super) turning: String,
}

/// One step.
pub(super) struct Card {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) state: State,
    /// The state in words; empty where there is no run.
    pub(super) word: &'static str,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// There is no run.
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
    pub(super) fn of(plan: &Plan, view: Option<&RunView>) -> Self {
        let evidence = evidence(plan);
        let name = format!("{} {}", escape(&plan.name), escape(&plan.version));
        let steps = count(plan.steps.len(), "step");
        let (title, about) = match view {
            Some(view) => (
                format!("run {}: {name}", view.run),
                format!("{}, {} of {steps}", run_state(view, None), view.steps_done()),
            ),
            None => (name, format!("{steps}, at most {} at a time", plan.concurrency)),
        };
        let levels = levels(plan);
        let passed = match view {
            Some(view) if view.crossed => ", passed",
            Some(_) => ", not passed",
            None => "",
        };
        let waits = waits_for(plan).into_iter().enumerate();
        Self {
            title,
            about,
            cards: (0..plan.steps.len()).map(|index| card(plan, view, index, &evidence)).collect(),
            waits: waits.flat_map(|(step, after)| after.into_iter().map(move |before| (before, step))).collect(),
            evidence,
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

fn card(plan: &Plan, view: Option<&RunView>, index: usize, evidence: &[Evidence]) -> Card {
    let Some(step) = plan.steps.get(index) else { return Card::nothing() };
    let state = view.and_then(|view| view.steps.get(index));
    let said = |name: &str, mine: &dyn Fn(&Evidence) -> bool| {
        let mut proofs: Vec<&str> =
            evidence.iter().filter(|one| mine(one)).flat_map(|one| one.proofs.split(", ")).collect();
        let mut seen = std::collections::BTreeSet::new();
        proofs.retain(|proof| seen.insert(*proof));
        (!proofs.is_empty()).then(|| format!("{name} {}", proofs.join(", ")))
    };
    let proves = said("proves", &|one| one.by_step == index);
    let rests = said("rests on", &|one| one.step == index);
    let note = [proves, rests].into_iter().flatten().collect::<Vec<_>>().join("; ");
    let is_irreversible = plan.is_irreversible(index);
    let word = state.map_or("", word);
    let mut about = vec![format!("{} ({})", step.id, step.kind.name)];
    about.extend((!word.is_empty()).then(|| word.to_owned()));
    about.extend(is_irreversible.then(|| "irreversible".to_owned()));
    about.extend((!note.is_empty()).then(|| note.clone()));
    let description = if step.description.is_empty() { step.kind.summary } else { &step.description };
    Card {
        id: cut(&escape(&step.id), ID_COLUMNS),
        kind: step.kind.name,
        state: state.map_or(State::Planned, |state| match (tone(state), word) {
            (_, "skipped") => State::Skipped,
            (Tone::Good, _) => State::Done,
            (Tone::Bad, _) => State::Failed,
            (Tone::Warn, _) => State::Attention,
            (Tone::Faint, _) => State::Pending,
            _ => State::Active,
        }),
        word,
        is_irreversible,
        note,
        about: format!("{}: {}", about.join(", "), escape(description.trim())),
    }
}

impl Card {
    fn nothing() -> Self {
        Self {
            id: String::new(),
            kind: "",
            state: State::Planned,
            word: "",
            is_irreversible: false,
            note: String::new(),
            about: String::new(),
        }
    }
}

/// Each pair of steps once, with all kinds of evidence that the one yields for the other.
fn evidence(plan: &Plan) -> Vec<Evidence> {
    let mut pairs: BTreeMap<(usize, usize), Vec<&str>> = BTreeMap::new();
    for proof in guard::proofs(plan) {
        pairs.entry((proof.by_step, proof.step)).or_default().push(proof.proof.name());
    }
    let pairs = pairs.into_iter();
    pairs.map(|((by_step, step), proofs)| Evidence { by_step, step, proofs: proofs.join(", ") }).collect()
}
