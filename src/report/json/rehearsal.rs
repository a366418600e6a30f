//! `surefoot.rehearsal.v1`.

use super::super::rehearsal::{RehearsalFailure, RehearsalPage, rate};
use crate::base::{Map, Value};
use serde_json::json;
use std::time::Duration;

/// What a rehearsal came to; also the form in which it is evidence for its plan.
pub fn rehearsal(page: &RehearsalPage) -> Value {
    let unfinished = |is_held: bool| page.unfinished.as_ref().filter(|one| one.is_held == is_held).map(|one| &one.why);
    let counts =
        |rows: &[(String, u64)]| rows.iter().map(|(name, count)| (name.clone(), json!(count))).collect::<Map>();
    json!({
        "schema": "surefoot.rehearsal.v1",
        "runbook": page.runbook,
        "plan_digest": page.plan_digest,
        "tried": page.tried,
        "campaign": {
            "trials": page.campaign.trials,
            "scenario_sha256": page.campaign.scenario,
            "world": page.campaign.world,
            "engine": page.campaign.engine,
        },
        "verdict": page.verdict(),
        "held": unfinished(true),
        "failed": unfinished(false),
        "trials": page.trials,
        "violations": page.failures,
        "assumption": page.assumption.as_ref().map(|broken| json!({
            "broken": broken.told, "trials": broken.trials, "doubled": broken.doubled,
        })),
        "endings": counts(&page.endings),
        "met": counts(&page.met),
        "calls": counts(&page.calls),
        "processes": page.lives,
        "crashes": page.crashes,
        "simulated_seconds": page.simulated.as_secs(),
        "elapsed_ms": u64::try_from(page.elapsed.as_millis()).unwrap_or(u64::MAX),
        "trials_per_second": rate(page.trials, page.elapsed),
        "estimate": page.estimate.map(|spans| estimate(spans, &page.step_estimates)),
        "failing": page.failing.iter().map(failing).collect::<Vec<_>>(),
        "evidence": page.evidence,
    })
}

fn estimate((half, most): (Duration, Duration), steps: &[(String, Duration)]) -> Value {
    let steps =
        steps.iter().map(|(step, span)| (step.clone(), json!(span.as_secs() + u64::from(span.subsec_nanos() > 0))));
    json!({"p50_seconds": half.as_secs(), "p95_seconds": most.as_secs(), "steps": steps.collect::<Map>()})
}

fn failing(failure: &RehearsalFailure) -> Value {
    json!({
        "again": failure.again,
        "violations": failure.violations,
        "schedule": failure.schedule,
        "journal": failure.journal,
    })
}
