//! The person at the terminal of a driver under test.

use crate::support::events::START;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use surefoot::base::{Actor, Map, Timestamp};
use surefoot::engine::question::{Answer, Question};
use surefoot::port::{Async, Operator, OperatorError};

#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Answers,
    Away,
    Thinks,
}

pub(super) struct Person {
    mood: Mutex<Mood>,
    asked: Arc<AtomicUsize>,
}

impl Person {
    pub(super) fn new() -> Self {
        Self { mood: Mutex::new(Mood::Answers), asked: Arc::default() }
    }

    pub(super) fn leave(&self) {
        *self.mood.lock().unwrap() = Mood::Away;
    }

    /// From now on nothing is answered; what is returned is over once something has been asked.
    pub(super) fn think_for_ever(&self) -> Async<'static, ()> {
        *self.mood.lock().unwrap() = Mood::Thinks;
        let asked = Arc::clone(&self.asked);
        Box::pin(std::future::poll_fn(move |context| {
            context.waker().wake_by_ref();
            if asked.load(Ordering::SeqCst) > 0 { Poll::Ready(()) } else { Poll::Pending }
        }))
    }
}

impl Operator for Person {
    fn ask<'a>(&'a self, _step: &'a str, _question: &'a Question) -> Async<'a, Result<Answer, OperatorError>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match *self.mood.lock().unwrap() {
            Mood::Away => Box::pin(std::future::ready(Err(OperatorError::Absent("nobody is here".to_owned())))),
            Mood::Thinks => Box::pin(std::future::pending()),
            Mood::Answers => Box::pin(async move {
                let (by, at) = (Actor::Engine, Timestamp::from_micros(START));
                Ok(Answer { text: "done".to_owned(), note: String::new(), by, at, fields: Map::new() })
            }),
        }
    }
}
