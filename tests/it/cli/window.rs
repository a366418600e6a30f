//! Change windows by the real binary: what is listed, what is refused, what is waited for and what is recorded.

use super::case::{Case, Ran};
use crate::support::binary::Folder;
use serde_json::Value;

/// A window that is over for good.
const OVER: &str = "{timezone: Europe/London, start: 2020-01-04T22:00, duration: 4h}";
/// One that is always open.
const ALWAYS: &str = "{timezone: Europe/London, rrule: \"FREQ=DAILY;BYHOUR=0\", duration: 25h, reserve: 10m}";
/// The twin begins on a Saturday at 22:00 UTC.
const SUNDAY: &str = "{timezone: Europe/London, rrule: \"FREQ=WEEKLY;BYDAY=SU;BYHOUR=10\", duration: 4h}";

fn book(window: &str) -> String {
    format!(
        "runbook: small\nversion: 1.0.0\nwindow: {window}\nsteps:\n  - id: holds\n    uses: assert\n    \
         with: {{that: true}}\n"
    )
}

fn case(window: &str) -> Case {
    Case::new().file("book.yaml", book(window))
}

fn records(case: &Case) -> Vec<Value> {
    let path = case.path(".surefoot/runs").join(case.run_id()).join("journal.000001.jsonl");
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn types(case: &Case) -> Vec<String> {
    records(case).iter().map(|record| record["type"].as_str().unwrap().to_owned()).collect()
}

fn flat(ran: &Ran) -> String {
    format!("{}\n{}", ran.out, ran.err).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_coming_windows_are_listed_in_local_time_and_utc() {
    let window = "{timezone: Europe/London, rrule: \"FREQ=WEEKLY;BYDAY=SA;BYHOUR=22\", duration: 4h, reserve: 1h, \
                  freezes: [freeze.ics]}";
    let ics = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260321\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let mut case = case(window).file("freeze.ics", ics);
    let from = "2026-03-15T00:00:00Z";
    let text = flat(&case.then(["window", "book.yaml", "--next", "4", "--from", from]).exit(0).silent());
    // The evening before the freeze is open only from midnight on, and the clocks go forward in the next night.
    for part in [
        "Europe/London, open for 4h; reserve 1h; 1 freeze; at its end pause",
        "Sun 2026-03-22 00:00 GMT Sun 2026-03-22 02:00 GMT 2026-03-22T00:00:00Z 2026-03-22T02:00:00Z 2h",
        "Sat 2026-03-28 22:00 GMT Sun 2026-03-29 03:00 BST 2026-03-28T22:00:00Z 2026-03-29T02:00:00Z 4h",
        "open now Sun 2026-03-15 02:00 GMT 2026-03-14T22:00:00Z 2026-03-15T02:00:00Z 4h",
        "Sat 2026-04-04 22:00 BST",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    let ran = case.then(["window", "book.yaml", "--next", "3", "--from", from, "--output", "json"]).exit(0);
    let page = ran.json("surefoot.window.v1");
    assert_eq!(page["coming"].as_array().unwrap().len(), 3);
    assert_eq!(page["coming"][2]["opens"], "2026-03-28T22:00:00.000000Z");
    assert_eq!(page["coming"][2]["closes_local"], "Sun 2026-03-29 03:00 BST");
    assert_eq!((&page["open_now"], &page["windows"][0]["timezone"]), (&true.into(), &"Europe/London".into()));
    case.then(["window", "book.yaml", "--from", "soon"]).exit(2);
}

#[test]
fn a_runbook_without_a_window_may_run_at_any_time_and_one_that_is_over_never() {
    let mut plain = Case::new().file("book.yaml", super::case::SMALL);
    plain.then(["window", "book.yaml"]).exit(0).stdout("it may run at any time");
    let reason = "--outside-window=because the machine is on fire";
    plain.then(["run", "book.yaml", reason]).exit(2).stderr("the runbook has no change window");
    let mut over = case(OVER);
    over.then(["window", "book.yaml"]).exit(0).stdout("It never opens again.");
    let ran = over.then(["run", "book.yaml", "--wait"]).exit(4).stderr("is closed and never opens again");
    assert!(ran.out.is_empty() && !over.path(".surefoot/runs").exists());
}

#[test]
fn outside_of_its_window_a_run_is_refused_and_says_when_it_opens() {
    let mut case = case(SUNDAY);
    let ran = case.then(["run", "book.yaml", "--twin"]).exit(4);
    let text = flat(&ran);
    assert!(text.contains("the change window of `small` is closed; it opens at Sun 20"), "{text}");
    assert!(text.contains("`surefoot run book.yaml --wait` starts and sleeps until then"), "{text}");
    assert!(!case.path(".surefoot/runs").exists(), "nothing was started");
    let ran = case.then(["run", "book.yaml", "--twin", "--output", "json"]).exit(4);
    assert_eq!(ran.json("surefoot.error.v1")["exit"], 4);
}

#[test]
fn a_run_that_waits_sleeps_until_the_window_opens() {
    let mut case = case(SUNDAY);
    case.then(["run", "book.yaml", "--twin", "--speed", "60000", "--wait"]).exit(0);
    let types = types(&case);
    let types: Vec<_> = types.iter().map(String::as_str).collect();
    let expected = ["run.opened", "window.awaited", "window.closed", "window.opened", "step.succeeded", "run.closed"];
    assert_eq!(types, expected);
    let opened = &records(&case)[3]["data"];
    assert!(opened["from"].as_str().unwrap().contains("T10:00:00.000000Z"), "{opened}");
    let run = case.run_id();
    case.then(["audit", "verify", &run]).exit(0);
}

#[test]
fn inside_of_it_a_run_starts_at_once() {
    let mut case = case(ALWAYS);
    case.then(["run", "book.yaml"]).exit(0);
    assert!(types(&case).contains(&"window.opened".to_owned()));
}

#[test]
fn an_override_is_a_reason_and_is_shown_wherever_somebody_looks() {
    let mut case = case(OVER);
    case.then(["run", "book.yaml", "--outside-window"]).exit(2);
    case.then(["run", "book.yaml", "--outside-window", "urgent"]).exit(2).stderr("at least 20 letters");
    assert!(!case.path(".surefoot/runs").exists());
    let reason = "INC-4711: the primary is down, approved by M. Ito";
    let ran = case.then(["run", "book.yaml", "--outside-window", reason]).exit(0);
    assert!(flat(&ran).contains(reason));
    let record = records(&case).into_iter().find(|record| record["type"] == "window.overridden").unwrap();
    assert_eq!(
        (&record["data"]["reason"], record["actor"].as_str().unwrap().starts_with("os:ana@")),
        (&reason.into(), true),
        "{record}"
    );
    let run = case.run_id();
    assert!(flat(&case.then(["status", &run]).exit(0)).contains(reason));
    let ran = case.then(["status", &run, "--output", "json"]).exit(0);
    assert_eq!(ran.json("surefoot.status.v1")["window"]["overridden"], reason);
    let summary = std::fs::read_to_string(case.path("audit").join(&run).join("summary.txt")).unwrap();
    let summary = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(summary.contains("acted outside of the change window, for a reason that os:ana@"), "{summary}");
    assert!(summary.contains(reason), "{summary}");
}

#[test]
fn a_department_demands_a_window_of_its_own() {
    let dept = "timezone: Europe/London\nstart: 2020-01-04T22:00\nduration: 1h\n";
    let mut case = case(ALWAYS).file("dept.yaml", dept).file("wrong.yaml", "timezone: Mars\n");
    case.then(["run", "book.yaml", "--window", "dept.yaml"]).exit(4).stderr("never opens again");
    case.then(["run", "book.yaml", "--window", "wrong.yaml"]).exit(3).stderr("wrong.yaml:1:11");
    case.then(["run", "book.yaml", "--window", "none.yaml"]).exit(2).stderr("cannot read the window none.yaml");
    case.then(["plan", "book.yaml", "--window", "dept.yaml"]).exit(0).stdout("Change window");
}

#[test]
fn what_a_run_began_with_is_pinned_with_it() {
    let ics = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20200101T000000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let asking = super::case::ASKING.replace("version: 1.0.0\n", &format!("version: 1.0.0\nwindow: {ALWAYS}\n"));
    let dept = "timezone: Europe/London\nrrule: \"FREQ=DAILY;BYHOUR=0\"\nduration: 25h\nfreezes: [freeze.ics]\n";
    let mut case = Case::new().file("book.yaml", asking).file("dept.yaml", dept).file("freeze.ics", ics);
    case.then(["run", "book.yaml", "--window", "dept.yaml"]).exit(4);
    for file in ["dept.yaml", "freeze.ics"] {
        std::fs::remove_file(case.path(file)).unwrap();
    }
    let run = case.run_id();
    case.then(["status", &run]).exit(0).stdout("open until");
    case.then(["answer", &run, "ready", "done"]).exit(0);
    case.then(["resume"]).exit(0);
    // A copy that was changed is no copy.
    let dir = case.path(".surefoot/runs").join(&run);
    let copies = std::fs::read_dir(&dir).unwrap().map(|one| one.unwrap().path());
    let copies: Vec<_> = copies
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with("plan.") && name != "plan.yaml"
        })
        .collect();
    assert_eq!(copies.len(), 2);
    for copy in &copies {
        std::fs::write(copy, "timezone: UTC\n").unwrap();
    }
    case.then(["status", &run]).exit(8);
}

#[test]
fn a_run_that_was_killed_while_it_waits_is_as_it_was() {
    let far = "{timezone: UTC, rrule: \"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=3\", duration: 1h}";
    let folder = Folder::new().file("book.yaml", &book(far));
    let mut child = folder.spawn(&["run", "book.yaml", "--wait"]);
    let types = || {
        let Some(run) = folder.run_id() else { return Vec::new() };
        let path = folder.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.map(|record| record["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let began = std::time::Instant::now();
    while types().len() < 3 {
        assert!(began.elapsed().as_secs() < 60, "it does not wait: {:?}", types());
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let run = folder.run_id().unwrap();
    let again = format!("surefoot resume {run} --wait");
    folder.call(&["status", &run]).exit(0).says("closed; opens at").says(&again);
    folder.call(&["resume"]).exit(4).says(&format!("`{again}` sleeps until then"));
    let expected = ["run.opened", "window.awaited", "window.closed"];
    assert_eq!(types(), expected, "a refused resume records nothing");
    folder.call(&["resume", "--outside-window", "the review board has moved it to tonight"]).exit(0);
}

#[test]
fn what_rehearsals_say_is_what_a_step_needs_of_the_window() {
    let main = std::fs::read_to_string(super::case::MAIN).unwrap();
    let text = main.replacen("\ninputs:", &format!("\nwindow: {ALWAYS}\n\ninputs:"), 1);
    let mut case = Case::new().file("book.yaml", text);
    let ran = case.then(["rehearse", "book.yaml", "--seeds", "3", "--output", "json"]).exit(0);
    let estimate = &ran.json("surefoot.rehearsal.v1")["estimate"]["steps"]["delete"];
    assert!(estimate.as_u64().unwrap() > 0, "{estimate}");
    // The clock runs too fast for the script to confirm in time; what the run began with is recorded.
    case.then(["run", "book.yaml", "--twin", "--speed", "20000"]);
    let opened = &records(&case)[0]["data"];
    assert_eq!(opened["policy"]["estimates"]["delete"]["seconds"], *estimate, "{opened}");
    assert_eq!(opened["policy"]["estimates"]["delete"]["from"], "rehearsals");
    // Of a plan that nobody has rehearsed nothing is known.
    let mut fresh = Case::new().file("book.yaml", std::fs::read_to_string(case.path("book.yaml")).unwrap());
    let ran = fresh.then(["run", "book.yaml", "--twin", "--speed", "20000"]);
    assert!(flat(&ran).contains("no rehearsal and no earlier run says how long `delete` takes"), "{}", ran.err);
}

#[test]
fn a_rehearsal_begins_before_the_window_is_over() {
    let mut over = case(OVER);
    let ran = over.then(["rehearse", "book.yaml", "--seeds", "2"]).exit(2);
    assert!(flat(&ran).contains("of `small` never opens after 20"), "{}", ran.err);
    case(SUNDAY).then(["rehearse", "book.yaml", "--seeds", "5"]).exit(0);
}
