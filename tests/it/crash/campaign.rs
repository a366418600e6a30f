//! Many schedules, some at a time.

use super::schedule::Schedule;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How one schedule ended that ended right.
pub(super) struct Outcome {
    /// The request lines of the calls that a process was killed at.
    pub(super) met: Vec<String>,
    /// Whether the run came to all its points.
    pub(super) is_met: bool,
}

/// How all of them ended.
#[derive(Default)]
pub(super) struct Report {
    schedules: usize,
    kills: usize,
    /// Kills by the method of the call.
    methods: BTreeMap<String, usize>,
    /// Schedules of which the run has not come to every point.
    pub(super) not_met: Vec<Schedule>,
    /// What went wrong, with its schedule.
    pub(super) failures: Vec<String>,
    took: Duration,
}

/// Carries out all schedules, as many at a time as the machine has processors.
pub(super) fn campaign(schedules: &[Schedule], one: impl Fn(&Schedule) -> Outcome + Sync) -> Report {
    let begun = Instant::now();
    let report = Mutex::new(Report { schedules: schedules.len(), ..Report::default() });
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers.min(schedules.len()) {
            scope.spawn(|| {
                while let Some(schedule) = schedules.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = catch_unwind(AssertUnwindSafe(|| one(schedule)));
                    report.lock().unwrap().take(schedule, outcome);
                }
            });
        }
    });
    let mut report = report.into_inner().unwrap();
    report.took = begun.elapsed();
    report
}

impl Report {
    fn take(&mut self, schedule: &Schedule, outcome: std::thread::Result<Outcome>) {
        match outcome {
            Ok(Outcome { met, is_met }) => {
                self.kills += met.len();
                for line in &met {
                    let method = line.split(' ').next().unwrap_or_default();
                    *self.methods.entry(method.to_owned()).or_default() += 1;
                }
                if !is_met {
                    self.not_met.push(schedule.clone());
                }
            }
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map_or("", String::as_str);
                self.failures.push(format!("{schedule}: {text}"));
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let right = self.schedules - self.failures.len();
        writeln!(f, "{} schedules, {} kills, in {:.1} s", self.schedules, self.kills, self.took.as_secs_f64())?;
        let methods: Vec<_> = self.methods.iter().map(|(method, count)| format!("{count} {method}")).collect();
        writeln!(f, "killed at: {}", methods.join(", "))?;
        let not_met: Vec<_> = self.not_met.iter().map(ToString::to_string).collect();
        writeln!(f, "{} not met: {}", not_met.len(), not_met.join(" "))?;
        write!(f, "{right} of {} ended right", self.schedules)
    }
}
