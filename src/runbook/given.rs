//! The inputs of a run: what was given, checked against what is declared.

use super::bounds;
use super::codes::Code;
use super::diagnostic::Collector;
use super::digest::canonical;
use super::draft::Placed;
use super::fit::{self, Misfit, fit};

use super::number::{decimal, number};
use super::patterns::{Patterns, TooMuch};
use super::plain::{data, document, tree};
use super::plan::{InputDecl, InputType};
use super::suggest::{IN_THE_FILE, or_list};
use super::yaml::{Data, Entry, Node};
use crate::base::handle::holds_reserved;
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
                format!("the input `{}` was not given: expected {}", decl.name, expected_input(decl)),
            );
            let about =
                if decl.description.is_empty() { String::new() } else { format!(" ({})", decl.description.trim()) };
            found.hint(format!("give it with `-i {}=VALUE`{about}", decl.name));
            Value::Null
        }
        None => fallback(),
    }
}

/// The inputs as expressions know them; `None` where they are as in the plan.
pub(super) fn numbers(decls: &[Placed<InputDecl>], values: &Map) -> Option<Map> {
    let decls = decls.iter().map(|decl| &decl.value);
    let is_number = |decl: &&InputDecl| [Some(decl.ty), decl.of].contains(&Some(InputType::Number));
    let mut known: Option<Map> = None;
    for decl in decls.filter(is_number) {
        if let Some(value) = known.get_or_insert_with(|| values.clone()).get_mut(&decl.name) {
            match value {
                Value::Array(items) => items.iter_mut().for_each(express),
                Value::Object(map) => map.values_mut().for_each(express),
                one => express(one),
            }
        }
    }
    known
}

fn express(value: &mut Value) {
    if let Some(number) = value.as_str().and_then(number) {
        *value = number;
    }
}

/// One value that a person gives, read as an input of the runbook; the error is what was expected and found.
pub fn read_input(decl: &InputDecl, value: Value) -> Result<Value, Misfit> {
    let mut patterns = Patterns::new();
    if let Some(pattern) = &decl.pattern {
        // One that cannot be read is a mistake of the runbook, which is told when that is compiled.
        drop(patterns.learn(pattern));
    }
    accept(decl, value, &mut patterns)
}

/// A value of the declared type; text, as it comes from the command line, is read as that type.
fn accept(decl: &InputDecl, value: Value, patterns: &mut Patterns) -> Result<Value, Misfit> {
    if let Value::String(text) = &value {
        within(text.len())?;
    }
    if !decl.ty.has_items() {
        return one(decl, decl.ty, value, patterns).and_then(|value| bounded(decl, value));
    }
    let value = match value {
        Value::String(text) => parts(decl, &text)?,
        other => other,
    };
    items(decl, value, &mut |ty, item| match ty {
        Some(ty) => one(decl, ty, item, patterns),
        None => Ok(item),
    })
}

/// The list or the map that a text is, as on the command line: `[a, b]`, `{a: 1}`, or the one item of a list.
fn parts(decl: &InputDecl, text: &str) -> Result<Value, Misfit> {
    let open = if decl.ty == InputType::List { '[' } else { '{' };
    if text.trim_start().starts_with(open) {
        let unreadable = |why| Misfit { expected: expected_input(decl), found: format!("text that is no YAML: {why}") };
        return match decl.of {
            Some(of) => tree(text, |node| as_given(node, Some(of))).map_err(unreadable),
            None => document(text).map_err(unreadable),
        };
    }
    let value = Value::String(text.to_owned());
    if decl.ty == InputType::List { Ok(Value::Array(vec![value])) } else { Err(wrong(decl, &value)) }
}

