//! What is to be executed: immutable, resolved, checked.

use super::diagnostic::Diagnostics;
use super::effect::{Effect, Probe};
use super::files::NamedFile;
use super::graph;
use super::kind::{Catalog, Idempotency, Kind, OnFailure, Reversibility, Type};
use super::retry::RetryOn;
use super::secret::SecretDecl;
pub use super::template::{Template, TextPiece};
use crate::base::{Digest, Map, Value};
use crate::calendar::Schedule;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

/// A checked runbook with its inputs: everything the engine needs to know.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The kinds that it was compiled with.
    pub catalog: Catalog,
    /// The runbook's name.
    pub name: String,
    /// The runbook's own version, as written.
    pub version: String,
    /// What it is for.
    pub description: String,
    /// The inputs, defaults filled in; no secrets. A number is its decimal text, which every reader digests alike.
    pub inputs: Map,
    /// The inputs as expressions know them, where that differs: numbers are numbers.
    pub numbers: Option<Map>,
    /// The inputs as declared, in the order of the file.
    pub declared: Vec<InputDecl>,
    /// The secrets it names, in order of name.
    pub secrets: Vec<SecretDecl>,
    /// The steps, in the order of the file; those of a group one after the other, and then the step in which it ends.
    pub steps: Vec<Step>,
    /// The steps that are one step of the runbook, done for each of some items.
    pub groups: Vec<Group>,
    /// The outputs of the runbook, by name, in order of name.
    pub outputs: Vec<(String, Template)>,
    /// When the change may take place.
    pub schedule: Schedule,
    /// How many steps may be under way at the same time; waiting for a person does not count.
    pub concurrency: usize,
    /// SHA-256 over JCS of the file's digest, the inputs and the kinds' versions (docs/evidence.md, "Plan digest").
    pub digest: Digest,
    /// Digest of the runbook file's bytes.
    pub source_digest: Digest,
    /// The files that the runbook names, in the order in which they were read.
    pub files: Vec<NamedFile>,
    /// What is no mistake and may be one; a run against the real world is refused, unless all of it is advice.
    pub warnings: Option<Diagnostics>,
}

/// The steps of a `for_each`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The id of the step in the runbook, and of the step in which the group ends.
    pub id: String,
    /// The keys of the items, in order; `*` alone while they are not known.
    pub keys: Vec<String>,
    /// Where its steps stand in [`Plan::steps`]; one for each key.
    pub members: Range<usize>,
    /// How many of its steps may be under way at the same time, where it has a limit of its own.
    pub concurrency: Option<usize>,
    /// How many of its steps may fail before the point of no return without failing the run.
    pub max_failures: usize,
}

/// An input that the runbook declares.
#[derive(Clone, Debug, PartialEq)]
pub struct InputDecl {
    /// Its name, as in `inputs.bucket`.
    pub name: String,
    /// Its type.
    pub ty: InputType,
    /// The type of the items of a list or of the values of a map; any where none is declared.
    pub of: Option<InputType>,
    /// What its text must match, a regular expression that is not anchored by itself; of a list or a map, each item.
    pub pattern: Option<String>,
    /// The values it may have; empty where there is no such list. Of a list or a map, those of each item.
    pub choices: Vec<Value>,
    /// The least value; of a list or a map, the fewest items.
    pub min: Option<Value>,
    /// The largest value; of a list or a map, the most items.
    pub max: Option<Value>,
    /// Its value where none is given.
    pub default: Option<Value>,
    /// Whether it may be left out without a default; it is null then.
    pub optional: bool,
    /// What it is for, as written.
    pub description: String,
}

/// The type of an input of a runbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputType {
    /// Any text.
    String,
    /// A whole number.
    Integer,
    /// A number, also with a fraction.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `90s`, `10m`, `4h`.
    Duration,
    /// `16GiB`.
    Size,
    /// RFC 3339.
    Time,
    /// A path.
    Path,
    /// A list.
    List,
    /// A map.
    Map,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its id, unique in the runbook.
    pub id: String,
    /// Its kind.
    pub kind: &'static Kind,
    /// Index of the step that it undoes; such a step is done only when the run takes back what it did.
    pub undoes: Option<usize>,
    /// Index into [`Plan::groups`] of the group that it belongs to, or that ends in it.
    pub group: Option<usize>,
    /// What it does to the world.
    pub effect: Effect,
    /// How a lost answer is settled, where the step declares its effect.
    pub probe: Option<Probe>,
    /// When what it has begun is over, of the outputs of its probe.
    pub until: Option<Template>,
    /// What of its outputs the evidence that it provides is about; all of them where it does not say.
    pub provides: Option<Template>,
    /// What it is for, as written.
    pub description: String,
    /// Its inputs as written, by name; templates are not yet rendered.
    pub with: Vec<(String, Template)>,
    /// Indices into [`Plan::steps`] of the steps that must end before it, from `needs` and references, sorted.
    pub after: Vec<usize>,
    /// Indices of the steps whose outputs its templates refer to, sorted; a part of `after`.
    pub refs: Vec<usize>,
    /// Indices of the steps whose outputs it shows to a person, in the order written; a part of `after`.
    pub shows: Vec<usize>,
    /// It is skipped where this renders to `false`.
    pub when: Option<Template>,
    /// How long it may take from the moment it is ready, people's answers aside.
    pub timeout: Duration,
    /// How long one attempt may take, where the step says so and its kind honours it.
    pub attempt_timeout: Option<Duration>,
    /// How long a person may take to answer, from when the question was asked: the step's own `timeout`, where its
    /// kind asks. Without one there is no limit; `defaults.timeout` is none, since a run may wait over a weekend.
    pub answer_within: Option<Duration>,
    /// How failures that pass are tried again.
    pub retry: Retry,
    /// What its failure does before the point of no return.
    pub on_failure: OnFailure,
    /// Whether the runbook says so, and not the kind; it then holds for every failure.
    pub on_failure_is_written: bool,
    /// Index of the step that the run goes back to where this one fails, or where what it rests on is not so any more;
    /// a step that it waits for.
    pub retry_from: Option<usize>,
    /// How old what it proves may be at most when something irreversible rests on it, where that is written.
    pub max_age: Option<Duration>,
    /// What the run has for itself because of this step, beside what the step changes.
    pub locks: Vec<Template>,
    /// Name of the file its output is saved to in the audit directory.
    pub save: Option<String>,
    /// The 1-based line of the step in the file, for messages.
    pub line: usize,
}

