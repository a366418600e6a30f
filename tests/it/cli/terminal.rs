//! What is drawn on a terminal of forty columns, and questions asked on it.

use super::case::{ASKING, BINARY, Case, MAIN};
use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

/// A terminal; what is written to it is read by the test.
pub(super) struct Terminal {
    ours: File,
    theirs: OwnedFd,
}

impl Terminal {
    pub(super) fn new(columns: u16) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let theirs = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, rustix::fs::Mode::empty()).unwrap();
        tcsetwinsize(&theirs, Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        Self { ours: File::from(ours), theirs }
    }

    /// The command with this terminal as its own.
    pub(super) fn command(&self, case: &Case, args: &[&str]) -> Command {
        let stdio = || Stdio::from(self.theirs.try_clone().unwrap());
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait", BINARY]).args(args);
        command.current_dir(case.path("")).env_clear().env("PATH", "/usr/bin:/bin").env("TERM", "xterm");
        command.stdin(stdio()).stdout(stdio()).stderr(stdio());
        command
    }

    /// Reads until this text appears; everything so far.
    pub(super) fn until(&mut self, seen: &mut String, text: &str) {
        let mut piece = [0; 4096];
        while !seen.contains(text) {
            let count = self.ours.read(&mut piece).unwrap_or_else(|error| panic!("{error}: no {text:?} in\n{seen}"));
            seen.push_str(&String::from_utf8_lossy(&piece[..count]));
        }
    }

    pub(super) fn say(&mut self, text: &str) {
        self.ours.write_all(text.as_bytes()).unwrap();
    }

    /// Everything until the last process has closed the terminal.
    pub(super) fn rest(self, seen: &mut String) {
        drop(self.theirs);
        let mut bytes = Vec::new();
        let mut ours = self.ours;
        let mut piece = [0; 4096];
        // A terminal that everybody has closed ends with an error.
        while let Ok(count @ 1..) = ours.read(&mut piece) {
            bytes.extend_from_slice(&piece[..count]);
        }
        seen.push_str(&String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn a_question_is_asked_on_the_terminal() {
    let case = Case::new().file("a.yaml", ASKING);
    let mut terminal = Terminal::new(40);
    let mut child = terminal.command(&case, &["run", "a.yaml"]).spawn().unwrap();
    let mut seen = String::new();
    terminal.until(&mut seen, "type done, optionally followed by a note > ");
    assert!(seen.contains("Put the kettle on."), "{seen}");
    terminal.say("perhaps\n");
    terminal.until(&mut seen, "type done once it is done");
    terminal.say("done, it whistles\n");
    terminal.until(&mut seen, "surefoot audit verify");
    terminal.rest(&mut seen);
    assert_eq!(child.wait().unwrap().code(), Some(0), "{seen}");
    assert!(seen.contains("it whistles"), "{seen}");
}

#[test]
fn a_question_that_is_not_answered_leaves_the_run_waiting() {
    let case = Case::new().file("a.yaml", ASKING);
    for answer in ["\n", "\u{4}", "no\nno\nno\n"] {
        let mut terminal = Terminal::new(80);
        let args: &[&str] = if answer == "\n" { &["run", "a.yaml"] } else { &["resume"] };
        let mut child = terminal.command(&case, args).spawn().unwrap();
        let mut seen = String::new();
        terminal.until(&mut seen, "type done, optionally followed by a note > ");
        terminal.say(answer);
        terminal.until(&mut seen, "surefoot resume");
        terminal.rest(&mut seen);
        assert_eq!(child.wait().unwrap().code(), Some(4), "{seen}");
    }
}

#[test]
fn an_answer_that_has_to_be_typed_is_asked_for_on_the_terminal() {
    let typed = ASKING
        .replace("{instructions: Put the kettle on.}", "{instructions: Type the name., task: type, type: orders-prod}");
    let mut case = Case::new().file("a.yaml", typed);
    case.then(["run", "a.yaml"]).exit(4);
    let run = case.run_id();
    let journal = case.path(&format!(".surefoot/runs/{run}/journal.000001.jsonl"));
    let before = std::fs::read(&journal).unwrap();
    case.then(["answer", &run, "ready"]).exit(2).stderr("typed on a terminal, and there is none");
    for text in ["orders-prod", "orders"] {
        let ran = case.then(["answer", &run, "ready", text]).exit(2);
        ran.stderr("not given on the command line").stderr(&format!("`surefoot answer {run} ready`"));
    }
    assert_eq!(std::fs::read(&journal).unwrap(), before, "a confirmation that nobody typed is not recorded");
    let mut terminal = Terminal::new(80);
    let mut child = terminal.command(&case, &["answer", &run, "ready"]).spawn().unwrap();
    let mut seen = String::new();
    terminal.until(&mut seen, "type it > ");
    terminal.say("orders\n");
    terminal.until(&mut seen, "that is not orders-prod");
    terminal.say("orders-prod\n");
    terminal.until(&mut seen, "is recorded");
    terminal.rest(&mut seen);
    assert_eq!(child.wait().unwrap().code(), Some(0), "{seen}");
    case.then(["resume"]).exit(0);
}

#[test]
fn against_a_twin_a_script_may_give_what_is_typed() {
    let typed = ASKING
        .replace("{instructions: Put the kettle on.}", "{instructions: Type the name., task: type, type: orders-prod}");
    let mut case = Case::new().file("a.yaml", typed);
    case.then(["run", "a.yaml", "--twin", "--ask"]).exit(4);
    let run = case.run_id();
    case.then(["answer", &run, "ready", "orders"]).exit(2).stderr("must be exactly this text");
    case.then(["answer", &run, "ready", "orders-prod"]).exit(0);
    case.then(["resume"]).exit(0);
}

#[test]
fn ctrl_c_while_a_question_is_open_ends_the_command_at_once() {
    let case = Case::new().file("a.yaml", ASKING);
    let mut terminal = Terminal::new(80);
    let mut child = terminal.command(&case, &["run", "a.yaml"]).spawn().unwrap();
    let mut seen = String::new();
    terminal.until(&mut seen, "type done, optionally followed by a note > ");
    terminal.say("\u{3}");
    terminal.until(&mut seen, "surefoot resume");
    terminal.rest(&mut seen);
    assert_eq!(child.wait().unwrap().code(), Some(4), "{seen}");
    assert!(seen.contains("interrupted"), "{seen}");
}

/// Steps that move bytes, and steps that wait.
const LIVE: [&str; 5] = ["  export", "  upload", "  verify", "  gone", "  running"];

#[test]
fn a_wait_until_another_day_says_which() {
    let case = Case::new().file("a.yaml", super::case::WAITING.replace("1h", "30h"));
    let mut terminal = Terminal::new(40);
    let mut child = terminal.command(&case, &["run", "a.yaml"]).spawn().unwrap();
    let mut seen = String::new();
    let line = loop {
        let mut more = String::new();
        terminal.until(&mut more, "Z");
        seen.push_str(&more);
        let drawn = console::strip_ansi_codes(&seen).into_owned();
        // The line of the step is drawn right after the one of the clock, which is filled up with blanks.
        let lines = drawn.split(['\r', '\n']).filter_map(|line| line.get(line.find("  nap ")?..));
        let whole = lines.filter(|line| line.contains("until 20"));
        if let Some(line) = whole.map(str::to_owned).find(|line| line.trim_end().ends_with('Z')) {
            break line;
        }
    };
    let date = line.split_once("until 20").map(|(_, rest)| rest.trim_end().len());
    assert_eq!(date, Some("26-01-31T22:00:00Z".len()), "{line:?}");
    terminal.say("\u{3}");
    terminal.rest(&mut seen);
    assert_eq!(child.wait().unwrap().code(), Some(4), "{seen}");
}

#[test]
fn the_end_is_told_as_it_was_rehearsed() {
    let mut case = Case::new().file("a.yaml", super::case::WAITING);
    case.then(["rehearse", "a.yaml", "--seeds", "20"]).exit(0);
    // A later campaign without a calm day says nothing about the time.
    case.then(["rehearse", "a.yaml", "--crash", "before:3"]).exit(0);
    let mut terminal = Terminal::new(80);
    let args = ["run", "a.yaml", "--twin", "--speed", "60"];
    let mut child = terminal.command(&case, &args).spawn().unwrap();
    let mut seen = String::new();
    terminal.until(&mut seen, "at the end, as rehearsed");
    // What a step takes is told by the same clock, of which two minutes take two seconds.
    terminal.until(&mut seen, "  nap 2m");
    terminal.say("\u{3}");
    terminal.rest(&mut seen);
    assert_eq!(child.wait().unwrap().code(), Some(4), "{seen}");
}

#[test]
fn steps_without_a_line_of_their_own_are_shown_by_a_command() {
    let nap = |number| format!("  - {{id: nap{number}, uses: sleep, with: {{for: 1h}}}}\n");
    let naps: String = (0..10).map(nap).collect();
    let case = Case::new().file("a.yaml", format!("runbook: naps\nversion: 1.0.0\nsteps:\n{naps}"));
    let mut terminal = Terminal::new(120);
    let mut child = terminal.command(&case, &["run", "a.yaml", "--state-dir", "st"]).spawn().unwrap();
    let mut seen = String::new();
    terminal.until(&mut seen, "shows all");
    let run = std::fs::read_dir(case.path("st/runs")).unwrap().next().unwrap().unwrap().file_name();
    let command = format!("and 2 more; `surefoot status {} --state-dir st` shows all", run.to_str().unwrap());
    assert!(seen.contains(&command), "{seen}");
    terminal.say("\u{3}");
    terminal.rest(&mut seen);
    assert_eq!(child.wait().unwrap().code(), Some(4), "{seen}");
}

#[test]
fn the_whole_migration_is_drawn_on_forty_columns() {
    let case = Case::new();
    let terminal = Terminal::new(40);
    let mut child = terminal.command(&case, &["run", MAIN, "--twin", "--speed", "800"]).spawn().unwrap();
    let mut seen = String::new();
    terminal.rest(&mut seen);
    assert_eq!(child.wait().unwrap().code(), Some(0), "{seen}");
    assert!(seen.contains("Before and after"), "{seen}");
    let drawn = console::strip_ansi_codes(&seen);
    let live = drawn.split(['\r', '\n']).filter(|line| LIVE.iter().any(|step| line.starts_with(step)));
    let live: Vec<&str> = live.collect();
    assert!(!live.is_empty(), "{drawn}");
    for line in live {
        assert!(line.trim_end().chars().count() < 40, "{line:?}");
        // A rate and a deadline are never cut off.
        let is_whole = |mark: &str, end: &str| !line.contains(mark) || line.trim_end().ends_with(end);
        assert!(is_whole("iB", "/s") && is_whole("until", "Z") && !line.contains("until …"), "{line:?}");
        assert!(is_whole("gives up at", "Z"), "{line:?}");
    }
}

#[test]
fn no_prompt_appears_without_what_it_is_about_and_help_is_asked_for_there() {
    let mut case = Case::new().file("a.yaml", ASKING);
    let mut terminal = Terminal::new(80);
    let mut child = terminal.command(&case, &["run", "a.yaml"]).spawn().unwrap();
    let mut seen = String::new();
    let prompt = "type done, optionally followed by a note > ";
    terminal.until(&mut seen, prompt);
    let above = |seen: &str| {
        let drawn = console::strip_ansi_codes(seen).into_owned();
        drawn.rsplit_once(prompt).unwrap().0.trim_end().lines().last().unwrap().to_owned()
    };
    assert!(above(&seen).contains("REAL"), "{seen}");
    for word in ["?\n", "help\n", "?\n", "?\n"] {
        let mut more = String::new();
        terminal.say(word);
        terminal.until(&mut more, prompt);
        assert!(more.contains("Put the kettle on.") && more.contains("text after it is kept as a note"), "{more}");
        assert!(above(&more).contains("REAL"), "{more}");
    }
    // Who comes from elsewhere meanwhile is told what to do.
    let run = case.run_id();
    for args in [["answer", &run, "ready"].as_slice(), &["cancel", &run], &["pause", &run]] {
        let mut command = case.command();
        let ran = super::case::Ran::of(command.args(args).output().unwrap()).exit(7);
        let ran = ran.stderr("it waits for an answer: give it on the terminal of that process").stderr("kill -INT ");
        let pid = ran.err.split("kill -INT ").nth(1).unwrap().split('`').next().unwrap();
        assert!(pid.parse::<u32>().is_ok(), "{}", ran.err);
    }
    let ran = case.then(["resume", &run]).exit(7).stderr(&format!("continue with `surefoot resume {run}`"));
    let pid = ran.err.split("kill -INT ").nth(1).unwrap().split('`').next().unwrap();
    assert!(pid.parse::<u32>().is_ok(), "{}", ran.err);
    let document = case.then(["status", &run, "--output", "json"]).exit(0).json("surefoot.status.v1");
    assert!(document["held_by"].is_string(), "{document:#}");
    assert_eq!(document["next"].as_array().map(Vec::len), Some(0), "each of them would be refused: {document:#}");
    terminal.say("done\n");
    terminal.until(&mut seen, "surefoot audit verify");
    terminal.rest(&mut seen);
    assert_eq!(child.wait().unwrap().code(), Some(0), "{seen}");
    assert!(case.then(["runs"]).exit(0).out.contains("REAL"));
}

#[test]
fn the_export_of_a_twin_can_be_made_as_the_question_says() {
    let mut case = Case::new();
    let mut terminal = Terminal::new(80);
    let args = ["run", MAIN, "--twin", "--ask", "--speed", "1500"];
    let mut child = terminal.command(&case, &args).spawn().unwrap();
    let mut seen = String::new();
    terminal.until(&mut seen, "type done, optionally followed by a note > ");
    assert!(seen.contains("TWIN (simulated)"), "{seen}");
    terminal.say("done\n");
    terminal.until(&mut seen, "path > ");
    let command = seen.lines().map(str::trim).find(|line| line.starts_with("curl -f -X POST -o ")).unwrap().to_owned();
    let words: Vec<&str> = command.split(' ').collect();
    let (file, url) = (words[5], words[6]);
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(stream, "POST /{path} HTTP/1.0\r\nhost: {host}\r\ncontent-length: 0\r\n\r\n").unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    let end = reply.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    assert!(reply.starts_with(b"HTTP/1.0 200"), "{}", String::from_utf8_lossy(&reply[..end]));
    std::fs::write(case.path(file), &reply[end + 4..]).unwrap();
    terminal.say(&format!("{file}\n"));
    terminal.until(&mut seen, "type it > ");
    assert!(seen.contains("verify: done"), "{seen}");
    let run = case.run_id();
    for _ in 0..2 {
        let screen = last_rows(&seen, 80, 24);
        for part in ["DELETES payments-graph", "config, ", "backup, ", " by verify", "sha256", "…"] {
            assert!(screen.contains(part), "no {part:?} among the last rows:\n{screen}");
        }
        assert!(screen.contains(&format!("more: `surefoot status {run} --output json`")), "{screen}");
        let evidence = screen.lines().filter(|line| line.starts_with("  "));
        assert!((5..=15).contains(&evidence.count()), "{screen}");
        // Who asks for help sees all of it again.
        terminal.say("?\n");
        let mut more = String::new();
        terminal.until(&mut more, "type it > ");
        assert!(more.contains("Type the text exactly as shown"), "{more}");
        seen.push_str(&more);
        assert!(last_rows(&seen, 80, 24).contains("Type the text exactly as shown"), "{more}");
    }
    terminal.say("\u{4}");
    terminal.rest(&mut seen);
    assert_eq!(child.wait().unwrap().code(), Some(4), "{seen}");
    the_evidence_comes_first(&mut case, &run);
    // What was sent to a twin is not removed by commands for the real world.
    let ran = case.then(["cancel", &run]).exit(0).stdout("Left in place").stdout("it ends with the twin");
    assert!(!ran.out.contains("aws s3api"), "{}", ran.out);
}

/// What the question of the confirmation shows in `status`.
fn the_evidence_comes_first(case: &mut Case, run: &str) {
    let status = case.then(["status", run]).exit(0);
    let (_, question) = status.out.split_once("`confirm` asks").unwrap();
    let (question, _) = question.split_once("Type payments-graph to continue.").unwrap();
    let evidence: Vec<&str> = question.lines().skip_while(|line| !line.starts_with("    ")).collect();
    assert!(evidence[0].contains("config, ") && evidence.len() <= 16, "{question}");
    assert!(question.contains(&format!("more: `surefoot status {run} --output json`")), "{question}");
    let document = case.then(["status", run, "--output", "json"]).exit(0).json("surefoot.status.v1");
    let steps = document["steps"].as_array().unwrap();
    let asking = steps.iter().find(|step| step["id"] == "confirm").unwrap();
    let shown = asking["question"]["shown"].as_array().unwrap();
    assert!(shown.len() > 15, "{asking:#}");
    assert!(shown.iter().any(|row| row["label"] == "capture.memory" && row["value"] == "8GB"), "{asking:#}");
}

/// The last rows of a terminal on which this was written.
fn last_rows(seen: &str, columns: usize, rows: usize) -> String {
    let drawn = console::strip_ansi_codes(seen).into_owned();
    let mut lines: Vec<String> = Vec::new();
    for line in drawn.lines() {
        let characters: Vec<char> = line.trim_end_matches('\r').chars().collect();
        let count = characters.len().div_ceil(columns).max(1);
        lines.extend((0..count).map(|at| characters.iter().skip(at * columns).take(columns).collect::<String>()));
    }
    lines.split_off(lines.len().saturating_sub(rows)).join("\n")
}
