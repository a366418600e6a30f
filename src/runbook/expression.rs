//! One expression: what it refers to, what type it has, and whether the language has everything it uses.

use super::codes::Code;
use super::filters::FILTERS;
use super::fit::is_text;
use super::kind::Type;
use super::references::reference;
use super::suggest::{IN_THE_PAGE, list, or_list};
use super::tests::TESTS;
use minijinja::machinery::ast::{BinOp, BinOpKind, Call, CallArg, Expr, Filter, UnaryOpKind};
use minijinja::machinery::{self, Span};
use minijinja::value::ValueKind;
use std::ops::Range;

/// What is known about the value of an expression before anything ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Static {
    /// A value of this type, or null.
    Of(Type),
    /// A number with a fraction.
    Real,
    /// Null.
    Null,
    /// Nothing is known.
    Unknown,
    /// A secret's handle.
    Secret,
    /// The handle of a part of a secret.
    SecretPart,
}

impl Static {
    /// Whether it is the handle of a secret or of a part of one.
    pub(super) const fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::SecretPart)
    }
}

/// What an expression is checked against.
pub(super) trait Names {
    /// The type of a reference, `["steps", "capture", "name"]`. Reports what does not exist.
    fn look_up(&mut self, path: &[&str], at: Range<usize>) -> Static;
    /// Takes in a mistake.
    fn fault(&mut self, code: Code, at: Range<usize>, message: String, hint: Option<String>);
}

/// `+` and `~` in one expression; each could copy all that stands before it.
const JOINS_MAX: usize = 64;

/// Checks an expression and gives its type; mistakes go to `names`.
pub(super) fn check(text: &str, names: &mut dyn Names) -> Static {
    match machinery::parse_expr(text) {
        Ok(tree) => {
            let mut walk = Walk { names, joins: 0 };
            let found = walk.visit(&tree);
            if walk.joins > JOINS_MAX {
                let message = format!("the expression joins more than {JOINS_MAX} values");
                names.fault(Code::NotInLanguage, 0..text.len(), message, None);
            }
            found
        }
        Err(error) => {
            let at = error.range().filter(|range| range.end <= text.len()).unwrap_or(0..text.len());
            let detail = error.detail().unwrap_or("it cannot be read").to_owned();
            names.fault(Code::TemplateSyntax, at, format!("the expression is wrong: {detail}"), None);
            Static::Unknown
        }
    }
}

struct Walk<'n> {
    names: &'n mut dyn Names,
    joins: usize,
}

