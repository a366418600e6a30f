//! Where the runbook of a run comes from: a file, or what was typed.

use super::compile::read_runbook;
use super::failure::Failure;
use crate::report::Diagnostics;
use std::path::PathBuf;

/// Where the runbook of a run comes from.
#[derive(Clone, Debug)]
pub enum RunbookSource {
    /// A file.
    File(PathBuf),
    /// What `exec` has written for one operation.
    Rendered(Rendered),
}

/// A runbook that was written for one operation.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// What it is called where a file has its name.
    pub(super) name: String,
    /// Its text.
    pub(super) text: String,
    /// The option that a line is about, by the number of the line.
    pub(super) options: Vec<(usize, String)>,
    /// The words after `surefoot` that ask for the same again.
    pub(super) words: Vec<String>,
}

impl From<PathBuf> for RunbookSource {
    fn from(file: PathBuf) -> Self {
        Self::File(file)
    }
}

impl RunbookSource {
    /// The file, or what takes its place.
    pub(super) fn path(&self) -> PathBuf {
        match self {
            Self::File(file) => file.clone(),
            Self::Rendered(rendered) => PathBuf::from(&rendered.name),
        }
    }

    pub(super) fn read(&self) -> Result<Vec<u8>, Failure> {
        match self {
            Self::File(file) => read_runbook(file),
            Self::Rendered(rendered) => Ok(rendered.text.clone().into_bytes()),
        }
    }

    /// Warnings as they are told.
    pub(super) fn warned(&self, warnings: &Diagnostics) -> String {
        match self {
            Self::File(_) => warnings.render(false).trim_end().to_owned(),
            Self::Rendered(rendered) => {
                let told = rendered.told(warnings).into_iter().map(|one| format!("warning: {one}"));
                told.collect::<Vec<_>>().join("\n")
            }
        }
    }
}

impl Rendered {
    /// What is wrong, each with the option that it is about.
    pub(super) fn told(&self, diagnostics: &Diagnostics) -> Vec<String> {
        let of_line = |line: usize| self.options.iter().find(|(number, _)| *number == line);
        let told = diagnostics.iter().map(|found| {
            let option = diagnostics.position(found).and_then(|place| of_line(place.line));
            let option = option.map(|(_, option)| format!("{option}: ")).unwrap_or_default();
            let help = found.hint.as_deref().and_then(|hint| hint.lines().next());
            let help = help.map(|hint| format!(" ({hint})")).unwrap_or_default();
            format!("{option}{}{help}", found.message)
        });
        told.collect()
    }
}
