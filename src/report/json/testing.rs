//! `surefoot.test.v1`.

use super::super::testing::{DiffLine, Mismatch, TestPage, TestedCase, TestedFile};
use crate::base::Value;
use serde_json::json;
use std::time::Duration;

/// What the cases of test files came to.
pub fn tested(page: &TestPage) -> Value {
    let (passed, failed) = page.counts();
    json!({
        "schema": "surefoot.test.v1",
        "passed": passed,
        "failed": failed,
        "filtered_out": page.filtered_out,
        "elapsed_ms": millis(page.elapsed),
        "files": page.files.iter().map(file).collect::<Vec<_>>(),
    })
}

fn file(file: &TestedFile) -> Value {
    let cases: Vec<Value> = file.cases.iter().map(case).collect();
    json!({"file": file.file, "runbook": file.runbook, "cases": cases})
}

fn case(case: &TestedCase) -> Value {
    json!({
        "name": case.name,
        "line": case.line,
        "passed": case.mismatches.is_empty(),
        "end": case.end,
        "mismatches": case.mismatches.iter().map(mismatch).collect::<Vec<_>>(),
        "simulated_seconds": case.simulated.as_secs(),
        "elapsed_ms": millis(case.elapsed),
    })
}

fn mismatch(mismatch: &Mismatch) -> Value {
    let lines = |wanted: fn(&DiffLine) -> Option<&String>| mismatch.lines.iter().filter_map(wanted).collect::<Vec<_>>();
    let expected = lines(|line| match line {
        DiffLine::Same(text) | DiffLine::Expected(text) => Some(text),
        DiffLine::Found(_) => None,
    });
    let found = lines(|line| match line {
        DiffLine::Same(text) | DiffLine::Found(text) => Some(text),
        DiffLine::Expected(_) => None,
    });
    json!({"what": mismatch.what, "expected": expected, "found": found})
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
