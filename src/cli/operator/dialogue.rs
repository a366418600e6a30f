//! One question put to a person, line by line.

use super::matter::Matter;
use super::screen::Screen;
use crate::base::{Value, escape, is_plain, width};
use crate::cli::drawing::drawn;
use crate::port::{Form, OperatorError, Question};
use crate::report::{EVIDENCE_MOST, Style, Tone, evidence, lay, wrap};
use std::io::{BufRead, Write};
use std::path::Path;

/// How often a person may mistype before the question is left open.
const TRIES: usize = 3;

/// Evidence has so many lines even where the screen is smaller than the question.
const EVIDENCE_LEAST: usize = 4;

/// What stands before a question that is asked again; it is not what the question is about.
const AGAIN: &str = "That was not it.";

/// What a person said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// The answer.
    pub(super) text: String,
    /// A note.
    pub(super) note: String,
}

/// A person's terminal.
pub(super) struct Dialogue<R, W> {
    pub(super) input: R,
    pub(super) output: W,
    pub(super) style: Style,
    /// The terminal's size, which may change meanwhile.
    pub(super) screen: Screen,
    /// What the run is about: no prompt appears without it.
    pub(super) matter: Matter,
}

/// The outcome of a line that was typed.
enum Heard {
    Fits(Said),
    /// Why it does not fit.
    Wrong(String),
}

impl<R: BufRead, W: Write> Dialogue<R, W> {
    /// Asks until the answer fits, the person leaves it open, or it was wrong too often.
    pub(super) fn hold(mut self, step: &str, question: &Question) -> Result<Said, OperatorError> {
        self.style = self.screen.measured(self.style);
        self.say(&self.style.paint(Tone::Strong, &format!("\n{step} asks")))?;
        self.show(question, "")?;
        let mut tries = 0;
        while tries < TRIES {
            self.prompt(&question.form)?;
            let mut line = String::new();
            let count = self.input.read_line(&mut line).map_err(|error| gone(&error))?;
            let line = line.trim_end_matches(['\n', '\r']);
            if count > 0 && asks_for_help(&question.form, line) {
                // The terminal may have another size by now, and the question may have been scrolled away.
                self.style = self.screen.measured(self.style);
                self.show(question, help(&question.form))?;
                continue;
            }
            tries += 1;
            if count == 0 || line.trim().is_empty() && !matches!(question.form, Form::Type(_)) {
                return Err(OperatorError::Declined("left open".to_owned()));
            }
            match hear(&question.form, line) {
                Heard::Fits(said) => return Ok(said),
                Heard::Wrong(why) => self.say(&self.style.paint(Tone::Warn, &why))?,
            }
        }
        Err(OperatorError::Declined(format!("{TRIES} answers did not fit")))
    }

    /// What is asked, what to see before answering, and help where that was asked for.
    fn show(&mut self, question: &Question, help: &str) -> Result<(), OperatorError> {
        // What is to be typed comes last; what it is about comes first, and what vouches for it between them.
        let lines: Vec<&str> = question.text.lines().collect();
        let challenge = lines.len().saturating_sub(usize::from(matches!(question.form, Form::Type(_))));
        let (about, challenge) = lines.split_at_checked(challenge).unwrap_or_default();
        let (about, challenge) = (self.laid(about), self.laid(challenge));
        let mut strange = Vec::new();
        question.show.iter().for_each(|(label, value)| find_strange(label, value, &mut strange));
        let strange: Vec<String> = strange.iter().flat_map(|line| wrap(line, self.style.columns())).collect();
        // When the answer is typed the screen ends with the challenge, what the run is about, and the prompt.
        let help = if help.is_empty() { Vec::new() } else { wrap(help, self.style.columns()) };
        let below =
            [&strange, &challenge, &help, &self.about()].map(|lines| self.rows(lines)).iter().sum::<usize>() + 1;
        let height = self.screen.rows();
        let all = self.matter.status();
        let mut shown = evidence(&question.show, EVIDENCE_MOST, &all, self.style);
        let mut deed = Vec::new();
        if !challenge.is_empty() && self.rows(&about) + self.rows(&shown) + below > height {
            // What is confirmed has scrolled off by then, so it is told again right above.
            deed = lines.iter().find(|line| **line != AGAIN).map(|line| self.laid(&[line])).unwrap_or_default();
            let room = height.saturating_sub(self.rows(&deed) + below);
            shown = evidence(&question.show, room.clamp(EVIDENCE_LEAST, EVIDENCE_MOST), &all, self.style);
        }
        self.say(&about.join("\n"))?;
        self.say(&shown.join("\n"))?;
        self.say(&self.style.paint(Tone::Warn, &strange.join("\n")))?;
        self.say(&self.style.paint(Tone::Strong, &deed.join("\n")))?;
        self.say(&challenge.join("\n"))?;
        self.say(&help.join("\n"))
    }

    fn laid(&self, lines: &[&str]) -> Vec<String> {
        lines.iter().flat_map(|line| lay(&escape(line), self.style.columns())).collect()
    }

