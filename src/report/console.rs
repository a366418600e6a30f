//! What a person does in a console, as requests to the console of a twin (docs/twin.md).

use crate::base::{Value, shell_word};
use crate::engine::question::Question;

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
    vec![format!("This is a twin; its console is at {console}, and this does it there:"), command]
}
