//! Evidence is about what its values come from, and not about what a step says.

use super::guards::runbook;
use super::mistakes;
use surefoot::runbook::{Inputs, compile};

/// The one mistake of a runbook: its code, message, help, and the text that it points to.
#[track_caller]
fn unfounded(text: &str) -> (String, String, String) {
    let found = compile(surefoot::kinds::catalog(), "case.yaml", text.as_bytes(), Inputs::Unknown)
        .map(|plan| plan.name)
        .unwrap_err();
    let all: Vec<_> = found.iter().collect();
    assert_eq!(all.len(), 1, "{found}");
    assert_eq!(all[0].code.name(), "SF045", "{found}");
    let span = all[0].span.unwrap();
    (all[0].message.clone(), all[0].hint.clone().unwrap(), text[span.start as usize..span.end as usize].to_owned())
}

/// The sound runbook of the guards with one thing in it replaced, which has to be there.
#[track_caller]
fn with(from: &str, to: &str) -> String {
    runbook(|text| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    })
}

/// Deletes X on the strength of a backup of Y.
const WRONG_BACKUP: &str = r#"
runbook: wrong-backup
version: 1.0.0
inputs:
  x: {type: string, pattern: "^[0-9a-f]{8}$"}
  y: {type: string, pattern: "^[0-9a-f]{8}$"}
  bucket: {type: string}
secrets:
  aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}
steps:
  - {id: capture, uses: aura.instance.get, with: {instance_id: "{{ inputs.x }}"}}
  - id: target
    uses: aura.tenant.check
    with: {subject: "{{ inputs.x }}", tenant_id: "{{ steps.capture.tenant_id }}", type: professional-db, cloud_provider: aws, region: eu-west-1, memory: 1GB}
  - {id: snapshot, uses: aura.snapshot.create, with: {instance_id: "{{ inputs.y }}"}}
  - {id: ready, uses: aura.snapshot.await, with: {instance_id: "{{ inputs.y }}", snapshot_id: "{{ steps.snapshot.snapshot_id }}"}}
  - {id: export, uses: backup.receive, with: {instance_id: "{{ inputs.y }}", snapshot_id: "{{ steps.ready.snapshot_id }}", snapshot_time: "{{ steps.ready.timestamp }}", database: neo4j}}
  - {id: upload, uses: s3.put, with: {path: "{{ steps.export.path }}", sha256: "{{ steps.export.sha256 }}", bucket: "{{ inputs.bucket }}", prefix: p, extension: "{{ steps.export.extension }}"}}
  - {id: verify, uses: backup.verify, with: {instance_id: "{{ inputs.x }}", bucket: "{{ steps.upload.bucket }}", key: "{{ steps.upload.key }}", version_id: "{{ steps.upload.version_id }}", sha256: "{{ steps.export.sha256 }}", size: "{{ steps.export.size }}"}}
  - {id: entry, uses: audit.entry, needs: [verify, target], with: {subject: "{{ inputs.x }}", title: t, fields: {}}}
  - {id: confirm, uses: confirm, needs: [entry], with: {subject: "{{ inputs.x }}", type: "ok", show: []}}
  - {id: delete, uses: aura.instance.delete, needs: [confirm], with: {instance_id: "{{ inputs.x }}"}}
"#;

#[test]
fn a_backup_of_another_instance_and_a_challenge_that_is_no_name_are_refused() {
    let found = compile(surefoot::kinds::catalog(), "wrong-backup.yaml", WRONG_BACKUP.as_bytes(), Inputs::Unknown)
        .map(|plan| plan.name);
    insta::assert_snapshot!(found.unwrap_err().render_within(false, 90));
}

