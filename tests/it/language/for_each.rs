//! `for_each`: one step of a runbook becomes one step for each item.

use super::mistakes;
use surefoot::base::{Map, Value};
use surefoot::kinds::catalog;
use surefoot::runbook::plan::{Plan, Template};
use surefoot::runbook::{Diagnostics, Files, Inputs, Options, compile};

const HOSTS: &str = "host,port\nweb-1,80\nweb-2,81\n\"db, main\",5432\n";

/// Files by their path.
pub(super) struct Given(pub(super) &'static [(&'static str, &'static str)]);

impl Files for Given {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let file = self.0.iter().find(|(name, _)| *name == path);
        file.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(|| "there is no such file".to_owned())
    }
}

fn book(steps: &str) -> String {
    format!("runbook: hosts\nversion: 1\ninputs: {{hosts: {{type: path, optional: true}}}}\nsteps:\n{steps}")
}

fn with_files(
    text: &str,
    files: &'static [(&'static str, &'static str)],
    inputs: Inputs<'_>,
) -> Result<Plan, Diagnostics> {
    compile(Options::new(catalog(), &Given(files)), "ops/book.yaml", text.as_bytes(), inputs)
}

fn planned(steps: &str) -> Plan {
    with_files(&book(steps), &[("ops/hosts.csv", HOSTS)], Inputs::Given(&Map::new()))
        .unwrap_or_else(|found| panic!("{}", found.render(false)))
}

pub(super) fn ids(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.id.as_str()).collect()
}

pub(super) fn waits<'p>(plan: &'p Plan, id: &str) -> Vec<&'p str> {
    let step = &plan.steps[plan.index_of(id).unwrap()];
    step.after.iter().map(|before| plan.steps[*before].id.as_str()).collect()
}

fn input<'p>(plan: &'p Plan, id: &str, name: &str) -> &'p Template {
    let step = &plan.steps[plan.index_of(id).unwrap()];
    &step.with.iter().find(|(input, _)| input == name).unwrap().1
}

fn plain(text: &str) -> Template {
    Template::Plain(Value::from(text))
}

