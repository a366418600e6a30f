//! References in one expression, looked up.

use super::declared::undeclared;
use super::scope::{Keys, Named, Own, Scope, Uses};
use super::within::place;
use crate::base::escape;
use crate::runbook::codes::Code;
use crate::runbook::expression::{Names, Static, describe};
use crate::runbook::fit::expected;
use crate::runbook::kind::{Kind, Type};
use crate::runbook::names::{ROOTS, RUN, names_of};
use crate::runbook::references::{EACH_KEY, written};
use crate::runbook::secret::{find_part, part_names, parts_in_order};
use crate::runbook::source::Span;
use crate::runbook::suggest::{IN_THE_FILE, IN_THE_PAGE, did_you_mean, list, or_list};
use crate::runbook::yaml::Node;
use std::ops::Range;

/// An expression within a scalar: `offset` bytes into its text.
pub(super) struct Spot<'s, 'u> {
    pub(super) uses: &'s mut Uses<'u>,
    pub(super) node: &'s Node<'s>,
    pub(super) offset: usize,
}

impl Spot<'_, '_> {
    /// Where a part of the expression stands in the file.
    pub(super) fn place(&self, at: &Range<usize>) -> Span {
        place(self.uses.text, self.node, self.offset + at.start..self.offset + at.end)
    }

    fn report(&mut self, code: Code, at: &Range<usize>, message: String, hint: Option<String>) -> Static {
        // Finding the place may take as long as the text is, and what is not kept has none.
        let span = if self.uses.found.is_full() { self.node.span } else { self.place(at) };
        self.uses.found.add_with(code, span, message, hint);
        Static::Unknown
    }

    /// Reports a name that is not declared, and where a similar one is.
    fn undeclared(&mut self, code: Code, path: (&str, &str), at: &Range<usize>, hint: Option<String>) -> Static {
        let (root, name) = path;
        let told = self.report(code, at, undeclared(root, name), hint);
        if !self.uses.found.is_full() {
            self.uses.found.also(self.uses.scope.near_place(root, name), "a similar name");
        }
        told
    }

    /// The near one of some names, or else all of them; nothing where it would not be told.
    fn near(&self, name: &str, what: &str, names: impl FnOnce(&Scope) -> Vec<&str>) -> Option<String> {
        if self.uses.found.is_full() { None } else { or_list(name, what, &names(self.uses.scope), IN_THE_FILE) }
    }

    fn input(&mut self, name: &str, rest: &[&str], at: &Range<usize>) -> Static {
        let Some(known) = self.uses.scope.inputs.get(name).copied() else {
            let hint = self.near(name, "inputs", |scope| scope.inputs.keys().map(String::as_str).collect());
            let hint = hint.or_else(|| Some("declare it under `inputs`".to_owned()));
            return self.undeclared(Code::UnknownInput, ("inputs", name), at, hint);
        };
        self.uses.scope.used_inputs.insert(name.to_owned());
        match known {
            known if rest.is_empty() => known,
            Static::Of(Type::Map | Type::List) => Static::Unknown,
            known => {
                let message = format!("`inputs.{name}` is {} and has no fields", describe(known));
                self.report(Code::ExpressionType, at, message, None)
            }
        }
    }

    fn secret(&mut self, name: &str, rest: &[&str], at: &Range<usize>) -> Static {
        if self.uses.scope.use_secret(name).is_none() {
            let hint = self.near(name, "secrets", |scope| scope.secrets.keys().map(String::as_str).collect());
            let declare =
                || format!("declare it: `secrets: {{{}: {{env: [USER_VARIABLE, PASSWORD_VARIABLE]}}}}`", escape(name));
            let hint = hint.or_else(|| Some(declare()));
            return self.undeclared(Code::UnknownSecret, ("secrets", name), at, hint);
        }
        let parts = self.uses.scope.secrets.get(name).cloned().unwrap_or_default();
        self.part(&format!("secrets.{name}"), &parts, rest, at)
    }

    /// What stands behind the path of a secret: nothing, or the name of a part.
    fn part(&mut self, secret: &str, parts: &[String], rest: &[&str], at: &Range<usize>) -> Static {
        match rest {
            [] => Static::Secret,
            // Where no part could be read, that was reported.
            [_] if parts.is_empty() => Static::SecretPart,
            [part] if find_part(parts, part).is_some() => Static::SecretPart,
            [part] => {
                let names = part_names(parts);
                let near = did_you_mean(part, names.iter().copied());
                let hint = list(if names.len() == 1 { "its only part" } else { "its parts" }, &names, IN_THE_FILE);
                let hint = near.into_iter().chain(hint).collect::<Vec<_>>().join(" ");
                let message = format!("the secret `{secret}` has no part `{}`", escape(part));
                self.report(Code::UnknownSecret, at, message, Some(hint))
            }
            [part, ..] => {
                let message = format!("`{secret}.{}` is a text and has no fields", escape(part));
                self.report(Code::SecretMisuse, at, message, None)
            }
        }
    }

