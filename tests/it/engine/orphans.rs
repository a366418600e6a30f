//! Instances of ours whose password is lost: replaced where that is safe, and only there.

use super::create::after_announcement;
use super::story::rows;

/// The rows up to the deletion of an orphan.
const TO_REPLACE: &str = r#"
    send create 1           -> unknown
    read settle             -> found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}
    = lost 1 aaaa0001
"#;

#[test]
fn a_replacement_in_doubt_looks_before_it_sends_again() {
    after_announcement(&format!(
        "{TO_REPLACE}\n{}",
        r#"
        read probe              -> found {"id":"aaaa0001","present":true,"status":"running"}
        prepare replace 1       -> calm
        send replace 1          -> unknown
        read probe              -> found {"id":"aaaa0001","present":true,"status":"running"}
        +15s prepare replace 2  -> calm
        send replace 2          -> silence
        ! crash
        read probe              -> found {"id":"aaaa0001","present":true,"status":"destroying"}
        +15s read probe         -> found {"id":"aaaa0001","present":true,"status":"destroying"}
        # Nobody knows whether it was deleted, so no decision rests on one look.
        3 x +15s read probe     -> found {"id":"aaaa0001","present":false,"control":true}
        prepare create 2        -> calm
        "#
    ));
}

#[test]
fn an_orphan_that_the_service_is_at_work_on_is_looked_at() {
    // The deletion in doubt has begun since the last look; it may take longer than anybody tries to prepare another.
    after_announcement(&format!(
        "{TO_REPLACE}\n{}",
        r#"
        read probe              -> found {"id":"aaaa0001","present":true,"status":"running"}
        prepare replace 1       -> calm
        send replace 1          -> unknown
        read probe              -> found {"id":"aaaa0001","present":true,"status":"running"}
        +15s prepare replace 2  -> failed busy aaaa0001 is still destroying after 20s
        = waits 1: aaaa0001 is still destroying
        +20s read probe         -> found {"id":"aaaa0001","present":true,"status":"destroying"}
        +15s read probe         -> found {"id":"aaaa0001","present":true,"status":"destroying"}
        3 x +15s read probe     -> found {"id":"aaaa0001","present":false,"control":true}
        prepare create 2        -> calm
        "#
    ));
}

#[test]
fn an_orphan_that_goes_between_the_looks_is_gone() {
    // The deletion in doubt arrives late, or somebody else deletes it: the guard read finds nothing.
    after_announcement(&format!(
        "{TO_REPLACE}\n{}",
        r#"
        read probe              -> found {"id":"aaaa0001","present":true,"status":"running"}
        prepare replace 1       -> calm
        send replace 1          -> unknown
        read probe              -> found {"id":"aaaa0001","present":true,"status":"running"}
        +15s prepare replace 2  -> failed not_found gone
        3 x +15s read probe     -> found {"id":"aaaa0001","present":false,"control":true}
        prepare create 2        -> calm
        "#
    ));
    after_announcement(&format!(
        "{TO_REPLACE}\n{}",
        r#"
        # A new instance may not be found at first: without a deletion of ours eight looks in a row are needed.
        read probe              -> found {"id":"aaaa0001","present":false,"control":true}
        6 x +15s read probe     -> found {"id":"aaaa0001","present":false,"control":true}
        +15s read probe         -> found {"id":"aaaa0001","present":true,"status":"creating"}
        +15s read probe         -> found {"id":"aaaa0001","present":true,"status":"running"}
        prepare replace 1       -> failed not_found gone
        +15s read probe         -> found {"id":"aaaa0001","present":false,"control":false}
        7 x +15s read probe     -> found {"id":"aaaa0001","present":false,"control":true}
        +15s read probe         -> found {"id":"aaaa0001","present":false,"control":true}
        prepare create 2        -> calm
        "#
    ));
}

#[test]
fn an_orphan_that_is_somebody_elses_now_is_left_alone() {
    after_announcement(&format!(
        "{TO_REPLACE}\n{}",
        r#"
        read probe              -> found {"id":"aaaa0001","present":true,"status":"Paused"}
        prepare replace 1       -> prepared aaaa0001 {"id":"aaaa0001","name":"mine now","tenant_id":"t1"}
        = held person: nothing was sent: aaaa0001 is not provably an orphan of this run
        nothing
        "#
    ));
}

#[test]
fn an_orphan_that_was_only_hidden_is_deleted_after_all() {
    // Access was taken away while the deletion was sent, and came back: the 404 did not mean that it was gone.
    after_announcement(&format!(
        "{TO_REPLACE}\n{}",
        r#"
        read probe              -> found {"id":"aaaa0001","present":true,"status":"running"}
        prepare replace 1       -> calm
        send replace 1          -> rejected 404 not_found no such instance
        read probe              -> found {"id":"aaaa0001","present":false,"control":false}
        +15s read probe         -> found {"id":"aaaa0001","present":true,"status":"running"}
        prepare replace 2       -> calm
        send replace 2          -> calm
        read probe              -> found {"id":"aaaa0001","present":true,"status":"destroying"}
        "#
    ));
}

#[test]
fn an_orphan_that_does_not_go_needs_a_person() {
    let running = r#"found {"id":"aaaa0001","present":true,"status":"running"}"#;
    let unknown = r#"
        prepare replace N       -> calm
        send replace N          -> unknown
        read probe              -> found {"id":"aaaa0001","present":true,"status":"running"}
    "#;
    let wait = |attempt: u32| if attempt == 1 { "prepare" } else { "+15s prepare" };
    let five = rows(1..=5, |attempt| unknown.replace("prepare", wait(attempt)).replace('N', &attempt.to_string()));
    after_announcement(&format!(
        "{TO_REPLACE}\nread probe -> {running}\n{five}\n= held person: the deletion of the orphan aaaa0001 was sent 5 times\n! resume\n+15s prepare replace 6 -> calm"
    ));
}
