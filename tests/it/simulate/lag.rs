//! A service whose lists, and reads of what is new, are minutes behind.

use super::{assert_sound, main_job, of_text, source_of};
use surefoot::simulate::{Ending, Odds, SimConfig, Workload, campaign, seeded};
use surefoot::twin::{Scenario, Span};

/// The same where lists and reads are so many seconds behind.
fn lagging(mut workload: Workload, lists: u64, reads: u64) -> Workload {
    (workload.scenario.list_lag, workload.scenario.get_lag) = (Span::secs(lists), Span::secs(reads));
    workload
}

/// One instance is created, by a step that says this of lists.
fn creating(lags: &str) -> Workload {
    let scenario = Workload::lean(Scenario::default());
    let inputs = source_of(&scenario);
    let text = format!(
        "runbook: creating\nversion: 1.0.0\ninputs: {{instance_id: {{type: string}}}}\n\
         secrets: {{aura: {{env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}}}}\nsteps:\n  \
         - {{id: capture, uses: aura.instance.get, with: {{instance_id: \"{{{{ inputs.instance_id }}}}\"}}}}\n  \
         - id: make\n    uses: aura.instance.create\n    with: \
         {{tenant_id: \"{{{{ steps.capture.tenant_id }}}}\", type: enterprise-db, cloud_provider: aws, \
         region: eu-west-1, memory: 8GB, password_file: make.env{lags}}}\n    timeout: 4h\n"
    );
    of_text("creating.yaml", &text, scenario, &inputs)
}

#[test]
fn nothing_is_created_twice_where_lists_and_reads_are_minutes_behind() {
    for (lists, reads) in [(170, 0), (600, 0), (0, 400), (600, 600)] {
        let workload = lagging(creating(""), lists, reads);
        let tally = campaign(&workload, 60, |number| seeded(number as u64), 2).unwrap();
        assert_sound(&tally);
        assert_eq!((tally.broken, tally.doubled), (0, 0), "{lists} {reads}");
        assert!(tally.endings[&Ending::Done] > 20, "{lists} {reads}: {:?}", tally.endings);
    }
    for (lists, reads) in [(600, 0), (0, 400)] {
        let workload = lagging(main_job(), lists, reads);
        let tally = campaign(&workload, 20, |number| seeded(number as u64), 2).unwrap();
        assert_sound(&tally);
        assert_eq!((tally.broken, tally.doubled), (0, 0), "{lists} {reads}");
    }
}

#[test]
fn a_lag_beyond_what_is_assumed_is_no_bug_and_one_instance_is_left() {
    let workload = lagging(creating(", lag_max: 1m"), 600, 0);
    let tally = campaign(&workload, 200, |number| seeded(number as u64), 2).unwrap();
    assert_sound(&tally);
    assert!(tally.broken > 100 && tally.doubled > 5, "{} {}", tally.broken, tally.doubled);
    let told = tally.assumption.unwrap().to_string();
    assert_eq!(told, "the assumption is broken: lists lag by 10m, the plan assumes at most 1m");
    assert!(tally.endings[&Ending::Done] > 80, "{:?}", tally.endings);
}

#[test]
fn a_lag_that_was_measured_before_is_given_its_time() {
    let odds = Odds { effect: 400_000, ..Odds::default() };
    let config = |number: usize| SimConfig { odds: Some(odds), ..seeded(number as u64) };
    let doubled = |workload: &Workload| {
        let tally = campaign(workload, 40, config, 2).unwrap();
        assert_sound(&tally);
        // Lists of snapshots are behind before anything was measured.
        let told = "the assumption is broken: lists lag by 25m, the plan assumes at most 10m";
        assert_eq!((tally.broken, tally.assumption.unwrap().to_string().as_str()), (40, told));
        tally.doubled
    };
    // The source lingers in lists after its deletion: that is seen, whatever the step assumes.
    let workload = lagging(main_job(), 1500, 0);
    assert_eq!(doubled(&workload), 0);
    // A step that is not told has nothing but the assumption.
    let text = String::from_utf8(workload.source.to_vec()).unwrap();
    let blind = text.replace("      lag_seen: \"{{ steps.gone.lag }}\"\n", "");
    assert_ne!(text, blind);
    let blind = of_text("blind.yaml", &blind, workload.scenario.clone(), &workload.plan.inputs);
    assert!(doubled(&blind) > 0);
}
