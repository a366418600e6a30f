//! Bugs on purpose: a rehearsal sees each of them.

use super::main_job;
use std::sync::atomic::{AtomicUsize, Ordering};
use surefoot::base::Flaw;
use surefoot::rehearse::{Orders, rehearse, seeded};

/// The seed that catches each flaw. `SUREFOOT_TEETH=N` looks among N seeds for the first ones anew and prints them.
const CAUGHT_BY: &[(Flaw, u64)] = &[
    (Flaw::BatchUnsynced, 0),
    (Flaw::SyncTriedAgain, 1),
    (Flaw::BirthUnsynced, 0),
    (Flaw::HeadFirst, 2),
    (Flaw::TornTailKept, 2),
    (Flaw::PoisonForgotten, 1),
    (Flaw::FailedSyncTrusted, 1),
    (Flaw::ChainBroken, 1),
    (Flaw::SilenceIsRefusal, 7),
    (Flaw::ErrorIsRefusal, 19),
    (Flaw::DoubtForgotten, 57),
    (Flaw::DoubtSentAgain, 5),
    (Flaw::NameNotDerived, 154),
    (Flaw::NoSettling, 5),
    (Flaw::AttemptNotNamed, 154),
    (Flaw::OutcomeUnrecorded, 0),
    (Flaw::GuardSkipped, 196),
    (Flaw::OrphanKept, 5),
    (Flaw::PasswordUnsealed, 1),
    (Flaw::SealedInClear, 1),
    (Flaw::PasswordInOutput, 1),
    (Flaw::PasswordShown, 1),
    (Flaw::SecretsInErrors, 0),
    (Flaw::DeliveryUnsynced, 1),
    (Flaw::DeliveryNameUnsynced, 1),
    (Flaw::DeliverySkipped, 1),
    (Flaw::CopyLeft, 1),
    (Flaw::ConfirmationForEver, 7),
    (Flaw::EvidenceForgotten, 1),
    (Flaw::ControlForgotten, 134),
    (Flaw::ListBelieved, 137),
    (Flaw::CrossingForgotten, 6),
    (Flaw::TokenForEver, 3),
];

fn violations(flaw: Option<Flaw>, seed: u64) -> Vec<String> {
    rehearse(&main_job(), &Orders { flaw, ..seeded(seed) }).unwrap().violations
}

/// The first seed that shows each flaw, as lines of the table.
#[expect(clippy::print_stdout, reason = "the table is the result")]
fn search(seeds: u64) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(flaw) = Flaw::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found =
                (0..seeds).map(|seed| (seed, violations(Some(*flaw), seed))).find(|(_, found)| !found.is_empty());
            match found {
                Some((seed, found)) => println!("    (Flaw::{flaw}, {seed}), // {}", found[0]),
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
    for (flaw, seed) in CAUGHT_BY {
        assert_eq!(violations(None, *seed), Vec::<String>::new(), "seed {seed} without a flaw");
        assert!(!violations(Some(*flaw), *seed).is_empty(), "seed {seed} does not show {flaw}");
    }
    let listed: Vec<Flaw> = CAUGHT_BY.iter().map(|(flaw, _)| *flaw).collect();
    assert_eq!(listed, Flaw::ALL, "the table lists every flaw, in order");
}