#[test]
fn each_link_of_a_backup_has_to_hold() {
    // What is replaced in the sound runbook, by what, and the value that is then pointed at.
    let cases = [
        ("key: \"{{ steps.upload.key }}\"", "key: a/b", "a/b"),
        ("key: \"{{ steps.upload.key }}\"", "key: \"{{ inputs.other }}\"", "\"{{ inputs.other }}\""),
        (
            "key: \"{{ steps.upload.key }}\"",
            "key: \"{{ steps.upload.key or 'k' }}\"",
            "\"{{ steps.upload.key or 'k' }}\"",
        ),
        ("key: \"{{ steps.upload.key }}\"", "key: \"{{ steps.upload.uri }}\"", "\"{{ steps.upload.uri }}\""),
        ("bucket: \"{{ steps.upload.bucket }}\"", "bucket: b", "b"),
        ("version_id: \"{{ steps.upload.version_id }}\"", "version_id: v1", "v1"),
        (
            "sha256: \"{{ steps.export.sha256 }}\", size",
            "sha256: \"{{ inputs.other }}\", size",
            "\"{{ inputs.other }}\"",
        ),
        ("size: \"{{ steps.export.size }}\"", "size: 7", "7"),
        ("path: \"{{ steps.export.path }}\"", "path: backup.tar", "backup.tar"),
        (
            "sha256: \"{{ steps.export.sha256 }}\", bucket: b",
            "sha256: \"{{ inputs.other }}\", bucket: b",
            "\"{{ inputs.other }}\"",
        ),
        (
            "backup.receive, with: {instance_id: \"{{ inputs.id }}\"",
            "backup.receive, with: {instance_id: \"{{ inputs.other }}\"",
            "\"{{ inputs.other }}\"",
        ),
        (
            "snapshot_id: \"{{ steps.latest.snapshot_id }}\"",
            "snapshot_id: \"{{ inputs.other }}\"",
            "\"{{ inputs.other }}\"",
        ),
        (
            "snapshot_time: \"{{ steps.latest.timestamp }}\"",
            "snapshot_time: \"2026-01-01T00:00:00Z\"",
            "\"2026-01-01T00:00:00Z\"",
        ),
        (
            "aura.snapshot.latest, with: {instance_id: \"{{ inputs.id }}\"}",
            "aura.snapshot.latest, with: {instance_id: \"{{ inputs.other }}\"}",
            "\"{{ steps.latest.snapshot_id }}\"",
        ),
    ];
    for (from, to, place) in cases {
        let (message, hint, pointed) = unfounded(&with(from, to));
        assert!(message.ends_with("; `delete` rests on it as `backup`"), "{message}");
        assert!(!hint.is_empty());
        assert_eq!(pointed, place, "{message}");
    }
}

#[test]
fn what_a_broken_link_says() {
    let (message, hint, _) = unfounded(&with("key: \"{{ steps.upload.key }}\"", "key: a/b"));
    assert_eq!(
        message,
        "`key` of `verify` is \"a/b\", and must be the output `key` of s3.put; `delete` rests on it as `backup`"
    );
    assert_eq!(hint, "`key: \"{{ steps.upload.key }}\"`");
    let (message, hint, _) = unfounded(&with(
        "aura.snapshot.latest, with: {instance_id: \"{{ inputs.id }}\"}",
        "aura.snapshot.latest, with: {instance_id: \"{{ inputs.other }}\"}",
    ));
    assert_eq!(
        message,
        "`export` is about a snapshot of {{ inputs.id }}, and `latest` is about those of {{ inputs.other }}; \
         `delete` rests on it as `backup`"
    );
    assert_eq!(hint, "take `snapshot_id` from a step that sees the snapshots of {{ inputs.id }}");
}

#[test]
fn every_alternative_has_to_hold() {
    let second =
        "  - {id: fresh, uses: aura.snapshot.create, with: {instance_id: \"{{ inputs.id }}\"}}\n  - {id: export,";
    let both = with("  - {id: export,", second)
        .replace("\"{{ steps.latest.snapshot_id }}\"", "\"{{ steps.fresh.snapshot_id or steps.latest.snapshot_id }}\"");
    assert_eq!(mistakes(&both), Vec::<String>::new());
    let chosen = both.replace(
        "steps.fresh.snapshot_id or steps.latest.snapshot_id",
        "steps.fresh.snapshot_id if inputs.skip else steps.latest.snapshot_id",
    );
    assert_eq!(mistakes(&chosen), Vec::<String>::new());
    let stray = both.replace(
        "aura.snapshot.create, with: {instance_id: \"{{ inputs.id }}\"}",
        "aura.snapshot.create, with: {instance_id: \"{{ inputs.other }}\"}",
    );
    let (message, ..) = unfounded(&stray);
    assert!(message.contains("`fresh` is about those of {{ inputs.other }}"), "{message}");
}

