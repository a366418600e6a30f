//! What a person does in a console, as requests to the console of a twin (docs/twin.md).

use crate::base::{Value, shell_word};
use crate::engine::question::Question;

/// What is done at the console of a twin.
const DONE_THERE: [&str; 3] = ["export", "import", "upload"];
/// Why nothing is to be done there now.
const ENDED: &str = "The twin lives in the process that drives the run, and its console with it. Take the run up on a \
                     terminal: the question is asked there, with what to type at the console.";

/// Whether a twin's console must run for what a question asks for.
pub(super) fn needs_console(question: &Question) -> bool {
    let task = question.task.get("task").and_then(Value::as_str);
    task.is_some_and(|task| DONE_THERE.contains(&task))
}

/// What is said of the console below a question that stays open; `ends` says whether it ended with its process.
pub(super) fn console_lines(console: Option<&str>, ends: bool, question: &Question) -> Vec<String> {
    match console {
        Some(console) => at_console(console, question),
        None if ends && needs_console(question) => vec![ENDED.to_owned()],
        None => Vec::new(),
    }
}

/// How to do at the twin's console what a question asks for, in lines for its text; nothing where it needs none.
pub fn at_console(console: &str, question: &Question) -> Vec<String> {
    let word = |name: &str| question.task.get(name).and_then(Value::as_str).unwrap_or_default();
    let url = |rest: &str| shell_word(&format!("{console}/instances/{}/{rest}", word("instance_id")));
    let command = match word("task") {
        "export" => {
            let name = format!("{}.backup", word("instance_id"));
            let url = url(&format!("snapshots/{}/export", word("snapshot_id")));
            format!("  curl -f -X POST -o {} {url}", shell_word(&name))
        }
        verb @ ("import" | "upload") => {
            let file = shell_word(&format!("@{}", word("path")));
            format!("  curl -f --data-binary {file} -H 'content-type: application/octet-stream' {}", url(verb))
        }
        _ => return Vec::new(),
    };
    vec![format!("Simulated run. To do this in the twin's console at {console}, run:"), command]
}