/// Each item of a list or a map as it has to be, and the whole.
fn items(
    decl: &InputDecl,
    value: Value,
    read: &mut dyn FnMut(Option<InputType>, Value) -> Result<Value, Misfit>,
) -> Result<Value, Misfit> {
    if holds_reserved(&value) {
        let found = "a map with the key `$secret` or `$secret_text`, which are kept for secrets".to_owned();
        return Err(Misfit { expected: expected_input(decl), found });
    }
    let about = |name: String, misfit: Misfit| Misfit { found: format!("{name}: {}", misfit.found), ..misfit };
    let value = match (decl.ty, value) {
        (InputType::List, Value::Array(items)) => {
            let read =
                |(index, item)| read(decl.of, item).map_err(|misfit| about(format!("item {}", index + 1), misfit));
            Value::Array(items.into_iter().enumerate().map(read).collect::<Result<_, _>>()?)
        }
        (InputType::Map, Value::Object(map)) => {
            let read = |(key, item): (String, Value)| match read(decl.of, item) {
                Ok(item) => Ok((key, item)),
                Err(misfit) => Err(about(format!("`{}`", escape(&key)), misfit)),
            };
            Value::Object(map.into_iter().map(read).collect::<Result<_, _>>()?)
        }
        (_, other) => return Err(wrong(decl, &other)),
    };
    match canonical(&value) {
        Ok(text) => within(text.len())?,
        Err(error) => {
            let expected = "values that every reader takes alike; declare `of: number`, or quote it".to_owned();
            return Err(Misfit { expected, found: error.to_string() });
        }
    }
    bounded(decl, value)
}

/// A single value of this type that keeps to the pattern and the choices.
fn one(decl: &InputDecl, ty: InputType, value: Value, patterns: &mut Patterns) -> Result<Value, Misfit> {
    let read = match (&value, ty) {
        (Value::String(text), InputType::Integer) => text.parse::<i64>().map(Value::from).unwrap_or(value),
        (Value::String(text), InputType::Boolean) => text.parse::<bool>().map(Value::from).unwrap_or(value),
        (Value::String(text), InputType::Map) if text.trim_start().starts_with('{') => document(text).unwrap_or(value),
        _ => value,
    };
    check(decl, ty, read, patterns)
}

/// A literal of the declared type, as it stands in the runbook: a value, or one of an `enum`.
pub(super) fn literal(decl: &InputDecl, node: &Node<'_>, patterns: &mut Patterns) -> Result<Value, Misfit> {
    if !decl.ty.has_items() {
        return match single(decl.ty, node)? {
            Value::Null => Ok(Value::Null),
            value => check(decl, decl.ty, value, patterns).and_then(|value| bounded(decl, value)),
        };
    }
    if matches!(&node.data, Data::Scalar { .. }) {
        let value = data(node);
        return if value.is_null() { Ok(value) } else { Err(wrong(decl, &value)) };
    }
    items(decl, as_written(node, decl.of)?, &mut |ty, item| match ty {
        Some(ty) => check(decl, ty, item, patterns),
        None => Ok(item),
    })
}

/// One of the values that an input, or each item of it, may have.
pub(super) fn choice(decl: &InputDecl, node: &Node<'_>, patterns: &mut Patterns) -> Result<Value, Misfit> {
    let ty = if decl.ty.has_items() { decl.of.unwrap_or(InputType::String) } else { decl.ty };
    check(decl, ty, single(ty, node)?, patterns)
}

/// A literal in the runbook of this type; a number as its text.
pub(super) fn single(ty: InputType, node: &Node<'_>) -> Result<Value, Misfit> {
    let Data::Scalar { text, plain } = &node.data else {
        return fit_to(ty, data(node));
    };
    match ty.as_type() {
        Some(ty) => fit::literal(ty, text, *plain),
        None if *plain && !fit::resolve(text, true).is_null() => fit_to(ty, Value::String(text.to_string())),
        None => fit_to(ty, fit::resolve(text, *plain)),
    }
}

/// The items of a node as literals of this type, or as any plain data.
fn as_written(node: &Node<'_>, of: Option<InputType>) -> Result<Value, Misfit> {
    let item = |node: &Node<'_>| match of {
        Some(of) => single(of, node),
        None => Ok(data(node)),
    };
    Ok(match &node.data {
        Data::List(items) => Value::Array(items.iter().map(item).collect::<Result<_, _>>()?),
        Data::Map(entries) => {
            let entry = |entry: &Entry<'_>| Ok((entry.key.to_string(), item(&entry.value)?));
            Value::Object(entries.iter().map(entry).collect::<Result<Map, Misfit>>()?)
        }
        _ => data(node),
    })
}

