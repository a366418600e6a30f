//! A kind of the tests: `test.probe` reads as `neo4j.counts` does, and has inputs that may hold secrets.

use std::sync::LazyLock;
use surefoot::engine::protocol::Protocol;
use surefoot::kinds;
use surefoot::runbook::kind::{Catalog, Field, Kind, Type};

static WITH_PROBE: LazyLock<&'static [&'static Kind]> = LazyLock::new(|| {
    let field = |name, ty| Field {
        name,
        ty,
        required: false,
        default: None,
        secret: false,
        holds_secrets: true,
        by_people: false,
        beside: false,
        incidental: false,
        longest: None,
        doc: "a value that may hold secrets",
    };
    let counts = kinds::find("neo4j.counts").unwrap();
    let mut inputs = counts.inputs.to_vec();
    inputs.extend([
        field("text", Type::String),
        field("headers", Type::Map),
        field("words", Type::List),
        field("json", Type::Any),
        field("times", Type::Integer),
    ]);
    let probe = Kind { name: "test.probe", inputs: Box::leak(inputs.into_boxed_slice()), ..*counts };
    let mut kinds: Vec<&Kind> = kinds::catalog().iter().collect();
    kinds.push(Box::leak(Box::new(probe)));
    kinds.leak()
});

/// The kinds of the catalog, and `test.probe`.
pub fn with_probe() -> Catalog {
    Catalog::of(&WITH_PROBE)
}

/// The protocol of one of them.
pub fn protocol(kind: &Kind) -> &'static dyn Protocol {
    kinds::protocol(if kind.name == "test.probe" { kinds::find("neo4j.counts").unwrap() } else { kind })
}
