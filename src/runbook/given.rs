//! The inputs of a run: what was given, checked against what is declared.

use super::codes::Code;
use super::diagnostic::Collector;
use super::draft::Placed;
use super::fit::{self, Misfit, fit};
use super::patterns::{Patterns, TooMuch};
use super::plan::{InputDecl, InputType};
use super::suggest::{IN_THE_FILE, or_list};
use crate::base::{Map, Value, escape};
use std::collections::BTreeSet;

/// The inputs to compile with.
#[derive(Clone, Copy, Debug)]
pub enum Inputs<'a> {
    /// Nothing is known about them: `check`. A missing input is no mistake and is null in the plan.
    Unknown,
    /// Those of a runbook that another one uses: these are known, and the others once its steps run. A missing input is
    /// no mistake and is null in the plan.
    Bound(&'a Map),
    /// These were given: `plan` and `run`. Text is read as the declared type, as it comes from the command line.
    Given(&'a Map),
}

/// The values of all declared inputs.
pub(super) fn settle(
    decls: &[Placed<InputDecl>],
    inputs: Inputs<'_>,
    patterns: &mut Patterns,
    found: &mut Collector,
) -> Map {
    let (given, is_whole) = match inputs {
        Inputs::Unknown => (None, false),
        Inputs::Bound(given) => (Some(given), false),
        Inputs::Given(given) => (Some(given), true),
    };
    let names: Vec<&str> = decls.iter().map(|decl| decl.value.name.as_str()).collect();
    let declared: BTreeSet<&str> = names.iter().copied().collect();
    for name in given.into_iter().flat_map(Map::keys).filter(|name| !declared.contains(name.as_str())) {
        let hint = if found.is_full() { None } else { or_list(name, "inputs", &names, IN_THE_FILE) };
        found.add(Code::InputUnknown, None, format!("the runbook has no input `{}`", escape(name)));
        if let Some(hint) = hint {
            found.hint(hint);
        }
    }
    let mut settled = |decl: &Placed<InputDecl>, found: &mut Collector| match given {
        Some(given) if !is_whole && !given.contains_key(&decl.value.name) => Value::Null,
        _ => value(decl, given, patterns, found),
    };
    decls.iter().map(|decl| (decl.value.name.clone(), settled(decl, found))).collect()
}

fn value(decl: &Placed<InputDecl>, given: Option<&Map>, patterns: &mut Patterns, found: &mut Collector) -> Value {
    let Placed { value: decl, span } = decl;
    let fallback = || decl.default.clone().unwrap_or(Value::Null);
    let Some(given) = given else { return fallback() };
    match given.get(&decl.name).filter(|value| !value.is_null()) {
        Some(value) => accept(decl, value.clone(), patterns).unwrap_or_else(|misfit| {
            let message =
                format!("the input `{}` does not fit: expected {}, found {}", decl.name, misfit.expected, misfit.found);
            found.add(Code::InputMalformed, *span, message);
            if !decl.description.is_empty() {
                found.hint(format!("{}: {}", decl.name, decl.description.trim()));
            }
            Value::Null
        }),
        None if decl.default.is_none() && !decl.optional => {
            found.add(
                Code::InputMissing,
                *span,
                format!("the input `{}` was not given: expected {}", decl.name, expected(decl)),
            );
            let about =
                if decl.description.is_empty() { String::new() } else { format!(" ({})", decl.description.trim()) };
            found.hint(format!("give it with `-i {}=VALUE`{about}", decl.name));
            Value::Null
        }
        None => fallback(),
    }
}

/// A value of the declared type; text, as it comes from the command line, is read as that type.
fn accept(decl: &InputDecl, value: Value, patterns: &mut Patterns) -> Result<Value, Misfit> {
    let read = match (&value, decl.ty) {
        (Value::String(text), InputType::Integer) => text.parse::<i64>().map(Value::from).unwrap_or(value),
        (Value::String(text), InputType::Boolean) => text.parse::<bool>().map(Value::from).unwrap_or(value),
        _ => value,
    };
    check(decl, read, patterns)
}

/// A literal of the declared type.
pub(super) fn literal(decl: &InputDecl, text: &str, plain: bool, patterns: &mut Patterns) -> Result<Value, Misfit> {
    match fit::literal(decl.ty.as_type(), text, plain)? {
        Value::Null => Ok(Value::Null),
        value => check(decl, value, patterns),
    }
}

fn check(decl: &InputDecl, value: Value, patterns: &mut Patterns) -> Result<Value, Misfit> {
    let wrong = |value: &Value| Misfit { expected: expected(decl), found: fit::found(value) };
    let value = fit(decl.ty.as_type(), value).map_err(|misfit| Misfit { expected: expected(decl), ..misfit })?;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.len() > TEXT_MAX {
        return Err(Misfit {
            expected: format!("text of at most {TEXT_MAX} bytes"),
            found: format!("one of {} bytes: put it into a file and give its path", text.len()),
        });
    }
    let matches = match decl.pattern.as_deref().map(|pattern| patterns.is_match(pattern, &text)) {
        Some(Err(TooMuch)) => {
            return Err(Misfit {
                expected: "texts and patterns of inputs that are compared in a moment".to_owned(),
                found: format!("{} bytes and too much work: shorten the text or repeat less in patterns", text.len()),
            });
        }
        Some(Ok(matches)) => matches,
        None => true,
    };
    let chosen = decl.choices.is_empty() || decl.choices.contains(&value);
    if matches && chosen { Ok(value) } else { Err(wrong(&value)) }
}

/// A longer text is no input but a file.
const TEXT_MAX: usize = 64 << 10;

/// What an input expects, in words: its choices, its pattern, or its type.
fn expected(decl: &InputDecl) -> String {
    if !decl.choices.is_empty() {
        let choices: Vec<String> = decl
            .choices
            .iter()
            .map(|choice| choice.as_str().map_or_else(|| choice.to_string(), str::to_owned))
            .collect();
        return format!("one of {}", choices.join(", "));
    }
    match &decl.pattern {
        Some(pattern) => format!("{} that matches {pattern}", fit::expected(decl.ty.as_type())),
        None => fit::expected(decl.ty.as_type()),
    }
}
