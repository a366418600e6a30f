//! The simulated machine: what its programs do, how often they are executed, and what outlives what.

use std::path::Path;
use std::time::Duration;
use surefoot::base::{Digest, Secret, Timestamp};
use surefoot::port::{CommandResult, CommandSpec, CommandStatus};
use surefoot::simulate::machine::{CommandScript, ScriptedCommand, SimMachine};

const SPAN: Duration = Duration::from_secs(30);

fn at(secs: u64) -> Timestamp {
    Timestamp::default().plus(Duration::from_secs(secs))
}

fn spec(argv: &[&str]) -> CommandSpec {
    CommandSpec {
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        cwd: "/".into(),
        env: Vec::new(),
        stdin: Secret::new(Vec::new()),
        timeout: Duration::from_mins(10),
        secrets: Vec::new(),
        output_limit: 4,
        effect: true,
    }
}

/// A machine on which a command was executed in each of these directories, at second 10.
fn executed(dirs: &[&str]) -> SimMachine {
    let mut machine = SimMachine::new(CommandScript::new());
    for dir in dirs {
        assert!(machine.reserve(Path::new(dir), spec(&["promote"])));
        machine.execute(Path::new(dir), at(10), SPAN);
    }
    machine
}

fn result(status: CommandStatus) -> CommandResult {
    match status {
        CommandStatus::Exited(result) => result,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_program_does_what_the_script_says() {
    let dump = ScriptedCommand {
        exit_code: 3,
        stdout: "0123456789".to_owned(),
        span: Some(Duration::from_secs(5)),
        looks_for: None,
        until_then: None,
        ..ScriptedCommand::default()
    };
    let mut machine = SimMachine::new([(spec(&["dump", "-a"]).argv, dump)].into_iter().collect());
    let dir = Path::new("/a");
    assert_eq!(machine.status(dir, at(0)), CommandStatus::NeverStarted);
    assert!(machine.reserve(dir, spec(&["dump", "-a"])));
    assert!(!machine.reserve(dir, spec(&["dump", "-a"])), "it serves once");
    assert_eq!(machine.status(dir, at(9)), CommandStatus::Running);
    machine.execute(dir, at(10), SPAN);
    assert_eq!(machine.status(dir, at(14)), CommandStatus::Running);
    let ended = result(machine.status(dir, at(15)));
    assert_eq!((ended.exit_code, ended.started_at, ended.ended_at), (Some(3), at(10), at(15)));
    assert_eq!((ended.stdout.len, ended.stdout.kept, ended.stdout.sha256), (10, 4, Digest::of(b"0123456789")));
    assert_eq!(machine.stdout(dir), b"0123");
    assert!(machine.reserve(Path::new("/b"), spec(&["dump"])));
    machine.execute(Path::new("/b"), at(10), SPAN);
    assert_eq!(result(machine.status(Path::new("/b"), at(40))).exit_code, Some(0), "what is not in the script");
}

#[test]
fn what_ends_a_program_before_its_time() {
    let dir = Path::new("/a");
    let mut machine = SimMachine::new(CommandScript::new());
    machine.reserve(dir, CommandSpec { timeout: Duration::from_secs(20), ..spec(&["long"]) });
    machine.execute(dir, at(10), SPAN);
    let ended = result(machine.status(dir, at(30)));
    assert!(ended.timed_out && ended.exit_code.is_none() && ended.signal.is_some(), "{ended:?}");
    let mut machine = executed(&["/a"]);
    machine.stop(dir, at(12), Duration::from_secs(10));
    let ended = result(machine.status(dir, at(22)));
    assert!(ended.stopped && ended.ended_at == at(22) && ended.exit_code.is_none(), "{ended:?}");
    assert_eq!(machine.executions(dir), 1);
}

#[test]
fn a_killed_shim_and_a_power_loss_leave_a_doubt() {
    let dir = Path::new("/a");
    let lost = |still_running| CommandStatus::Lost { still_running: Some(still_running) };
    let mut machine = executed(&["/a"]);
    machine.kill_shim(dir, at(20));
    assert_eq!((machine.status(dir, at(20)), machine.status(dir, at(40))), (lost(true), lost(false)));
    let mut machine = executed(&["/a"]);
    machine.lose_power(at(20));
    assert_eq!(machine.status(dir, at(20)), lost(false));
    let mut machine = executed(&["/a"]);
    machine.lose_power(at(40));
    assert_eq!(result(machine.status(dir, at(41))).exit_code, Some(0), "it had ended before");
    let mut machine = SimMachine::new(CommandScript::new());
    machine.reserve(dir, spec(&["promote"]));
    machine.lose_power(at(5));
    machine.execute(dir, at(10), SPAN);
    assert_eq!((machine.status(dir, at(10)), machine.executions(dir)), (CommandStatus::NeverStarted, 0));
}

/// What is said of the executions of a machine.
fn repeated(machine: &SimMachine) -> Vec<&str> {
    machine.repeated().iter().map(|one| one.what.as_str()).collect()
}

#[test]
fn what_is_executed_again_in_doubt_is_seen() {
    assert_eq!(repeated(&executed(&["/a"])), [""; 0]);
    let machine = executed(&["/a", "/b"]);
    let wrong = repeated(&machine);
    assert!(wrong[0].contains("`RUN promote` of /a was executed again in /b"), "{wrong:?}");
    // Whoever knows how it ended may do it once more.
    let mut machine = executed(&["/a"]);
    assert!(machine.reserve(Path::new("/b"), spec(&["promote"])));
    machine.execute(Path::new("/b"), at(40), SPAN);
    assert_eq!(repeated(&machine), [""; 0]);
    // So may whoever only reads.
    let mut machine = SimMachine::new(CommandScript::new());
    for dir in ["/a", "/b"] {
        machine.reserve(Path::new(dir), CommandSpec { effect: false, ..spec(&["look"]) });
        machine.execute(Path::new(dir), at(10), SPAN);
    }
    assert_eq!(repeated(&machine), [""; 0]);
}

/// Executes `promote` in `/b` at second 100, after this befell its execution in `/a`; what is wrong with that.
fn again_after(befalls: impl Fn(&mut SimMachine)) -> usize {
    let mut machine = executed(&["/a"]);
    befalls(&mut machine);
    machine.reserve(Path::new("/b"), spec(&["promote"]));
    machine.execute(Path::new("/b"), at(100), SPAN);
    repeated(&machine).len()
}

#[test]
fn whoever_has_looked_may_execute_again_what_has_done_nothing() {
    let dir = Path::new("/a");
    assert_eq!(again_after(|machine| machine.lose_power(at(20))), 1, "nobody has looked");
    let looked = |at_second: u64| {
        again_after(move |machine| {
            machine.look(at(15));
            machine.lose_power(at(20));
            machine.look(at(at_second));
        })
    };
    assert_eq!((looked(20), looked(60)), (0, 0));
    // It went on without its shim, and did what it was executed for.
    let orphaned = again_after(|machine| {
        machine.kill_shim(dir, at(20));
        machine.look(at(60));
    });
    assert_eq!(orphaned, 1);
}

#[test]
fn a_program_that_looks_sees_what_another_has_done() {
    let promoted = ScriptedCommand { looks_for: Some(spec(&["promote"]).argv), ..ScriptedCommand::default() };
    let seen = |second: u64, befalls: fn(&mut SimMachine)| {
        let script = [(spec(&["promoted"]).argv, promoted.clone())].into_iter().collect();
        let mut machine = SimMachine::new(script);
        machine.reserve(Path::new("/a"), spec(&["promote"]));
        machine.execute(Path::new("/a"), at(10), SPAN);
        befalls(&mut machine);
        let look = Path::new("/look");
        machine.reserve(look, CommandSpec { effect: false, ..spec(&["promoted"]) });
        machine.execute(look, at(second), Duration::from_secs(1));
        let took = machine.took_effect("RUN promote");
        (result(machine.status(look, at(500))).exit_code, took)
    };
    assert_eq!(seen(39, |_| ()), (Some(1), None), "it runs");
    assert_eq!(seen(40, |_| ()), (Some(0), Some(1)));
    assert_eq!(seen(60, |machine| machine.kill_shim(Path::new("/a"), at(20))), (Some(0), Some(1)));
    assert_eq!(seen(60, |machine| machine.lose_power(at(20))), (Some(1), Some(0)));
    assert_eq!(seen(60, |machine| machine.stop(Path::new("/a"), at(15), Duration::from_secs(10))), (Some(1), Some(0)));
}
