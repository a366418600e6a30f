//! Runbooks that drain a pool.

use crate::support::binary::{Folder, Ran};
use crate::support::service::Service;
use serde_json::json;

/// The request that is an effect.
pub(super) const DRAIN: &str = "POST /pools/old/drain";
/// The request that looks.
pub(super) const LOOK: &str = "GET /pools/old";

const HEAD: &str = r#"runbook: drain
version: 1.0.0
inputs: {base: {type: string}}
secrets: {ops: {env: {token: OPS_TOKEN}}}
steps:
  - id: drain
    uses: http.request
    effect: undoable
    with:
      method: POST
      url: "{{ inputs.base }}/pools/old/drain"
      headers: {authorization: "Bearer {{ secrets.ops.token }}"}
      json: {reason: CHG-1}
"#;

/// The keys of a probe that looks at the pool.
pub(super) const PROBE: &str = r#"    probe:
      uses: http.request
      with: {url: "{{ inputs.base }}/pools/old", headers: {authorization: "Bearer {{ secrets.ops.token }}"}}
      applied: "{{ probe.json.state == 'drained' }}"
      pending: "{{ probe.json.state == 'draining' }}"
      settle: 1s
"#;

/// A runbook with one step that drains, with these further keys.
pub(super) fn drain(keys: &str) -> String {
    format!("{HEAD}{keys}    retry: {{max: 3, backoff: 1s..1s}}\n    timeout: 1m\n")
}

/// A service with a pool that can be drained.
pub(super) fn service() -> Service {
    let drained = json!({"state": "drained"});
    Service::start().document("/pools/old", json!({"state": "active"})).change(DRAIN, "/pools/old", drained)
}

/// A folder with this runbook in it.
pub(super) fn folder(runbook: &str) -> Folder {
    Folder::new().file("book.yaml", runbook)
}

/// Runs the runbook of the folder against the service.
pub(super) fn run(folder: &Folder, service: &Service) -> Ran {
    folder.call(&["run", "book.yaml", "--input", &format!("base={}", service.url())])
}

/// The step of the only run as `status` tells it.
pub(super) fn step(folder: &Folder) -> serde_json::Value {
    folder.call(&["status", "--output", "json"]).exit(0).json()["steps"][0].clone()
}
