//! Effects that a step declares: announced, sent, and settled by the step's own looks.

use super::plans::runbook;
use super::rig::Rig;
use super::story::{story, tell};
use super::world;
use serde_json::json;
use surefoot::base::Value;
use surefoot::engine::event::{Body, Intent};

const ACTIVE: &str = r#"done {"json":{"state":"active"}}"#;
const DRAINING: &str = r#"done {"json":{"state":"draining"}}"#;
const DRAINED: &str = r#"done {"json":{"state":"drained"}}"#;
const BOTH: &str = r#"done {"json":{"state":"both"}}"#;

const PROBE: &str = "    probe:
      uses: http.request
      with: {url: \"https://lb.internal/old\"}
      applied: \"{{ probe.json.state in ['drained', 'both'] }}\"
      pending: \"{{ probe.json.state in ['draining', 'both'] }}\"
      settle: 1m
";

/// A step that drains a pool, with these further keys.
fn drain(keys: &str) -> String {
    runbook(&format!(
        "  - id: drain\n    uses: http.request\n    effect: undoable\n    timeout: 2h\n    \
         with: {{method: POST, url: \"https://lb.internal/drain\"}}\n{keys}"
    ))
}

/// Rows with the names of states in place of what the look answers.
fn put(rows: &str) -> String {
    let states = [("ACTIVE", ACTIVE), ("DRAINING", DRAINING), ("DRAINED", DRAINED), ("BOTH", BOTH)];
    states
        .into_iter()
        .fold(rows.to_owned(), |rows, (name, done)| rows.replace(&format!("-> {name}\n"), &format!("-> {done}\n")))
}

#[track_caller]
fn probed(rows: &str) -> Rig {
    story(&drain(PROBE), "drain", &put(rows))
}

/// How the step says that its outcome is known.
fn settled_by(rig: &Rig) -> Value {
    let output = rig.log.iter().find_map(|event| match &event.body {
        Body::StepSucceeded { output, .. } => Some(output.clone()),
        _ => None,
    });
    output.unwrap()["settled_by"].clone()
}

/// The looks that do not find it until the settling time is over.
const UNTIL_SETTLED: &str = "read read -> ACTIVE\n4 x +15s read read -> ACTIVE\n";

#[test]
fn the_world_is_looked_at_before_anything_is_sent() {
    let rig = probed(
        "read read -> ACTIVE
         prepare request 1 -> calm
         send request 1 -> applied {\"status\":200}
         = succeeded
         = closed done\n",
    );
    assert_eq!(settled_by(&rig), "answer");
    let rig = probed("read read -> DRAINED\n= succeeded\n= closed done\n");
    assert_eq!(settled_by(&rig), "probe");
    probed("read read -> DRAINING\n+10s read read -> DRAINED\n= succeeded\n= closed done\n");
    probed("read read -> DRAINING\n+10s read read -> ACTIVE\nprepare request 1 -> silence\n");
}

#[test]
fn what_was_not_answered_is_looked_for_and_sent_again_when_it_can_no_longer_arrive() {
    let begun = "read read -> ACTIVE\nprepare request 1 -> calm\nsend request 1 -> unknown\n";
    let rig = probed(&format!("{begun}read read -> ACTIVE\n+15s read read -> DRAINED\n= succeeded\n= closed done\n"));
    assert_eq!(settled_by(&rig), "probe");
    let rig = probed(&format!(
        "{begun}{UNTIL_SETTLED}prepare request 2 -> calm\nsend request 2 -> applied\n= succeeded\n= closed done\n"
    ));
    assert_eq!(settled_by(&rig), "answer");
    // What is seen on its way begins the row anew, and is waited for.
    probed(&format!(
        "{begun}read read -> ACTIVE\n+15s read read -> DRAINING\n+10s read read -> ACTIVE\n\
         3 x +15s read read -> ACTIVE\nprepare request 2 -> silence\n"
    ));
    // One look after the settling time is not enough, nor is a clock that has jumped ahead of it.
    probed(&format!(
        "{begun}read read -> DRAINING\n! dead 10m\nread read -> ACTIVE\n+15s read read -> ACTIVE\n\
         prepare request 2 -> silence\n"
    ));
}

#[test]
fn it_goes_on_after_a_death_at_any_point() {
    probed(&format!(
        "read read -> silence
         ! dead 1s
         ! crash
         read read -> ACTIVE
         prepare request 1 -> silence
         ! crash
         read read -> ACTIVE
         prepare request 1 -> calm
         send request 1 -> silence
         ! crash
         read read -> silence
         ! dead 1s
         ! crash
         {UNTIL_SETTLED}prepare request 2 -> silence
         ! crash
         read read -> ACTIVE
         prepare request 2 -> calm
         send request 2 -> unknown
         read read -> DRAINED
         = succeeded
         = closed done\n"
    ));
}

#[test]
fn nothing_is_sent_because_of_what_an_earlier_process_saw() {
    let begun = "read read -> ACTIVE\nprepare request 1 -> silence\n! dead 10h\n! crash\n";
    probed(&format!("{begun}read read -> DRAINED\n= succeeded\n= closed done\n"));
    let sent = "read read -> ACTIVE\nprepare request 1 -> calm\nsend request 1 -> unknown\n";
    probed(&format!(
        "{sent}{UNTIL_SETTLED}prepare request 2 -> silence\n! dead 10h\n! crash\nread read -> DRAINED\n= succeeded\n\
         = closed done\n"
    ));
}

#[test]
fn after_three_unanswered_requests_an_operator_must_say() {
    let one =
        |number: u32| format!("prepare request {number} -> calm\nsend request {number} -> unknown\n{UNTIL_SETTLED}");
    let held = format!(
        "read read -> ACTIVE\n{}{}{}= held doubt: 3 requests were never answered, and no look has found one applied\n\
         nothing\n! resume\nnothing\n",
        one(1),
        one(2),
        one(3)
    );
    let rig = probed(&format!("{held}! resolve applied\n! resume\n= succeeded\n= closed done\n"));
    assert_eq!(settled_by(&rig), "operator");
    probed(&format!(
        "{held}! resolve not-applied\n! resume\nprepare request 4 -> calm\nsend request 4 -> applied\n= succeeded\n= closed done\n"
    ));
}

#[test]
fn a_look_that_contradicts_itself_is_held_and_looked_at_again() {
    let held = "= held person: the probe says that it is applied and pending at once";
    probed(&format!(
        "read read -> BOTH\n{held}\nnothing\n! resume\nread read -> DRAINED\n= succeeded\n= closed done\n"
    ));
    probed(&format!(
        "read read -> ACTIVE\nprepare request 1 -> calm\nsend request 1 -> unknown\nread read -> BOTH\n{held}\n\
         ! resume\nread read -> BOTH\n{held}\n! resume\nread read -> DRAINED\n= succeeded\n= closed done\n"
    ));
}

#[test]
fn a_look_that_finds_nothing_to_judge_settles_nothing() {
    let why = "check: the look of step `drain` found nothing that `applied` could judge";
    probed(&format!("read read -> done {{\"json\":{{}}}}\n= failed {why}\n= closed failed\n"));
    probed(&format!(
        "read read -> ACTIVE\nprepare request 1 -> calm\nsend request 1 -> unknown\nread read -> done {{\"json\":null}}\n\
         = held {why}\nnothing\n! resume\nread read -> DRAINED\n= succeeded\n= closed done\n"
    ).replace("held check", "held person"));
}

#[test]
fn a_look_that_fails_in_passing_is_made_again() {
    probed(
        "read read -> failed outside no route
         = waits 1: no route
         +2s read read -> ACTIVE
         prepare request 1 -> calm
         send request 1 -> unknown
         read read -> failed outside no route
         = waits 1: no route
         +2s read read -> DRAINED
         = succeeded
         = closed done\n",
    );
}

#[test]
fn a_refusal_is_no_doubt_and_says_nothing_about_an_earlier_request() {
    let begun = "read read -> ACTIVE\nprepare request 1 -> calm\n";
    probed(&format!("{begun}send request 1 -> rejected 409 invalid taken\n= failed invalid: taken\n= closed failed\n"));
    probed(&format!("{begun}send request 1 -> rejected 429 outside busy\n+2s prepare request 2 -> silence\n"));
    probed(&format!("{begun}send request 1 -> not_sent outside no route\n+2s prepare request 2 -> silence\n"));
    // A key: the first request may have arrived after all, so that the second one is refused.
    let keyed = drain("    idempotency_key: Idempotency-Key\n");
    story(
        &keyed,
        "drain",
        "prepare request 1 -> calm\nsend request 1 -> unknown\n+2s prepare request 2 -> calm\n\
         send request 2 -> rejected 409 invalid taken\n\
         = held doubt: an earlier request was never answered, and this one was refused: taken\n\
         nothing\n! resolve applied\n! resume\n= succeeded\n= closed done",
    );
    story(
        &keyed,
        "drain",
        "prepare request 1 -> calm\nsend request 1 -> unknown\n+2s prepare request 2 -> calm\n\
         send request 2 -> rejected 429 outside busy\n+2s prepare request 3 -> calm\nsend request 3 -> applied\n\
         = succeeded\n= closed done",
    );
}

#[test]
fn with_a_key_it_is_sent_again_and_the_key_stays_the_same() {
    let keyed = drain("    idempotency_key: Idempotency-Key\n");
    let rig = story(
        &keyed,
        "drain",
        "prepare request 1 -> calm\nsend request 1 -> unknown\n+2s prepare request 2 -> calm\nsend request 2 -> silence\n\
         ! crash\nprepare request 3 -> calm\nsend request 3 -> applied\n= succeeded\n= closed done",
    );
    let keys: Vec<Value> = intents(&rig).iter().map(|intent| intent.input["key"].clone()).collect();
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0] && key.is_string()), "{keys:?}");
    let unknown = |(number, wait): (u32, &str)| {
        format!("{wait}prepare request {number} -> calm\nsend request {number} -> unknown\n")
    };
    let waits = ["", "+2s ", "+4s ", "+8s ", "+16s ", "+32s ", "+60s ", "+60s "];
    let rows: String = (1..).zip(waits).map(unknown).collect();
    story(
        &keyed,
        "drain",
        &format!(
            "{rows}= held outside: DO target is never answered: no answer\n! resume\nprepare request 9 -> silence"
        ),
    );
}

