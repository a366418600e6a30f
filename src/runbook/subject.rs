//! What a step is about.

use super::kind::Kind;
use super::plan::{Step, Template};
use super::references::output_of;
use crate::base::Value;
use std::collections::BTreeMap;

/// What a step is about: the text of its subject, resolved through the steps that only hand it on.
pub(super) fn subject(ids: &BTreeMap<&str, &Step>, step: &Step) -> Option<Template> {
    const LONGEST: usize = 64;
    let mut step = step;
    for _ in 0..LONGEST {
        let name = step.kind.subject?;
        let (_, template) = step.with.iter().find(|(input, _)| input == name)?;
        let Template::Expression(text) = template else {
            return Some(template.clone()).filter(|template| *template != Template::Plain(Value::Null));
        };
        let text = squeeze(text);
        let source = output_of(&text).filter(|(_, output)| output == "id");
        match source.as_ref().and_then(|(id, _)| ids.get(id.as_str())).filter(|source| hands_on_subject(source.kind)) {
            Some(source) => step = source,
            None => return Some(Template::Expression(text)),
        }
    }
    None
}

/// Whether the output `id` of a kind is the instance that it was given.
pub(super) fn hands_on_subject(kind: &Kind) -> bool {
    kind.subject == Some("instance_id") && kind.output("id").is_some()
}

/// A template whose expression is squeezed.
pub(super) fn squeezed(template: &Template) -> Template {
    match template {
        Template::Expression(text) => Template::Expression(squeeze(text)),
        other => other.clone(),
    }
}

/// An expression without the space outside of quotes that means nothing.
fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut space = false;
    for character in text.chars() {
        match quote {
            Some(open) if open == character => quote = None,
            None if matches!(character, '"' | '\'') => quote = Some(character),
            None if character.is_whitespace() => {
                space = true;
                continue;
            }
            _ => {}
        }
        // Space between two words keeps them apart; any other space says nothing.
        let word = |character: char| character.is_alphanumeric() || character == '_';
        if space && word(character) && out.ends_with(word) {
            out.push(' ');
        }
        space = false;
        out.push(character);
    }
    out
}
