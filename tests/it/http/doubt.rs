//! Doubts that only a person can settle, and conditions that settle nothing.

use super::book::{DRAIN, PROBE, drain, folder, run, service, step};
use crate::support::binary::Folder;
use crate::support::service::{Deed, Service};

fn opaque() -> (Service, Folder) {
    let (service, folder) = (service().planned(DRAIN, Deed::LoseAnswer), folder(&drain("")));
    run(&folder, &service).exit(9).says("in doubt");
    assert_eq!(service.came(DRAIN), 1);
    let run = folder.run_id().unwrap();
    let status = folder.call(&["status"]).exit(0);
    let status = status.says("`drain` is in doubt").says(&format!("surefoot resolve {run} drain applied"));
    status.says("POST http://127.0.0.1:").says("applied it counts as done");
    let document = folder.call(&["status", "--output", "json"]).exit(0).json();
    let next = &document["in_doubt"][0]["next"];
    assert_eq!(next["what"], "nothing until an operator resolves it");
    assert_eq!(next["then"][0]["then"], "it counts as done");
    assert_eq!(next["then"][1]["then"], "the request is sent again, attempt 2");
    (service, folder)
}

#[test]
fn without_a_probe_and_a_key_a_person_says_that_it_took_place() {
    let (service, folder) = opaque();
    // Nothing is done about it until then.
    folder.call(&["resume"]).exit(9);
    assert_eq!(service.came(DRAIN), 1);
    let run = folder.run_id().unwrap();
    folder.call(&["resolve", &run, "drain", "applied", "--because", "the pool shows it"]).exit(0);
    folder.call(&["resume"]).exit(0);
    assert_eq!(service.came(DRAIN), 1);
    assert_eq!(step(&folder)["output"]["settled_by"], "operator");
}

#[test]
fn without_a_probe_and_a_key_a_person_says_that_it_did_not() {
    let (service, folder) = opaque();
    let run = folder.run_id().unwrap();
    folder.call(&["resolve", &run, "drain", "not-applied", "--because", "the pool is active"]).exit(0);
    folder.call(&["resume"]).exit(0);
    assert_eq!(service.came(DRAIN), 2);
    assert_eq!(step(&folder)["output"]["settled_by"], "answer");
}

#[test]
fn a_probe_that_says_two_things_at_once_is_held_with_its_reason() {
    let both = PROBE.replace("'draining'", "'drained'");
    let (service, folder) = (service().planned(DRAIN, Deed::LoseAnswer), folder(&drain(&both)));
    run(&folder, &service).exit(4).says("the probe says that it is applied and pending at once");
    assert_eq!(service.came(DRAIN), 1);
    folder.call(&["resume"]).exit(4).says("applied and pending at once");
    assert_eq!(service.came(DRAIN), 1);
}

#[test]
fn a_look_that_finds_nothing_to_judge_settles_nothing() {
    // The service answers, and what `applied` refers to is not there.
    let elsewhere = PROBE.replace("probe.json.state == 'drained'", "probe.json.pool.state == 'drained'");
    let (service, folder) = (service(), folder(&drain(&elsewhere)));
    let ran = run(&folder, &service);
    assert!(ran.code == 1, "{} {}", ran.out, ran.err);
    ran.says("found nothing that `applied` could judge");
    assert_eq!(service.came(DRAIN), 0, "nothing is sent while nobody could tell whether it arrived");
}

#[test]
fn a_doubt_is_kept_while_the_look_finds_nothing_to_judge() {
    let (service, folder) = (service().planned(DRAIN, Deed::ParkAfter), folder(&drain(PROBE)));
    let input = format!("base={}", service.url());
    let mut process = folder.spawn(&["run", "book.yaml", "--input", &input]);
    service.wait_parked();
    process.kill().unwrap();
    process.wait().unwrap();
    service.plan("GET /pools/old", Deed::Body("the page has moved".to_owned()));
    let ran = folder.call(&["resume"]);
    assert!(ran.code != 0, "{} {}", ran.out, ran.err);
    let ran = ran.says("found nothing that `applied` could judge");
    assert_ne!(ran.code, 1, "an effect in doubt does not close the run: {} {}", ran.out, ran.err);
    folder.call(&["resume"]).exit(0);
    assert_eq!((service.came(DRAIN), service.applied(DRAIN)), (1, 1));
}
