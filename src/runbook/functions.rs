//! What expressions may use: an environment without loaders, functions or access to anything, and filters that
//! cannot make much out of little (reliability.md §7, Templates).

use crate::base::{Value as Json, shell_word};
use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, filters, tests};
use std::sync::LazyLock;

/// The largest text that rendering may make, in bytes.
pub(super) const OUTPUT_MAX: usize = 64 << 10;

/// Steps of the expression machine that one rendering may take.
const FUEL: u64 = 100_000;

/// Every filter, sorted.
pub(super) const FILTERS: &[&str] = &[
    "abs",
    "bool",
    "capitalize",
    "count",
    "d",
    "default",
    "first",
    "float",
    "int",
    "items",
    "join",
    "keys",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "shell",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
];

/// Every test, sorted.
pub(super) const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "even",
    "false",
    "ge",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
    "upper",
];

/// The one environment. It is built at first use.
pub(super) static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(32);
    add_text_filters(&mut environment);
    add_list_filters(&mut environment);
    add_number_filters(&mut environment);
    add_tests(&mut environment);
    environment
});

fn add_text_filters(environment: &mut Environment<'static>) {
    environment.add_filter("capitalize", filters::capitalize);
    environment.add_filter("join", join);
    environment.add_filter("lines", filters::lines);
    environment.add_filter("lower", filters::lower);
    environment.add_filter("replace", replace);
    environment.add_filter("shell", shell);
    environment.add_filter("split", filters::split);
    environment.add_filter("string", text_of);
    environment.add_filter("title", filters::title);
    environment.add_filter("tojson", to_json);
    environment.add_filter("trim", filters::trim);
    environment.add_filter("upper", filters::upper);
}

fn add_list_filters(environment: &mut Environment<'static>) {
    environment.add_filter("count", filters::length);
    environment.add_filter("d", filters::default);
    environment.add_filter("default", filters::default);
    environment.add_filter("first", filters::first);
    environment.add_filter("items", filters::items);
    environment.add_filter("keys", keys);
    environment.add_filter("last", filters::last);
    environment.add_filter("length", filters::length);
    environment.add_filter("list", filters::list);
    environment.add_filter("map", filters::map);
    environment.add_filter("max", filters::max);
    environment.add_filter("min", filters::min);
    environment.add_filter("reject", filters::reject);
    environment.add_filter("rejectattr", filters::rejectattr);
    environment.add_filter("reverse", filters::reverse);
    environment.add_filter("select", filters::select);
    environment.add_filter("selectattr", filters::selectattr);
    environment.add_filter("sort", filters::sort);
    environment.add_filter("sum", filters::sum);
    environment.add_filter("unique", filters::unique);
}

fn add_number_filters(environment: &mut Environment<'static>) {
    environment.add_filter("abs", filters::abs);
    environment.add_filter("bool", filters::bool);
    environment.add_filter("float", filters::float);
    environment.add_filter("int", filters::int);
    environment.add_filter("round", filters::round);
}

fn add_tests(environment: &mut Environment<'static>) {
    environment.add_test("boolean", tests::is_boolean);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("divisibleby", tests::is_divisibleby);
    environment.add_test("endingwith", tests::is_endingwith);
    environment.add_test("eq", tests::is_eq);
    environment.add_test("even", tests::is_even);
    environment.add_test("false", tests::is_false);
    environment.add_test("ge", tests::is_ge);
    environment.add_test("gt", tests::is_gt);
    environment.add_test("in", tests::is_in);
    environment.add_test("integer", tests::is_integer);
    environment.add_test("iterable", tests::is_iterable);
    environment.add_test("le", tests::is_le);
    environment.add_test("lower", tests::is_lower);
    environment.add_test("lt", tests::is_lt);
    environment.add_test("mapping", tests::is_mapping);
    environment.add_test("ne", tests::is_ne);
    environment.add_test("none", tests::is_none);
    environment.add_test("number", tests::is_number);
    environment.add_test("odd", tests::is_odd);
    environment.add_test("sequence", tests::is_sequence);
    environment.add_test("startingwith", tests::is_startingwith);
    environment.add_test("string", tests::is_string);
    environment.add_test("true", tests::is_true);
    environment.add_test("undefined", tests::is_undefined);
    environment.add_test("upper", tests::is_upper);
}

fn too_long() -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("the text would be longer than {} KiB", OUTPUT_MAX >> 10))
}

fn limited(length: Option<usize>) -> Result<(), Error> {
    if length.is_some_and(|length| length <= OUTPUT_MAX) { Ok(()) } else { Err(too_long()) }
}