impl Walk<'_> {
    fn visit(&mut self, tree: &Expr<'_>) -> Static {
        if let Some((path, at)) = reference(tree) {
            return self.names.look_up(&path, at);
        }
        match tree {
            Expr::Var(_) => Static::Unknown,
            Expr::Const(constant) => type_of(&constant.value),
            Expr::UnaryOp(unary) => match (&unary.op, self.open(&unary.expr)) {
                (UnaryOpKind::Not, _) => Static::Of(Type::Boolean),
                (UnaryOpKind::Neg, inner) => inner,
            },
            Expr::BinOp(binary) => self.binary(binary, range(tree.span())),
            Expr::Compare(compare) => {
                self.open(&compare.expr);
                self.all(compare.ops.iter().map(|part| &part.expr), Static::Of(Type::Boolean))
            }
            Expr::IfExpr(choice) => {
                self.open(&choice.test_expr);
                let yes = self.open(&choice.true_expr);
                let no = choice.false_expr.as_ref().map_or(Static::Unknown, |other| self.open(other));
                either(yes, no)
            }
            Expr::Filter(filter) => self.filter(filter, range(tree.span())),
            Expr::Test(test) => {
                self.open(&test.expr);
                self.arguments(&test.args);
                self.known(
                    "test",
                    test.name,
                    &TESTS.iter().map(|test| test.word.name).collect::<Vec<_>>(),
                    range(tree.span()),
                );
                Static::Of(Type::Boolean)
            }
            Expr::GetAttr(access) => self.inside(&access.expr),
            Expr::GetItem(access) => {
                self.open(&access.subscript_expr);
                self.inside(&access.expr)
            }
            Expr::Slice(slice) => {
                let parts = [&slice.start, &slice.stop, &slice.step];
                self.all(parts.into_iter().flatten(), Static::Unknown);
                self.open(&slice.expr)
            }
            Expr::Call(call) => self.call(call, range(tree.span())),
            Expr::List(list) => self.all(&list.items, Static::Of(Type::List)),
            Expr::Tuple(tuple) => self.all(&tuple.items, Static::Of(Type::List)),
            Expr::Map(map) => self.all(map.keys.iter().chain(&map.values), Static::Of(Type::Map)),
        }
    }

    /// Visits every part and gives the type of the whole.
    fn all<'t, 'x: 't>(&mut self, parts: impl IntoIterator<Item = &'t Expr<'x>>, whole: Static) -> Static {
        for part in parts {
            self.open(part);
        }
        whole
    }

    fn call(&mut self, call: &Call<'_>, at: Range<usize>) -> Static {
        self.arguments(&call.args);
        if let Expr::GetAttr(method) = &call.expr {
            self.open(&method.expr);
        }
        let message = "functions and methods are not part of the language".to_owned();
        let hint = list("use a filter, `{{ value | filter }}`; there are", &filter_names(), IN_THE_PAGE);
        self.names.fault(Code::NotInLanguage, at, message, hint);
        Static::Unknown
    }

    /// Visits a part whose value is looked at, which a secret's may not be.
    fn open(&mut self, tree: &Expr<'_>) -> Static {
        let found = self.visit(tree);
        if found.is_secret() { self.closed(tree) } else { found }
    }

    /// Reports a secret where its value would be looked at.
    fn closed(&mut self, tree: &Expr<'_>) -> Static {
        let message = "a secret cannot be part of a larger expression".to_owned();
        let hint = "a secret goes alone, `{{ secrets.name }}`, into an input that takes one".to_owned();
        self.names.fault(Code::SecretMisuse, range(tree.span()), message, Some(hint));
        Static::Unknown
    }

    /// Visits what a field is taken of where the field is not written out.
    fn inside(&mut self, tree: &Expr<'_>) -> Static {
        if let Expr::Var(name) = tree {
            let message = format!("what is taken from `{}` must be written out, `{0}.name`", name.id);
            self.names.fault(Code::Dynamic, range(tree.span()), message, None);
        } else if let Some((path, at)) =
            reference(tree).filter(|(path, _)| path.len() == 1 || path.first() != Some(&"inputs"))
        {
            if self.names.look_up(&path, at).is_secret() {
                self.closed(tree);
            }
        } else {
            self.open(tree);
        }
        Static::Unknown
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>]) {
        for argument in arguments {
            match argument {
                CallArg::Pos(tree) | CallArg::Kwarg(_, tree) | CallArg::PosSplat(tree) | CallArg::KwargSplat(tree) => {
                    self.open(tree);
                }
            }
        }
    }

    fn known(&mut self, what: &str, name: &str, all: &[&str], at: Range<usize>) {
        if all.binary_search(&name).is_err() {
            let hint = or_list(name, &format!("{what}s"), all, IN_THE_PAGE);
            self.names.fault(Code::NotInLanguage, at, format!("there is no {what} `{name}`"), hint);
        }
    }

    fn filter(&mut self, filter: &Filter<'_>, at: Range<usize>) -> Static {
        let input = filter.expr.as_ref().map_or(Static::Unknown, |inner| self.open(inner));
        self.arguments(&filter.args);
        self.known("filter", filter.name, &filter_names(), at.clone());
        self.takes(filter.name, input, at);
        match filter.name {
            "b64decode" | "b64encode" | "capitalize" | "date" | "join" | "lower" | "regex_replace" | "replace"
            | "sha256" | "shell" | "string" | "title" | "tojson" | "trim" | "upper" => Static::Of(Type::String),
            "bytes" | "count" | "int" | "length" | "seconds" | "timestamp" => Static::Of(Type::Integer),
            "duration" => Static::Of(Type::Duration),
            "size" => Static::Of(Type::Size),
            "minus" | "plus" => Static::Of(Type::Time),
            "float" | "round" => Static::Real,
            "abs" => input,
            "bool" | "regex_match" => Static::Of(Type::Boolean),
            "items" | "keys" | "lines" | "list" | "map" | "reject" | "rejectattr" | "select" | "selectattr"
            | "sort" | "split" | "unique" => Static::Of(Type::List),
            _ => Static::Unknown,
        }
    }

    /// Reports a value that the filter cannot be about, whatever it turns out to be.
    fn takes(&mut self, filter: &str, input: Static, at: Range<usize>) {
        let (wanted, also) = match filter {
            "duration" | "seconds" => (Type::Duration, Some(Type::Integer)),
            "bytes" | "size" => (Type::Size, Some(Type::Integer)),
            "date" | "minus" | "plus" | "timestamp" => (Type::Time, Some(Type::Integer)),
            "b64decode" | "fromjson" | "regex_match" | "regex_replace" => (Type::String, None),
            _ => return,
        };
        let is_number = input == Static::Of(Type::Integer);
        if is_number && also.is_some() || !is_number && may_be(input, wanted) {
            return;
        }
        let message = format!("`{filter}` takes {}, and this is {}", super::fit::expected(wanted), describe(input));
        self.names.fault(Code::ExpressionType, at, message, None);
    }

    fn binary(&mut self, binary: &BinOp<'_>, at: Range<usize>) -> Static {
        let left = self.open(&binary.left);
        let right = self.open(&binary.right);
        let whole = |found| found == Static::Of(Type::Integer);
        match binary.op {
            BinOpKind::ScAnd | BinOpKind::ScOr => either(left, right),
            BinOpKind::Concat => {
                self.joins += 1;
                Static::Of(Type::String)
            }
            BinOpKind::Add => {
                self.joins += 1;
                sum(left, right)
            }
            BinOpKind::Mul => {
                let number = |found| matches!(found, Static::Of(Type::Integer) | Static::Real);
                if !(number(left) && number(right)) {
                    let message = "only numbers can be multiplied, and this may be something else".to_owned();
                    let hint = "write `(value | int) * 60`".to_owned();
                    self.names.fault(Code::NotInLanguage, at, message, Some(hint));
                }
                if whole(left) && whole(right) { left } else { Static::Real }
            }
            BinOpKind::Sub | BinOpKind::FloorDiv | BinOpKind::Rem if whole(left) && whole(right) => left,
            BinOpKind::Sub | BinOpKind::FloorDiv | BinOpKind::Rem | BinOpKind::Pow => Static::Unknown,
            BinOpKind::Div => Static::Real,
            _ => Static::Of(Type::Boolean),
        }
    }
}

