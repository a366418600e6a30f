//! `secrets`: where each comes from.

use super::fields::{Fields, Reader};
use super::keys::SECRET;
use crate::base::escape;
use crate::runbook::codes::Code;
use crate::runbook::draft::Placed;
use crate::runbook::secret::{SecretDecl, SecretSource, SecretVariable, parts_in_order};
use crate::runbook::template::is_template;
use crate::runbook::yaml::{Data, Entry, Node};

/// The keys that say where a secret comes from.
const SOURCES: [&str; 3] = ["env", "file", "command"];
/// A secret of more parts is several secrets.
const PARTS_MAX: usize = 16;
/// No helper needs more arguments to find one secret.
const ARGUMENTS_MAX: usize = 64;

/// One secret. `None` only where its name cannot be used.
pub(super) fn secret(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Placed<SecretDecl>> {
    let named = reader.identifier(&entry.key, entry.key_span, "a secret");
    let source = SecretSource::Env(Vec::new());
    let mut decl = SecretDecl { name: entry.key.to_string(), source, optional: false };
    if let Some(fields) = reader.fields(&entry.value, "a secret", SECRET, &[]) {
        fields.text(reader, "description");
        decl.optional = fields.get("optional").and_then(|node| reader.boolean(node, "`optional`")).unwrap_or(false);
        if let Some(source) = source_of(reader, fields, entry) {
            decl.source = source;
        }
    }
    named.then_some(Placed { value: decl, span: entry.key_span })
}

fn source_of(reader: &mut Reader<'_>, fields: Fields<'_>, entry: &Entry<'_>) -> Option<SecretSource> {
    let mut written = SOURCES.into_iter().filter_map(|key| Some((key, fields.get(key)?)));
    let Some((key, node)) = written.next() else {
        let hint = "name the environment variables, `env: [USERNAME_VARIABLE, PASSWORD_VARIABLE]`, or a `file`, or a \
                    `command` that prints the secret";
        reader.need(fields, "env", entry.value.span, hint);
        return None;
    };
    if let Some((other, node)) = written.next() {
        let message = format!("a secret comes from one place, and this one has both `{key}` and `{other}`");
        reader.found.add(Code::BadSecret, node.span, message).hint("keep one of `env`, `file` and `command`");
    }
    match (key, &node.data) {
        ("file", _) => plain(reader, node, "`file`").map(SecretSource::File),
        ("command", _) => Some(SecretSource::Command(command(reader, node))),
        (_, Data::Map(entries)) => Some(SecretSource::Env(parts(reader, node, entries))),
        _ => Some(SecretSource::Env(in_order(reader, node))),
    }
}

/// `env: [USERNAME_VARIABLE, PASSWORD_VARIABLE]`, or one variable.
fn in_order(reader: &mut Reader<'_>, node: &Node<'_>) -> Vec<SecretVariable> {
    let items = reader.list(node, "`env`");
    if matches!(node.data, Data::List(_)) && !(1..=2).contains(&items.len()) {
        let message = format!("`env` must name one or two environment variables, not {}", items.len());
        reader.found.add(Code::OutOfRange, node.span, message);
        reader
            .found
            .hint("user name or client id first, then the password; other parts get names, `env: {token: VARIABLE}`");
    }
    let variables: Vec<String> = items.iter().filter_map(|item| variable(reader, item, "a name in `env`")).collect();
    let parts = parts_in_order(variables.len());
    parts.into_iter().zip(variables).map(|(part, variable)| SecretVariable { part, variable }).collect()
}

/// `env: {PART: VARIABLE}`.
fn parts(reader: &mut Reader<'_>, node: &Node<'_>, entries: &[Entry<'_>]) -> Vec<SecretVariable> {
    if !(1..=PARTS_MAX).contains(&entries.len()) {
        let message = format!("`env` must name 1 to {PARTS_MAX} parts, not {}", entries.len());
        reader.found.add(Code::OutOfRange, node.span, message).hint("write it like `env: {token: VARIABLE}`");
    }
    let mut variables: Vec<SecretVariable> = Vec::new();
    for entry in entries {
        let named = reader.identifier(&entry.key, entry.key_span, "a part of a secret");
        let variable = variable(reader, &entry.value, "a variable in `env`");
        let is_new = !variables.iter().any(|one| one.part == entry.key);
        if let Some(variable) = variable.filter(|_| named && is_new) {
            variables.push(SecretVariable { part: entry.key.to_string(), variable });
        }
    }
    variables
}

fn variable(reader: &mut Reader<'_>, node: &Node<'_>, what: &str) -> Option<String> {
    let name = reader.text(node, what)?;
    let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if name.starts_with(|first: char| first.is_ascii_digit()) || name.is_empty() || !name.bytes().all(allowed) {
        let message = format!("\"{}\" is not the name of an environment variable", escape(&name));
        reader.found.add(Code::BadName, node.span, message);
        reader.found.hint("A-Z, 0-9 and `_`; the secret itself never stands in a runbook");
        return None;
    }
    Some(name)
}

/// `command: [PROGRAM, ARGUMENT, …]`; what could be read of it.
fn command(reader: &mut Reader<'_>, node: &Node<'_>) -> Vec<String> {
    let items = reader.list(node, "`command`");
    if matches!(node.data, Data::List(_)) && !(1..=ARGUMENTS_MAX).contains(&items.len()) {
        let message = format!("`command` must list a program and its arguments, 1 to {ARGUMENTS_MAX} words in all");
        reader.found.add(Code::OutOfRange, node.span, message);
        reader.found.hint("write it like `command: [pass, show, prod/api]`; no shell reads it");
    }
    let words = items.iter().take(ARGUMENTS_MAX).enumerate().filter_map(|(index, item)| {
        let what = if index == 0 { "the program of `command`" } else { "an argument of `command`" };
        if index > 0 { word(reader, item, what) } else { plain(reader, item, what) }
    });
    words.collect()
}

/// Text that is written out and not empty.
fn plain(reader: &mut Reader<'_>, node: &Node<'_>, what: &str) -> Option<String> {
    let text = word(reader, node, what)?;
    if text.is_empty() {
        reader.found.add(Code::BadSecret, node.span, format!("{what} is empty"));
        return None;
    }
    Some(text)
}

/// Text that is written out.
fn word(reader: &mut Reader<'_>, node: &Node<'_>, what: &str) -> Option<String> {
    let text = reader.text(node, what)?;
    if is_template(&text) {
        reader.found.add(Code::BadSecret, node.span, format!("{what} is plain text, not a template"));
        reader.found.hint("secrets are read before the run begins; write it out");
        return None;
    }
    if text.chars().any(char::is_control) {
        reader.found.add(Code::BadSecret, node.span, format!("{what} holds a control character"));
        return None;
    }
    Some(text)
}
