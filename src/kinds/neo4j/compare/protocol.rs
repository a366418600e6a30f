//! `neo4j.compare`: two countings are one computation, an instance is counted until it equals one.

use crate::base::{Timestamp, Value};
use crate::engine::call::{Call, CallError, ErrorClass};
use crate::engine::history::Probe;
use crate::engine::protocol::asking::asking;
use crate::engine::protocol::effect::hold;
use crate::engine::protocol::poll::{again, agree, once_more, pause};
use crate::engine::protocol::single::read;
use crate::engine::protocol::values::{declared, duration, flag, text};
use crate::engine::protocol::{Context, Next};
use crate::engine::question::{Form, Question};
use crate::kinds::aura::instance::common::has_failed;
use serde_json::json;

/// What comes next: two countings are one computation, an instance is counted until it equals one.
pub(super) fn next(context: &Context<'_>) -> Next {
    let is_null = |name: &str| context.with.get(name).is_none_or(Value::is_null);
    if !is_null("after") {
        return read(context);
    }
    if let Some(next) = asking(context) {
        return next;
    }
    let Some(last) = context.history.last_probe(Call::Poll) else {
        return again(context, Timestamp::default());
    };
    if let Some(next) = judged(context, last) {
        return next;
    }
    let is_equal = |probe: &Probe| flag(&probe.found, "equal");
    let is_uncounted = last.found.get("compared") == Some(&Value::Bool(false));
    if is_equal(last) && !is_uncounted && !agree(context, is_equal) {
        return once_more(context, last);
    }
    if is_equal(last) || is_uncounted {
        return Next::Succeed { output: declared(context, &last.found), evidence: Vec::new() };
    }
    let is_fresh = last.session == context.session;
    if is_fresh && has_failed(last) {
        if !agree(context, has_failed) {
            return once_more(context, last);
        }
        return hold(
            "the instance is `loading failed`: the import did not work",
            "repeat the import in the console, then `surefoot resume`",
        );
    }
    let over = context.since.plus(context.idle).plus(duration(context, "within"));
    if is_fresh && last.at >= over {
        return differs(context, last);
    }
    again(context, last.at.plus(pause(context, last)).min(over.max(last.at)))
}

/// The counts differ, and there is no more time to wait: the step fails, or a person says whether that is right.
fn differs(context: &Context<'_>, last: &Probe) -> Next {
    let differences = last.found.get("differences").cloned().unwrap_or_default();
    let told = format!("the counts still differ after {}: {differences}", text(context, "within"));
    if text(context, "on_difference") != "ask" {
        let remedy = format!(
            "finish or repeat the import, then `surefoot resume`; where the difference is right, \
             `surefoot resume --set {}.on_difference=ask` lets a person accept it",
            context.step.id
        );
        return Next::Fail(CallError::new(ErrorClass::Check, told).with_remedy(remedy));
    }
    Next::Ask(Question {
        form: Form::Choice(vec!["accept".to_owned(), "stop".to_owned()]),
        text: format!("{told}\naccept: that is right, continue.\nstop: it is not; the step is held."),
        show: Vec::new(),
        task: json!({"task": "deviation", "fields": differences}),
        round: context.history.next_round(),
    })
}

/// What follows from what a person said about the differences that were seen last.
fn judged(context: &Context<'_>, last: &Probe) -> Option<Next> {
    let (_, answer) = context.history.last_answer().filter(|(seq, _)| *seq > last.seq)?;
    if answer.text == "accept" {
        let mut output = declared(context, &last.found);
        output.insert("acknowledged_by".to_owned(), json!(answer.by.to_string()));
        return Some(Next::Succeed { output, evidence: Vec::new() });
    }
    let held = || hold("the differences were not accepted", "finish or repeat the import, then `surefoot resume`");
    (last.session == context.session).then(held)
}
