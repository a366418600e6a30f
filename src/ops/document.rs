//! Files in YAML or JSON that a person names beside a runbook.

use super::failure::{Failure, FailureKind};
use super::paths::read_named;
use serde::de::DeserializeOwned;
use serde_saphyr::Error;
use std::path::Path;

/// What a file has to be.
pub(super) struct Form {
    /// What it holds: `faults`.
    pub(super) holds: &'static str,
    /// What it is: `a list of faults`.
    pub(super) is: &'static str,
    /// What to write, where it is something else.
    pub(super) hint: &'static str,
    /// Its largest size, in bytes.
    pub(super) limit: u64,
}

/// Reads such a file.
pub(super) fn read_document<T: DeserializeOwned>(path: &Path, form: &Form) -> Result<T, Failure> {
    let bytes = read_named(path, form.limit, form.holds)?;
    let text = String::from_utf8_lossy(&bytes);
    serde_saphyr::from_str(&text).map_err(|error| match error.without_snippet() {
        // The library advises to let it pass; of two values nobody knows which one is meant.
        Error::DuplicateMappingKey { key, location } => {
            let key = key.as_ref().map_or_else(|| "a key".to_owned(), |key| format!("the key `{key}`"));
            let place = format!("{}:{}:{}", path.display(), location.line(), location.column());
            Failure::new(FailureKind::Usage, format!("{place}: {key} is written twice"))
                .hint("remove one of the two, the one whose value is not meant")
        }
        error => Failure::new(FailureKind::Usage, format!("{} is not {}", path.display(), form.is))
            .because(error)
            .hint(form.hint),
    })
}
