//! `aura.instance.create`: the last sweep, and lists that lag.

use super::create::after_announcement;
use super::lag::lists;

#[test]
pub(crate) fn a_late_arrival_is_found_by_the_last_sweep_and_replaced() {
    after_announcement(
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
        read probe              -> found {"id":"aaaa0001","present":true,"status":"running"}
        prepare replace 1       -> calm
        send replace 1          -> applied
        read probe              -> found {"id":"aaaa0001","present":false,"control":true}
        # After 180 s it was in no list yet, so others have 2 x (60 s + 180 s); and the list is behind: what was seen to
        # be gone is not taken for another orphan.
        +5m read sweep          -> found {"matches":[{"id":"aaaa0002","name":"$2"},{"id":"aaaa0001","name":"$1"}],"complete":true}
        +15s read sweep         -> found {"matches":[],"complete":false}
        +15s read sweep         -> found {"matches":[{"id":"aaaa0002","name":"$2"}],"complete":true}
        = closed done
        "#,
    );
}

#[test]
fn a_service_whose_lists_were_seen_to_lag_is_given_longer() {
    // Ninety seconds after it was sent it was in no list yet: 2 x (60 s + 90 s).
    let begun = r#"
        send create 1           -> unknown
        read settle             -> found {"name":"$1","matches":[],"complete":true}
        6 x +15s read settle    -> found {"name":"$1","matches":[],"complete":true}
        # One that is not complete says nothing of that.
        +15s read settle        -> found {"name":"$1","matches":[],"complete":false}
        +15s read settle        -> found {"name":"$1","matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}
        = lost 1 aaaa0001
        read probe              -> found {"id":"aaaa0001","present":true,"status":"running"}
        prepare replace 1       -> calm
        send replace 1          -> applied
        read probe              -> found {"id":"aaaa0001","present":false,"control":true}
        prepare create 2        -> calm
        send create 2           -> unknown
    "#;
    after_announcement(&format!("{begun}{}prepare create 3 -> calm", lists(300).replace("$1", "$2")));
}

/// Up to the second instance of the step, where the first one was found, deleted and gone by this.
fn replaced(gone: &str, then: &str) -> String {
    format!(
        r#"
        send create 1           -> unknown
        read settle             -> found {{"name":"$1","matches":[{{"id":"aaaa0001","name":"$1"}}],"complete":true}}
        = lost 1 aaaa0001
        {gone}
        prepare create 2        -> calm
        send create 2           -> calm
        deliver 2               -> calm
        read probe              -> calm
        prepare rename 1        -> calm
        send rename 1           -> applied
        = succeeded {{"attempts":2,
        {then}
        "#
    )
}

#[test]
fn a_list_that_stays_behind_needs_a_person() {
    let gone = r#"
        read probe              -> found {"id":"aaaa0001","present":true,"status":"running"}
        prepare replace 1       -> calm
        send replace 1          -> applied
        read probe              -> found {"id":"aaaa0001","present":false,"control":true}"#;
    let then = r#"
        +3m read sweep          -> found {"matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}
        39 x +15s read sweep    -> found {"matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}
        = held person: an instance that was deleted is still listed
        nothing
        # What one session has seen says nothing of the next one.
        ! resume
        read sweep              -> found {"matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}
        +15s read sweep         -> found {"matches":[],"complete":true}
        = closed done"#;
    after_announcement(&replaced(gone, then));
}

#[test]
fn what_is_listed_although_no_read_found_it_is_looked_at_again() {
    // No read found it for a time that the plan takes for enough, and it was there all along.
    let gone = r#"
        read probe              -> found {"id":"aaaa0001","present":false,"control":true}
        7 x +15s read probe     -> found {"id":"aaaa0001","present":false,"control":true}"#;
    after_announcement(&replaced(
        gone,
        r#"
        +75s read sweep         -> found {"matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}
        read probe              -> found {"id":"aaaa0001","present":true,"status":"running"}
        prepare replace 1       -> calm
        send replace 1          -> applied
        read probe              -> found {"id":"aaaa0001","present":false,"control":true}
        read sweep              -> found {"matches":[],"complete":true}
        = closed done
        "#,
    ));
}

#[test]
fn an_instance_that_cannot_be_ours_is_never_deleted_by_the_sweep() {
    // A second instance under the name of an attempt whose response was seen: nobody knows where it comes from.
    after_announcement(
        r#"
        send create 1           -> calm
        deliver 1               -> calm
        read probe              -> calm
        prepare rename 1        -> calm
        send rename 1           -> applied
        = succeeded {"attempts":1,
        read sweep              -> found {"matches":[{"id":"aaaa0001","name":"prod"},{"id":"bbbb0001","name":"$1"}],"complete":true}
        = held person: instance bbbb0001 has the name
        nothing
        ! resume
        # It looks again; meanwhile a person removed it.
        read sweep              -> found {"matches":[{"id":"aaaa0001","name":"prod"}],"complete":true}
        = closed done
        "#,
    );
}

#[test]
fn a_project_that_can_never_be_listed_needs_somebody() {
    after_announcement(
        r#"
        send create 1           -> calm
        deliver 1               -> calm
        read probe              -> calm
        prepare rename 1        -> calm
        send rename 1           -> applied
        = succeeded
        read sweep              -> found {"matches":[],"complete":false}
        39 x +15s read sweep    -> found {"matches":[],"complete":false}
        = held outside: the instances of the project cannot be seen
        nothing
        ! resume
        read sweep              -> found {"matches":[],"complete":false}
        +15s read sweep         -> found {"matches":[{"id":"aaaa0001","name":"$1"}],"complete":true}
        = closed done
        "#,
    );
}
