//! Programs of the machine on which a rehearsal executes commands, as a scenario describes them.
//!
//! A twin has no machine, and `run --twin` runs no commands: only rehearsals read this.

use super::text::{Size, Span};
use crate::base::escape;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most that a program writes into a file, in bytes: a rehearsal keeps it in memory.
const WRITTEN_MAX: u64 = 16 << 20;

/// A program and what it does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramSpec {
    /// The program and its arguments, as the step that runs it has them.
    pub argv: Vec<String>,
    /// Its exit code.
    #[serde(default)]
    pub exit_code: u8,
    /// What it writes to standard output.
    #[serde(default)]
    pub stdout: String,
    /// How long it takes; as long as the trial says where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes: Option<Span>,
    /// The program whose effect it looks for, with its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks_for: Option<Vec<String>>,
    /// What it writes until that has taken effect; where this is left out its exit code is 1 until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_then: Option<String>,
    /// The files that it writes, where it ends with exit code 0, and what it writes into them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub writes: BTreeMap<String, Written>,
}

/// What a program writes into a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Written {
    /// So many bytes.
    Sized(WrittenSize),
    /// This text.
    Text(String),
}

/// How much a program writes into a file.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenSize {
    /// The size of the file.
    pub size: Size,
}

impl Written {
    /// What stands in the file afterwards.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Sized(written) => vec![b'.'; usize::try_from(written.size.0).unwrap_or_default()],
        }
    }

    const fn len(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Sized(written) => written.size.0,
        }
    }
}

/// Whether these are programs of one machine.
pub(super) fn check(programs: &[ProgramSpec]) -> Result<(), String> {
    let wrong =
        |program: &ProgramSpec, what: String| Err(format!("command {:?}: {what}", escape(&program.argv.join(" "))));
    for (index, program) in programs.iter().enumerate() {
        if program.argv.first().is_none_or(String::is_empty) {
            return wrong(program, "`argv` begins with the program".to_owned());
        }
        if programs.iter().take(index).any(|other| other.argv == program.argv) {
            return wrong(program, "it is there twice".to_owned());
        }
        if let Some((path, _)) = program.writes.iter().find(|(_, written)| written.len() > WRITTEN_MAX) {
            let told = escape(path);
            return wrong(program, format!("it writes more than {WRITTEN_MAX} bytes into {told:?}"));
        }
        match &program.looks_for {
            Some(argv) if !programs.iter().any(|other| other.argv == *argv) => {
                let told = escape(&argv.join(" "));
                return wrong(program, format!("it looks for {told:?}, which is not among the commands"));
            }
            None if program.until_then.is_some() => {
                return wrong(program, "`until_then` means nothing without `looks_for`".to_owned());
            }
            _ => {}
        }
    }
    Ok(())
}
