//! Commands that end badly, or write what nobody expects.

use super::book::{attempt, folder, is_alive, kill, lines, run_dir, script, step, until};
use crate::support::binary::Folder;
use serde_json::{Value, json};
use std::time::Duration;
use surefoot::base::{Digest, Hasher};

/// How much a command writes that writes too much, in bytes.
const FLOOD: u64 = 300 << 20;
/// How much memory may stand behind it, in KiB. The binary of a debug build alone takes some 40 MiB.
const MEMORY_MAX: u64 = 128 << 10;

/// The same script as a step that changes nothing: its failure is no doubt.
fn reading(text: &str, with: &str, keys: &str) -> Folder {
    folder(&script(text, with, keys).replace("effect: undoable", "effect: none"))
}

#[test]
fn an_exit_code_that_is_not_expected_is_a_doubt_where_something_may_have_changed() {
    let text = "echo start >> ran; echo half done; echo 'disk full' >&2; exit 4";
    let folder = folder(&script(text, "", ""));
    let why = "`sh` ended with exit code 4: disk full";
    folder.call(&["run", "book.yaml"]).exit(9).says(why).says("surefoot resolve");
    folder.call(&["resume"]).exit(9);
    assert_eq!(lines(&folder, "ran"), ["start"]);
    let run = folder.run_id().unwrap();
    folder.call(&["resolve", &run, "work", "applied", "--because", "enough was done"]).exit(0);
    folder.call(&["resume"]).exit(0);
    assert_eq!(step(&folder)["output"]["exit_code"], 4);
    assert_eq!(lines(&folder, "ran"), ["start"]);
    let reading = reading(text, "", "");
    reading.call(&["run", "book.yaml"]).exit(1).says(why);
    assert_eq!(lines(&reading, "ran"), ["start"]);
}

#[test]
fn a_signal_is_told() {
    let folder = reading("kill -SEGV $$", "", "");
    folder.call(&["run", "book.yaml"]).exit(1).says("`sh` was ended by signal 11");
    let settled = folder.records("call.settled");
    assert_eq!(settled[0]["output"]["exit_code"], Value::Null);
    assert_eq!(settled[0]["output"]["signal"], 11);
}

#[test]
fn one_that_ignores_sigterm_is_killed_after_its_time() {
    let text = "trap '' TERM; sleep 600 & echo $! > child; echo start >> ran; while :; do sleep 0.2; done";
    let folder = reading(text, "", "timeout: 1s");
    folder.call(&["run", "book.yaml"]).exit(1).says("`sh` was ended because its time was over");
    let output = folder.records("call.settled")[0]["output"].clone();
    assert_eq!((&output["timed_out"], &output["signal"]), (&true.into(), &9.into()), "{output:#}");
    let child = lines(&folder, "child")[0].parse().unwrap();
    until("the end of its child", || (!is_alive(child)).then_some(()));
    assert_eq!(lines(&folder, "ran"), ["start"]);
}

#[test]
fn one_that_ends_at_sigterm_is_not_killed() {
    let text = "trap 'echo asked; exit 5' TERM; echo start >> ran; while :; do sleep 0.05; done";
    let folder = folder(&script(text, "", "timeout: 1s"));
    folder.call(&["run", "book.yaml"]).exit(9).says("`sh` was ended because its time was over");
    let output = folder.records("call.settled")[0]["output"].clone();
    let told = (&output["timed_out"], &output["exit_code"], &output["stdout"]);
    assert_eq!(told, (&true.into(), &5.into(), &"asked\n".into()), "{output:#}");
    folder.call(&["resume"]).exit(9);
    assert_eq!(lines(&folder, "ran"), ["start"]);
}

