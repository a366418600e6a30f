//! References in expressions: where they stand, and other words in their place.

use super::functions::json_text;
use super::plan::{Template, TextPiece};
use super::template::{Piece, split};
use crate::base::Value;
use minijinja::machinery::ast::{CallArg, Expr};
use minijinja::machinery::parse_expr;
use std::ops::Range;

/// The key of the item that a step of a group is for, as a part of a path: `steps.restart[each.key].exit_code`.
pub(super) const EACH_KEY: &str = "each.key";

/// What stands in place of a reference, given by its path; `None` where it stays.
pub(super) type Bind<'b> = &'b dyn Fn(&[&str]) -> Option<Template>;

/// The path of a reference written out from its root, `steps.capture.name` or `steps['capture'].name`.
pub(super) fn reference<'a>(tree: &'a Expr<'_>) -> Option<(Vec<&'a str>, Range<usize>)> {
    let mut path = Vec::new();
    let mut inner = tree;
    loop {
        match inner {
            Expr::Var(name) => {
                path.push(name.id);
                path.reverse();
                let start = name.span().start_offset as usize;
                return Some((path, start..(tree.span().end_offset as usize).max(start)));
            }
            Expr::GetAttr(access) => {
                path.push(access.name);
                inner = &access.expr;
            }
            Expr::GetItem(access) => {
                path.push(match &access.subscript_expr {
                    Expr::Const(constant) => constant.value.as_str()?,
                    subscript if is_each_key(subscript) => EACH_KEY,
                    _ => return None,
                });
                inner = &access.expr;
            }
            _ => return None,
        }
    }
}

fn is_each_key(tree: &Expr<'_>) -> bool {
    let Expr::GetAttr(access) = tree else { return false };
    access.name == "key" && matches!(&access.expr, Expr::Var(name) if name.id == "each")
}

/// The path of an expression that is nothing but a reference written out.
pub(super) fn path_of(text: &str) -> Option<Vec<String>> {
    let tree = parse_expr(text).ok()?;
    reference(&tree).map(|(path, _)| path.into_iter().map(str::to_owned).collect())
}

/// The step and the output that an expression names, where it is nothing but that: `steps.capture.id`.
pub(super) fn output_of(text: &str) -> Option<(String, String)> {
    if !text.starts_with("steps") {
        return None;
    }
    let path = path_of(text)?;
    let [root, step, output] = path.as_slice() else { return None };
    (root == "steps").then(|| (step.clone(), output.clone()))
}

/// A path as an expression.
pub(super) fn written(path: &[impl AsRef<str>]) -> String {
    let mut out = String::new();
    for (index, part) in path.iter().map(AsRef::as_ref).enumerate() {
        let is_name = part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match (index, is_name) {
            (0, _) => out.push_str(part),
            (_, true) => {
                out.push('.');
                out.push_str(part);
            }
            (_, false) => {
                out.push('[');
                out.push_str(&literal(&Value::String(part.to_owned())));
                out.push(']');
            }
        }
    }
    out
}

/// What a path leads to within the value of a template; null where it leads nowhere in what is known.
pub(super) fn inner(template: &Template, path: &[&str]) -> Template {
    let Some((first, rest)) = path.split_first() else { return template.clone() };
    match template {
        Template::Plain(value) => {
            let found = path.iter().try_fold(value, |value, name| value.get(name));
            Template::Plain(found.cloned().unwrap_or(Value::Null))
        }
        Template::Map(entries) => match entries.iter().find(|(key, _)| key == first) {
            Some((_, value)) => inner(value, rest),
            None => Template::Plain(Value::Null),
        },
        other => {
            let root = as_expression(other);
            let whole = [root.as_str()].into_iter().chain(path.iter().copied());
            Template::Expression(written(&whole.collect::<Vec<_>>()))
        }
    }
}

/// Shows the path of every reference of a template, each as far as it is written out.
pub(super) fn each_reference(template: &Template, see: &mut dyn FnMut(&[&str])) {
    match template {
        Template::Plain(_) => {}
        Template::Expression(text) => in_expression(text, &mut |path, _| see(path)),
        Template::Text(text) => {
            for piece in split(text).unwrap_or_default() {
                if let Piece::Expression(text, _) = piece {
                    in_expression(text, &mut |path, _| see(path));
                }
            }
        }
        Template::List(items) => items.iter().for_each(|item| each_reference(item, see)),
        Template::Map(entries) => entries.iter().for_each(|(_, value)| each_reference(value, see)),
        Template::Secret(path) => see(&secret_parts(path)),
        Template::SecretText(pieces) => pieces.iter().for_each(|piece| match piece {
            TextPiece::Literal(_) => {}
            TextPiece::Expression(text) => in_expression(text, &mut |path, _| see(path)),
            TextPiece::Secret(path) => see(&secret_parts(path)),
        }),
    }
}