/// A node of a file of inputs, or of a text on the command line. What is read as a declared type is taken as it is
/// written: the instance id 1234e567 is no number.
pub(super) fn as_given(node: &Node<'_>, of: Option<InputType>) -> Value {
    let item = |node: &Node<'_>| match (&node.data, of) {
        (Data::Scalar { .. }, Some(_)) => text_of(node),
        _ => data(node),
    };
    match &node.data {
        Data::List(items) => items.iter().map(item).collect(),
        Data::Map(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.to_string(), item(&entry.value))).collect())
        }
        _ => text_of(node),
    }
}

fn text_of(node: &Node<'_>) -> Value {
    match &node.data {
        Data::Scalar { text, plain } if !fit::resolve(text, *plain).is_null() => Value::String(text.to_string()),
        _ => Value::Null,
    }
}

/// A value of this type, or what it is instead.
fn fit_to(ty: InputType, value: Value) -> Result<Value, Misfit> {
    let Some(ty) = ty.as_type() else {
        let text = match &value {
            Value::String(text) => decimal(text),
            Value::Number(number) => decimal(&number.to_string()),
            _ => None,
        };
        let misfit = || Misfit { expected: expected_type(ty), found: fit::found(&value) };
        return text.map(Value::String).ok_or_else(misfit);
    };
    fit(ty, value)
}

fn check(decl: &InputDecl, ty: InputType, value: Value, patterns: &mut Patterns) -> Result<Value, Misfit> {
    let value = fit_to(ty, value).map_err(|misfit| Misfit { expected: expected_input(decl), ..misfit })?;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    within(text.len())?;
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
    if matches && chosen { Ok(value) } else { Err(wrong(decl, &value)) }
}

fn bounded(decl: &InputDecl, value: Value) -> Result<Value, Misfit> {
    if bounds::are_kept(decl, &value) {
        return Ok(value);
    }
    match value.as_array().map(Vec::len).or_else(|| value.as_object().map(Map::len)) {
        Some(1) => Err(Misfit { expected: expected_input(decl), found: "1 item".to_owned() }),
        Some(count) => Err(Misfit { expected: expected_input(decl), found: format!("{count} items") }),
        None => Err(wrong(decl, &value)),
    }
}

fn wrong(decl: &InputDecl, value: &Value) -> Misfit {
    let found = match value.as_str().filter(|_| decl.ty == InputType::Number).and_then(number) {
        Some(number) => fit::found(&number),
        None => fit::found(value),
    };
    Misfit { expected: expected_input(decl), found }
}

/// A longer text is no input but a file.
const TEXT_MAX: usize = 64 << 10;

fn within(length: usize) -> Result<(), Misfit> {
    if length <= TEXT_MAX {
        return Ok(());
    }
    Err(Misfit {
        expected: format!("text of at most {TEXT_MAX} bytes"),
        found: format!("one of {length} bytes: put it into a file and give its path"),
    })
}

/// What an input expects, in words: its choices, its pattern, or its type, and the bounds.
pub fn expected_input(decl: &InputDecl) -> String {
    let item = if decl.ty.has_items() { decl.of } else { Some(decl.ty) };
    let one = item.map(|ty| {
        if !decl.choices.is_empty() {
            let text = |choice: &Value| choice.as_str().map_or_else(|| choice.to_string(), str::to_owned);
            return format!("one of {}", decl.choices.iter().map(text).collect::<Vec<_>>().join(", "));
        }
        match &decl.pattern {
            Some(pattern) => format!("{} that matches {pattern}", expected_type(ty)),
            None => expected_type(ty),
        }
    });
    let bounds = bounds::told(decl);
    match (decl.ty.has_items(), one) {
        (false, one) => format!("{}{bounds}", one.unwrap_or_default()),
        (true, Some(one)) => format!("{}{bounds}, each of them {one}", expected_type(decl.ty)),
        (true, None) => format!("{}{bounds}", expected_type(decl.ty)),
    }
}

/// What a value of this type is, in words.
pub(super) fn expected_type(ty: InputType) -> String {
    match ty {
        InputType::List => "a list like [a, b]".to_owned(),
        InputType::Map => "a map like {a: 1}".to_owned(),
        ty => ty.as_type().map_or_else(|| "a number like 0.25 of at most 15 digits".to_owned(), fit::expected),
    }
}
