//! Bugs on purpose: a rehearsal sees each of them.

use super::{main_job, rotating};
use std::sync::atomic::{AtomicUsize, Ordering};
use surefoot::base::Flaw;
use surefoot::rehearse::{Orders, Script, rehearse, seeded};

/// The seed that catches each flaw. `SUREFOOT_TEETH=N` looks among N seeds for the first ones anew and prints them.
const CAUGHT_BY: &[(Flaw, u64)] = &[
    (Flaw::BatchUnsynced, 0),
    (Flaw::SyncTriedAgain, 1),
    (Flaw::BirthUnsynced, 0),
    (Flaw::HeadFirst, 6),
    (Flaw::TornTailKept, 2),
    (Flaw::PoisonForgotten, 1),
    (Flaw::FailedSyncTrusted, 1),
    (Flaw::ChainBroken, 1),
    (Flaw::SilenceIsRefusal, 6),
    (Flaw::ErrorIsRefusal, 13),
    (Flaw::DoubtForgotten, 289),
    (Flaw::DoubtSentAgain, 13),
    (Flaw::NameNotDerived, 104),
    (Flaw::NoSettling, 13),
    (Flaw::AttemptNotNamed, 104),
    (Flaw::OutcomeUnrecorded, 0),
    (Flaw::GuardSkipped, 196),
    (Flaw::OrphanKept, 13),
    (Flaw::PasswordUnsealed, 1),
    (Flaw::SealedInClear, 1),
    (Flaw::PasswordInOutput, 1),
    (Flaw::PasswordShown, 1),
    (Flaw::SecretsInErrors, 0),
    (Flaw::DeliveryUnsynced, 1),
    (Flaw::DeliveryNameUnsynced, 1),
    (Flaw::DeliverySkipped, 1),
    (Flaw::CopyLeft, 1),
    (Flaw::ConfirmationForEver, 20),
    (Flaw::EvidenceForgotten, 1),
    (Flaw::ControlForgotten, 159),
    (Flaw::ListBelieved, 145),
    (Flaw::CrossingForgotten, 6),
    (Flaw::TokenForEver, 7),
    (Flaw::RotationGuessed, 1),
    (Flaw::NewPasswordShown, 1),
    (Flaw::UploadKept, 63),
];

/// What a flaw is looked for in: the main job, with another password at its end where the flaw is about that.
fn script(flaw: Flaw) -> Script {
    if matches!(flaw, Flaw::RotationGuessed | Flaw::NewPasswordShown) { rotating() } else { main_job() }
}

fn violations(script: &Script, flaw: Option<Flaw>, seed: u64) -> Vec<String> {
    rehearse(script, &Orders { flaw, ..seeded(seed) }).unwrap().violations
}

/// The first seed that shows each flaw, as lines of the table.
#[expect(clippy::print_stdout, reason = "the table is the result")]
fn search(seeds: u64) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(flaw) = Flaw::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            let script = script(*flaw);
            let mut found = (0..seeds).map(|seed| (seed, violations(&script, Some(*flaw), seed)));
            let found = found.find(|(_, found)| !found.is_empty());
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
        let script = script(*flaw);
        assert_eq!(violations(&script, None, *seed), Vec::<String>::new(), "seed {seed} without a flaw");
        assert!(!violations(&script, Some(*flaw), *seed).is_empty(), "seed {seed} does not show {flaw}");
    }
    let listed: Vec<Flaw> = CAUGHT_BY.iter().map(|(flaw, _)| *flaw).collect();
    assert_eq!(listed, Flaw::ALL, "the table lists every flaw, in order");
}
