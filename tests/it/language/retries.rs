//! `retry` and `attempt_timeout`: what may be chosen, and by which kinds.

use super::mistakes;

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(mistakes(text), expected, "in\n{text}");
}

#[test]
fn nobody_chooses_to_try_again_what_is_in_doubt() {
    let read = |keys: &str| {
        format!(
            "runbook: case\nversion: 1.0.0\nsteps:\n  - id: one\n    uses: file.read\n    with: {{path: a}}\n{keys}"
        )
    };
    for (key, mistake) in [
        ("on: [unknown]", "SF038@7:26"),
        ("on: [busy, 5xx]", "SF038@7:32"),
        ("on: []", "SF038@7:25"),
        ("on: busy", "SF012@7:25"),
        ("unknown: true", "SF038@7:21"),
        ("'unknown': [503]", "SF038@7:21"),
    ] {
        check(&read(&format!("    retry: {{max: 3, {key}}}\n")), &[mistake]);
    }
    check(&read("    retry: {on: [busy, limited, unavailable], jitter: true}\n"), &[]);
    check(&read("    retry: {jitter: often}\n"), &["SF012@7:21"]);
    check(&read("    retry: {no: 1}\n"), &["SF009@7:13"]);
    let defaults = |retry: &str| read("").replace("steps:", &format!("defaults: {{retry: {{{retry}}}}}\nsteps:"));
    check(&defaults("on: [busy, timeout]"), &[]);
    check(&defaults("on: [unknown]"), &["SF038@3:25"]);
    check(&defaults("unknown: true"), &["SF038@3:20"]);
}

#[test]
fn only_what_can_be_ended_honours_a_limit_of_an_attempt() {
    let one = |uses: &str, with: &str, keys: &str| {
        format!("runbook: case\nversion: 1.0.0\nsteps:\n  - id: one\n    uses: {uses}\n    with: {with}\n    {keys}\n")
    };
    let limit = "attempt_timeout: 30s";
    check(&one("command", "{argv: [id]}", &format!("effect: none\n    {limit}")), &[]);
    check(&one("command", "{argv: [id]}", "effect: none\n    attempt_timeout: soon"), &["SF012@8:22"]);
    check(&one("http.request", "{url: \"https://a.internal\"}", limit), &["SF047@7:22"]);
    check(&one("assert", "{that: true}", limit), &["SF047@7:22"]);
    // A read that is not answered in time is unavailable, and what a command changed before it was ended is not known.
    let late = "retry: {on: [timeout]}";
    check(&one("http.request", "{url: \"https://a.internal\"}", late), &["SF038@7:18"]);
    check(&one("command", "{argv: [id]}", &format!("effect: undoable\n    {late}")), &["SF038@8:12"]);
    check(&one("command", "{argv: [id]}", &format!("effect: none\n    {late}")), &[]);
}
