//! A run uses the runbook that it began with, whatever happens to the file.

#![expect(clippy::disallowed_methods, reason = "the test writes a runbook and edits it")]

use std::path::Path;
use std::sync::Arc;
use surefoot::adapter::operator::Nobody;
use surefoot::adapter::progress::Silent;
use surefoot::ops::{Ended, Frontend, GivenInputs, Paths, Reply, RunRequest, Timing, answer, resume, run};

fn runbook(content: &str, target: &Path) -> String {
    format!(
        "runbook: pinned\nversion: 1.0.0\nsteps:\n  - id: wait\n    uses: manual\n    with: {{instructions: go on}}\n  \
         - id: write\n    uses: file.write\n    needs: [wait]\n    with: {{path: {target:?}, content: {content}}}\n"
    )
}

fn frontend() -> Frontend {
    Frontend {
        operator: Arc::new(Nobody),
        progress: Arc::new(Silent),
        notice: Box::new(|_| {}),
        watch: Box::new(|_, _| {}),
        stop: Box::pin(std::future::pending()),
    }
}

#[test]
fn a_run_goes_on_with_the_runbook_it_began_with() {
    let folder = tempfile::tempdir().unwrap();
    let (file, target) = (folder.path().join("pinned.yaml"), folder.path().join("out.txt"));
    let place = Paths { state_dir: folder.path().join("state"), audit_dir: Some(folder.path().join("audit")) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stands = |ended: &Ended| (ended.exit, ended.run_dir.file_name().unwrap().to_str().unwrap().to_owned());
    let begin = || {
        let inputs = GivenInputs { pairs: Vec::new(), files: Vec::new() };
        let request = RunRequest {
            runbook: file.clone().into(),
            inputs,
            paths: place.clone(),
            twin: None,
            ask: false,
            window: None,
            timing: Timing::default(),
            extent: surefoot::ops::Extent::default(),
        };
        runtime.block_on(run(request, frontend())).unwrap()
    };

    std::fs::write(&file, runbook("as it began", &target)).unwrap();
    let (exit, id) = stands(&begin());
    assert_eq!(exit, 4, "nobody is there to answer");
    std::fs::write(&file, runbook("as it was edited", &target)).unwrap();
    answer(&place, &id, "wait", &Reply { text: None, note: String::new(), typed: false }).unwrap();
    let ended = runtime.block_on(resume(&place, Some(&id), &[], false, &Timing::default(), frontend())).unwrap();
    assert_eq!(ended.exit, 0);
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "as it began");

    let (_, other) = stands(&begin());
    assert_ne!(id, other, "an edited runbook is a new run");
    let digest = |run: &str| surefoot::ops::status(&place, Some(run)).unwrap().plan.digest;
    assert_ne!(digest(&id), digest(&other));
}
