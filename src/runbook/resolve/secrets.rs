//! Where secrets stand in values.

use super::scope::Uses;
use super::target::{Secrecy, Target};
use super::within::place;
use crate::base::escape;
use crate::runbook::codes::Code;
use crate::runbook::expression::{Static, describe};
use crate::runbook::fit::{expected, takes_secret};
use crate::runbook::plan::{Template, TextPiece};
use crate::runbook::references::path_of;
use crate::runbook::secret::{PASSWORD, find_part, part_names};
use crate::runbook::source::Span;
use crate::runbook::template::Piece;
use crate::runbook::yaml::{Entry, Node};
use std::ops::Range;

/// An expression that is a secret, or a part of one.
pub(super) struct Mention<'m> {
    pub(super) text: &'m str,
    /// Where it stands in the scalar.
    pub(super) at: &'m Range<usize>,
    pub(super) found: Static,
}

/// The template of a secret that is the whole value. Reports where none may stand.
pub(super) fn alone(uses: &mut Uses<'_>, node: &Node<'_>, mention: &Mention<'_>, target: &Target) -> Template {
    let path = path_of(mention.text).map_or_else(|| mention.text.to_owned(), |path| path.join("."));
    match target.secret {
        Secrecy::Unknown => {}
        Secrecy::Never => {
            uses.found.add(Code::SecretMisuse, node.span, format!("{} does not take a secret", target.what));
            uses.found.hint("a secret may only go into an input that is declared to take one");
        }
        Secrecy::Only => whole(uses, node, mention, &path, target),
        Secrecy::Handed if mention.found == Static::SecretPart => {
            let span = span(uses, node, mention.at);
            let message = format!("{} takes a secret as a whole, not a part of it", target.what);
            uses.found.add(Code::SecretMisuse, span, message);
        }
        Secrecy::Handed => return Template::Secret(path),
        Secrecy::Beside if !takes_secret(target.ty) => {
            let (wanted, found) = (expected(target.ty), describe(mention.found));
            uses.found.add(
                Code::ExpressionType,
                node.span,
                format!("{} must be {wanted}, this is {found}", target.what),
            );
        }
        Secrecy::Beside => {
            one_text(uses, node, mention, &path);
            return Template::Secret(path);
        }
    }
    Template::Expression(path)
}

/// The template of a text with secrets in it. Reports where none may stand.
pub(super) fn within_text<'p>(
    uses: &mut Uses<'_>,
    node: &Node<'_>,
    pieces: impl Iterator<Item = (&'p Piece<'p>, Static)>,
    target: &Target,
) -> Template {
    let mut parts = Vec::new();
    for (piece, found) in pieces {
        let (text, at) = match piece {
            Piece::Literal(text) => {
                parts.push(TextPiece::Literal((*text).to_owned()));
                continue;
            }
            Piece::Expression(text, at) => (*text, at),
        };
        if !found.is_secret() {
            parts.push(TextPiece::Expression(text.to_owned()));
            continue;
        }
        let path = path_of(text).map_or_else(|| text.to_owned(), |path| path.join("."));
        if target.secret == Secrecy::Beside {
            one_text(uses, node, &Mention { text, at, found }, &path);
        } else {
            let span = span(uses, node, at);
            uses.found.add(Code::SecretMisuse, span, "a secret cannot be part of a text");
            uses.found.hint("a secret goes alone, `\"{{ secrets.name }}\"`, into an input that takes one");
        }
        parts.push(TextPiece::Secret(path));
    }
    Template::SecretText(parts)
}

/// Reports a key of a map that would make a handle of it.
pub(super) fn forged(uses: &mut Uses<'_>, entry: &Entry<'_>) {
    let message = format!("a map with the key `{}` cannot stand where secrets may", escape(&entry.key));
    uses.found.add(Code::SecretMisuse, entry.key_span, message);
    uses.found.hint("name a secret with a template, `\"{{ secrets.name }}\"`");
}

/// Reports a secret that cannot be the credentials that an input takes.
fn whole(uses: &mut Uses<'_>, node: &Node<'_>, mention: &Mention<'_>, path: &str, target: &Target) {
    if mention.found == Static::SecretPart {
        let span = span(uses, node, mention.at);
        uses.found.add(
            Code::SecretMisuse,
            span,
            format!("{} takes a secret as a whole, not a part of it", target.what),
        );
        uses.found.hint("write `\"{{ secrets.name }}\"` without the name of the part");
        return;
    }
    let parts = uses.scope.parts_of(path);
    if !parts.is_empty() && find_part(&parts, PASSWORD).is_none() {
        let span = span(uses, node, mention.at);
        let message =
            format!("{} takes a user name and a password, and `{path}` has no part `{PASSWORD}`", target.what);
        uses.found.add(Code::SecretMisuse, span, message);
        uses.found
            .hint(format!("declare it as `env: [USERNAME_VARIABLE, PASSWORD_VARIABLE]`; it has {}", listed(&parts)));
    }
}

/// Reports a secret of several parts where one text is needed.
fn one_text(uses: &mut Uses<'_>, node: &Node<'_>, mention: &Mention<'_>, path: &str) {
    if mention.found == Static::SecretPart {
        return;
    }
    let parts = uses.scope.parts_of(path);
    if let [first, _, ..] = parts.as_slice() {
        let span = span(uses, node, mention.at);
        let message = format!("`{path}` has {} parts, and one text is needed here", parts.len());
        uses.found.add(Code::SecretMisuse, span, message);
        uses.found.hint(format!("name one of {}, for example `{{{{ {path}.{first} }}}}`", listed(&parts)));
    }
}

fn listed(parts: &[String]) -> String {
    part_names(parts).iter().map(|part| format!("`{part}`")).collect::<Vec<_>>().join(", ")
}

fn span(uses: &Uses<'_>, node: &Node<'_>, at: &Range<usize>) -> Span {
    // Finding the place may take as long as the text is, and what is not kept has none.
    if uses.found.is_full() { node.span } else { place(uses.text, node, at.clone()) }
}