fn intents(rig: &Rig) -> Vec<&Intent> {
    let intents = rig.log.iter().filter_map(|event| match &event.body {
        Body::CallIntended(intent) => Some(intent),
        _ => None,
    });
    intents.collect()
}

#[test]
fn without_a_probe_and_a_key_only_an_operator_can_say() {
    let held = "prepare request 1 -> calm\nsend request 1 -> unknown\n\
                = held doubt: nobody has seen whether DO target took effect\nnothing\n! resume\nnothing\n";
    story(&drain(""), "drain", &format!("{held}! resolve applied\n! resume\n= succeeded\n= closed done"));
    story(
        &drain(""),
        "drain",
        &format!(
            "{held}! resolve not-applied\n! resume\nprepare request 2 -> calm\nsend request 2 -> unknown\n= held doubt"
        ),
    );
    story(
        &drain(""),
        "drain",
        "prepare request 1 -> calm\nsend request 1 -> silence\n! crash\n= held doubt: nobody has seen",
    );
}

#[test]
fn what_was_begun_is_waited_for_until_it_is_over() {
    let until = drain(&format!("{PROBE}    until: \"{{{{ probe.json.free | default(false) }}}}\"\n"));
    let free = r#"done {"json":{"state":"drained","free":true}}"#;
    let rig = story(
        &until,
        "drain",
        &put(&format!(
            "read read -> ACTIVE\nprepare request 1 -> calm\nsend request 1 -> applied {{\"status\":202}}\n\
             read read -> DRAINING\n+10s read read -> DRAINED\n! crash\n+10s read read -> {free}\n= succeeded\n= closed done\n"
        )),
    );
    assert_eq!(settled_by(&rig), "answer");
    // Also where the answer was lost, and it is not taken for another request.
    story(
        &until,
        "drain",
        &put(&format!(
            "read read -> ACTIVE\nprepare request 1 -> calm\nsend request 1 -> unknown\nread read -> DRAINED\n\
             +10s read read -> {free}\n= succeeded\n= closed done\n"
        )),
    );
}

