//! `aura.instance.delete`: nothing is sent without its evidence, and never more often than it must be.

use super::plans::{SOURCE, deletion, migration};
use super::rig::Rig;
use super::story::{rows, story, tell};
use super::world;
use serde_json::json;
use surefoot::base::Value;
use surefoot::engine::call::Call;
use surefoot::engine::command::Act;
use surefoot::engine::event::{Body, Event, Intent};
use surefoot::kinds::find;

#[track_caller]
pub(super) fn deleting(rows: &str) -> Rig {
    story(&deletion(), "delete", rows)
}

/// The last looks of a run, as an announcement cites them.
pub(super) fn last_looks(rig: &Rig) -> Vec<(String, u64)> {
    let look = |(seq, event): (u64, &Event)| match &event.body {
        Body::CallProbed { call: Call::Recheck, found, .. } => {
            let proofs = found["proofs"].as_object().unwrap().keys();
            Some(proofs.map(move |proof| (format!("recheck:{proof}"), seq)).collect::<Vec<_>>())
        }
        _ => None,
    };
    (0..).zip(&rig.log).filter_map(look).flatten().collect()
}

#[test]
fn all_goes_well() {
    let rig = deleting(
        r#"
        prepare delete 1 -> calm
        send delete 1    -> applied
        = succeeded {"accepted_at":"2026-01-02T03:04:05Z","id":"2f49c2b3","name":"prod","tenant_id":"t1"}
        = closed done
        "#,
    );
    let intended = rig.log.iter().find_map(|event| match &event.body {
        Body::CallIntended(intent) => Some(intent.evidence.clone()),
        _ => None,
    });
    let needs = find("aura.instance.delete").unwrap().needs;
    let cited =
        needs.iter().map(|proof| (proof.name().to_owned(), rig.engine.ledger().get(*proof, SOURCE).unwrap().seq));
    let seq_of = |id: &str| {
        let ended = |body: &Body| matches!(body, Body::StepSucceeded { step, .. } if step == id);
        rig.log.iter().position(|event| ended(&event.body)).unwrap() as u64
    };
    let checked = rig.log.iter().position(|event| matches!(event.body, Body::GateChecked { .. })).unwrap() as u64;
    let named = |(name, seq): (&str, u64)| (name.to_owned(), seq);
    let links = [("exported", seq_of("export")), ("snapshot", seq_of("latest"))].map(named);
    let rest = links.into_iter().chain([named(("preflight:put", checked))]);
    assert_eq!(intended.unwrap(), cited.chain(last_looks(&rig)).chain(rest).collect::<Vec<_>>());
}

#[test]
fn each_field_of_the_guard_must_be_as_it_was_captured() {
    for field in ["id", "name", "tenant_id", "region", "created_at"] {
        for other in [json!("other"), Value::Null, json!(7)] {
            let mut guard = world::config(SOURCE);
            guard.insert(field.to_owned(), other.clone());
            let rig = deleting(&format!(
                "prepare delete 1 -> prepared 2f49c2b3 {}\n\
                 = held person: nothing was sent: the instance is not the one that was captured: {field} was\nnothing",
                Value::Object(guard.clone())
            ));
            assert!(!rig.log.iter().any(|event| matches!(event.body, Body::CallIntended(_))));
            guard.remove(field);
            deleting(&format!(
                "prepare delete 1 -> prepared 2f49c2b3 {}\n\
                 = held person: nothing was sent: the instance is not the one that was captured: {field} was",
                Value::Object(guard)
            ));
        }
    }
}

#[test]
fn other_fields_of_the_guard_may_differ() {
    let mut guard = world::config(SOURCE);
    guard.insert("memory".to_owned(), json!("64GB"));
    guard.insert("status".to_owned(), json!("paused"));
    deleting(&format!("prepare delete 1 -> prepared 2f49c2b3 {}\nsend delete 1 -> unknown", Value::Object(guard)));
}

