//! `surefoot.language.v1`.

use crate::base::Value;
use crate::runbook::language::{KEYS, WORDS, words};
use serde_json::json;

/// Every key, name, operator, filter and test of the language.
pub fn language() -> Value {
    let keys = KEYS.iter().flat_map(|(of, keys)| {
        keys.iter().map(move |key| {
            json!({
                "of": of, "name": key.name, "value": key.value, "left_out": key.without, "doc": key.doc,
                "example": key.example,
            })
        })
    });
    let words = WORDS.iter().flat_map(|of| {
        let all = words(of).into_iter();
        all.map(move |word| {
            json!({"of": of, "name": word.name, "doc": word.doc, "example": word.example, "gives": word.gives})
        })
    });
    json!({
        "schema": "surefoot.language.v1",
        "keys": keys.collect::<Vec<_>>(),
        "words": words.collect::<Vec<_>>(),
    })
}
