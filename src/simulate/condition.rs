//! The conditions of a trial, beside the faults of single calls: a service that is slow or behind, and what people do,
//! the operator among them.

use crate::twin::{Durations, Scenario, Span};
use std::time::Duration;

/// A status that does not change for longer than any step waits.
pub(super) const STUCK: Duration = Duration::from_hours(48);

/// Something about the outside that is not as on a good day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Lists show late what has been created.
    ListsLag,
    /// What has been created can be read only after a while.
    ReadsLag,
    /// Tokens live for less than an hour.
    TokensBrief,
    /// An operation of the service takes several times as long as usual.
    ServiceSlow,
    /// An operation never ends.
    StatusStuck,
    /// Another operator creates an instance of the same name.
    Namesake,
    /// Another operator gives the instance to migrate another name.
    Renamed,
    /// The credentials are revoked for a while.
    Revoked,
    /// The project cannot be seen for a while.
    Hidden,
    /// Several answers arrive in the same moment.
    InStep,
    /// The operator interrupts a process, as with Ctrl-C.
    Interrupted,
    /// The operator gives the run up.
    GivenUp,
    /// The operator records the outcome of an effect in doubt.
    Resolved,
    /// The trail cannot be written.
    TrailFails,
    /// The person thinks for minutes or hours over what is to be typed.
    Pensive,
    /// Meanwhile an application writes into the instance to migrate.
    WrittenMeanwhile,
    /// Another run or person deletes the instance to migrate.
    DeletedByAnother,
    /// The instances that there are name their user and their database by their id.
    SourceNamedById,
    /// New instances name their user and their database by their id.
    TargetNamedById,
}

impl Condition {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::ListsLag,
        Self::ReadsLag,
        Self::TokensBrief,
        Self::ServiceSlow,
        Self::StatusStuck,
        Self::Namesake,
        Self::Renamed,
        Self::Revoked,
        Self::Hidden,
        Self::InStep,
        Self::Interrupted,
        Self::GivenUp,
        Self::Resolved,
        Self::TrailFails,
        Self::Pensive,
        Self::WrittenMeanwhile,
        Self::DeletedByAnother,
        Self::SourceNamedById,
        Self::TargetNamedById,
    ];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ListsLag => "lists behind",
            Self::ReadsLag => "reads behind",
            Self::TokensBrief => "tokens short-lived",
            Self::ServiceSlow => "service slow",
            Self::StatusStuck => "status stuck",
            Self::Namesake => "another's instance of the same name",
            Self::Renamed => "renamed by another",
            Self::Revoked => "credentials revoked for a while",
            Self::Hidden => "project hidden for a while",
            Self::InStep => "answers in the same moment",
            Self::Interrupted => "interrupted by the operator",
            Self::GivenUp => "given up by the operator",
            Self::Resolved => "resolved by the operator",
            Self::TrailFails => "trail not written",
            Self::Pensive => "confirmed after a long thought",
            Self::WrittenMeanwhile => "written to while a person thought",
            Self::DeletedByAnother => "deleted by another",
            Self::SourceNamedById => "database named by the id",
            Self::TargetNamedById => "new database named by the id",
        }
    }

    /// Whether the service of a scenario has this one, measured at another.
    pub(super) fn is_in(self, scenario: &Scenario, usual: &Scenario) -> bool {
        match self {
            Self::ListsLag => scenario.list_lag.0 > usual.list_lag.0,
            Self::ReadsLag => scenario.get_lag.0 > usual.get_lag.0,
            Self::TokensBrief => scenario.token_seconds < usual.token_seconds,
            Self::ServiceSlow => {
                let mut pairs = spans(&scenario.durations).into_iter().zip(spans(&usual.durations));
                pairs.any(|(now, usual)| now < STUCK && now > usual * 2)
            }
            Self::StatusStuck => is_stuck(&scenario.durations),
            Self::SourceNamedById => named_by_id(scenario) > named_by_id(usual),
            Self::TargetNamedById => scenario.new_named_by_id && !usual.new_named_by_id,
            _ => false,
        }
    }

    /// Makes the service in this respect what it is in the other scenario.
    pub(super) fn take_away(self, scenario: &mut Scenario, usual: &Scenario) {
        match self {
            Self::ListsLag => scenario.list_lag = usual.list_lag,
            Self::ReadsLag => scenario.get_lag = usual.get_lag,
            Self::TokensBrief => scenario.token_seconds = usual.token_seconds,
            Self::ServiceSlow | Self::StatusStuck => {
                for (now, usual) in spans_mut(&mut scenario.durations).into_iter().zip(spans(&usual.durations)) {
                    if (now.0 >= STUCK) == (self == Self::StatusStuck) {
                        now.0 = usual;
                    }
                }
            }
            Self::SourceNamedById => {
                for (now, usual) in scenario.instances.iter_mut().zip(&usual.instances) {
                    now.named_by_id = usual.named_by_id;
                }
            }
            Self::TargetNamedById => scenario.new_named_by_id = usual.new_named_by_id,
            _ => {}
        }
    }
}

fn named_by_id(scenario: &Scenario) -> usize {
    scenario.instances.iter().filter(|instance| instance.named_by_id).count()
}

/// How many operations have a duration that is drawn.
pub(super) const DRAWN: usize = 9;

/// Whether any operation never ends.
pub(super) fn is_stuck(durations: &Durations) -> bool {
    spans(durations).into_iter().any(|span| span >= STUCK)
}

/// The durations that are drawn.
pub(super) fn spans_mut(durations: &mut Durations) -> [&mut Span; DRAWN] {
    let Durations { create, delete, pause, resume, update, overwrite, load, snapshot, population, .. } = durations;
    [create, delete, pause, resume, update, overwrite, load, snapshot, population]
}

fn spans(durations: &Durations) -> [Duration; DRAWN] {
    let Durations { create, delete, pause, resume, update, overwrite, load, snapshot, population, .. } = durations;
    [create, delete, pause, resume, update, overwrite, load, snapshot, population].map(|span| span.0)
}
