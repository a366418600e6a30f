//! The twin: a seeded world as pure data. It answers requests; it opens no socket and reads no clock.
//!
//! [`World::handle`] takes a request and the simulated time and returns the reply together with the lines to append to
//! `world.jsonl` before any byte of the reply leaves. Seed, scenario, start and those lines rebuild the world exactly.
//!
//! - `scenario` and `seed`: what a world begins with; `chance`: all that looks random in it.
//! - `entry`, `world`, `change`: the log, the fold over it, and what each write does.
//! - `instance`, `status`, `snapshot`, `graph`, `offer`: what there is in a world.
//! - `service`, `service_spec`, `service_state`: services of any kind, as a scenario describes them.
//! - `program`: programs of a rehearsal's machine.
//! - `route`, `client`, `auth`, `aura`, `query`, `console`, `observe`: who answers which path.
//! - [`archive`] and [`objects`]: backup archives and an object store.
//! - `fault`: which requests are disturbed; the disturbing is the stand's.

pub mod archive;
mod aura;
mod auth;
mod change;
mod client;
mod console;
mod entry;
mod fault;
mod graph;
mod http;
mod instance;
mod instance_config;
pub mod objects;
mod observe;
mod problem;
mod program;
mod query;
mod route;
mod scenario;
mod seed;
mod seeded_rng;
mod service;
mod service_spec;
mod service_state;
mod snapshot;
mod status;
mod text;
mod world;

pub use console::{Export, ImportMethod, Upload};
pub use entry::LedgerEntry;
pub use fault::{FaultKind, FaultSpec, Matching};
pub use graph::{Constraint, Graph, Index};
pub use http::{Handled, Request, Response};
pub use observe::Access;
pub use problem::Problem;
pub use program::{ProgramSpec, Written, WrittenSize};
pub use scenario::{CredentialSpec, Durations, InstanceSpec, KeySpec, Scenario, ScenarioError, TenantSpec};
pub use service_spec::{RouteSpec, ServiceSpec};
pub use text::{At, Size, Span};
pub use world::{ReplayError, World};
