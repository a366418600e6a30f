//! The operator's choice for an instance whose one-time password was lost: replace, ask, adopt.

use super::plans::{creation, migration};
use super::rig::Rig;
use super::story::{rows, story, tell};
use super::world;
use serde_json::{Value, json};
use surefoot::base::Digest;
use surefoot::engine::call::Call;
use surefoot::engine::command::Act;
use surefoot::engine::event::{Body, Intent};

/// A runbook that creates an instance with this choice.
fn choosing(choice: &str) -> String {
    creation().replace("password_file: new.env", &format!("password_file: new.env, on_lost_secret: {choice}"))
}

const RUNNING: &str = r#"found {"id":"aaaa0001","present":true,"status":"running","connection_url":"neo4j+s://x","name":"$1","tenant_id":"t1","cloud_provider":"gcp","region":"eu","type":"enterprise-db","created_at":null}"#;
const CREATING: &str = r#"found {"id":"aaaa0001","present":true,"status":"creating"}"#;
const ABSENT: &str = r#"found {"id":"aaaa0001","present":false,"control":true}"#;
const ASKED: &str = "DO $1 (attempt 1) has left an instance whose only password is lost: aaaa0001";
const BY_HAND: &str = "The password of instance aaaa0001 is lost, and the instance is kept. / Set a new password";

/// The rows up to the loss of the password.
const LOST: &str = r#"
    check             -> calm
    read baseline     -> found {"ids":["2f49c2b3"]}
    prepare create 1  -> calm
    send create 1     -> unknown
    read settle       -> found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}
    = lost 1 aaaa0001
"#;

#[track_caller]
fn after_loss(choice: &str, rows: &str) -> Rig {
    story(&choosing(choice), "recreate", &format!("{LOST}\n{rows}"))
}

/// A deletion of the instance, forged at this moment, is refused.
fn deletion_is_refused(rig: &Rig) {
    let create = rig.log.iter().rev().find_map(|event| match &event.body {
        Body::CallIntended(intent) if intent.call == Call::Create => Some(intent.target.clone()),
        _ => None,
    });
    let intent = Intent {
        step: "recreate".to_owned(),
        call: Call::Replace,
        attempt: 1,
        target: "aaaa0001".to_owned(),
        request: "DELETE /v1/instances/aaaa0001".to_owned(),
        request_digest: Digest::of(b""),
        guard: json!({"id": "aaaa0001", "name": create}),
        evidence: Vec::new(),
        input: Value::Null,
        deadline: None,
        sealed: None,
    };
    let refusal = rig.engine.admit(rig.event(Body::CallIntended(intent))).map(drop).unwrap_err();
    assert!(
        refusal.to_string().ends_with("nobody said that aaaa0001 may be deleted")
            || rig.engine.steps()[0].history.open_question().is_some()
    );
}

/// Nothing of this run was ever deleted.
fn nothing_was_deleted(rig: &Rig) {
    let is_deletion = |body: &Body| matches!(body, Body::CallIntended(intent) if intent.call == Call::Replace);
    assert!(!rig.log.iter().any(|event| is_deletion(&event.body)));
}

#[test]
fn asked_a_person_has_it_replaced() {
    let rig = after_loss("ask", &format!("= asks 1: {ASKED}"));
    deletion_is_refused(&rig);
    tell(
        rig,
        "recreate",
        &format!(
            r"
            ! crash
            ask 1             -> answer replace
            read probe        -> {RUNNING}
            ! crash
            prepare replace 1 -> calm
            send replace 1    -> silence
            ! crash
            read probe        -> {ABSENT}
            2 x +15s read probe -> {ABSENT}
            prepare create 2  -> calm
            send create 2     -> calm
            deliver 2         -> calm
            "
        ),
    );
}

