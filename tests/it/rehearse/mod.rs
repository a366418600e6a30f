//! The main job, rehearsed: a slice of the campaign.

use std::sync::Arc;
use surefoot::base::Map;
use surefoot::rehearse::{Ending, Script, calm, campaign, crash_everywhere, rehearse, seeded};
use surefoot::runbook::{Inputs, compile};
use surefoot::twin::Scenario;

fn main_job() -> Script {
    let source = std::fs::read("runbooks/migrate-to-vdc.yaml").unwrap();
    let scenario = Script::lean(Scenario::default(), &Map::new());
    let inputs = Script::proposed(1, &scenario).unwrap();
    let plan = compile("runbooks/migrate-to-vdc.yaml", &source, Inputs::Given(&inputs)).unwrap();
    let name = "runbooks/migrate-to-vdc.yaml".to_owned();
    Script { plan: Arc::new(plan), source: Arc::new(source), name, scenario, world: 1 }
}

#[test]
fn a_calm_day_ends_well() {
    let told = rehearse(&main_job(), &calm(1)).unwrap();
    assert_eq!((told.ending, told.lives), (Ending::Done, 1), "{}", String::from_utf8_lossy(&told.journal));
    assert_eq!(told.violations, Vec::<String>::new());
    println!("{} calls {:?} {:?}", told.calls, told.calls_of, told.span);
}

#[test]
fn seeds() {
    let tally = campaign(&main_job(), 200, |number| seeded(number as u64), 2).unwrap();
    println!("{:?} {:?} lives {} crashes {}", tally.endings, tally.met, tally.lives, tally.crashes);
    for one in &tally.failing {
        println!("seed {}: {:?} {:?}", one.orders.seed, one.told.ending, one.told.violations);
    }
    assert_eq!(tally.failures, 0);
}

#[test]
fn crashes() {
    let script = main_job();
    let orders = crash_everywhere(&script).unwrap();
    let tally = campaign(&script, orders.len(), |number| orders[number].clone(), 2).unwrap();
    println!("{} {:?} {:?} lives {} crashes {}", tally.trials, tally.endings, tally.met, tally.lives, tally.crashes);
    for one in &tally.failing {
        println!("{:?}: {:?} {:?}", one.orders.points, one.told.ending, one.told.violations);
    }
    assert_eq!(tally.failures, 0);
}
