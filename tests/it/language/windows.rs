//! `window`: its mistakes with their places, and what it means for a plan.

use super::{codes, mistakes, planned};
use std::time::Duration;
use surefoot::calendar::OnClose;
use surefoot::runbook::{Diagnostics, Files, Inputs, Options, compile};

fn book(window: &str) -> String {
    format!(
        "runbook: case\nversion: 1.0.0\nwindow: {window}\nsteps:\n  - id: one\n    uses: assert\n    with: {{that: true}}\n"
    )
}

const WEEKLY: &str = "timezone: Europe/London, rrule: \"FREQ=WEEKLY;BYDAY=SA;BYHOUR=22\", duration: 4h";

#[test]
fn each_mistake_of_a_window_has_its_place() {
    for (window, expected) in [
        (format!("{{{WEEKLY}}}"), vec![]),
        (format!("{{{WEEKLY}, reserve: 60m, on_close: finish_step}}"), vec![]),
        ("{timezone: UTC, start: 2026-01-31T22:00, duration: 4h}".to_owned(), vec![]),
        ("{timezone: UTC, rrule: FREQ=DAILY, start: 2026-01-31T22:00, duration: 4h}".to_owned(), vec![]),
        ("tonight".to_owned(), vec!["SF012@3:9"]),
        ("{}".to_owned(), vec!["SF011@3:9", "SF011@3:9", "SF011@3:9"]),
        ("{rrule: FREQ=DAILY;BYHOUR=1, duration: 4h}".to_owned(), vec!["SF011@3:10"]),
        ("{timezone: UTC, duration: 4h}".to_owned(), vec!["SF011@3:10"]),
        ("{timezone: Europe/Londno, start: 2026-01-31T22:00, duration: 4h}".to_owned(), vec!["SF056@3:20"]),
        ("{timezone: UTC, start: 2026-01-31, duration: 4h}".to_owned(), vec!["SF056@3:32"]),
        ("{timezone: UTC, start: 2026-01-31T22:00Z, duration: 4h}".to_owned(), vec!["SF056@3:32"]),
        (format!("{{{WEEKLY}, colour: red}}"), vec!["SF009@3:90"]),
        (format!("{{{WEEKLY}, reserve: 4h}}"), vec!["SF039@3:99"]),
        (format!("{{{WEEKLY}, on_close: stop}}"), vec!["SF056@3:100"]),
        (WEEKLY.replace("4h", "32d").replace("timezone", "{timezone") + "}", vec!["SF039@3:86"]),
        // Within a rule the part that is wrong is shown.
        ("{timezone: UTC, rrule: \"FREQ=WEEKLY;BYDAY=XX;BYHOUR=1\", duration: 1h}".to_owned(), vec!["SF056@3:45"]),
        ("{timezone: UTC, rrule: FREQ=WEEKLY;BYDAY=SA;BYHOUR=25, duration: 1h}".to_owned(), vec!["SF056@3:53"]),
        ("{timezone: UTC, rrule: \"FREQ=HOURLY\", duration: 1h}".to_owned(), vec!["SF056@3:33"]),
        ("{timezone: UTC, rrule: \"FREQ=WEEKLY;BYHOUR=1\", duration: 1h}".to_owned(), vec!["SF056@3:33"]),
        ("{timezone: UTC, rrule: \"FREQ=WEEKLY;BYDAY=SA\", duration: 1h}".to_owned(), vec!["SF056@3:33"]),
        ("{timezone: UTC, rrule: \"FREQ=DAILY;INTERVAL=2;BYHOUR=1\", duration: 1h}".to_owned(), vec!["SF056@3:44"]),
        (
            "{timezone: UTC, rrule: \"FREQ=DAILY;BYMONTHDAY=30;BYMONTH=2;BYHOUR=1\", duration: 1h}".to_owned(),
            vec!["SF056@3:32"],
        ),
        (format!("{{{WEEKLY}, freezes: freeze.ics}}"), vec!["SF012@3:99"]),
        (format!("{{{WEEKLY}, freezes: [freeze.ics]}}"), vec!["SF054@3:100"]),
    ] {
        assert_eq!(mistakes(&book(&window)), expected, "{window}");
    }
}

const FREEZE: &[u8] =
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260131\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

struct Beside<'a> {
    freeze: &'a [u8],
    window: Option<&'a str>,
}

