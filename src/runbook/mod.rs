//! YAML text to a [`plan::Plan`], with every diagnostic at once; and the step kinds as declared.
//!
//! After planning there is nothing left to choose: names are resolved, references are edges, defaults are filled
//! in. Nothing here reads a file, a clock or the environment.

pub mod kind;
pub mod plan;