#[test]
fn a_confirmation_older_than_five_minutes_is_asked_for_again() {
    let rig = deleting(
        r"
        prepare delete 1 -> failed outside no route after 5m
        = waits 1: no route
        +5m prepare delete 1 -> calm
        send delete 1    -> silence
        ",
    );
    assert!(rig.engine.run().crossed.is_some(), "five minutes are not too old");
    let intent = rig.log.iter().rev().find_map(|event| match &event.body {
        Body::CallIntended(intent) => Some((event.at, intent.deadline)),
        _ => None,
    });
    let (announced, deadline) = intent.unwrap();
    assert_eq!(deadline, Some(announced), "and it leaves before they are over, or not at all");
    let rig = deleting(
        r"
        prepare delete 1 -> failed outside no route after 301s
        = waits 1: no route
        +301s prepare delete 1 -> calm
        = asks 1: The confirmation is older than five minutes. / Type prod to continue with DO 2f49c2b3.
        ask 1            -> answer pord
        prepare delete 1 -> calm
        = asks 2: The confirmation is older than five minutes.
        # The answer to a question that is open does not get stale by itself; the guard is read again after it.
        ask 2            -> answer prod
        prepare delete 1 -> calm
        send delete 1    -> calm
        = succeeded
        = closed done
        ",
    );
    let intent = rig.log.iter().find_map(|event| match &event.body {
        Body::CallIntended(intent) => Some(intent.clone()),
        _ => None,
    });
    let answered = rig.log.iter().rposition(|event| matches!(event.body, Body::QuestionAnswered { .. })).unwrap();
    assert!(intent.unwrap().evidence.contains(&("confirmed".to_owned(), answered as u64)));
}

#[test]
fn a_confirmation_is_asked_for_again_once_where_the_clock_was_set_back() {
    deleting(
        r"
        ! back 15m
        prepare delete 1 -> calm
        = asks 1: The confirmation is from before the clock was set back.
        ask 1            -> answer prod
        prepare delete 1 -> calm
        send delete 1    -> calm
        = succeeded
        = closed done
        ",
    );
    // Also when the clock has come to where it was.
    deleting(
        r"
        ! back 5m
        prepare delete 1 -> failed outside no route after 10s
        = waits 1: no route
        ! wait 6m
        prepare delete 1 -> calm
        = asks 1: The confirmation is from before the clock was set back.
        ask 1            -> answer prod
        prepare delete 1 -> calm
        send delete 1    -> silence
        ",
    );
    // Also where the announcement would be the first to show it, and the clock is still later than at the confirmation.
    deleting(
        r"
        ! dead 8m
        ! crash
        ! back 4m
        prepare delete 1 -> calm
        = asks 1: The confirmation is from before the clock was set back.
        ask 1            -> answer prod
        prepare delete 1 -> calm
        send delete 1    -> silence
        ",
    );
    // What an answer may be off: the clock of a machine is kept by small steps.
    deleting("! back 1m\nprepare delete 1 -> calm\nsend delete 1 -> silence");
}

#[test]
fn a_confirmation_that_is_not_typed_in_five_tries_holds() {
    let asked =
        rows(1..=5, |round| format!("= asks {round}: The\nask {round} -> answer no\nprepare delete 1 -> calm\n"));
    deleting(&format!(
        "prepare delete 1 -> failed outside no route after 301s\n= waits 1\n+301s prepare delete 1 -> calm\n{asked}\n{}",
        "= held person: nothing was sent: the confirmation was not typed in 5 tries\n! resume\n\
         prepare delete 1 -> calm\n= asks 6"
    ));
}

#[test]
fn a_backup_verified_more_than_a_day_ago_is_made_anew() {
    let rig = deleting("prepare delete 1 -> failed outside no route after 24h\n= waits 1: no route\n! wait 1m\n");
    drop(rig);
    // The step's own time-out comes first in practice; the guard does not rely on it.
    let yaml = deletion().replace("uses: aura.instance.delete", "uses: aura.instance.delete, timeout: 48h");
    story(
        &yaml,
        "delete",
        "prepare delete 1 -> failed outside no route after 25h\n= waits 1: no route\n+25h prepare delete 1 -> calm\n\
         = reset latest export put verify entry confirm delete: the confirmation is void: what `verify` proved at 2026-01-02T03:04:05Z is \
         older than 1d\nnothing",
    );
}

