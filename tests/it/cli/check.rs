//! `check` and `plan`: good runbooks and bad ones.

use super::case::{Case, MAIN, Ran, SMALL};

#[test]
fn a_good_runbook() {
    Case::new()
        .file("a.yaml", SMALL)
        .args(["check", "a.yaml"])
        .run()
        .exit(0)
        .silent()
        .stdout("a.yaml: ok, small 1.0.0, 1 step");
    Case::new().args(["check", MAIN]).run().exit(0).silent().stdout("migrate-to-vdc");
    let ran = Case::new().file("a.yaml", SMALL).args(["check", "-q", "a.yaml"]).run().exit(0).silent();
    assert_eq!(ran.out, "");
}

#[test]
fn every_mistake_of_every_file_is_printed() {
    let bad = SMALL.replace("assert", "asert").replace("version: 1.0.0", "versoin: 1.0.0");
    let case = Case::new().file("bad.yaml", &bad).file("good.yaml", SMALL);
    let ran = case.args(["check", "bad.yaml", "good.yaml"]).run().exit(3);
    let ran = ran.stdout("good.yaml: ok").stderr("bad.yaml:2:1").stderr("SF016").stderr("assert");
    assert!(!ran.err.contains('\u{1b}'), "no colours where nobody sees them");
}

#[test]
fn a_retry_of_what_is_in_doubt_is_refused() {
    let bad = SMALL.replace("    with:", "    retry: {max: 3, on: [unknown]}\n    with:");
    Case::new()
        .file("a.yaml", bad)
        .args(["check", "a.yaml"])
        .run()
        .exit(3)
        .stderr("error[SF038]")
        .stderr("a.yaml:8:26");
    let bad = SMALL.replace("steps:", "defaults: {retry: {on: [unknown]}}\nsteps:");
    Case::new()
        .file("a.yaml", bad)
        .args(["check", "a.yaml"])
        .run()
        .exit(3)
        .stderr("error[SF038]")
        .stderr("a.yaml:4:25");
}

#[test]
fn mistakes_as_data() {
    let bad = SMALL.replace("assert", "asert");
    let case = Case::new().file("bad.yaml", &bad).file("good.yaml", SMALL);
    let ran = case.args(["check", "bad.yaml", "good.yaml", "--output", "json"]).run().exit(3);
    let document = ran.json("surefoot.check.v1");
    assert_eq!(document["files"][0]["ok"], false);
    assert_eq!(document["files"][0]["diagnostics"][0]["code"], "SF016");
    assert_eq!(document["files"][0]["diagnostics"][0]["line"], 6);
    assert_eq!(document["files"][1]["ok"], true);
    let case = Case::new().file("bad.yaml", &bad);
    let document = case.args(["plan", "bad.yaml", "--output", "json"]).run().exit(3).json("surefoot.error.v1");
    assert_eq!(document["diagnostics"][0]["code"], "SF016");
}

#[test]
fn files_that_are_no_runbooks() {
    Case::new().args(["check", "none.yaml"]).run().exit(2).stderr("none.yaml").stderr("No such file");
    Case::new().args(["check", "."]).run().exit(2).stderr("directory");
    Case::new().file("a.yaml", "").args(["check", "a.yaml"]).run().exit(3).stderr("SF002");
    Case::new().file("a.yaml", b"\x7fELF\x02\xff\xfe").args(["check", "a.yaml"]).run().exit(3).stderr("SF001");
    Case::new().file("a b ü.yaml", SMALL).args(["check", "a b ü.yaml"]).run().exit(0).stdout("a b ü.yaml: ok");
}

