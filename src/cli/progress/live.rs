//! Live lines on a terminal: one for each active step; what is finished is printed above them.

use super::board::ProgressDisplay;
use super::words::Words;
use crate::base::escape;
use crate::cli::drawing::drawn;
use crate::cli::printer::Printer;
use crate::port::Progress;
use crate::report::{Active, Course, Line, Style, Tone, cut, flow};
use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often the elapsed time is drawn anew.
const TICK: Duration = Duration::from_millis(250);

/// The live lines.
pub(super) struct Live {
    multi: MultiProgress,
    printer: Arc<Printer>,
    style: Style,
    verbose: bool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    bars: BTreeMap<String, Bar>,
    more: Option<ProgressBar>,
    head: Option<Head>,
    /// How many times faster than real time the run's clock goes.
    speed: f64,
    hidden: usize,
    waiting: Vec<String>,
}

/// The line above the steps: the clock of the run, how many steps are done, and when it may end.
struct Head {
    bar: ProgressBar,
    course: Arc<Mutex<Course>>,
}

struct Bar {
    bar: ProgressBar,
    words: Arc<Mutex<Words>>,
}

impl Live {
    pub(super) fn new(printer: Arc<Printer>, verbose: bool) -> Self {
        Self {
            style: printer.err_style(),
            printer,
            multi: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
            verbose,
            inner: Mutex::default(),
        }
    }

    /// Prints above the live lines, which are taken away meanwhile: so the cursor always stands at the start of a line.
    fn print(&self, lines: &[String]) {
        self.multi.suspend(|| self.printer.note(&lines.join("\n")));
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bar(&self, step: &str) -> Bar {
        let words = Arc::new(Mutex::new(Words { step: step.to_owned(), ..Words::default() }));
        let (shown, style) = (Arc::clone(&words), self.style);
        let line_style = ProgressStyle::with_template("{line}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        let line_style = line_style.with_key("line", move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let words = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let columns = Term::stderr().size_checked().map_or(style.columns, |(_, columns)| usize::from(columns));
            // The cursor stands behind the line; a full line would wrap.
            let text = words.text(state.elapsed(), state.per_sec(), columns.saturating_sub(1).max(20));
            let _ = out.write_str(&drawn(&style.paint(Tone::Command, &text)));
        });
        let bar = self.multi.add(ProgressBar::new_spinner().with_style(line_style));
        bar.enable_steady_tick(TICK);
        Bar { bar, words }
    }

    fn head(&self, course: &Course) -> Head {
        let course = Arc::new(Mutex::new(course.clone()));
        let (shown, style) = (Arc::clone(&course), self.style);
        let line_style = ProgressStyle::with_template("{head}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        let line_style = line_style.with_key("head", move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let text = shown.lock().unwrap_or_else(PoisonError::into_inner).text(state.elapsed());
            let columns = Term::stderr().size_checked().map_or(style.columns, |(_, columns)| usize::from(columns));
            let text = cut(&text, columns.saturating_sub(1).max(20));
            let _ = out.write_str(&drawn(&style.paint(Tone::Strong, &text)));
        });
        let bar = self.multi.insert(0, ProgressBar::new_spinner().with_style(line_style));
        bar.enable_steady_tick(TICK);
        Head { bar, course }
    }

    /// Changes what the line of a step says. The words are free again before the bar is touched: whoever draws it
    /// holds the bar and then asks for the words.
    fn change(&self, step: &str, change: impl FnOnce(&mut Words)) -> Option<ProgressBar> {
        let inner = self.inner();
        let bar = inner.bars.get(step)?;
        change(&mut bar.words.lock().unwrap_or_else(PoisonError::into_inner));
        Some(bar.bar.clone())
    }
}

impl Progress for Live {
    fn transferred(&self, step: &str, done: u64, total: u64) {
        if let Some(bar) = self.change(step, |words| words.moved = Some((done, total))) {
            bar.set_length(total);
            bar.set_position(done);
        }
    }

    fn doing(&self, step: &str, what: &str) {
        let what = escape(what);
        self.change(step, |words| {
            words.said = what;
            words.moved = None;
        });
    }
}

