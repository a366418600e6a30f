//! The process is killed between the announcement of an effect and its answer, and another one takes the run over.

use super::book::{DRAIN, PROBE, drain, folder, service, step};
use crate::support::binary::Folder;
use crate::support::service::{Deed, Service};

/// Runs until the service holds the request back, kills, and resumes.
fn killed_and_resumed(folder: &Folder, service: &Service, deed: Deed) {
    service.plan(DRAIN, deed);
    let input = format!("base={}", service.url());
    let mut process = folder.spawn(&["run", "book.yaml", "--input", &input]);
    service.wait_parked();
    process.kill().unwrap();
    process.wait().unwrap();
}

#[test]
fn killed_after_it_took_place_it_is_not_sent_again() {
    let (service, folder) = (service(), folder(&drain(PROBE)));
    killed_and_resumed(&folder, &service, Deed::ParkAfter);
    folder.call(&["status"]).exit(0).says("`drain` is in doubt").says("the step's probe looks");
    folder.call(&["resume"]).exit(0);
    assert_eq!((service.came(DRAIN), service.applied(DRAIN)), (1, 1));
    assert_eq!(step(&folder)["output"]["settled_by"], "probe");
}

#[test]
fn killed_before_it_took_place_it_is_sent_again() {
    let (service, folder) = (service(), folder(&drain(PROBE)));
    killed_and_resumed(&folder, &service, Deed::ParkBefore);
    folder.call(&["resume"]).exit(0);
    assert_eq!((service.came(DRAIN), service.applied(DRAIN)), (2, 1));
    assert_eq!(step(&folder)["output"]["settled_by"], "answer");
}

#[test]
fn what_arrives_after_its_sender_died_is_found() {
    let (service, folder) = (service(), folder(&drain(PROBE)));
    killed_and_resumed(&folder, &service, Deed::ParkAndApply);
    service.wait_applied(DRAIN, 1);
    folder.call(&["resume"]).exit(0);
    assert_eq!((service.came(DRAIN), service.applied(DRAIN)), (1, 1));
}

#[test]
fn killed_again_and_again_it_takes_place_once() {
    let (service, folder) = (service(), folder(&drain(PROBE)));
    killed_and_resumed(&folder, &service, Deed::ParkBefore);
    service.plan(DRAIN, Deed::ParkAfter);
    let mut process = folder.spawn(&["resume"]);
    service.wait_parked();
    process.kill().unwrap();
    process.wait().unwrap();
    folder.call(&["resume"]).exit(0);
    assert_eq!((service.came(DRAIN), service.applied(DRAIN)), (2, 1));
    let run = folder.run_id().unwrap();
    folder.call(&["audit", "verify", &run]).exit(0).says("hash chain intact");
}

#[test]
fn killed_with_an_idempotency_key_it_is_sent_again_under_the_same_key() {
    let (service, folder) = (service(), folder(&drain("    idempotency_key: Idempotency-Key\n")));
    killed_and_resumed(&folder, &service, Deed::ParkAfter);
    folder.call(&["resume"]).exit(0);
    let sent = service.seen();
    assert_eq!((sent.len(), service.applied(DRAIN)), (2, 1));
    assert_eq!(sent[0].headers["idempotency-key"], sent[1].headers["idempotency-key"]);
}