/// A declared effect that cannot be taken back, with its evidence.
fn switching() -> String {
    runbook(
        r#"  - id: before
    uses: http.request
    with: {url: "https://lb.internal/orders"}
    provide: {evidence: config, subject: "lb:orders", of: "{{ output.json.pool }}"}
  - id: entry
    uses: audit.entry
    needs: [before]
    with: {subject: "lb:orders", title: Switch, fields: {pool: "{{ steps.before.json.pool }}"}}
  - id: confirm
    uses: confirm
    needs: [entry]
    with: {subject: "lb:orders", type: "lb:orders"}
  - id: switch
    uses: http.request
    needs: [confirm]
    subject: "lb:orders"
    with: {method: POST, url: "https://lb.internal/orders/switch"}
    probe:
      uses: http.request
      with: {url: "https://lb.internal/orders"}
      applied: "{{ probe.json.pool == 'new' }}"
      settle: 1m
"#,
    )
}

const OLD: &str = r#"read read -> done {"json":{"pool":"old"}}"#;
/// The captured configuration, read again right before the effect.
const AGAIN: &str = r#"read recheck -> done {"json":{"pool":"old"}}"#;
const NEW: &str = r#"read read -> done {"json":{"pool":"new"}}"#;

/// The run at the step that switches, once it is confirmed.
fn confirmed() -> Rig {
    let mut rig = Rig::open(&switching());
    rig = tell(rig, "before", "read read -> done {\"json\":{\"pool\":\"old\"}}\n= succeeded");
    world::lead_to(&mut rig, "switch");
    rig
}

