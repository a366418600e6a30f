//! The Aura API as logic over two ports, HTTP and the clock: addresses, the token, the request budget, the five
//! shapes of an error, and the classification of one attempt (docs/aura-api.md; docs/effects.md, "Outcomes").
//!
//! Nothing here repeats a write. Reads and token requests are tried again a few times; all else is the engine's.

mod api;
mod body;
mod budget;
mod classify;
mod destination;
mod error;
pub mod query;
mod remedy;
mod request;
mod route;
mod token;

pub use api::{Client, Config, Read};
pub use body::{Body, Created};
pub use budget::Budget;
pub use classify::{Attempt, Classified, Kind, classify};
pub use destination::{Destination, Reach};
pub use error::{Refusal, refusal, retry_after};
pub use request::RequestSpec;
pub use route::Route;
