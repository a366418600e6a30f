//! The form of a kind's declaration.

use super::breaks::Breakage;
use super::declares::Declares;
use super::on_failure::OnFailure;
use super::role::Role;
use super::written::{Objection, Written};
use crate::base::Map;
use std::time::Duration;

/// A step kind, as declared. Two kinds are the same where they have the same name.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a declaration is a table of independent properties")]
pub struct Kind {
    /// Its name in `uses`.
    pub name: &'static str,
    /// Version of its inputs, outputs and meaning; goes into the plan digest.
    pub version: u32,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// What may be written under `with`, in the order to document it.
    pub inputs: &'static [Field],
    /// What later steps may refer to.
    pub outputs: &'static [Field],
    /// What happens when its effect is sent twice.
    pub repeat: Idempotency,
    /// Whether its effect can be taken back.
    pub reverse: Reversibility,
    /// How the outcome of an effect in doubt is found out; empty where there is no effect.
    pub probe: &'static str,
    /// Whether a step declares its effect itself, and how what it does not say follows from its inputs.
    pub declares: Option<Declares>,
    /// The value of the input `method` with which a step changes nothing, where it declares its effect.
    pub harmless: &'static [&'static str],
    /// Whether it looks again and again until the step's own `until` holds, of its outputs under `probe`.
    pub polls: bool,
    /// Kinds of evidence that a step of this kind can vouch for where it changes nothing (`provide`).
    pub vouches: &'static [Proof],
    /// The input that names its subject; evidence is yielded and needed about it.
    pub subject: Option<&'static str>,
    /// What an irreversible effect does to its subject, for a confirmation: a verb and what is lost, with `{}` where
    /// the subject stands; empty for other kinds.
    pub deed: &'static str,
    /// Evidence about its subject that must exist before its effect.
    pub needs: &'static [Proof],
    /// Evidence about its subject that its success yields.
    pub yields: &'static [Proof],
    /// Inputs that `resume --set` may change while the step is held.
    pub changeable: &'static [&'static str],
    /// The secret of the runbook it uses without naming it, `aura`.
    pub credential: Option<&'static str>,
    /// Whether it reaches an object store.
    pub objects: bool,
    /// Whether something about it can be checked before the run begins.
    pub preflight: bool,
    /// Whether it waits for a person.
    pub asks: bool,
    /// What a failure does before the point of no return, where the step does not say.
    pub on_failure: OnFailure,
    /// Whether it only judges what earlier steps have read: trying it again means reading that again.
    pub judges: bool,
    /// Whether what it proves is read again right before an irreversible effect that rests on it.
    pub rechecks: bool,
    /// Whether its effect may take place once in a run only, so that the part it is in is never repeated.
    pub once: bool,
    /// Whether it takes as long as it says, so that no time-out ends it.
    pub untimed: bool,
    /// Whether it ends an attempt whose time is over (`attempt_timeout`).
    pub limits_attempt: bool,
    /// The output that `save` writes, where it is not the whole output.
    pub saves: Option<&'static str>,
    /// What it contributes to the line from a subject to its backup and to what takes its place.
    pub role: Option<Role>,
    /// Keys of the language that a step of this kind does not honour, each with the reason.
    pub ignores: &'static [(&'static str, &'static str)],
    /// For an irreversible effect: the fields of its guard read that must be as they were captured.
    pub unchanged: &'static [&'static str],
    /// For an irreversible effect: the captured fields that say where its subject is, for a confirmation.
    pub place: &'static [&'static str],
    /// For a creation: the inputs that the check of its target answers for.
    pub target: &'static [&'static str],
    /// How a person takes its effect back in a run that is given up; `{}` stands for what it was done to. Empty where
    /// that is said of the thing itself, or cannot be said.
    pub take_back: &'static str,
    /// What its effect breaks elsewhere.
    pub breaks: &'static [Breakage],
    /// What a person is asked for, in a plan; `{name}` stands for an input as written. Empty where the summary says it.
    pub asks_for: &'static str,
    /// What is wrong with inputs that are written out, beyond their types.
    pub objections: fn(Written<'_>) -> Vec<Objection>,
    /// The result of a step in a few words, from its outputs; empty where there is nothing to say.
    pub result: fn(&Map) -> String,
    /// What in the result a reviewer must not overlook, as the rest of a sentence about the step.
    pub remark: fn(&Map) -> Option<String>,
    /// A step as it is written in a runbook.
    pub example: &'static str,
}

