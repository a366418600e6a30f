//! What is destroyed is counted before, under the name of its instance and at its address.

use super::guards::{COUNTS, runbook};
use super::{given, mistakes};
use surefoot::runbook::{Inputs, compile, recompile};

/// The one mistake or warning of a runbook: its code, message and help, and the text that it points to.
#[track_caller]
fn one(text: &str, inputs: Inputs<'_>) -> (String, String, String, String) {
    let found = match compile(surefoot::kinds::catalog(), "case.yaml", text.as_bytes(), inputs) {
        Ok(plan) => plan.warnings.expect("a warning"),
        Err(found) => found,
    };
    let all: Vec<_> = found.iter().collect();
    assert_eq!(all.len(), 1, "{found}");
    let span = all[0].span.unwrap();
    let pointed = text[span.start as usize..span.end as usize].to_owned();
    (all[0].code.name().to_owned(), all[0].message.clone(), all[0].hint.clone().unwrap(), pointed)
}

/// The sound runbook of the guards with another counting.
#[track_caller]
fn counting(from: &str, to: &str) -> String {
    runbook(|text| {
        assert!(COUNTS.contains(from), "{from}");
        text.replacen(COUNTS, &COUNTS.replacen(from, to, 1), 1)
    })
}

const NAMED: &str = "instance_id: \"{{ inputs.id }}\", ";

#[test]
fn a_counting_that_names_no_instance_is_no_evidence() {
    let text = counting(NAMED, "");
    let (code, message, hint, pointed) = one(&text, Inputs::Unknown);
    assert_eq!((code.as_str(), pointed.as_str()), ("SF048", "counts"));
    assert_eq!(
        message,
        "`counts` does not say of which instance it counts, and nothing else is sure to count {{ inputs.id }} before \
         `delete`: what is written after the backup would be lost unseen"
    );
    assert_eq!(hint, "`instance_id: \"{{ inputs.id }}\"`");
    // A run that began with it goes on.
    assert!(recompile(surefoot::kinds::catalog(), "plan.yaml", text.as_bytes(), Inputs::Unknown).is_ok());
}

#[test]
fn a_counting_that_may_not_count_is_no_evidence() {
    for (from, to, why) in [
        ("{id: counts,", "{id: counts, when: \"{{ not inputs.skip }}\",", "`counts` may be skipped by its `when`"),
        ("accept", "ping: \"{{ inputs.skip }}\", accept", "`counts` may count nothing"),
    ] {
        let (code, message, ..) = one(&counting(from, to), Inputs::Unknown);
        assert!(code == "SF048" && message.starts_with(why), "{code}: {message}");
    }
    // What is skipped together with the deletion is there whenever that is.
    let both = counting("{id: counts,", "{id: counts, when: \"{{ not inputs.skip }}\",")
        .replace("{id: delete,", "{id: delete, when: \"{{ not inputs.skip }}\",");
    assert_eq!(mistakes(&both), Vec::<String>::new());
    assert_eq!(mistakes(&counting("accept", "ping: false, accept")), Vec::<String>::new());
}

#[test]
fn a_counting_of_another_instance_is_no_evidence() {
    let of_other = COUNTS.replace("inputs.id", "inputs.other");
    let text = runbook(|text| text.replacen(COUNTS, &of_other, 1));
    let (code, message, hint, _) = one(&text, Inputs::Unknown);
    assert!(code == "SF048" && message.starts_with("`counts` counts something else"), "{code}: {message}");
    assert_eq!(hint, "count {{ inputs.id }} too, with `instance_id: \"{{ inputs.id }}\"`");
    // Nor one at an address of it.
    let capture = "{{ steps.capture.connection_url }}";
    let mixed = COUNTS.replace("neo4j+s://{{ inputs.id }}.databases.neo4j.io", capture);
    let mixed = mixed.replace(NAMED, "instance_id: \"{{ inputs.other }}\", ");
    let found = mistakes(&runbook(|text| text.replacen(COUNTS, &mixed, 1)));
    let codes: Vec<_> = found.iter().map(|found| &found[..5]).collect();
    assert_eq!(codes, ["SF045", "SF048"]);
    // Beside one that is of the instance it may stand.
    let too = of_other.replace("id: counts,", "id: too,");
    let beside = runbook(|text| text.replacen(COUNTS, &format!("{too}{COUNTS}"), 1));
    assert_eq!(mistakes(&beside), Vec::<String>::new());
}

#[test]
fn a_deletion_without_any_counting_is_a_warning() {
    let without = |text: String| text.replacen(COUNTS, "", 1).replacen("needs: [counts], ", "", 1);
    let text = runbook(without);
    let (code, message, hint, pointed) = one(&text, Inputs::Unknown);
    assert_eq!((code.as_str(), pointed.as_str()), ("SF049", "delete"));
    assert_eq!(
        message,
        "nothing counts {{ inputs.id }} before `delete`: what is written after the backup would be lost unseen"
    );
    for word in ["neo4j.counts", "{{ steps.capture.connection_url }}", "instance_id: \"{{ inputs.id }}\""] {
        assert!(hint.contains(word), "{hint}");
    }
    // A password that works says nothing about what is there.
    let (code, ..) = one(&counting("accept", "ping: true, accept"), Inputs::Unknown);
    assert_eq!(code, "SF049");
    // Nor does a counting that may come too late.
    let late = runbook(|text| text.replacen("needs: [counts], ", "", 1));
    let (code, message, hint, _) = one(&late, Inputs::Unknown);
    assert!(code == "SF049" && message.starts_with("`counts` is not waited for"), "{code}: {message}");
    assert_eq!(hint, "let `delete` wait: `needs: [counts]`");
    let plan = recompile(surefoot::kinds::catalog(), "plan.yaml", text.as_bytes(), Inputs::Unknown).unwrap();
    assert!(plan.warnings.is_none());
}

