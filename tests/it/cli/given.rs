//! Where inputs come from: flags, files, the environment, and a person on the terminal.

use super::case::{Case, Ran};
use super::terminal::Terminal;
use serde_json::{Value, json};

const BOOK: &str = "runbook: given\nversion: 1.0.0\ninputs:\n  hosts: {type: list, of: string, description: where}\n  \
                    days: {type: integer, min: 1, max: 30}\n  labels: {type: map, default: {}}\nsteps:\n  - id: check\n    \
                    uses: assert\n    for_each: \"{{ inputs.hosts }}\"\n    with:\n      \
                    that: \"{{ inputs.days > 0 and inputs.labels is mapping }}\"\n";

/// Variables of the environment.
const VARIABLES: [(&str, &str); 4] = [
    ("SUREFOOT_INPUT_HOSTS", "[env-1]"),
    ("SUREFOOT_INPUT_DAYS", "3"),
    ("SUREFOOT_INPUT_LABELS", "{stage: prod}"),
    ("SUREFOOT_INPUT_UNHEARD", "x"),
];

/// The inputs of the plan with these arguments.
fn inputs(case: &Case, args: &[&str]) -> Value {
    let mut command = case.command();
    command.args(["plan", "a.yaml", "--output", "json"]).args(args).envs(VARIABLES);
    Ran::of(command.output().unwrap()).exit(0).json("surefoot.plan.v1")["inputs"].clone()
}

#[test]
fn flags_win_over_files_and_files_over_the_environment() {
    let mut case = Case::new().file("a.yaml", BOOK).file("in.yaml", "hosts: [file-1, file-2]\ndays: 7\n");
    let labels = json!({"stage": "prod"});
    let given = |hosts: &[&str], days: u32| json!({"hosts": hosts, "days": days, "labels": labels});
    assert_eq!(inputs(&case, &[]), given(&["env-1"], 3));
    let file = ["--inputs", "in.yaml"];
    assert_eq!(inputs(&case, &file), given(&["file-1", "file-2"], 7));
    let flag = ["--inputs", "in.yaml", "-i", "hosts=flag-1", "-i", "days=1", "-i", "days=2"];
    assert_eq!(inputs(&case, &flag), given(&["flag-1"], 2));
    let twice = ["-i", "hosts=a", "-i", "days=9", "-i", "hosts=b"];
    assert_eq!(inputs(&case, &twice), given(&["a", "b"], 9));
    case.then(["plan", "a.yaml", "-i", "days=31"]).exit(3).stderr("expected a whole number from 1 to 30");
}

#[test]
fn a_run_over_a_list_is_told_how_it_is_begun_again() {
    let failing = BOOK.replace("inputs.days > 0", "inputs.days > 9") + "    on_failure: stop\n";
    let mut case = Case::new().file("a.yaml", failing);
    let ran = case.then(["run", "a.yaml", "-i", "hosts=[web-1, web-2]", "-i", "days=1"]).exit(1);
    assert!(ran.err.contains("check[web-1]") || ran.out.contains("check[web-1]"), "{}{}", ran.out, ran.err);
    let all = format!("{}{}", ran.out, ran.err);
    assert!(all.contains("-i hosts='[\"web-1\",\"web-2\"]'"), "{all}");
    case.then(["plan", "a.yaml", "-i", "hosts=[\"web-1\",\"web-2\"]", "-i", "days=1"]).exit(0).stdout("check[web-2]");
}

#[test]
fn what_is_missing_is_asked_for_on_the_terminal() {
    let case = Case::new().file("a.yaml", BOOK);
    let mut terminal = Terminal::new(80);
    let mut child = terminal.command(&case, &["run", "a.yaml"]).spawn().unwrap();
    let mut seen = String::new();
    terminal.until(&mut seen, "hosts > ");
    assert!(seen.contains("hosts: where") && seen.contains("expected a list like [a, b]"), "{seen}");
    terminal.say("[web-1, web-2]\n");
    terminal.until(&mut seen, "days > ");
    terminal.say("31\n");
    terminal.until(&mut seen, "found the number 31");
    let asked = seen.find("found the number 31").unwrap();
    let mut after = seen.split_off(asked);
    terminal.until(&mut after, "days > ");
    terminal.say("7\n");
    terminal.rest(&mut seen);
    assert_eq!(child.wait().unwrap().code(), Some(0), "{seen}");
    assert!(!seen.contains("labels > "), "what has a default is not asked for: {seen}");
}

#[test]
fn who_leaves_a_question_is_told_what_is_missing() {
    let case = Case::new().file("a.yaml", BOOK);
    let mut terminal = Terminal::new(80);
    let mut child = terminal.command(&case, &["plan", "a.yaml", "-i", "days=2"]).spawn().unwrap();
    let mut seen = String::new();
    terminal.until(&mut seen, "hosts > ");
    terminal.say("\u{4}");
    terminal.until(&mut seen, "SF041");
    terminal.rest(&mut seen);
    assert_eq!(child.wait().unwrap().code(), Some(3), "{seen}");
}