/// The template with other words in place of some references.
pub(super) fn substitute(template: &Template, bind: Bind<'_>) -> Template {
    match template {
        Template::Plain(value) => Template::Plain(value.clone()),
        Template::Expression(text) => expression(text, bind),
        Template::Text(text) => text_of(text, bind),
        Template::List(items) => list(items.iter().map(|item| substitute(item, bind)).collect()),
        Template::Map(entries) => {
            map(entries.iter().map(|(key, value)| (key.clone(), substitute(value, bind))).collect())
        }
        Template::Secret(path) => Template::Secret(secret(path, bind)),
        Template::SecretText(pieces) => {
            Template::SecretText(pieces.iter().map(|piece| text_piece(piece, bind)).collect())
        }
    }
}

/// A value as a literal of the language of expressions.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| format!("{}: {}", Value::String(key.clone()), literal(value));
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A list of templates; plain data where none of them is more.
fn list(items: Vec<Template>) -> Template {
    if !items.iter().all(|item| matches!(item, Template::Plain(_))) {
        return Template::List(items);
    }
    let plain = items.into_iter().map(|item| if let Template::Plain(value) = item { value } else { Value::Null });
    Template::Plain(plain.collect())
}

/// A map of templates; plain data where none of them is more.
fn map(entries: Vec<(String, Template)>) -> Template {
    if !entries.iter().all(|(_, value)| matches!(value, Template::Plain(_))) {
        return Template::Map(entries);
    }
    let plain = entries
        .into_iter()
        .map(|(key, value)| (key, if let Template::Plain(value) = value { value } else { Value::Null }));
    Template::Plain(Value::Object(plain.collect()))
}

fn expression(text: &str, bind: Bind<'_>) -> Template {
    let mut alone = None;
    let mut changes: Vec<(Range<usize>, Template)> = Vec::new();
    in_expression(text, &mut |path, at| {
        if let Some(bound) = bind(path) {
            alone = (at == (0..text.len())).then(|| bound.clone());
            changes.push((at, bound));
        }
    });
    if let Some(bound) = alone {
        return bound;
    }
    Template::Expression(replaced(text, &changes))
}

/// Text with other words at some places.
fn replaced(text: &str, changes: &[(Range<usize>, Template)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    for (at, bound) in changes {
        out.push_str(text.get(rest..at.start).unwrap_or_default());
        out.push_str(&as_expression(bound));
        rest = at.end;
    }
    out.push_str(text.get(rest..).unwrap_or_default());
    out
}

fn text_of(text: &str, bind: Bind<'_>) -> Template {
    let mut pieces = Vec::new();
    for piece in split(text).unwrap_or_default() {
        match piece {
            Piece::Literal(text) => pieces.push(Template::Plain(Value::String(text.to_owned()))),
            Piece::Expression(text, _) => pieces.push(expression(text, bind)),
        }
    }
    joined(&pieces)
}

/// Templates put together as one text.
fn joined(pieces: &[Template]) -> Template {
    if pieces.iter().all(|piece| matches!(piece, Template::Plain(_))) {
        let texts = pieces.iter().map(|piece| match piece {
            Template::Plain(value) => json_text(value),
            _ => String::new(),
        });
        return Template::Plain(Value::String(texts.collect()));
    }
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Template::Plain(value) if !json_text(value).contains('{') => out.push_str(&json_text(value)),
            Template::Text(text) => out.push_str(text),
            other => out.extend(["{{ ", &as_expression(other), " }}"]),
        }
    }
    Template::Text(out)
}

fn text_piece(piece: &TextPiece, bind: Bind<'_>) -> TextPiece {
    match piece {
        TextPiece::Literal(text) => TextPiece::Literal(text.clone()),
        TextPiece::Secret(path) => TextPiece::Secret(secret(path, bind)),
        TextPiece::Expression(text) => match expression(text, bind) {
            Template::Plain(value) => TextPiece::Literal(json_text(&value)),
            Template::Secret(path) => TextPiece::Secret(path),
            other => TextPiece::Expression(as_expression(&other)),
        },
    }
}

