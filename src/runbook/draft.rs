//! A runbook as decoded: its keys and types are right, its names are not yet looked up.

use super::kind::{Kind, OnFailure, Proof, Reversibility};
use super::plan::{InputDecl, Retry};
use super::retry::RetryOn;
use super::secret::SecretDecl;
use super::source::Span;
use super::yaml::{Entry, Node};
use std::time::Duration;

/// The whole file.
#[derive(Debug, Default)]
pub(super) struct Draft<'t> {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) description: String,
    pub(super) inputs: Vec<Placed<InputDecl>>,
    pub(super) secrets: Vec<Placed<SecretDecl>>,
    pub(super) defaults: Defaults,
    /// The steps that read before the plan is fixed.
    pub(super) discover: Vec<StepDraft<'t>>,
    pub(super) steps: Vec<StepDraft<'t>>,
    pub(super) outputs: &'t [Entry<'t>],
}

/// A value with the place of its name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

/// What holds for steps that do not say otherwise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Defaults {
    pub(super) timeout: Duration,
    pub(super) retry: Retry,
    pub(super) concurrency: usize,
}

impl Default for Defaults {
    fn default() -> Self {
        let (first, longest) = (Duration::from_secs(2), Duration::from_mins(1));
        let retry = Retry { max: 5, first, longest, jitter: false, on: RetryOn::USUAL };
        Self { timeout: Duration::from_mins(10), retry, concurrency: 8 }
    }
}

/// One step.
#[derive(Debug)]
pub(super) struct StepDraft<'t> {
    /// Empty where the step has none that can be referred to.
    pub(super) id: String,
    pub(super) id_span: Span,
    /// `None` where `uses` is missing or unknown, which was reported.
    pub(super) kind: Option<&'static Kind>,
    pub(super) kind_span: Span,
    /// `None` where `with` cannot be read, which was reported.
    pub(super) with: Option<&'t [Entry<'t>]>,
    pub(super) needs: Vec<Placed<String>>,
    pub(super) for_each: Option<ForEachDraft<'t>>,
    /// The index of the step that this one undoes.
    pub(super) undoes: Option<usize>,
    pub(super) when: Option<&'t Node<'t>>,
    pub(super) timeout: Option<Duration>,
    pub(super) attempt_timeout: Option<Duration>,
    pub(super) retry: Option<Placed<Retry>>,
    pub(super) on_failure: Option<OnFailure>,
    pub(super) retry_from: Option<Placed<String>>,
    pub(super) max_age: Option<Duration>,
    pub(super) locks: &'t [Node<'t>],
    pub(super) save: Option<Placed<String>>,
    pub(super) description: String,
    pub(super) effect: EffectDraft<'t>,
}

/// `for_each`.
#[derive(Debug)]
pub(super) struct ForEachDraft<'t> {
    pub(super) items: ItemsDraft<'t>,
    pub(super) key: Option<Placed<String>>,
    pub(super) concurrency: Option<usize>,
    pub(super) max_failures: usize,
}

/// Where the items of a `for_each` come from.
#[derive(Debug)]
pub(super) enum ItemsDraft<'t> {
    /// They are written out, or a template gives them.
    Written(&'t Node<'t>),
    /// A file holds them.
    File(&'t Node<'t>),
    /// Nothing says it, which was reported.
    Unknown,
}

/// What a step declares of its effect; empty for a kind that fixes it.
#[derive(Debug, Default)]
pub(super) struct EffectDraft<'t> {
    pub(super) reverse: Option<Placed<Reversibility>>,
    pub(super) subject: Option<&'t Node<'t>>,
    pub(super) requires: Vec<Proof>,
    pub(super) key: Option<&'t Node<'t>>,
    pub(super) probe: Option<ProbeDraft<'t>>,
    pub(super) until: Option<&'t Node<'t>>,
    pub(super) provide: Option<ProvideDraft<'t>>,
}

/// `probe`.
#[derive(Debug)]
pub(super) struct ProbeDraft<'t> {
    pub(super) kind: Option<&'static Kind>,
    pub(super) span: Span,
    pub(super) with: &'t [Entry<'t>],
    pub(super) applied: Option<&'t Node<'t>>,
    pub(super) pending: Option<&'t Node<'t>>,
    pub(super) settle: Duration,
}

/// `provide`.
#[derive(Debug)]
pub(super) struct ProvideDraft<'t> {
    pub(super) evidence: Proof,
    pub(super) subject: &'t Node<'t>,
    pub(super) of: Option<&'t Node<'t>>,
}
