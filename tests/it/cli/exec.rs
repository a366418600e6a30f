//! `surefoot exec`: one operation as a run of its own.

use super::case::{Case, Ran};

#[test]
fn an_operation_is_a_run_like_any_other() {
    let mut case = Case::new();
    let ran = case.then(["exec", "aura.instance.get", "--twin", "--output", "json"]).exit(0);
    let ended = ran.json("surefoot.ended.v1");
    assert_eq!(ended["summary"]["outputs"]["name"], "payments-graph", "{ended}");
    let run = case.run_id();
    case.then(["status", &run]).exit(0).stdout("exec-aura.instance.get 1.0.0").stdout("aura_instance_get");
    case.then(["audit", "verify", &run]).exit(0).stdout("hash chain intact");
    let book = std::fs::read_to_string(case.path(&format!(".surefoot/runs/{run}/plan.yaml"))).unwrap();
    assert!(book.contains("instance_id: {type: string") && book.contains("AURA_CLIENT_SECRET"), "{book}");
    let mut case = Case::new().file("kept.yaml", book);
    case.then(["check", "kept.yaml"]).exit(0);
}

#[test]
fn its_outputs_are_printed() {
    let mut case = Case::new();
    let ran = case.then(["exec", "command", "-w", "argv=[echo, hello]", "--effect", "none"]).exit(0);
    ran.stdout("Outputs").stdout("hello");
    assert!(case.then(["status"]).exit(0).out.contains("exec-command"));
}

#[test]
fn what_waits_is_answered_and_resumed() {
    let mut case = Case::new();
    case.then(["exec", "manual", "-w", "instructions=Put the kettle on."]).exit(4);
    let run = case.run_id();
    case.then(["answer", &run, "manual"]).exit(0);
    case.then(["resume", &run]).exit(0).stdout("done (1 of 1 step done");
}

#[test]
fn the_command_that_begins_it_again_is_told() {
    let mut case = Case::new();
    let argv = "argv=[sh, -c, 'test -e \"a file\"']";
    let ran = case.then(["exec", "command", "-w", argv, "--effect", "none", "--output", "json"]).exit(1);
    let ended = ran.json("surefoot.ended.v1");
    let again = ended["next"].as_array().unwrap().iter().filter_map(|one| one["command"].as_str());
    let again = again.into_iter().find(|one| one.starts_with("surefoot exec")).unwrap_or_else(|| panic!("{ended}"));
    std::fs::write(case.path("a file"), "").unwrap();
    case.typed(again).exit(0).stdout("exit_code");
}

#[test]
fn a_secret_comes_from_the_environment_and_is_recorded_nowhere() {
    let case = Case::new().args([
        "exec",
        "command",
        "--secret",
        "db=env:DB_USER,DB_PASSWORD",
        "-w",
        "env={PGPASSWORD: '{{ secrets.db.password }}'}",
        "-w",
        "argv=[sh, -c, 'test -n \"$PGPASSWORD\" && echo $PGPASSWORD']",
        "--effect",
        "none",
    ]);
    let output = case.command().env("DB_USER", "ana").env("DB_PASSWORD", "correct-horse-battery").output().unwrap();
    let ran = Ran::of(output).exit(0).stdout("[secret]");
    assert!(!ran.out.contains("correct-horse"), "{}", ran.out);
    let journal = format!(".surefoot/runs/{}/journal.000001.jsonl", case.run_id());
    assert!(!std::fs::read_to_string(case.path(&journal)).unwrap().contains("correct-horse"));
}

#[test]
fn an_irreversible_operation_needs_a_runbook() {
    let mut case = Case::new();
    let ran = case.then(["exec", "aura.instance.delete", "--twin", "-w", "instance_id=0badcafe"]).exit(3);
    let ran = ran.stderr("is irreversible and rests on evidence").stderr("write a runbook");
    for evidence in ["audited", "backup", "config", "confirmed", "offered"] {
        assert!(ran.err.contains(&format!("`{evidence}`")), "{evidence}: {}", ran.err);
    }
    let post = ["exec", "http.request", "-w", "url=https://x.internal/a", "-w", "method=POST"];
    case.then(post).exit(3).stderr("does not say what it changes").stderr("`--effect undoable`");
    let args = ["exec", "http.request", "-w", "url=https://x.internal/a", "-w", "method=POST", "--subject", "x:a"];
    case.then(args).exit(3).stderr("rests on evidence").stderr("`confirmed`");
    assert!(!case.path(".surefoot").exists());
}

#[test]
fn a_mistake_names_the_option_it_is_in() {
    let mut case = Case::new();
    let mut says = |args: &[&str], code: i32, parts: &[&str]| {
        case = std::mem::replace(&mut case, Case::new());
        let output = case.command().arg("exec").args(args).output().unwrap();
        let ran = Ran::of(output).exit(code);
        for part in parts {
            assert!(ran.err.contains(part), "no {part:?}: {}", ran.err);
        }
        assert!(!ran.err.contains("-->"), "{}", ran.err);
        assert!(!case.path(".surefoot").exists());
    };
    says(&["slep"], 2, &["there is no step kind `slep`", "did you mean `sleep`?"]);
    says(&["runbook", "-w", "file=x.yaml"], 2, &["`runbook` is no operation", "surefoot run FILE"]);
    says(&["sleep", "-w", "fro=1s"], 2, &["-w fro: `sleep` has no such input", "did you mean `for`?"]);
    says(&["sleep", "-w", "for=soon"], 2, &["-w for: expected a duration", "\"soon\""]);
    says(&["sleep", "-w", "for=1s", "-w", "for=2s"], 2, &["-w for=… is given twice"]);
    says(&["file.read"], 2, &["`file.read` needs -w path=VALUE"]);
    says(&["file.read", "-w", "path=x", "-w", "subject=a:b"], 2, &["write --subject VALUE"]);
    says(&["command", "-w", "argv=echo"], 2, &["-w argv: expected a list"]);
    says(&["command", "-w", "argv=[echo", "--effect", "none"], 2, &["-w argv: it is neither YAML nor JSON"]);
    says(&["command", "-w", "argv=[echo]", "--effect", "nune"], 3, &["--effect: `effect` cannot be \"nune\""]);
    says(&["command", "-w", "argv=[echo, '{{ inputs.x }}']", "--effect", "none"], 3, &["-w argv: "]);
    says(&["command", "-w", "argv=[echo]", "--effect", "none", "--timeout", "x"], 3, &["--timeout: "]);
    says(&["sleep", "-w", "for=1s", "--secret", "a=env:A"], 3, &["--secret a: the secret `a` is not used"]);
    says(&["sleep", "-w", "for=1s", "--secret", "a=vault"], 2, &["--secret a: it comes from nowhere"]);
}

#[test]
fn a_map_is_written_in_braces_and_anything_else_is_text() {
    let mut case = Case::new();
    case.then(["exec", "file.write", "-w", "path=out.txt", "-w", "content=a: 1"]).exit(0);
    assert_eq!(std::fs::read_to_string(case.path("out.txt")).unwrap(), "a: 1");
    case.then(["exec", "file.write", "-w", "path=out.json", "-w", "content={a: 1}"]).exit(0);
    assert_eq!(std::fs::read_to_string(case.path("out.json")).unwrap(), "{\n  \"a\": 1\n}\n");
}
