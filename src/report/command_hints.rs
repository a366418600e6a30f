//! Remedies with commands that can be typed as they stand.

use super::text::quoted;

/// What the commands of a remedy are about. A journal holds them without it: its run may be moved, and who reads an
/// old one reads it with the options of today.
#[derive(Clone, Copy, Debug)]
pub(super) struct Typed<'a> {
    /// The run.
    pub(super) run: &'a str,
    /// The step.
    pub(super) step: &'a str,
    /// Options of a command that is to find the run, quoted, each with a space before it.
    pub(super) options: &'a str,
    /// Whether the run is over with this step, so that only a new one can make use of the remedy.
    pub(super) over: bool,
}

/// The command that a run that is over does not take any more.
const RESUME: &str = "`surefoot resume`";

impl<'a> Typed<'a> {
    /// What the commands about a step of a run that goes on are about.
    pub(super) const fn of(run: &'a str, step: &'a str, options: &'a str) -> Self {
        Self { run, step, options, over: false }
    }
}

impl Typed<'_> {
    /// The text with run, step and options in its commands, which stand between backticks.
    pub(super) fn remedy(self, text: &str) -> String {
        let anew = self.over.then(|| anew(text));
        let text = anew.as_deref().unwrap_or(text);
        let parts = text.split('`').enumerate();
        let told = parts.map(|(at, part)| if at % 2 == 1 { self.quoted(part) } else { part.to_owned() });
        told.collect::<Vec<_>>().join("`")
    }

    /// What stands between backticks: a command, an option of one, or something else that stays as it is.
    fn quoted(self, part: &str) -> String {
        let (run, step) = (quoted(self.run), quoted(self.step));
        if let Some(input) = part.strip_prefix("--set STEP.") {
            return format!("--set {step}.{input}");
        }
        let Some(command) = part.strip_prefix("surefoot ") else { return part.to_owned() };
        let command = match command.split_once(' ').unwrap_or((command, "")) {
            ("resume" | "status" | "cancel", "") => format!("{command} {run}"),
            ("resume", options) if options.starts_with("--") => format!("resume {run} {options}"),
            _ => command.replace(" RUN STEP ", &format!(" {run} {step} ")),
        };
        // A shell takes a bar for a pipe: each choice is a command of its own.
        let each = |verdict: &str| command.replace(" applied|not-applied ", &format!(" {verdict} "));
        let ways = if command.contains(" applied|not-applied ") {
            vec![each("applied"), each("not-applied")]
        } else {
            vec![command]
        };
        let ways = ways.iter().map(|command| format!("surefoot {command}{}", self.options));
        ways.collect::<Vec<_>>().join("` or `")
    }
}

/// The text with a new run in the place of going on with the one that is over.
fn anew(text: &str) -> String {
    let mut told = text.replace(&format!("then {RESUME}"), "then start a new run").replace(RESUME, "a new run");
    while let Some((before, rest)) = told.split_once("`surefoot resume --set ") {
        let Some((change, after)) = rest.split_once('`') else { break };
        let change = match change.split_once('.').and_then(|(step, change)| Some((step, change.split_once('=')?))) {
            Some((step, (input, value))) => format!("`{input}: {value}` in step `{step}`"),
            None => format!("`{change}`"),
        };
        told = format!("{before}start a new run with {change}{after}");
    }
    told
}