    fn output(&mut self, step: &str, rest: &[&str], at: &Range<usize>) -> Static {
        let Some(Named { index, kind, group, returns }) = self.uses.scope.steps.get(step).cloned() else {
            let full = self.uses.found.is_full();
            let hint = if full { None } else { did_you_mean(step, self.uses.scope.step_names()) };
            return self.undeclared(Code::UnknownStep, ("steps", step), at, hint);
        };
        self.uses.refs.insert(index);
        let Some(kind) = kind else { return Static::Unknown };
        let own = if group.is_some() { rest.get(1..).unwrap_or_default() } else { rest };
        if let (Some(returns), ["outputs", name, ..]) = (returns, own)
            && !returns.iter().any(|known| known == name)
        {
            let names: Vec<&str> = returns.iter().map(String::as_str).collect();
            let message = format!("the runbook of `{step}` has no output `{}`", escape(name));
            let hint = or_list(name, "outputs", &names, "it has no others");
            return self.report(Code::UnknownOutput, at, message, hint);
        }
        match group {
            None => self.output_of(step, kind, rest, at),
            Some(keys) => self.item_output(step, kind, &keys, rest, at),
        }
    }

    /// An output of the group as a whole, or of the step that is for one item.
    fn item_output(
        &mut self,
        group: &str,
        kind: &'static Kind,
        keys: &Keys,
        rest: &[&str],
        at: &Range<usize>,
    ) -> Static {
        let Some((key, rest)) = rest.split_first() else { return Static::Of(Type::Map) };
        if *key == "results" {
            return if rest.is_empty() { Static::Of(Type::Map) } else { self.item_output(group, kind, keys, rest, at) };
        }
        if let Some(gather) = self.uses.scope.gather.filter(|gather| gather.output(key).is_some()) {
            return self.output_of(group, gather, &[&[*key], rest].concat(), at);
        }
        let is_own = *key == EACH_KEY;
        match (&self.uses.each, keys) {
            (None, _) if is_own => {
                let message = format!("`steps.{group}[each.key]` means an item, and this step is for none");
                let hint = format!("give it `for_each` over the same items, or name one, `steps.{group}['KEY']`");
                return self.report(Code::Dynamic, at, message, Some(hint));
            }
            (Some(Some(own)), Some(keys)) if is_own && own != keys => {
                let message = format!("`{group}` is not over the same items as this step");
                let hint = "pair only steps whose `for_each` is the same".to_owned();
                return self.report(Code::UnknownStep, at, message, Some(hint));
            }
            (_, Some(keys)) if !is_own && !keys.contains(*key) => {
                let hint = did_you_mean(key, keys.iter().map(String::as_str));
                let message = format!("there is no step `{group}[{}]`", escape(key));
                return self.report(Code::UnknownStep, at, message, hint);
            }
            _ => {}
        }
        let id = format!("{group}[{key}]");
        self.uses.rewrites.push((at.clone(), written(&[&["steps", &id], rest].concat())));
        self.output_of(&id, kind, rest, at)
    }

    fn output_of(&mut self, step: &str, kind: &'static Kind, rest: &[&str], at: &Range<usize>) -> Static {
        let Some((name, deeper)) = rest.split_first() else {
            if let Some(field) = kind.outputs.iter().find(|field| field.secret) {
                let hint = "name the outputs that are wanted, one by one".to_owned();
                let message = format!("`steps.{step}` as a whole holds the secret `{}`", field.name);
                return self.report(Code::SecretMisuse, at, message, Some(hint));
            }
            return Static::Of(Type::Map);
        };
        let Some(field) = kind.output(name) else {
            let names: Vec<&str> = kind.outputs.iter().map(|field| field.name).collect();
            let message = format!("the step `{step}` ({}) has no output `{}`", kind.name, escape(name));
            let told = self.report(Code::UnknownOutput, at, message, or_list(name, "outputs", &names, &kind.all()));
            self.uses.found.also(self.uses.scope.step_place(step), format!("the step uses {}", kind.name));
            return told;
        };
        match (field.secret, deeper.is_empty(), field.ty) {
            (true, _, _) => self.part(&format!("steps.{step}.{name}"), &parts_in_order(2), deeper, at),
            (false, true, ty) => Static::Of(ty),
            (false, false, Type::Map | Type::List | Type::Any) => Static::Unknown,
            (false, false, ty) => self.no_fields(&format!("steps.{step}.{name}"), ty, at),
        }
    }

