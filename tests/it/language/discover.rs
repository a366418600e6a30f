//! `discover`: what is read before the plan is fixed.

use super::for_each::{Given, ids};
use super::mistakes;
use surefoot::base::Map;
use surefoot::kinds::catalog;
use surefoot::runbook::plan::{Plan, Template};
use surefoot::runbook::{Inputs, Options, compile, discovery};

const BOOK: &str = "runbook: fleet
version: 1
discover:
  - {id: page, uses: http.request, with: {url: \"https://x.internal/hosts\"}}
  - {id: more, uses: http.request, with: {url: \"https://x.internal/{{ steps.page.status }}\"}}
steps:
  - id: stop
    uses: assert
    for_each: {items: \"{{ discover.page.json | selectattr('name', 'startingwith', 'dev-') }}\", key: name}
    with: {that: true, message: \"{{ each.value.name }} of {{ discover.more.status }}\"}
outputs: {count: \"{{ discover.page.json | length }}\"}
";

const READ: &str = r#"{"more":{"status":200},"page":{"json":[{"name":"dev-a"},{"name":"prod"},{"name":"dev-b"}]}}"#;

fn planned(read: Option<&str>) -> Plan {
    let options = Options::new(catalog(), &Given(&[]));
    let options = match read {
        Some(read) => options.discovered(read.as_bytes()),
        None => options,
    };
    compile(options, "fleet.yaml", BOOK.as_bytes(), Inputs::Given(&Map::new()))
        .unwrap_or_else(|found| panic!("{}", found.render(false)))
}

#[test]
fn what_was_read_stands_in_the_plan_and_in_its_digest() {
    let plan = planned(Some(READ));
    assert_eq!(ids(&plan), ["stop[dev-a]", "stop[dev-b]", "stop"]);
    let (_, message) = plan.steps[1].with.iter().find(|(name, _)| name == "message").unwrap();
    assert_eq!(message, &Template::Plain("dev-b of 200".into()));
    assert_eq!(planned(Some(READ)).digest, plan.digest);
    assert_ne!(planned(Some(&READ.replace("prod", "dev-c"))).digest, plan.digest);
    assert_ne!(planned(None).digest, plan.digest);
}

#[test]
fn what_is_not_read_yet_is_one_step_for_all() {
    assert_eq!(ids(&planned(None)), ["stop[*]", "stop"]);
    let reads = discovery(catalog(), "fleet.yaml", BOOK.as_bytes(), Inputs::Given(&Map::new())).unwrap().unwrap();
    assert_eq!(ids(&reads), ["page", "more"]);
    let plain =
        BOOK.split("discover:").next().unwrap().to_owned() + "steps: [{id: a, uses: assert, with: {that: true}}]\n";
    assert!(discovery(catalog(), "a.yaml", plain.as_bytes(), Inputs::Unknown).unwrap().is_none());
}

#[test]
fn what_discovers_only_reads_and_is_known_by_its_name() {
    assert_eq!(mistakes(BOOK), Vec::<String>::new());
    for (from, to, code) in [
        ("url: \"https://x.internal/hosts\"", "method: POST, url: \"https://x.internal/hosts\"", "SF057"),
        (
            "uses: http.request, with: {url: \"https://x.internal/hosts\"}",
            "uses: command, effect: none, with: {argv: [ls]}",
            "SF057",
        ),
        (
            "uses: http.request, with: {url: \"https://x.internal/hosts\"}",
            "uses: manual, with: {instructions: x}",
            "SF057",
        ),
        ("discover.more.status", "discover.less.status", "SF023"),
        ("discover.more.status", "discover.more.state", "SF024"),
        ("steps.page.status", "discover.page.status", "SF021"),
        ("id: more", "id: page", "SF015"),
    ] {
        let found = mistakes(&BOOK.replacen(from, to, 1));
        assert!(found.iter().any(|one| one.starts_with(code)), "{to}: {found:?}");
    }
}
