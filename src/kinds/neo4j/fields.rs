//! What the kinds of this family have as inputs.

use crate::runbook::kind::{Field, Type};

/// What the input `database` is.
pub(in crate::kinds) const DATABASE: &str =
    "the database; left out or empty, the instance is asked for the home of the user";
/// What the input `username` is.
pub(in crate::kinds) const USERNAME: &str =
    "the user; left out, the one of the credentials, or neo4j where they are a password alone";

/// Where the password may go besides the service's own hosts.
pub(in crate::kinds) const HOSTS: Field = Field::with_default(
    "hosts",
    Type::String,
    "\"\"",
    concat!(
        "hosts that may receive the password besides *.databases.neo4j.io, as names or addresses with commas between ",
        "them; never from a step"
    ),
)
.by_people();
