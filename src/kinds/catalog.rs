//! The list of the kinds.

use super::aura::instance::{create, delete, get, list, overwrite, switch, update, watch};
use super::aura::{snapshot, tenant};
use super::flow::{assert, diff, gather, runbook, sleep};
use super::neo4j::{compare, counts, rotate};
use super::notify::webhook;
use super::people::{audit_entry, confirm, manual};
use super::secret::store;
use super::step_kind::StepKind;
use super::{backup, command, env, file, http, s3};
use crate::engine::protocol::Protocol;
use crate::runbook::kind::{Catalog, Kind};
use std::sync::LazyLock;

/// Every kind, sorted by name.
static KINDS: &[&(dyn StepKind + Sync)] = &[
    &assert::Assert,
    &audit_entry::AuditEntry,
    &watch::Await,
    &create::Create,
    &delete::Delete,
    &get::Get,
    &list::List,
    &overwrite::Overwrite,
    &switch::PAUSE,
    &switch::RESUME,
    &update::Update,
    &snapshot::watch::Await,
    &snapshot::create::Create,
    &snapshot::latest::Latest,
    &tenant::TenantCheck,
    &backup::receive::Receive,
    &backup::verify::Verify,
    &command::Command,
    &confirm::Confirm,
    &diff::Diff,
    &env::write::WriteEnv,
    &file::read::ReadFile,
    &file::write::Write,
    &gather::ForEach,
    &http::poll::HttpPoll,
    &http::request::HttpRequest,
    &manual::Manual,
    &compare::Compare,
    &counts::Counts,
    &rotate::Rotate,
    &webhook::Webhook,
    &runbook::Runbook,
    &runbook::End,
    &s3::put::Put,
    &s3::verify::Verify,
    &store::Store,
    &sleep::Sleep,
];

static DECLARED: LazyLock<Vec<&'static Kind>> = LazyLock::new(|| KINDS.iter().map(|kind| kind.declaration()).collect());

/// The declarations of all kinds.
pub fn catalog() -> Catalog {
    Catalog::of(&DECLARED)
}

/// The declaration of the kind of that name.
pub fn find(name: &str) -> Option<&'static Kind> {
    catalog().find(name)
}

/// The protocol of a kind.
pub fn protocol(kind: &Kind) -> &'static dyn Protocol {
    step_kind(kind)
}

/// A kind as a whole.
#[expect(clippy::expect_used, reason = "a plan has no other kinds than those of the catalog that it was compiled with")]
pub(super) fn step_kind(kind: &Kind) -> &'static (dyn StepKind + Sync) {
    let place = KINDS.binary_search_by_key(&kind.name, |one| one.declaration().name).expect("a kind of the catalog");
    KINDS.get(place).copied().expect("it was found there")
}
