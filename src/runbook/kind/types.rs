//! The form of a kind's declaration.

/// A step kind.
#[derive(Debug, PartialEq, Eq)]
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
    pub repeat: Repeat,
    /// Whether its effect can be taken back.
    pub reverse: Reverse,
    /// How the outcome of an effect in doubt is found out; empty where there is no effect.
    pub probe: &'static str,
    /// The input that names its subject; evidence is yielded and needed about it.
    pub subject: Option<&'static str>,
    /// Evidence about its subject that must exist before its effect.
    pub needs: &'static [Proof],
    /// Evidence about its subject that its success yields.
    pub yields: &'static [Proof],
    /// Inputs that `resume --set` may change while the step is held.
    pub changeable: &'static [&'static str],
    /// The secret of the runbook it uses without naming it, `aura`.
    pub credential: Option<&'static str>,
    /// Whether something about it can be checked before the run begins.
    pub preflight: bool,
    /// Whether it waits for a person.
    pub asks: bool,
    /// The output that `save` writes, where it is not the whole output.
    pub saves: Option<&'static str>,
    /// A step as it is written in a runbook.
    pub example: &'static str,
}

/// An input or an output.
#[derive(Debug, PartialEq, Eq)]
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
    /// One of these words.
    Word(&'static [&'static str]),
    /// A file name without directories, or a path.
    Path,
    /// A list of ids of steps, whose outputs are handed over; naming a step here is an edge.
    Steps,
}

/// What happens when an effect is sent twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// There is no effect.
    Read,
    /// The second sending changes nothing.
    Idempotent,
    /// Sending twice would harm, but what became of the first can be found out.
    Reconcilable,
    /// Nobody can find out; an operator must resolve it.
    Opaque,
}

/// Whether an effect can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reverse {
    /// There is nothing to take back.
    Nothing,
    /// It can be undone.
    Undoable,
    /// It cannot.
    Irreversible,
}

/// A kind of evidence (design.md §9).
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
}

impl Proof {
    /// Every kind of evidence, in the order of the policy.
    pub const ALL: [Self; 5] = [Self::Config, Self::Backup, Self::Offered, Self::Audited, Self::Confirmed];

    /// Its name in plans and in the journal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Backup => "backup",
            Self::Offered => "offered",
            Self::Audited => "audited",
            Self::Confirmed => "confirmed",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|proof| proof.name() == name)
    }
}

impl Repeat {
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
    /// what became of it, a lost attempt is the last one.
    pub const fn may_be_retried(self) -> bool {
        !matches!(self, Self::Opaque)
    }
}

impl Reverse {
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
    pub(super) const fn required(name: &'static str, ty: Type, doc: &'static str) -> Self {
        Self { name, ty, required: true, default: None, secret: false, doc }
    }

    /// An input that may be left out, or an output that may be null.
    pub(super) const fn optional(name: &'static str, ty: Type, doc: &'static str) -> Self {
        Self { name, ty, required: false, default: None, secret: false, doc }
    }

    /// An input with a value of its own, as JSON text.
    pub(super) const fn with_default(name: &'static str, ty: Type, default: &'static str, doc: &'static str) -> Self {
        Self { name, ty, required: false, default: Some(default), secret: false, doc }
    }

    /// An output.
    pub(super) const fn output(name: &'static str, ty: Type, doc: &'static str) -> Self {
        Self { name, ty, required: true, default: None, secret: false, doc }
    }

    /// The same field, holding a secret.
    pub(super) const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

impl Kind {
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