#[test]
fn a_plan_shows_the_point_of_no_return_between_its_steps() {
    let ran =
        Case::new().args(["plan", MAIN, "-i", "instance_id=2f49c2b3", "-i", "bucket=b", "-i", "change_id=C1"]).run();
    let out = ran.exit(0).silent().out;
    let lines: Vec<&str> = out.lines().collect();
    let at =
        |part: &str| lines.iter().position(|line| line.contains(part)).unwrap_or_else(|| panic!("no {part}:\n{out}"));
    let step = |id: &str| at(&format!(" {id} "));
    assert!(step("confirm") < at("──── point of no return"));
    assert!(at("──── point of no return") < step("delete"));
    assert!(step("delete") < step("recreate"));
    assert!(lines[step("delete")].contains("reconcilable · irreversible"));
    let proved = &lines[at("Proved before `delete`") + 1..][..5];
    assert_eq!(
        proved.iter().map(|line| line.split_whitespace().next().unwrap()).collect::<Vec<_>>(),
        ["config", "backup", "offered", "audited", "confirmed"]
    );
    assert!(lines[at("  instance_id  ")].contains("2f49c2b3"));
    let breaks = lines[at("What `delete` breaks elsewhere") + 1..].join(" ");
    for words in ["if CDC is on", "cursor", "if metrics are read from it", "always", "allow-lists", "Terraform"] {
        assert!(breaks.contains(words), "{words} is not told:\n{out}");
    }
    let given =
        ["plan", MAIN, "-i", "instance_id=2f49c2b3", "-i", "bucket=b", "-i", "change_id=C1", "--output", "json"];
    let document = Case::new().args(given).run().exit(0).json("surefoot.plan.v1");
    let delete = document["steps"].as_array().unwrap().iter().find(|step| step["id"] == "delete").unwrap();
    assert_eq!(delete["breaks"][0]["if"], "CDC is on");
    assert_eq!((delete["breaks"].as_array().unwrap().len(), &delete["breaks"][3]["if"]), (7, &serde_json::Value::Null));
}

#[test]
fn a_plan_as_data() {
    let case = Case::new().args([
        "plan",
        MAIN,
        "-i",
        "instance_id=2f49c2b3",
        "-i",
        "bucket=b",
        "-i",
        "change_id=C1",
        "--output",
        "json",
    ]);
    let document = case.run().exit(0).silent().json("surefoot.plan.v1");
    assert_eq!(document["point_of_no_return"], "delete");
    assert_eq!(document["proofs"].as_array().unwrap().len(), 5);
    assert_eq!(document["order"].as_array().unwrap().len(), document["steps"].as_array().unwrap().len());
}

#[test]
fn inputs_that_are_missing_or_malformed() {
    Case::new().args(["plan", MAIN]).run().exit(3).stderr("SF041").stderr("-i instance_id=VALUE");
    Case::new().args(["plan", MAIN, "-i", "instance_id=XYZ", "-i", "bucket=b"]).run().exit(3).stderr("SF042");
    let case = Case::new().file("in.yaml", "instance_id: 2f49c2b3\nbucket: b\nchange_id: C\n");
    case.args(["plan", MAIN, "--inputs", "in.yaml"]).run().exit(0).stdout("2f49c2b3");
    // An id is what is written, also where it looks like a number; the rest is read as it is declared.
    for (inputs, code, told) in [
        ("instance_id: 1234e567\nbucket: b\nchange_id: 007\naccept_uncounted: true\nprefix:\n", 0, "1234e567"),
        ("instance_id: 11111e11\nbucket: b\nchange_id: C\n", 0, "11111e11"),
        ("instance_id: 12345678\nbucket: b\nchange_id: C\naccept_uncounted: soon\n", 3, "accept_uncounted"),
        ("instance_id: [2f49c2b3]\nbucket: b\n", 3, "found a list"),
        ("- instance_id\n", 2, "in.yaml:1:1: this is no map of inputs"),
    ] {
        let ran = Case::new().file("in.yaml", inputs).args(["plan", MAIN, "--inputs", "in.yaml"]).run().exit(code);
        assert!(format!("{}{}", ran.out, ran.err).contains(told), "{inputs}: {}{}", ran.out, ran.err);
    }
    Case::new().args(["plan", MAIN, "--inputs", "none.yaml"]).run().exit(2).stderr("none.yaml");
}

