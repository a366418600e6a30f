//! The words that every layer uses. A word belongs here if three modules need it and it needs none of them.

mod actor;
mod address;
mod bounded;
mod digest;
mod escape;
pub mod handle;
pub mod lines;
mod moment;
mod planted_bug;
mod quantity;
mod secret;
mod secret_scanner;
mod service;
mod shell;
mod timestamp;
mod width;

pub use actor::Actor;
pub use address::{Address, AddressError, has_userinfo};
pub use bounded::{bounded, bounded_fields, is_bounded, truncate};
pub use digest::{Digest, Hasher};
pub use escape::{escape, is_plain};
pub use moment::Moment;
pub use planted_bug::{PlantedBug, planted, with_flaw};
pub use quantity::{QuantityError, format_duration, format_size, gigabytes, parse_duration, parse_size};
pub use secret::Secret;
pub use secret_scanner::{SecretScanner, secret_forms};
pub use service::{database_address, instance_label, is_label_of};
pub use shell::shell_word;
pub use timestamp::{Timestamp, TimestampError};
pub use width::{char_width, width};

/// A tree of plain data: what a template renders to and what a step's output is made of.
///
/// Maps are sorted by key, so that equal data always has equal text.
pub type Value = serde_json::Value;

/// A map of [`Value`]s, sorted by key.
pub type Map = serde_json::Map<String, Value>;
