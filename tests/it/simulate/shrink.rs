//! What a failure needs is found, the service's state and other people included.

use super::main_job;
use surefoot::base::PlantedBug;
use surefoot::simulate::{Condition, Failing, SimConfig, rehearse, seeded, shrink};

/// A flaw that a seed shows, shrunk.
#[track_caller]
fn shrunk(flaw: PlantedBug, seed: u64) -> Failing {
    let script = main_job();
    let orders = SimConfig { flaw: Some(flaw), ..seeded(seed) };
    let told = rehearse(&script, &orders).unwrap();
    let weight = told.fired.len() + told.circumstances.len();
    let least = shrink(&script, Failing { orders, told }).unwrap();
    assert!(!least.told.violations.is_empty());
    assert!(least.told.fired.len() + least.told.circumstances.len() < weight, "{least:?}");
    least
}

/// Nothing that is left can be left out.
fn assert_least(least: &Failing) {
    let without = |orders: &SimConfig| rehearse(&main_job(), orders).unwrap().violations;
    for one in &least.told.circumstances {
        let mut orders = least.orders.clone();
        orders.spared.insert(*one);
        assert_eq!(without(&orders), Vec::<String>::new(), "without {one:?}");
    }
    for fired in &least.told.fired {
        let mut orders = least.orders.clone();
        orders.allowed.as_mut().unwrap().remove(&fired.call);
        assert_eq!(without(&orders), Vec::<String>::new(), "without {fired:?}");
    }
}

#[test]
fn a_failure_that_needs_somebody_else_says_so() {
    let least = shrunk(PlantedBug::ListBelieved, 1187);
    assert!(least.told.circumstances.contains(&Condition::Hidden), "{:?}", least.told.circumstances);
    assert_least(&least);
}

#[test]
fn a_failure_that_needs_nobody_else_says_nothing_of_them() {
    let least = shrunk(PlantedBug::PasswordInOutput, 0);
    assert_eq!((least.told.circumstances, least.told.fired.len()), (Vec::new(), 0));
}

#[test]
fn what_a_trial_is_spared_does_not_happen() {
    let script = main_job();
    for seed in 0..12 {
        let told = rehearse(&script, &seeded(seed)).unwrap();
        for one in &told.circumstances {
            let spared = [*one].into();
            let without = rehearse(&script, &SimConfig { spared, ..seeded(seed) }).unwrap();
            assert!(!without.circumstances.contains(one), "seed {seed}: {one:?}");
        }
    }
}