const ASSERTED: &str = "
  - id: check
    uses: assert
    for_each: [web-1, web-2]
    with: {that: true, message: \"{{ each.key }} is number {{ each.index }}\"}
  - id: after
    uses: assert
    for_each: [web-1, web-2]
    with: {that: \"{{ steps.check[each.key].that }}\"}
  - {id: last, uses: assert, needs: [check], with: {that: \"{{ steps.after['web-2'].that }}\"}}
  - {id: table, uses: assert, with: {that: \"{{ steps.check.results | length == 2 }}\"}}
";

#[test]
fn each_item_has_a_step_of_its_own_and_the_group_an_end() {
    let plan = planned(ASSERTED);
    let expected = ["check[web-1]", "check[web-2]", "check", "after[web-1]", "after[web-2]", "after", "last", "table"];
    assert_eq!(ids(&plan), expected);
    assert_eq!(input(&plan, "check[web-2]", "message"), &plain("web-2 is number 1"));
    assert_eq!(waits(&plan, "check"), ["check[web-1]", "check[web-2]"]);
    assert_eq!(waits(&plan, "after[web-2]"), ["check[web-2]"]);
    assert_eq!(waits(&plan, "last"), ["check", "after[web-2]"]);
    assert_eq!(waits(&plan, "table"), ["check[web-1]", "check[web-2]"]);
}

#[test]
fn items_come_from_files_beside_the_runbook_and_from_inputs() {
    let steps = "  - id: wait
    uses: assert
    for_each: {file: hosts.csv, key: port}
    with: {that: true, message: \"{{ each.value.host }}\"}\n";
    let plan = planned(steps);
    assert_eq!(ids(&plan), ["wait[80]", "wait[81]", "wait[5432]", "wait"]);
    assert_eq!(input(&plan, "wait[5432]", "message"), &plain("db, main"));
    assert_eq!(plan.files.len(), 1);

    let given = Map::from_iter([("hosts".to_owned(), Value::from("here.yaml"))]);
    let text = book(&steps.replace("file: hosts.csv, key: port", "file: \"{{ inputs.hosts }}\", key: host"));
    let files: &[(&str, &str)] = &[("here.yaml", "- {host: a}\n- {host: b}\n")];
    assert_eq!(ids(&with_files(&text, files, Inputs::Given(&given)).unwrap()), ["wait[a]", "wait[b]", "wait"]);
    // What is not known yet is one step that stands for all.
    let unknown = with_files(&text, files, Inputs::Unknown).unwrap();
    assert_eq!(ids(&unknown), ["wait[*]", "wait"]);
}

#[test]
fn another_file_is_another_plan() {
    let text = book("  - {id: wait, uses: assert, for_each: {file: hosts.csv, key: port}, with: {that: true}}\n");
    let digest = |files| with_files(&text, files, Inputs::Given(&Map::new())).unwrap().digest;
    let one = digest(&[("ops/hosts.csv", HOSTS)]);
    assert_eq!(one, digest(&[("ops/hosts.csv", HOSTS)]));
    assert_ne!(one, digest(&[("ops/hosts.csv", "host,port\nweb-1,80\n")]));
}

#[test]
fn values_of_items_are_data() {
    let steps = "  - id: say
    uses: assert
    for_each: {items: {a: \"{{ '{{ steps }}' }}\", b: \"}} \\\\ \\\" ' \\n\"}}
    with: {that: \"{{ each.value != 'x' }}\", message: \"<{{ each.value }}> {{ run.name }}\"}\n";
    let plan = planned(steps);
    let scope = serde_json::json!({"run": {"name": "hosts"}});
    let rendered =
        |id| surefoot::runbook::Renderer::new().render(input(&plan, id, "message"), &(&scope).into()).unwrap();
    assert_eq!(rendered("say[a]"), "<{{ steps }}> hosts");
    assert_eq!(rendered("say[b]"), "<}} \\ \" ' \n> hosts");
}

#[test]
fn the_subject_of_each_step_is_its_own() {
    let steps = "  - id: config
    uses: http.request
    for_each: [a, b]
    provide: {evidence: config, subject: \"host:{{ each.key }}\"}
    with: {url: \"https://x.internal/{{ each.key }}\"}
  - id: change
    uses: http.request
    for_each: [a, b]
    needs: [config]
    subject: \"host:{{ each.key }}\"
    with: {method: POST, url: \"https://x.internal/{{ each.key }}\"}\n";
    let text = book(steps);
    let other = text.replace(
        "provide: {evidence: config, subject: \"host:{{ each.key }}\"}",
        "provide: {evidence: config, subject: \"host:a\"}",
    );
    let told = |text: &str| {
        let found = with_files(text, &[], Inputs::Given(&Map::new())).unwrap_err();
        found.iter().map(|one| one.message.clone()).filter(|message| message.contains("`config`")).collect::<Vec<_>>()
    };
    assert!(told(&text).is_empty(), "{:?}", told(&text));
    assert_eq!(told(&other).len(), 1, "{:?}", told(&other));
}

#[test]
fn what_cannot_be_repeated_over_is_refused_with_its_place() {
    let one = |for_each: &str, rest: &str| {
        book(&format!("  - {{id: a, uses: assert, for_each: {for_each}, with: {{that: true{rest}}}}}\n"))
    };
    let cases: &[(&str, &str, &[&str])] = &[
        ("7", "", &["SF053 5:"]),
        ("[a, a]", "", &["SF053 5:"]),
        ("[\"a b\"]", "", &["SF053 5:"]),
        ("[count]", "", &["SF053 5:"]),
        ("[{x: 1}]", "", &["SF053 5:"]),
        ("{items: [{x: 1}], key: y}", "", &["SF053 5:"]),
        ("{key: x}", "", &["SF011 5:"]),
        ("{items: [a], file: b.csv}", "", &["SF011 5:"]),
        ("{items: [a], concurrency: 0}", "", &["SF039 5:"]),
        ("{items: [a], nope: 1}", "", &["SF009 5:"]),
        ("{file: gone.csv}", "", &["SF054 5:"]),
        ("{file: ../ops/hosts.txt}", "", &["SF054 5:"]),
        ("{file: broken.json}", "", &["SF054 5:"]),
        ("\"{{ steps.a.that }}\"", "", &["SF026 5:"]),
        ("[a]", ", message: \"{{ each.nope }}\"", &["SF021 5:"]),
        ("{items: {a: {x: 1}}}", ", message: \"{{ each.value.y }}\"", &["SF053 5:"]),
    ];
    for (for_each, rest, expected) in cases {
        let text = one(for_each, rest);
        let files: &[(&str, &str)] = &[("ops/hosts.txt", "a"), ("ops/broken.json", "[1,")];
        let told = match with_files(&text, files, Inputs::Given(&Map::new())) {
            Ok(plan) => panic!("{for_each} is taken: {:?}", ids(&plan)),
            Err(told) => told,
        };
        let places: Vec<String> = told
            .iter()
            .map(|one| format!("{} {}:", one.code.name(), told.position(one).map_or(0, |at| at.line)))
            .collect();
        let places: Vec<&str> = places.iter().map(String::as_str).filter(|place| !place.starts_with("SF033")).collect();
        assert_eq!(&places, expected, "{for_each}\n{}", told.render(false));
    }
}

#[test]
fn an_item_whose_value_does_not_fit_is_named() {
    let steps = "  - {id: a, uses: sleep, for_each: {items: {x: 1m, y: soon}}, with: {for: \"{{ each.value }}\"}}\n";
    let told = with_files(&book(steps), &[], Inputs::Given(&Map::new())).unwrap_err();
    let told: Vec<&str> = told.iter().filter(|one| !one.code.is_warning()).map(|one| one.message.as_str()).collect();
    assert_eq!(
        told,
        ["`for` does not fit for the item `y`: expected a duration like 90s, 10m or 4h, found the text \"soon\""]
    );
}

#[test]
fn references_to_items_are_checked() {
    let after = |more: &str| format!("{}  - {{id: x, uses: assert, {more}}}\n", &ASSERTED[1..]);
    let sound = "with: {that: \"{{ steps.check['web-1'].that }}\"}";
    assert!(mistakes(&bare(&after(sound))).is_empty(), "{:?}", mistakes(&bare(&after(sound))));
    for (more, code) in [
        ("with: {that: \"{{ steps.check['web-3'].that }}\"}", "SF023"),
        ("with: {that: \"{{ steps.check[each.key].that }}\"}", "SF026"),
        ("with: {that: \"{{ steps.check['web-1'].nope }}\"}", "SF024"),
        ("with: {that: \"{{ each.key == 'a' }}\"}", "SF021"),
        ("needs: [\"check[web-3]\"], with: {that: true}", "SF023"),
        ("needs: [\"last[web-1]\"], with: {that: true}", "SF023"),
        ("for_each: [other], with: {that: \"{{ steps.check[each.key].that }}\"}", "SF023"),
        ("for_each: [web-1], save: \"x.json\", with: {that: true}", "SF031"),
    ] {
        let told = mistakes(&bare(&after(more)));
        assert!(told.iter().any(|found| found.starts_with(code)) && told.len() == 1, "{more}: {told:?}");
    }
    let used = bare("  - {id: x, uses: for_each.end}\n");
    assert_eq!(mistakes(&used), ["SF016@4:19"]);
}

fn bare(steps: &str) -> String {
    format!("runbook: hosts\nversion: 1\nsteps:\n{steps}")
}
