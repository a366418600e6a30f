//! The guard proof: evidence dominates the irreversible step, or the path that escapes is printed.

use super::{mistakes, planned};
use surefoot::runbook::guard::proofs;
use surefoot::runbook::{Inputs, compile};

const HEAD: &str = "runbook: case\nversion: 1.0.0\ninputs: {id: {type: string}, other: {type: string, default: 0a1b2c3d}, skip: {type: boolean, default: false}}\nsecrets: {aura: {env: [A, B]}}\nsteps:\n";
const CAPTURE: &str = "  - {id: capture, uses: aura.instance.get, with: {instance_id: \"{{ inputs.id }}\"}}\n";
pub(super) const COUNTS: &str = "  - {id: counts, uses: neo4j.counts, with: {url: \"neo4j+s://{{ inputs.id }}.databases.neo4j.io\", instance_id: \"{{ inputs.id }}\", accept_uncounted: true}}\n";
const LATEST: &str =
    "  - {id: latest, needs: [counts], uses: aura.snapshot.latest, with: {instance_id: \"{{ inputs.id }}\"}}\n";
const EXPORT: &str = "  - {id: export, uses: backup.receive, with: {instance_id: \"{{ inputs.id }}\", snapshot_id: \"{{ steps.latest.snapshot_id }}\", snapshot_time: \"{{ steps.latest.timestamp }}\"}}\n";
const UPLOAD: &str = "  - {id: upload, uses: s3.put, with: {path: \"{{ steps.export.path }}\", sha256: \"{{ steps.export.sha256 }}\", bucket: b}}\n";
const VERIFY: &str = "  - {id: verify, uses: backup.verify, with: {instance_id: \"{{ inputs.id }}\", bucket: \"{{ steps.upload.bucket }}\", key: \"{{ steps.upload.key }}\", version_id: \"{{ steps.upload.version_id }}\", sha256: \"{{ steps.export.sha256 }}\", size: \"{{ steps.export.size }}\"}}\n";
const TARGET: &str = "  - {id: target, uses: aura.tenant.check, with: {subject: \"{{ inputs.id }}\", tenant_id: t, type: enterprise-db, cloud_provider: gcp, region: r, memory: 8GB}}\n";
const ENTRY: &str = "  - {id: entry, uses: audit.entry, needs: [capture, verify, target], with: {subject: \"{{ inputs.id }}\", title: t, fields: {}}}\n";
const CONFIRM: &str = "  - {id: confirm, uses: confirm, needs: [capture, verify, target, entry], with: {subject: \"{{ inputs.id }}\", type: \"{{ steps.capture.name }}\"}}\n";
const DELETE: &str =
    "  - {id: delete, uses: aura.instance.delete, needs: [confirm], with: {instance_id: \"{{ inputs.id }}\"}}\n";
const TAIL: &str = "outputs: {other: \"{{ inputs.other }}\", skip: \"{{ inputs.skip }}\"}\n";

pub(super) fn runbook(change: impl Fn(String) -> String) -> String {
    change([HEAD, CAPTURE, COUNTS, LATEST, EXPORT, UPLOAD, VERIFY, TARGET, ENTRY, CONFIRM, DELETE, TAIL].concat())
}

/// What is said about the one evidence that may be missing.
#[track_caller]
fn escape(text: &str) -> (String, String) {
    let found = compile(surefoot::kinds::catalog(), "case.yaml", text.as_bytes(), Inputs::Unknown).unwrap_err();
    let all: Vec<_> = found.iter().collect();
    assert_eq!(all.len(), 1, "{found}");
    assert_eq!(all[0].code.name(), "SF044", "{found}");
    (all[0].message.clone(), all[0].hint.clone().unwrap())
}

#[test]
fn evidence_of_ancestors_about_the_same_subject_proves_the_step() {
    let plan = planned(&runbook(|text| text));
    let delete = plan.index_of("delete").unwrap();
    let found: Vec<(&str, &str)> = proofs(&plan)
        .iter()
        .inspect(|proof| assert_eq!(proof.step, delete))
        .map(|proof| (proof.proof.name(), plan.steps[proof.by_step].id.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("config", "capture"),
            ("backup", "verify"),
            ("offered", "target"),
            ("audited", "entry"),
            ("confirmed", "confirm")
        ]
    );
    assert_eq!(plan.point_of_no_return(), Some(delete));
}

#[test]
fn the_subject_may_be_written_in_other_ways() {
    for same in ["{{inputs.id}}", "{{ inputs . id }}", "{{ steps.capture.id }}", "{{steps.capture.id}}"] {
        let text = runbook(|text| {
            text.replace("title: t", "title: u")
                .replace("with: {subject: \"{{ inputs.id }}\", title", &format!("with: {{subject: \"{same}\", title"))
        });
        assert_eq!(mistakes(&text), Vec::<String>::new(), "{same}");
    }
}

#[test]
fn evidence_about_another_subject_does_not_count() {
    let text = runbook(|text| {
        text.replace(
            "backup.verify, with: {instance_id: \"{{ inputs.id }}\"",
            "backup.verify, with: {instance_id: \"{{ inputs.other }}\"",
        )
    });
    let (message, hint) = escape(&text);
    assert!(message.contains("`backup`") && message.ends_with("confirm → delete"), "{message}");
    assert_eq!(hint, "`verify` yields it, but about another subject");
}

#[test]
fn evidence_that_nobody_waits_for_does_not_count() {
    let (message, hint) = escape(&runbook(|text| {
        text.replace("needs: [capture, verify, target, entry]", "needs: [capture, verify, entry]")
            .replace("needs: [capture, verify, target]", "needs: [capture, verify]")
    }));
    assert_eq!(
        message,
        "`delete` may begin without the evidence `offered` about its subject, on the path counts → latest → export → \
         upload → verify → entry → confirm → delete"
    );
    assert_eq!(hint, "`target` yields it, but is not waited for: `needs: [target]`");
}

#[test]
fn evidence_that_may_be_skipped_counts_only_under_the_same_condition() {
    let skippable = |text: String| text.replace("{id: verify,", "{id: verify, when: \"{{ not inputs.skip }}\",");
    let (message, hint) = escape(&runbook(skippable));
    assert!(message.contains("`backup`") && !message.contains("verify"), "{message}");
    assert_eq!(hint, "`verify` yields it, but may be skipped by its `when`");
    let both = runbook(|text| skippable(text).replace("{id: delete,", "{id: delete, when: \"{{not inputs.skip}}\","));
    assert_eq!(mistakes(&both), Vec::<String>::new());
    let other = runbook(|text| skippable(text).replace("{id: delete,", "{id: delete, when: \"{{ inputs.skip }}\","));
    assert_eq!(mistakes(&other).len(), 1);
}

#[test]
fn without_any_evidence_every_kind_of_it_is_named() {
    let text = format!("{HEAD}{}{TAIL}", DELETE.replace("needs: [confirm], ", ""));
    let found = compile(surefoot::kinds::catalog(), "case.yaml", text.as_bytes(), Inputs::Unknown).unwrap_err();
    let messages: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
    assert_eq!(messages.len(), 5, "{found}");
    assert!(messages.iter().all(|message| message.ends_with("on the path delete")), "{found}");
}
