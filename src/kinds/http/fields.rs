//! What the kinds of this family have as inputs and outputs.

use crate::runbook::kind::{Field, Type};
use std::time::Duration;

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// The methods that change nothing.
pub(super) const HARMLESS: &[&str] = &["GET", "HEAD"];

pub(super) const METHOD: Field = Field::with_default("method", Type::Word(METHODS), "\"GET\"", "the method");
pub(super) const URL: Field = Field::required(
    "url",
    Type::String,
    "the address, https://…; http:// is refused where a secret is sent to another machine",
);
pub(super) const QUERY: Field = Field::optional("query", Type::Map, "parameters that are added to the address");
pub(super) const HEADERS: Field =
    Field::optional("headers", Type::Map, "headers by name; a secret may stand in them").holds_secrets();
pub(super) const JSON: Field =
    Field::optional("json", Type::Any, "a value to send as JSON; a secret may stand in it").holds_secrets();
pub(super) const BODY: Field =
    Field::optional("body", Type::String, "a text to send as it is; a secret may stand in it").holds_secrets();
pub(super) const EXPECT: Field =
    Field::optional("expect", Type::Map, "`status`: the statuses that mean success; left out, every 2xx does");
pub(super) const REQUEST_TIMEOUT: Field =
    Field::with_default("request_timeout", Type::Duration, "\"30s\"", "how long an answer may take; at most 10m")
        .at_most(Duration::from_mins(10));

/// What an answer says.
pub(super) const ANSWER: [Field; 6] = [
    Field::optional("status", Type::Integer, "the status; null where the answer was lost"),
    Field::optional("headers", Type::Map, "the headers, names in lower case, without cookies").incidental(),
    Field::optional("json", Type::Any, "the body where it is JSON"),
    Field::optional("body", Type::String, "the body where it is another text of at most 64 KiB"),
    Field::optional("size", Type::Integer, "the size of the body in bytes"),
    Field::optional("sha256", Type::String, "the digest of the body"),
];