    /// An output under the name that this value alone knows.
    fn own_output(&mut self, name: &str, deeper: &[&str], at: &Range<usize>) -> Static {
        let Some(Own { root, kind }) = self.uses.own else { return Static::Unknown };
        let Some(field) = kind.output(name) else {
            let names: Vec<&str> = kind.outputs.iter().map(|field| field.name).collect();
            let message = format!("`{root}` ({}) has no output `{}`", kind.name, escape(name));
            return self.report(Code::UnknownOutput, at, message, or_list(name, "outputs", &names, &kind.all()));
        };
        match (field.secret, deeper.is_empty(), field.ty) {
            (true, ..) => Static::Secret,
            (false, true, ty) => Static::Of(ty),
            (false, false, Type::Map | Type::List | Type::Any) => Static::Unknown,
            (false, false, ty) => self.no_fields(&format!("{root}.{name}"), ty, at),
        }
    }

    /// An output of a step that read before the plan was fixed.
    fn discovered(&mut self, name: &str, rest: &[&str], at: &Range<usize>) -> Static {
        if self.uses.scope.is_discovering {
            let message = "within `discover` its steps are known as `steps`".to_owned();
            return self.report(Code::UnknownName, at, message, Some(format!("write `steps.{}`", escape(name))));
        }
        let Some(Named { kind, .. }) = self.uses.scope.discover.get(name).cloned() else {
            let hint = self.near(name, "steps", |scope| scope.discover.keys().map(String::as_str).collect());
            let message = format!("`discover` has no step `{}`", escape(name));
            return self.report(Code::UnknownStep, at, message, hint);
        };
        kind.map_or(Static::Unknown, |kind| self.output_of(name, kind, rest, at))
    }

    /// The item that the step is for. What is in it nobody knows before the items are.
    fn each(&mut self, rest: &[&str], at: &Range<usize>) -> Static {
        match rest {
            ["key"] => Static::Of(Type::String),
            ["index"] => Static::Of(Type::Integer),
            ["value", ..] => Static::Unknown,
            _ => {
                let name = rest.first().map_or_else(String::new, |name| format!(".{}", escape(name)));
                let hint = "there are `each.key`, `each.value` and `each.index`".to_owned();
                self.report(Code::UnknownName, at, format!("there is no `each{name}`"), Some(hint))
            }
        }
    }

    fn no_fields(&mut self, what: &str, ty: Type, at: &Range<usize>) -> Static {
        self.report(Code::ExpressionType, at, format!("`{what}` is {} and has no fields", expected(ty)), None)
    }

    fn unknown_root(&mut self, root: &str, at: &Range<usize>) -> Static {
        let hint = if self.uses.scope.inputs.contains_key(root) {
            Some(format!("did you mean `inputs.{root}`?"))
        } else if self.uses.scope.steps.contains_key(root) {
            Some(format!("did you mean `steps.{root}`?"))
        } else {
            or_list(root, "there are", &names_of(ROOTS), IN_THE_PAGE)
        };
        self.report(Code::UnknownName, at, format!("`{}` is not a name that expressions know", escape(root)), hint)
    }
}

impl Names for Spot<'_, '_> {
    fn look_up(&mut self, path: &[&str], at: Range<usize>) -> Static {
        match path {
            ["inputs", name, rest @ ..] => self.input(name, rest, &at),
            ["secrets", name, rest @ ..] => self.secret(name, rest, &at),
            ["steps", name, rest @ ..] => self.output(name, rest, &at),
            ["discover", name, rest @ ..] => self.discovered(name, rest, &at),
            ["each", rest @ ..] if self.uses.each.is_some() => self.each(rest, &at),
            ["each", ..] => {
                let hint = "give the step `for_each`".to_owned();
                self.report(
                    Code::UnknownName,
                    &at,
                    "`each` is known only to a step with `for_each`".to_owned(),
                    Some(hint),
                )
            }
            [root, name, rest @ ..] if self.uses.own.is_some_and(|own| own.root == *root) => {
                self.own_output(name, rest, &at)
            }
            ["run", name] if names_of(RUN).contains(name) => Static::Of(Type::String),
            ["run", name, ..] => {
                let hint = or_list(name, "there are", &names_of(RUN), IN_THE_PAGE);
                self.report(Code::UnknownName, &at, format!("`run` has no `{}`", escape(name)), hint)
            }
            [root] if names_of(ROOTS).contains(root) => {
                let hint = list("name one of its parts, for example", &[&format!("{root}.name")], IN_THE_PAGE);
                self.report(Code::Dynamic, &at, format!("`{root}` cannot be used as a whole"), hint)
            }
            _ => self.unknown_root(path.first().copied().unwrap_or_default(), &at),
        }
    }

    fn fault(&mut self, code: Code, at: Range<usize>, message: String, hint: Option<String>) {
        self.report(code, &at, message, hint);
    }
}