fn secret(path: &str, bind: Bind<'_>) -> String {
    match bind(&secret_parts(path)) {
        Some(Template::Secret(path) | Template::Expression(path)) => path,
        _ => path.to_owned(),
    }
}

/// The parts of the path of a secret. The id of a step of a group has dots within its brackets.
fn secret_parts(path: &str) -> Vec<&str> {
    crate::base::handle::path_parts(path)
}

/// A template as an expression.
fn as_expression(template: &Template) -> String {
    match template {
        Template::Plain(value) => literal(value),
        Template::Expression(text) if path_of(text).is_some() => text.clone(),
        Template::Expression(text) => format!("({text})"),
        Template::Text(text) => {
            let pieces = split(text).unwrap_or_default();
            let pieces = pieces.iter().map(|piece| match piece {
                Piece::Literal(text) => literal(&Value::String((*text).to_owned())),
                Piece::Expression(text, _) => format!("({text})"),
            });
            // Joined with a text in front, so that the whole is a text whatever the pieces are.
            format!("('' ~ {})", pieces.collect::<Vec<_>>().join(" ~ "))
        }
        Template::List(items) => format!("[{}]", items.iter().map(as_expression).collect::<Vec<_>>().join(", ")),
        Template::Map(entries) => {
            let entry =
                |(key, value): &(String, Template)| format!("{}: {}", Value::String(key.clone()), as_expression(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Template::Secret(path) => written(&secret_parts(path)),
        Template::SecretText(_) => "none".to_owned(),
    }
}

/// Shows every reference of an expression, each as far as it is written out, from left to right.
fn in_expression(text: &str, see: &mut dyn FnMut(&[&str], Range<usize>)) {
    let Ok(tree) = parse_expr(text) else { return };
    let mut found = Vec::new();
    collect(&tree, &mut found);
    found.sort_by_key(|(_, at)| at.start);
    for (path, at) in found {
        see(&path, at);
    }
}

fn collect<'a>(tree: &'a Expr<'_>, found: &mut Vec<(Vec<&'a str>, Range<usize>)>) {
    if let Some(reference) = reference(tree) {
        found.push(reference);
        return;
    }
    match tree {
        Expr::Var(_) | Expr::Const(_) => {}
        Expr::UnaryOp(unary) => collect(&unary.expr, found),
        Expr::BinOp(binary) => {
            collect(&binary.left, found);
            collect(&binary.right, found);
        }
        Expr::Compare(compare) => {
            collect(&compare.expr, found);
            compare.ops.iter().for_each(|part| collect(&part.expr, found));
        }
        Expr::IfExpr(choice) => {
            collect(&choice.test_expr, found);
            collect(&choice.true_expr, found);
            choice.false_expr.iter().for_each(|other| collect(other, found));
        }
        Expr::Filter(filter) => {
            filter.expr.iter().for_each(|inner| collect(inner, found));
            arguments(&filter.args, found);
        }
        Expr::Test(test) => {
            collect(&test.expr, found);
            arguments(&test.args, found);
        }
        Expr::GetAttr(access) => collect(&access.expr, found),
        Expr::GetItem(access) => {
            collect(&access.expr, found);
            collect(&access.subscript_expr, found);
        }
        Expr::Slice(slice) => {
            collect(&slice.expr, found);
            [&slice.start, &slice.stop, &slice.step].into_iter().flatten().for_each(|part| collect(part, found));
        }
        Expr::Call(call) => {
            collect(&call.expr, found);
            arguments(&call.args, found);
        }
        Expr::List(list) => list.items.iter().for_each(|item| collect(item, found)),
        Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| collect(item, found)),
        Expr::Map(map) => map.keys.iter().chain(&map.values).for_each(|item| collect(item, found)),
    }
}

fn arguments<'a>(arguments: &'a [CallArg<'_>], found: &mut Vec<(Vec<&'a str>, Range<usize>)>) {
    for argument in arguments {
        match argument {
            CallArg::Pos(tree) | CallArg::Kwarg(_, tree) | CallArg::PosSplat(tree) | CallArg::KwargSplat(tree) => {
                collect(tree, found);
            }
        }
    }
}
