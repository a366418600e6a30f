//! What was proved before a person thinks is proved again before anything is deleted.

use super::job::{Job, deletions, last_page, new_instances};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use surefoot::driver::Stop;
use surefoot::engine::event::{Body, Verdict};
use surefoot::ops::Ended;
use surefoot::report::{Style, ending};

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

/// The outputs of each success of a step, in order.
fn outputs(job: &Job, id: &str, field: &str) -> Vec<String> {
    let of = |body| match body {
        Body::StepSucceeded { step, output, .. } if step == id => Some(output[field].as_str()?.to_owned()),
        _ => None,
    };
    job.bodies().into_iter().filter_map(of).collect()
}

fn asked(job: &Job, step: &str) -> usize {
    let is_it = |body: &Body| matches!(body, Body::QuestionAsked { step: asking, .. } if asking == step);
    job.bodies().iter().filter(|body| is_it(body)).count()
}

/// Whoever is asked again reads why, and so does whoever reads the end.
fn told_why(job: &Job, ended: &Ended, reason: &str) {
    let questions = job.bodies().into_iter().filter_map(|body| match body {
        Body::QuestionAsked { step, question } if step == "confirm" => Some(question.text),
        _ => None,
    });
    let [first, second] = &questions.collect::<Vec<_>>()[..] else { panic!() };
    assert!(!first.contains("Asked again"), "{first}");
    let told = format!("Asked again, because {reason}.\nTWIN, nothing real: this DELETES ");
    assert!(second.starts_with(&told), "{second}");
    let text = ending(&last_page(ended), Style { columns: 400, colour: false });
    let (_, back) = text.split_once("\nThe run went back\n").expect(&text);
    assert!(back.starts_with("  Once in record ") && back.contains(&format!("from `delete`: {reason}.\n")), "{back}");
}

/// The first backup is of no use any more and is told as such; the snapshots have gone with the instance.
fn told_what_is_left(job: &Job, ended: &Ended) {
    let [old, new] = &outputs(job, "upload", "version_id")[..] else { panic!() };
    let summary = std::fs::read_to_string(ended.audit_dir.join("summary.txt")).unwrap();
    let text = ending(&last_page(ended), Style { columns: 400, colour: false });
    for page in [&text, &summary] {
        let (_, left) = page.split_once("\nLeft from before the run went back\n").expect(page);
        let (left, _) = left.split_once("\n\n").unwrap();
        assert!(left.contains(&format!("version {old},")) && !left.contains(new.as_str()), "{left}");
        assert!(!left.contains("snapshot"), "{left}");
    }
    let by = job.records().iter().position(|name| *name == "step.reset").unwrap();
    let verified = summary.lines().find(|line| line.starts_with("Dump verified:")).unwrap();
    let (_, table) = summary.split_once("\nEvidence\n").unwrap();
    let backups: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("backup "))
        .map(|line| line.split_whitespace().collect())
        .collect();
    let [void, counts] = &backups[..] else { panic!("{table}") };
    assert_eq!(void[3..7].join(" "), format!("void since record {by}"));
    assert!(verified.contains(&format!(" YES, record {}, ", counts[2])), "{verified}");
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
    told_why(&job, &ended, reason);
    told_what_is_left(&job, &ended);
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
