//! Bugs on purpose: a rehearsal sees each of them.

use super::main_job;
use std::sync::atomic::{AtomicUsize, Ordering};
use surefoot::base::Flaw;
use surefoot::rehearse::{Orders, rehearse, seeded};

/// The seed that catches each flaw. `SUREFOOT_TEETH=N` looks among N seeds for the first ones anew and prints them.
const CAUGHT_BY: &[(Flaw, u64)] = &[
    (Flaw::BatchUnsynced, 0),
    (Flaw::SyncTriedAgain, 33),
    (Flaw::BirthUnsynced, 1),
    (Flaw::HeadFirst, 2),
    (Flaw::TornTailKept, 16),
    (Flaw::PoisonForgotten, 33),
    (Flaw::FailedSyncTrusted, 33),
    (Flaw::ChainBroken, 2),
    (Flaw::SilenceIsRefusal, 1),
    (Flaw::ErrorIsRefusal, 21),
    (Flaw::DoubtForgotten, 37),
    (Flaw::DoubtSentAgain, 1),
    (Flaw::NameNotDerived, 179),
    (Flaw::NoSettling, 2),
    (Flaw::AttemptNotNamed, 179),
    (Flaw::OutcomeUnrecorded, 1),
    (Flaw::GuardSkipped, 196),
    (Flaw::OrphanKept, 1),
    (Flaw::PasswordUnsealed, 1),
    (Flaw::SealedInClear, 1),
    (Flaw::PasswordInOutput, 1),
    (Flaw::PasswordShown, 1),
    (Flaw::SecretsInErrors, 1),
    (Flaw::DeliveryUnsynced, 2),
    (Flaw::DeliveryNameUnsynced, 1),
    (Flaw::DeliverySkipped, 1),
    (Flaw::CopyLeft, 1),
    (Flaw::ConfirmationForEver, 32),
    (Flaw::EvidenceForgotten, 1),
    (Flaw::ControlForgotten, 216),
    (Flaw::CrossingForgotten, 2),
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
