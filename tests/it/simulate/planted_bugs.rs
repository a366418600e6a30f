//! Bugs on purpose: a rehearsal sees each of them.

use super::commands::promoting;
use super::services::switching_traffic;
use super::windows::{SHORT, with_window};
use super::{main_job, naming, rotating};
use crate::action::handover::file_that_is_gone_or_changed_is_told;
use crate::action::neo4j::what_is_counted_is_of_the_instance_that_has_the_address;
use crate::action::receive::{
    a_header_that_any_instance_could_write_is_a_person_s_word, mistakes_of_the_console_are_seen,
};
use crate::aura::error::classes;
use crate::engine::busy::a_name_that_is_refused_because_the_service_is_busy_is_asked_for_until_it_is_given;
use crate::engine::create::{
    a_crash_between_announcement_and_outcome_is_settled_by_lists, an_instance_of_the_baseline_is_not_replaced,
};
use crate::engine::ending::nothing_is_written_any_more_after_a_cancel;
use crate::engine::gone::an_instance_that_somebody_else_deletes_is_looked_at_and_no_dead_end;
use crate::engine::lag::an_attempt_that_left_nothing_is_given_as_long_as_lists_may_be_behind;
use crate::engine::last_look::a_confirmation_is_as_old_as_the_boot_clock_says;
use crate::engine::lineage::a_backup_of_another_instance_deletes_nothing;
use crate::engine::sweep::a_late_arrival_is_found_by_the_last_sweep_and_replaced;
use crate::engine::waits::a_wait_is_given_up_at_its_deadline_whichever_process_it_lives_in;
use std::sync::atomic::{AtomicUsize, Ordering};
use surefoot::base::{PlantedBug, with_flaw};
use surefoot::simulate::{SimConfig, Workload, rehearse, seeded};

/// What catches a flaw.
#[derive(Clone, Copy)]
enum By {
    /// The trial of a seed.
    Seed(u64),
    /// A test, where no invariant of a whole run is about it.
    Test(fn()),
}
use By::{Seed, Test};

/// What catches each flaw. `SUREFOOT_TEETH=N` looks among N seeds for the first ones anew and
/// prints them, with `SUREFOOT_FLAWS=A,B` only those of some flaws.
const CAUGHT_BY: &[(PlantedBug, By)] = &[
    (PlantedBug::BatchUnsynced, Seed(0)),
    (PlantedBug::SyncTriedAgain, Seed(16)),
    (PlantedBug::BirthUnsynced, Seed(0)),
    (PlantedBug::HeadFirst, Seed(0)),
    (PlantedBug::TornTailKept, Seed(16)),
    (PlantedBug::PoisonForgotten, Seed(16)),
    (PlantedBug::FailedSyncTrusted, Seed(20)),
    (PlantedBug::ChainBroken, Seed(0)),
    (PlantedBug::SilenceIsRefusal, Seed(2)),
    (PlantedBug::ErrorIsRefusal, Seed(13)),
    (PlantedBug::DoubtForgotten, Test(a_crash_between_announcement_and_outcome_is_settled_by_lists)),
    (PlantedBug::DoubtSentAgain, Seed(2)),
    (PlantedBug::NameNotDerived, Seed(2)),
    (PlantedBug::WindowIgnored, Seed(0)),
    (PlantedBug::NoSettling, Seed(2)),
    (PlantedBug::AttemptNotNamed, Seed(2)),
    (PlantedBug::OutcomeUnrecorded, Seed(0)),
    (PlantedBug::GuardSkipped, Seed(196)),
    (PlantedBug::OrphanKept, Seed(2)),
    (PlantedBug::PasswordUnsealed, Seed(0)),
    (PlantedBug::SealedInClear, Seed(0)),
    (PlantedBug::PasswordInOutput, Seed(0)),
    (PlantedBug::PasswordShown, Seed(0)),
    (PlantedBug::SecretsInErrors, Seed(0)),
    (PlantedBug::DeliveryUnsynced, Seed(1)),
    (PlantedBug::DeliveryNameUnsynced, Seed(1)),
    (PlantedBug::DeliverySkipped, Seed(0)),
    (PlantedBug::CopyLeft, Seed(0)),
    (PlantedBug::ConfirmationForEver, Seed(16)),
    (PlantedBug::EvidenceForgotten, Seed(0)),
    (PlantedBug::ControlForgotten, Seed(66)),
    (PlantedBug::ListBelieved, Seed(1187)),
    (PlantedBug::CrossingForgotten, Seed(6)),
    (PlantedBug::TokenForEver, Seed(7)),
    (PlantedBug::RotationGuessed, Seed(5)),
    (PlantedBug::NewPasswordShown, Seed(0)),
    (PlantedBug::UploadKept, Seed(63)),
    (PlantedBug::SentBeforeCommit, Seed(0)),
    (PlantedBug::NameAloneMatched, Test(an_instance_of_the_baseline_is_not_replaced)),
    (PlantedBug::LateIgnored, Test(a_late_arrival_is_found_by_the_last_sweep_and_replaced)),
    (PlantedBug::OneLookBelieved, Seed(38)),
    (PlantedBug::WaitRestarted, Test(a_wait_is_given_up_at_its_deadline_whichever_process_it_lives_in)),
    (PlantedBug::WallClockTrusted, Test(a_confirmation_is_as_old_as_the_boot_clock_says)),
    (PlantedBug::LastLookSkipped, Seed(55)),
    (PlantedBug::RefusalCredited, Test(an_instance_that_somebody_else_deletes_is_looked_at_and_no_dead_end)),
    (PlantedBug::GoneUnknown, Test(classes)),
    (PlantedBug::HeaderBelieved, Test(mistakes_of_the_console_are_seen)),
    (PlantedBug::HandoverUnread, Test(file_that_is_gone_or_changed_is_told)),
    (PlantedBug::LineageForgotten, Test(a_backup_of_another_instance_deletes_nothing)),
    (PlantedBug::BusyCounted, Test(a_name_that_is_refused_because_the_service_is_busy_is_asked_for_until_it_is_given)),
    (PlantedBug::CancelGoesOn, Test(nothing_is_written_any_more_after_a_cancel)),
    (PlantedBug::LagAssumed, Test(an_attempt_that_left_nothing_is_given_as_long_as_lists_may_be_behind)),
    (PlantedBug::HomeDatabaseAssumed, Seed(0)),
    (PlantedBug::AddressUnread, Test(what_is_counted_is_of_the_instance_that_has_the_address)),
    (PlantedBug::HeaderVouches, Test(a_header_that_any_instance_could_write_is_a_person_s_word)),
    (PlantedBug::DeclaredSentAgain, Seed(47)),
    (PlantedBug::LostStartedAgain, Seed(2)),
];

