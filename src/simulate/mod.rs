//! Rehearsals: the same engine, protocols, journal, client and actions on simulated ports over the twin.
//!
//! A trial is one run from its birth to its end on a single thread, in simulated time, through everything that a seed
//! lets befall it: mishaps of the service, of the disk and of people, and the death of the process before or after any
//! call of a port. Nothing in it depends on anything but its script and its orders.
//!
//! - `script`, `orders`, `trial`: what is rehearsed, through what, and how one trial goes; `life`: one process of it.
//! - `fate`, `mishap`, `dice`, `weather`, `circumstance`: what befalls a call, and what a trial goes through besides.
//! - `stage`, `site`, `time`: what stays when a process dies, the world, and the clock, which goes on when nothing else
//!   can.
//! - `wire`, `shelf`, `person`, `sealer`, `mortal`, [`disk`]: the ports, with `sim_commands` over a
//!   [`machine`]; `errand`: what the operator does besides.
//! - `witness`: what must hold whenever something leaves; `checks`, `told`, `owned`, `canary`: what must hold at
//!   the end, and `assumption`: what is no bug where it does not hold; `ending`: how a trial can end.
//! - `campaign`: many trials; `shrink`: the least of one that shows what went wrong.

mod assumption;
mod campaign;
mod canary;
mod checks;
mod condition;
mod crashing_disk;
pub mod disk;
mod ending;
mod fault;
mod fault_injector;
mod fault_profile;
mod harness;
mod journal_facts;
pub mod machine;
mod operator_action;
mod person;
mod process;
mod rng;
mod sealer;
mod shrink;
mod sim_commands;
mod sim_config;
mod sim_network;
mod sim_object_store;
mod sim_world;
mod time;
mod trial;
mod workload;
mod world_facts;
mod write_ahead_oracle;

pub use assumption::Broken;
pub use campaign::{Failing, Tally, calm, campaign, crash_at, crash_everywhere, crash_in_pairs, seeded};
pub use condition::Condition;
pub use disk::Loss;
pub use ending::Ending;
pub use fault::{Edge, Fault, NoPoint, Point, Port};
pub use fault_injector::{Event, Fired, Odds};
pub use shrink::shrink;
pub use sim_config::SimConfig;
pub use trial::{TrialResult, rehearse};
pub use workload::Workload;