#[test]
fn an_irreversible_effect_cites_its_evidence() {
    let rows = format!(
        "{OLD}\n{AGAIN}\nprepare request 1 -> prepared lb:orders\nsend request 1 -> applied\n= succeeded\n= closed done"
    );
    let rig = tell(confirmed(), "switch", &rows);
    let cited: Vec<&str> = intents(&rig)[0].evidence.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(cited, ["config", "audited", "confirmed", "recheck:config"]);
}

#[test]
fn a_confirmation_older_than_five_minutes_is_asked_for_again() {
    let rows = format!(
        "! dead 6m\n{OLD}\n{AGAIN}\nprepare request 1 -> prepared lb:orders\n\
         = asks 1: The confirmation is older than five minutes. / Type lb:orders to continue with DO lb:orders.\n\
         ask 1 -> answer lb:invoices\n\
         prepare request 1 -> prepared lb:orders\n= asks 2: The confirmation is older than five minutes.\n\
         ask 2 -> answer lb:orders\n{AGAIN}\nprepare request 1 -> prepared lb:orders\nsend request 1 -> applied\n= succeeded\n= closed done"
    );
    let rig = tell(confirmed(), "switch", &rows);
    let intent = intents(&rig)[0];
    let answered = rig.log.iter().rposition(|event| matches!(event.body, Body::QuestionAnswered { .. })).unwrap();
    assert!(intent.evidence.contains(&("confirmed".to_owned(), answered as u64)), "{:?}", intent.evidence);
}

