//! Every command that is printed can be typed as it was printed.

use super::case::{ASKING, Case, MAIN, Ran, SMALL};

/// What stands for something that only the person knows.
const OPEN: [&str; 6] = ["TEXT", "FILE", "RUN", "KIND", "CODE", "RUNBOOK"];

/// Fails, and was given inputs that a shell would take apart.
const FAILING: &str = "\
runbook: failing
version: 1.0.0
inputs:
  note: {type: string}
  count: {type: integer, default: 3}
  left: {type: string, optional: true}
steps:
  - id: holds
    uses: assert
    on_failure: stop
    with: {that: \"{{ inputs.count == 3 and not inputs.left and inputs.note == '' }}\", message: \"{{ inputs.note }}\"}
";

/// The commands in what was printed: between backticks, or alone on a line further right.
fn commands(ran: &Ran) -> Vec<String> {
    let mut found = Vec::new();
    for text in [&ran.out, &ran.err] {
        let lines = text.lines().filter(|line| line.starts_with("  surefoot "));
        found.extend(lines.map(|line| line.trim().to_owned()));
        found
            .extend(text.split('`').skip(1).step_by(2).filter(|part| part.starts_with("surefoot ")).map(str::to_owned));
    }
    found.sort();
    found.dedup();
    found
}

/// Types every command that was printed; how many there were.
#[track_caller]
fn type_all(case: &Case, ran: &Ran) -> usize {
    let all = commands(ran);
    for command in &all {
        let typed = case.typed(command);
        // One that was typed before it may have ended the run.
        let is_open = command.split(' ').any(|word| OPEN.contains(&word)) || typed.err.contains("is closed");
        let is_usage = typed.err.contains("Usage: surefoot");
        assert!(!is_usage, "`{command}` is not understood:\n{}", typed.err);
        assert!(is_open || !matches!(typed.code, 2 | 3), "`{command}` ends with {}:\n{}", typed.code, typed.err);
    }
    all.len()
}

#[test]
fn a_run_that_failed_is_begun_again_as_it_was_begun() {
    let note = "it's $5; `x` \"y\"  é";
    let mut case = Case::new().file("a b.yaml", FAILING);
    let told = case.then(["run", "a b.yaml", "-i", &format!("note={note}")]).exit(1);
    let again = commands(&told).into_iter().find(|line| line.starts_with("surefoot run ")).unwrap();
    assert!(!again.contains("count="), "a default is no input: {again}");
    let ran = case.typed(&again).exit(1);
    assert!(ran.err.contains(note), "{}", ran.err);
    assert!(type_all(&case, &told) >= 2);
    let status = case.then(["status"]).exit(0);
    assert!(type_all(&case, &status) >= 2);
}

#[test]
fn a_run_against_a_twin_is_begun_again_with_its_twin() {
    let mut case = Case::new().file("a.yaml", FAILING);
    let told = case.then(["run", "a.yaml", "-i", "note=x", "--twin", "--seed", "9", "--state-dir", "my state"]).exit(1);
    let again = commands(&told).into_iter().find(|line| line.starts_with("surefoot run ")).unwrap();
    assert!(again.contains(" --twin --seed 9 --state-dir 'my state'"), "{again}");
    case.typed(&again).exit(1);
}

#[test]
fn what_is_printed_in_trouble_can_be_typed() {
    let mut case = Case::new().file("a.yaml", ASKING).file("small.yaml", SMALL).file("bad.yaml", "runbook: a\n");
    let mut count = 0;
    for args in [
        ["run", "a.yaml"].as_slice(),
        &["status"],
        &["runs"],
        &["resume"],
        &["answer", "none", "ready"],
        &["check", "bad.yaml"],
        &["kinds", "asert"],
        &["explain", "SF999"],
        &["secret", "deliver", "none"],
        &["audit", "verify", "none"],
        &["init", "small.yaml"],
        &["run", "nowhere.yaml"],
        &["keys", "show"],
    ] {
        let mut command = case.command();
        let ran = Ran::of(command.args(args).output().unwrap());
        count += type_all(&case, &ran);
    }
    assert!(count >= 12, "only {count} commands were printed");
    let run =
        case.then(["runs", "--output", "json"]).json("surefoot.runs.v1")["runs"][0]["run"].as_str().unwrap().to_owned();
    let held = case.then(["answer", &run, "nothing"]).exit(2);
    type_all(&case, &held);
}

#[test]
fn a_part_of_an_id_is_enough_where_it_is_the_only_one() {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    let (tail, head) = (run.rsplit('-').next().unwrap(), &run[..13]);
    case.then(["status", tail]).exit(0).stdout(&run);
    case.then(["status", head]).exit(0).stdout(&run);
    for part in [tail, head] {
        case.then(["audit", "verify", part]).exit(0).stdout("the copy in");
    }
    std::fs::remove_dir_all(case.path(".surefoot")).unwrap();
    case.then(["audit", "verify", tail]).exit(0);
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    case.then(["status", "zz"]).exit(2).stderr("there is no run `zz`");
    case.then(["run", "a.yaml"]).exit(4);
    case.then(["status", &run[..4]]).exit(2).stderr("matches 2 runs").stderr("`surefoot runs` lists them all");
    case.then(["audit", "verify", &run[..4]]).exit(2).stderr("matches 3 runs");
}

/// Fails, and was given a file.
const READING: &str = "\
runbook: reading
version: 1.0.0
inputs:
  file: {type: path}
  usual: {type: path, default: there}
steps:
  - id: holds
    uses: assert
    on_failure: stop
    with: {that: false, message: \"{{ inputs.file }} and {{ inputs.usual }}\"}
";

#[test]
fn a_run_is_begun_again_in_its_world_and_with_its_trail() {
    let mut case = Case::new().file("a.yaml", READING).file("sc.yaml", "faults: []\nstart: 2026-03-01T00:00:00Z\n");
    std::fs::create_dir(case.path("sub")).unwrap();
    let args = ["run", "a.yaml", "-i", "file=in/x", "--twin", "--scenario", "sc.yaml", "--audit-dir", "au4"];
    let told = case.then(args).exit(1);
    let again = |ran: &Ran| commands(ran).into_iter().find(|line| line.starts_with("surefoot run ")).unwrap();
    let here = again(&told);
    assert_eq!(here, "surefoot run a.yaml -i file=in/x --twin --scenario sc.yaml --audit-dir au4");
    case.typed(&here).exit(1).stderr("20260301-");
    assert_eq!(std::fs::read_dir(case.path("au4")).unwrap().count(), 2);
    // From another place everything that was relative is named in full.
    let there = again(&case.typed("cd sub && surefoot status --state-dir ../.surefoot"));
    let ran = case.typed(&format!("cd sub && {there}")).exit(1).stderr("20260301-");
    let root = case.path("").canonicalize().unwrap();
    let root = root.to_str().unwrap().trim_end_matches('/');
    ran.stderr(&format!("{root}/in/x and {root}/there"));
    assert_eq!(std::fs::read_dir(case.path("au4")).unwrap().count(), 3);
    assert!(!case.path("sub/audit").exists());
}

#[test]
fn a_file_that_is_named_like_an_option_can_be_typed_as_it_is_printed() {
    let mut case = Case::new().file("-f.yaml", FAILING);
    for args in [
        ["init", "--", "-x.yaml"].as_slice(),
        &["init", "--", "-x.yaml"],
        &["run", "-i", "note=x", "--state-dir=-st", "--audit-dir=-au", "--", "-f.yaml"],
    ] {
        let mut command = case.command();
        let ran = Ran::of(command.args(args).output().unwrap());
        assert!(type_all(&case, &ran) >= 1, "{}{}", ran.out, ran.err);
    }
    case.then(["check", "./-x.yaml"]).exit(0);
}

#[test]
fn the_mistake_and_not_the_warning_is_explained() {
    let wrong = super::case::UNUSED.replace("uses: assert", "uses: asert");
    let ran = Case::new().file("a.yaml", wrong).args(["check", "a.yaml"]).run().exit(3).stderr("warning[SF033]");
    let (_, code) = ran.err.split_once("error[").unwrap();
    assert!(ran.err.contains(&format!("`surefoot explain {}`", &code[..5])), "{}", ran.err);
}

#[test]
fn what_is_to_be_done_about_a_bucket_is_said_once() {
    let ran = Case::new().args(["run", MAIN, "--twin", "-i", "bucket=nowhere"]).run();
    let ran = if ran.code == 1 { ran.exit(1) } else { ran.exit(4) };
    let (_, told) = ran.out.split_once("404 NotFound").unwrap_or_else(|| panic!("{}{}", ran.out, ran.err));
    let told = told.split("\n\n").next().unwrap();
    assert_eq!(told.split_whitespace().collect::<Vec<_>>().join(" ").matches("check the").count(), 1, "{told}");
}

#[test]
fn unlike_words_are_not_suggested() {
    let ran = Case::new().args(["kinds", "zz"]).run().exit(2);
    assert!(!ran.err.contains("did you mean"), "{}", ran.err);
    Case::new().args(["kinds", "asert"]).run().exit(2).stderr("did you mean `assert`?");
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    let ran = case.then(["answer", &run, "xyzzy"]).exit(2);
    assert!(!ran.err.contains("did you mean"), "{}", ran.err);
    case.then(["answer", &run, "redy"]).exit(2).stderr("did you mean `ready`?");
}

#[test]
fn an_input_that_nothing_uses_is_a_warning_while_a_runbook_is_written() {
    let mut case = Case::new().file("a.yaml", super::case::UNUSED);
    case.then(["check", "a.yaml"]).exit(0).stderr("warning[SF033]").stdout("a.yaml: ok, unused 1.0.0, 1 step\n");
    case.then(["plan", "a.yaml"]).exit(0).stderr("1 warning");
    case.then(["run", "a.yaml", "--twin"]).exit(0).stderr("warning[SF033]");
    case.then(["run", "a.yaml"]).exit(3).stderr("warning[SF033]");
}

#[test]
fn a_deletion_that_nothing_counts_is_a_warning_in_the_real_world_too() {
    let page = surefoot::runbook::explain("SF049").unwrap();
    let example = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let mut case = Case::new().file("a.yaml", example);
    case.then(["check", "a.yaml"]).exit(0).stderr("warning[SF049]").stdout("a.yaml: ok, example 1.0.0");
    // What is in the way of this run is something else.
    let ran = case.then(["run", "a.yaml", "-i", "instance_id=2f49c2b3", "-i", "bucket=b"]);
    ran.exit(2).stderr("warning[SF049]").stderr("secrets of the runbook cannot be read");
}

#[test]
fn an_edited_runbook_that_is_not_used_is_told() {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml"]).exit(4);
    assert!(!case.then(["resume"]).exit(4).err.contains("was edited"));
    std::fs::write(case.path("a.yaml"), ASKING.replace("kettle", "tea")).unwrap();
    case.then(["resume"])
        .exit(4)
        .stderr("a.yaml was edited since the run started; the run continues with its original runbook");
}

#[test]
fn a_long_input_is_told_by_its_length() {
    let case = Case::new().file("a.yaml", FAILING).file("long.yaml", format!("note: {}\n", "x".repeat(100_000)));
    let ran = case.typed("surefoot run a.yaml --inputs long.yaml").exit(3).stderr("one of 100000 bytes");
    assert!(ran.err.len() < 2000, "{}", ran.err);
}

#[test]
fn a_locale_without_more_than_ascii_gets_no_other_marks() {
    let case =
        Case::new().file("a.yaml", ASKING).file("bad.yaml", "runbook: a\nversion: 1\nsteps: [{id: a, uses: x}]\n");
    for line in [
        format!("plan {MAIN} -i instance_id=2f49c2b3 -i bucket=b -i change_id=C1"),
        "kinds manual".to_owned(),
        "run a.yaml".to_owned(),
        "status".to_owned(),
        format!("graph {MAIN}"),
        "check bad.yaml".to_owned(),
    ] {
        let ran = case.typed(&format!("LC_ALL=C surefoot {line}"));
        assert!(ran.out.is_ascii() && ran.err.is_ascii(), "{line}: {}{}", ran.out, ran.err);
        assert!(ran.out.len() + ran.err.len() > 20, "{line}");
    }
    let ran = case.typed("LC_ALL=C.UTF-8 surefoot kinds manual").exit(0);
    assert!(!ran.out.is_ascii());
}
