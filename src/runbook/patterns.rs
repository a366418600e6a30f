//! The patterns of the inputs: each is compiled once, and all of a file together may cost no more than a moment.
//!
//! `(a{1,300}){1,300}` is short, compiles to 90,000 states, and each of them may be looked at for each letter of a
//! text. What that comes to is counted before it is done.

use regex_lite::{Error, Regex, RegexBuilder};
use std::collections::BTreeMap;

/// A longer pattern nobody reads.
const LENGTH_MAX: usize = 4 << 10;
/// No file has more different ones.
const COUNT_MAX: usize = 1_000;
/// Bytes of the smallest and the largest program that a pattern has room for; a smaller one counts as the smallest.
const PROGRAMS: (usize, usize) = (1 << 10, 256 << 10);
/// Bytes of programs that may be gone through for one file; a thousand million take about half a second.
const WORK_MAX: u64 = 1 << 30;
/// To compile a program takes as long as to go through it so many times.
const COMPILING: u64 = 4;

/// Why a pattern is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is no regular expression, for this reason.
    Syntax(Error),
    /// It is longer than the limit, which stands here with its length.
    Long(usize, usize),
    /// It stands for too many states.
    Large,
    /// There are more patterns than this in the file.
    Many(usize),
    /// All patterns of the file are too much together.
    Work,
}

/// A text cannot be compared with a pattern: all that the file compares is too much.
#[derive(Debug)]
pub(super) struct TooMuch;

/// Every pattern of a file, and what may still be done with them.
pub(super) struct Patterns {
    known: BTreeMap<String, Result<Program, Refused>>,
    /// `None` where there are no limits.
    left: Option<u64>,
    /// Whether one was refused for what stood before it: that is told once, and no other one is looked at.
    is_over: bool,
}

struct Program {
    regex: Regex,
    bytes: usize,
}

impl Patterns {
    /// For a file that somebody brings.
    pub(super) const fn new() -> Self {
        Self { known: BTreeMap::new(), left: Some(WORK_MAX), is_over: false }
    }

    /// For the file of a run that has begun, which must stay readable whatever the limits are now.
    pub(super) const fn unlimited() -> Self {
        Self { known: BTreeMap::new(), left: None, is_over: false }
    }

    /// Compiles a pattern, unless it is known.
    pub(super) fn learn(&mut self, pattern: &str) -> Result<(), Refused> {
        if self.is_over {
            return Ok(());
        }
        if self.left.is_some() && pattern.len() > LENGTH_MAX {
            return Err(Refused::Long(pattern.len(), LENGTH_MAX));
        }
        if let Some(known) = self.known.get(pattern) {
            return known.as_ref().map(|_| ()).map_err(Clone::clone);
        }
        if self.left.is_some() && self.known.len() >= COUNT_MAX {
            self.is_over = true;
            return Err(Refused::Many(COUNT_MAX));
        }
        let program = self.compile(pattern);
        self.is_over = matches!(program, Err(Refused::Work));
        let learnt = program.as_ref().map(|_| ()).map_err(Clone::clone);
        self.known.insert(pattern.to_owned(), program);
        learnt
    }

    /// Whether a text matches; a pattern that was refused, which was reported, is matched by everything.
    pub(super) fn is_match(&mut self, pattern: &str, text: &str) -> Result<bool, TooMuch> {
        let Some(Ok(Program { bytes, .. })) = self.known.get(pattern) else { return Ok(true) };
        if !self.spend(*bytes as u64 * (text.len() as u64 + 1)) {
            return Err(TooMuch);
        }
        let program = self.known.get(pattern).and_then(|program| program.as_ref().ok());
        Ok(program.is_none_or(|program| program.regex.is_match(text)))
    }

    /// Takes the smallest room in which the program fits: how large one is cannot be asked.
    fn compile(&mut self, pattern: &str) -> Result<Program, Refused> {
        if self.left.is_none() {
            let regex = Regex::new(pattern).map_err(Refused::Syntax)?;
            return Ok(Program { regex, bytes: 0 });
        }
        let (mut bytes, largest) = PROGRAMS;
        loop {
            if !self.spend(COMPILING * bytes as u64) {
                return Err(Refused::Work);
            }
            match RegexBuilder::new(pattern).size_limit(bytes).build() {
                Ok(regex) => {
                    // Room for each group in each state is made when it is matched first.
                    let is_within = self.spend(bytes as u64 * regex.captures_len() as u64);
                    return is_within.then_some(Program { regex, bytes }).ok_or(Refused::Work);
                }
                Err(error) if !is_for_size(&error) => return Err(Refused::Syntax(error)),
                Err(_) if bytes >= largest => return Err(Refused::Large),
                Err(_) => bytes *= 2,
            }
        }
    }

    /// Whether so much may still be done; then it counts as done.
    fn spend(&mut self, work: u64) -> bool {
        match &mut self.left {
            None => true,
            Some(left) => match left.checked_sub(work) {
                Some(rest) => {
                    *left = rest;
                    true
                }
                None => false,
            },
        }
    }
}

/// Whether it is the error about a program without enough room, which looks like that of one that has none at all.
pub(super) fn is_for_size(error: &Error) -> bool {
    RegexBuilder::new("a").size_limit(0).build().is_err_and(|other| other == *error)
}
