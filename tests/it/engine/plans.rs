//! Runbooks to test with.

/// The instance that is deleted in these runbooks.
pub(super) const SOURCE: &str = "2f49c2b3";

/// A runbook of these steps.
pub(super) fn runbook(steps: &str) -> String {
    with_defaults("", steps)
}

/// A runbook with defaults, as they stand in braces.
pub(super) fn with_defaults(defaults: &str, steps: &str) -> String {
    let defaults = if defaults.is_empty() { String::new() } else { format!("defaults: {{{defaults}}}\n") };
    let aura = if steps.contains("aura.") || steps.contains("neo4j.") { AURA } else { "" };
    format!("runbook: test\nversion: 1.0.0\n{aura}{defaults}steps:\n{steps}")
}

/// The declaration of the secret that those of these steps need which speak to the service.
pub(super) const AURA: &str = "secrets: {aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}}\n";

/// Everything that a deletion needs, in the order of the main runbook.
pub(super) const EVIDENCE: &str = r#"
  - {id: capture, uses: aura.instance.get, with: {instance_id: "2f49c2b3"}}
  - id: target
    uses: aura.tenant.check
    needs: [capture]
    with: {subject: "2f49c2b3", tenant_id: t1, type: enterprise-db, cloud_provider: gcp, region: eu, memory: 8GB}
  - {id: latest, uses: aura.snapshot.latest, needs: [target], with: {instance_id: "2f49c2b3"}}
  - id: export
    uses: backup.receive
    with: {instance_id: "2f49c2b3", snapshot_id: "{{ steps.latest.snapshot_id }}", snapshot_time: "{{ steps.latest.timestamp }}"}
  - id: put
    uses: s3.put
    with: {path: "{{ steps.export.path }}", sha256: "{{ steps.export.sha256 }}", bucket: b}
  - id: verify
    uses: backup.verify
    with: {instance_id: "2f49c2b3", bucket: "{{ steps.put.bucket }}", key: "{{ steps.put.key }}", sha256: "{{ steps.put.sha256 }}", size: "{{ steps.export.size }}"}
  - {id: entry, uses: audit.entry, needs: [verify], with: {subject: "2f49c2b3", title: Summary, fields: {a: 1}}}
  - {id: confirm, uses: confirm, needs: [entry], with: {subject: "2f49c2b3", type: "{{ steps.capture.name }}"}}
"#;

/// The same for another instance, by steps whose ids end in 2.
pub(super) fn evidence_about(other: &str) -> String {
    let names = ["capture", "target", "latest", "export", "put", "verify", "entry", "confirm"];
    let renamed = names.iter().fold(EVIDENCE.to_owned(), |steps, name| {
        steps
            .replace(&format!("id: {name},"), &format!("id: {name}2,"))
            .replace(&format!("id: {name}\n"), &format!("id: {name}2\n"))
            .replace(&format!("[{name}]"), &format!("[{name}2]"))
            .replace(&format!("steps.{name}."), &format!("steps.{name}2."))
    });
    renamed.replace(SOURCE, other)
}

/// A runbook that ends with a deletion.
pub(super) fn deletion() -> String {
    runbook(&format!(
        "{EVIDENCE}  - {{id: delete, uses: aura.instance.delete, needs: [confirm], with: {{instance_id: \"{SOURCE}\"}}}}\n"
    ))
}

/// A runbook that ends with the overwriting of an instance.
pub(super) fn overwriting() -> String {
    let with = format!("{{instance_id: \"{SOURCE}\", source_instance_id: \"0a1b2c3d\"}}");
    runbook(&format!("{EVIDENCE}  - {{id: over, uses: aura.instance.overwrite, needs: [confirm], with: {with}}}\n"))
}

/// A runbook that deletes an instance and creates another one.
pub(super) fn migration() -> String {
    format!("{}{}", deletion(), creation_step("needs: [delete]"))
}

/// A step that creates an instance and gives it the name `prod`; its lists settle within three minutes.
pub(super) fn creation_step(more: &str) -> String {
    let with = "{tenant_id: t1, type: enterprise-db, cloud_provider: gcp, region: eu, memory: 8GB, name: prod, \
                password_file: new.env, lag_max: 1m}";
    let more = if more.is_empty() { String::new() } else { format!("{more}, ") };
    format!("  - {{id: recreate, uses: aura.instance.create, {more}with: {with}}}\n")
}

/// A runbook that creates an instance and nothing else.
pub(super) fn creation() -> String {
    runbook(&creation_step(""))
}
