//! A terminal at which somebody types what has to be typed.

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

/// What stands before the place where something has to be typed.
const PROMPT: &str = "type it > ";
/// What stands before the place where somebody says that something is done.
const DONE: &str = "type done, optionally followed by a note > ";

/// A process on a terminal of its own.
pub struct Typing {
    child: Child,
    typist: JoinHandle<String>,
}

impl Typing {
    /// Starts the process; `text` is typed whenever it has to be, and `done` whenever something was to be done.
    pub fn start(mut command: Command, text: &str) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let theirs = rustix::fs::open(name, flags, rustix::fs::Mode::empty()).unwrap();
        let stdio = || Stdio::from(theirs.try_clone().unwrap());
        let child = command.stdin(stdio()).stdout(stdio()).stderr(stdio()).spawn().unwrap();
        // Only the process holds the terminal now, so that its end is seen.
        drop((command, theirs));
        let answers = [(PROMPT, format!("{text}\n")), (DONE, "done\n".to_owned())];
        let typist = std::thread::spawn(move || type_at(File::from(ours), &answers));
        Self { child, typist }
    }

    /// The process itself.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits for its end: its exit code, where it has one, and everything that it has shown.
    pub fn end(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        (status.code(), self.typist.join().unwrap())
    }
}

fn type_at(mut terminal: File, answers: &[(&str, String)]) -> String {
    let (mut seen, mut answered) = (String::new(), vec![0; answers.len()]);
    let mut piece = [0; 4096];
    // A terminal that everybody has closed ends with an error.
    while let Ok(count @ 1..) = terminal.read(&mut piece) {
        seen.push_str(&String::from_utf8_lossy(&piece[..count]));
        for ((prompt, line), answered) in answers.iter().zip(&mut answered) {
            if seen.matches(prompt).count() > *answered {
                *answered += 1;
                // A process that was killed meanwhile reads nothing any more.
                drop(terminal.write_all(line.as_bytes()));
            }
        }
    }
    seen
}
