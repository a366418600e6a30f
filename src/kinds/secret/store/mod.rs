//! `secret.store`: a secret put where others find it, and the proof that it is there.

mod perform;
mod target;

use crate::base::lines::field;
use crate::engine::call::Call;
use crate::engine::protocol::{Context, Next, Protocol, repeat};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Idempotency, Kind, Objection, Reversibility, Type, Written};
use crate::runbook::plan::Template;
use std::future::ready;

/// `secret.store`.
pub(in crate::kinds) struct Store;

static KIND: Kind = Kind {
    name: "secret.store",
    summary: "Puts a secret into a file, a .env file or a sealed file, and reads back that it is there.",
    inputs: &[
        Field::required("secret", Type::String, "the secret, alone or within a text").holds_secrets(),
        Field::required("to", Type::Map, target::FORMS),
    ],
    outputs: &[
        Field::output("kind", Type::String, "`file`, `env_file` or `sealed`"),
        Field::output("path", Type::Path, "the file"),
        Field::optional("name", Type::String, "the variable, in a .env file"),
        Field::optional("recipients", Type::List, "the fingerprints of the keys that open a sealed file"),
    ],
    repeat: Idempotency::Idempotent,
    reverse: Reversibility::Undoable,
    probe: "writes the secret again",
    objections,
    result: |output| format!("{}: {}", field(output, "kind"), field(output, "path")),
    example: concat!(
        "- id: keep\n",
        "  uses: secret.store\n",
        "  with: {secret: \"{{ secrets.db.password }}\", to: {env_file: app.env, name: DB_PASSWORD}}\n",
    ),
    ..Kind::BASE
};

fn objections(written: Written<'_>) -> Vec<Objection> {
    let mut found = Vec::new();
    // A text that a template makes holds no secret either, or it would have become a handle.
    if let Some(Template::Plain(_) | Template::Text(_) | Template::Expression(_)) = written.template("secret") {
        let message = "`secret` holds no secret, so its value would stand in the journal";
        found.push(Objection::to("secret", message, "declare it under `secrets`, and write \"{{ secrets.name }}\""));
    }
    if let Some(entries) = written.entries("to")
        && let Err(why) = target::check(&entries)
    {
        found.push(Objection::to("to", why, target::FORMS));
    }
    found
}

impl Protocol for Store {
    fn next(&self, context: &Context<'_>) -> Next {
        repeat::next(context, Call::Write)
    }

    fn sending(&self, _: Call) -> &'static str {
        "the secret is written again"
    }
}

impl StepKind for Store {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(ready(perform::perform(task)))
    }
}
