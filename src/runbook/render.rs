//! Templates to values, while a run is under way.
//!
//! Values are data: what comes out of a template is never looked at for templates again.

use super::fit::{Misfit, settle};
use super::functions::{OUTPUT_MAX, json_text, machine_map, to_data, to_machine};
use super::kind::Kind;
use super::machine::ENVIRONMENT;
use super::plan::{Step, Template, TextPiece};
use super::template::{Piece, split};
use crate::base::handle::{SecretPath, handle, handle_path, holds_reserved, is_handle, is_reserved, secret_text};
use crate::base::{Map, Value, escape};
use minijinja::Expression;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A template could not be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// It refers to something that has no value.
    #[error("`{expression}` has no value: {detail}")]
    Undefined {
        /// The expression.
        expression: String,
        /// What was missing.
        detail: String,
    },
    /// It took more steps than allowed.
    #[error("`{expression}` takes too long to work out")]
    OutOfFuel {
        /// The expression.
        expression: String,
    },
    /// It became longer than allowed.
    #[error("the result of `{expression}` is longer than {limit} bytes")]
    TooLong {
        /// The expression or the text.
        expression: String,
        /// How long it may be.
        limit: usize,
    },
    /// It is wrong for these values.
    #[error("`{expression}` cannot be worked out: {detail}")]
    Failed {
        /// The expression.
        expression: String,
        /// Why.
        detail: String,
    },
    /// The value is not what the input takes.
    #[error("the input `{input}` does not fit: {misfit}")]
    Misfit {
        /// Name of the input.
        input: String,
        /// What was expected and found.
        misfit: Misfit,
    },
    /// A secret would have gone where none is expected, or the other way round.
    #[error("the input `{input}` {problem}")]
    Secret {
        /// Name of the input.
        input: String,
        /// What is wrong.
        problem: &'static str,
    },
}

/// All values of one rendering together, in bytes of text.
const TOTAL_MAX: usize = 1 << 20;

/// How many expressions are kept compiled; past it the memory of them is given up and begun anew.
const KEPT_MAX: usize = 4096;

/// Renders templates; keeps what it compiled.
#[derive(Debug, Default)]
pub struct Renderer {
    compiled: Mutex<BTreeMap<String, Arc<Expression<'static, 'static>>>>,
}

/// What templates may refer to: `{inputs, steps, run, secrets}`. Nothing of it is copied where a template only names
/// something, and it is converted for the expression machine at most once.
#[derive(Debug)]
pub struct RenderScope<'v> {
    root: Referent<'v>,
    converted: OnceCell<minijinja::Value>,
}

/// What a name in a template stands for.
#[derive(Clone, Debug)]
pub enum Referent<'v> {
    /// A value, which mostly stands elsewhere.
    Value(Cow<'v, Value>),
    /// A map that stands elsewhere.
    Map(Cow<'v, Map>),
    /// Names, each with what it stands for.
    Names(BTreeMap<&'v str, Self>),
}

impl<'v> From<Referent<'v>> for RenderScope<'v> {
    fn from(root: Referent<'v>) -> Self {
        Self { root, converted: OnceCell::new() }
    }
}

impl<'v> From<&'v Value> for RenderScope<'v> {
    fn from(value: &'v Value) -> Self {
        Referent::Value(Cow::Borrowed(value)).into()
    }
}

impl From<Value> for Referent<'_> {
    fn from(value: Value) -> Self {
        Self::Value(Cow::Owned(value))
    }
}

impl Referent<'_> {
    /// What a path leads to, or the name that is not there.
    fn find<'p>(&self, path: &'p [Cow<'p, str>]) -> Result<Value, &'p str> {
        let Some((name, rest)) = path.split_first() else { return Ok(self.to_value()) };
        let mut value = match self {
            Self::Names(names) => return names.get(name.as_ref()).ok_or(name.as_ref())?.find(rest),
            Self::Value(value) => value.get(name.as_ref()),
            Self::Map(map) => map.get(name.as_ref()),
        }
        .ok_or(name.as_ref())?;
        for name in rest {
            value = value.get(name.as_ref()).ok_or(name.as_ref())?;
        }
        Ok(value.clone())
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Value(value) => (**value).clone(),
            Self::Map(map) => Value::Object((**map).clone()),
            Self::Names(names) => names.iter().map(|(name, one)| (*name, one.to_value())).collect(),
        }
    }

    fn to_machine(&self) -> minijinja::Value {
        match self {
            Self::Value(value) => to_machine(value),
            Self::Map(map) => machine_map(map),
            Self::Names(names) => {
                minijinja::Value::from_pairs(names.iter().map(|(name, one)| (*name, one.to_machine())))
            }
        }
    }
}

impl Renderer {
    /// A renderer that has compiled nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a template. One that is a single expression keeps its type.
    pub fn render(&self, template: &Template, scope: &RenderScope<'_>) -> Result<Value, RenderError> {
        let mut room = TOTAL_MAX;
        self.value(template, scope, &mut room)
    }

