//! What a file says, apart from how it is laid out.

use super::diagnostic::{Collector, Diagnostics};
use super::yaml::{self, Data, Node};

/// The values and comments of a runbook. Two files with the same content compile to plans that differ in nothing but
/// the digests of their bytes and the lines that steps stand on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    tree: Shape,
    comments: Vec<String>,
}

/// A value without its place.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape {
    /// A text, and whether it is unquoted and so may be something else.
    Scalar(String, bool),
    List(Vec<Shape>),
    Map(Vec<(String, Shape)>),
    Broken,
}

impl Content {
    /// The content of a file, or why it cannot be read. `name` is what messages call the file.
    pub fn of(name: &str, bytes: &[u8]) -> Result<Self, Diagnostics> {
        let mut found = Collector::default();
        let text = yaml::decode(bytes, &mut found);
        let tree = text.and_then(|text| yaml::parse(text, &mut found)).map(|root| Shape::of(&root));
        match (text, tree) {
            (Some(text), Some(tree)) if found.is_sound() => Ok(Self { tree, comments: yaml::comments(text) }),
            (text, _) => Err(found.finish(name, text.unwrap_or_default())),
        }
    }
}

impl Shape {
    fn of(node: &Node<'_>) -> Self {
        match &node.data {
            Data::Scalar { text, plain } => Self::Scalar(text.to_string(), *plain),
            Data::List(items) => Self::List(items.iter().map(Self::of).collect()),
            Data::Map(entries) => {
                Self::Map(entries.iter().map(|entry| (entry.key.to_string(), Self::of(&entry.value))).collect())
            }
            Data::Broken => Self::Broken,
        }
    }
}
