//! One execution of a command: started in a directory of its own, waited for, and read from what it has left.

use crate::base::{Digest, Map, Secret, Value, escape, parse_duration, truncate};
use crate::engine::call::{Call, CallError, ErrorClass, Outcome, Reply};
use crate::engine::command::Act;
use crate::kinds::task::{Task, check, done, prepared, settled};
use crate::port::{Captured, CommandResult, CommandSpec, CommandStatus, StartError};
use serde_json::json;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest text that is kept of what a look wrote, in bytes.
const READ_MAX: u64 = 64 << 10;
/// The longest text that is kept of what an effect wrote, whose record must be possible whatever it holds.
const EFFECT_MAX: u64 = 12 << 10;
/// How long a look may take.
const LOOK_MAX: Duration = Duration::from_mins(5);

pub(super) async fn perform(task: &Task<'_>) -> Result<Reply, CallError> {
    match &task.command.act {
        Act::Read(Call::Read | Call::Recheck) => look(task).await,
        Act::Read(Call::Settle) => receipt(task).await,
        Act::Prepare(Call::Run) => {
            let spec = spec(task, true, limit(task)?)?;
            let target = task.text_or_none("subject")?.map_or_else(|| spec.request(), str::to_owned);
            Ok(prepared(target, spec.request(), Digest::of(&spec.identity()), Value::Null))
        }
        Act::Send(intent) if intent.call == Call::Run => {
            let spec = spec(task, true, limit(task)?)?;
            task.as_announced(Digest::of(&spec.identity()))?;
            run(task, spec, &directory(task, &intent.attempt.to_string())).await
        }
        _ => Err(task.unknown()),
    }
}

/// How long the protocol lets it take: the time-out of the step.
fn limit(task: &Task<'_>) -> Result<Duration, CallError> {
    parse_duration(task.added_text("timeout")?)
        .map_err(|error| task.wrong(&format!("the protocol's `timeout`: {error}")))
}

/// Where an execution leaves what it has to tell.
fn directory(task: &Task<'_>, which: &str) -> PathBuf {
    task.context.run.dir.join("commands").join(format!("{}-{which}", task.command.step))
}

