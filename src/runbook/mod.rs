//! YAML text to a [`plan::Plan`], with every diagnostic at once; and the step kinds as declared.
//!
//! After planning there is nothing left to choose: names are resolved, references are edges, defaults are filled
//! in. Nothing here reads a file, a clock or the environment. [`compile`] goes through four stages, each with a type
//! of its own, and none stops at the first mistake:
//!
//! ```text
//! bytes ── yaml ──> Node ── decode ──> Draft ── resolve ──> Resolved ── check ──> Plan
//!          places,          keys,               names, types,           unused, cycles,
//!          no anchors       their types         references              guard proof
//! ```
//!
//! While a run is under way [`Renderer`] turns the templates of a step into values.

mod bounds;
pub mod case;
mod checks;
pub mod claims;
mod codecs;
mod codes;
mod compile;
mod content;
mod decode;
mod diagnostic;
mod digest;
mod discover;
mod draft;
pub mod effect;
mod effects;
mod excerpt;
mod expand;
mod expression;
mod files;
mod filters;
mod fit;
mod functions;
mod given;
mod given_file;
mod graph;
pub mod guard;
mod include;
mod items;
pub mod kind;
pub mod language;
mod lift;
mod lineage;
mod machine;
mod names;
mod number;
mod patterns;
mod places;
mod plain;
pub mod plan;
mod quantities;
mod references;
mod render;
mod resolve;
pub mod retry;
mod rewind;
pub mod secret;
mod snippet;
mod source;
mod subject;
mod suggest;
mod template;
mod tests;
mod undo;
mod unit;
mod whose;
mod word;
mod work;
mod yaml;
mod zone;

pub use crate::base::handle::is_handle;
pub use codes::{Code, explain};
pub use compile::{compile, discovery, recompile};
pub use content::Content;
pub use diagnostic::{Diagnostic, Diagnostics, Related};
pub use digest::{CanonicalError, canonical, plan_digest};
pub use files::{DISCOVERED, Files, NamedFile, Options};
pub use fit::{Misfit, expected, fit, settle};
pub use given::{Inputs, expected_input, read_input};
pub use given_file::{declared, read_inputs};
pub use lineage::Broken;
pub use render::{Referent, RenderError, RenderScope, Renderer};
pub use source::{Position, Span};
pub use suggest::nearest;
pub use zone::zone;
