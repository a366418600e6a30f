//! `exec`: one operation on its own, as a runbook of one step that goes the way of every run.

mod render;
mod request;

pub use request::{ExecRequest, StepKey};

use super::ended::Ended;
use super::extent::Extent;
use super::failure::{Failure, FailureKind};
use super::frontend::Frontend;
use super::run::{RunRequest, run};
use super::run_error::RunError;
use super::source::{Rendered, RunbookSource};
use super::target::Target;
use super::window::Timing;
use crate::kinds::catalog;
use crate::report::find_kind;
use crate::runbook::kind::{Kind, Role};
use crate::runbook::{Code, Diagnostics};

/// What is wrong where an irreversible effect lacks what only other steps can yield.
const UNPROVEN: [Code; 3] = [Code::Unproven, Code::Unfounded, Code::Unnamed];

/// Runs one operation.
pub async fn exec(request: ExecRequest, frontend: Frontend) -> Result<Ended, Failure> {
    let kind = find_kind(catalog(), &request.kind).map_err(|nearest| unknown(&request.kind, nearest))?;
    if matches!(kind.role, Some(Role::Gather | Role::Include | Role::Return)) {
        let failure = Failure::new(FailureKind::Usage, format!("`{}` is no operation", kind.name));
        return Err(failure.hint("`surefoot run FILE` runs a runbook"));
    }
    let proposed = Target::choose(request.twin.as_ref())?.inputs()?;
    let (rendered, inputs) = render::render(kind, &request, &proposed)?;
    let (paths, twin, ask) = (request.paths, request.twin, request.ask);
    let runbook = RunbookSource::Rendered(rendered.clone());
    let done = run(
        RunRequest {
            runbook,
            inputs,
            paths,
            twin,
            ask,
            window: None,
            timing: Timing::default(),
            extent: Extent::default(),
        },
        frontend,
    )
    .await;
    done.map_err(|error| match error {
        RunError::Failure(failure) => failure,
        RunError::Diagnostics(diagnostics) => refused(kind, &rendered, &diagnostics),
    })
}

fn unknown(name: &str, nearest: Option<&str>) -> Failure {
    let failure = Failure::new(FailureKind::Usage, format!("there is no step kind `{name}`"));
    match nearest {
        Some(nearest) => failure.hint(format!("did you mean `{nearest}`?")),
        None => failure.hint("`surefoot kinds` lists them all"),
    }
}

/// Why the step cannot be run, with the options that it is about.
fn refused(kind: &Kind, rendered: &Rendered, diagnostics: &Diagnostics) -> Failure {
    let lacks_evidence = diagnostics.iter().any(|found| UNPROVEN.contains(&found.code));
    let lacks_subject = diagnostics.iter().any(|found| found.code == Code::NoSubject);
    let name = kind.name;
    let message = if lacks_evidence {
        format!("this `{name}` is irreversible and rests on evidence that one operation alone does not have")
    } else {
        format!("`{name}` cannot be run like this")
    };
    let failure = Failure::new(FailureKind::Runbook, message);
    let failure = Failure { causes: rendered.told(diagnostics), ..failure };
    match (lacks_evidence, lacks_subject) {
        (true, _) => failure
            .hint("write a runbook in which earlier steps yield that evidence; `surefoot init` writes a first one")
            .hint(format!("`surefoot kinds {name}` describes what it needs")),
        (false, true) => {
            failure.hint("`--effect undoable` or `--effect none` if it can be taken back or changes nothing")
        }
        (false, false) => failure.hint(format!("`surefoot kinds {name}` describes its inputs")),
    }
}