    /// All inputs of a step: rendered, checked against their types, defaults filled in; null where there is no value.
    ///
    /// An input that takes a secret holds the secret's handle, `{"$secret": "secrets.name"}`. One that may hold secrets
    /// has handles where its templates name some, and nowhere else.
    pub fn inputs(
        &self,
        kind: &Kind,
        with: &[(String, Template)],
        scope: &RenderScope<'_>,
    ) -> Result<Map, RenderError> {
        let mut inputs = Map::new();
        for field in kind.inputs {
            let template = with.iter().find(|(name, _)| name == field.name).map(|(_, template)| template);
            let value = template.map(|template| self.render(template, scope)).transpose()?;
            let input = || field.name.to_owned();
            match value.as_ref().map(is_handle) {
                Some(false) if field.secret && value != Some(Value::Null) => {
                    return Err(RenderError::Secret { input: input(), problem: "takes a secret and nothing else" });
                }
                Some(true) if !field.secret && !field.holds_secrets => {
                    return Err(RenderError::Secret { input: input(), problem: "does not take a secret" });
                }
                _ => {}
            }
            if let (true, Some(template), Some(value)) = (field.holds_secrets, template, &value)
                && is_forged(template, value)
            {
                let problem = "holds data that look like a secret: a map with the key `$secret` or `$secret_text`";
                return Err(RenderError::Secret { input: input(), problem });
            }
            let value = settle(field, value).map_err(|misfit| RenderError::Misfit { input: input(), misfit })?;
            inputs.insert(field.name.to_owned(), value);
        }
        Ok(inputs)
    }

    /// Whether a step is to run: `true` where it has no condition.
    pub fn condition(&self, step: &Step, scope: &RenderScope<'_>) -> Result<bool, RenderError> {
        let Some(when) = &step.when else { return Ok(true) };
        let value = self.render(when, scope)?;
        value.as_bool().ok_or_else(|| {
            let misfit = Misfit { expected: "true or false".to_owned(), found: super::fit::found(&value) };
            RenderError::Misfit { input: "when".to_owned(), misfit }
        })
    }

    fn value(&self, template: &Template, scope: &RenderScope<'_>, room: &mut usize) -> Result<Value, RenderError> {
        match template {
            Template::Plain(value) => Ok(value.clone()),
            Template::Expression(text) => {
                let value = self.evaluate(text, scope)?;
                spend(room, size(&value), text)?;
                Ok(value)
            }
            Template::Text(text) => {
                let value = self.text(text, scope)?;
                spend(room, value.len(), text)?;
                Ok(Value::String(value))
            }
            Template::List(items) => items.iter().map(|item| self.value(item, scope, room)).collect(),
            Template::Map(entries) => entries
                .iter()
                .map(|(key, value)| Ok((key.clone(), self.value(value, scope, room)?)))
                .collect::<Result<Map, _>>()
                .map(Value::Object),
            Template::Secret(path) => self.secret(path, scope),
            Template::SecretText(pieces) => {
                let value = self.secret_text(pieces, scope)?;
                spend(room, size(&value), "a text with a secret in it")?;
                Ok(value)
            }
        }
    }

    /// The handle of a secret; null where the step that was to obtain it was skipped.
    fn secret(&self, path: &str, scope: &RenderScope<'_>) -> Result<Value, RenderError> {
        let part = match SecretPath::parse(path) {
            Some(SecretPath::Declared { part, .. } | SecretPath::Obtained { part, .. }) => part,
            None => None,
        };
        let whole = part.and_then(|part| path.strip_suffix(part)?.strip_suffix('.')).unwrap_or(path);
        let value = self.evaluate(whole, scope)?;
        match (handle_path(&value), part) {
            (Some(own), Some(part)) => Ok(handle(&format!("{own}.{part}"))),
            (Some(_), None) => Ok(value),
            (None, _) if value.is_null() => Ok(value),
            (None, _) => Err(failed(path, "it is no secret")),
        }
    }

    fn secret_text(&self, pieces: &[TextPiece], scope: &RenderScope<'_>) -> Result<Value, RenderError> {
        let mut out: Vec<Value> = Vec::new();
        for piece in pieces {
            match piece {
                TextPiece::Literal(text) => push_text(&mut out, text),
                TextPiece::Expression(text) => push_text(&mut out, &json_text(&self.evaluate(text, scope)?)),
                TextPiece::Secret(path) => match self.secret(path, scope)? {
                    Value::Null => {
                        let detail = "the step that was to obtain it was skipped".to_owned();
                        return Err(RenderError::Undefined { expression: brief(path), detail });
                    }
                    handle => out.push(handle),
                },
            }
        }
        if out.iter().map(size).sum::<usize>() > OUTPUT_MAX {
            let expression = "a text with a secret in it".to_owned();
            return Err(RenderError::TooLong { expression, limit: OUTPUT_MAX });
        }
        Ok(secret_text(&out))
    }

