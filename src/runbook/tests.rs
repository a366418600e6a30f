//! Every test: how it is done, and what its page says about it. A test stands here once.

use super::word::Word;
use minijinja::{Environment, tests};

/// A test as it is added to the environment.
pub(super) struct Test {
    pub(super) word: Word,
    pub(super) add: fn(&mut Environment<'static>),
}

const fn test(
    name: &'static str,
    add: fn(&mut Environment<'static>),
    doc: &'static str,
    example: &'static str,
    gives: &'static str,
) -> Test {
    Test { word: Word::new(name, doc, example, gives), add }
}

/// Every test, sorted.
pub(super) const TESTS: &[Test] = &[
    test("boolean", |to| to.add_test("boolean", tests::is_boolean), "it is true or false", "true is boolean", "true"),
    test("defined", |to| to.add_test("defined", tests::is_defined), "there is such a value", "1 is defined", "true"),
    test(
        "divisibleby",
        |to| to.add_test("divisibleby", tests::is_divisibleby),
        "a number divides it",
        "9 is divisibleby(3)",
        "true",
    ),
    test(
        "endingwith",
        |to| to.add_test("endingwith", tests::is_endingwith),
        "a text ends with another",
        "'a.tar' is endingwith('.tar')",
        "true",
    ),
    test("eq", |to| to.add_test("eq", tests::is_eq), "it is equal; as `==`", "1 is eq(1)", "true"),
    test("even", |to| to.add_test("even", tests::is_even), "a number is even", "2 is even", "true"),
    test("false", |to| to.add_test("false", tests::is_false), "it is false", "false is false", "true"),
    test("ge", |to| to.add_test("ge", tests::is_ge), "it is greater or equal; as `>=`", "2 is ge(2)", "true"),
    test("gt", |to| to.add_test("gt", tests::is_gt), "it is greater; as `>`", "3 is gt(2)", "true"),
    test(
        "in",
        |to| to.add_test("in", tests::is_in),
        "it stands in a list, a map or a text",
        "'a' is in(['a', 'b'])",
        "true",
    ),
    test("integer", |to| to.add_test("integer", tests::is_integer), "it is a whole number", "1 is integer", "true"),
    test("iterable", |to| to.add_test("iterable", tests::is_iterable), "it has items", "[1] is iterable", "true"),
    test("le", |to| to.add_test("le", tests::is_le), "it is less or equal; as `<=`", "2 is le(2)", "true"),
    test("lower", |to| to.add_test("lower", tests::is_lower), "a text has no large letters", "'gcp' is lower", "true"),
    test("lt", |to| to.add_test("lt", tests::is_lt), "it is less; as `<`", "1 is lt(2)", "true"),
    test("mapping", |to| to.add_test("mapping", tests::is_mapping), "it is a map", "{'a': 1} is mapping", "true"),
    test("ne", |to| to.add_test("ne", tests::is_ne), "it is not equal; as `!=`", "1 is ne(2)", "true"),
    test("none", |to| to.add_test("none", tests::is_none), "it is null", "none is none", "true"),
    test("number", |to| to.add_test("number", tests::is_number), "it is a number", "1.5 is number", "true"),
    test("odd", |to| to.add_test("odd", tests::is_odd), "a number is odd", "3 is odd", "true"),
    test("sequence", |to| to.add_test("sequence", tests::is_sequence), "it is a list", "[1] is sequence", "true"),
    test(
        "startingwith",
        |to| to.add_test("startingwith", tests::is_startingwith),
        "a text begins with another",
        "'5.26' is startingwith('5')",
        "true",
    ),
    test("string", |to| to.add_test("string", tests::is_string), "it is text", "'a' is string", "true"),
    test("true", |to| to.add_test("true", tests::is_true), "it is true", "true is true", "true"),
    test(
        "undefined",
        |to| to.add_test("undefined", tests::is_undefined),
        "there is no such value",
        "1 is undefined",
        "false",
    ),
    test("upper", |to| to.add_test("upper", tests::is_upper), "a text has no small letters", "'GCP' is upper", "true"),
];
