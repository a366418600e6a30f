//! One question put to a person, line by line.

use crate::base::{Value, is_plain, show};
use crate::cli::drawing::drawn;
use crate::port::{Form, OperatorError, Question};
use crate::report::{Look, Table, Tone, lay, one_line, wrap};
use console::Term;
use std::io::{BufRead, Write};
use std::path::Path;

/// How often a person may mistype before the question is left open.
const TRIES: usize = 3;

/// So many rows are shown beside a question; a screen has two dozen lines.
const SHOWN: usize = 12;

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
    pub(super) look: Look,
    /// Real or a twin, which account, instance and change: no prompt appears without it.
    pub(super) about: String,
}

/// What became of a line that was typed.
enum Heard {
    Fits(Said),
    /// Why it does not fit.
    Wrong(String),
}

impl<R: BufRead, W: Write> Dialogue<R, W> {
    /// Asks until the answer fits, the person leaves it open, or it was wrong too often.
    pub(super) fn hold(mut self, step: &str, question: &Question) -> Result<Said, OperatorError> {
        self.say(&self.look.paint(Tone::Strong, &format!("\n{step} asks")))?;
        self.show(question)?;
        let mut tries = 0;
        while tries < TRIES {
            self.prompt(&question.form)?;
            let mut line = String::new();
            let count = self.input.read_line(&mut line).map_err(|error| gone(&error))?;
            let line = line.trim_end_matches(['\n', '\r']);
            if count > 0 && asks_for_help(&question.form, line) {
                // The terminal may have another size by now, and the question may have been scrolled away.
                self.look = measured(self.look);
                self.show(question)?;
                self.say(&wrap(help(&question.form), self.look.columns()).join("\n"))?;
                continue;
            }
            tries += 1;
            if count == 0 || line.trim().is_empty() && !matches!(question.form, Form::Type(_)) {
                return Err(OperatorError::Declined("left open".to_owned()));
            }
            match hear(&question.form, line) {
                Heard::Fits(said) => return Ok(said),
                Heard::Wrong(why) => self.say(&self.look.paint(Tone::Warn, &why))?,
            }
        }
        Err(OperatorError::Declined(format!("{TRIES} answers did not fit")))
    }

    /// What is asked, and what to see before answering.
    fn show(&mut self, question: &Question) -> Result<(), OperatorError> {
        // What is to be typed comes last; what it is about comes first, and what vouches for it between them.
        let lines: Vec<&str> = question.text.lines().collect();
        let challenge = lines.len().saturating_sub(usize::from(matches!(question.form, Form::Type(_))));
        let (about, challenge) = lines.split_at_checked(challenge).unwrap_or_default();
        self.lines(about)?;
        let mut table = Table::new(["", ""]).indented(2);
        let (shown, rest) = question.show.split_at(question.show.len().min(SHOWN));
        for (label, value) in shown {
            table.row([show(label), one_line(value)]);
        }
        self.say(table.render(self.look).trim_end_matches('\n'))?;
        if !rest.is_empty() {
            let more = format!("  {} more: `surefoot status` in another terminal shows them", rest.len());
            self.say(&self.look.paint(Tone::Faint, &more))?;
        }
        let mut strange = Vec::new();
        question.show.iter().for_each(|(label, value)| find_strange(label, value, &mut strange));
        for line in strange {
            let line = wrap(&line, self.look.columns()).join("\n");
            self.say(&self.look.paint(Tone::Warn, &line))?;
        }
        self.lines(challenge)
    }

    fn lines(&mut self, lines: &[&str]) -> Result<(), OperatorError> {
        lines.iter().try_for_each(|line| {
            let text = lay(&show(line), self.look.columns()).join("\n");
            self.say(&text)
        })
    }

    fn prompt(&mut self, form: &Form) -> Result<(), OperatorError> {
        let tone = if self.about.starts_with("TWIN") { Tone::Faint } else { Tone::Warn };
        let about = wrap(&self.about, measured(self.look).columns()).join("\n");
        self.say(&self.look.paint(tone, &about))?;
        let text = match form {
            Form::Type(_) => "type it > ".to_owned(),
            Form::Done => "done, or done and a note > ".to_owned(),
            Form::Path => "path > ".to_owned(),
            Form::Choice(words) => format!("{} > ", words.join(" or ")),
        };
        let text = self.look.paint(Tone::Command, &text);
        write!(self.output, "{text}").and_then(|()| self.output.flush()).map_err(|error| gone(&error))
    }

    fn say(&mut self, text: &str) -> Result<(), OperatorError> {
        if text.is_empty() {
            return Ok(());
        }
        writeln!(self.output, "{}", drawn(text)).map_err(|error| gone(&error))
    }
}

/// The look with the columns that the terminal has now.
pub(super) fn measured(look: Look) -> Look {
    Term::stderr().size_checked().map_or(look, |(_, columns)| Look { columns: usize::from(columns).min(140), ..look })
}

/// Whether a line asks what to do, and is not what was asked for.
fn asks_for_help(form: &Form, line: &str) -> bool {
    let is_wanted = matches!(form, Form::Type(wanted) if wanted == line);
    !is_wanted && matches!(line.trim(), "?" | "help")
}

fn help(form: &Form) -> &'static str {
    match form {
        Form::Type(_) => {
            "Type the text exactly as it is asked for, and Enter. Ctrl-D leaves the question open; the run waits."
        }
        Form::Done => {
            "Type done once it is done; what follows it is kept as a note. An empty line or Ctrl-D leaves the question \
             open; the run waits."
        }
        Form::Path => {
            "Type the path of the file, or drop the file here; ./help is a file of that name. An empty line or Ctrl-D \
             leaves the question open; the run waits."
        }
        Form::Choice(_) => {
            "Type one of the words, or the beginning of one. An empty line or Ctrl-D leaves the question open; the run \
             waits."
        }
    }
}

fn hear(form: &Form, line: &str) -> Heard {
    let fits = |text: &str| Heard::Fits(Said { text: text.to_owned(), note: String::new() });
    match form {
        Form::Type(wanted) if line == wanted => fits(wanted),
        Form::Type(wanted) => {
            Heard::Wrong(format!("that is not {}; type it exactly, or Ctrl-D to leave it open", show(wanted)))
        }
        Form::Done => match line.trim().strip_prefix("done") {
            Some(note) if note.is_empty() || note.starts_with([' ', ',', ':']) => {
                let note = note.trim_start_matches([' ', ',', ':']).to_owned();
                Heard::Fits(Said { text: "done".to_owned(), note })
            }
            _ => Heard::Wrong("type done once it is done; ? says more, an empty line leaves it open".to_owned()),
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
        Value::String(text) if show(text) != *text => {
            strange.push(format!("{} holds characters that cannot be shown; they stand as \\u{{…}}.", show(label)));
        }
        Value::String(text) if label.ends_with("name") && !is_plain(text) => {
            strange.push(format!("{} is not plain ASCII and may look like another.", show(label)));
        }
        Value::Object(map) => {
            map.iter().for_each(|(name, value)| find_strange(&format!("{label}.{name}"), value, strange));
        }
        Value::Array(items) => items.iter().for_each(|item| find_strange(label, item, strange)),
        _ => {}
    }
}

fn gone(error: &std::io::Error) -> OperatorError {
    OperatorError::Absent(format!("the terminal does not answer: {error}"))
}