/// `join`, which puts the separator in only after it has added up how long the result will be.
fn join(value: &Value, separator: Option<String>) -> Result<String, Error> {
    let separator = separator.unwrap_or_default();
    let mut out = String::new();
    for (index, item) in value.try_iter()?.enumerate() {
        let item = text_of(&item)?;
        let more = item.len() + if index > 0 { separator.len() } else { 0 };
        limited(out.len().checked_add(more))?;
        if index > 0 {
            out.push_str(&separator);
        }
        out.push_str(&item);
    }
    Ok(out)
}

/// `replace`, which counts before it replaces.
fn replace(text: &str, from: &str, to: &str) -> Result<String, Error> {
    let count = text.matches(from).count();
    limited(count.checked_mul(to.len()).and_then(|grown| grown.checked_add(text.len())))?;
    Ok(text.replace(from, to))
}

/// `shell`: a value as one word of a command for a shell.
fn shell(value: &Value) -> Result<String, Error> {
    let word = shell_word(&text_of(value)?);
    limited(Some(word.len()))?;
    Ok(word)
}

fn keys(value: &Value) -> Result<Vec<Value>, Error> {
    if value.kind() == ValueKind::Map {
        return Ok(value.try_iter()?.collect());
    }
    Err(Error::new(ErrorKind::InvalidOperation, "only a map has keys"))
}

fn to_json(value: &Value) -> Result<String, Error> {
    let json = to_data(value)?;
    let text =
        serde_json::to_string(&json).map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))?;
    limited(Some(text.len()))?;
    Ok(text)
}

/// A value as it stands within text: text as it is, everything else as JSON.
pub(super) fn text_of(value: &Value) -> Result<String, Error> {
    let text = match value.as_str() {
        Some(text) => text.to_owned(),
        None => json_text(&to_data(value)?),
    };
    limited(Some(text.len()))?;
    Ok(text)
}

/// Plain data as it stands within text: text as it is, everything else as JSON.
pub(super) fn json_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A value of the expression machine as plain data. Integers stay integers; what is undefined is an error.
pub(super) fn to_data(value: &Value) -> Result<Json, Error> {
    let mut room = OUTPUT_MAX;
    convert(value, &mut room, 0)
}

fn convert(value: &Value, room: &mut usize, depth: usize) -> Result<Json, Error> {
    let cost = value.as_str().map_or(4, |text| text.len() + 2);
    *room = room.checked_sub(cost).ok_or_else(too_long)?;
    if depth > 64 {
        return Err(Error::new(ErrorKind::InvalidOperation, "the value is nested too deeply"));
    }
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::None => Ok(Json::Null),
        ValueKind::Bool => Ok(Json::Bool(value.is_true())),
        ValueKind::Number => number(value),
        ValueKind::String => Ok(Json::String(value.as_str().unwrap_or_default().to_owned())),
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter()?.map(|item| convert(&item, room, depth + 1)).collect::<Result<_, _>>().map(Json::Array)
        }
        ValueKind::Map => {
            let mut map = serde_json::Map::new();
            for key in value.try_iter()? {
                let name = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                *room = room.checked_sub(name.len() + 4).ok_or_else(too_long)?;
                map.insert(name, convert(&value.get_item(&key)?, room, depth + 1)?);
            }
            Ok(Json::Object(map))
        }
        other => Err(Error::new(ErrorKind::InvalidOperation, format!("{other} is not plain data"))),
    }
}

fn number(value: &Value) -> Result<Json, Error> {
    if value.is_integer() {
        let whole = i64::try_from(value.clone())?;
        return Ok(Json::from(whole));
    }
    let real = f64::try_from(value.clone())?;
    serde_json::Number::from_f64(real)
        .map(Json::Number)
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "the result is not a finite number"))
}

/// Plain data as the expression machine has it.
pub(super) fn to_machine(value: &Json) -> Value {
    match value {
        Json::Null => Value::from(()),
        Json::Bool(value) => Value::from(*value),
        Json::Number(number) => number
            .as_i64()
            .map(Value::from)
            .or_else(|| number.as_u64().map(Value::from))
            .unwrap_or_else(|| Value::from(number.as_f64().unwrap_or_default())),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::from(items.iter().map(to_machine).collect::<Vec<_>>()),
        Json::Object(map) => machine_map(map),
    }
}

/// The same for a map.
pub(super) fn machine_map(map: &crate::base::Map) -> Value {
    Value::from_pairs(map.iter().map(|(key, value)| (key.as_str(), to_machine(value))))
}
