//! A kind of the tests: `test.probe` reads as `neo4j.counts` does, and has inputs that may hold secrets.

use std::sync::LazyLock;
use surefoot::runbook::kind::{Field, KINDS, Kind, Type, find};

/// The kinds of the catalogue, and `test.probe`.
pub static WITH_PROBE: LazyLock<&'static [&'static Kind]> = LazyLock::new(|| {
    let field = |name, ty| Field {
        name,
        ty,
        required: false,
        default: None,
        secret: false,
        holds_secrets: true,
        by_people: false,
        longest: None,
        doc: "a value that may hold secrets",
    };
    let counts = find("neo4j.counts").unwrap();
    let mut inputs = counts.inputs.to_vec();
    inputs.extend([
        field("text", Type::String),
        field("headers", Type::Map),
        field("words", Type::List),
        field("json", Type::Any),
        field("times", Type::Integer),
    ]);
    let probe = Kind { name: "test.probe", inputs: Box::leak(inputs.into_boxed_slice()), ..*counts };
    let mut kinds = KINDS.to_vec();
    kinds.push(Box::leak(Box::new(probe)));
    kinds.leak()
});