#[test]
fn each_loss_is_asked_about() {
    after_loss(
        "ask",
        &format!(
            r#"
            = asks 1: {ASKED}
            ask 1             -> answer replace
            read probe        -> {RUNNING}
            prepare replace 1 -> calm
            send replace 1    -> applied
            read probe        -> {ABSENT}
            prepare create 2  -> calm
            send create 2     -> unknown
            read settle       -> found {{"name":"$2","matches":[{{"id":"aaaa0002","name":"$2"}}],"complete":true}}
            = lost 2 aaaa0002
            = asks 2: DO $2 (attempt 2) has left an instance
            ask 2             -> answer stop
            = held person: the password of instance aaaa0002 is lost, and nobody has decided what to do with it
            nothing
            "#
        ),
    );
}

#[test]
fn asked_a_person_may_stop_and_is_asked_again() {
    let rig = after_loss(
        "ask",
        &format!(
            r"
            = asks 1: {ASKED}
            ask 1    -> answer stop
            = held person: the password of instance aaaa0001 is lost, and nobody has decided what to do with it
            nothing
            ! resume
            = asks 2: {ASKED}
            ask 2    -> answer perhaps
            = held person: the password of instance aaaa0001 is lost
            ! resume
            = asks 3: {ASKED}
            "
        ),
    );
    deletion_is_refused(&rig);
    let rig =
        tell(rig, "recreate", &format!("ask 3 -> answer adopt\nread probe -> {RUNNING}\nprepare rename 1 -> calm"));
    nothing_was_deleted(&rig);
}

#[test]
fn a_person_may_judge_an_orphan_of_any_age() {
    let late = LOST.replace("send create 1     -> unknown", "send create 1 -> silence\n! wait 5h\n! crash");
    let rows = |end: &str| late.replace("= lost 1 aaaa0001", end);
    story(&choosing("ask"), "recreate", &rows(&format!("= lost 1 aaaa0001\n= asks 1: {ASKED}")));
    story(&choosing("adopt"), "recreate", &rows(&format!("= lost 1 aaaa0001\nread probe -> {RUNNING}")));
    story(&choosing("replace"), "recreate", &rows("= held person: instance aaaa0001 has the name"));
}

