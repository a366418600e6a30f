//! Whatever the bytes are, compiling and rendering ends with an answer.

use super::plan::SOUND;
use proptest::prelude::*;
use serde_json::json;
use surefoot::runbook::plan::Template;
use surefoot::runbook::{Inputs, Renderer, canonical, compile};

/// The sound runbook with a few pieces cut out, doubled, or replaced.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("{{".to_owned()),
        Just("}}".to_owned()),
        Just("&a".to_owned()),
        Just("*a".to_owned()),
        Just("\t".to_owned()),
        Just("!!x ".to_owned()),
        Just("[".to_owned()),
        Just("}".to_owned()),
        Just(": ".to_owned()),
        Just("\n".to_owned()),
        Just("steps.".to_owned()),
        Just("\0".to_owned()),
        Just("secrets.aura".to_owned()),
        Just("- ".to_owned()),
        Just("é\u{301}\u{202e}".to_owned()),
        Just("\"".to_owned()),
        Just("| ".to_owned()),
        ".{0,6}",
    ];
    let edit = (any::<prop::sample::Index>(), 0..12_usize, piece);
    prop::collection::vec(edit, 1..6).prop_map(|edits| {
        let mut bytes = SOUND.as_bytes().to_vec();
        for (at, cut, piece) in edits {
            let at = at.index(bytes.len());
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, piece.into_bytes());
        }
        bytes
    })
}

/// What is told about a file can be told in every form, and places lie within the file.
fn tell(bytes: &[u8]) {
    if let Err(found) = compile(surefoot::kinds::catalog(), "case.yaml", bytes, Inputs::Unknown) {
        assert!(found.count() > 0);
        found.render(true);
        found.render_within(false, 20);
        found.to_json();
        for mistake in found.iter() {
            assert!(mistake.span.is_none_or(|span| span.from() <= bytes.len()), "{mistake:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        tell(&bytes);
    }

    #[test]
    fn any_text_gets_an_answer(text in "(?s).{0,300}") {
        tell(text.as_bytes());
    }

    #[test]
    fn a_spoilt_runbook_gets_an_answer(bytes in mutated()) {
        tell(&bytes);
    }

    #[test]
    fn any_expression_gets_an_answer(text in "[a-z0-9.|'\"()\\[\\]{}+*~ -]{0,60}") {
        let scope = json!({"inputs": {"a": 1, "b": "x"}, "steps": {"s": {"list": [1, 2]}}});
        let renderer = Renderer::new();
        for template in [Template::Expression(text.clone()), Template::Text(text)] {
            if let Err(error) = renderer.render(&template, &(&scope).into()) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }

    #[test]
    fn canonical_json_reads_back_as_the_same_value(keys in prop::collection::btree_map(".{0,8}", -1000..1000_i64, 0..12)) {
        let value = json!(keys);
        let text = canonical(&value).unwrap();
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
