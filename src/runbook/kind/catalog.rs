//! The kinds that a runbook may use.

use super::role::Role;
use super::types::{Kind, Proof};

/// The kinds that a runbook may use, sorted by name.
#[derive(Clone, Copy, Debug)]
pub struct Catalog(&'static [&'static Kind]);

impl Catalog {
    /// A catalog of these kinds, which are sorted by name.
    pub const fn of(kinds: &'static [&'static Kind]) -> Self {
        Self(kinds)
    }

    /// The kind of that name.
    pub fn find(self, name: &str) -> Option<&'static Kind> {
        self.iter().find(|kind| kind.name == name)
    }

    /// The first kind with this role.
    pub(in crate::runbook) fn with_role(self, role: Role) -> Option<&'static Kind> {
        self.iter().find(|kind| kind.role == Some(role))
    }

    /// Every kind, sorted by name.
    pub fn iter(self) -> impl ExactSizeIterator<Item = &'static Kind> {
        self.0.iter().copied()
    }

    /// The names of the kinds that have one of these roles, for messages.
    pub(in crate::runbook) fn with_roles(self, roles: &[Role]) -> Vec<&'static str> {
        let mut names = Vec::new();
        for role in roles {
            names.extend(self.iter().filter(|kind| kind.role == Some(*role)).map(|kind| kind.name));
        }
        names
    }

    /// The names of the kinds that yield this evidence, for messages.
    pub(in crate::runbook) fn yielding(self, proof: Proof) -> String {
        let kinds = self.iter().filter(|kind| kind.yields.contains(&proof));
        kinds.map(|kind| kind.name).collect::<Vec<_>>().join(", ")
    }
}