#[test]
fn what_is_typed_is_what_was_captured() {
    let typed = "type: \"{{ steps.capture.name }}\"";
    for same in ["type: \"{{ steps.capture.id }}\"", "type: \"{{ inputs.id }}\"", "type: \"{{steps.capture.name}}\""] {
        assert_eq!(mistakes(&with(typed, same)), Vec::<String>::new(), "{same}");
    }
    let other = with(
        "  - {id: latest,",
        "  - {id: look, uses: aura.instance.get, with: {instance_id: \"{{ inputs.other }}\"}}\n  - {id: latest,",
    );
    let look = other.replace(typed, "type: \"{{ steps.look.name }}\"");
    for text in [
        with(typed, "type: ok"),
        with(typed, "type: \"{{ inputs.other }}\""),
        with(typed, "type: \"{{ steps.capture.status }}\""),
        with(typed, "type: \"{{ steps.capture.name or 'ok' }}\""),
        with(typed, "type: \"delete {{ steps.capture.name }}\""),
        look,
    ] {
        let (message, hint, _) = unfounded(&text);
        assert!(message.contains("is neither the captured name nor the id of {{ inputs.id }}"), "{message}");
        assert_eq!(hint, "`type: \"{{ steps.capture.name }}\"`");
    }
}

#[test]
fn what_is_written_and_confirmed_comes_after_the_evidence() {
    for (from, to) in [
        ("audit.entry, needs: [capture, verify, target]", "audit.entry, needs: [capture, target]"),
        ("audit.entry, needs: [capture, verify, target]", "audit.entry, needs: [verify, target]"),
        ("audit.entry, needs: [capture, verify, target]", "audit.entry, needs: [capture, verify]"),
    ] {
        let (message, hint, _) = unfounded(&with(from, to));
        assert!(message.starts_with("`entry` may come before `"), "{message}");
        assert!(hint.starts_with("let it wait: `needs: ["), "{hint}");
    }
    // Everything is there before the deletion, and not before the question.
    let early = with("needs: [capture, verify, target, entry], with", "needs: [capture], with")
        .replace("needs: [confirm]", "needs: [confirm, entry]");
    let (message, hint, pointed) = unfounded(&early);
    assert!(message.starts_with("`confirm` may come before `verify` has yielded the evidence `backup`"), "{message}");
    assert_eq!((hint.as_str(), pointed.as_str()), ("let it wait: `needs: [verify]`", "confirm"));
}

/// The sound runbook, and a creation after it with these values.
fn creating(values: &str) -> String {
    with("outputs:", &format!("{}outputs:", create("recreate", "delete", values)))
}

fn create(id: &str, after: &str, values: &str) -> String {
    format!(
        "  - {{id: {id}, uses: aura.instance.create, needs: [{after}], with: {{{values}, password_file: new.env}}}}\n"
    )
}

const SAME: &str = "tenant_id: t, type: enterprise-db, cloud_provider: gcp, region: r, memory: 8GB";

#[test]
fn what_is_created_is_what_was_checked() {
    for sound in [
        SAME,
        "tenant_id: \"{{ steps.target.tenant_id }}\", type: enterprise-db, cloud_provider: gcp, region: r, memory: \"{{ steps.target.memory }}\", storage: \"{{ steps.target.storage }}\", version: 5",
        "tenant_id: t, type: \"{{ steps.target.offered.type }}\", cloud_provider: gcp, region: r, memory: 8GB",
    ] {
        assert_eq!(mistakes(&creating(sound)), Vec::<String>::new(), "{sound}");
    }
    for (from, to, input) in [
        ("tenant_id: t,", "tenant_id: u,", "tenant_id"),
        ("enterprise-db", "professional-db", "type"),
        ("gcp", "aws", "cloud_provider"),
        ("region: r", "region: \"{{ steps.capture.region }}\"", "region"),
        ("8GB", "16GB", "memory"),
        ("8GB", "8GB, storage: 16GB", "storage"),
        ("8GB", "8GB, version: 2026.01", "version"),
    ] {
        let (message, ..) = unfounded(&creating(&SAME.replace(from, to)));
        let said = format!("`recreate` does not create what `target` has checked: `{input}` is ");
        assert!(message.starts_with(&said) && message.ends_with("as `offered`"), "{message}");
    }
}

