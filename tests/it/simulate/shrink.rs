//! What a failure needs is found, the service's state and other people included.

use super::main_job;
use surefoot::base::PlantedBug;
use surefoot::simulate::{Condition, Failing, SimConfig, rehearse, seeded, shrink};

/// A flaw that a seed shows, shrunk.
#[track_caller]
fn shrunk(flaw: PlantedBug, seed: u64) -> Failing {
    let workload = main_job();
    let config = SimConfig { flaw: Some(flaw), ..seeded(seed) };
    let result = rehearse(&workload, &config).unwrap();
    let weight = result.fired.len() + result.conditions.len();
    let least = shrink(&workload, Failing { config, result }).unwrap();
    assert!(!least.result.violations.is_empty());
    assert!(least.result.fired.len() + least.result.conditions.len() < weight, "{least:?}");
    least
}

/// Nothing that is left can be left out.
fn assert_least(least: &Failing) {
    let without = |config: &SimConfig| rehearse(&main_job(), config).unwrap().violations;
    for one in &least.result.conditions {
        let mut config = least.config.clone();
        config.spared.insert(*one);
        assert_eq!(without(&config), Vec::<String>::new(), "without {one:?}");
    }
    for fired in &least.result.fired {
        let mut config = least.config.clone();
        config.allowed.as_mut().unwrap().remove(&fired.call);
        assert_eq!(without(&config), Vec::<String>::new(), "without {fired:?}");
    }
}

#[test]
fn a_failure_that_needs_somebody_else_says_so() {
    let least = shrunk(PlantedBug::ListBelieved, 1187);
    assert!(least.result.conditions.contains(&Condition::Hidden), "{:?}", least.result.conditions);
    assert_least(&least);
}

#[test]
fn a_failure_that_needs_nobody_else_says_nothing_of_them() {
    let least = shrunk(PlantedBug::PasswordInOutput, 0);
    assert_eq!((least.result.conditions, least.result.fired.len()), (Vec::new(), 0));
}

#[test]
fn what_a_trial_is_spared_does_not_happen() {
    let workload = main_job();
    for seed in 0..12 {
        let result = rehearse(&workload, &seeded(seed)).unwrap();
        for one in &result.conditions {
            let spared = [*one].into();
            let without = rehearse(&workload, &SimConfig { spared, ..seeded(seed) }).unwrap();
            assert!(!without.conditions.contains(one), "seed {seed}: {one:?}");
        }
    }
}
