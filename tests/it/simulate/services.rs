//! Requests to services that the scenario describes, rehearsed: each takes place once, whatever befalls the run.

use super::{assert_sound, of_file, of_text};
use surefoot::base::{Map, PlantedBug};
use surefoot::simulate::{Ending, SimConfig, Workload, campaign, crash_at, crash_everywhere, rehearse, seeded};
use surefoot::twin::Scenario;

/// The switch of traffic that is shipped, in its world.
pub(super) fn switching_traffic() -> Workload {
    let text = std::fs::read_to_string("runbooks/switch-traffic.scenario.yaml").unwrap();
    let inputs: Map = [("change_id".to_owned(), "CHG0042917".into())].into_iter().collect();
    of_file("runbooks/switch-traffic.yaml", Workload::lean(Scenario::from_text(&text).unwrap()), &inputs)
}

#[test]
fn a_calm_day_ends_well() {
    let told = rehearse(&switching_traffic(), &crash_at(&[])).unwrap();
    assert_eq!((told.ending, told.lives, told.held, told.why), (Ending::Done, 1, 0, None));
    assert_eq!(told.violations, Vec::<String>::new());
}

#[test]
fn whatever_befalls_it_every_request_takes_place_once() {
    let tally = campaign(&switching_traffic(), 300, |number| seeded(number as u64), 2).unwrap();
    assert_sound(&tally);
    assert!(tally.endings[&Ending::Done] > 270 && tally.crashes > 60, "{:?} {}", tally.endings, tally.crashes);
    for met in ["response lost", "request lost", "request late", "clock jumped ahead"] {
        assert!(tally.met.contains_key(met), "{met} never is: {:?}", tally.met);
    }
}

#[test]
fn a_crash_before_and_after_every_call_changes_nothing() {
    let script = switching_traffic();
    let orders = crash_everywhere(&script).unwrap();
    let tally = campaign(&script, orders.len(), |number| orders[number].clone(), 2).unwrap();
    assert_sound(&tally);
    assert_eq!(tally.endings.keys().collect::<Vec<_>>(), [&Ending::Done]);
}

#[test]
fn a_request_that_is_sent_again_without_a_look_is_seen() {
    for flaw in [PlantedBug::DeclaredSentAgain, PlantedBug::NoSettling] {
        let violations = |seed: u64, flaw: Option<PlantedBug>| {
            rehearse(&switching_traffic(), &SimConfig { flaw, ..seeded(seed) }).unwrap().violations
        };
        let shows = |seed: &u64| {
            let told = violations(*seed, Some(flaw));
            told.iter().any(|one| one.contains("2 times `POST https://lb.internal/services/orders/"))
        };
        let seed = (0..600).find(shows).unwrap_or_else(|| panic!("no seed shows {flaw}"));
        assert_eq!(violations(seed, None), Vec::<String>::new(), "seed {seed}");
    }
}

#[test]
fn a_host_that_the_scenario_does_not_name_is_not_reached() {
    let book = "runbook: elsewhere\nversion: 1.0.0\nsteps:\n  - id: look\n    uses: http.request\n    \
                with: {url: \"https://lb.external/pools\"}\n    retry: {max: 1}\n";
    let script = of_text("elsewhere.yaml", book, Workload::lean(Scenario::default()), &Map::new());
    let told = rehearse(&script, &crash_at(&[])).unwrap();
    assert_ne!(told.ending, Ending::Done);
    assert!(told.why.as_deref().is_some_and(|why| why.contains("names no service lb.external")), "{:?}", told.why);
}
