//! Who did something.

use std::fmt;

/// Who caused an event. Its text form stands in the `actor` field of every journal line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// The engine itself, by a rule of the plan.
    Engine,
    /// A person, known by the account of the operating system.
    Os {
        /// Login name.
        user: String,
        /// Host name.
        host: String,
    },
    /// The scripted operator that answers for a person when a run is driven against the twin.
    Script,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine => f.write_str("engine"),
            Self::Os { user, host } => write!(f, "os:{user}@{host}"),
            Self::Script => f.write_str("script"),
        }
    }
}

impl std::str::FromStr for Actor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "engine" => Ok(Self::Engine),
            "script" => Ok(Self::Script),
            _ => text
                .strip_prefix("os:")
                .and_then(|rest| rest.rsplit_once('@'))
                .map(|(user, host)| Self::Os { user: user.to_owned(), host: host.to_owned() })
                .ok_or_else(|| format!("not an actor: {text:?}")),
        }
    }
}