#[test]
fn its_time_passes_while_surefoot_is_dead() {
    let folder = reading("echo start >> ran; exec sleep 600", "", "timeout: 2s");
    let mut process = folder.spawn(&["run", "book.yaml"]);
    until("a start", || (lines(&folder, "ran").len() == 1).then_some(()));
    process.kill().unwrap();
    process.wait().unwrap();
    until("the end of the program", || {
        let state = std::fs::read_to_string(attempt(&folder, 1).join("state.json")).ok()?;
        state.contains(r#""timed_out":true"#).then_some(())
    });
    assert_eq!(lines(&folder, "ran"), ["start"]);
}

#[test]
fn what_it_leaves_behind_is_told_and_left_alone() {
    let folder = folder(&script("sleep 600 & echo $! > child; echo x", "", ""));
    folder.call(&["run", "book.yaml"]).exit(0);
    let step = step(&folder);
    assert_eq!((&step["output"]["left_running"], &step["output"]["stdout"]), (&true.into(), &"x\n".into()));
    let child = lines(&folder, "child")[0].parse().unwrap();
    assert!(is_alive(child));
    kill(child);
}

#[test]
fn bytes_that_are_no_text_are_kept_and_digested() {
    let folder = folder(&script("printf '\\000\\377\\376a'; printf '\\200' >&2", "", ""));
    folder.call(&["run", "book.yaml"]).exit(0);
    let output = step(&folder)["output"].clone();
    assert_eq!((&output["stdout"], &output["stderr"]), (&Value::Null, &Value::Null));
    assert_eq!((&output["stdout_size"], &output["stderr_size"]), (&4.into(), &1.into()));
    let bytes = b"\0\xff\xfea";
    assert_eq!(output["stdout_sha256"], Digest::of(bytes).to_string());
    assert_eq!(std::fs::read(output["stdout_file"].as_str().unwrap()).unwrap(), bytes);
}

#[test]
fn json_is_an_output_and_what_is_none_is_told() {
    let book = |text: &str| script(text, "parse: json", "");
    let good = folder(&book("echo '{\"role\": \"primary\"}'"));
    good.call(&["run", "book.yaml"]).exit(0);
    assert_eq!(step(&good)["output"]["json"], json!({"role": "primary"}));
    let bad = folder(&book("echo start >> ran; echo '{\"role\": '"));
    bad.call(&["run", "book.yaml"]).exit(9).says("what it wrote is not JSON");
    bad.call(&["resume"]).exit(9);
    assert_eq!(lines(&bad, "ran"), ["start"]);
}

/// The most memory that a process has had, in KiB.
fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}

#[test]
fn one_that_writes_without_end_costs_neither_memory_nor_disk() {
    let text = format!("yes | head -c {FLOOD}; echo done >&2");
    let folder = folder(&script(&text, "max_output: 64KiB", ""));
    let mut process = folder.spawn(&["run", "book.yaml"]);
    let shim = until("a shim", || {
        let state = std::fs::read(run_dir(&folder)?.join("commands/work-1/state.json")).ok()?;
        let state: Value = serde_json::from_slice(&state).ok()?;
        u32::try_from(state["shim"].as_u64()?).ok()
    });
    let mut peaks = [0; 2];
    while process.try_wait().unwrap().is_none() {
        for (most, pid) in peaks.iter_mut().zip([process.id(), shim]) {
            *most = peak(pid).unwrap_or_default().max(*most);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(process.wait().unwrap().success());
    assert!(peaks.iter().all(|peak| (1..MEMORY_MAX).contains(peak)), "{peaks:?} KiB");
    let output = step(&folder)["output"].clone();
    let mut hasher = Hasher::new();
    let piece = "y\n".repeat(1 << 15);
    (0..FLOOD / piece.len() as u64).for_each(|_| hasher.update(piece.as_bytes()));
    assert_eq!((&output["stdout_size"], &output["stdout"]), (&FLOOD.into(), &Value::Null));
    assert_eq!(output["stdout_sha256"], hasher.finish().to_string());
    let kept = std::fs::metadata(output["stdout_file"].as_str().unwrap()).unwrap().len();
    assert_eq!((kept, &output["stderr"]), (64 << 10, &"done\n".into()));
}