    fn text(&self, text: &str, scope: &RenderScope<'_>) -> Result<String, RenderError> {
        let pieces = split(text).map_err(|error| failed(text, error.message))?;
        let mut out = String::with_capacity(text.len());
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => out.push_str(literal),
                Piece::Expression(expression, _) => out.push_str(&json_text(&self.evaluate(expression, scope)?)),
            }
            if out.len() > OUTPUT_MAX {
                return Err(RenderError::TooLong { expression: brief(text), limit: OUTPUT_MAX });
            }
        }
        Ok(out)
    }

    fn evaluate(&self, text: &str, scope: &RenderScope<'_>) -> Result<Value, RenderError> {
        if let Some(path) = simple_path(text) {
            return scope.root.find(&path).map_err(|name| RenderError::Undefined {
                expression: text.to_owned(),
                detail: format!("there is no `{name}`"),
            });
        }
        let expression = self.compiled(text)?;
        let root = scope.converted.get_or_init(|| scope.root.to_machine());
        let value = expression.eval(root.clone()).map_err(|error| explain(text, &error))?;
        to_data(&value).map_err(|error| explain(text, &error))
    }

    fn compiled(&self, text: &str) -> Result<Arc<Expression<'static, 'static>>, RenderError> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(expression) = compiled.get(text) {
            return Ok(Arc::clone(expression));
        }
        let expression =
            ENVIRONMENT.compile_expression_owned(text.to_owned()).map_err(|error| explain(text, &error))?;
        let expression = Arc::new(expression);
        if compiled.len() >= KEPT_MAX {
            compiled.clear();
        }
        compiled.insert(text.to_owned(), Arc::clone(&expression));
        Ok(expression)
    }
}

/// The path of an expression that is nothing but names with dots and quoted names in brackets, and so can be looked up
/// without the expression machine.
fn simple_path(text: &str) -> Option<Vec<Cow<'_, str>>> {
    const CONSTANTS: [&str; 6] = ["true", "false", "none", "True", "False", "None"];
    if CONSTANTS.contains(&text) {
        return None;
    }
    let mut path = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            return None;
        }
        path.push(Cow::Borrowed(name));
        rest = after;
        // References to the steps of a group, as the plan writes them: `steps["restart[web-1]"]`.
        while let Some(inner) = rest.strip_prefix("[\"") {
            let (quoted, after) = inner.split_once("\"]")?;
            if quoted.contains(['\\', '"']) {
                return None;
            }
            path.push(Cow::Borrowed(quoted));
            rest = after;
        }
        match rest.strip_prefix('.') {
            Some(more) => rest = more,
            None => return rest.is_empty().then_some(path),
        }
    }
}

/// Puts text behind the pieces of a text, as one piece with text that stands there already.
fn push_text(pieces: &mut Vec<Value>, more: &str) {
    match pieces.last_mut() {
        Some(Value::String(text)) => text.push_str(more),
        _ if more.is_empty() => {}
        _ => pieces.push(Value::String(more.to_owned())),
    }
}

/// Whether anything in a value looks like a secret and does not come from a template that names one.
fn is_forged(template: &Template, value: &Value) -> bool {
    match (template, value) {
        (Template::Secret(_) | Template::SecretText(_), _) => false,
        (Template::List(templates), Value::Array(items)) => {
            templates.iter().zip(items).any(|(template, item)| is_forged(template, item))
        }
        (Template::Map(entries), Value::Object(map)) => entries
            .iter()
            .any(|(key, template)| is_reserved(key) || map.get(key).is_some_and(|value| is_forged(template, value))),
        _ => holds_reserved(value),
    }
}

fn spend(room: &mut usize, cost: usize, text: &str) -> Result<(), RenderError> {
    *room = room.checked_sub(cost).ok_or_else(|| RenderError::TooLong { expression: brief(text), limit: TOTAL_MAX })?;
    Ok(())
}

/// Roughly how many bytes a value takes as text.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(size).sum::<usize>() + 2,
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + 4 + size(value)).sum::<usize>() + 2,
        _ => 4,
    }
}

fn explain(text: &str, error: &minijinja::Error) -> RenderError {
    match error.kind() {
        minijinja::ErrorKind::OutOfFuel => RenderError::OutOfFuel { expression: brief(text) },
        minijinja::ErrorKind::UndefinedError => RenderError::Undefined {
            expression: brief(text),
            detail: error.detail().unwrap_or("a part of it does not exist").to_owned(),
        },
        _ => failed(text, error.detail().unwrap_or("it is wrong")),
    }
}

fn failed(text: &str, detail: &str) -> RenderError {
    RenderError::Failed { expression: brief(text), detail: brief(detail) }
}

/// The beginning of a text, safe to show.
fn brief(text: &str) -> String {
    const SHOWN: usize = 200;
    let start: String = text.chars().take(SHOWN).collect();
    let tail = if start.len() < text.len() { "…" } else { "" };
    format!("{}{tail}", escape(&start))
}
