//! What people are asked and what they answer.

use crate::base::{Actor, Map, Timestamp, Value};

/// Something only a person can do or decide.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The form of the answer.
    pub form: Form,
    /// What is asked, in plain sentences; may have several lines.
    pub text: String,
    /// What to show beside it: a label and a value.
    pub show: Vec<(String, Value)>,
    /// For a scripted operator: what the task is, by word, and its parameters. Never a secret.
    pub task: Value,
    /// Which asking this is, from 1; a question is asked again after an answer that did not serve.
    pub round: u32,
}

/// The form of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// This exact text is to be typed; valid for five minutes.
    Type(String),
    /// The person says that something is done, and may leave a note.
    Done,
    /// The path of a file is to be given.
    Path,
    /// One of these words is to be chosen.
    Choice(Vec<String>),
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What was typed, chosen or given.
    pub text: String,
    /// A note the person left; may be empty.
    pub note: String,
    /// Who answered.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Further values, by name.
    pub fields: Map,
}
