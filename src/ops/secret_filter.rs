//! The second net before the journal: what is about to be recorded holds no secret that this process knows
//! (docs/secrets.md, "Records hold no secret").
//!
//! The first one is that nothing but declared fields is taken over, and that secrets have a type of their own. Where a
//! service repeats a secret in such a field all the same, the record is refused, and the process ends.

use crate::base::{SecretScanner, escape};
use crate::engine::event::Event;
use crate::journal::Journal;
use crate::kinds::vault::Vault;
use crate::port::{Committed, Log, Poisoned};

/// The journal of a run behind the net.
pub(super) struct SecretFilter {
    journal: Box<Journal>,
    vault: Vault,
    canary: SecretScanner,
    /// How many secrets the canary knows; there are never fewer than before.
    known: usize,
    caught: Option<Caught>,
}

/// A secret that was about to be recorded; the text itself is told to nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caught(String);

impl SecretFilter {
    /// The net for the secrets of this vault, and those that it comes to know.
    pub(super) fn before(journal: Journal, vault: Vault) -> Self {
        Self { journal: Box::new(journal), vault, canary: SecretScanner::of(&[]), known: 0, caught: None }
    }

    /// The journal without the net.
    pub(super) fn into_journal(self) -> Journal {
        *self.journal
    }

    /// What was caught, if anything was: then nothing more is recorded.
    pub(super) fn caught(&self) -> Option<&Caught> {
        self.caught.as_ref()
    }

    fn look(&mut self, events: &[Event]) -> Option<Caught> {
        let texts = self.vault.texts();
        if texts.len() != self.known {
            (self.canary, self.known) = (SecretScanner::of(&texts), texts.len());
        }
        if self.known == 0 { None } else { events.iter().find_map(|event| find(&self.canary, event)) }
    }
}

/// What this event would record of the secrets of this vault.
pub(super) fn look(vault: &Vault, event: &Event) -> Option<Caught> {
    find(&SecretScanner::of(&vault.texts()), event)
}

fn find(canary: &SecretScanner, event: &Event) -> Option<Caught> {
    let mut found = None;
    event.texts(&mut |field, text| {
        if found.is_none() {
            found = canary.find(text.as_bytes()).map(|form| (field.to_owned(), form));
        }
    });
    let (field, form) = found?;
    // The key of a map may be the secret itself.
    let field =
        if canary.find(field.as_bytes()).is_some() { "a key".to_owned() } else { format!("`{}`", escape(&field)) };
    let place = event.body.step().filter(|step| canary.find(step.as_bytes()).is_none());
    let place = place.map_or_else(|| "the run".to_owned(), |step| format!("step `{}`", escape(step)));
    Some(Caught(format!("{field} of {} of {place} holds a secret as {form}", event.body.name())))
}

impl std::fmt::Display for Caught {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Log for SecretFilter {
    fn commit(&mut self, events: &[Event]) -> Result<Committed, Poisoned> {
        if self.caught.is_none() {
            self.caught = self.look(events);
        }
        match &self.caught {
            Some(caught) => Err(Poisoned { reason: caught.to_string() }),
            None => self.journal.commit(events),
        }
    }

    fn rotate_if_due(&mut self) -> Result<Option<Event>, Poisoned> {
        self.journal.rotate_if_due()
    }
}
