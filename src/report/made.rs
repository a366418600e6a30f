//! What a step under way has created with a one-time password, and where that password is.

use super::page::Page;
use crate::base::escape;
use crate::engine::Phase;
use crate::engine::view::{RunView, StepView};

/// Lists what was created by steps that are not done; nothing where there is none.
pub(super) fn created(page: &mut Page, view: &RunView, options: &str) {
    let lines: Vec<String> = view.steps.iter().filter_map(|step| line(view, step, options)).collect();
    if lines.is_empty() {
        return;
    }
    page.heading("Created");
    for line in lines {
        page.whole(2, "", &line);
    }
}

/// One sentence about what a step created; nothing where it created nothing, or where its outputs say so.
pub(super) fn line(view: &RunView, step: &StepView, options: &str) -> Option<String> {
    let made = step.made.as_ref().filter(|_| step.output.is_none())?;
    let password = match &made.delivered {
        Some(file) => format!("its password is in {}", escape(file)),
        None if matches!(view.phase, Phase::Closed(_)) => {
            format!(
                "its password is sealed in the journal, not delivered; `surefoot secret deliver {}{options}`",
                view.run
            )
        }
        None => "its password is sealed in the journal, not delivered".to_owned(),
    };
    Some(format!("`{}` created {} as {}; {password}", step.id, escape(&made.id), escape(&made.name)))
}
