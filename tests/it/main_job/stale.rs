//! What was proved before a person thinks is proved again before anything is deleted.

use super::job::{Job, deletions, new_instances};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use surefoot::driver::Stop;
use surefoot::engine::event::{Body, Verdict};

/// Asks the console of a twin for something.
fn console(url: &str, action: &str, body: &serde_json::Value) {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let body = body.to_string();
    let mut stream = TcpStream::connect(host).unwrap();
    let head = format!("POST /{path}/{action} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    write!(stream, "{head}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
}

/// A job in which something is done the first time that this step asks.
fn thoughtful(step: &'static str, does: impl Fn(&str, &str) + Send + Sync + 'static) -> (Job, String) {
    let job = Job::new().lasting();
    let ready = job.ready();
    let (url, source) = (ready.console_url, ready.instances[0].id.clone());
    let id = source.clone();
    let is_done = AtomicBool::new(false);
    let job = job.meanwhile(move |body| {
        if matches!(body, Body::QuestionAsked { step: asking, .. } if asking == step)
            && !is_done.swap(true, Ordering::Relaxed)
        {
            does(&url, &id);
        }
    });
    (job, source)
}

fn resets(job: &Job) -> Vec<(String, String, Vec<String>)> {
    let reset = |body| match body {
        Body::StepReset { step, reason, steps } => Some((step, reason, steps)),
        _ => None,
    };
    job.bodies().into_iter().filter_map(reset).collect()
}

fn asked(job: &Job, step: &str) -> usize {
    let is_it = |body: &Body| matches!(body, Body::QuestionAsked { step: asking, .. } if asking == step);
    job.bodies().iter().filter(|body| is_it(body)).count()
}

#[test]
fn what_is_written_while_a_person_thinks_is_in_a_fresh_backup_before_it_is_deleted() {
    let (job, source) = thoughtful("confirm", |url, id| {
        let written = serde_json::json!({"instance_id": id, "nodes": {"Payment": 60_135}});
        console(url, "writers", &written);
    });
    let ended = job.run().unwrap();
    assert_eq!(ended.stop, Stop::Closed(Verdict::Done), "{:?}", ended.view.steps);
    let resets = resets(&job);
    let [(step, reason, steps)] = resets.as_slice() else { panic!("{resets:?}") };
    assert_eq!(step, "delete");
    assert!(reason.starts_with("the confirmation is void: it is not as `counts_c` found it"), "{reason}");
    assert!(reason.contains("nodes: "), "{reason}");
    for step in ["writers_stopped", "snapshot", "export", "upload", "verify", "audit_before", "confirm", "delete"] {
        assert!(steps.iter().any(|again| again == step), "{step} is not among {steps:?}");
    }
    assert!(!steps.iter().any(|step| step == "capture" || step == "target"), "{steps:?}");
    assert_eq!((asked(&job, "writers_stopped"), asked(&job, "confirm")), (2, 2));
    let mut world = job.world(&ended);
    assert_eq!(deletions(&world, &source), 1);
    assert_eq!(new_instances(&mut world).len(), 1);
    let rows = ended.summary["outputs"].clone();
    assert!(rows["new_instance_id"].is_string(), "{rows}");
}

#[test]
fn a_backup_that_is_older_than_what_was_counted_is_said_to_be_so_and_does_not_end_at_the_comparison() {
    let (job, source) = thoughtful("writers_stopped", |url, id| {
        console(url, "writers", &serde_json::json!({"instance_id": id, "nodes": {"Payment": 500}}));
    });
    let job = job.input("snapshot", "latest");
    let ended = job.run().unwrap();
    assert_eq!(ended.stop, Stop::Closed(Verdict::Done), "{:?}", ended.view.steps);
    assert_eq!(deletions(&job.world(&ended), &source), 1);
    let text = |step: &str| {
        let asked = |body: &Body| match body {
            Body::QuestionAsked { step: asking, question } if asking == step => Some(question.text.clone()),
            _ => None,
        };
        job.bodies().iter().rev().find_map(asked).unwrap()
    };
    assert!(text("confirm").contains("THE BACKUP IS OLDER than what was counted"), "{}", text("confirm"));
    assert!(text("compare").starts_with("the counts still differ after 30m"), "{}", text("compare"));
    let summary = std::fs::read_to_string(ended.audit_dir.join("summary.txt")).unwrap();
    assert!(summary.contains("`compare`: differences in"), "{summary}");
}