/// What a flaw is looked for in: the main job, with another password at its end where the flaw is about that; a job that
/// names what it creates where it is about names.
fn workload(flaw: PlantedBug) -> Workload {
    match flaw {
        PlantedBug::RotationGuessed | PlantedBug::NewPasswordShown => rotating(),
        PlantedBug::WindowIgnored => with_window(SHORT),
        PlantedBug::CancelGoesOn => naming(),
        PlantedBug::DeclaredSentAgain => switching_traffic(),
        PlantedBug::LostStartedAgain => promoting(),
        _ => main_job(),
    }
}

fn violations(workload: &Workload, flaw: Option<PlantedBug>, seed: u64) -> Vec<String> {
    rehearse(workload, &SimConfig { flaw, ..seeded(seed) }).unwrap().violations
}

/// Whether a test holds, in a thread of its own, with a flaw or without one.
fn holds(test: fn(), flaw: Option<PlantedBug>) -> bool {
    std::thread::spawn(move || with_flaw(flaw, test)).join().is_ok()
}

/// The first seed that shows each flaw, as lines of the table.
#[expect(clippy::print_stdout, reason = "the table is the result")]
fn search(seeds: u64) {
    let next = AtomicUsize::new(0);
    let only = std::env::var("SUREFOOT_FLAWS").ok();
    let work = || {
        while let Some(flaw) = PlantedBug::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            if only.as_ref().is_some_and(|only| !only.contains(&flaw.to_string())) {
                continue;
            }
            let workload = workload(*flaw);
            let mut found = (0..seeds).map(|seed| (seed, violations(&workload, Some(*flaw), seed)));
            let found = found.find(|(_, found)| !found.is_empty());
            match found {
                Some((seed, found)) => println!("    (Flaw::{flaw}, Seed({seed})), // {}", found[0]),
                None => println!("    // Flaw::{flaw} is not caught by {seeds} seeds"),
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
}

#[test]
fn each_bug_on_purpose_is_caught() {
    if let Some(seeds) = std::env::var("SUREFOOT_TEETH").ok().and_then(|text| text.parse().ok()) {
        return search(seeds);
    }
    let mut unseen = Vec::new();
    for (flaw, by) in CAUGHT_BY {
        match *by {
            Seed(seed) => {
                let workload = workload(*flaw);
                let without = violations(&workload, None, seed);
                unseen.extend(without.first().map(|one| format!("seed {seed} without a flaw: {one}")));
                if violations(&workload, Some(*flaw), seed).is_empty() {
                    unseen.push(format!("seed {seed} does not show {flaw}"));
                }
            }
            Test(test) => {
                assert!(holds(test, None), "the test for {flaw} fails without it");
                assert!(!holds(test, Some(*flaw)), "the test for {flaw} holds with it");
            }
        }
    }
    assert_eq!(unseen, Vec::<String>::new());
    let listed: Vec<PlantedBug> = CAUGHT_BY.iter().map(|(flaw, _)| *flaw).collect();
    assert_eq!(listed, PlantedBug::ALL, "the table lists every flaw, in order");
}

/// A rehearsal sees that something is written after a cancel: the job that names what it creates shows it.
#[test]
fn what_is_written_after_a_cancel_is_seen() {
    let workload = naming();
    let shows = |seed: &u64| {
        let found = violations(&workload, Some(PlantedBug::CancelGoesOn), *seed);
        found.iter().any(|wrong| wrong.contains("although the run was cancelled"))
    };
    let seed = (0..400).find(shows).expect("no seed shows it");
    assert_eq!(violations(&workload, None, seed), Vec::<String>::new(), "seed {seed} without a flaw");
}
