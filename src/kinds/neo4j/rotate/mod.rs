//! `neo4j.password.rotate`: a password that nobody but this run knows takes the place of an older one.

mod perform;
mod protocol;

use crate::base::Value;
use crate::engine::call::Call;
use crate::engine::history::Probe;
use crate::engine::protocol::values::flag;
use crate::engine::protocol::{Context, Next, PossibleFinding, Protocol};
use crate::kinds::neo4j::fields::{HOSTS, USERNAME};
use crate::kinds::step_kind::{Performing, StepKind};
use crate::kinds::task::Task;
use crate::runbook::kind::{Field, Idempotency, Kind, Reversibility, Role, Type};
use serde_json::json;

/// `neo4j.password.rotate`.
pub(in crate::kinds) struct Rotate;

static KIND: Kind = Kind {
    name: "neo4j.password.rotate",
    summary: concat!(
        "Sets a new password and delivers it, so that the sealed one-time password in the permanent trail is ",
        "worthless."
    ),
    inputs: &[
        Field::required("url", Type::String, "the Query API's address, or the instance's connection_url"),
        HOSTS,
        Field::required("credentials", Type::Any, "user name and password, until now").secret(),
        Field::required(
            "password_file",
            Type::Path,
            concat!(
                "the file, mode 0600, that receives the new password; the one that holds the old password may be ",
                "named, and is replaced"
            ),
        ),
        Field::optional("username", Type::String, USERNAME),
    ],
    outputs: &[
        Field::output("password_file", Type::Path, "the file that holds the new password"),
        Field::output("credentials", Type::Any, "user name and new password, for inputs that take a secret").secret(),
        Field::output("rotated_at", Type::Time, "when the new password was known to be set"),
    ],
    repeat: Idempotency::Reconcilable,
    once: true,
    reverse: Reversibility::Undoable,
    probe: "tries the new password, then the old one: RETURN 1",
    changeable: &["password_file", "hosts", "url", "username"],
    preflight: true,
    example: concat!(
        "- id: rotate\n",
        "  uses: neo4j.password.rotate\n",
        "  with:\n",
        "    url: \"{{ steps.recreate.connection_url }}\"\n",
        "    credentials: \"{{ steps.recreate.credentials }}\"\n",
        "    password_file: new-password.txt\n",
    ),
    role: Some(Role::Rotate),
    ..Kind::BASE
};

impl Protocol for Rotate {
    fn next(&self, context: &Context<'_>) -> Next {
        protocol::next(context)
    }

    fn findings(&self, _: &Context<'_>, call: Call, _: &Value) -> Vec<PossibleFinding> {
        if call != Call::Probe {
            return Vec::new();
        }
        let sight =
            |what: &'static str, new: bool, old: bool| PossibleFinding { what, found: json!({"new": new, "old": old}) };
        vec![
            sight("the new password opens it", true, false),
            sight("only the old one does", false, true),
            sight("neither does", false, false),
        ]
    }

    fn look(&self, _: Call) -> &'static str {
        "both passwords are tried"
    }

    fn sending(&self, _: Call) -> &'static str {
        "the same new password is set again"
    }

    fn saw(&self, _: &Context<'_>, probe: &Probe, _: &str) -> String {
        match (flag(&probe.found, "new"), flag(&probe.found, "old")) {
            (true, _) => "the new password opens the database".to_owned(),
            (false, true) => "the old password still opens the database".to_owned(),
            (false, false) => "neither password opens the database".to_owned(),
        }
    }
}

impl StepKind for Rotate {
    fn declaration(&self) -> &'static Kind {
        &KIND
    }

    fn perform<'a>(&self, task: &'a Task<'a>) -> Performing<'a> {
        Box::pin(perform::perform(task))
    }
}
