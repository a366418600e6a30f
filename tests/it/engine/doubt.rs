//! What is said of a doubt before anything is done about it; and that it is what happens then.

use super::create::after_announcement;
use super::plans::{creation, deletion, overwriting, runbook};
use super::rig::Rig;
use super::story::{story, tell};
use surefoot::base::Timestamp;
use surefoot::engine::doubt::Doubt;

/// A doubt in a few lines.
fn told(doubt: &Doubt) -> String {
    let time = |at: Timestamp| at.time_of_day();
    let mut lines = Vec::new();
    for sent in &doubt.sent {
        lines.push(format!(
            "sent {} {} {} {}: {}",
            sent.attempt,
            sent.request,
            time(sent.at),
            time(sent.last_sent),
            sent.why
        ));
    }
    lines.extend(doubt.looks.iter().map(|look| format!("seen {} {}", time(look.at), look.saw)));
    lines.extend(doubt.trouble.iter().map(|trouble| format!("trouble {trouble}")));
    let outlook = &doubt.outlook;
    let mut next = format!("next {}", outlook.next);
    for (name, at) in [("at", outlook.at), ("until", outlook.until)] {
        next.extend(at.map(|at| format!(" {name} {}", time(at))));
    }
    next.extend(outlook.every.map(|every| format!(" every {every:?}")));
    lines.push(next);
    lines.extend(outlook.then.iter().map(|course| format!("{}: {}", course.found, course.then)));
    lines.join("\n")
}

fn now(rig: &Rig) -> String {
    rig.engine.view().in_doubt.iter().map(told).collect::<Vec<_>>().join("\n\n")
}

fn if_resumed(rig: &Rig, seconds: u64) -> String {
    let at = rig.now.plus(std::time::Duration::from_secs(seconds));
    rig.engine.doubts_if_resumed(at).iter().map(told).collect::<Vec<_>>().join("\n\n")
}

#[test]
fn nothing_is_in_doubt_where_everything_was_answered() {
    let rig =
        after_announcement("send create 1 -> calm\ndeliver 1 -> calm\nread probe -> calm\nprepare rename 1 -> calm");
    let told = now(&rig);
    assert!(told.starts_with("sent 1 DO aaaa0001") && told.contains("its answer is waited for"), "{told}");
    let rig = tell(rig, "recreate", "send rename 1 -> applied\n= succeeded");
    assert_eq!(now(&rig), "");
}

#[test]
fn a_creation_in_doubt_says_what_follows_and_when() {
    let rig = after_announcement("send create 1 -> unknown");
    insta::assert_snapshot!(now(&rig));
    let rig = tell(
        rig,
        "recreate",
        r#"
        read settle      -> found {"name":"$1","matches":[],"complete":true}
        +15s read settle -> found {"name":"$1","matches":[],"complete":false}
        "#,
    );
    insta::assert_snapshot!(now(&rig));
    // What was said is what happens: the last look that counts, and the second attempt after it.
    let until = rig.engine.view().in_doubt[0].outlook.until.unwrap();
    let rig = tell(
        rig,
        "recreate",
        r#"
        11 x +15s read settle -> found {"name":"$1","matches":[],"complete":true}
        prepare create 2      -> calm
        "#,
    );
    assert_eq!(until, rig.now);
}

#[test]
fn an_effect_without_an_outcome_is_told_as_a_process_would_find_it_that_takes_over() {
    let rig = after_announcement("send create 1 -> silence\n! wait 20s");
    insta::assert_snapshot!(format!("{}\n\n{}", now(&rig), if_resumed(&rig, 3600)));
    let before = if_resumed(&rig, 0);
    let rig = tell(rig, "recreate", "! crash");
    assert_eq!(now(&rig), before);
}

#[test]
fn an_orphan_too_old_to_be_deleted_is_said_to_need_a_person() {
    let rig = after_announcement("send create 1 -> silence");
    let told = if_resumed(&rig, 3 * 3600);
    assert!(told.contains("found: it stops for a person: instance (the new one) has the name"), "{told}");
}

#[test]
fn an_orphan_on_its_way_out() {
    let rig = after_announcement(
        r#"
        send create 1    -> unknown
        read settle      -> found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}
        = lost 1 aaaa0001
        read probe       -> found {"id":"aaaa0001","present":true,"status":"creating"}
        "#,
    );
    insta::assert_snapshot!(now(&rig));
    let rig = tell(
        rig,
        "recreate",
        r#"
        +15s read probe   -> found {"id":"aaaa0001","present":true,"status":"running"}
        prepare replace 1 -> calm
        send replace 1    -> unknown
        "#,
    );
    insta::assert_snapshot!(now(&rig));
}

#[test]
fn the_choice_for_a_lost_password_is_said_before_it_is_lost() {
    let told = |choice: &str| {
        let with = format!("password_file: new.env, on_lost_secret: {choice}");
        let rig = story(
            &creation().replace("password_file: new.env", &with),
            "recreate",
            "check -> calm\nread baseline -> calm\nprepare create 1 -> calm\nsend create 1 -> unknown",
        );
        now(&rig)
    };
    insta::assert_snapshot!(["ask", "adopt"].map(told).join("\n\n"));
}

#[test]
fn the_third_attempt_is_the_last() {
    let none = |number: u32| {
        format!(
            "send create {number} -> unknown\n\
             read settle -> found {{\"name\":\"${number}\",\"matches\":[],\"complete\":true}}\n\
             12 x +15s read settle -> found {{\"name\":\"${number}\",\"matches\":[],\"complete\":true}}\n\
             prepare create {} -> calm\n",
            number + 1
        )
    };
    let rig = after_announcement(&format!("{}{}send create 3 -> unknown", none(1), none(2)));
    insta::assert_snapshot!(now(&rig));
}

