//! The main job with a change window, rehearsed: nothing irreversible is sent outside of it.

use super::{assert_sound, of_text};
use surefoot::simulate::{Ending, Workload, calm, campaign, crash_everywhere, rehearse, seeded};
use surefoot::twin::Scenario;

/// A window of half a day, with a freeze of hours in between and a reserve.
const HALF_A_DAY: &str = "{timezone: Europe/London, rrule: \"FREQ=DAILY;BYHOUR=20\", duration: 12h, reserve: 1h}";
/// One that closes in the midst of the job.
pub(super) const SHORT: &str =
    "{timezone: Europe/London, rrule: \"FREQ=DAILY;BYHOUR=0,3,6,9,12,15,18,21\", duration: 2h30m, reserve: 2h20m}";

/// The main job with this window.
pub(super) fn with_window(window: &str) -> Workload {
    let scenario = Workload::lean(Scenario::default());
    let inputs = Workload::proposed(1, &scenario).unwrap();
    let text = std::fs::read_to_string("runbooks/migrate-to-vdc.yaml").unwrap();
    let text = text.replacen("\ninputs:", &format!("\nwindow: {window}\n\ninputs:"), 1);
    assert!(text.contains("window:"));
    of_text("migrate.yaml", &text, scenario, &inputs)
}

fn seeds(usual: usize) -> usize {
    std::env::var("SUREFOOT_WINDOW_SEEDS").map_or(usual, |text| text.parse().unwrap())
}

#[test]
fn a_calm_run_sleeps_until_its_window_opens() {
    let told = rehearse(&with_window(HALF_A_DAY), &calm(1)).unwrap();
    assert_eq!((told.ending, told.lives, told.why), (Ending::Done, 1, None));
    assert_eq!(told.violations, Vec::<String>::new());
    let journal = String::from_utf8(told.journal).unwrap();
    for record in ["window.awaited", "window.opened"] {
        assert!(journal.contains(&format!("\"type\":\"{record}\"")), "no {record}");
    }
}

#[test]
fn whatever_befalls_it_nothing_irreversible_is_sent_outside_of_the_window() {
    for window in [HALF_A_DAY, SHORT] {
        let workload = with_window(window);
        let tally = campaign(&workload, seeds(60), |number| seeded(number as u64), 2).unwrap();
        assert_sound(&tally);
        let done = tally.endings.get(&Ending::Done).copied().unwrap_or_default();
        assert!(done > tally.trials / 4 && tally.crashes > tally.trials / 10, "{:?} {:?}", tally.endings, tally.why);
    }
}

#[test]
fn a_crash_before_and_after_many_a_call_changes_nothing() {
    let workload = with_window(SHORT);
    let orders: Vec<_> = crash_everywhere(&workload).unwrap().into_iter().step_by(35).collect();
    let tally = campaign(&workload, orders.len(), |number| orders[number].clone(), 2).unwrap();
    assert_sound(&tally);
}
