//! Values as written to templates, each checked against what is expected where it stands.

use super::scope::Uses;
use super::secrets::{self, Mention};
use super::spot::Spot;
use super::target::{Secrecy, Target};
use super::within::place;
use crate::base::handle::is_reserved;
use crate::base::{Map, Value};
use crate::runbook::codes::Code;
use crate::runbook::expression::{self, Static, describe, may_be};
use crate::runbook::fit::{self, expected, is_exact, resolve};
use crate::runbook::kind::Type;
use crate::runbook::plan::Template;
use crate::runbook::template::{Piece, is_template, split};
use crate::runbook::yaml::{Data, Entry, Node};
use std::borrow::Cow;
use std::ops::Range;

/// The template of a value; mistakes are reported and leave null.
pub(super) fn template(uses: &mut Uses<'_>, node: &Node<'_>, target: &Target) -> Template {
    match &node.data {
        Data::Broken => Template::Plain(Value::Null),
        Data::Scalar { text, .. } if is_template(text) => text_template(uses, node, text, target),
        Data::Scalar { text, plain } => literal(uses, node, text, *plain, target),
        Data::List(items) => {
            expect_collection(uses, node, target, &[Type::List, Type::Steps], "a list");
            list(uses, items, target)
        }
        Data::Map(entries) => {
            expect_collection(uses, node, target, &[Type::Map], "a map");
            map(uses, entries, target)
        }
    }
}

fn literal(uses: &mut Uses<'_>, node: &Node<'_>, text: &str, plain: bool, target: &Target) -> Template {
    if matches!(target.secret, Secrecy::Only | Secrecy::Handed) {
        if resolve(text, plain).is_null() {
            return Template::Plain(Value::Null);
        }
        not_secret(uses, node, target);
        return Template::Plain(Value::Null);
    }
    match fit::literal(target.ty, text, plain) {
        Ok(value) if value.is_null() && target.needed => misfit(uses, node, target, "null"),
        Ok(value) => {
            if value.as_i64().is_some_and(|number| !is_exact(number)) {
                let message = format!("{} is outside of ±(2^53 - 1)", target.what);
                uses.found.add(Code::OutOfRange, node.span, message).hint("put it in quotes to make it text");
            }
            Template::Plain(value)
        }
        Err(fault) => misfit(uses, node, target, &fault.found),
    }
}

fn text_template(uses: &mut Uses<'_>, node: &Node<'_>, text: &str, target: &Target) -> Template {
    let pieces = match split(text) {
        Ok(pieces) => pieces,
        Err(error) => {
            let span = if uses.found.is_full() { node.span } else { place(uses.text, node, error.at) };
            uses.found.add(Code::TemplateSyntax, span, error.message).hint("to write `{{` as text: {{ '{{' }}");
            return Template::Plain(Value::Null);
        }
    };
    if let [Piece::Expression(expression, at)] = pieces.as_slice() {
        return alone(uses, node, expression, at, target);
    }
    let mut found = Vec::with_capacity(pieces.len());
    let mut written = Vec::with_capacity(pieces.len());
    for piece in &pieces {
        let (value, words) = match piece {
            Piece::Literal(text) => (Static::Of(Type::String), Cow::Borrowed(*text)),
            Piece::Expression(expression, at) => checked(uses, node, expression, at),
        };
        found.push(value);
        written.push(words);
    }
    expect(uses, node, Static::Of(Type::String), target);
    let is_rewritten = written.iter().any(|words| matches!(words, Cow::Owned(_)));
    if found.iter().any(|found| found.is_secret()) {
        let pieces = pieces.iter().zip(&written).map(|(piece, words)| match piece {
            Piece::Literal(_) => Piece::Literal(words),
            Piece::Expression(_, at) => Piece::Expression(words, at.clone()),
        });
        let pieces: Vec<Piece<'_>> = pieces.collect();
        return secrets::within_text(uses, node, pieces.iter().zip(found), target);
    }
    if !is_rewritten {
        return Template::Text(text.to_owned());
    }
    let again = pieces.iter().zip(&written).map(|(piece, words)| match piece {
        Piece::Literal(_) => words.to_string(),
        Piece::Expression(..) => format!("{{{{ {words} }}}}"),
    });
    Template::Text(again.collect())
}

/// What is known about an expression, and the expression as it stands in the plan.
fn checked<'e>(uses: &mut Uses<'_>, node: &Node<'_>, text: &'e str, at: &Range<usize>) -> (Static, Cow<'e, str>) {
    let found = expression::check(text, &mut Spot { uses, node, offset: at.start });
    let mut rewrites = std::mem::take(&mut uses.rewrites);
    if rewrites.is_empty() {
        return (found, Cow::Borrowed(text));
    }
    rewrites.sort_by_key(|(at, _)| at.start);
    let mut out = text.to_owned();
    for (at, words) in rewrites.iter().rev() {
        out.replace_range(at.clone(), words);
    }
    (found, Cow::Owned(out))
}