#[test]
fn what_only_an_operator_can_settle_says_what_each_word_leads_to() {
    let rig = after_announcement(
        r#"
        send create 1 -> unknown
        read settle   -> found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"},{"id":"aaaa0002","name":"$1"}],"complete":true}
        = held doubt: 2 instances are named $1; only one can be ours
        "#,
    );
    insta::assert_snapshot!(now(&rig));
    assert_eq!(now(&rig), if_resumed(&rig, 0));
}

#[test]
fn a_run_that_ends_sends_nothing_more() {
    let rig = after_announcement("send create 1 -> unknown\n! cancel");
    insta::assert_snapshot!(now(&rig));
}

#[test]
fn a_deletion_in_doubt() {
    let rig = story(&deletion(), "delete", "prepare delete 1 -> calm\nsend delete 1 -> unknown");
    insta::assert_snapshot!(now(&rig));
    let rig = tell(
        rig,
        "delete",
        r#"
        read probe -> found {"id":"2f49c2b3","present":false,"control":false}
        +15s read probe -> found {"id":"2f49c2b3","present":true,"status":"running"}
        "#,
    );
    insta::assert_snapshot!(now(&rig));
}

#[test]
fn an_overwriting_in_doubt() {
    let begun = "read probe -> found {\"status\":\"running\"}\nprepare overwrite 1 -> calm\n\
                 send overwrite 1 -> unknown";
    let rig = story(&overwriting(), "over", begun);
    insta::assert_snapshot!(now(&rig));
    let unseen = "read probe -> found {\"status\":\"running\"}\n\
                  12 x +15s read probe -> found {\"status\":\"running\"}\n= held doubt";
    let rig = tell(rig, "over", unseen);
    insta::assert_snapshot!(now(&rig));
}

#[test]
fn the_other_effects_in_doubt() {
    let doubtful = |step: &str, rows: &str| {
        let rig = story(&runbook(&format!("  - {{id: one, {step}}}\n")), "one", rows);
        now(&rig)
    };
    let snapshot = doubtful(
        "uses: aura.snapshot.create, with: {instance_id: \"2f49c2b3\", lag_max: 1m}",
        "read baseline -> found {\"ids\":[\"s0\"]}\nprepare create 1 -> calm\nsend create 1 -> unknown\n\
         read settle -> found {\"snapshots\":[{\"snapshot_id\":\"s0\",\"profile\":\"AdHoc\"}],\"complete\":true}",
    );
    let update = doubtful(
        "uses: aura.instance.update, with: {instance_id: \"2f49c2b3\", name: new}",
        "read probe -> found {\"name\":\"old\",\"status\":\"running\"}\nprepare update 1 -> calm\n\
         send update 1 -> unknown",
    );
    let pause = doubtful(
        "uses: aura.instance.pause, with: {instance_id: \"2f49c2b3\"}",
        "read probe -> found {\"status\":\"running\"}\nprepare pause 1 -> calm\nsend pause 1 -> unknown\n\
         read probe -> found {\"status\":\"running\"}",
    );
    let resume = doubtful(
        "uses: aura.instance.resume, with: {instance_id: \"2f49c2b3\"}",
        "read probe -> found {\"status\":\"paused\"}\nprepare resume 1 -> calm\nsend resume 1 -> unknown",
    );
    let object = |multipart: bool, rows: &str| {
        let found = format!(r#"{{"exists":false,"multipart":{multipart}}}"#);
        let rows = format!("check -> calm\nread probe -> found {found}\n{rows}");
        doubtful("uses: s3.put, with: {path: x, sha256: abc, bucket: b}", &rows)
    };
    let put = object(false, "prepare put 1 -> calm\nsend put 1 -> unknown");
    let parts = object(
        true,
        "prepare upload-start 1 -> calm\nsend upload-start 1 -> applied {\"upload_id\":\"u\"}\n\
         prepare upload-parts 1 -> calm\nsend upload-parts 1 -> unknown",
    );
    let file =
        doubtful("uses: file.write, with: {path: n, content: c}", "prepare write 1 -> calm\nsend write 1 -> unknown");
    insta::assert_snapshot!([snapshot, update, pause, resume, put, parts, file].join("\n\n"));
}

#[test]
fn a_late_arrival_in_the_last_sweep() {
    let rig = after_announcement(
        r#"
        send create 1           -> unknown
        read settle             -> found {"name":"$1","matches":[],"complete":true}
        12 x +15s read settle   -> found {"name":"$1","matches":[],"complete":true}
        prepare create 2        -> calm
        send create 2           -> calm
        deliver 2               -> calm
        read probe              -> calm
        prepare rename 1        -> calm
        send rename 1           -> applied
        = succeeded {"attempts":2,
        read sweep              -> found {"matches":[{"id":"aaaa0002","name":"$2"},{"id":"aaaa0001","name":"$1"}],"complete":true}
        = lost 1 aaaa0001
        "#,
    );
    insta::assert_snapshot!(now(&rig));
}

#[test]
fn a_change_of_password_says_what_follows_from_each_look() {
    let step = "  - {id: turn, uses: neo4j.password.rotate, with: {url: \"neo4j+s://x\", \
                credentials: \"{{ secrets.aura }}\", password_file: new.env}}\n";
    let begun = "check -> calm\nprepare rotate 1 -> calm\nsend rotate 1 -> unknown";
    let rig = story(&runbook(step), "turn", begun);
    insta::assert_snapshot!(now(&rig));
    let rig = tell(rig, "turn", r#"read probe -> found {"new":false,"old":true}"#);
    insta::assert_snapshot!(now(&rig));
}
