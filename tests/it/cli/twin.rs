//! `twin`: a world for other programs, and `run --twin`.

use super::case::{ASKING, BINARY, Case, Ran, SMALL};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use surefoot::base::Timestamp;
use surefoot::twin::{Scenario, World};

/// A question that may be answered for an hour.
const HOUR: &str = "\
runbook: hour
version: 1.0.0
steps:
  - id: q
    uses: manual
    timeout: 1h
    with: {instructions: Put the kettle on.}
";

/// A twin of its own whose clock stands nearly still, with its ready line in `ready.json`.
struct Twin {
    child: Child,
    ready: Value,
}

impl Twin {
    fn start(case: &Case) -> Self {
        let mut twin = Command::new(BINARY);
        twin.args(["twin", "--speed", "0.001"]).current_dir(case.path("")).stdout(Stdio::piped());
        let mut child = twin.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        std::fs::write(case.path("ready.json"), &line).unwrap();
        Self { child, ready: serde_json::from_str(&line).unwrap() }
    }

    /// Lets simulated time pass.
    fn advance(&self, span: &str) {
        let address = self.ready["base_url"].as_str().unwrap().strip_prefix("http://").unwrap();
        let body = json!({"advance": span}).to_string();
        let head = format!("POST /_twin/clock HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
        let length = body.len();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(stream, "{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
        let mut told = String::new();
        stream.read_to_string(&mut told).unwrap();
        assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    }

    fn stop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        self.stop();
    }
}

#[test]
fn an_answer_is_late_by_the_clock_of_the_twin_in_its_own_process() {
    let mut case = Case::new().file("a.yaml", HOUR);
    let twin = Twin::start(&case);
    case.then(["run", "a.yaml", "--twin=ready.json", "--ask"]).exit(4);
    let run = case.run_id();
    assert_eq!(stands(&mut case), "asks");
    twin.advance("5h");
    let status = case.then(["status"]).exit(0).stdout("nobody answered within 1h").stdout("`q` was not answered");
    assert!(!status.out.contains("surefoot answer") && !status.out.contains("the kettle"), "{}", status.out);
    assert_eq!(stands(&mut case), "not answered");
    let runs = case.then(["runs"]).exit(0);
    assert!(!runs.out.contains("waiting for a person"), "{}", runs.out);
    let late = case.then(["answer", &run, "q", "done"]).exit(2).stderr("the time to answer `q` is over");
    late.stderr(&format!("`surefoot resume {run}` asks again"));
    let summary = |case: &Case| std::fs::read_to_string(case.path(&format!("audit/{run}/summary.txt"))).unwrap();
    assert!(!summary(&case).contains("answered"), "{}", summary(&case));
    // What is asked anew is answered in time.
    case.then(["resume", "--ask"]).exit(4);
    case.then(["resume", "--ask"]).exit(4).stdout("Put the kettle on.");
    twin.advance("50m");
    case.then(["answer", &run, "q", "done"]).exit(0);
    case.then(["resume", "--ask"]).exit(0);
}

/// How the only step stands, as programs are told.
fn stands(case: &mut Case) -> String {
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    status["steps"][0]["state"].as_str().unwrap().to_owned()
}

#[test]
fn a_question_that_nobody_answers_in_time_ends_the_run_where_the_runbook_says_so() {
    let mut case = Case::new().file("a.yaml", format!("{HOUR}    on_failure: stop\n"));
    let twin = Twin::start(&case);
    case.then(["run", "a.yaml", "--twin=ready.json", "--ask"]).exit(4);
    let run = case.run_id();
    twin.advance("5h");
    case.then(["status"]).exit(0).stdout(&format!("`surefoot resume {run}` ends the run"));
    let late = case.then(["answer", &run, "q", "done"]).exit(2);
    late.stderr(&format!("`surefoot resume {run}` ends the run, as its `on_failure` says"));
    let ended = case.then(["resume", "--ask"]).exit(1).stdout("nobody answered within 1h");
    // Nothing that is told can be resumed any more.
    let told = [ended, case.then(["status"]).exit(0), case.then(["status", "--output", "json"]).exit(0)];
    for told in told {
        let told = told.stdout("a new run asks again");
        assert!(
            !told.out.contains("surefoot resume") && !told.err.contains("surefoot resume"),
            "{}{}",
            told.out,
            told.err
        );
    }
}

#[test]
fn an_answer_that_may_be_late_is_not_taken_where_the_twin_does_not_tell_the_time() {
    let mut case = Case::new().file("a.yaml", HOUR);
    let mut twin = Twin::start(&case);
    case.then(["run", "a.yaml", "--twin=ready.json", "--ask"]).exit(4);
    let run = case.run_id();
    twin.stop();
    let ran = case.then(["answer", &run, "q", "done"]).exit(6);
    ran.stderr("does not answer").stderr("start it again").stderr("whether there is still time");
    // What no time limits is recorded all the same.
    case.then(["status"]).exit(0).stdout("Put the kettle on.");
    case.then(["cancel", &run]).exit(0);
}

#[test]
fn a_run_begins_when_the_twin_in_its_own_process_says_it_is() {
    let mut case = Case::new().file("a.yaml", SMALL);
    let twin = Twin::start(&case);
    twin.advance("5h");
    case.then(["run", "a.yaml", "--twin=ready.json"]).exit(0);
    let status = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    let time = |value: &Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
    let late = time(&status["opened_at"]).since(time(&twin.ready["now"]));
    assert!(late >= Duration::from_secs(5 * 3600), "{late:?}");
}

#[test]
fn a_twin_prints_its_ready_line_and_ends_at_a_signal() {
    let case = Case::new().file("a.yaml", SMALL);
    let mut child = Command::new(BINARY).arg("twin").current_dir(case.path("")).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    assert!(ready["base_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    std::fs::write(case.path("ready.json"), &line).unwrap();
    let mut case = case;
    case.then(["run", "a.yaml", "--twin=ready.json"]).exit(0);
    case.then(["run", "a.yaml", "--twin=ready.json", "--speed", "2"]).exit(2).stderr("has its own speed");
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// A twin that writes its ready line into this file.
fn twin_into(case: &Case, file: &str) -> Child {
    let out = std::fs::File::create(case.path(file)).unwrap();
    Command::new(BINARY).arg("twin").current_dir(case.path("")).stdout(out).stderr(Stdio::null()).spawn().unwrap()
}

#[track_caller]
fn end(mut child: Child) {
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_twin_that_is_just_being_started_is_waited_for() {
    let case = Case::new().file("a.yaml", SMALL).file("ready.json", "");
    let run = case.args(["run", "a.yaml", "--twin=ready.json"]);
    let child = run.spawn();
    std::thread::sleep(Duration::from_millis(700));
    let twin = twin_into(&run, "ready.json");
    Ran::of(child.wait_with_output().unwrap()).exit(0);
    end(twin);
}

#[test]
fn a_run_whose_twin_is_gone_is_told_of_all_the_same() {
    let mut case = Case::new().file("a.yaml", SMALL).file("b.yaml", ASKING);
    let twin = twin_into(&case, "ready.json");
    case.then(["run", "a.yaml", "--twin=ready.json"]).exit(0);
    case.then(["run", "b.yaml", "--twin=ready.json", "--ask"]).exit(4);
    end(twin);
    std::fs::remove_file(case.path("ready.json")).unwrap();
    let runs = case.then(["runs"]).exit(0).stdout("small").stdout("asking").stdout("1/1").stdout("0/2");
    assert!(!runs.out.contains("unreadable") && runs.out.matches("  twin").count() == 2, "{}", runs.out);
    case.then(["status"]).exit(0).stdout("asking").stdout("Put the kettle on.");
    // Only the one that is not closed is resumed, and for that its twin is needed.
    case.then(["resume"]).exit(2).stderr("ready.json");
    let document = case.then(["status", "--output", "json"]).exit(0).json("surefoot.status.v1");
    let run = document["run"].as_str().unwrap().to_owned();
    case.then(["answer", &run, "ready", "done"]).exit(0);
    case.then(["cancel", &run]).exit(0).stdout("the run is cancelled");
}

#[test]
fn a_question_that_needs_the_console_says_where_that_runs() {
    let mut case = Case::new();
    case.then(["run", super::case::MAIN, "--twin", "--ask", "--speed", "3000"]).exit(4);
    let run = case.run_id();
    case.then(["answer", &run, "writers_stopped", "done"]).exit(0);
    let ran = case.then(["resume"]).exit(4).stdout("The twin lives in the process that drives the run");
    let (_, next) = ran.out.split_once("\nNext\n").unwrap();
    assert!(next.starts_with(&format!("  surefoot resume {run}\n")), "{next}");
    assert!(next.contains("it starts the twin and its console"), "{next}");
    case.then(["status"]).exit(0).stdout("The twin lives in the process").stdout("if it was exported before");
}

#[test]
fn an_instance_that_is_only_looked_at_is_not_what_a_run_has_made() {
    let overwrite = concat!(env!("CARGO_MANIFEST_DIR"), "/runbooks/overwrite.yaml");
    let scenario = Scenario::default();
    let start = scenario.start();
    let state = World::new(1, scenario, start).unwrap().state(start);
    let other = state["instances"].as_array().unwrap().iter().find(|one| one["name"] == "payments-reporting").unwrap();
    let source = format!("source_instance_id={}", other["id"].as_str().unwrap());
    let ran = Case::new().args(["run", overwrite, "--twin", "--ask", "-i", &source]).run().exit(4);
    let ran = ran.stdout("writers_stopped");
    assert!(!ran.out.contains("Before and after"), "{}", ran.out);
}

#[test]
fn choices_that_make_no_world() {
    Case::new().file("a.yaml", SMALL).args(["run", "a.yaml", "--twin", "--speed", "0"]).run().exit(2).stderr("above 0");
    Case::new().args(["twin", "--speed", "nan"]).run().exit(2).stderr("above 0");
    Case::new().args(["twin", "--speed", "1e9"]).run().exit(2).stderr("up to 100000");
    Case::new().file("a.yaml", SMALL).args(["run", "a.yaml", "--twin", "--speed", "inf"]).run().exit(2);
    Case::new().args(["twin", "--listen", "nowhere"]).run().exit(2).stderr("--listen");
    Case::new().file("a.yaml", SMALL).args(["run", "a.yaml", "--twin=none.json"]).run().exit(2).stderr("none.json");
    Case::new().file("a.yaml", SMALL).file("r.json", "{}").args(["run", "a.yaml", "--twin=r.json"]).run().exit(2);
}