#[test]
fn a_second_creation_is_not_free() {
    let two = creating(SAME).replace(
        "outputs:",
        &format!("{}outputs:", create("other", "recreate", &SAME.replace("region: r", "region: s"))),
    );
    let (message, _, pointed) = unfounded(&two);
    assert!(message.starts_with("`other` does not create what `target` has checked: `region`"), "{message}");
    assert_eq!(pointed, "s");
    // Before the deletion nothing rests on the check.
    let before = with(
        "  - {id: latest,",
        &format!("{}  - {{id: latest,", create("spare", "capture", &SAME.replace("region: r", "region: s"))),
    );
    assert_eq!(mistakes(&before), Vec::<String>::new());
}

#[test]
fn what_an_instance_is_overwritten_with_is_of_its_source() {
    let over = |snapshot: &str| {
        with(
            "aura.instance.delete, needs: [confirm], with: {instance_id: \"{{ inputs.id }}\"}",
            &format!(
                "aura.instance.overwrite, needs: [confirm], with: {{instance_id: \"{{{{ inputs.id }}}}\", \
                 source_instance_id: \"{{{{ inputs.other }}}}\", source_snapshot_id: \"{{{{ steps.{snapshot}.snapshot_id }}}}\"}}"
            ),
        )
        .replace("  - {id: latest,", "  - {id: source, uses: aura.snapshot.latest, with: {instance_id: \"{{ inputs.other }}\"}}\n  - {id: latest,")
    };
    assert_eq!(mistakes(&over("source")), Vec::<String>::new());
    let (message, ..) = unfounded(&over("latest"));
    assert_eq!(
        message,
        "`delete` takes the data of {{ inputs.other }}, and `latest` is about snapshots of {{ inputs.id }}"
    );
}

#[test]
fn no_step_of_the_shipped_runbooks_may_be_about_another_instance() {
    let subjects = ["instance_id: \"{{ inputs.instance_id }}\"", "subject: \"{{ inputs.instance_id }}\""];
    for (name, until) in [("migrate-to-vdc", "  - id: delete\n"), ("overwrite", "  - id: overwrite\n")] {
        let text = std::fs::read_to_string(format!("{}/runbooks/{name}.yaml", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert_eq!(mistakes(&text), Vec::<String>::new());
        let end = text.find(until).unwrap();
        let places: Vec<_> = subjects.iter().flat_map(|subject| text[..end].match_indices(subject)).collect();
        assert!(places.len() >= 7, "{name}");
        for (at, subject) in places {
            let other = subject.replace("{{ inputs.instance_id }}", "0a1b2c3d");
            let weakened = format!("{}{other}{}", &text[..at], &text[at + subject.len()..]);
            assert_ne!(mistakes(&weakened), Vec::<String>::new(), "{name} at {at}");
        }
        // Nor may any value on the line from the snapshot to the reading back be somebody's word.
        for output in
            ["snapshot_ready.snapshot_id", "snapshot_ready.timestamp", "export.path", "export.sha256", "upload.key"]
        {
            let line = text.lines().find(|line| line.ends_with(&format!(": \"{{{{ steps.{output} }}}}\""))).unwrap();
            let (input, _) = line.split_once(':').unwrap();
            let weakened = text.replacen(line, &format!("{input}: \"{{{{ inputs.change_id }}}}\""), 1);
            assert_ne!(mistakes(&weakened), Vec::<String>::new(), "{name}: {line}");
        }
    }
}
