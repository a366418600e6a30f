//! Steps that people take part in.

use super::plans::{runbook, with_defaults};
use super::rig::{Rig, alice};
use super::story::{rows, story, tell};
use std::time::Duration;
use surefoot::base::{Digest, Map};
use surefoot::engine::call::Reply;
use surefoot::engine::event::Body;
use surefoot::engine::evidence::Proof;
use surefoot::engine::question::{Answer, Form};

fn confirmation(wanted: &str) -> String {
    runbook(&format!("  - {{id: confirm, uses: confirm, with: {{subject: \"2f49c2b3\", type: {wanted}}}}}\n"))
}

#[test]
fn a_confirmation_is_typed_and_bound_to_the_plan() {
    let rig = story(
        &confirmation("prod"),
        "confirm",
        r#"
        ask 1 -> answer prod
        = succeeded {"at":"2026-01-02T03:04:09Z","by":"os:alice@host1","plan_digest":
        = closed done
        "#,
    );
    let entry = rig.engine.ledger().get(Proof::Confirmed, "2f49c2b3").unwrap();
    let bound = Digest::of(format!("{}\nprod", rig.plan.digest).as_bytes());
    assert_eq!((entry.evidence.digest, entry.evidence.verifier.as_str()), (bound, "os:alice@host1"));
}

#[test]
fn what_cannot_be_typed_or_mistaken_is_replaced_by_the_id() {
    for name in ["\"prod-öst\"", "\"p\\u0000d\"", "\"рrod\"", "\" prod\"", "\"prod \"", "\"\\u202eprod\"", "\"\""] {
        let rig = story(
            &confirmation(name),
            "confirm",
            "ask 1 -> answer 2f49c2b3\n= succeeded {\"at\":\"2026-01-02T03:04:09Z\"\n= closed done",
        );
        let asked = &rig.engine.steps()[0].history.questions[0].question;
        assert_eq!(asked.form, Form::Type("2f49c2b3".to_owned()));
        assert!(asked.text.contains("the id is typed instead"), "{}", asked.text);
        assert!(!asked.text.contains(['\0', '\u{202e}']), "{:?}", asked.text);
    }
}

#[test]
fn a_confirmation_that_is_not_typed_in_five_tries_holds() {
    let wrong = rows(2..=5, |round| format!("= asks {round}: That was not it.\nask {round} -> answer PROD"));
    story(
        &confirmation("prod"),
        "confirm",
        &format!(
            "ask 1 -> answer pord\n{wrong}\n= held check: what was asked for was not typed in 5 tries\n! resume\n\
             = asks 6\nask 6 -> answer prod\n= succeeded\n= closed done"
        ),
    );
    // A new session has five tries of its own; the question that was open counts for the session that asked it.
    let wrong = rows(4..=8, |round| format!("= asks {round}\nask {round} -> answer no"));
    story(
        &confirmation("prod"),
        "confirm",
        &format!(
            "ask 1 -> answer pord\n= asks 2\nask 2 -> answer\n= asks 3\n! crash\nask 3 -> answer no\n{wrong}\n\
             = held check: what was asked for was not typed in 5 tries"
        ),
    );
}

/// Kinds that ask at once.
const ASKING: [&str; 3] = [
    "uses: manual, with: {instructions: Stop the writers.}",
    "uses: confirm, with: {subject: \"2f49c2b3\", type: prod}",
    "uses: backup.receive, with: {instance_id: \"2f49c2b3\", snapshot_id: s1, snapshot_time: \"2026-01-02T03:00:00Z\"}",
];

#[test]
fn a_question_is_open_as_long_as_its_step_says_and_no_longer() {
    for step in ASKING {
        let yaml = with_defaults("timeout: 5m", &format!("  - {{id: ask, timeout: 1h, {step}}}\n"));
        let rig = story(
            &yaml,
            "ask",
            "! wait 59m\n! crash\n! wait 1m\n= held check: nobody answered within 1h\nnothing\n! resume\n= asks 2",
        );
        let engine = &rig.engine;
        assert_eq!(engine.steps()[0].history.questions.len(), 2, "{step}");
        let yaml = yaml.replace("timeout: 1h", "timeout: 1h, on_failure: stop");
        story(&yaml, "ask", "! wait 1h\n= failed timeout: nobody answered within 1h\n= closed failed");
    }
}

#[test]
fn without_a_time_out_of_its_own_a_question_stays_open() {
    for step in ASKING {
        let yaml = with_defaults("timeout: 5m", &format!("  - {{id: ask, {step}}}\n"));
        story(&yaml, "ask", "! wait 50h");
    }
}

#[test]
fn an_answer_that_comes_late_is_none() {
    let yaml = runbook("  - {id: ask, uses: manual, timeout: 1h, with: {instructions: Stop the writers.}}\n");
    let rig = story(&yaml, "ask", "");
    let (ask, at) = (rig.pending("ask").unwrap(), rig.now.plus(Duration::from_hours(1)));
    let answer = Answer { text: "done".to_owned(), note: String::new(), by: alice(), at, fields: Map::new() };
    let body = rig.engine.record(ask.id, Reply::Answered(answer), at).unwrap();
    let Body::StepHeld { reason, remedy, .. } = body else { panic!("{body:?}") };
    assert_eq!((reason.as_str(), remedy.as_str()), ("nobody answered within 1h", "`surefoot resume` asks again"));
}

#[test]
fn nobody_there_or_no_will_holds() {
    story(
        &confirmation("prod"),
        "confirm",
        r"
        ask 1 -> failed check declined: not today reason declined
        = held person: declined: not today
        nothing
        ! resume
        ask 1 -> answer prod
        = succeeded
        = closed done
        ",
    );
}

#[test]
fn a_question_has_no_time_out() {
    story(&confirmation("prod"), "confirm", "! wait 400h\nask 1 -> answer prod\n= succeeded\n= closed done");
}

#[test]
fn a_task_is_done_or_typed() {
    let manual =
        |with: &str| runbook(&format!("  - {{id: m, uses: manual, with: {{instructions: Do it., {with}}}}}\n"));
    story(
        &manual(""),
        "m",
        r#"
        ask 1 -> answer whatever
        = succeeded {"at":"2026-01-02T03:04:09Z","by":"os:alice@host1","note":""}
        = closed done
        "#,
    );
    story(
        &manual("task: type, type: \"37\""),
        "m",
        r"
        ask 1 -> answer 36
        = asks 2: That was not it. / Do it.
        ask 2 -> answer 37
        = succeeded
        = closed done
        ",
    );
}

fn giving(more: &str) -> String {
    let with = "instructions: Import it., task: import, path: /x.backup, sha256: abc";
    runbook(&format!("  - {{id: m, uses: manual, with: {{{with}{more}}}}}\n"))
}

#[test]
fn what_is_given_away_is_read_before_the_question_and_after_the_answer() {
    story(
        &giving(""),
        "m",
        r#"
        read read -> found {"ok":true}
        = asks 1: Import it.
        ask 1 -> answer done
        read read -> failed outside slow
        = waits 1: slow
        +2s read read -> found {"ok":true}
        = succeeded
        = closed done
        "#,
    );
    let rig = story(
        &giving(", copy: \"s3://b/k (version v1)\""),
        "m",
        r#"
        read read -> found {"ok":false,"problem":"the file /x.backup no longer exists"}
        = held person: the file to give in is not the one that was verified: the file /x.backup no longer exists
        nothing
        ! resume
        read read -> found {"ok":true}
        = asks 1: Import it.
        ! crash
        ask 1 -> answer done
        read read -> found {"ok":false,"problem":"it has changed"}
        = held person: the file to give in is not the one that was verified: it has changed
        nothing
        "#,
    );
    let told = |rig: &Rig| rig.engine.view().steps[0].remedy.clone();
    let remedy = "the verified copy is s3://b/k (version v1); put it to /x.backup, resume, and give it in again";
    assert_eq!(told(&rig), remedy);
    // What was given in then was another file, so it is asked for again.
    let more = r#"
        ! resume
        read read -> found {"ok":true}
        = asks 2: Import it.
        ask 2 -> answer done
        read read -> found {"ok":true}
        = succeeded
        = closed done
        "#;
    tell(rig, "m", more);
    let rig = story(
        &giving(""),
        "m",
        r#"read read -> found {"ok":false,"problem":"gone"}
        = held person: the file to give in is not the one that was verified: gone"#,
    );
    assert_eq!(told(&rig), "put the file with the digest abc back to /x.backup, then resume");
}

const DIFFERENT: &str = r#"found {"rows":[],"unexpected":["region","memory"],"text":"the table"}"#;

#[track_caller]
fn diff(rows: &str) -> Rig {
    story(&runbook("  - {id: d, uses: diff, with: {before: {a: 1}, after: {a: 2}}}\n"), "d", rows)
}

#[test]
fn a_deviation_is_acknowledged_by_a_person() {
    diff(
        "read read -> calm\n= succeeded {\"acknowledged_by\":null,\"rows\":[],\"text\":\"\",\"unexpected\":[]}\n= closed done",
    );
    diff(&format!(
        "read read -> {DIFFERENT}\n\
         = asks 1: These fields differ and were not expected to: region, memory. / the table\n\
         ask 1 -> answer perhaps\n= asks 2: These fields differ\n! crash\nask 2 -> answer accept\n\
         = succeeded {{\"acknowledged_by\":\"os:alice@host1\",\"rows\":[],\"text\":\"the table\",\"unexpected\":[\"region\",\"memory\"]}}\n\
         = closed done"
    ));
    diff(&format!(
        "read read -> {DIFFERENT}\n= asks 1: These\nask 1 -> answer stop\n\
         = held person: an unexpected difference was not accepted\nnothing\n! resume\n= asks 2: These\n\
         ask 2 -> answer accept\n= succeeded\n= closed done"
    ));
}

fn receiving(more: &str) -> String {
    let with = "instance_id: \"2f49c2b3\", snapshot_id: s1, snapshot_time: \"2026-01-02T03:00:00Z\"";
    runbook(&format!("  - {{id: export, uses: backup.receive, with: {{{with}{more}}}}}\n"))
}

const GOOD: &str = r#"found {"ok":true,"path":"/x.backup","size":7,"sha256":"abc"}"#;
const BAD: &str = r#"found {"ok":false,"problem":"It is an HTML page."}"#;

#[test]
fn a_file_is_asked_for_until_one_serves() {
    story(
        &receiving(""),
        "export",
        &format!(
            "ask 1 -> answer /a.html\nread read -> {BAD}\n= asks 2: The file cannot be used: It is an HTML page. / In the\n\
             ask 2 -> answer /x.backup\nread read -> failed outside slow\n= waits 1: slow\n+2s read read -> {GOOD}\n\
             = succeeded\n= closed done"
        ),
    );
    let round = |round: u32| format!("= asks {round}\nask {round} -> answer /a\nread read -> {BAD}");
    story(
        &receiving(""),
        "export",
        &format!(
            "ask 1 -> answer /a\nread read -> {BAD}\n{}\n= held person: no file so far can be used: It is an HTML page.\n\
             ! resume\n{}\n= held person: no file so far can be used\n",
            rows(2..=5, round),
            rows(6..=10, round)
        ),
    );
}

#[test]
fn a_file_is_watched_for_until_it_has_stopped_growing() {
    story(
        &receiving(", folder: /downloads"),
        "export",
        &format!(
            r#"
            read poll       -> found {{"path":null}}
            +10s read poll  -> found {{"path":"/downloads/x","size":1,"stable":false}}
            ! crash
            +10s read poll  -> found {{"path":"/downloads/x","size":7,"stable":true}}
            read read       -> {BAD}
            = asks 1: The file cannot be used
            ask 1           -> answer /x.backup
            read read       -> {GOOD}
            = succeeded
            = closed done
            "#
        ),
    );
}

#[test]
fn what_a_person_sees_are_the_plain_outputs_of_the_steps_to_show() {
    let yaml = runbook(
        "  - {id: one, uses: assert, with: {that: true}}\n  \
           - {id: confirm, uses: confirm, with: {subject: \"2f49c2b3\", type: prod, show: [one]}}\n",
    );
    let rig = story(&yaml, "confirm", "");
    let asked = rig.log.iter().find_map(|event| match &event.body {
        Body::QuestionAsked { question, .. } => Some(question.clone()),
        _ => None,
    });
    assert_eq!(asked.unwrap().show, [("one.that".to_owned(), serde_json::json!(true))]);
}
