//! The runbook of one operation: its values are inputs, declared as the types that the kind has for them. What is a
//! list or a map, is one of a few words, or refers to a secret is written out.

use super::request::{ExecRequest, StepKey};
use crate::base::{Map, Value, escape};
use crate::ops::environment::AURA_VARIABLES;
use crate::ops::failure::{Failure, FailureKind};
use crate::ops::given::GivenInputs;
use crate::ops::source::Rendered;
use crate::runbook::kind::{Field, Kind, Type};
use crate::runbook::{fit, nearest};
use serde_json::json;

/// A runbook in the making, with the option that each of its lines is about.
struct Book {
    lines: Vec<String>,
    options: Vec<(usize, String)>,
}

impl Book {
    fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// A line that an option asks for.
    fn of(&mut self, option: &str, line: impl Into<String>) {
        self.line(line);
        self.options.push((self.lines.len(), option.to_owned()));
    }
}

/// An input of the step, as it goes into the runbook.
enum Given {
    /// An input of the runbook of this type, with its value where one was typed.
    Input(&'static str, Option<String>),
    /// A value that is written out.
    Written(Value),
}

/// The runbook, and its inputs.
pub(super) fn render(kind: &Kind, request: &ExecRequest, proposed: &Map) -> Result<(Rendered, GivenInputs), Failure> {
    let mut values: Vec<(&'static Field, Given)> = Vec::new();
    for (name, text) in &request.with {
        let field = field_of(kind, name)?;
        if values.iter().any(|(other, _)| other.name == field.name) {
            return Err(usage(format!("-w {name}=… is given twice")).hint("remove one of the two"));
        }
        values.push((field, given(field, text)?));
    }
    for field in kind.inputs.iter().filter(|field| field.required && !field.beside) {
        if values.iter().any(|(other, _)| other.name == field.name) {
            continue;
        }
        let ty = input_type(field.ty).filter(|_| proposed.contains_key(field.name)).ok_or_else(|| {
            usage(format!("`{}` needs -w {}=VALUE: {}", kind.name, field.name, field.doc))
                .hint(format!("`surefoot kinds {}` describes its inputs", kind.name))
        })?;
        values.push((field, Given::Input(ty, None)));
    }
    let id = kind.name.replace(|one: char| !one.is_ascii_alphanumeric(), "_");
    let mut book = Book { lines: Vec::new(), options: Vec::new() };
    let name = format!("exec-{}", kind.name);
    book.line(format!("runbook: {name}"));
    book.line("version: 1.0.0");
    book.line(format!("description: {}", json!(kind.summary)));
    inputs(&mut book, &values);
    secrets(&mut book, kind, &request.secrets)?;
    book.line("steps:");
    book.line(format!("  - id: {id}"));
    book.line(format!("    uses: {}", kind.name));
    for (key, text) in &request.keys {
        let value = if *key == StepKey::Probe { parsed(key.option(), text)? } else { json!(text) };
        book.of(key.option(), format!("    {}: {value}", key.name()));
    }
    if !values.is_empty() {
        book.line("    with:");
    }
    for (field, given) in &values {
        let value = match given {
            Given::Input(..) => json!(format!("{{{{ inputs.{} }}}}", field.name)),
            Given::Written(value) => value.clone(),
        };
        book.of(&format!("-w {}", field.name), format!("      {}: {value}", field.name));
    }
    let outputs: Vec<&Field> = kind.outputs.iter().filter(|field| !field.secret).collect();
    if !outputs.is_empty() {
        book.line("outputs:");
    }
    for field in outputs {
        book.line(format!("  {}: {}", field.name, json!(format!("{{{{ steps.{id}.{} }}}}", field.name))));
    }
    let pairs = values.into_iter().filter_map(|(field, given)| match given {
        Given::Input(_, Some(text)) => Some((field.name.to_owned(), text)),
        _ => None,
    });
    let inputs = GivenInputs { pairs: pairs.collect(), files: Vec::new() };
    let text = book.lines.join("\n") + "\n";
    Ok((Rendered { name, text, options: book.options, words: request.words() }, inputs))
}

fn inputs(book: &mut Book, values: &[(&'static Field, Given)]) {
    let declared = values.iter().filter_map(|(field, given)| match given {
        Given::Input(ty, _) => Some((field, ty)),
        Given::Written(_) => None,
    });
    let mut is_first = true;
    for (field, ty) in declared {
        if std::mem::take(&mut is_first) {
            book.line("inputs:");
        }
        let line = format!("  {}: {{type: {ty}, description: {}}}", field.name, json!(field.doc));
        book.of(&format!("-w {}", field.name), line);
    }
}

fn secrets(book: &mut Book, kind: &Kind, given: &[(String, String)]) -> Result<(), Failure> {
    let usual = kind.credential.filter(|name| !given.iter().any(|(other, _)| other == name));
    if usual.is_some() || !given.is_empty() {
        book.line("secrets:");
    }
    if let Some(name) = usual {
        book.line(format!("  {name}: {{env: {}}}", json!(AURA_VARIABLES)));
    }
    for (place, (name, source)) in given.iter().enumerate() {
        if given.iter().take(place).any(|(other, _)| other == name) {
            return Err(usage(format!("--secret {name}=… is given twice")).hint("remove one of the two"));
        }
        let source = match source.split_once(':') {
            Some(("file", path)) => json!({"file": path}),
            Some(("env", variables)) => json!({"env": variables_of(variables)}),
            _ => {
                return Err(usage(format!("--secret {name}: it comes from nowhere"))
                    .hint("write NAME=env:VARIABLE, NAME=env:USER_VARIABLE,PASSWORD_VARIABLE or NAME=file:PATH"));
            }
        };
        book.of(&format!("--secret {name}"), format!("  {}: {source}", json!(name)));
    }
    Ok(())
}

/// `VAR` and `USER,PASSWORD` in order; `token=VAR` by name.
fn variables_of(text: &str) -> Value {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let named: Option<Map> = parts
        .iter()
        .map(|part| part.split_once('=').map(|(name, variable)| (name.to_owned(), json!(variable))))
        .collect();
    named.map_or_else(|| json!(parts), Value::Object)
}

fn field_of(kind: &Kind, name: &str) -> Result<&'static Field, Failure> {
    match kind.input(name) {
        Some(field) if field.beside => {
            let option = name.replace('_', "-");
            Err(usage(format!("`{name}` is a key of the step itself")).hint(format!("write --{option} VALUE")))
        }
        Some(field) => Ok(field),
        None => {
            let names = || kind.inputs.iter().filter(|field| !field.beside).map(|field| field.name);
            let failure = usage(format!("-w {}: `{}` has no such input", escape(name), kind.name));
            Err(match (nearest(name, names()), names().next()) {
                (Some(near), _) => failure.hint(format!("did you mean `{near}`?")),
                (None, Some(_)) => failure.hint(format!("inputs: {}", names().collect::<Vec<_>>().join(", "))),
                (None, None) => failure.hint("it has no inputs"),
            })
        }
    }
}

fn given(field: &Field, text: &str) -> Result<Given, Failure> {
    let option = format!("-w {}", field.name);
    if text.contains("{{") && !matches!(field.ty, Type::List | Type::Map) || text.trim_start().starts_with("{{") {
        return Ok(Given::Written(json!(text)));
    }
    let value = match field.ty {
        Type::List | Type::Map | Type::Steps => parsed(&option, text)?,
        Type::Any if text.trim_start().starts_with(['{', '[', '"', '\'']) => parsed(&option, text)?,
        // `a: b` is a text here, as it is in most other places.
        Type::Any => parsed(&option, text).ok().filter(|value| !value.is_object()).unwrap_or_else(|| json!(text)),
        Type::Integer => text.parse::<i64>().map_or_else(|_| json!(text), Value::from),
        Type::Boolean => text.parse::<bool>().map_or_else(|_| json!(text), Value::from),
        _ => json!(text),
    };
    let value = fit(field.ty, value).map_err(|misfit| {
        usage(format!("{option}: expected {}, found {}", misfit.expected, misfit.found)).hint(field.doc)
    })?;
    Ok(match input_type(field.ty) {
        Some(ty) => Given::Input(ty, Some(text.to_owned())),
        None => Given::Written(value),
    })
}

/// The type of an input of a runbook that takes what a field takes; none for what is written out.
fn input_type(ty: Type) -> Option<&'static str> {
    match ty {
        Type::String | Type::InstanceId | Type::Subject => Some("string"),
        Type::Integer => Some("integer"),
        Type::Boolean => Some("boolean"),
        Type::Duration => Some("duration"),
        Type::Size => Some("size"),
        Type::Time => Some("time"),
        Type::Path => Some("path"),
        Type::Any | Type::List | Type::Map | Type::Word(_) | Type::Steps => None,
    }
}

/// A value in YAML or JSON.
fn parsed(option: &str, text: &str) -> Result<Value, Failure> {
    serde_saphyr::from_str(text).map_err(|error| {
        usage(format!("{option}: it is neither YAML nor JSON"))
            .because(&error.without_snippet())
            .hint("write a list as '[a, b]' and a map as '{name: value}'")
    })
}

fn usage(message: String) -> Failure {
    Failure::new(FailureKind::Usage, message)
}
