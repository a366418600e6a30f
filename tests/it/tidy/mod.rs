//! The rules of the house, as tests: layers and cycles, lengths and words, and pages that say what is true.
//!
//! What is not tested decays; a rule that is broken names the file and the line. Each reader of source text here has
//! a test of its own on a text with the mistake in it.

mod citations;
mod general;
mod layers;
mod modules;
mod pages;
mod rust;
mod tree;
mod words;

/// Fails with all complaints at once.
fn none(what: &str, complaints: &[String]) {
    assert!(complaints.is_empty(), "{what}:\n  {}", complaints.join("\n  "));
}
