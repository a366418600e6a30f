//! Planted bugs: each breaks one promise, and rehearsals have to see it.
//!
//! A debug build can switch one on for a thread; a release build contains none of them. The table in
//! `tests/it/simulate/planted_bugs.rs` names the seed, or the test, that catches each.

use std::fmt;

/// A planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlantedBug {
    /// A batch of the journal is not synced.
    BatchUnsynced,
    /// A failed sync is tried again and believed.
    SyncTriedAgain,
    /// The name of a new run directory is not made durable.
    BirthUnsynced,
    /// `journal.head` is written before what it vouches for.
    HeadFirst,
    /// A torn tail stays in the journal.
    TornTailKept,
    /// After a failed commit things are sent all the same.
    PoisonForgotten,
    /// What was cached when a sync failed is believed at the next opening.
    FailedSyncTrusted,
    /// A new session does not go on with the chain.
    ChainBroken,
    /// An effect without an answer counts as not sent.
    SilenceIsRefusal,
    /// A server's error counts as a refusal.
    ErrorIsRefusal,
    /// An effect that was in flight when the process died counts as not sent.
    DoubtForgotten,
    /// An effect in doubt is sent again without a look.
    DoubtSentAgain,
    /// An instance is created under its final name.
    NameNotDerived,
    /// An irreversible effect is announced whether the change window is open or not.
    WindowIgnored,
    /// Nobody waits for lists to settle.
    NoSettling,
    /// Every attempt creates under the same name.
    AttemptNotNamed,
    /// Outcomes are not recorded.
    OutcomeUnrecorded,
    /// An instance that has changed since it was captured is deleted.
    GuardSkipped,
    /// An orphan of ours is not deleted.
    OrphanKept,
    /// The password of a created instance is not sealed.
    PasswordUnsealed,
    /// What is sealed can be read by everybody.
    SealedInClear,
    /// The password stands among the outputs.
    PasswordInOutput,
    /// The password is shown.
    PasswordShown,
    /// Messages repeat what the request held.
    SecretsInErrors,
    /// The file that receives the password is not synced.
    DeliveryUnsynced,
    /// The name of that file is not made durable.
    DeliveryNameUnsynced,
    /// The delivery is recorded and not made.
    DeliverySkipped,
    /// A copy of that file stays behind.
    CopyLeft,
    /// A confirmation is good forever.
    ConfirmationForEver,
    /// A deletion does not say what it rests on.
    EvidenceForgotten,
    /// "Not found" is believed without a positive control.
    ControlForgotten,
    /// A list counts as complete although what it would show cannot be seen.
    ListBelieved,
    /// A step that fails after the point of no return closes the run.
    CrossingForgotten,
    /// A token is never renewed.
    TokenForEver,
    /// A change of password in doubt counts as done.
    RotationGuessed,
    /// A password that the run itself has made is shown.
    NewPasswordShown,
    /// An upload that nobody will complete is not aborted.
    UploadKept,
    /// An effect leaves before what announces it is committed.
    SentBeforeCommit,
    /// An instance counts as what an attempt created by its name alone.
    NameAloneMatched,
    /// What arrives after its attempt was given up is not looked for.
    LateIgnored,
    /// A single "not found" is believed.
    OneLookBelieved,
    /// A step that waits begins to wait anew in each process.
    WaitRestarted,
    /// The age of a confirmation is what the wall clock says.
    WallClockTrusted,
    /// What was proved before the confirmation is not looked at again.
    LastLookSkipped,
    /// A deletion that was refused counts as ours where somebody else deletes the instance.
    RefusalCredited,
    /// An answer of 410 says nothing about whether the thing is there.
    GoneUnknown,
    /// The header of a backup is believed, and what follows is not read.
    HeaderBelieved,
    /// What a person gives away is not read again.
    HandoverUnread,
    /// Nobody compares where evidence comes from.
    LineageForgotten,
    /// A service that is busy with something that ends counts as a failure.
    BusyCounted,
    /// A run that was cancelled goes on with what it had begun.
    CancelGoesOn,
    /// Lists are taken to lag by no more than a minute, whatever the step assumes and was seen.
    LagAssumed,
    /// The database is taken to be called `neo4j`, whatever the instance would say.
    HomeDatabaseAssumed,
    /// What is counted is of the instance that the step names, whatever the address says.
    AddressUnread,
    /// A header vouches for its file, whether or not it says anything that only the source could.
    HeaderVouches,
    /// An effect that a step declares is sent again without a look where its answer was lost.
    DeclaredSentAgain,
    /// A command whose end nobody has seen counts as never started.
    LostStartedAgain,
}

