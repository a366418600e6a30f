//! Plain data in YAML.

use super::diagnostic::Collector;
use super::fit::resolve;
use super::yaml::{self, Data, Node};
use crate::base::Value;

/// The plain data of a text in YAML.
pub(super) fn document(text: &str) -> Result<Value, String> {
    tree(text, data)
}

/// What a text in YAML holds, read in this way.
pub(super) fn tree(text: &str, read: impl Fn(&Node<'_>) -> Value) -> Result<Value, String> {
    let mut found = Collector::default();
    let tree = yaml::parse(text, &mut found);
    if let Some(tree) = tree.filter(|_| found.is_empty()) {
        return Ok(read(&tree));
    }
    let told = found.finish("", text);
    let first = told.iter().next();
    let line = first.and_then(|first| told.position(first)).map_or(1, |position| position.line);
    Err(format!("line {line}: {}", first.map_or("it cannot be read", |first| first.message.as_str())))
}

/// The data of a node.
pub(super) fn data(node: &Node<'_>) -> Value {
    match &node.data {
        Data::Scalar { text, plain } => resolve(text, *plain),
        Data::List(items) => items.iter().map(data).collect(),
        Data::Map(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.to_string(), data(&entry.value))).collect())
        }
        Data::Broken => Value::Null,
    }
}
