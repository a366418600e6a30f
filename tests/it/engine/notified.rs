//! A message is posted once, and whatever happens to it the run goes on.

use super::plans::runbook;
use super::rig::Rig;
use super::story::story;

#[track_caller]
fn tell(rows: &str) -> Rig {
    let with = "{url: \"https://hooks.example.com/x\", format: slack, text: hi}";
    story(&runbook(&format!("  - {{id: tell, uses: notify.webhook, with: {with}}}\n")), "tell", rows)
}

fn once(row: &str, end: &str) {
    let end = format!("= succeeded {{{end}}}\n= closed done");
    let rig = tell(&format!("prepare request 1 -> calm\n{row}\n{end}"));
    assert_eq!(rig.engine.steps()[0].history.attempts.len(), 1);
    assert!(rig.engine.doubts().is_empty());
}

#[test]
fn whatever_the_answer_is_the_step_is_done() {
    once("send request 1 -> applied", r#""delivered":true,"error":null,"host":"target","status":null"#);
    once(
        "send request 1 -> rejected 404 invalid no_service",
        r#""delivered":false,"error":"no_service","host":"target","status":404"#,
    );
    once(
        "send request 1 -> rejected 429 outside slow down after 20s",
        r#""delivered":false,"error":"slow down","host":"target","status":429"#,
    );
    once("send request 1 -> auth", r#""delivered":false,"error":"denied","host":"target","status":null"#);
    once(
        "send request 1 -> not_sent outside no route",
        r#""delivered":false,"error":"no route","host":"target","status":null"#,
    );
    once(
        "send request 1 -> not_sent invalid no address",
        r#""delivered":false,"error":"no address","host":"target","status":null"#,
    );
}

#[test]
fn a_lost_answer_is_told_as_lost_and_nothing_is_posted_again() {
    once("send request 1 -> unknown", r#""delivered":null,"error":"no answer","host":"target","status":null"#);
    let died = "the process that posted it ended before it saw an answer";
    once(
        "send request 1 -> silence\n! crash",
        &format!(r#""delivered":null,"error":"{died}","host":"target","status":null"#),
    );
    once(
        "send request 1 -> silence\n! dead 30h\n! crash",
        &format!(r#""delivered":null,"error":"{died}","host":"target","status":null"#),
    );
}

#[test]
fn what_we_held_back_ourselves_is_posted_by_the_next_process() {
    tell(
        "prepare request 1 -> calm\nsend request 1 -> not_sent busy held back reason withheld\n\
         prepare request 2 -> calm\nsend request 2 -> applied\n\
         = succeeded {\"delivered\":true,\"error\":null,\"host\":\"target\",\"status\":null}\n= closed done",
    );
}

#[test]
fn a_run_that_fails_meanwhile_comes_to_its_end() {
    let with = "{url: \"https://hooks.example.com/x\", format: slack, text: hi}";
    let yaml = runbook(&format!(
        "  - {{id: tell, uses: notify.webhook, with: {with}}}\n  \
         - {{id: bad, uses: assert, on_failure: stop, with: {{that: false}}}}\n"
    ));
    let rig = story(&yaml, "tell", "prepare request 1 -> calm\nsend request 1 -> silence");
    let rig = super::story::tell(rig, "bad", "read read -> failed check no\n= failed check: no");
    super::story::tell(rig, "tell", "send request 1 -> unknown\n= succeeded\n= closed failed");
}