impl ProgressDisplay for Live {
    fn wants_lines(&self) -> bool {
        true
    }

    fn wants_active(&self) -> bool {
        true
    }

    fn tell(&self, lines: &[Line]) {
        let told = lines.iter().filter(|line| self.verbose || line.tone != Tone::Faint);
        let texts: Vec<String> = told.map(|line| text_of(line, self.style)).collect();
        if texts.is_empty() {
            return;
        }
        let mut inner = self.inner();
        if inner.hidden > 0 {
            inner.waiting.extend(texts);
        } else {
            self.print(&texts);
        }
    }

    fn course(&self, course: &Course) {
        let mut inner = self.inner();
        inner.speed = course.speed;
        let head = inner.head.get_or_insert_with(|| self.head(course));
        *head.course.lock().unwrap_or_else(PoisonError::into_inner) = course.clone();
        // The clock of the run is that of its last record and the time that has passed since.
        head.bar.reset_elapsed();
    }

    fn under_way(&self, steps: &[Active], more: usize, all: &str) {
        let mut inner = self.inner();
        inner.bars.retain(|step, bar| {
            let stays = steps.iter().any(|active| active.step == *step);
            if !stays {
                bar.bar.finish_and_clear();
                self.multi.remove(&bar.bar);
            }
            stays
        });
        let speed = inner.speed;
        for active in steps {
            let bar = inner.bars.entry(active.step.clone()).or_insert_with(|| self.bar(&active.step));
            let mut words = bar.words.lock().unwrap_or_else(PoisonError::into_inner);
            words.speed = speed;
            if words.state != active.doing || words.attempt != active.attempt {
                words.state.clone_from(&active.doing);
                words.attempt = active.attempt;
                words.said.clear();
            }
        }
        inner.tell_more(&self.multi, more, all);
    }

    fn hide(&self) {
        let mut inner = self.inner();
        inner.hidden += 1;
        drop(self.multi.clear());
        self.multi.set_draw_target(ProgressDrawTarget::hidden());
    }

    fn unhide(&self) {
        let mut inner = self.inner();
        inner.hidden = inner.hidden.saturating_sub(1);
        if inner.hidden > 0 {
            return;
        }
        self.multi.set_draw_target(ProgressDrawTarget::stderr());
        let waiting = std::mem::take(&mut inner.waiting);
        if !waiting.is_empty() {
            self.print(&waiting);
        }
    }

    fn close(&self) {
        self.under_way(&[], 0, "");
        if let Some(head) = self.inner().head.take() {
            head.bar.finish_and_clear();
            self.multi.remove(&head.bar);
        }
        drop(self.multi.clear());
    }
}

impl Inner {
    /// The line about the steps that have none of their own.
    fn tell_more(&mut self, multi: &MultiProgress, more: usize, all: &str) {
        if let Some(bar) = self.more.take() {
            bar.finish_and_clear();
            multi.remove(&bar);
        }
        if more > 0 {
            let bar = multi.add(ProgressBar::new_spinner().with_style(message_only()));
            bar.set_message(format!("  and {more} more; `{all}` shows all"));
            self.more = Some(bar);
        }
    }
}

fn message_only() -> ProgressStyle {
    ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// A finished line, wrapped under itself; a command in it stays whole.
fn text_of(line: &Line, style: Style) -> String {
    let mark = match line.tone {
        Tone::Good => "✓",
        Tone::Bad => "✗",
        Tone::Warn => "!",
        _ => "·",
    };
    let step = if line.step.is_empty() { String::new() } else { format!("{}: ", line.step) };
    let text = format!("{step}{}", line.text);
    let parts: Vec<String> = text.lines().flat_map(|line| flow(line, style.columns().saturating_sub(3))).collect();
    let lines = parts.iter().enumerate().map(|(number, part)| {
        let lead = if number == 0 { mark } else { " " };
        format!("{lead} {part}")
    });
    style.paint(line.tone, &lines.collect::<Vec<_>>().join("\n"))
}