impl Files for Beside<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        match path {
            "books/freeze.ics" | "dept/freeze.ics" => Ok(self.freeze.to_vec()),
            "books/child.yaml" => Ok(book(&format!("{{{WEEKLY}, reserve: 30m, freezes: [freeze.ics]}}")).into_bytes()),
            "dept/window.yaml" => Ok(self.window.unwrap().as_bytes().to_vec()),
            _ => Err("there is no such file".to_owned()),
        }
    }
}

fn with_files(text: &str, freeze: &[u8], window: Option<&str>) -> Result<surefoot::runbook::plan::Plan, Diagnostics> {
    let files = Beside { freeze, window };
    let options = Options::new(surefoot::kinds::catalog(), &files).with_window(window.map(|_| "dept/window.yaml"));
    compile(options, "books/case.yaml", text.as_bytes(), Inputs::Unknown)
}

#[test]
fn a_file_of_freezes_is_part_of_the_plan() {
    let text = book(&format!("{{{WEEKLY}, freezes: [freeze.ics]}}"));
    let plan = with_files(&text, FREEZE, None).unwrap();
    assert_eq!(plan.schedule.windows[0].freezes.len(), 1);
    assert_eq!((plan.files[0].path.as_str(), &*plan.files[0].bytes), ("books/freeze.ics", FREEZE));
    let other = String::from_utf8(FREEZE.to_vec()).unwrap().replace("20260131", "20260201");
    assert_ne!(with_files(&text, other.as_bytes(), None).unwrap().digest, plan.digest, "the digest covers it");
    let found = with_files(&text, b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n", None).unwrap_err();
    assert_eq!(codes(&found), ["SF054@3:100"]);
    // Nothing changes for a runbook without a window.
    let without = "runbook: case\nversion: 1.0.0\nsteps:\n  - id: one\n    uses: assert\n    with: {that: true}\n";
    assert_eq!(with_files(without, FREEZE, None).unwrap().digest, planned(without).digest);
}

#[test]
fn a_window_of_others_is_demanded_beside_that_of_the_runbook() {
    let dept = "timezone: America/New_York\nrrule: \"FREQ=DAILY;BYHOUR=18\"\nduration: 2h\nreserve: 30m\nfreezes: [freeze.ics]\n";
    let text = book(&format!("{{{WEEKLY}, on_close: finish_step}}"));
    let plan = with_files(&text, FREEZE, Some(dept)).unwrap();
    assert_eq!(plan.schedule.windows.len(), 2);
    assert_eq!((plan.schedule.reserve(), plan.schedule.on_close()), (Duration::from_mins(30), OnClose::Pause));
    let names: Vec<_> = plan.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(names, ["dept/window.yaml", "dept/freeze.ics"]);
    let found = with_files(&text, FREEZE, Some("timezone: Mars\nduration: 2h\n")).unwrap_err();
    assert_eq!(codes(&found), ["SF011@1:1", "SF056@1:11"]);
    assert!(found.to_string().contains("dept/window.yaml:1:11"), "{found}");
}

#[test]
fn the_mistake_is_shown_as_rustc_does() {
    let found = compile(
        surefoot::kinds::catalog(),
        "case.yaml",
        book("{timezone: UTC, rrule: \"FREQ=WEEKLY;BYDAY=XX;BYHOUR=1\", duration: 1h}").as_bytes(),
        Inputs::Unknown,
    );
    insta::assert_snapshot!(found.unwrap_err().render(false));
}

#[test]
fn the_window_of_a_runbook_that_is_used_holds_for_the_whole() {
    let parent = "runbook: whole\nversion: 1.0.0\nsteps:\n  - {id: one, uses: runbook, with: {file: child.yaml}}\n  \
                  - {id: two, uses: runbook, needs: [one], with: {file: child.yaml}}\n";
    let plan = with_files(parent, FREEZE, None).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!((plan.schedule.windows.len(), plan.schedule.reserve()), (1, Duration::from_mins(30)));
    let own = parent.replace("steps:", &format!("window: {{{WEEKLY}}}\nsteps:"));
    let plan = with_files(&own, FREEZE, None).unwrap_or_else(|found| panic!("{found}"));
    let reserves: Vec<_> = plan.schedule.windows.iter().map(|window| window.reserve.as_secs()).collect();
    assert_eq!(reserves, [0, 1_800], "its own comes first");
}
