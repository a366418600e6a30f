//! `run`, `resume`, `runs`, `status`, `pause`, `cancel`, `audit verify`: the life of a run.

use super::case::{ASKING, Case, MAIN, Ran, SMALL, WAITING};
use super::doubt::CREATING;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::io::{BufRead as _, BufReader};
use std::process::Child;
use surefoot::base::Digest;
use surefoot::ops::Paths;
use surefoot::report::RunHistory;

#[test]
fn nothing_has_been_run() {
    let mut case = Case::new();
    let ran = case.then(["runs"]).exit(0).stderr("there are no runs");
    assert_eq!(ran.out, "");
    assert_eq!(case.then(["runs", "--output", "json"]).exit(0).json("surefoot.runs.v1")["runs"], serde_json::json!([]));
    case.then(["status"]).exit(2).stderr("there is no run").stderr("surefoot run RUNBOOK");
    case.then(["resume"]).exit(2).stderr("nothing to resume");
    case.then(["status", "r1"]).exit(2).stderr("there is no run `r1`");
    case.then(["audit", "verify", "r1"]).exit(2).stderr("neither a trail nor a run");
    case.then(["keys", "show"]).exit(2).stderr("surefoot keys init");
}

#[test]
fn a_run_from_its_beginning_to_its_audit() {
    let mut case = Case::new().file("a.yaml", SMALL);
    case.then(["run", "a.yaml"]).exit(0).stdout("small");
    let run = case.run_id();
    case.then(["runs"]).exit(0).silent().stdout(&run).stdout("done").stdout("1/1");
    case.then(["status"]).exit(0).silent().stdout("done, 1 of 1 step").stdout(&format!("surefoot audit verify {run}"));
    case.then(["graph", &run]).exit(0).stdout("holds [done]");
    case.then(["audit", "verify", &run]).exit(0).stdout("hash chain intact").stdout("Not signed");
    case.then(["audit", "verify", &format!("audit/{run}")]).exit(0).stdout("hash chain intact");
    case.then(["audit", "verify", &run, "--require", "signed"]).exit(8).stdout("The trail is not signed");
    case.then(["resume"]).exit(2).stderr("nothing to resume");
    case.then(["resume", &run]).exit(2).stderr("is closed");
    case.then(["cancel", &run]).exit(2);
    let summary = std::fs::read_to_string(case.path(&format!("audit/{run}/summary.txt"))).unwrap();
    assert!(summary.starts_with(&format!("surefoot: summary of run {run}\n")), "{summary}");
    assert!(summary.contains("\nVerdict\n-------\ndone at "), "{summary}");
}

