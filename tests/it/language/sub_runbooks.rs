//! `uses: runbook`: the steps of another runbook in place of one, checked across the border.

use super::for_each::{Given, ids, waits};
use surefoot::base::Map;
use surefoot::kinds::catalog;
use surefoot::runbook::plan::{Plan, Template};
use surefoot::runbook::{Diagnostics, Inputs, Options, compile};

const CHILD: &str = "
runbook: one
version: 1
inputs:
  host: {type: string, pattern: \"^[a-z-]+$\"}
  wait: {type: duration, default: 1m}
secrets:
  api: {env: [API_USER, API_PASSWORD]}
steps:
  - {id: drain, uses: sleep, with: {for: \"{{ inputs.wait }}\"}}
  - id: call
    uses: http.request
    needs: [drain]
    effect: undoable
    subject: \"host:{{ inputs.host }}\"
    with:
      method: POST
      url: \"https://x.internal/{{ inputs.host }}\"
      headers: {authorization: \"Bearer {{ secrets.api.password }}\"}
outputs:
  status: \"{{ steps.call.status }}\"
";

fn compiled(parent: &str, files: &'static [(&'static str, &'static str)]) -> Result<Plan, Diagnostics> {
    let text = format!("runbook: all\nversion: 1\nsecrets: {{api: {{env: [A, B]}}}}\nsteps:\n{parent}");
    compile(Options::new(catalog(), &Given(files)), "ops/all.yaml", text.as_bytes(), Inputs::Given(&Map::new()))
}

fn planned(parent: &str) -> Plan {
    compiled(parent, &[("ops/one.yaml", CHILD)]).unwrap_or_else(|found| panic!("{}", found.render(false)))
}

fn told(parent: &str, files: &'static [(&'static str, &'static str)]) -> Vec<String> {
    let found = match compiled(parent, files) {
        Ok(plan) => return plan.warnings.iter().flat_map(Diagnostics::iter).map(|one| one.message.clone()).collect(),
        Err(found) => found,
    };
    let places = found.iter().map(|one| (found.position(one).map_or(0, |at| at.line), one));
    places.map(|(line, one)| format!("{}:{line} {}", one.code.name(), one.message)).collect()
}

fn template<'p>(plan: &'p Plan, id: &str, name: &str) -> &'p Template {
    let step = &plan.steps[plan.index_of(id).unwrap()];
    &step.with.iter().find(|(input, _)| input == name).unwrap().1
}

const USED: &str = "
  - {id: first, uses: assert, with: {that: true}}
  - id: move
    uses: runbook
    needs: [first]
    with: {file: one.yaml, inputs: {host: web}}
  - {id: last, uses: assert, with: {that: \"{{ steps.move.outputs.status == 200 }}\"}}
";

#[test]
fn the_steps_of_the_other_runbook_stand_in_its_place() {
    let plan = planned(USED);
    assert_eq!(ids(&plan), ["first", "move/drain", "move/call", "move", "last"]);
    assert_eq!(waits(&plan, "move/drain"), ["first"]);
    assert_eq!(waits(&plan, "move"), ["move/drain", "move/call"]);
    assert_eq!(waits(&plan, "last"), ["move"]);
    assert_eq!(template(&plan, "move/drain", "for"), &Template::Plain("1m".into()));
    assert_eq!(template(&plan, "move/call", "subject"), &Template::Plain("host:web".into()));
    assert_eq!(plan.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["ops/one.yaml"]);
}

#[test]
fn values_that_are_not_known_yet_and_conditions_go_across() {
    let parent = USED
        .replace("inputs: {host: web}", "inputs: {host: \"{{ 'web' if steps.first.that else 'db' }}\"}")
        .replace("    needs: [first]\n", "    when: \"{{ steps.first.that }}\"\n");
    let plan = planned(&parent);
    let subject = Template::Text("host:{{ ('web' if steps.first.that else 'db') }}".to_owned());
    assert_eq!(template(&plan, "move/call", "subject"), &subject);
    assert_eq!(waits(&plan, "move/drain"), ["first"]);
    let drain = &plan.steps[plan.index_of("move/drain").unwrap()];
    assert_eq!(drain.when, Some(Template::Expression("steps.first.that".to_owned())));
}

#[test]
fn each_item_has_its_own_steps_one_after_the_other() {
    let parent = USED
        .replace("    needs: [first]\n", "    for_each: {items: [web, db], concurrency: 1}\n")
        .replace("host: web", "host: \"{{ each.key }}\"")
        .replace("steps.move.outputs", "steps.move['db'].outputs");
    let plan = planned(&parent);
    let expected = [
        "first",
        "move[web]/drain",
        "move[web]/call",
        "move[db]/drain",
        "move[db]/call",
        "move[web]",
        "move[db]",
        "move",
        "last",
    ];
    assert_eq!(ids(&plan), expected);
    assert_eq!(waits(&plan, "move[db]/drain"), ["move[web]"]);
    assert_eq!(waits(&plan, "last"), ["move[db]"]);
    assert_eq!(template(&plan, "move[db]/call", "subject"), &Template::Plain("host:db".into()));
}

#[test]
fn runbooks_nest_and_another_text_is_another_plan() {
    const MIDDLE: &str = "runbook: middle\nversion: 1\nsecrets: {own: {env: [X, Y]}}\nsteps:\n  - id: inner
    uses: runbook
    with: {file: parts/one.yaml, inputs: {host: web}, secrets: {api: \"{{ secrets.own }}\"}}\n";
    let parent = USED
        .replace("one.yaml, inputs: {host: web}", "middle.yaml, secrets: {own: \"{{ secrets.api }}\"}")
        .replace("steps.move.outputs.status == 200", "steps.move.outputs == {}");
    let plan = compiled(&parent, &[("ops/middle.yaml", MIDDLE), ("ops/parts/one.yaml", CHILD)]).unwrap();
    assert_eq!(ids(&plan), ["first", "move/inner/drain", "move/inner/call", "move/inner", "move", "last"]);
    let headers = format!("{:?}", template(&plan, "move/inner/call", "headers"));
    assert!(headers.contains("secrets.api.password"), "{headers}");
    let changed = CHILD.replace("1m", "2m");
    let changed: &'static str = Box::leak(changed.into_boxed_str());
    let files: &'static [(&str, &str)] =
        Box::leak(Box::new([("ops/middle.yaml", MIDDLE), ("ops/parts/one.yaml", changed)]));
    assert_ne!(compiled(&parent, files).unwrap().digest, plan.digest);
}

#[test]
fn what_does_not_fit_the_other_runbook_is_reported_where_it_is_written() {
    let files: &[(&str, &str)] = &[
        ("ops/one.yaml", CHILD),
        ("ops/broken.yaml", "runbook: x\nversion: 1\nsteps: [{id: a, uses: slep}]\n"),
        ("ops/all.yaml", "runbook: x\nversion: 1\nsteps: []\n"),
        ("ops/ring.yaml", "runbook: x\nversion: 1\nsteps: [{id: a, uses: runbook, with: {file: ring.yaml}}]\n"),
    ];
    let of = |with: &str| told(&format!("  - {{id: move, uses: runbook, with: {{{with}}}}}\n"), files);
    let secret = "warning";
    assert_eq!(of("file: one.yaml, inputs: {host: web}"), Vec::<String>::new(), "{secret}");
    for (with, expected) in [
        ("file: one.yaml", "SF018:5 `ops/one.yaml` needs the input `host`"),
        ("file: one.yaml, inputs: {host: web, wait: soon}", "SF019:5 `wait` must be a duration"),
        ("file: one.yaml, inputs: {host: WEB}", "SF054:5 ops/one.yaml:5: the input `host` does not fit"),
        ("file: one.yaml, inputs: {host: web, hots: x}", "SF017:5 `ops/one.yaml` has no input `hots`"),
        (
            "file: one.yaml, inputs: {host: web}, secrets: {apy: \"{{ secrets.api }}\"}",
            "SF017:5 `ops/one.yaml` has no secret",
        ),
        ("file: one.yaml, inputs: {host: web}, secrets: {api: text}", "SF036:5"),
        ("file: gone.yaml", "SF054:5 `ops/gone.yaml` cannot be used: there is no such file"),
        ("file: broken.yaml", "SF054:5 ops/broken.yaml:3: there is no step kind `slep`"),
        ("file: all.yaml", "SF054:5 `ops/all.yaml` cannot be used: it uses itself: ops/all.yaml → ops/all.yaml"),
        ("file: ring.yaml", "SF054:5 ops/ring.yaml:3: `ops/ring.yaml` cannot be used: it uses itself"),
        ("file: \"{{ run.name }}\"", "SF026:5"),
    ] {
        let found = of(with);
        assert!(found.iter().any(|one| one.starts_with(expected)), "{with}: {found:?}");
    }
    let group = "  - {id: move, uses: runbook, for_each: {items: [a], max_failures: 1}, with: {file: one.yaml, inputs: {host: web}}}\n";
    assert!(told(group, files).iter().any(|one| one.starts_with("SF047:5 `max_failures` is not honoured for `move`")));
    let lacks = told("  - {id: move, uses: runbook, with: {file: one.yaml, inputs: {host: web}}}\n", files);
    assert!(lacks.is_empty(), "{lacks:?}");
}
