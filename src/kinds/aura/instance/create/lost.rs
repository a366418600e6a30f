//! What happens to an instance of ours whose one-time password was lost with its answer: the operator's choice
//! (docs/effects.md, "Lost password").
//!
//! `replace` deletes it, provably ours and empty, and creates another. `ask` asks a person. `adopt` keeps it: its
//! password is set by hand, written into the password file by hand, and read and sealed from there.

use crate::base::{Map, Timestamp, Value};
use crate::engine::call::Call;
use crate::engine::history::{Attempt, Probe};
use crate::engine::protocol::asking::asking;
use crate::engine::protocol::effect::{ROUNDS, hold};
use crate::engine::protocol::values::{declared, field, flag, map};
use crate::engine::protocol::{Context, Next, SETTLE_EVERY};
use crate::engine::question::{Form, Question};
use crate::kinds::aura::instance::create::choice::{Choice, choice};
use crate::kinds::aura::instance::create::naming::rename;
use crate::kinds::aura::instance::create::orphan::{replace, unlisted};
use serde_json::json;

/// What comes next for an instance whose password is lost.
pub(in crate::kinds) fn settle(context: &Context<'_>, attempt: &Attempt, id: &str) -> Next {
    if let Some(next) = asking(context) {
        return next;
    }
    match choice(context.with, context.history, attempt.intent.attempt) {
        Choice::Replace => replace(context, attempt, id),
        Choice::Adopt => adopt(context, attempt, id),
        Choice::Open(Some(session)) if session == context.session => hold(
            format!("the password of instance {id} is lost, and nobody has decided what to do with it"),
            "`surefoot resume` asks again",
        ),
        Choice::Open(_) => Next::Ask(decision(context, attempt, id)),
    }
}

/// What comes next, in the last sweep, for a late arrival that only a person may delete.
pub(in crate::kinds) fn leave(context: &Context<'_>, id: &str) -> Next {
    let seen = context.history.probes.iter().rev().find(|probe| is_look(probe, id));
    match seen.filter(|probe| probe.session == context.session) {
        Some(probe) if flag(&probe.found, "present") => hold(
            format!("instance {id} arrived late; nobody knows its password, and only a person may delete it"),
            "delete it in the console, then `surefoot resume`",
        ),
        last => unlisted(context).unwrap_or_else(|| look(context, id, last)),
    }
}

fn decision(context: &Context<'_>, attempt: &Attempt, id: &str) -> Question {
    let number = attempt.intent.attempt;
    let text = format!(
        "{} (attempt {number}) has left an instance whose only password is lost: {id}, named {}.\n\
         replace: delete it, after a look that shows that it is ours, and create another.\n\
         adopt: keep it; you set its password in the console and write it into {}.\n\
         stop: leave it as it is.",
        attempt.intent.request,
        attempt.intent.target,
        password_file(context),
    );
    Question {
        form: Form::Choice(["replace", "adopt", "stop"].map(str::to_owned).to_vec()),
        text,
        show: Vec::new(),
        task: json!({"task": "lost-secret", "attempt": number, "instance_id": id}),
        round: context.history.next_round(),
    }
}

/// Keeps it: waits until it runs, gives it its name, and has its password set by hand.
fn adopt(context: &Context<'_>, attempt: &Attempt, id: &str) -> Next {
    let mut looks = context.history.probes.iter().rev().filter(|probe| is_look(probe, id));
    let Some(seen) = looks.next().filter(|seen| field(&seen.found, "status").eq_ignore_ascii_case("running")) else {
        return look(context, id, context.history.probes.iter().rev().find(|probe| is_look(probe, id)));
    };
    let name = context.with.get("name").and_then(Value::as_str);
    if let Some(next) = name.and_then(|name| rename(context, id, name)) {
        return next;
    }
    let read = context.history.last_probe(Call::Read).filter(|probe| field(&probe.found, "id") == id);
    if let Some(read) = read.filter(|read| flag(&read.found, "ok")) {
        return Next::Succeed { output: output(context, attempt, seen, read), evidence: Vec::new() };
    }
    let number = attempt.intent.attempt;
    let answered = context.history.asked_about("adopt", number).next_back().and_then(|asked| asked.answer.as_ref());
    if answered.is_some_and(|(seq, _)| read.is_none_or(|read| read.seq < *seq)) {
        let input = json!({"id": id, "attempt": number, "url": seen.found.get("connection_url")});
        return Next::read(Call::Read, context.history.wait_until.unwrap_or_default(), input);
    }
    let problem = read.map(|read| field(&read.found, "problem"));
    let rounds = context.history.asked_about("adopt", number).filter(|asked| asked.session == context.session).count();
    if rounds >= ROUNDS {
        return hold(
            format!("the password of instance {id} was not found: {}", problem.unwrap_or_default()),
            "set it and write it into the file, then `surefoot resume`",
        );
    }
    Next::Ask(by_hand(context, number, id, problem))
}

fn by_hand(context: &Context<'_>, attempt: u32, id: &str, problem: Option<&str>) -> Question {
    let path = password_file(context);
    let problem = problem.map(|problem| format!("That was not it: {problem}\n")).unwrap_or_default();
    let text = format!(
        "{problem}The password of instance {id} is lost, and the instance is kept.\n\
         Set a new password for it in the console, and write it into {path} with mode 0600, as a line\n\
         NEO4J_PASSWORD='the password'\n\
         and, where the user is not neo4j, a line NEO4J_USERNAME=the name: new instances name it by their id.\n\
         Then say that it is done."
    );
    Question {
        form: Form::Done,
        text,
        show: Vec::new(),
        task: json!({"task": "adopt", "attempt": attempt, "instance_id": id, "path": path}),
        round: context.history.next_round(),
    }
}

fn output(context: &Context<'_>, attempt: &Attempt, seen: &Probe, read: &Probe) -> Map {
    let mut output = declared(context, &seen.found);
    output.extend(map([
        ("id", read.found.get("id").cloned().unwrap_or_default()),
        ("password_file", read.found.get("path").cloned().unwrap_or_default()),
        ("credentials", json!({"$secret": format!("steps.{}.credentials", context.step.id)})),
        ("attempts", json!(attempt.intent.attempt)),
    ]));
    if let Some(name) = context.with.get("name").filter(|name| name.is_string()) {
        output.insert("name".to_owned(), name.clone());
    }
    output
}

fn password_file<'a>(context: &Context<'a>) -> &'a str {
    crate::engine::protocol::values::text(context, "password_file")
}

fn is_look(probe: &Probe, id: &str) -> bool {
    probe.call == Call::Probe && field(&probe.found, "id") == id
}

fn look(context: &Context<'_>, id: &str, last: Option<&Probe>) -> Next {
    let at = last.map_or(Timestamp::default(), |probe| probe.at.plus(SETTLE_EVERY));
    Next::read(Call::Probe, at.max(context.history.wait_until.unwrap_or_default()), json!({"id": id}))
}