/// An input or an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a declaration is a table of independent properties")]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// For an input, whether it must be written. An output always exists and may be null where this is `false`.
    pub required: bool,
    /// The value of an input that is not written, as JSON text.
    pub default: Option<&'static str>,
    /// For an input, whether it takes a secret; for an output, whether it is one.
    pub secret: bool,
    /// For an input, whether plain values and secrets may stand in it: a secret alone or within a text, also anywhere
    /// in a list or a map.
    pub holds_secrets: bool,
    /// For an input, whether only people give it: from the inputs of the run or written out, never from a step.
    pub by_people: bool,
    /// For an input, whether it is a key of the step itself and stands beside `with`.
    pub beside: bool,
    /// For an output, whether it differs from one look to the next although what is looked at has not changed: it is
    /// no part of what the step proves.
    pub incidental: bool,
    /// For an input that is a duration, how long it may be at most, where there is such a limit.
    pub longest: Option<Duration>,
    /// What it is.
    pub doc: &'static str,
}

/// The type of an input or an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any text.
    String,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// Any value.
    Any,
    /// A list of values.
    List,
    /// A map from names to values.
    Map,
    /// `90s`, `10m`, `4h`.
    Duration,
    /// `16GiB`, or a number of bytes.
    Size,
    /// RFC 3339.
    Time,
    /// Eight hexadecimal digits in lower case.
    InstanceId,
    /// What something is about: an instance id, or any text with a scheme, `postgres:orders`.
    Subject,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A file name without directories, or a path.
    Path,
    /// A list of ids of steps, whose outputs are handed over; naming a step here is an edge.
    Steps,
}

/// What happens when an effect is sent twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// There is no effect.
    Read,
    /// The second sending changes nothing.
    Idempotent,
    /// Sending twice would harm, but the outcome of the first can be found out.
    Reconcilable,
    /// Nobody can find out; an operator must resolve it.
    Opaque,
}

/// Whether an effect can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reversibility {
    /// There is nothing to take back.
    Nothing,
    /// It can be undone.
    Undoable,
    /// It cannot.
    Irreversible,
}

/// A kind of evidence (docs/evidence.md, "Kinds of evidence").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proof {
    /// The configuration was captured.
    Config,
    /// A backup stands in S3 and was read back in full.
    Backup,
    /// The target configuration is offered to the tenant.
    Offered,
    /// The audit entry was written.
    Audited,
    /// A person confirmed, bound to the plan digest.
    Confirmed,
    /// What is in the database was counted.
    Counted,
}

impl Proof {
    /// Every kind of evidence, in the order of the policy.
    pub const ALL: [Self; 6] =
        [Self::Config, Self::Backup, Self::Offered, Self::Audited, Self::Confirmed, Self::Counted];

    /// Its name in plans and in the journal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Backup => "backup",
            Self::Offered => "offered",
            Self::Audited => "audited",
            Self::Confirmed => "confirmed",
            Self::Counted => "counted",
        }
    }

    /// How old it may be at most when something irreversible rests on it, where the step that yields it does not say.
    pub const fn max_age(self) -> Duration {
        match self {
            // The guard reads the instance again right before the effect, and the offer is read again.
            Self::Config | Self::Offered => Duration::from_hours(7 * 24),
            Self::Backup | Self::Audited | Self::Counted => Duration::from_hours(24),
            Self::Confirmed => Duration::from_mins(5),
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|proof| proof.name() == name)
    }
}

impl Idempotency {
    /// Its name in plans.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Idempotent => "idempotent",
            Self::Reconcilable => "reconcilable",
            Self::Opaque => "opaque",
        }
    }

    /// Whether a step may be tried again without a person. Where an effect would harm twice and nobody can find out
    /// its outcome, a lost attempt is the last one.
    pub const fn may_be_retried(self) -> bool {
        !matches!(self, Self::Opaque)
    }
}

