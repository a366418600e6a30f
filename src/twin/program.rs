//! What the programs of a rehearsed machine do, as a scenario describes them. A twin runs none.

use super::text::Span;
use serde::{Deserialize, Serialize};

/// A command line and what it does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramSpec {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// Its exit code.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub exit_code: i32,
    /// What it writes to standard output.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stdout: String,
    /// How long it takes; as the seed says where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes: Option<Span>,
    /// The command line whose effect it looks for: until that has taken effect it ends with exit code 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks_for: Option<Vec<String>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde calls takes a reference")]
const fn is_zero(code: &i32) -> bool {
    *code == 0
}
