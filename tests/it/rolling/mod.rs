//! `runbooks/rolling-restart.yaml`, run by the real binary against five small servers on loopback.

mod fleet;

use crate::support::killing::{Moments, campaign};
use fleet::{Fleet, HOSTS, in_order};

#[test]
fn killed_anywhere_and_resumed_each_host_is_restarted_once_and_in_order() {
    let one = |moments: &mut Moments| {
        let fleet = Fleet::start(&[]);
        fleet.run.finish(moments);
        assert_eq!(fleet.log(), in_order(&HOSTS));
        fleet.run.written()
    };
    let usual = one(&mut Moments::none());
    campaign(usual, |_, moments| {
        one(moments);
    });
}

#[test]
fn a_host_that_does_not_become_healthy_holds_the_run_before_the_next_host() {
    let fleet = Fleet::start(&[("    timeout: 10m\n    on_failure: hold", "    timeout: 2s\n    on_failure: hold")]);
    std::fs::write(fleet.path(HOSTS[2]).join("broken"), "").unwrap();
    let begin: Vec<&str> = fleet.run.begin.iter().map(String::as_str).collect();
    fleet.run.folder.call(&begin).exit(4).says("healthy_3");
    let mut expected = in_order(&HOSTS[..3]);
    expected.pop();
    assert_eq!(fleet.log(), expected);
    std::fs::remove_file(fleet.path(HOSTS[2]).join("broken")).unwrap();
    fleet.run.folder.call(&["resume"]).exit(0);
    assert_eq!(fleet.log(), in_order(&HOSTS));
}

#[test]
fn a_restart_that_fails_stops_the_run_before_the_next_host() {
    let fleet = Fleet::start(&[]);
    let dir = fleet.path(HOSTS[1]);
    let pid = std::fs::read_to_string(dir.join("pid")).unwrap();
    // `kill` of the script finds nobody.
    std::fs::write(dir.join("pid"), "999999999").unwrap();
    let begin: Vec<&str> = fleet.run.begin.iter().map(String::as_str).collect();
    fleet.run.folder.call(&begin).exit(9).says("restart_2");
    assert_eq!(fleet.log(), [in_order(&HOSTS[..1]), vec![format!("start {}", HOSTS[1])]].concat());
    std::fs::write(dir.join("pid"), pid).unwrap();
    let run = fleet.run.folder.run_id().unwrap();
    let resolve = ["resolve", &run, "restart_2", "not-applied", "--because", "the script ended before it did anything"];
    fleet.run.folder.call(&resolve).exit(0);
    fleet.run.folder.call(&["resume"]).exit(0);
    assert_eq!(fleet.log()[4..], in_order(&HOSTS[1..]));
}
