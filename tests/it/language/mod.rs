//! The language: YAML text to a plan, templates to values.

mod plan;
