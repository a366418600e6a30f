//! The names and signs of expressions, with what their page says about them. Each stands here once.

use super::word::Word;

/// What a reference begins with.
pub(super) const ROOTS: &[Word] = &[
    Word::new("inputs", "an input of the run", "inputs.wanted", "true"),
    Word::new(
        "secrets",
        "a secret; `secrets.db.password` is a part of it",
        "secrets.db",
        "{\"$secret\":\"secrets.db\"}",
    ),
    Word::new("steps", "an output of a step, which this one waits for then", "steps.capture.name", "\"payments\""),
    Word::new("discover", "an output of a step that read before the plan was fixed", "discover.fleet.count", "3"),
    Word::new(
        "each",
        "the item that a step with `for_each` is for: `key`, `value` and `index`",
        "each.key",
        "\"web-1\"",
    ),
    Word::new("run", "the run itself", "run.name", "\"nightly-copy\""),
];

/// What `run` has.
pub(super) const RUN: &[Word] = &[
    Word::new("id", "the run's id", "run.id", "\"20260131-220000-1f2e3d\""),
    Word::new("dir", "its directory", "run.dir ~ '/new.env'", "\"/srv/.surefoot/runs/20260131-220000-1f2e3d/new.env\""),
    Word::new("name", "the runbook's name", "run.name", "\"nightly-copy\""),
    Word::new(
        "plan_digest",
        "the digest of the plan, to which confirmations are bound",
        "run.plan_digest",
        "\"sha256:9f86\"",
    ),
];

/// Signs and words between values, from the one that binds least.
pub(super) const OPERATORS: &[Word] = &[
    Word::new("if else", "one of two values", "'big' if 3 > 2 else 'small'", "\"big\""),
    Word::new(
        "or",
        "the first value unless it is null, false, 0 or empty; else the second",
        "none or 'neo4j'",
        "\"neo4j\"",
    ),
    Word::new("and", "whether both hold", "1 < 2 and 2 < 3", "true"),
    Word::new("not", "whether it does not hold", "not false", "true"),
    Word::new("in", "whether it stands in a list, a map or a text; also `not in`", "'a' in ['a', 'b']", "true"),
    Word::new("is", "whether a test holds; also `is not`", "none is none", "true"),
    Word::new("==", "whether both are equal", "1 == 1", "true"),
    Word::new("!=", "whether they differ", "1 != 2", "true"),
    Word::new("<", "whether it is less; `<=` or equal", "1 < 2", "true"),
    Word::new(">", "whether it is greater; `>=` or equal", "2 > 1", "true"),
    Word::new("~", "texts put together; other values as JSON", "'run-' ~ 7", "\"run-7\""),
    Word::new("+", "the sum of numbers, or lists put together", "1 + 2", "3"),
    Word::new("-", "the difference", "3 - 1", "2"),
    Word::new("*", "the product of numbers that are known to be numbers", "(7 | int) * 60", "420"),
    Word::new("/", "the quotient, with a fraction", "3 / 2", "1.5"),
    Word::new("//", "the quotient, rounded down", "7 // 2", "3"),
    Word::new("%", "the remainder", "7 % 2", "1"),
    Word::new("**", "the power", "2 ** 3", "8"),
    Word::new(".", "a field of a map; `['a']` too", "{'a': 1}.a", "1"),
    Word::new("[ : ]", "a part of a list or a text", "'2026-01-31'[0:4]", "\"2026\""),
    Word::new("|", "a filter", "'gcp' | upper", "\"GCP\""),
];

/// The types of inputs, as in `InputType::NAMES`; each with a value as it is written and what that is.
pub(super) const TYPES: &[Word] = &[
    Word::new("string", "any text; a number is taken as it is written", "4711", "\"4711\""),
    Word::new("integer", "a whole number, up to 2^53 - 1", "42", "42"),
    Word::new("number", "a number, also with a fraction, of at most 15 digits", "0.25", "\"0.25\""),
    Word::new("boolean", "`true` or `false`, and nothing else", "true", "true"),
    Word::new("duration", "ms, s, m, h and d, also several in a row", "1h30m", "\"1h30m\""),
    Word::new("size", "bytes; KiB, MiB, GiB and TiB count in 1024s, kB, MB, GB and TB in 1000s", "16GiB", "\"16GiB\""),
    Word::new("time", "a moment in RFC 3339, in quotes", "\"2026-01-31T22:00:00Z\"", "\"2026-01-31T22:00:00Z\""),
    Word::new(
        "path",
        "a file, from the directory in which the run begins",
        "backups/graph.backup",
        "\"backups/graph.backup\"",
    ),
    Word::new("list", "a list; `of` says what its items are", "[web-1, web-2]", "[\"web-1\",\"web-2\"]"),
    Word::new("map", "a map from names to values; `of` says what its values are", "{a: 1}", "{\"a\":1}"),
];

/// The names of words, in order.
pub(super) fn names_of(words: &[Word]) -> Vec<&'static str> {
    words.iter().map(|word| word.name).collect()
}