#[test]
fn what_is_counted_is_at_the_address_of_what_is_named() {
    let url = "\"neo4j+s://{{ inputs.id }}.databases.neo4j.io\"";
    let known = given(&[("id", "2f49c2b3"), ("other", "7637eb4b")]);
    for (address, inputs) in [
        ("neo4j+s://2f49c2b3.databases.neo4j.io", Inputs::Given(&known)),
        ("neo4j+s://2f49c2b3-x.production-orch-0042.neo4j.io", Inputs::Given(&known)),
        ("{{ steps.capture.connection_url }}", Inputs::Unknown),
        ("neo4j+s://{{ steps.capture.id }}.databases.neo4j.io", Inputs::Unknown),
        ("{{ inputs.id and 'neo4j+s://2f49c2b3.databases.neo4j.io' }}", Inputs::Given(&known)),
        ("https://db.example.com", Inputs::Given(&known)),
        // Nobody knows yet which instance it will be.
        ("neo4j+s://7637eb4b.databases.neo4j.io", Inputs::Unknown),
    ] {
        let text = counting(url, &format!("\"{address}\""));
        let found = compile(surefoot::kinds::catalog(), "case.yaml", text.as_bytes(), inputs)
            .unwrap_or_else(|found| panic!("{found}"));
        assert!(found.warnings.is_none(), "{address}");
    }
    for (address, inputs, host) in [
        ("neo4j+s://7637eb4b.databases.neo4j.io", Inputs::Given(&known), "7637eb4b.databases.neo4j.io"),
        ("https://2f49c2b30.databases.neo4j.io", Inputs::Given(&known), "2f49c2b30.databases.neo4j.io"),
        ("neo4j+s://{{ inputs.other }}.databases.neo4j.io", Inputs::Unknown, "{{ inputs.other }}"),
        ("neo4j+s://{{ inputs.other }}.databases.neo4j.io:7687/", Inputs::Given(&known), "{{ inputs.other }}"),
    ] {
        let written = format!("\"{address}\"");
        let (code, message, hint, pointed) = one(&counting(url, &written), inputs);
        assert_eq!((code.as_str(), &pointed), ("SF045", &written));
        let said = format!("`counts` counts at {host}, which is not the address of {{{{ inputs.id }}}}");
        assert!(message.starts_with(&said) && message.ends_with("rests on it as `counted`"), "{message}");
        assert_eq!(hint, "`url: \"neo4j+s://{{ inputs.id }}.databases.neo4j.io\"`");
    }
    let given = counting(url, "\"{{ inputs.id and 'neo4j+s://7637eb4b.databases.neo4j.io' }}\"");
    let (_, message, hint, _) = one(&given, Inputs::Given(&known));
    assert!(message.contains("which is not the address of {{ inputs.id }} (2f49c2b3)"), "{message}");
    assert_eq!(hint, "give the inputs that `url` is made of the address of {{ inputs.id }} (2f49c2b3)");
}

#[test]
fn what_is_compared_is_at_the_address_of_what_is_named() {
    let create = "  - {id: make, uses: aura.instance.create, needs: [delete], with: {tenant_id: t, type: enterprise-db, \
                  cloud_provider: gcp, region: r, memory: 8GB, password_file: new.env}}\n";
    let compare = |url: &str, id: &str| {
        let with = format!("{{before: \"{{{{ steps.counts }}}}\", url: \"{url}\", instance_id: \"{id}\"}}");
        let compare = format!("  - {{id: same, uses: neo4j.compare, needs: [make], with: {with}}}\n");
        runbook(|text| text.replace("outputs:", &format!("{create}{compare}outputs:")))
    };
    let made = "{{ steps.make.connection_url }}";
    assert_eq!(mistakes(&compare(made, "{{ steps.make.id }}")), Vec::<String>::new());
    for (url, id) in [
        (made, "{{ inputs.id }}"),
        ("{{ steps.capture.connection_url }}", "{{ steps.make.id }}"),
        ("neo4j+s://7637eb4b.databases.neo4j.io", "2f49c2b3"),
        ("neo4j+s://{{ inputs.id }}.databases.neo4j.io", "{{ steps.make.id }}"),
    ] {
        let (code, message, ..) = one(&compare(url, id), Inputs::Unknown);
        assert!(code == "SF045" && message.starts_with("`same` counts at "), "{code}: {message}");
    }
}

#[test]
fn a_tolerance_of_more_than_a_day_is_no_limit() {
    let export = |tolerance: &str| {
        runbook(|text| {
            text.replace(
                "{id: export, uses: backup.receive, with: {",
                &format!("{{id: export, uses: backup.receive, with: {{tolerance: {tolerance}, "),
            )
        })
    };
    for sound in ["1d", "24h", "90s", "\"{{ '2d' }}\""] {
        assert_eq!(mistakes(&export(sound)), Vec::<String>::new(), "{sound}");
    }
    let text = export("3650d");
    let (code, message, hint, pointed) = one(&text, Inputs::Unknown);
    assert_eq!((code.as_str(), pointed.as_str()), ("SF039", "3650d"));
    assert_eq!(message, "`tolerance` is 3650d, and may be at most 1d");
    assert_eq!(hint, "write 1d or less, or leave it out");
    assert!(recompile(surefoot::kinds::catalog(), "plan.yaml", text.as_bytes(), Inputs::Unknown).is_ok());
}
