//! What the language has, for its page: every key, name, operator, filter and test as declared.

use super::decode::keys;
use super::filters::FILTERS;
use super::names;
use super::tests::TESTS;
pub use super::word::{Key, Word};

/// The keys of a map of a runbook, by one of the names in [`KEYS`].
pub fn keys(of: &str) -> &'static [Key] {
    KEYS.iter().find(|(name, _)| *name == of).map_or(&[], |(_, keys)| keys)
}

/// The words of a kind: `types`, `roots`, `run`, `operators`, `filters` or `tests`.
pub fn words(of: &str) -> Vec<&'static Word> {
    match of {
        "types" => names::TYPES.iter().collect(),
        "roots" => names::ROOTS.iter().collect(),
        "run" => names::RUN.iter().collect(),
        "operators" => names::OPERATORS.iter().collect(),
        "filters" => FILTERS.iter().map(|filter| &filter.word).collect(),
        "tests" => TESTS.iter().map(|test| &test.word).collect(),
        _ => Vec::new(),
    }
}

/// The maps that have keys, with those keys.
pub const KEYS: [(&str, &[Key]); 11] = [
    ("runbook", keys::RUNBOOK),
    ("input", keys::INPUT),
    ("secret", keys::SECRET),
    ("window", keys::WINDOW),
    ("defaults", keys::DEFAULTS),
    ("retry", keys::RETRY),
    ("step", keys::STEP),
    ("undo", keys::UNDO),
    ("for_each", keys::FOR_EACH),
    ("probe", keys::PROBE),
    ("provide", keys::PROVIDE),
];

/// The kinds of words.
pub const WORDS: [&str; 6] = ["types", "roots", "run", "operators", "filters", "tests"];