/// A scalar that is one expression.
fn alone(uses: &mut Uses<'_>, node: &Node<'_>, text: &str, at: &Range<usize>, target: &Target) -> Template {
    let before = uses.found.count();
    let (found, text) = checked(uses, node, text, at);
    if found.is_secret() {
        return secrets::alone(uses, node, &Mention { text: &text, at, found }, target);
    }
    // Where something was reported, that its type is not known is no further mistake.
    if found != Static::Unknown || uses.found.count() == before {
        expect(uses, node, found, target);
    }
    Template::Expression(text.into_owned())
}

/// Reports where an expression of this type, which is no secret, does not fit.
fn expect(uses: &mut Uses<'_>, node: &Node<'_>, found: Static, target: &Target) {
    match (found, target.secret) {
        (_, Secrecy::Unknown) | (Static::Null, Secrecy::Only | Secrecy::Handed) => {}
        (_, Secrecy::Only | Secrecy::Handed) => not_secret(uses, node, target),
        (Static::Null, Secrecy::Never | Secrecy::Beside) => {
            if target.needed {
                misfit(uses, node, target, "null");
            }
        }
        (found, Secrecy::Never | Secrecy::Beside) => {
            if !may_be(found, target.ty) {
                let code = if target.code == Code::Misfit { Code::ExpressionType } else { target.code };
                let message = format!("{} must be {}, this is {}", target.what, expected(target.ty), describe(found));
                uses.found.add(code, node.span, message);
            }
        }
    }
}

fn not_secret(uses: &mut Uses<'_>, node: &Node<'_>, target: &Target) {
    let message = format!("{} takes a secret and nothing else", target.what);
    uses.found.add(Code::NotSecret, node.span, message);
    uses.found.hint("declare it under `secrets` and write \"{{ secrets.name }}\"; a secret never stands in a runbook");
}

fn misfit(uses: &mut Uses<'_>, node: &Node<'_>, target: &Target, found: &str) -> Template {
    let message = format!("{} must be {}, not {found}", target.what, expected(target.ty));
    uses.found.add(target.code, node.span, message);
    Template::Plain(Value::Null)
}

fn expect_collection(uses: &mut Uses<'_>, node: &Node<'_>, target: &Target, types: &[Type], found: &str) {
    if matches!(target.secret, Secrecy::Only | Secrecy::Handed) {
        not_secret(uses, node, target);
    } else if target.ty != Type::Any && !types.contains(&target.ty) {
        misfit(uses, node, target, found);
    }
}

fn list(uses: &mut Uses<'_>, items: &[Node<'_>], target: &Target) -> Template {
    let inner = if target.ty == Type::Steps {
        Target { ty: Type::String, needed: true, ..target.inner() }
    } else {
        target.inner()
    };
    let items: Vec<Template> = items
        .iter()
        .map(|item| {
            let is_dynamic = matches!(&item.data, Data::Scalar { text, .. } if is_template(text));
            if target.ty == Type::Steps && is_dynamic {
                let message = format!("{} names steps, which must be written out", target.what);
                uses.found.add(Code::Dynamic, item.span, message);
                return Template::Plain(Value::Null);
            }
            template(uses, item, &inner)
        })
        .collect();
    if items.iter().all(|item| matches!(item, Template::Plain(_))) {
        let plain = items.into_iter().map(|item| if let Template::Plain(value) = item { value } else { Value::Null });
        return Template::Plain(plain.collect());
    }
    Template::List(items)
}

fn map(uses: &mut Uses<'_>, entries: &[Entry<'_>], target: &Target) -> Template {
    let inner = target.inner();
    if target.secret == Secrecy::Beside {
        entries.iter().filter(|entry| is_reserved(&entry.key)).for_each(|entry| secrets::forged(uses, entry));
    }
    let entries: Vec<(String, Template)> =
        entries.iter().map(|entry| (entry.key.to_string(), template(uses, &entry.value, &inner))).collect();
    if entries.iter().all(|(_, value)| matches!(value, Template::Plain(_))) {
        let plain = entries
            .into_iter()
            .map(|(key, value)| (key, if let Template::Plain(value) = value { value } else { Value::Null }));
        return Template::Plain(Value::Object(plain.collect::<Map>()));
    }
    Template::Map(entries)
}
