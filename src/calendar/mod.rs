//! When a change may take place: windows that recur in a time zone, minus freezes (docs/windows.md).
//!
//! Pure: text and a moment go in, spans of UTC come out. A rule is expanded in local time, and each local time becomes
//! a moment by the rules that its zone has then, so that a window keeps its hour when the clocks change. Every rule and
//! file has limits that bound the work.

mod freeze;
mod problem;
mod rule;
mod schedule;
mod span;
mod window;
mod zone;

pub use freeze::{FREEZE_FILE_MAX, Freeze, freezes};
pub use problem::Problem;
pub use rule::Rule;
pub use schedule::Schedule;
pub use span::{Span, Standing};
pub use window::{DURATION_MAX, OnClose, Opens, Window};
pub use zone::{Tz, local_text, local_time, zone, zone_names};