#[test]
fn a_run_whose_process_died_before_it_told_the_end_is_told_by_resume() {
    let mut case = Case::new().file("a.yaml", SMALL);
    case.then(["run", "a.yaml"]).exit(0);
    let run = case.run_id();
    let lock = case.path(&format!(".surefoot/runs/{run}/LOCK"));
    assert_eq!(std::fs::read_to_string(&lock).unwrap(), "", "the run was left in order");
    let summary = case.path(&format!("audit/{run}/summary.txt"));
    let whole = std::fs::read_to_string(&summary).unwrap();

    // What a process killed right after the last commit leaves behind.
    std::fs::write(&lock, "process 1\n").unwrap();
    std::fs::remove_file(&summary).unwrap();
    let records = std::fs::read(case.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"))).unwrap();
    case.then(["resume"]).exit(0).stdout("small").stdout("Recorded");
    assert_eq!(std::fs::read_to_string(&summary).unwrap(), whole);
    assert_eq!(std::fs::read(case.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"))).unwrap(), records);
    case.then(["resume"]).exit(2).stderr("nothing to resume");
    case.then(["audit", "verify", &format!("audit/{run}")]).exit(0);
}

#[test]
fn a_check_that_does_not_hold_keeps_the_run_open_before_the_point_of_no_return() {
    let bad = "with: {that: false, message: The moon is up.}";
    let text = SMALL.replace("    on_failure: stop\n", "").replace("with: {that: true}", bad);
    let mut case = Case::new().file("a.yaml", text);
    case.then(["run", "a.yaml"]).exit(4).stdout("`holds`: held").stdout("The moon is up.").stdout("surefoot resume");
    let run = case.run_id();
    case.then(["resume"]).exit(4).stdout("`holds`: held");
    case.then(["status", &run]).exit(0).stdout("The moon is up.");
    case.then(["cancel", &run]).exit(0);
    case.then(["resume", &run]).exit(2).stderr("is closed");
}

#[test]
fn a_step_that_fails_closes_the_run_before_the_point_of_no_return() {
    let mut case = Case::new().file("a.yaml", SMALL.replace("that: true", "that: false, message: The moon is up."));
    let ran = case.then(["run", "a.yaml"]).exit(1).stdout("`holds`: failed").stdout("The moon is up.");
    assert!(ran.out.contains("nothing irreversible was sent"), "{}", ran.out);
    case.then(["status"]).exit(0).stdout("`holds` failed").stdout("The moon is up.");
}

#[test]
fn steps_are_counted_alike_wherever_they_are() {
    let steps = r#"
steps:
  - {id: skipped, uses: assert, when: "{{ run.id == '' }}", with: {that: true}}
  - {id: holds, uses: assert, needs: [skipped], with: {that: true}}
  - {id: fails, uses: assert, needs: [holds], on_failure: stop, with: {that: false}}
"#;
    let mut case = Case::new().file("a.yaml", format!("runbook: counted\nversion: 1.0.0{steps}"));
    case.then(["run", "a.yaml"]).exit(1).stdout("1 of 3 steps done, 1 skipped");
    case.then(["status"]).exit(0).stdout("failed, 2 of 3 steps");
    case.then(["runs"]).exit(0).stdout("2/3");
    let runs = case.then(["runs", "--output", "json"]).exit(0).json("surefoot.runs.v1");
    assert_eq!((&runs["runs"][0]["steps_done"], &runs["runs"][0]["steps"]), (&json!(2), &json!(3)));
}

#[test]
fn a_run_that_is_given_up() {
    let mut case = Case::new().file("a.yaml", ASKING);
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    case.then(["pause", &run]).exit(0).stdout("the run is paused").stdout(&format!("surefoot resume {run}"));
    case.then(["cancel", &run]).exit(0).stdout("the run is cancelled");
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    let stands = |at: usize| (status["steps"][at]["status"].clone(), status["steps"][at]["state"].clone());
    assert_eq!(stands(0), (json!("ready"), json!("not finished")));
    assert_eq!(stands(1), (json!("blocked"), json!("not started")));
    let text = case.then(["status"]).exit(0).out;
    assert!(text.contains("not finished  manual") && text.contains("not started   assert"), "{text}");
    let summary = std::fs::read_to_string(case.path(&format!("audit/{run}/summary.txt"))).unwrap();
    assert!(summary.contains("not finished") && !summary.contains("running "), "{summary}");
    case.then(["resume", &run]).exit(2).stderr("is closed");
    case.then(["runs"]).exit(0).stdout("cancelled");
}

#[test]
fn a_step_that_waited_when_its_run_was_closed_says_for_what() {
    let runbook = r#"
runbook: closed
version: 1.0.0
inputs: {instance_id: {type: string}}
secrets: {aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}}
steps:
  - id: look
    uses: aura.instance.get
    with: {instance_id: "{{ inputs.instance_id }}"}
    retry: {max: 20, backoff: 1h..1h}
  - {id: nap, uses: sleep, with: {for: 6m}}
  - {id: fails, uses: assert, needs: [nap], on_failure: stop, with: {that: false}}
"#;
    let faults = "faults:\n  - {match: {method: GET, path: /v1/instances}, kind: status, arg: 503, count: 100}\n";
    let mut case = Case::new().file("a.yaml", runbook).file("s.yaml", faults);
    let ran = case.then(["run", "a.yaml", "--twin", "--scenario", "s.yaml"]).exit(1);
    ran.stdout("`look`: not finished\n").stdout("503");
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    let look = &status["steps"][0];
    assert_eq!((&look["state"], &look["waiting"]), (&json!("not finished"), &json!(null)));
    assert!(look["reason"].as_str().unwrap().contains("503"), "{look:#}");
}

#[test]
fn what_a_run_that_ended_before_its_time_has_done_is_listed() {
    let runbook = |last: &str| {
        let write = "{id: note, uses: file.write, with: {path: n.txt, content: hello}}";
        format!("runbook: r\nversion: 1.0.0\nsteps:\n  - {write}\n  - {{id: last, needs: [note], {last}}}\n")
    };
    let mut case = Case::new().file("a.yaml", runbook("uses: manual, with: {instructions: Do it.}"));
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    case.then(["cancel", &run]).exit(0).stdout("Left in place\n  `note`: ").stdout("Nothing is rolled back");
    case.then(["status", &run]).exit(0).stdout("Left in place\n  `note`: ");

    let mut case = Case::new().file("a.yaml", runbook("uses: assert, on_failure: stop, with: {that: false}"));
    case.then(["run", "a.yaml"]).exit(1).stdout("Left in place\n  `note`: ");
}

#[test]
fn what_is_left_in_place_is_named_with_its_id() {
    let runbook = r#"
runbook: leaving
version: 1.0.0
inputs: {instance_id: {type: string}, bucket: {type: string}}
secrets: {aura: {env: [AURA_CLIENT_ID, AURA_CLIENT_SECRET]}}
steps:
  - {id: snap, uses: aura.snapshot.create, with: {instance_id: "{{ inputs.instance_id }}"}}
  - {id: put, uses: s3.put, with: {path: a.bin, sha256: SHA256, bucket: "{{ inputs.bucket }}"}}
  - {id: last, uses: assert, needs: [snap, put], on_failure: stop, with: {that: false}}
"#;
    let sha256 = Digest::of(b"backup").to_string();
    let mut case = Case::new().file("a.yaml", runbook.replace("SHA256", &sha256)).file("a.bin", "backup");
    let ran = case.then(["run", "a.yaml", "--twin"]).exit(1);
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    let named = |step: usize| {
        let effect = &status["steps"][step]["effects"][0]["named"];
        format!(", {} {} ", effect["what"].as_str().unwrap(), effect["id"].as_str().unwrap())
    };
    assert_eq!(named(0), format!(", snapshot {} ", status["steps"][0]["output"]["snapshot_id"].as_str().unwrap()));
    assert_eq!(named(1), format!(", version {} ", status["steps"][1]["output"]["version_id"].as_str().unwrap()));
    let (_, left) = ran.out.split_once("Left in place\n").unwrap();
    let left = left.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(left.contains(&named(0)) && left.contains(&named(1)), "{left}");
}

fn listed(case: &mut Case, member: &str) -> Vec<String> {
    let document = case.then(["runs", "--output", "json"]).exit(0).json("surefoot.runs.v1");
    let rows = document["runs"].as_array().unwrap().iter();
    rows.map(|row| row[member].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_last_run_is_the_one_that_was_worked_on_last() {
    let mut case = Case::new().file("a.yaml", SMALL).file("q.yaml", ASKING);
    let mut order: Vec<String> = Vec::new();
    let shown = |case: &mut Case| {
        let document = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
        document["run"].as_str().unwrap().to_owned()
    };
    // They all begin at the same simulated second.
    for _ in 0..5 {
        let ended = case.then(["run", "a.yaml", "--twin", "--output", "json"]).exit(0).json("surefoot.ended.v1");
        order.push(ended["run"].as_str().unwrap().to_owned());
        assert_eq!(shown(&mut case), order[order.len() - 1]);
    }
    assert_eq!(listed(&mut case, "run"), order);

    let asking = case.then(["run", "q.yaml", "--twin", "--ask", "--output", "json"]).exit(4).json("surefoot.ended.v1");
    order.push(asking["run"].as_str().unwrap().to_owned());
    let ended = case.then(["run", "a.yaml", "--twin", "--output", "json"]).exit(0).json("surefoot.ended.v1");
    order.push(ended["run"].as_str().unwrap().to_owned());
    assert_eq!(shown(&mut case), order[5], "an unfinished run comes before one that is closed");
    assert_eq!(listed(&mut case, "run"), order);
    case.then(["pause", &order[5]]).exit(0);
    order.swap(5, 6);
    assert_eq!(listed(&mut case, "run"), order);
}

#[test]
fn the_list_says_how_a_run_stands_that_nobody_works_on() {
    let mut case = Case::new().file("w.yaml", WAITING).file("q.yaml", ASKING).args(["run", "w.yaml"]);
    let stands = |case: &mut Case| {
        let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
        let (stands, held_by) = (status["state"].as_str().unwrap().to_owned(), status["held_by"].is_string());
        assert_eq!(listed(case, "state").last(), Some(&stands));
        (stands, held_by)
    };
    let mut child = case.spawn();
    let rest = begun(&mut child);
    assert_eq!(stands(&mut case), ("running".to_owned(), true));
    let pid = std::fs::read_to_string(case.path(&format!(".surefoot/runs/{}/LOCK", case.run_id()))).unwrap();
    let pid = pid.split(|letter: char| !letter.is_ascii_digit()).find_map(|number| number.parse().ok()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    drop(rest);
    child.wait().unwrap();
    assert_eq!(stands(&mut case), ("interrupted".to_owned(), false));
    let run = case.run_id();
    case.then(["pause", &run]).exit(0);
    assert_eq!(stands(&mut case), ("paused".to_owned(), false));
    case.then(["cancel", &run]).exit(0);
    assert_eq!(stands(&mut case), ("cancelled".to_owned(), false));
    case.then(["run", "q.yaml"]).exit(4);
    assert_eq!(stands(&mut case), ("waiting for a person".to_owned(), false));
}

/// Waits until the run says that it has begun, and hands back what reads the rest.
fn begun(child: &mut Child) -> BufReader<std::process::ChildStderr> {
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    assert!(line.contains("waiting 1.0.0"), "{line}");
    lines
}

fn id_of(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap()
}

#[test]
fn the_first_signal_records_what_is_in_flight_and_says_how_to_go_on() {
    let mut case = Case::new().file("w.yaml", WAITING).args(["run", "w.yaml"]);
    for signal in [Signal::INT, Signal::TERM] {
        let mut child = std::process::Command::new(super::case::BINARY)
            .args(if signal == Signal::INT { &["run", "w.yaml"][..] } else { &["resume"] })
            .current_dir(case.path(""))
            .env_clear()
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut rest = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        rest.read_line(&mut line).unwrap();
        assert!(line.contains("run "), "{line}");
        kill_process(id_of(&child), signal).unwrap();
        std::io::Read::read_to_string(&mut rest, &mut line).unwrap();
        let output = child.wait_with_output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(4), "{line}{out}");
        assert!(line.contains("stopping"), "{line}");
        assert!(out.contains("interrupted") && out.contains("surefoot resume"), "{out}");
    }
    case.then(["status"]).exit(0).stdout("in 2 sessions").stdout("nap");
}

#[test]
fn a_run_in_work_is_held_and_can_be_looked_at() {
    let mut case = Case::new().file("w.yaml", WAITING).args(["run", "w.yaml"]);
    let mut child = case.spawn();
    let rest = begun(&mut child);
    let run = case.run_id();
    case.then(["resume", &run]).exit(7);
    case.then(["pause", &run]).exit(7);
    case.then(["status"]).exit(0).stdout("Another process is working on it");
    child.kill().unwrap();
    drop(rest);
    child.wait().unwrap();
}

#[test]
fn the_summary_follows_from_the_records_alone_and_nothing_shows_the_password() {
    let mut case = Case::new();
    let ran = case.then(["run", MAIN, "--twin", "--speed", "800"]).exit(0);
    let place = Paths { state_dir: case.path(".surefoot"), audit_dir: Some(case.path("audit")) };
    let status = surefoot::ops::status(&place, None).unwrap();
    let story = RunHistory::of(status.events.iter().map(|(_, event)| event));
    let summary = std::fs::read_to_string(status.audit_dir.join("summary.txt")).unwrap();
    assert_eq!(summary, surefoot::report::summary(&status.plan, &status.view, &story));
    for section in ["Source instance", "Dump file", "New instance", "Before and after", "Who said what", "Evidence"] {
        assert!(summary.contains(&format!("\n{section}\n---")), "no {section} in\n{summary}");
    }
    let file = ran.out.lines().find_map(|line| line.trim().strip_prefix("password ")).unwrap().trim().to_owned();
    let delivered = std::fs::read_to_string(file).unwrap();
    let password = delivered.lines().find_map(|line| line.strip_prefix("NEO4J_PASSWORD=")).unwrap();
    assert!(password.len() >= 8);
    let shown = case.then(["status"]).exit(0).out + &case.then(["status", "--output", "json"]).exit(0).out;
    for text in [&summary, &ran.out, &ran.err, &shown] {
        assert!(!text.contains(password.trim_matches(['"', '\''])));
    }
}

#[test]
fn a_wrong_address_of_the_service_is_said_before_a_run_exists() {
    for (name, url, why) in [
        ("AURA_BASE_URL", "api.neo4j.io", "is no address"),
        ("AURA_BASE_URL", "http://example.invalid", "unencrypted"),
        ("AURA_AUTH_URL", "https://", "is no address"),
        ("AURA_BASE_URL", "http://127.0.0.1.example.invalid", "unencrypted"),
        ("AURA_AUTH_URL", "http://localhost.example.invalid:80/oauth/token", "unencrypted"),
        ("AURA_BASE_URL", "http://[::ffff:127.0.0.1]", "plainly"),
        ("AURA_BASE_URL", "http://2130706433", "plainly"),
        ("AURA_BASE_URL", "http://127.1:80", "plainly"),
        ("AURA_BASE_URL", "http:127.0.0.1", "plainly"),
        ("AURA_BASE_URL", "https://api.neo4j.io.", "plainly"),
        ("AURA_BASE_URL", "https://api.neo4j.io?x", "a query"),
    ] {
        let case = Case::new().file("c.yaml", CREATING).args(["run", "c.yaml", "-i", "instance_id=2f49c2b3"]);
        let mut command = case.command();
        command.env("AURA_CLIENT_ID", "id").env("AURA_CLIENT_SECRET", "a secret of some length").env(name, url);
        let ran = Ran::of(command.output().unwrap()).exit(2);
        ran.stderr(name).stderr(url).stderr(why);
        assert!(!case.path(".surefoot").exists(), "nothing was started");
    }
}

#[test]
fn what_stands_in_front_of_a_host_is_no_loopback_and_is_not_repeated() {
    for name in ["AURA_BASE_URL", "AURA_AUTH_URL"] {
        for url in ["http://127.0.0.1:80@example.invalid/", "http://localhost:canary-pass@example.invalid/"] {
            let case = Case::new().file("c.yaml", CREATING).args(["run", "c.yaml", "-i", "instance_id=2f49c2b3"]);
            let mut command = case.command();
            command.env("AURA_CLIENT_ID", "id").env("AURA_CLIENT_SECRET", "a secret of some length").env(name, url);
            let ran = Ran::of(command.output().unwrap()).exit(2);
            let ran = ran.stderr(name).stderr("names a user in front of its host");
            assert!(!ran.err.contains("canary-pass") && !case.path(".surefoot").exists(), "{}", ran.err);
        }
    }
}

/// One step that asks a database at this address.
fn counting(url: &str) -> String {
    format!(
        "runbook: counting\nversion: 1.0.0\nsecrets: {{db: {{env: [DB_USER, DB_PASSWORD]}}}}\nsteps:\n  - id: count\n    \
         uses: neo4j.counts\n    with: {{url: \"{url}\", credentials: \"{{{{ secrets.db }}}}\"}}\n"
    )
}

#[test]
fn no_password_of_a_database_leaves_in_clear() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    for url in [format!("http://127.0.0.1:{port}"), format!("http://localhost:{port}/db1d1234")] {
        let case = Case::new().file("c.yaml", counting(&url)).args(["run", "c.yaml"]);
        let mut command = case.command();
        command.env("DB_USER", "neo4j").env("DB_PASSWORD", "canary-of-a-database");
        let ran = Ran::of(command.output().unwrap()).exit(1);
        ran.stderr("the password is not sent to").stderr("in clear");
        assert!(listener.accept().is_err(), "somebody connected to {url}");
    }
}

#[test]
fn no_backup_leaves_in_clear() {
    let text = "\
runbook: putting
version: 1.0.0
steps:
  - id: put
    uses: s3.put
    with: {path: a.backup, bucket: some-bucket, sha256: SHA}
";
    let text = text.replace("SHA", &"0".repeat(64));
    let case = Case::new().file("p.yaml", text).file("a.backup", "bytes").args(["run", "p.yaml"]);
    for (name, url, why) in [
        ("AWS_ENDPOINT_URL", "http://example.invalid", "would carry the backup in clear"),
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:80@example.invalid", "names a user"),
        ("AWS_ENDPOINT_URL_S3", "http://127.1", "plainly"),
    ] {
        let mut command = case.command();
        command.env("AWS_ACCESS_KEY_ID", "id").env("AWS_SECRET_ACCESS_KEY", "key").env("AWS_REGION", "eu-west-1");
        command.env("AWS_EC2_METADATA_DISABLED", "true").env(name, url);
        Ran::of(command.output().unwrap()).exit(2).stderr("the endpoint of S3").stderr(why);
    }
}
