//! The deterministic state machine: events in, commands out; no clock, no I/O, no randomness.
//!
//! ```text
//!            admit(event)            apply                    pending(), deadline()
//!   event ───────────────→ admitted ───────→ state ──────────────────────────────→ commands
//!                │ Refusal                     │ due(now): conclusions of the engine's own, as events
//!                                              └──→ view()
//! ```
//!
//! The state is a fold over the events, live and after a crash by the same function; what should be under way is
//! derived from the state. The same plan and the same events always give the same state and the same commands in the
//! same order. What the words mean:
//!
//! - *event*: something that happened; one record of the journal.
//! - *command*: something that should be under way; plain data, never stored.
//! - *reply*: what doing a command came back with; [`Engine::record`] makes events of it.
//! - *conclusion*: an event that follows from the state alone, such as the success of a step whose calls are done.
//! - *doubt*: an effect was announced and its outcome not seen.
//! - *held*: a step cannot go on without a person; `resume` takes it up again.

pub mod call;
pub mod command;
mod conclude;
mod confirmation;
mod declared;
pub mod doubt;
pub mod event;
pub mod evidence;
mod extent;
mod forecast;
mod gate;
mod group;
pub mod guard;
pub mod history;
mod inputs;
mod last_look;
mod lifecycle;
mod limit;
mod lineage;
mod machine;
mod obligations;
pub mod origin;
pub mod protocol;
pub mod question;
mod reach;
mod ready_queue;
mod refusal;
mod replies;
mod reset;
mod retry;
pub mod rounds;
mod run;
mod schedule;
mod step;
mod summary;
mod undo;
pub mod view;
mod visit_strings;
mod window;

pub use extent::ExtentView;
pub use forecast::{Branch, RecoveryForecast};
pub use gate::{Gate, WindowState};
pub use machine::{Admitted, Engine};
pub use refusal::Refusal;
pub use run::{Phase, RunState};
pub use step::{Status, StepState};
pub use window::took;