#[test]
fn a_forged_announcement_is_refused() {
    let rig = tell(confirmed(), "switch", &format!("{OLD}\n{AGAIN}\nprepare request 1 -> prepared lb:orders"));
    let right = intents(&rig)[0].clone();
    let rig = tell(confirmed(), "switch", &format!("{OLD}\n{AGAIN}"));
    assert!(rig.engine.admit(rig.event(Body::CallIntended(right.clone()))).is_ok());
    let forge = |change: &dyn Fn(&mut Intent)| {
        let mut intent = right.clone();
        change(&mut intent);
        rig.engine.admit(rig.event(Body::CallIntended(intent))).map(drop).unwrap_err().to_string()
    };
    let none = forge(&|intent| intent.evidence.clear());
    assert!(none.contains("does not name its evidence"), "{none}");
    forge(&|intent| intent.evidence[0].1 += 1);
    forge(&|intent| intent.evidence.truncate(2));
    forge(&|intent| intent.target = "lb:invoices".to_owned());
    forge(&|intent| intent.attempt = 2);
}

#[test]
fn evidence_about_another_subject_does_not_serve() {
    // `check` proves that all of it is there, so a plan without it cannot be compiled: the reply is of another subject.
    let rows = format!(
        "{OLD}\n{AGAIN}\nprepare request 1 -> prepared lb:invoices\n\
         = held person: nothing was sent: "
    );
    let rig = tell(confirmed(), "switch", &rows);
    assert!(intents(&rig).is_empty());
}

#[test]
fn what_somebody_else_has_done_is_a_persons_to_explain() {
    let held = format!("{NEW}\n= held doubt: it is applied already, and this run has not sent it");
    tell(confirmed(), "switch", &format!("{held}\n! resolve applied\n! resume\n= succeeded\n= closed done"));
    let again = "! resolve not-applied\n! resume\n@prepare request 1 -> prepared lb:orders\nsend request 1 -> applied\n= succeeded\n= closed done";
    tell(confirmed(), "switch", &format!("{held}\n{}", again.replace('@', &format!("{AGAIN}\n"))));
}

#[test]
fn what_is_said_of_a_doubt_is_what_happens() {
    let begun = "read read -> ACTIVE\nprepare request 1 -> calm\nsend request 1 -> unknown\n";
    let rig = probed(begun);
    let told = |rig: &Rig| {
        let doubt = rig.engine.view().in_doubt[0].clone();
        doubt.outlook.then.into_iter().map(|one| (one.found, one.then)).collect::<Vec<_>>()
    };
    let outlook = rig.engine.view().in_doubt[0].outlook.clone();
    let pair = |found: &str, then: &str| (found.to_owned(), then.to_owned());
    assert_eq!(outlook.next, "the step's probe looks");
    assert_eq!((outlook.at, outlook.every), (None, Some(std::time::Duration::from_secs(60))));
    assert_eq!(told(&rig)[0], pair("applied", "it counts as done"));
    assert_eq!(told(&rig)[2], pair("not applied", "the request is sent again, attempt 2 of at most 3"));
    // Nothing else than that happens.
    probed(&format!("{begun}read read -> DRAINED\n= succeeded\n= closed done\n"));
    let rig = tell(
        rig,
        "drain",
        &put(&format!("{UNTIL_SETTLED}prepare request 2 -> calm\nsend request 2 -> silence\n! crash\n")),
    );
    let before = told(&rig);
    assert_eq!(before[2], pair("not applied", "the request is sent again, attempt 3 of at most 3"));
    let rig =
        tell(rig, "drain", &put(&format!("{UNTIL_SETTLED}prepare request 3 -> calm\nsend request 3 -> unknown\n")));
    let last = told(&rig);
    let stops =
        "it stops until an operator resolves it: 3 requests were never answered, and no look has found one applied";
    assert_eq!(last[2], pair("not applied", stops));
    let rig = tell(rig, "drain", &put(&format!("{UNTIL_SETTLED}= held doubt: 3 requests were never answered\n")));
    let resolved = told(&rig);
    assert_eq!(resolved[0], pair("applied", "it counts as done"));
    assert_eq!(resolved[1].0, "not applied");
    let rig = story(&drain(""), "drain", "prepare request 1 -> calm\nsend request 1 -> unknown\n= held doubt");
    let opaque = told(&rig);
    assert_eq!(opaque[1], pair("not applied", "the request is sent again, attempt 2"));
    assert_eq!(json!(opaque[0].1), "it counts as done");
}
