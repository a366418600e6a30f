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
//! - `wire`, `shelf`, `person`, `sealer`, `mortal`, [`disk`]: the ports; `errand`: what the operator does besides.
//! - `witness`: what must hold whenever something leaves; `checks`, `told`, `owned`, `canary`: what must hold at
//!   the end, and `assumption`: what is no bug where it does not hold; `ending`: how a trial can end.
//! - `campaign`: many trials; `shrink`: the least of one that shows what went wrong.

mod assumption;
mod campaign;
mod canary;
mod checks;
mod circumstance;
mod dice;
pub mod disk;
mod ending;
mod errand;
mod fate;
mod life;
mod mishap;
mod mortal;
mod orders;
mod owned;
mod person;
mod script;
mod sealer;
mod shelf;
mod shrink;
mod site;
mod stage;
mod time;
mod told;
mod trial;
mod weather;
mod wire;
mod witness;

pub use assumption::Broken;
pub use campaign::{Failing, Tally, calm, campaign, crash_at, crash_everywhere, crash_in_pairs, seeded};
pub use circumstance::Circumstance;
pub use disk::Loss;
pub use ending::Ending;
pub use fate::{Event, Fired, Odds};
pub use mishap::{Edge, Mishap, NoPoint, Point, Port};
pub use orders::Orders;
pub use script::Script;
pub use shrink::shrink;
pub use trial::{Told, rehearse};