impl Reversibility {
    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Nothing, Self::Undoable, Self::Irreversible].into_iter().find(|one| one.name() == name)
    }

    /// Its name in plans.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Undoable => "undoable",
            Self::Irreversible => "irreversible",
        }
    }
}

impl Field {
    /// An input that must be written.
    pub const fn required(name: &'static str, ty: Type, doc: &'static str) -> Self {
        Self { required: true, ..Self::optional(name, ty, doc) }
    }

    /// An input that may be left out, or an output that may be null.
    pub const fn optional(name: &'static str, ty: Type, doc: &'static str) -> Self {
        Self {
            name,
            ty,
            required: false,
            default: None,
            secret: false,
            holds_secrets: false,
            by_people: false,
            beside: false,
            incidental: false,
            longest: None,
            doc,
        }
    }

    /// An input with a value of its own, as JSON text.
    pub const fn with_default(name: &'static str, ty: Type, default: &'static str, doc: &'static str) -> Self {
        Self { default: Some(default), ..Self::optional(name, ty, doc) }
    }

    /// An output.
    pub const fn output(name: &'static str, ty: Type, doc: &'static str) -> Self {
        Self::required(name, ty, doc)
    }

    /// The same field, given by people only.
    #[must_use]
    pub const fn by_people(mut self) -> Self {
        self.by_people = true;
        self
    }

    /// The same field, a key of the step itself.
    #[must_use]
    pub const fn beside(mut self) -> Self {
        self.beside = true;
        self
    }

    /// The same output, which differs from one look to the next.
    #[must_use]
    pub const fn incidental(mut self) -> Self {
        self.incidental = true;
        self
    }

    /// The same field, a duration that is no longer than this.
    #[must_use]
    pub const fn at_most(mut self, longest: Duration) -> Self {
        self.longest = Some(longest);
        self
    }

    /// The same input, in which secrets may stand beside plain values.
    #[must_use]
    pub const fn holds_secrets(mut self) -> Self {
        self.holds_secrets = true;
        self
    }

    /// The same field, holding a secret.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Kind {}

impl Kind {
    /// A kind without inputs, outputs or an effect; each declaration says how it differs.
    pub const BASE: Self = Self {
        name: "",
        version: 1,
        summary: "",
        inputs: &[],
        outputs: &[],
        repeat: Idempotency::Read,
        reverse: Reversibility::Nothing,
        probe: "",
        declares: None,
        harmless: &[],
        polls: false,
        vouches: &[],
        subject: None,
        deed: "",
        needs: &[],
        yields: &[],
        changeable: &[],
        credential: None,
        objects: false,
        preflight: false,
        asks: false,
        on_failure: OnFailure::Stop,
        judges: false,
        rechecks: false,
        once: false,
        untimed: false,
        limits_attempt: false,
        saves: None,
        role: None,
        ignores: &[],
        unchanged: &[],
        place: &[],
        target: &[],
        take_back: "",
        breaks: &[],
        asks_for: "",
        objections: |_| Vec::new(),
        result: |_| String::new(),
        remark: |_| None,
        example: "",
    };

    /// Whether only a plan has steps of this kind, and no runbook.
    pub fn is_internal(&self) -> bool {
        matches!(self.role, Some(Role::Gather | Role::Return))
    }

    /// Why a step of this kind would do nothing with a key of the language; nothing where it honours it.
    pub fn ignores(&self, key: &str) -> Option<&'static str> {
        self.ignores.iter().find(|(ignored, _)| *ignored == key).map(|(_, why)| *why)
    }

    /// Where all its inputs and outputs stand, in a sentence.
    pub(in crate::runbook) fn all(&self) -> String {
        format!("`surefoot kinds {}` lists them all", self.name)
    }

    /// The input of that name.
    pub fn input(&self, name: &str) -> Option<&'static Field> {
        self.inputs.iter().find(|field| field.name == name)
    }

    /// The output of that name.
    pub fn output(&self, name: &str) -> Option<&'static Field> {
        self.outputs.iter().find(|field| field.name == name)
    }
}