    /// How many rows of the screen the lines take; the terminal breaks those that are longer than it is wide.
    fn rows(&self, lines: &[String]) -> usize {
        lines.iter().map(|line| width(line).div_ceil(self.style.columns().max(1)).max(1)).sum()
    }

    /// What the run is about, as it stands above each prompt.
    fn about(&self) -> Vec<String> {
        wrap(&self.matter.about, self.screen.measured(self.style).columns())
    }

    fn prompt(&mut self, form: &Form) -> Result<(), OperatorError> {
        let tone = if self.matter.about.starts_with("TWIN") { Tone::Faint } else { Tone::Warn };
        self.say(&self.style.paint(tone, &self.about().join("\n")))?;
        let text = match form {
            Form::Type(_) => "type it > ".to_owned(),
            Form::Done => "type done, optionally followed by a note > ".to_owned(),
            Form::Path => "path > ".to_owned(),
            Form::Choice(words) => format!("{} > ", words.join(" or ")),
        };
        let text = self.style.paint(Tone::Command, &text);
        write!(self.output, "{text}").and_then(|()| self.output.flush()).map_err(|error| gone(&error))
    }

    fn say(&mut self, text: &str) -> Result<(), OperatorError> {
        if text.is_empty() {
            return Ok(());
        }
        writeln!(self.output, "{}", drawn(text)).map_err(|error| gone(&error))
    }
}

/// Whether a line asks what to do, and is not what was asked for.
fn asks_for_help(form: &Form, line: &str) -> bool {
    let is_wanted = matches!(form, Form::Type(wanted) if wanted == line);
    !is_wanted && matches!(line.trim(), "?" | "help")
}

fn help(form: &Form) -> &'static str {
    match form {
        Form::Type(_) => {
            "Type the text exactly as shown and press Enter. Ctrl-D leaves the question open; the run waits."
        }
        Form::Done => {
            "Type done once it is done; text after it is kept as a note. An empty line or Ctrl-D leaves the question \
             open; the run waits."
        }
        Form::Path => {
            "Type the path of the file, or drop the file here; ./help is a file called help. An empty line or Ctrl-D \
             leaves the question open; the run waits."
        }
        Form::Choice(_) => {
            "Type one of the words, or the start of one. An empty line or Ctrl-D leaves the question open; the run \
             waits."
        }
    }
}

fn hear(form: &Form, line: &str) -> Heard {
    let fits = |text: &str| Heard::Fits(Said { text: text.to_owned(), note: String::new() });
    match form {
        Form::Type(wanted) if line == wanted => fits(wanted),
        Form::Type(wanted) => {
            Heard::Wrong(format!("that is not {}; type it exactly, or Ctrl-D to leave it open", escape(wanted)))
        }
        Form::Done => match line.trim().strip_prefix("done") {
            Some(note) if note.is_empty() || note.starts_with([' ', ',', ':']) => {
                let note = note.trim_start_matches([' ', ',', ':']).to_owned();
                Heard::Fits(Said { text: "done".to_owned(), note })
            }
            _ => Heard::Wrong("type done once it is done; ? shows help, an empty line leaves it open".to_owned()),
        },
        Form::Path => fits(&path(line)),
        Form::Choice(words) => {
            let word = line.trim();
            let mut near = words.iter().filter(|one| one.starts_with(word));
            match (words.iter().find(|one| *one == word), near.next(), near.next()) {
                (Some(one), _, _) | (None, Some(one), None) => fits(one),
                _ => Heard::Wrong(format!("one of: {}", words.join(", "))),
            }
        }
    }
}

/// A path as people type or drop it: without quotes, `~` and relative paths resolved here and now, because the run may
/// go on elsewhere.
fn path(line: &str) -> String {
    let line = line.trim();
    let bare = ['\'', '"'].iter().find_map(|quote| line.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(line);
    let home = bare.strip_prefix("~/").and_then(|rest| std::env::home_dir().map(|home| home.join(rest)));
    let path = home.unwrap_or_else(|| Path::new(bare).to_owned());
    std::path::absolute(&path).unwrap_or(path).to_string_lossy().into_owned()
}

/// Values with characters that had to be replaced, and names that could be mistaken for others.
fn find_strange(label: &str, value: &Value, strange: &mut Vec<String>) {
    match value {
        Value::String(text) if escape(text) != *text => {
            strange
                .push(format!("{} contains characters that cannot be shown; they appear as \\u{{…}}.", escape(label)));
        }
        Value::String(text) if label.ends_with("name") && !is_plain(text) => {
            strange.push(format!("{} is not plain ASCII and may look like another name.", escape(label)));
        }
        Value::Object(map) => {
            map.iter().for_each(|(name, value)| find_strange(&format!("{label}.{name}"), value, strange));
        }
        Value::Array(items) => items.iter().for_each(|item| find_strange(label, item, strange)),
        _ => {}
    }
}

fn gone(error: &std::io::Error) -> OperatorError {
    OperatorError::Absent(format!("cannot read from the terminal: {error}"))
}
