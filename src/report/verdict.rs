//! What a trail is worth.

use super::page::Page;
use super::style::{Style, Tone};
use crate::audit::{Require, Verdict};
use crate::base::{Value, escape};
use serde_json::json;

/// A verified trail.
#[derive(Clone, Copy, Debug)]
pub struct VerdictPage<'a> {
    /// Where it is.
    pub folder: &'a str,
    /// The copy in the audit directory that was compared with it, where there is one to compare.
    pub trail: Option<&'a str>,
    /// What is known of it.
    pub verdict: &'a Verdict,
    /// What was demanded of it.
    pub require: Require,
    /// Why it does not meet the demand.
    pub unmet: Option<&'a str>,
}

/// A verdict for people.
pub fn verdict(page: &VerdictPage<'_>, style: Style) -> String {
    let mut out = Page::new(style);
    let run = page.verdict.run.as_deref().map(|run| format!(" of run {}", escape(run))).unwrap_or_default();
    out.say(Tone::Strong, 0, &format!("trail{run} in {}", escape(page.folder)));
    let first = if page.verdict.finding.is_none() { Tone::Good } else { Tone::Bad };
    for (number, line) in page.verdict.lines().iter().enumerate() {
        out.say(if number == 0 { first } else { Tone::Plain }, 2, line);
    }
    if let Some(trail) = page.trail {
        out.say(Tone::Plain, 2, &format!("Compared with the copy in {}", escape(trail)));
    }
    match page.unmet {
        None => out.say(Tone::Good, 0, &format!("The trail is {}, as required.", page.require.name())),
        Some(_) if page.verdict.finding.is_some() => {
            out.say(Tone::Bad, 0, &format!("The trail is not {}.", page.require.name()));
        }
        Some(why) => out.say(Tone::Bad, 0, &format!("The trail is not {}: {}.", page.require.name(), escape(why))),
    }
    out.finish()
}

/// A verdict for programs.
pub(super) fn to_json(page: &VerdictPage<'_>) -> Value {
    let mut document = page.verdict.to_value();
    if let Value::Object(fields) = &mut document {
        fields.insert("schema".to_owned(), json!("surefoot.verdict.v1"));
        fields.insert("folder".to_owned(), json!(page.folder));
        fields.insert("trail".to_owned(), json!(page.trail));
        fields.insert("required".to_owned(), json!(page.require.name()));
        fields.insert("unmet".to_owned(), json!(page.unmet));
    }
    document
}