impl PlantedBug {
    /// All of them.
    pub const ALL: [Self; 57] = [
        Self::BatchUnsynced,
        Self::SyncTriedAgain,
        Self::BirthUnsynced,
        Self::HeadFirst,
        Self::TornTailKept,
        Self::PoisonForgotten,
        Self::FailedSyncTrusted,
        Self::ChainBroken,
        Self::SilenceIsRefusal,
        Self::ErrorIsRefusal,
        Self::DoubtForgotten,
        Self::DoubtSentAgain,
        Self::NameNotDerived,
        Self::WindowIgnored,
        Self::NoSettling,
        Self::AttemptNotNamed,
        Self::OutcomeUnrecorded,
        Self::GuardSkipped,
        Self::OrphanKept,
        Self::PasswordUnsealed,
        Self::SealedInClear,
        Self::PasswordInOutput,
        Self::PasswordShown,
        Self::SecretsInErrors,
        Self::DeliveryUnsynced,
        Self::DeliveryNameUnsynced,
        Self::DeliverySkipped,
        Self::CopyLeft,
        Self::ConfirmationForEver,
        Self::EvidenceForgotten,
        Self::ControlForgotten,
        Self::ListBelieved,
        Self::CrossingForgotten,
        Self::TokenForEver,
        Self::RotationGuessed,
        Self::NewPasswordShown,
        Self::UploadKept,
        Self::SentBeforeCommit,
        Self::NameAloneMatched,
        Self::LateIgnored,
        Self::OneLookBelieved,
        Self::WaitRestarted,
        Self::WallClockTrusted,
        Self::LastLookSkipped,
        Self::RefusalCredited,
        Self::GoneUnknown,
        Self::HeaderBelieved,
        Self::HandoverUnread,
        Self::LineageForgotten,
        Self::BusyCounted,
        Self::CancelGoesOn,
        Self::LagAssumed,
        Self::HomeDatabaseAssumed,
        Self::AddressUnread,
        Self::HeaderVouches,
        Self::DeclaredSentAgain,
        Self::LostStartedAgain,
    ];
}

impl fmt::Display for PlantedBug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(debug_assertions)]
thread_local! {
    static SWITCHED_ON: std::cell::Cell<Option<PlantedBug>> = const { std::cell::Cell::new(None) };
}

/// Whether this flaw is switched on in this thread; never in a release build.
#[cfg(debug_assertions)]
pub fn planted(flaw: PlantedBug) -> bool {
    SWITCHED_ON.with(|active| active.get() == Some(flaw))
}

/// Whether this flaw is switched on in this thread; never in a release build.
#[cfg(not(debug_assertions))]
pub const fn planted(_: PlantedBug) -> bool {
    false
}

/// Does some work with a flaw switched on in this thread; in a release build without it.
pub fn with_flaw<T>(flaw: Option<PlantedBug>, work: impl FnOnce() -> T) -> T {
    #[cfg(debug_assertions)]
    let before = SWITCHED_ON.with(|active| active.replace(flaw));
    #[cfg(not(debug_assertions))]
    let _ = flaw;
    let done = work();
    #[cfg(debug_assertions)]
    SWITCHED_ON.with(|active| active.set(before));
    done
}