#[test]
fn an_outcome_in_doubt_is_settled_by_looking() {
    let looks = |looks: &str, end: &str| {
        deleting(&format!("prepare delete 1 -> calm\nsend delete 1 -> unknown\n{looks}\n{end}"));
    };
    let gone = r#"read probe -> found {"id":"2f49c2b3","present":false,"control":true}"#;
    let destroying = r#"read probe -> found {"id":"2f49c2b3","present":true,"status":"Destroying"}"#;
    // No decision rests on one look (docs/effects.md, "Delete").
    looks(&format!("{gone}\n2 x +15s {gone}"), "= succeeded\n= closed done");
    looks(destroying, "= succeeded\n= closed done");
    looks(
        r#"
        read probe       -> found {"id":"2f49c2b3","present":true,"status":"running"}
        +15s prepare delete 2 -> calm
        send delete 2    -> silence
        ! crash
        read probe       -> found {"id":"2f49c2b3","present":true,"status":"paused"}
        +15s prepare delete 3 -> calm
        send delete 3    -> applied
        "#,
        "= succeeded\n= closed done",
    );
    // Absence without its control proves nothing, and neither does a status nobody knows.
    looks(
        r#"
        read probe       -> found {"id":"2f49c2b3","present":false,"control":false}
        +15s read probe  -> found {"id":"2f49c2b3","present":true,"status":"updating"}
        +15s read probe  -> found {"id":"2f49c2b3","present":true,"status":"perplexed"}
        3 x +15s read probe -> found {"id":"2f49c2b3","present":false,"control":true}
        "#,
        "= succeeded\n= closed done",
    );
    // Access that comes back between the two halves of one look.
    looks(
        r#"
        read probe            -> found {"id":"2f49c2b3","present":false,"control":false}
        +15s read probe       -> found {"id":"2f49c2b3","present":false,"control":true}
        +15s read probe       -> found {"id":"2f49c2b3","present":true,"status":"running"}
        prepare delete 2      -> calm
        send delete 2         -> applied
        "#,
        "= succeeded\n= closed done",
    );
}

/// Five attempts that are not answered, each found to be not executed.
pub(super) fn five() -> String {
    let attempt = |number: u32| {
        let wait = if number == 1 { "" } else { "+15s " };
        format!(
            "{wait}prepare delete {number} -> calm\nsend delete {number} -> unknown\n\
             read probe -> found {{\"id\":\"2f49c2b3\",\"present\":true,\"status\":\"running\"}}\n"
        )
    };
    rows(1..=5, attempt)
}

#[test]
fn after_five_sends_an_operator_must_say() {
    let rig = deleting(&format!(
        "{}\n= held doubt: the deletion was sent 5 times and 2f49c2b3 is still running\n! resume\nnothing",
        five()
    ));
    let rig =
        tell(rig, "delete", "! resolve not-applied\n! resume\nprepare delete 6 -> calm\nsend delete 6 -> unknown");
    // From here the count begins anew.
    tell(
        rig,
        "delete",
        r#"
        read probe       -> found {"id":"2f49c2b3","present":true,"status":"running"}
        +15s prepare delete 7 -> calm
        "#,
    );
    deleting(&format!(
        "{}\n= held doubt: the deletion was sent 5 times\n! resolve applied\n! resume\n= succeeded\n= closed done",
        five()
    ));
}

#[test]
fn crashes_do_not_allow_more_than_five_sends() {
    let attempt = |number: u32| {
        let wait = if number == 1 { "" } else { "+15s " };
        format!(
            "{wait}prepare delete {number} -> calm\nsend delete {number} -> silence\n! crash\n\
             read probe -> found {{\"id\":\"2f49c2b3\",\"present\":true,\"status\":\"running\"}}\n"
        )
    };
    deleting(&format!("{}\n= held doubt: the deletion was sent 5 times", rows(1..=5, attempt)));
}

#[test]
fn a_status_that_stays_strange_is_given_up_in_doubt() {
    deleting(
        r#"
        prepare delete 1      -> calm
        send delete 1         -> unknown
        read probe            -> found {"id":"2f49c2b3","present":true,"status":"loading failed"}
        # The settling time and the step's own time-out after it.
        51 x +15s read probe  -> found {"id":"2f49c2b3","present":true,"status":"loading failed"}
        ! wait 15s
        = held doubt: not done after 10m
        ! resolve not-applied
        ! resume
        prepare delete 2      -> failed outside no route
        = waits 1
        "#,
    );
}

#[test]
fn refusals_after_the_point_of_no_return_are_held() {
    deleting(
        r"
        prepare delete 1 -> calm
        send delete 1    -> auth
        prepare delete 2 -> calm
        send delete 2    -> auth
        = held person: denied
        ! resume
        prepare delete 3 -> calm
        send delete 3    -> rejected 409 busy ongoing
        +10s prepare delete 4 -> calm
        send delete 4    -> calm
        = succeeded
        = closed done
        ",
    );
}

