//! Correct runbooks.

use super::given;
use serde_json::json;
use surefoot::runbook::{Inputs, Renderer, compile};

pub(super) const SOUND: &str = r#"
runbook: sound
version: 1.2.0
description: Captures and deletes.
inputs:
  instance_id: {type: string, pattern: "^[0-9a-f]{8}$", description: the instance}
  bucket: {type: string, default: backups}
  days: {type: integer, default: 3}
secrets:
  aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}
  source_db: {env: [SOURCE_NEO4J_USERNAME, SOURCE_NEO4J_PASSWORD], optional: true}
defaults: {timeout: 10m, retry: {max: 3, backoff: 1s..30s}, concurrency: 4}
steps:
  - id: capture
    uses: aura.instance.get
    with: {instance_id: "{{ inputs.instance_id }}"}
    save: instance-config.json
  - id: counts
    uses: neo4j.counts
    with: {url: "{{ steps.capture.connection_url }}", credentials: "{{ secrets.source_db }}", instance_id: "{{ inputs.instance_id }}"}
  - id: latest
    uses: aura.snapshot.latest
    with: {instance_id: "{{ inputs.instance_id }}", days: "{{ inputs.days * 2 }}"}
  - id: export
    uses: backup.receive
    with: {instance_id: "{{ inputs.instance_id }}", snapshot_id: "{{ steps.latest.snapshot_id }}", snapshot_time: "{{ steps.latest.timestamp }}"}
  - id: upload
    uses: s3.put
    with: {path: "{{ steps.export.path }}", sha256: "{{ steps.export.sha256 }}", bucket: "{{ inputs.bucket }}"}
  - id: verify
    uses: backup.verify
    with: {instance_id: "{{ inputs.instance_id }}", bucket: "{{ steps.upload.bucket }}", key: "{{ steps.upload.key }}", sha256: "{{ steps.export.sha256 }}", size: "{{ steps.upload.size }}"}
  - id: offered
    uses: aura.tenant.check
    with:
      subject: "{{inputs.instance_id}}"
      tenant_id: "{{ steps.capture.tenant_id }}"
      type: enterprise-db
      cloud_provider: "{{ steps.capture.cloud_provider }}"
      region: "{{ steps.capture.region }}"
      memory: "{{ steps.capture.memory or '8GB' }}"
      version: 5
  - id: audited
    uses: audit.entry
    needs: [verify, offered]
    with:
      subject: "{{ steps.capture.id }}"
      title: "Before: {{ steps.capture.name }}"
      fields: {name: "{{ steps.capture.name }}", nodes: "{{ steps.counts.nodes }}", run: "{{ run.id }}", fixed: 7, list: [1, "{{ inputs.days }}"]}
  - id: confirm
    uses: confirm
    with: {subject: "{{ inputs.instance_id }}", type: "{{ steps.capture.name }}", show: [capture, verify]}
    needs: [audited]
  - id: delete
    uses: aura.instance.delete
    needs: [confirm]
    with: {instance_id: "{{ inputs.instance_id }}"}
    timeout: 30m
  - id: note
    uses: assert
    when: "{{ steps.delete.name == 'x' }}"
    with: {that: true}
outputs:
  name: "{{ steps.capture.name }}"
"#;

#[test]
fn a_sound_runbook_becomes_a_plan() {
    let inputs = given(&[("instance_id", "0a1b2c3d"), ("days", "5")]);
    let plan = compile(surefoot::kinds::catalog(), "sound.yaml", SOUND.as_bytes(), Inputs::Given(&inputs))
        .unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(plan.inputs.get("days"), Some(&json!(5)));
    let delete = plan.index_of("delete").unwrap();
    assert_eq!(plan.point_of_no_return(), Some(delete));
    let audited = &plan.steps[plan.index_of("audited").unwrap()];
    assert_eq!(audited.after, [0, 1, 5, 6]);
    let scope = json!({
        "inputs": plan.inputs,
        "run": {"id": "r1"},
        "steps": {"capture": {"id": "0a1b2c3d", "name": "prod"}, "counts": {"nodes": 12}},
    });
    let rendered = Renderer::new().inputs(audited.kind, &audited.with, &(&scope).into()).unwrap();
    assert_eq!(rendered["title"], json!("Before: prod"));
    assert_eq!(rendered["fields"], json!({"name": "prod", "nodes": 12, "run": "r1", "fixed": 7, "list": [1, 5]}));
    assert_eq!(plan.order(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
}
