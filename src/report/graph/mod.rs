//! The steps as a graph: in text for a terminal, as a picture, and in the languages of other tools.

mod crossings;
mod dot;
mod fold;
mod layered;
mod layout;
mod levels;
mod mermaid;
mod picture;
mod place;
mod svg;
mod text;

pub use dot::dot;
pub use mermaid::mermaid;
pub use picture::{PICTURE_MAX, picture_size};
pub use svg::svg;
pub use text::graph;