#[test]
fn what_is_adopted_gets_its_name_and_its_password_by_hand() {
    let rig = after_loss(
        "adopt",
        &format!(
            r"
            read probe        -> {CREATING}
            +15s read probe   -> {RUNNING}
            ! crash
            prepare rename 1  -> calm
            send rename 1     -> silence
            ! crash
            read probe        -> {RUNNING}
            +15s prepare rename 2 -> calm
            send rename 2     -> applied
            = asks 1: {BY_HAND}
            ! crash
            ask 1             -> answer done
            ! crash
            "
        ),
    );
    deletion_is_refused(&rig);
    let input = rig.pending("recreate").unwrap().input;
    assert_eq!(input, json!({"id": "aaaa0001", "attempt": 1, "url": "neo4j+s://x"}));
    let rig = tell(
        rig,
        "recreate",
        r#"
        read read         -> found {"id":"aaaa0001","ok":false,"problem":"new.env is not there"}
        = asks 2: That was not it: new.env is not there / The password of instance aaaa0001 is lost
        ask 2             -> answer done
        read read         -> found {"id":"aaaa0001","ok":true,"path":"/new.env","sealed":{"alg":"age","b64":"eA==","recipients":["r"],"sha256":"00"}}
        = succeeded {"attempts":1,"cloud_provider":"gcp","connection_url":"neo4j+s://x","created_at":null,"credentials":{"$secret":"steps.recreate.credentials"},"id":"aaaa0001","name":"prod","password_file":"/new.env","region":"eu","tenant_id":"t1","type":"enterprise-db","username":null}
        # What was kept is no late arrival, whatever name the list still shows.
        +2m20s read sweep    -> found {"matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}
        = closed done
        "#,
    );
    nothing_was_deleted(&rig);
}

#[test]
fn without_a_name_what_is_adopted_keeps_the_derived_one() {
    let yaml = choosing("adopt").replace("name: prod, ", "");
    let read = r#"found {"id":"aaaa0001","ok":true,"path":"/new.env"}"#;
    story(
        &yaml,
        "recreate",
        &format!(
            "{LOST}\nread probe -> {RUNNING}\n= asks 1: {BY_HAND}\nask 1 -> answer done\nread read -> {read}\n{}",
            r#"= succeeded {"attempts":1,"cloud_provider":"gcp","connection_url":"neo4j+s://x","created_at":null,"credentials":{"$secret":"steps.recreate.credentials"},"id":"aaaa0001","name":"$1""#
        ),
    );
}

#[test]
fn a_password_that_is_not_there_in_five_tries_holds_and_resume_asks_again() {
    let tries = rows(1..=5, |round| {
        format!(
            "= asks {round}: {}\nask {round} -> answer done\nread read -> found {{\"id\":\"aaaa0001\",\"ok\":false,\"problem\":\"it is empty\"}}",
            if round == 1 { BY_HAND } else { "That was not it: it is empty" }
        )
    });
    let rig = after_loss(
        "adopt",
        &format!(
            "read probe -> {RUNNING}\nprepare rename 1 -> calm\nsend rename 1 -> applied\n{tries}\n\
             = held person: the password of instance aaaa0001 was not found: it is empty\nnothing\n\
             ! resume\n= asks 6: That was not it: it is empty"
        ),
    );
    nothing_was_deleted(&rig);
}

#[test]
fn a_file_that_cannot_be_read_holds_and_does_not_close_the_run() {
    after_loss(
        "adopt",
        &format!(
            r"
            read probe        -> {RUNNING}
            prepare rename 1  -> calm
            send rename 1     -> applied
            = asks 1: {BY_HAND}
            ask 1             -> answer done
            read read         -> failed local input/output error
            = held person: input/output error
            ! resume
            read read         -> silence
            "
        ),
    );
}

#[test]
fn what_vanishes_while_it_is_adopted_is_created_again() {
    let rig = after_loss(
        "adopt",
        &format!(
            "read probe -> {ABSENT}\n7 x +15s read probe -> {ABSENT}\nprepare create 2 -> calm\nsend create 2 -> calm"
        ),
    );
    nothing_was_deleted(&rig);
    tell(rig, "recreate", "deliver 2 -> calm\nread probe -> calm\nprepare rename 1 -> calm");
}

#[test]
fn an_instance_that_never_runs_is_held_for_a_person_and_not_in_doubt() {
    let rig = after_loss("adopt", &format!("read probe -> {CREATING}\n! wait 20m\n= held person: not done after 10m"));
    tell(rig, "recreate", &format!("! resume\nread probe -> {RUNNING}\nprepare rename 1 -> calm"));
}

#[test]
fn a_late_arrival_is_left_to_a_person_unless_it_is_to_be_replaced() {
    for choice in ["ask", "adopt"] {
        let none = r#"found {"name":"$1","matches":[],"complete":true}"#;
        let late = r#"found {"matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}"#;
        let send = LOST.split("read settle").next().unwrap();
        let rig = story(
            &choosing(choice),
            "recreate",
            &format!(
                r"
                {send}
                read settle           -> {none}
                12 x +15s read settle -> {none}
                prepare create 2      -> calm
                send create 2         -> calm
                deliver 2             -> calm
                read probe            -> calm
                prepare rename 1      -> calm
                send rename 1         -> applied
                = succeeded
                read sweep            -> {late}
                = lost 1 aaaa0001
                read probe            -> {RUNNING}
                = held person: instance aaaa0001 arrived late; nobody knows its password
                nothing
                ! resume
                read probe            -> {ABSENT}
                7 x +15s read probe   -> {ABSENT}
                +3m15s read sweep     -> {none}
                = closed done
                "
            ),
        );
        nothing_was_deleted(&rig);
    }
}

#[test]
fn a_run_that_is_cancelled_leaves_what_nobody_decided_about() {
    let rig = after_loss("ask", &format!("= asks 1: {ASKED}\n! cancel\n= closed cancelled"));
    nothing_was_deleted(&rig);
    assert_eq!(rig.engine.view().steps[0].lost, ["aaaa0001"]);
}

#[test]
fn after_the_point_of_no_return_it_is_asked_as_well() {
    let yaml = migration().replace("password_file: new.env", "password_file: new.env, on_lost_secret: ask");
    let mut rig = story(&yaml, "recreate", "check -> calm");
    world::lead_to(&mut rig, "recreate");
    let (_, rest) = LOST.split_once("check             -> calm").unwrap();
    tell(rig, "recreate", &format!("{rest}\n= asks 1: {ASKED}\nask 1 -> answer replace\nread probe -> {RUNNING}"));
}

#[test]
fn a_later_step_opens_what_was_given_by_hand() {
    let counts = "  - {id: counts, uses: neo4j.counts, with: {url: \"{{ steps.recreate.connection_url }}\", \
                  credentials: \"{{ steps.recreate.credentials }}\"}}\n";
    let digest = Digest::of(b"sealed").to_string();
    let sealed = json!({"alg": "age", "b64": "eA==", "recipients": ["r"], "sha256": digest});
    let read = json!({"id": "aaaa0001", "ok": true, "path": "/new.env", "sealed": sealed});
    let rig = story(
        &format!("{}{counts}", choosing("adopt")),
        "recreate",
        &format!(
            "{LOST}\nread probe -> {RUNNING}\nprepare rename 1 -> calm\nsend rename 1 -> applied\n= asks 1: {BY_HAND}\n\
             ask 1 -> answer done\nread read -> found {read}\n= succeeded"
        ),
    );
    let command = rig.pending("counts").unwrap();
    assert!(matches!(command.act, Act::Read(Call::Read)));
    let sealed = &command.sealed["recreate"];
    assert_eq!((sealed.b64.as_str(), sealed.sha256.to_string()), ("eA==", digest));
    assert_eq!(command.with.get("credentials"), Some(&json!({"$secret": "steps.recreate.credentials"})));
}

const NO_KEY: &str = "failed auth it cannot be opened reason sealed-to-another-key";
const ABOUT_KEY: &str = "= asks 1: Instance aaaa0001, named $1, is there, and it cannot be opened";

/// The rows up to a delivery that fails because the key is not at hand.
const SEALED: &str = r"
    check             -> calm
    read baseline     -> calm
    prepare create 1  -> calm
    send create 1     -> calm
";

#[track_caller]
fn without_key(choice: &str, rows: &str) -> Rig {
    story(&choosing(choice), "recreate", &format!("{SEALED}\ndeliver 1 -> {NO_KEY}\n{ABOUT_KEY}\n{rows}"))
}

#[test]
fn a_key_that_is_only_elsewhere_is_waited_for() {
    without_key(
        "replace",
        "ask 1 -> answer wait\n= held person: the password cannot be opened until the key is back\nnothing\n\
         ! resume\ndeliver 1 -> calm\nread probe -> calm\nprepare rename 1 -> calm",
    );
}

#[test]
fn a_password_whose_key_is_lost_for_good_counts_as_lost() {
    let rig = without_key(
        "replace",
        &format!(
            "ask 1 -> answer lost\n= lost 1 aaaa0001\nread probe -> {RUNNING}\nprepare replace 1 -> calm\n\
             send replace 1 -> calm\nread probe -> {ABSENT}\nprepare create 2 -> calm\nsend create 2 -> calm\n\
             deliver 2 -> calm\nread probe -> calm\nprepare rename 1 -> calm"
        ),
    );
    assert!(rig.log.iter().any(|event| matches!(event.body, Body::SecretLost { attempt: 1, .. })));
    let rig =
        without_key("ask", "ask 1 -> answer lost\n= lost 1 aaaa0001\n= asks 2: DO $1 (attempt 1) has left an instance");
    deletion_is_refused(&rig);
}

#[test]
fn a_run_that_is_cancelled_ends_although_its_key_is_lost() {
    let waits = "ask 1 -> answer wait\n= held person: the password cannot be opened\n! cancel\nnothing\n! resume\n";
    let asked = format!("{waits}deliver 1 -> {NO_KEY}\n= asks 2: Instance aaaa0001, named $1, is there, and\n");
    without_key("ask", &format!("{asked}ask 2 -> answer lost\n= lost 1 aaaa0001\n= closed cancelled"));
}
