//! Commands of a machine, rehearsed: executed once, and their ends believed, whatever befalls the run.

use super::assert_sound;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use surefoot::base::Map;
use surefoot::runbook::{Inputs, compile};
use surefoot::simulate::machine::{CommandScript, ScriptedCommand};
use surefoot::simulate::{
    Ending, Event, Fault, Fired, Odds, SimConfig, TrialResult, Workload, calm, campaign, crash_everywhere, rehearse,
    seeded,
};
use surefoot::twin::Scenario;

const SOURCE: &str = r#"
runbook: promoting
version: 1.0.0
steps:
  - id: before
    uses: command
    effect: none
    with: {argv: [role, db], parse: json}
  - id: promote
    uses: command
    needs: [before]
    effect: undoable
    with: {argv: [promote, db, --from, "{{ steps.before.json.role }}"]}
    probe:
      uses: command
      with: {argv: [promoted, db], expect: {exit_code: [0, 1]}}
      applied: "{{ probe.exit_code == 0 }}"
      settle: 1m
  - id: announce
    uses: command
    needs: [promote]
    effect: undoable
    with: {argv: [announce, "{{ steps.promote.settled_by }}"], expect: {exit_code: [3]}}
outputs: {code: "{{ steps.announce.exit_code }}"}
"#;

fn argv(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

/// A database that is promoted by a command with a probe, and announced by one without.
pub(super) fn promoting() -> Workload {
    let quiet = ScriptedCommand::default;
    let promote = "promote db --from replica";
    let mut commands: CommandScript = [
        ("role db", ScriptedCommand { stdout: "{\"role\": \"replica\"}".to_owned(), ..quiet() }),
        (promote, ScriptedCommand { stdout: "promoted\n".to_owned(), ..quiet() }),
        ("promoted db", ScriptedCommand { span: Some(Duration::from_secs(1)), ..quiet() }),
    ]
    .into_iter()
    .map(|(line, scripted)| (argv(line), scripted))
    .collect();
    commands.get_mut(&argv("promoted db")).unwrap().looks_for = Some(argv(promote));
    for by in ["answer", "receipt", "probe", "operator"] {
        commands.insert(argv(&format!("announce {by}")), ScriptedCommand { exit_code: 3, ..quiet() });
    }
    let plan = compile(surefoot::kinds::catalog(), "p.yaml", SOURCE.as_bytes(), Inputs::Given(&Map::new())).unwrap();
    Workload {
        plan: Arc::new(plan),
        source: Arc::new(SOURCE.as_bytes().to_vec()),
        name: "p.yaml".to_owned(),
        scenario: Workload::lean(Scenario::default()),
        world: 1,
        commands,
    }
}

/// How the results of a step were known in these trials, and how often.
fn settled_by(results: &[TrialResult], step: &str) -> BTreeMap<String, usize> {
    let mut ways = BTreeMap::new();
    for line in results.iter().flat_map(|result| result.journal.split(|byte| *byte == b'\n')) {
        let Ok(record) = serde_json::from_slice::<serde_json::Value>(line) else { continue };
        if record["type"] == "step.succeeded" && record["data"]["step"] == step {
            let by = record["data"]["output"]["settled_by"].as_str().unwrap().to_owned();
            *ways.entry(by).or_default() += 1;
        }
    }
    ways
}

#[test]
fn a_calm_day_ends_well() {
    let result = rehearse(&promoting(), &calm(1)).unwrap();
    assert_eq!((result.ending, result.lives, &result.why), (Ending::Done, 1, &None));
    assert_eq!(result.violations, Vec::<String>::new());
    assert_eq!(settled_by(&[result], "promote"), [("answer".to_owned(), 1)].into());
}

/// A day on which much happens to processes and to what watches the commands.
fn stormy(seed: u64) -> SimConfig {
    let odds = Odds { crash: 60_000, command: 250_000, word: 150_000, person: 0, ..Odds::default() };
    SimConfig { odds: Some(odds), ..seeded(seed) }
}

#[test]
fn whatever_befalls_it_a_command_is_executed_once_and_its_end_is_believed() {
    let workload = promoting();
    let tally = campaign(&workload, 1000, |number| seeded(number as u64), 2).unwrap();
    assert_sound(&tally);
    assert!(tally.endings[&Ending::Done] > 800, "{:?}", tally.endings);
    let tally = campaign(&workload, 1000, |number| stormy(number as u64), 2).unwrap();
    assert_sound(&tally);
    assert!(tally.crashes > 1000 && tally.endings[&Ending::Done] > 500, "{} {:?}", tally.crashes, tally.endings);
}

#[test]
fn what_settles_a_command_in_doubt_is_its_receipt_then_its_probe_then_a_person() {
    let workload = promoting();
    let results: Vec<TrialResult> = (0..200).map(|seed| rehearse(&workload, &stormy(seed)).unwrap()).collect();
    let ways = settled_by(&results, "promote");
    for by in ["answer", "receipt", "probe"] {
        assert!(ways[by] > 5, "{ways:?}");
    }
    // It cannot be looked at, so that a person says it.
    let ways = settled_by(&results, "announce");
    assert!(ways["receipt"] > 5 && ways["operator"] > 2 && !ways.contains_key("probe"), "{ways:?}");
    let fired: Vec<&Fired> = results.iter().flat_map(|result| &result.fired).collect();
    for fault in [Fault::Lost, Fault::Unanswered, Fault::Refused] {
        assert!(fired.iter().any(|one| one.event == Event::Fault(fault)), "{fault:?}");
    }
}

#[test]
fn a_crash_at_any_call_is_resumed() {
    let workload = promoting();
    let config: Vec<SimConfig> = crash_everywhere(&workload).unwrap();
    let tally = campaign(&workload, config.len(), |number| config[number].clone(), 2).unwrap();
    assert_sound(&tally);
    // Where a power loss takes the end of the second command away, a person must look, and none comes.
    let done = tally.endings[&Ending::Done];
    assert!(config.len() > 200 && done + 10 > config.len() as u64, "{:?}", tally.endings);
}
