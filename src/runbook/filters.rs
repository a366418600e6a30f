//! Every filter: how it is done, and what its page says about it. A filter stands here once.

use super::functions;
use super::word::Word;
use minijinja::{Environment, filters};

/// A filter as it is added to the environment.
pub(super) struct Filter {
    pub(super) word: Word,
    pub(super) add: fn(&mut Environment<'static>),
}

const fn filter(
    name: &'static str,
    add: fn(&mut Environment<'static>),
    doc: &'static str,
    example: &'static str,
    gives: &'static str,
) -> Filter {
    Filter { word: Word::new(name, doc, example, gives), add }
}

/// Every filter, sorted.
pub(super) const FILTERS: &[Filter] = &[
    filter("abs", |to| to.add_filter("abs", filters::abs), "the number without its sign", "-3 | abs", "3"),
    filter(
        "bool",
        |to| to.add_filter("bool", filters::bool),
        "whether it is true, not empty, or not zero",
        "'' | bool",
        "false",
    ),
    filter(
        "capitalize",
        |to| to.add_filter("capitalize", filters::capitalize),
        "the first letter large, the rest small",
        "'vDC' | capitalize",
        "\"Vdc\"",
    ),
    filter(
        "count",
        |to| to.add_filter("count", filters::length),
        "how many items, characters or keys there are; as `length`",
        "[1, 2] | count",
        "2",
    ),
    filter("d", |to| to.add_filter("d", filters::default), "as `default`", "none | d('neo4j', true)", "\"neo4j\""),
    filter(
        "default",
        |to| to.add_filter("default", filters::default),
        "a default for an undefined value; with `true` also for null, false, 0 and empty values",
        "'' | default('neo4j', true)",
        "\"neo4j\"",
    ),
    filter(
        "first",
        |to| to.add_filter("first", filters::first),
        "the first item; of text the first character",
        "[3, 1] | first",
        "3",
    ),
    filter("float", |to| to.add_filter("float", filters::float), "a number with a fraction", "'1.5' | float", "1.5"),
    filter(
        "int",
        |to| to.add_filter("int", filters::int),
        "a whole number; what stands behind the point is left out",
        "'90' | int",
        "90",
    ),
    filter(
        "items",
        |to| to.add_filter("items", filters::items),
        "the pairs of a map",
        "{'a': 1} | items",
        "[[\"a\",1]]",
    ),
    filter(
        "join",
        |to| to.add_filter("join", functions::join),
        "the items as one text, with a separator",
        "['a', 'b'] | join('-')",
        "\"a-b\"",
    ),
    filter("keys", |to| to.add_filter("keys", functions::keys), "the names in a map", "{'a': 1} | keys", "[\"a\"]"),
    filter(
        "last",
        |to| to.add_filter("last", filters::last),
        "the last item; of text the last character",
        "[3, 1] | last",
        "1",
    ),
    filter(
        "length",
        |to| to.add_filter("length", filters::length),
        "how many items, characters or keys there are",
        "'abc' | length",
        "3",
    ),
    filter(
        "lines",
        |to| to.add_filter("lines", filters::lines),
        "the lines of a text",
        "'a\\nb' | lines",
        "[\"a\",\"b\"]",
    ),
    filter(
        "list",
        |to| to.add_filter("list", filters::list),
        "the items, characters or keys as a list",
        "'ab' | list",
        "[\"a\",\"b\"]",
    ),
    filter("lower", |to| to.add_filter("lower", filters::lower), "all letters small", "'GCP' | lower", "\"gcp\""),
    filter(
        "map",
        |to| to.add_filter("map", filters::map),
        "a filter done to each item, or one field of each",
        "[{'id': 1}, {'id': 2}] | map(attribute='id')",
        "[1,2]",
    ),
    filter("max", |to| to.add_filter("max", filters::max), "the largest item", "[3, 1] | max", "3"),
    filter("min", |to| to.add_filter("min", filters::min), "the smallest item", "[3, 1] | min", "1"),
    filter(
        "reject",
        |to| to.add_filter("reject", filters::reject),
        "the items that a test does not hold for",
        "[1, 2, 3] | reject('odd')",
        "[2]",
    ),
    filter(
        "rejectattr",
        |to| to.add_filter("rejectattr", filters::rejectattr),
        "the maps that a test of a field does not hold for",
        "[{'id': 1}, {'id': 2}] | rejectattr('id', 'odd')",
        "[{\"id\":2}]",
    ),
    filter(
        "replace",
        |to| to.add_filter("replace", functions::replace),
        "every place where a text stands, replaced",
        "'a.b.c' | replace('.', '-')",
        "\"a-b-c\"",
    ),
    filter(
        "reverse",
        |to| to.add_filter("reverse", filters::reverse),
        "the other way round",
        "[3, 1] | reverse",
        "[1,3]",
    ),
    filter(
        "round",
        |to| to.add_filter("round", filters::round),
        "the nearest whole number, or so many digits behind the point",
        "1.26 | round(1)",
        "1.3",
    ),
    filter(
        "select",
        |to| to.add_filter("select", filters::select),
        "the items that a test holds for",
        "[1, 2, 3] | select('odd')",
        "[1,3]",
    ),
    filter(
        "selectattr",
        |to| to.add_filter("selectattr", filters::selectattr),
        "the maps that a test of a field holds for",
        "[{'id': 1}, {'id': 2}] | selectattr('id', 'odd')",
        "[{\"id\":1}]",
    ),
    filter(
        "shell",
        |to| to.add_filter("shell", functions::shell),
        "one word of a command for a shell, in quotes where it needs them",
        "'it is' | shell",
        "\"'it is'\"",
    ),
    filter(
        "sort",
        |to| to.add_filter("sort", filters::sort),
        "the items in order; `attribute='id'` sorts maps, `reverse=true` turns round",
        "[3, 1, 2] | sort",
        "[1,2,3]",
    ),
    filter(
        "split",
        |to| to.add_filter("split", filters::split),
        "the parts of a text between separators",
        "'a,b' | split(',')",
        "[\"a\",\"b\"]",
    ),
    filter(
        "string",
        |to| to.add_filter("string", functions::text_of),
        "text; other types as JSON",
        "[1, true] | string",
        "\"[1,true]\"",
    ),
    filter("sum", |to| to.add_filter("sum", filters::sum), "the numbers added up", "[1, 2] | sum", "3"),
    filter(
        "title",
        |to| to.add_filter("title", filters::title),
        "the first letter of each word large",
        "'graph one' | title",
        "\"Graph One\"",
    ),
    filter(
        "tojson",
        |to| to.add_filter("tojson", functions::to_json),
        "JSON",
        "{'a': [1]} | tojson",
        "\"{\\\"a\\\":[1]}\"",
    ),
    filter(
        "trim",
        |to| to.add_filter("trim", filters::trim),
        "without space at both ends, or without other characters",
        "' a ' | trim",
        "\"a\"",
    ),
    filter("unique", |to| to.add_filter("unique", filters::unique), "each item once", "[1, 2, 1] | unique", "[1,2]"),
    filter("upper", |to| to.add_filter("upper", filters::upper), "all letters large", "'gcp' | upper", "\"GCP\""),
];
