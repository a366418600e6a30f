//! Rehearsals: the same engine, protocols, journal, client and actions on simulated ports over the twin.
//!
//! A trial is one run from its birth to its end on a single thread, in simulated time, through everything that a seed
//! causes: faults of the service, of the disk and of people, and crashes of the process before or after any call of a
//! port. It depends on nothing but its workload and its configuration.
//!
//! - `workload`, `sim_config`, `trial`: what is rehearsed, under which conditions, one trial; `process`, `place`: one
//!   process, and where it works.
//! - `fault_injector`, `fault`, `rng`, `fault_profile`, `condition`: what happens to a call and to a whole trial.
//! - `harness`, `sim_world`, `time`: what survives a crash, the world, and the clock, which advances only when nothing
//!   else can happen.
//! - `sim_network`, `sim_object_store`, `person`, `sealer`, `crashing_disk`, [`disk`], `sim_commands` over a
//!   [`machine`]: the ports; `operator_action`:
//!   what the operator does besides.
//! - `write_ahead_oracle`: what must hold whenever something leaves; `checks`, `journal_facts`, `world_facts`,
//!   `command_facts`, `secret_scan`: what must hold at the end; `assumption`: what is no bug if it does not hold;
//!   `ending`: how a trial can end.
//! - `case`, `case_script`, `at_step`: one run as a test of the runbook lays it down.
//! - `campaign`: many trials; `shrink`: the smallest trial that still shows a violation.

mod assumption;
mod at_step;
mod campaign;
mod case;
mod case_script;
mod checks;
mod command_facts;
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
mod place;
mod process;
mod rng;
mod sealer;
mod secret_scan;
mod shrink;
mod sim_answer;
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
pub use case::{CaseResult, play};
pub use case_script::{Action, Answers, CaseScript, StepAnswers, StepFault, Strike};
pub use condition::Condition;
pub use disk::Loss;
pub use ending::Ending;
pub use fault::{Edge, Fault, NoPoint, Point, Port};
pub use fault_injector::{Event, Fired, Odds};
pub use shrink::shrink;
pub use sim_config::SimConfig;
pub use trial::{TrialResult, rehearse};
pub use workload::Workload;