fn spec(task: &Task<'_>, effect: bool, timeout: Duration) -> Result<CommandSpec, CallError> {
    let word = |word: &Value| match word {
        Value::String(text) if !text.contains('\0') => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let argv: Option<Vec<String>> = task.list("argv").iter().map(word).collect();
    let argv = argv.filter(|argv| argv.first().is_some_and(|program| !program.is_empty()));
    let argv = argv.ok_or_else(|| task.wrong("`argv` is a list of texts that begins with the program"))?;
    let mut env = Vec::new();
    if task.maybe("env").is_some() {
        for (name, value) in task.map("env")?.iter().filter(|(_, value)| !value.is_null()) {
            if name.is_empty() || name.contains(['=', '\0']) {
                return Err(task.wrong(&format!("`env` cannot have a variable {:?}", escape(name))));
            }
            env.push((name.clone(), task.secret_text(value)?));
        }
    }
    let stdin = task.maybe("stdin").map(|value| task.secret_text(value)).transpose()?;
    let stdin = stdin.map(|text| text.expose().as_bytes().to_vec()).unwrap_or_default();
    // Once the program was executed it would be too late to say that nobody can judge how it ends.
    expected(task)?;
    Ok(CommandSpec {
        argv,
        cwd: task.maybe("cwd").map(|_| task.path("cwd")).transpose()?.unwrap_or_else(|| task.context.run.cwd.clone()),
        env,
        stdin: Secret::new(stdin),
        timeout,
        secrets: task.context.vault.texts(),
        output_limit: task.size("max_output")?.unwrap_or_default(),
        effect,
    })
}

/// Starts the command that was announced, and waits for its end.
async fn run(task: &Task<'_>, spec: CommandSpec, dir: &Path) -> Result<Reply, CallError> {
    task.doing(&spec.request());
    let lost = |why: String| Ok(settled(Outcome::Unknown, Value::Null, Some(CallError::new(ErrorClass::Local, why))));
    let commands = &task.ports().commands;
    match commands.start(spec, dir.to_owned()).await {
        Ok(()) => {}
        Err(StartError::NotStarted(why)) => return Err(not_started(task, &why)),
        Err(StartError::Unknown(why)) => return lost(why),
    }
    match commands.wait(dir).await {
        Ok(CommandStatus::Exited(result)) => {
            Ok(settled(Outcome::Applied, Value::Object(output(task, dir, &result, EFFECT_MAX)?), None))
        }
        Ok(CommandStatus::NeverStarted) => Err(not_started(task, "it was given up before it was started")),
        Ok(CommandStatus::Running) => lost("it is still running".to_owned()),
        Ok(CommandStatus::Lost { .. }) => lost("what watches it is gone, and nobody knows how it ended".to_owned()),
        Err(error) => lost(format!("what it has left cannot be read: {error}")),
    }
}

fn not_started(task: &Task<'_>, why: &str) -> CallError {
    CallError::new(ErrorClass::Invalid, format!("step `{}` started nothing: {why}", task.command.step))
        .with_remedy("check the program, its permissions and the working directory")
}

/// What an earlier process has started has left: how it ended, once it has.
async fn receipt(task: &Task<'_>) -> Result<Reply, CallError> {
    let attempt = task.added("attempt").and_then(Value::as_u64);
    let attempt = attempt.ok_or_else(|| task.wrong("the protocol gave no `attempt`"))?;
    let dir = directory(task, &attempt.to_string());
    let unreadable = |error: &io::Error| {
        CallError::new(
            ErrorClass::Local,
            format!("cannot read what the command has left in {}: {error}", dir.display()),
        )
    };
    task.doing("waits for the end of the command");
    Ok(Reply::Found(match task.ports().commands.wait(&dir).await.map_err(|error| unreadable(&error))? {
        CommandStatus::Exited(result) => json!({"state": "exited", "output": output(task, &dir, &result, EFFECT_MAX)?}),
        CommandStatus::NeverStarted => json!({"state": "never"}),
        CommandStatus::Running | CommandStatus::Lost { still_running: Some(true) } => json!({"state": "running"}),
        CommandStatus::Lost { .. } => json!({"state": "lost"}),
    }))
}

/// Runs a command that changes nothing, for a probe or a last look.
async fn look(task: &Task<'_>) -> Result<Reply, CallError> {
    let spec = spec(task, false, LOOK_MAX)?;
    let mut random = [0; 8];
    task.ports().entropy.fill(&mut random);
    let dir = directory(task, &format!("look-{}", hex::encode(random)));
    let outside = |why: String| CallError::new(ErrorClass::Outside, why);
    match task.ports().commands.start(spec, dir.clone()).await {
        Ok(()) => {}
        Err(StartError::NotStarted(why)) => return Err(not_started(task, &why)),
        Err(StartError::Unknown(why)) => return Err(outside(why)),
    }
    match task.ports().commands.wait(&dir).await {
        Ok(CommandStatus::Exited(result)) => {
            let output = output(task, &dir, &result, READ_MAX)?;
            match output.get("problem").and_then(Value::as_str) {
                Some(problem) => Err(check(problem)),
                None => Ok(done(output)),
            }
        }
        Ok(_) => Err(outside("the look was ended before it told anything".to_owned())),
        Err(error) => Err(outside(format!("what the look has left cannot be read: {error}"))),
    }
}

/// How a command ended, in the form of the outputs; with a `problem` where that is not as expected.
fn output(task: &Task<'_>, dir: &Path, result: &CommandResult, limit: u64) -> Result<Map, CallError> {
    let stdout = text_of(task, dir, &result.stdout, limit);
    let stderr = text_of(task, dir, &result.stderr, limit);
    let mut output = Map::from_iter([
        ("exit_code".to_owned(), result.exit_code.into()),
        ("signal".to_owned(), result.signal.into()),
        ("timed_out".to_owned(), result.timed_out.into()),
        ("left_running".to_owned(), result.left_running.into()),
        ("started_at".to_owned(), result.started_at.to_string().into()),
        ("ended_at".to_owned(), result.ended_at.to_string().into()),
        ("stderr".to_owned(), stderr.as_deref().into()),
    ]);
    for (name, captured) in [("stdout", &result.stdout), ("stderr", &result.stderr)] {
        output.insert(format!("{name}_file"), dir.join(&captured.file).display().to_string().into());
        output.insert(format!("{name}_size"), captured.len.into());
        output.insert(format!("{name}_sha256"), captured.sha256.to_string().into());
    }
    let mut problem = unexpected(task, result, stderr.as_deref())?;
    if task.text("parse")? == "json" {
        match stdout.as_deref().map(serde_json::from_str::<Value>) {
            Some(Ok(value)) => drop(output.insert("json".to_owned(), value)),
            Some(Err(error)) => problem = problem.or_else(|| Some(format!("what it wrote is not JSON: {error}"))),
            None => problem = problem.or_else(|| Some(format!("what it wrote is no text of at most {limit} bytes"))),
        }
    } else {
        output.insert("stdout".to_owned(), stdout.into());
    }
    if let Some(problem) = problem {
        output.insert("problem".to_owned(), problem.into());
    }
    Ok(output)
}

/// A short text that a command wrote.
fn text_of(task: &Task<'_>, dir: &Path, captured: &Captured, limit: u64) -> Option<String> {
    if captured.len > limit || captured.kept < captured.len {
        return None;
    }
    let bytes = task.ports().disk.read(&dir.join(&captured.file), limit).ok()?;
    String::from_utf8(bytes).ok()
}

/// The exit codes that mean success.
fn expected(task: &Task<'_>) -> Result<Vec<i32>, CallError> {
    let code = |value: &Value| value.as_i64().and_then(|code| i32::try_from(code).ok());
    if task.maybe("expect").is_none() {
        return Ok(vec![0]);
    }
    let expect = task.map("expect")?;
    if let Some(other) = expect.keys().find(|name| *name != "exit_code") {
        return Err(task.wrong(&format!("`expect` has no `{}`; it has `exit_code`", escape(other))));
    }
    let codes: Option<Vec<i32>> = match expect.get("exit_code") {
        Some(Value::Array(items)) => items.iter().map(code).collect(),
        Some(one) => code(one).map(|one| vec![one]),
        None => Some(vec![0]),
    };
    codes.ok_or_else(|| task.wrong("`expect.exit_code` is a list of exit codes, `[0, 1]`"))
}

/// Why the end of a command is not the one that is expected.
fn unexpected(task: &Task<'_>, result: &CommandResult, stderr: Option<&str>) -> Result<Option<String>, CallError> {
    let expected = expected(task)?;
    let program = task.list("argv").first().and_then(Value::as_str).map(escape).unwrap_or_default();
    let how = match (result.exit_code, result.signal) {
        _ if result.timed_out => "was ended because its time was over".to_owned(),
        _ if result.stopped => "was ended because somebody asked for it".to_owned(),
        (Some(code), _) if expected.contains(&code) => return Ok(None),
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended, and nobody knows how".to_owned(),
    };
    let last = stderr.and_then(|text| text.lines().rfind(|line| !line.trim().is_empty()));
    let mut why = match last {
        Some(line) => format!("`{program}` {how}: {}", escape(line)),
        None => format!("`{program}` {how}"),
    };
    truncate(&mut why);
    Ok(Some(why))
}
