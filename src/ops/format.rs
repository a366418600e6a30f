//! `fmt`: the layout of runbooks.

use super::compile::read_runbook;
use super::failure::{Failure, FailureKind};
use super::process_env;
use crate::adapter::replace::replace;
use crate::runbook::{Content, Diagnostics};
use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions, Quotes};
use pretty_yaml::format_text;
use std::path::Path;

/// A layout that is not settled after so many rounds never is.
const ROUNDS: usize = 5;

/// More columns than any line has.
const UNLIMITED: usize = 1 << 20;

/// Whether a runbook is laid out in another way than it should be; with `write` it is written so. A file whose content
/// would be another one afterwards is left as it is.
pub fn format(path: &Path, write: bool) -> Result<Result<bool, Diagnostics>, Failure> {
    let bytes = read_runbook(path)?;
    let name = path.display().to_string();
    let content = match Content::of(&name, &bytes) {
        Ok(content) => content,
        Err(diagnostics) => return Ok(Err(diagnostics)),
    };
    let before = String::from_utf8_lossy(&bytes);
    let after = settled(&before).ok_or_else(|| failed(path, "the layout of it does not settle"))?;
    if after == before {
        return Ok(Ok(false));
    }
    if Content::of(&name, after.as_bytes()).ok() != Some(content) {
        return Err(failed(path, "it would say something else afterwards"));
    }
    if write {
        let whole = process_env::working_directory().join(path);
        replace(&whole, after.as_bytes()).map_err(|error| {
            Failure::new(FailureKind::Storage, format!("cannot write {}", path.display())).because(&error)
        })?;
    }
    Ok(Ok(true))
}

/// The text in the layout that formatting changes no more.
fn settled(text: &str) -> Option<String> {
    let options = options();
    let mut last = text.to_owned();
    for _ in 0..ROUNDS {
        let next = format_text(&last, &options).ok()?;
        if next == last {
            return Some(next);
        }
        last = next;
    }
    None
}

/// The layout of the runbooks that come with surefoot. Where a list or a map in brackets is broken into lines is the
/// author's choice: the arguments of a command read better on one long line than on twenty.
fn options() -> FormatOptions {
    FormatOptions {
        layout: LayoutOptions { print_width: UNLIMITED, ..LayoutOptions::default() },
        language: LanguageOptions {
            quotes: Quotes::PreferDouble,
            trailing_comma: false,
            brace_spacing: false,
            ..LanguageOptions::default()
        },
    }
}

fn failed(path: &Path, why: &str) -> Failure {
    Failure::new(FailureKind::Internal, format!("cannot format {}: {why}", path.display()))
        .hint("the file is left as it is; this is a bug in surefoot, please report it with the file")
}
