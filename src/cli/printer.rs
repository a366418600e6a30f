//! The only object that writes to the terminal: data on standard output, everything else on standard error.

use super::common::Color;
use super::drawing::drawn;
use super::exit;
use crate::base::Value;
use crate::report::{Style, Tone};
use clap::builder::StyledStr;
use console::Term;
use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Columns of an output that is no terminal.
const FILE_COLUMNS: usize = 120;

/// Writes to standard output and standard error.
pub(super) struct Printer {
    out: Style,
    err: Style,
    /// Standard output takes nothing more: whoever read it has gone, which is no error.
    closed: AtomicBool,
    /// Why standard output could not be written.
    failed: Mutex<Option<io::Error>>,
}

impl Printer {
    /// A printer with colours as asked.
    pub(super) fn new(color: Color) -> Self {
        let style = |term: &Term, auto: bool| Style {
            columns: columns(term),
            colour: match color {
                Color::Auto => auto,
                Color::Always => true,
                Color::Never => false,
            },
        };
        Self {
            out: style(&Term::stdout(), console::colors_enabled()),
            err: style(&Term::stderr(), console::colors_enabled_stderr()),
            closed: AtomicBool::new(false),
            failed: Mutex::new(None),
        }
    }

    /// A printer for what is said before the command line is understood.
    pub(super) fn early() -> Self {
        Self::new(Color::Auto)
    }

    /// What standard output can show.
    pub(super) fn out_style(&self) -> Style {
        self.out
    }

    /// What standard error can show.
    pub(super) fn err_style(&self) -> Style {
        self.err
    }

    /// Writes the result of the command; ends with a line end.
    pub(super) fn data(&self, text: &str) {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        self.write_out(drawn(&format!("{text}{end}")).as_bytes());
    }

    /// Writes the result as it is: a file for another program, with marks that no locale may change.
    pub(super) fn file(&self, text: &str) {
        self.write_out(text.as_bytes());
    }

    /// Whether standard output takes nothing more.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Whether something of the result was lost: who reads it wants it, and it could not be written.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.lock().map_or(true, |failed| failed.is_some())
    }

    /// Writes the result as one JSON document.
    pub(super) fn json(&self, document: &Value) {
        self.write_out(format!("{document:#}\n").as_bytes());
    }

    /// Writes help or the version.
    pub(super) fn styled_data(&self, text: &StyledStr) {
        self.data(&if self.out.colour { text.ansi().to_string() } else { text.to_string() });
    }

    /// Writes a misunderstanding of the command line.
    pub(super) fn styled_error(&self, text: &StyledStr) {
        self.note(&if self.err.colour { text.ansi().to_string() } else { text.to_string() });
    }

    /// Says something on standard error.
    #[expect(clippy::unused_self, reason = "who has no printer writes nothing")]
    pub(super) fn note(&self, text: &str) {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        // Nobody can be told that standard error takes nothing.
        drop(io::stderr().lock().write_all(drawn(&format!("{text}{end}")).as_bytes()));
    }

    /// Asks for a line on standard error; the answer stands behind it.
    #[expect(clippy::unused_self, reason = "who has no printer writes nothing")]
    pub(super) fn prompt(&self, text: &str) {
        let mut err = io::stderr().lock();
        // Nobody can be told that standard error takes nothing.
        drop(err.write_all(drawn(text).as_bytes()).and_then(|()| err.flush()));
    }

    /// The exit code of the process: `code`, unless the result could not be written.
    pub(super) fn finish(&self, code: u8) -> u8 {
        if let Err(error) = io::stdout().lock().flush() {
            self.lose(error);
        }
        let failed = self.failed.lock().map(|mut failed| failed.take()).unwrap_or_default();
        match failed {
            Some(error) => {
                self.note(&format!("{}: cannot write the result: {error}", self.err.paint(Tone::Bad, "error")));
                if code == exit::DONE { exit::STORAGE } else { code }
            }
            None => code,
        }
    }

    fn write_out(&self, bytes: &[u8]) {
        if self.is_closed() {
            return;
        }
        let mut out = io::stdout().lock();
        if let Err(error) = out.write_all(bytes).and_then(|()| out.flush()) {
            self.lose(error);
        }
    }

    fn lose(&self, error: io::Error) {
        self.closed.store(true, Ordering::Relaxed);
        let is_failure = error.kind() != io::ErrorKind::BrokenPipe;
        if let (true, Ok(mut failed)) = (is_failure, self.failed.lock()) {
            failed.get_or_insert(error);
        }
    }
}

/// The columns of a terminal, or of a file.
fn columns(term: &Term) -> usize {
    term.size_checked().map_or(FILE_COLUMNS, |(_, columns)| usize::from(columns).min(140))
}
