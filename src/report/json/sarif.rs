//! What `check` finds as SARIF 2.1.0, the form that code hosts and editors show beside the lines of a file.

use crate::base::Value;
use crate::runbook::{Code, Diagnostic, Diagnostics, Span};
use serde_json::json;
use std::path::{Component, Path};

/// The mistakes and warnings of some files as one run of the tool.
pub fn sarif(files: &[&Diagnostics]) -> Value {
    let results = files.iter().flat_map(|file| file.iter().map(|one| result(file, one)));
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "surefoot",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": Code::ALL.iter().copied().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

/// A code, with its page.
fn rule(code: Code) -> Value {
    json!({
        "id": code.name(),
        "name": format!("{code:?}"),
        "shortDescription": {"text": code.title()},
        "help": {"text": format!("`surefoot explain {}` says more.", code.name()), "markdown": code.page()},
        "defaultConfiguration": {"level": level(code)},
    })
}

fn level(code: Code) -> &'static str {
    match (code.is_advice(), code.is_warning()) {
        (true, _) => "note",
        (false, true) => "warning",
        (false, false) => "error",
    }
}

fn result(file: &Diagnostics, one: &Diagnostic) -> Value {
    let index = Code::ALL.iter().position(|code| *code == one.code);
    let help = one.hint.as_ref().map(|hint| format!("\nHelp: {hint}")).unwrap_or_default();
    let related = one.related.iter().enumerate().map(|(id, related)| {
        let mut place = location(file, Some(related.span));
        if let Value::Object(place) = &mut place {
            place.insert("id".to_owned(), json!(id));
            place.insert("message".to_owned(), json!({"text": related.message}));
        }
        place
    });
    json!({
        "ruleId": one.code.name(),
        "ruleIndex": index,
        "level": level(one.code),
        "message": {"text": format!("{}{help}", one.message)},
        "locations": [location(file, one.span)],
        "relatedLocations": related.collect::<Vec<_>>(),
    })
}

/// A place in a file; the whole file where there is none.
fn location(file: &Diagnostics, span: Option<Span>) -> Value {
    let artifact = json!({"uri": uri(file.name())});
    let Some((start, end)) = span.map(|span| file.range(span)) else {
        return json!({"physicalLocation": {"artifactLocation": artifact}});
    };
    json!({"physicalLocation": {
        "artifactLocation": artifact,
        "region": {
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        },
    }})
}

/// The name of a file as a relative reference, or as an address where it is absolute.
fn uri(name: &str) -> String {
    let path = Path::new(name);
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(part) => Some(escaped(&part.to_string_lossy())),
        Component::ParentDir => Some("..".to_owned()),
        _ => None,
    });
    let parts = parts.collect::<Vec<_>>().join("/");
    if path.is_absolute() { format!("file:///{parts}") } else { parts }
}

/// A part of a path with what has a meaning in addresses escaped.
fn escaped(part: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(part, KEPT).to_string()
}