#[test]
fn a_key_that_is_written_twice_in_a_file_beside_the_runbook() {
    let twice = "instance_id: 2f49c2b3\nbucket: b\ninstance_id: 2f49c2b4\n";
    let json = "{\"bucket\": \"a\",\n \"bucket\": \"b\"}";
    let scenario = "instances:\n  - name: a\n    name: b\n";
    let faults = "- {match: {method: POST, path: /v1}, kind: late, kind: late}\n";
    let mut case = Case::new()
        .file("in.yaml", twice)
        .file("in.json", json)
        .file("s.yaml", scenario)
        .file("f.yaml", faults)
        .file("a.yaml", SMALL);
    let told = |ran: Ran, place: &str, key: &str| {
        let ran = ran.exit(2);
        let hint = "hint: remove one of the two, the one whose value is not meant\n";
        assert_eq!(ran.err, format!("error: {place}: the key `{key}` is written twice\n{hint}"));
    };
    told(case.then(["plan", MAIN, "--inputs", "in.yaml"]), "in.yaml:3:1", "instance_id");
    told(case.then(["plan", MAIN, "--inputs", "in.json"]), "in.json:2:2", "bucket");
    told(case.then(["run", "a.yaml", "--twin", "--scenario", "s.yaml"]), "s.yaml:3:5", "name");
    told(case.then(["twin", "--scenario", "s.yaml"]), "s.yaml:3:5", "name");
    told(case.then(["rehearse", "a.yaml", "--faults", "f.yaml"]), "f.yaml:1:50", "kind");
    let ran = case.then(["plan", MAIN, "--inputs", "in.yaml", "--output", "json"]).exit(2);
    let message = ran.json("surefoot.error.v1")["message"].as_str().unwrap().to_owned();
    assert_eq!(message, "in.yaml:3:1: the key `instance_id` is written twice");
}

