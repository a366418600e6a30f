//! `window`: when a change may take place; and what `run` and `resume` make of that.

use super::compile::{plan_of, read_runbook};
use super::estimate::step_estimates;
use super::failure::{Failure, FailureKind};
use super::frontend::Frontend;
use super::given::GivenInputs;
use super::paths::Paths;
use crate::adapter::clock::SystemClock;
use crate::base::{Map, Timestamp, Value, escape};
use crate::calendar::{Span, Standing, local_text};
use crate::engine::event::Body;
use crate::kinds;
use crate::port::Clock as _;
use crate::report::WindowPage;
use crate::runbook::plan::Plan;
use crate::runbook::{Diagnostics, declared};
use std::path::{Path, PathBuf};

/// The shortest reason for acting outside of a window, in letters.
const REASON_MIN: usize = 20;

/// How a command treats the window of its run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Whether it sleeps until the window opens.
    pub wait: bool,
    /// Why it acts outside of it.
    pub outside: Option<String>,
}

/// What is asked about the windows of a runbook.
#[derive(Clone, Debug)]
pub struct WindowRequest {
    /// The runbook's file.
    pub runbook: PathBuf,
    /// Its inputs; without any of them it is looked at without inputs.
    pub inputs: GivenInputs,
    /// A window of others that must be open too.
    pub window: Option<PathBuf>,
    /// From when; from now on where it does not say.
    pub from: Option<Timestamp>,
    /// How many.
    pub next: usize,
}

/// The coming windows of a runbook.
pub fn window(request: &WindowRequest, paths: &Paths) -> Result<Result<WindowPage, Diagnostics>, Failure> {
    let GivenInputs { pairs, files } = &request.inputs;
    let given = if pairs.is_empty() && files.is_empty() {
        None
    } else {
        let declared = declared(kinds::catalog(), &read_runbook(&request.runbook)?);
        Some(request.inputs.to_map(&declared)?)
    };
    let plan = match plan_of(&request.runbook, request.window.as_deref(), given.as_ref())? {
        Ok(plan) => plan,
        Err(diagnostics) => return Ok(Err(diagnostics)),
    };
    let from = request.from.unwrap_or_else(|| SystemClock::new().now());
    let coming = if plan.schedule.is_empty() { Vec::new() } else { plan.schedule.coming(from, request.next) };
    let estimates = step_estimates(&paths.absolute(), &plan);
    Ok(Ok(WindowPage { plan, from, coming, estimates }))
}

impl Timing {
    /// That the reason is one that an auditor can judge.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let Some(reason) = &self.outside else { return Ok(()) };
        super::intervene::is_recordable("the text of `--outside-window`", reason)?;
        if reason.trim().chars().count() < REASON_MIN {
            let message =
                format!("the text of `--outside-window` is too short: say why, in at least {REASON_MIN} letters");
            return Err(Failure::new(FailureKind::Usage, message)
                .hint("auditors read it, for example: \"INC-4711: the primary is down, approved by M. Ito\""));
        }
        Ok(())
    }

    /// What is recorded at the beginning of a session.
    pub(super) fn records(&self, plan: &Plan) -> Vec<Body> {
        if plan.schedule.is_empty() {
            return Vec::new();
        }
        let waits = self.wait.then_some(Body::WindowAwaited);
        let outside = self.outside.clone().map(|reason| Body::WindowOverridden { reason });
        waits.into_iter().chain(outside).collect()
    }

    /// That a run may begin at this moment.
    pub(super) fn may_begin(&self, plan: &Plan, runbook: &Path, now: Timestamp) -> Result<(), Failure> {
        self.check()?;
        if plan.schedule.is_empty() {
            return match self.outside {
                Some(_) => Err(Failure::new(FailureKind::Usage, "the runbook has no change window")
                    .hint("leave `--outside-window` out")),
                None => Ok(()),
            };
        }
        match plan.schedule.at(now) {
            Standing::Open(_) => Ok(()),
            Standing::Closed(_) if self.outside.is_some() => Ok(()),
            Standing::Closed(Some(_)) if self.wait => Ok(()),
            Standing::Closed(next) => {
                let runbook = crate::report::quoted_path(&runbook.to_string_lossy());
                let failure = closed(plan, next).hint("nothing was started");
                Err(match next {
                    Some(_) => failure.hint(format!("`surefoot run {runbook} --wait` starts and sleeps until then")),
                    None => failure.hint(format!("`surefoot window {runbook}` shows its window")),
                }
                .hint("in an emergency, `--outside-window REASON` records why it cannot wait"))
            }
        }
    }

    /// That a run may go on, whose window is closed until `next`.
    pub(super) fn may_go_on(&self, plan: &Plan, run: &str, next: Option<Span>) -> Result<(), Failure> {
        if self.outside.is_some() || self.wait && next.is_some() {
            return Ok(());
        }
        let failure = closed(plan, next).hint("nothing was sent");
        Err(match next {
            Some(_) => failure.hint(format!("`surefoot resume {run} --wait` sleeps until then")),
            None => failure.hint(format!("`surefoot cancel {run}` ends the run")),
        }
        .hint("in an emergency, `--outside-window REASON` records why it cannot wait"))
    }
}

/// That the window is closed, and when it opens.
fn closed(plan: &Plan, next: Option<Span>) -> Failure {
    let name = escape(&plan.name);
    let zone = plan.schedule.windows.first().map(|window| window.zone);
    let message = match (next, zone) {
        (Some(span), Some(zone)) => format!(
            "the change window of `{name}` is closed; it opens at {} ({})",
            local_text(span.from, zone),
            span.from.to_seconds_text()
        ),
        _ => format!("the change window of `{name}` is closed and never opens again"),
    };
    Failure::new(FailureKind::Person, message)
}

/// What the policy of a new run remembers of its window: the file of others, and what steps take.
fn remember(policy: &mut Value, plan: &Plan, window: Option<&Path>, estimates: Map) {
    let Value::Object(policy) = policy else { return };
    if let Some(path) = window {
        policy.insert("window".to_owned(), Value::String(path.to_string_lossy().into_owned()));
    }
    if !plan.schedule.is_empty() && !estimates.is_empty() {
        policy.insert("estimates".to_owned(), Value::Object(estimates));
    }
}

/// The policy with what the run remembers of its window.
pub(super) fn policy_of(
    window: Option<&Path>,
    paths: &Paths,
    plan: &Plan,
    mut policy: Value,
    frontend: &Frontend,
) -> Value {
    let estimates = if plan.schedule.is_empty() { Map::new() } else { step_estimates(paths, plan) };
    if let Some(note) = unestimated(plan, &estimates) {
        (frontend.notice)(&note);
    }
    remember(&mut policy, plan, window, estimates);
    policy
}

/// The irreversible steps of which nobody knows how long they take, in words; nothing where there is no window.
fn unestimated(plan: &Plan, estimates: &Map) -> Option<String> {
    if plan.schedule.is_empty() {
        return None;
    }
    let unknown = (0..plan.steps.len()).filter(|index| plan.is_irreversible(*index));
    let unknown = unknown.filter_map(|index| plan.steps.get(index)).filter(|step| !estimates.contains_key(&step.id));
    let names: Vec<_> = unknown.map(|step| format!("`{}`", step.id)).collect();
    (!names.is_empty()).then(|| {
        format!(
            "note: no rehearsal and no earlier run says how long {} {}; only the reserve of the window is kept",
            names.join(", "),
            if names.len() == 1 { "takes" } else { "take" }
        )
    })
}