#[test]
fn a_run_whose_deletion_was_refused_can_be_given_up() {
    let denied = "prepare delete 1 -> calm\nsend delete 1 -> auth\nprepare delete 2 -> calm\nsend delete 2 -> auth\n\
                  = held person: denied\n";
    deleting(&format!("{denied}! cancel\n= closed cancelled"));
    // What may have been executed is another matter, until a person has said that it was not.
    let unknown = format!("{}\n= held doubt: the deletion was sent 5 times\n", five());
    let rig = deleting(&unknown);
    assert!(!rig.engine.may_cancel());
    let refusal = rig.engine.admit(rig.event(Body::RunCancelAsked)).map(drop).unwrap_err();
    assert!(refusal.to_string().contains("the point of no return"), "{refusal}");
    deleting(&format!("{unknown}! resolve not-applied\n! resume\n! cancel\n= closed cancelled"));
    let done = deleting("prepare delete 1 -> calm\nsend delete 1 -> calm\n= succeeded\n= closed done");
    assert!(!done.engine.may_cancel());
}

/// A deletion announced as it should be, at the moment before it would be.
fn ready() -> (Rig, Intent) {
    let mut rig = Rig::open(&deletion());
    world::lead_to(&mut rig, "delete");
    world::look_again(&mut rig, "delete");
    let command = rig.pending("delete").unwrap();
    assert_eq!(command.act, Act::Prepare(Call::Delete));
    let reply = world::calm(&rig.engine, &command, rig.now);
    let Some(Body::CallIntended(intent)) = rig.engine.record(command.id, reply, rig.now) else { panic!() };
    (rig, intent)
}

#[test]
fn a_forged_announcement_is_refused() {
    let (rig, right) = ready();
    assert!(rig.engine.admit(rig.event(Body::CallIntended(right.clone()))).is_ok());
    let forge = |change: &dyn Fn(&mut Intent)| {
        let mut intent = right.clone();
        change(&mut intent);
        let refusal = rig.engine.admit(rig.event(Body::CallIntended(intent))).map(drop).unwrap_err();
        refusal.to_string()
    };
    let no_evidence = forge(&|intent| intent.evidence.clear());
    assert!(no_evidence.contains("does not name its evidence"), "{no_evidence}");
    forge(&|intent| intent.evidence[1].1 += 1);
    forge(&|intent| intent.evidence.truncate(4));
    forge(&|intent| intent.target = "11111111".to_owned());
    forge(&|intent| intent.guard["name"] = json!("other"));
    forge(&|intent| intent.guard = Value::Null);
    forge(&|intent| intent.attempt = 2);
    forge(&|intent| intent.call = Call::Replace);
    forge(&|intent| intent.step = "capture".to_owned());
}

#[test]
fn each_missing_evidence_is_named() {
    // `check` proves that all of it is there, so a plan without it cannot be compiled: the reply leaves it out.
    for (step, proof) in [("capture", "config"), ("target", "offered"), ("verify", "backup"), ("entry", "audited")] {
        let mut rig = Rig::open(&deletion());
        world::lead_to(&mut rig, step);
        let command = rig.pending(step).unwrap();
        let surefoot::engine::call::Reply::Done { output, .. } = world::done(&command, rig.now) else { panic!() };
        rig.reply(command.id, surefoot::engine::call::Reply::Done { output, evidence: Vec::new() });
        world::lead_to(&mut rig, "delete");
        tell(
            rig,
            "delete",
            &format!(
                "prepare delete 1 -> calm\n\
                 = held person: nothing was sent: the evidence `{proof}` does not hold: there is none\nnothing"
            ),
        );
    }
}

#[test]
fn the_preflights_of_other_steps_are_part_of_the_evidence() {
    let rig = story(&migration(), "delete", "prepare delete 1 -> calm\nsend delete 1 -> silence");
    let intent = rig.engine.steps()[rig.index("delete")].history.last_attempt(Call::Delete).unwrap();
    let checked = rig.log.iter().rposition(|event| matches!(event.body, Body::GateChecked { .. })).unwrap();
    assert_eq!(intent.intent.evidence.last().unwrap(), &("preflight:recreate".to_owned(), checked as u64));
}