/// The references that an expression may give the value of, one for each alternative of `or` and `if`; `None` for an
/// alternative that is anything else than a reference written out.
pub(super) fn alternatives(text: &str) -> Vec<Option<Vec<String>>> {
    let mut found = Vec::new();
    match machinery::parse_expr(text) {
        Ok(tree) => alternatives_of(&tree, &mut found),
        Err(_) => found.push(None),
    }
    found
}

fn alternatives_of(tree: &Expr<'_>, found: &mut Vec<Option<Vec<String>>>) {
    match tree {
        Expr::BinOp(binary) if matches!(binary.op, BinOpKind::ScOr) => {
            alternatives_of(&binary.left, found);
            alternatives_of(&binary.right, found);
        }
        Expr::IfExpr(choice) => {
            alternatives_of(&choice.true_expr, found);
            choice.false_expr.iter().for_each(|other| alternatives_of(other, found));
        }
        other => found.push(reference(other).map(|(path, _)| path.into_iter().map(str::to_owned).collect())),
    }
}

fn filter_names() -> Vec<&'static str> {
    FILTERS.iter().map(|filter| filter.word.name).collect()
}

fn range(span: Span) -> Range<usize> {
    let start = span.start_offset as usize;
    start..(span.end_offset as usize).max(start)
}

fn type_of(value: &minijinja::Value) -> Static {
    match value.kind() {
        ValueKind::None => Static::Null,
        ValueKind::Bool => Static::Of(Type::Boolean),
        ValueKind::Number if value.is_integer() => Static::Of(Type::Integer),
        ValueKind::Number => Static::Real,
        ValueKind::String => Static::Of(Type::String),
        _ => Static::Unknown,
    }
}

fn either(left: Static, right: Static) -> Static {
    match (left, right) {
        (left, right) if left == right => left,
        (Static::Null, other) | (other, Static::Null) => other,
        (Static::Of(left), Static::Of(right)) if is_text(left) && is_text(right) => Static::Of(Type::String),
        _ => Static::Unknown,
    }
}

fn sum(left: Static, right: Static) -> Static {
    match (left, right) {
        (Static::Of(Type::Integer), Static::Of(Type::Integer)) => left,
        (Static::Of(left), Static::Of(right)) if is_text(left) && is_text(right) => Static::Of(Type::String),
        _ => Static::Unknown,
    }
}

/// Whether a value known only by its type may go where `to` is expected. What cannot be known is let through; the
/// rendered value is checked again when the step runs.
pub(super) fn may_be(found: Static, to: Type) -> bool {
    let Static::Of(from) = found else {
        return !matches!(found, Static::Real) || to == Type::Any;
    };
    match (from, to) {
        (Type::Any, _) | (_, Type::Any) | (Type::Integer, Type::String | Type::Size) | (Type::Steps, Type::List) => {
            true
        }
        (Type::String, to) if is_text(to) => true,
        (from, Type::Subject) | (Type::Subject, from) if is_text(from) => true,
        (from, Type::String | Type::Path) if is_text(from) => true,
        (Type::Word(from), Type::Word(to)) => from.iter().any(|word| to.contains(word)),
        (from, to) => std::mem::discriminant(&from) == std::mem::discriminant(&to),
    }
}

/// What a value is, in words.
pub(super) fn describe(found: Static) -> String {
    match found {
        Static::Of(ty) => super::fit::expected(ty),
        Static::Real => "a number with a fraction".to_owned(),
        Static::Null => "null".to_owned(),
        Static::Unknown => "a value".to_owned(),
        Static::Secret => "a secret".to_owned(),
        Static::SecretPart => "a part of a secret".to_owned(),
    }
}