/// How failures that pass are tried again: waits double from `first` to `longest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Whether a wait is any part of what it doubles to, another one for each step and try.
    pub jitter: bool,
    /// Which failures are tried again.
    pub on: RetryOn,
    /// How many tries in all, at least 1.
    pub max: u32,
    /// The wait after the first failure.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl InputType {
    const ALL: [Self; 10] = [
        Self::String,
        Self::Integer,
        Self::Number,
        Self::Boolean,
        Self::Duration,
        Self::Size,
        Self::Time,
        Self::Path,
        Self::List,
        Self::Map,
    ];

    /// Every name, in the order to document them.
    pub const NAMES: &[&str] =
        &["string", "integer", "number", "boolean", "duration", "size", "time", "path", "list", "map"];

    /// The type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ty| ty.name() == name)
    }

    /// Its name in `type`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Duration => "duration",
            Self::Size => "size",
            Self::Time => "time",
            Self::Path => "path",
            Self::List => "list",
            Self::Map => "map",
        }
    }

    /// Whether it has items.
    pub const fn has_items(self) -> bool {
        matches!(self, Self::List | Self::Map)
    }

    /// The type of its values; `None` for numbers, which are text in a plan and numbers in expressions.
    pub const fn as_type(self) -> Option<Type> {
        Some(match self {
            Self::Number => return None,
            Self::String => Type::String,
            Self::Integer => Type::Integer,
            Self::Boolean => Type::Boolean,
            Self::Duration => Type::Duration,
            Self::Size => Type::Size,
            Self::Time => Type::Time,
            Self::Path => Type::Path,
            Self::List => Type::List,
            Self::Map => Type::Map,
        })
    }
}

impl Plan {
    /// The inputs as expressions know them.
    pub fn values(&self) -> &Map {
        self.numbers.as_ref().unwrap_or(&self.inputs)
    }

    /// How many steps a run does, those that undo others aside.
    pub fn steps_planned(&self) -> usize {
        self.steps.iter().filter(|step| step.undoes.is_none()).count()
    }

    /// The steps that undo others, by the index of the step that each undoes.
    pub fn undoing(&self) -> BTreeMap<usize, usize> {
        let undoing = self.steps.iter().enumerate();
        undoing.filter_map(|(index, step)| Some((step.undoes?, index))).collect()
    }

    /// The index of the step with this id.
    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.id == id)
    }

    /// The steps in the order in which they would run one at a time: each after all it waits for, and among those
    /// that are free the one written first.
    pub fn order(&self) -> Vec<usize> {
        graph::order(&self.edges())
    }

    /// The first irreversible step in [`Plan::order`]; from its intent on there is only forward.
    pub fn point_of_no_return(&self) -> Option<usize> {
        self.order().into_iter().find(|step| self.is_irreversible(*step))
    }

    /// The steps that this one waits for, directly and indirectly, in the order of the plan.
    pub fn needed_by(&self, step: usize) -> Vec<usize> {
        let marks = graph::ancestors(&self.edges(), step);
        marks.iter().enumerate().filter_map(|(index, is_needed)| is_needed.then_some(index)).collect()
    }

    /// Whether the effect of this step cannot be taken back.
    pub fn is_irreversible(&self, step: usize) -> bool {
        self.steps.get(step).is_some_and(|step| step.effect.reverse == Reversibility::Irreversible)
    }

    /// Whether a step takes this secret as a whole, as the credentials of what it works on.
    pub fn is_credentials(&self, secret: &str) -> bool {
        let path = format!("secrets.{secret}");
        let takes = |kind: &Kind, with: &[(String, Template)]| {
            with.iter().any(|(name, template)| {
                kind.input(name).is_some_and(|field| field.secret)
                    && matches!(template, Template::Expression(text) if *text == path)
            })
        };
        self.steps.iter().any(|step| {
            takes(step.kind, &step.with) || step.probe.as_ref().is_some_and(|probe| takes(probe.kind, &probe.with))
        })
    }

    /// For each step, what it waits for.
    pub(super) fn edges(&self) -> Vec<Vec<usize>> {
        self.steps.iter().map(|step| step.after.clone()).collect()
    }
}

impl Step {
    /// Whether it changes nothing and asks nobody, as its kind or the step itself says.
    pub fn changes_nothing(&self) -> bool {
        self.effect.reverse == Reversibility::Nothing && self.effect.repeat != Idempotency::Opaque && !self.kind.asks
    }
}
