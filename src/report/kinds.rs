//! The step kinds as declared: a list, and a page for each.

use super::page::Page;
use super::plan::effect_class;
use super::style::{Style, Tone};
use super::table::Table;
use crate::runbook::kind::{Catalog, Field, Idempotency, Kind, Proof, Reversibility, Type};
use crate::runbook::nearest;

/// Every kind with its effect and what it does.
pub fn kinds(catalog: Catalog, style: Style) -> String {
    let mut table = Table::new(["kind", "effect", "what it does"]);
    for kind in catalog.iter() {
        let tone = if kind.reverse == Reversibility::Irreversible { Tone::Bad } else { Tone::Plain };
        table.toned(tone, [kind.name.to_owned(), effect_class(kind), kind.summary.to_owned()]);
    }
    table.render(style)
}

/// The kind of that name, or the name that is nearest to it.
pub fn find_kind(catalog: Catalog, name: &str) -> Result<&'static Kind, Option<&'static str>> {
    catalog.find(name).ok_or_else(|| nearest(name, catalog.iter().map(|kind| kind.name)))
}

/// The page about one kind.
pub fn kind(kind: &Kind, style: Style) -> String {
    let mut page = Page::new(style);
    page.say(Tone::Strong, 0, &format!("{} (version {})", kind.name, kind.version));
    page.say(Tone::Plain, 0, kind.summary);
    page.heading("Effect");
    page.fields(2, &effect(kind));
    page.heading("Inputs, under `with`");
    let inputs: Vec<&Field> = kind.inputs.iter().filter(|field| !field.beside).collect();
    fields(&mut page, kind, &inputs, true);
    page.heading("Outputs, as `steps.ID.NAME`");
    fields(&mut page, kind, &kind.outputs.iter().collect::<Vec<_>>(), false);
    page.heading("Example");
    for line in kind.example.lines() {
        page.verbatim(2, line);
    }
    page.finish()
}

/// The name of a type as people write it.
pub(super) fn type_name(ty: Type) -> String {
    match ty {
        Type::String => "string".to_owned(),
        Type::Integer => "integer".to_owned(),
        Type::Boolean => "boolean".to_owned(),
        Type::Any => "any".to_owned(),
        Type::List => "list".to_owned(),
        Type::Map => "map".to_owned(),
        Type::Duration => "duration".to_owned(),
        Type::Size => "size".to_owned(),
        Type::Time => "time".to_owned(),
        Type::Subject => "an instance id, or scheme:name".to_owned(),
        Type::InstanceId => "instance id".to_owned(),
        Type::Word(words) => words.join(" | "),
        Type::Path => "path".to_owned(),
        Type::Steps => "steps".to_owned(),
    }
}

fn effect(kind: &Kind) -> Vec<(String, String)> {
    let mut rows = vec![("class".to_owned(), effect_class(kind)), ("repeating".to_owned(), twice(kind))];
    let mut add = |name: &str, text: String| {
        if !text.is_empty() {
            rows.push((name.to_owned(), text));
        }
    };
    let reverse = match kind.reverse {
        Reversibility::Nothing => "",
        Reversibility::Undoable => "possible",
        Reversibility::Irreversible => "impossible: irreversible",
    };
    add("undo", reverse.to_owned());
    add("in doubt", kind.probe.to_owned());
    let is_beside = |input: &str| kind.input(input).is_some_and(|field| field.beside);
    let subject = |input: &str| format!("{} {input}", if is_beside(input) { "the key" } else { "the input" });
    add("subject", kind.subject.map(subject).unwrap_or_default());
    add("needs", evidence(kind.needs));
    add("yields", evidence(kind.yields));
    add("provides", evidence(kind.vouches));
    add("changeable", kind.changeable.join(", "));
    add("credential", kind.credential.map(|name| format!("secrets.{name}")).unwrap_or_default());
    add("preflight", if kind.preflight { "checked before the run starts".to_owned() } else { String::new() });
    add("asks", if kind.asks { "a person".to_owned() } else { String::new() });
    add("`save` writes", kind.saves.map(|output| format!("the output {output}")).unwrap_or_default());
    rows
}

fn twice(kind: &Kind) -> String {
    let text = match kind.repeat {
        _ if kind.declares.is_some() => {
            "as the step declares with `effect`, `probe` and `idempotency_key`; see `surefoot help language`"
        }
        Idempotency::Read => "harmless: it only reads",
        Idempotency::Idempotent => "a second request changes nothing",
        Idempotency::Reconcilable => "unsafe; the outcome of the first request is looked up instead",
        Idempotency::Opaque => "unsafe, and its outcome cannot be looked up",
    };
    text.to_owned()
}

fn evidence(proofs: &[Proof]) -> String {
    proofs.iter().map(|proof| proof.name()).collect::<Vec<_>>().join(", ")
}

fn fields(page: &mut Page, kind: &Kind, fields: &[&Field], are_inputs: bool) {
    if fields.is_empty() {
        page.say(Tone::Faint, 2, "none");
        return;
    }
    let mut table = Table::new(["name", "type", "presence", "description"]).indented(2);
    for field in fields {
        let ty = match field.ty {
            Type::Word(_) => "word".to_owned(),
            ty => type_name(ty),
        };
        let must = match (are_inputs, field.required, field.default) {
            (true, true, _) => "required".to_owned(),
            (true, false, Some(default)) => format!("default {}", brief(default)),
            (true, false, None) => "optional".to_owned(),
            (false, true, _) => "always".to_owned(),
            (false, false, _) => "may be null".to_owned(),
        };
        table.row([field.name.to_owned(), ty, must, about(kind, field, are_inputs)]);
    }
    page.table(&table);
}

/// A default that is long, such as a sentence, is not worth a wide column.
fn brief(default: &str) -> String {
    let text = default.trim_matches('"');
    if text.is_empty() { "empty".to_owned() } else { super::text::cut(text, 12) }
}

fn about(kind: &Kind, field: &Field, is_input: bool) -> String {
    let mut parts = vec![field.doc.to_owned()];
    if let Type::Word(words) = field.ty {
        parts.push(format!("one of {}", words.join(", ")));
    }
    match (field.secret, is_input) {
        (true, true) => parts.push("takes a secret".to_owned()),
        (true, false) => parts.push("a secret: only for inputs that take one, or may hold one".to_owned()),
        (false, true) if field.holds_secrets => parts.push("may hold secrets".to_owned()),
        _ => {}
    }
    if is_input && kind.changeable.contains(&field.name) {
        parts.push("changeable with `resume --set`".to_owned());
    }
    parts.join("; ")
}
