//! `retry`.

use super::fields::Reader;
use super::keys::RETRY;
use crate::base::escape;
use crate::runbook::codes::Code;
use crate::runbook::draft::Defaults;
use crate::runbook::kind::{Idempotency, Kind};
use crate::runbook::plan::Retry;
use crate::runbook::retry::{RetryClass, RetryOn};
use crate::runbook::source::Span;
use crate::runbook::suggest::{IN_THE_PAGE, or_list};
use crate::runbook::yaml::{Data, Entry, Node};
use std::time::Duration;

/// With this other tools ask to repeat what nobody has seen the end of.
const UNKNOWN: &str = "unknown";

/// `{max: 5, backoff: 2s..60s, jitter: true, on: [busy]}`; what is left out is as in the defaults of the language.
/// `kind` is that of the step, where it is about one.
pub(super) fn retry(reader: &mut Reader<'_>, node: &Node<'_>, kind: Option<&Kind>) -> Option<Retry> {
    let fields = reader.fields_but(node, "`retry`", RETRY, &[], |reader, entry| is_unknown(reader, entry, kind))?;
    let mut retry = Defaults::default().retry;
    if let Some(max) = fields.get("max").and_then(|node| reader.integer(node, "`max`", 1, 1000)) {
        retry.max = u32::try_from(max).unwrap_or(1);
    }
    if let Some(node) = fields.get("backoff") {
        let (first, longest) = backoff(reader, node)?;
        (retry.first, retry.longest) = (first, longest);
    }
    if let Some(jitter) = fields.get("jitter").and_then(|node| reader.boolean(node, "`jitter`")) {
        retry.jitter = jitter;
    }
    if let Some(node) = fields.get("on") {
        retry.on = classes(reader, node, kind);
    }
    Some(retry)
}

/// The classes of failures that are tried again.
fn classes(reader: &mut Reader<'_>, node: &Node<'_>, kind: Option<&Kind>) -> RetryOn {
    let items = reader.list(node, "`on`");
    if items.is_empty() && matches!(node.data, Data::List(_)) {
        reader.found.add(Code::Retry, node.span, "`on` names nothing to try again after");
        reader.found.hint("write `max: 1` where nothing is tried again");
    }
    let mut known = Vec::new();
    for item in items {
        let Some(name) = reader.text(item, "a class of failures in `on`") else { continue };
        if name == UNKNOWN {
            in_doubt(reader, item.span, kind);
            continue;
        }
        let Some(class) = RetryClass::from_name(&name) else {
            let hint = or_list(&name, "classes", RetryClass::NAMES, IN_THE_PAGE);
            let message = format!("there is no class of failures `{}`", escape(&name));
            reader.found.add_with(Code::Retry, item.span, message, hint);
            continue;
        };
        if class == RetryClass::Timeout
            && let Some(kind) = kind.filter(|kind| !kind.limits_attempt)
        {
            let message =
                format!("`timeout` is about what `attempt_timeout` ends, and `{}` does not honour that", kind.name);
            reader.found.add(Code::Retry, item.span, message);
            reader
                .found
                .hint("an answer that does not come in time is `unavailable` to a read, and a request in doubt");
        }
        known.push(class);
    }
    RetryOn::of(known)
}

/// Whether the key is one with which people ask to repeat what is in doubt.
fn is_unknown(reader: &mut Reader<'_>, entry: &Entry<'_>, kind: Option<&Kind>) -> bool {
    let is_unknown = entry.key == UNKNOWN;
    if is_unknown {
        in_doubt(reader, entry.key_span, kind);
    }
    is_unknown
}

/// Tells why nobody chooses to repeat what is in doubt.
fn in_doubt(reader: &mut Reader<'_>, at: Span, kind: Option<&Kind>) {
    let (message, why) = match kind {
        Some(Kind { name, repeat: Idempotency::Reconcilable | Idempotency::Opaque, .. }) => (
            format!(
                "what `{name}` asks for is never sent again while nobody knows whether it took place; the step looks \
                 at the world instead"
            ),
            "a doubt is settled by looking, or by an operator with `surefoot resolve`",
        ),
        _ => (
            "`retry` is about reads that failed and requests that were refused or never left, not about what is unknown"
                .to_owned(),
            "what is in doubt is not repeated because of `retry`",
        ),
    };
    reader.found.add(Code::Retry, at, message).hint(format!("remove `{UNKNOWN}`: {why}"));
}

fn backoff(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<(Duration, Duration)> {
    let text = reader.text(node, "`backoff`")?;
    let (first, longest) = text.split_once("..").unwrap_or((&text, &text));
    let first = reader.duration_in(first, node.span, "the first wait of `backoff`");
    let longest = reader.duration_in(longest, node.span, "the longest wait of `backoff`");
    let (first, longest) = (first?, longest?);
    if first > longest {
        reader.found.add(Code::Retry, node.span, "the first wait is longer than the longest one");
        reader.found.hint("write the shorter one first, `backoff: 2s..60s`");
        return None;
    }
    Some((first, longest))
}
