//! `twin`: a world for other programs, and `run --twin`.

use super::case::{BINARY, Case, SMALL};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use surefoot::base::Timestamp;

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
    status["steps"][0]["stands"].as_str().unwrap().to_owned()
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