#[test]
fn what_else_is_wrong_with_a_file_of_inputs_is_told_with_its_place() {
    let ran =
        Case::new().file("in.yaml", "bucket: b\ninstance_id: [a\n").args(["plan", MAIN, "--inputs", "in.yaml"]).run();
    insta::assert_snapshot!(ran.exit(2).err, @"
    error: in.yaml:2:14: this is not YAML: unclosed bracket '['
    hint: is the indentation right? Text with `: `, ` #`, `{` or `[` needs quotes
    ");
}

#[test]
fn text_from_outside_cannot_move_the_cursor() {
    let sly = SMALL.replace("One step that holds.", "\"red \\e[31m and \\u202e backwards\"");
    let out = Case::new().file("a.yaml", &sly).args(["plan", "a.yaml"]).run().exit(0).out;
    assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'), "{out:?}");
    assert!(out.contains("\\u{1b}"), "{out}");
}

#[test]
fn instructions_are_shown_line_by_line_in_a_plan() {
    let text = "runbook: told\nversion: 1.0.0\nsteps:\n  - id: long\n    uses: manual\n    with:\n      instructions: |\n        \
                Stop the writers, in this order, and look at each of them afterwards, for some of them start again by \
                themselves:\n          systemctl stop a && \\\n            systemctl stop b\n\n        Then say so.\n  \
                - id: short\n    uses: manual\n    needs: [long]\n    with: {instructions: Say so.}\n";
    let ran = Case::new().file("a.yaml", text).args(["plan", "a.yaml"]).run().exit(0).silent();
    let (_, asked) = ran.out.split_once("People will be asked\n").unwrap();
    let expected = r"  long:
    Stop the writers, in this order, and look at each of them afterwards, for some of them start again by themselves:
      systemctl stop a && \
        systemctl stop b

    Then say so.
  short: Say so.
";
    assert_eq!(asked, expected);
}

#[test]
fn a_graph_of_a_runbook() {
    let text = "runbook: diamond\nversion: 1.0.0\nsteps:\n  - {id: a, uses: assert, with: {that: true}}\n  \
                - {id: b, uses: assert, needs: [a], with: {that: true}}\n  \
                - {id: c, uses: assert, needs: [a], with: {that: true}}\n  \
                - {id: d, uses: assert, needs: [a, b, c], with: {that: true}}\n";
    let ran = Case::new().file("d.yaml", text).args(["graph", "d.yaml"]).run().exit(0).silent();
    insta::assert_snapshot!(ran.out, @"
    ── a  assert (read)
    │
    ┬─ b  assert (read)  ← a
    └─ c  assert (read)  ← a
    │
    ── d  assert (read)  ← b, c
    ");
}

#[test]
fn a_graph_is_also_a_picture_and_a_file_for_other_tools() {
    let mut case = Case::new().file("a.yaml", SMALL);
    for (format, begins) in [("svg", "<svg xmlns="), ("dot", "digraph \"small 1.0.0\" {"), ("mermaid", "---\ntitle:")] {
        let ran = case.then(["graph", "a.yaml", "--format", format]).exit(0).silent();
        assert!(ran.out.starts_with(begins), "{}", ran.out);
    }
    case.then(["graph", "a.yaml", "--format", "png"]).exit(2).stderr("[possible values: text, svg, dot, mermaid]");
    case.then(["run", "a.yaml"]).exit(0);
    let run = case.run_id();
    case.then(["graph", &run, "--format", "svg"]).exit(0).stdout("class=\"step done\"").stdout(&run);
}

#[test]
fn a_picture_that_nobody_could_read_is_refused() {
    let step = |number: usize| format!("  - {{id: s_{number}, uses: assert, with: {{that: true}}}}\n");
    let many =
        |steps: usize| format!("runbook: many\nversion: 1.0.0\nsteps:\n{}", (0..steps).map(step).collect::<String>());
    let mut case = Case::new().file("most.yaml", many(1_000)).file("more.yaml", many(1_001));
    case.then(["graph", "most.yaml", "--format", "svg"]).exit(0).silent();
    let ran = case.then(["graph", "more.yaml", "--format", "svg"]).exit(2);
    ran.stderr("`many` has 1001 steps, and a picture shows at most 1000").stderr("`--format text` lists all of them");
    case.then(["graph", "more.yaml"]).exit(0).stdout("s_1000");
}

#[test]
fn a_file_that_is_named_may_stand_behind_links() {
    let inputs = SMALL.replace("steps:", "inputs: {name: {type: string}}\nsteps:");
    let inputs = inputs.replace("that: true", "that: \"{{ inputs.name == 'x' }}\"");
    let mut case = Case::new().file("a.yaml", inputs).file("in.yaml", "name: x\n");
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, case.path(name)).unwrap();
    // As a mounted ConfigMap has it: a link to a file below a linked directory.
    std::fs::create_dir(case.path("..2026")).unwrap();
    std::fs::rename(case.path("a.yaml"), case.path("..2026/a.yaml")).unwrap();
    std::fs::rename(case.path("in.yaml"), case.path("..2026/in.yaml")).unwrap();
    link("..2026", "..data");
    link("..data/a.yaml", "a.yaml");
    link("..data/in.yaml", "in.yaml");
    link("loop.yaml", "loop.yaml");
    case.then(["check", "a.yaml"]).exit(0).stdout("a.yaml: ok");
    case.then(["plan", "a.yaml", "--inputs", "in.yaml"]).exit(0);
    case.then(["run", "a.yaml", "--inputs", "in.yaml"]).exit(0);
    case.then(["check", "loop.yaml"]).exit(2).stderr("the symbolic links form a loop");
    let pinned = case.path(&format!(".surefoot/runs/{}/plan.yaml", case.run_id()));
    assert!(std::fs::symlink_metadata(pinned).unwrap().is_file(), "the run keeps the file and no link");
}

#[test]
fn what_is_no_regular_file_is_refused_with_a_sentence() {
    let case = Case::new().file("a.yaml", SMALL);
    assert!(std::process::Command::new("mkfifo").arg(case.path("pipe")).status().unwrap().success());
    std::os::unix::fs::symlink("pipe", case.path("link")).unwrap();
    for (what, args) in [("runbook", ["check", "pipe"].as_slice()), ("inputs", &["plan", "a.yaml", "--inputs", "link"])]
    {
        let mut child = case.command().args(args).spawn().unwrap();
        // A process that waits for a writer is let go, and has not refused the pipe.
        let patience = std::time::Instant::now();
        while child.try_wait().unwrap().is_none() && patience.elapsed().as_secs() < 20 {
            std::thread::yield_now();
        }
        drop(std::fs::OpenOptions::new().read(true).write(true).open(case.path("pipe")).unwrap());
        let ran = Ran::of(child.wait_with_output().unwrap()).exit(2);
        ran.stderr(&format!("cannot read the {what}")).stderr("it is a pipe").stderr("save it to a regular file");
    }
    let mut case = case;
    case.then(["check", "/dev/null"]).exit(2).stderr("it is a device");
}
