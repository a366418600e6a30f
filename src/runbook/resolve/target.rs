//! What is expected where a value stands.

use crate::runbook::codes::Code;
use crate::runbook::kind::{Field, Type};

/// What is expected where a value stands.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) ty: Type,
    pub(super) what: String,
    /// Whether null is refused.
    pub(super) needed: bool,
    pub(super) secret: Secrecy,
    /// Whether nothing of a step may stand here.
    pub(super) by_people: bool,
    pub(super) code: Code,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secrecy {
    /// No secret may stand here.
    Never,
    /// Only a secret may stand here, as a whole.
    Only,
    /// Only a secret may stand here, as a whole, whatever its parts are.
    Handed,
    /// Plain values and secrets may stand here, a secret within a text too.
    Beside,
    /// Nobody knows, because the kind is not known, which was reported.
    Unknown,
}

impl Target {
    /// An input of a kind.
    pub(super) fn field(field: &Field) -> Self {
        let secret = match (field.secret, field.holds_secrets) {
            (true, _) => Secrecy::Only,
            (false, true) => Secrecy::Beside,
            (false, false) => Secrecy::Never,
        };
        let what = format!("`{}`", field.name);
        Self { ty: field.ty, what, needed: field.required, secret, by_people: field.by_people, code: Code::Misfit }
    }

    /// Any value that is no secret.
    pub(super) fn any(what: &str) -> Self {
        Self {
            ty: Type::Any,
            what: what.to_owned(),
            needed: false,
            secret: Secrecy::Never,
            by_people: false,
            code: Code::Misfit,
        }
    }

    /// An input of a kind that is not known.
    pub(super) fn unknown() -> Self {
        Self { secret: Secrecy::Unknown, ..Self::any("the value") }
    }

    /// `when`.
    pub(super) fn condition() -> Self {
        Self::condition_of("`when`")
    }

    /// Something that is true or false.
    pub(super) fn condition_of(what: &str) -> Self {
        Self { ty: Type::Boolean, needed: true, code: Code::Condition, ..Self::any(what) }
    }

    /// What stands in a list or a map.
    pub(super) fn inner(&self) -> Self {
        Self { secret: self.secret, ..Self::any(&self.what) }
    }
}
