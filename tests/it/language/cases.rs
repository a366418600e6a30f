//! Mistakes and where they are found; and what only looks like one.

use super::{mistakes, planned};
use surefoot::runbook::kind::{Idempotency, Reversibility};
use surefoot::runbook::{Inputs, compile, recompile};

/// A runbook with one step of kind `assert`, which has these lines.
fn step(lines: &str) -> String {
    format!("runbook: case\nversion: 1.0.0\nsteps:\n  - id: one\n    uses: assert\n{lines}")
}

/// A runbook that captures an instance and then has these lines.
fn after_capture(lines: &str) -> String {
    format!(
        "runbook: case\nversion: 1.0.0\nsecrets: {{aura: {{env: [A, B]}}}}\nsteps:\n  - id: capture\n    \
         uses: aura.instance.get\n    with: {{instance_id: 0a1b2c3d}}\n{lines}"
    )
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(mistakes(text), expected, "in\n{text}");
}

#[test]
fn a_key_that_a_kind_does_not_honour_is_a_mistake() {
    let one = |kind: &str, with: &str, key: &str| {
        format!("runbook: case\nversion: 1.0.0\nsteps:\n  - id: one\n    uses: {kind}\n    with: {with}\n    {key}\n")
    };
    let (wait, say) = ("{for: 1h}", "{instructions: Put the kettle on.}");
    check(&one("sleep", wait, "timeout: 2h"), &["SF047@7:14"]);
    check(&one("sleep", wait, "retry: {max: 2}"), &["SF047@7:12"]);
    check(&one("manual", say, "retry: {max: 2}"), &["SF047@7:12"]);
    check(&one("manual", say, "timeout: 1h"), &[]);
    check(&one("assert", "{that: true}", "retry: {max: 2}"), &["SF047@7:12"]);
    check(&one("assert", "{that: true}", "save: a.json"), &[]);
    let after = |kind: &str, with: &str| {
        after_capture(&format!(
            "  - id: one\n    uses: {kind}\n    needs: [capture]\n    with: {with}\n    retry_from: capture\n"
        ))
    };
    check(&after("sleep", wait), &["SF047@12:17"]);
    check(&after("audit.entry", "{subject: 0a1b2c3d, title: t, fields: {}}"), &["SF047@12:17"]);
    check(&after("manual", say), &[]);
    // By the rules of a run that began before.
    assert!(
        recompile(surefoot::kinds::catalog(), "plan.yaml", after("sleep", wait).as_bytes(), Inputs::Unknown).is_ok()
    );
    let old = one("sleep", wait, "timeout: 2h");
    assert!(recompile(surefoot::kinds::catalog(), "plan.yaml", old.as_bytes(), Inputs::Unknown).is_ok());
}

#[test]
fn a_sleep_says_either_how_long_or_until_when() {
    let nap = |with: &str| {
        format!("runbook: case\nversion: 1.0.0\nsteps:\n  - id: one\n    uses: sleep\n    with: {{{with}}}\n")
    };
    for sound in [
        "for: 5m",
        "until: 22:00, zone: Europe/Berlin",
        "until: \"07:30:15\", zone: UTC",
        "until: 2026-01-31T22:00:00+01:00",
        "until: 22:00, zone: \"{{ run.name }}\"",
        "until: \"{{ run.name }}\"",
    ] {
        check(&nap(sound), &[]);
    }
    check(&nap(""), &["SF018@5:11"]);
    check(&nap("for: 5m, until: 22:00, zone: UTC"), &["SF019@6:28"]);
    check(&nap("for: 5m, zone: UTC"), &["SF019@6:27"]);
    check(&nap("until: 22:00"), &["SF018@5:11"]);
    check(&nap("until: 2026-01-31T22:00:00Z, zone: UTC"), &["SF019@6:47"]);
    for wrong in ["25:00", "22:60", "9:00", "22", "tomorrow", "23:59:60", "+1:00", "2026-01-31"] {
        check(&nap(&format!("until: \"{wrong}\", zone: UTC")), &["SF019@6:19"]);
    }
    let zone = |name: &str| nap(&format!("until: 22:00, zone: {name}"));
    for (name, hint) in [
        ("Europe/Berln", "did you mean `Europe/Berlin`?"),
        ("berlin", "did you mean `Europe/Berlin`?"),
        ("New York", "did you mean `America/New_York`?"),
        ("Z", "a name of the IANA time zone database"),
    ] {
        check(&zone(name), &["SF019@6:32"]);
        let found = compile(surefoot::kinds::catalog(), "case.yaml", zone(name).as_bytes(), Inputs::Unknown);
        let told = found.unwrap_err().to_string();
        assert!(told.contains(hint), "{told}");
    }
}

#[test]
fn where_secrets_and_variables_go_is_checked_where_it_is_written_out() {
    let step = |kind: &str, with: &str| {
        let secrets = "secrets: {api: {env: [TOKEN]}}\n";
        let steps = format!("steps:\n  - id: one\n    uses: {kind}\n    with: {{{with}}}\n");
        format!("runbook: case\nversion: 1.0.0\n{secrets}{steps}")
    };
    let token = "\"{{ secrets.api }}\"";
    let store = |to: &str| step("secret.store", &format!("secret: {token}, to: {to}"));
    for sound in [
        "{file: a}",
        "{env_file: a, name: A_1}",
        "{sealed: a.age}",
        "{file: \"{{ run.dir }}/a\"}",
        "{env_file: a, name: \"{{ run.name }}\"}",
    ] {
        check(&store(sound), &[]);
    }
    for wrong in ["{}", "{env_file: a}", "{file: a, sealed: b}", "{vault: a}", "{env_file: a, name: A-B}"] {
        check(&store(wrong), &["SF019@7:45"]);
    }
    check(&step("secret.store", "secret: \"<{{ secrets.api }}>\", to: {file: a}"), &[]);
    check(&step("secret.store", "secret: word, to: {file: a}"), &["SF034@3:11", "SF019@7:20"].sorted());
    let set = |set: &str| step("env.write", &format!("path: a, set: {set}"));
    check(&set(&format!("{{A: {token}, _b2: \"<{{{{ secrets.api }}}}>\", C: 7}}")), &[]);
    check(&set(&format!("{{A: {token}, 1B: x}}")), &["SF019@7:26"]);
    check(&set(&format!("{{A: {token}, B: }}")), &["SF019@7:26"]);
    check(&set(&format!("{{A: {token}, B: [x]}}")), &["SF019@7:26"]);
}

#[test]
fn only_people_say_whom_to_trust() {
    let count = |hosts: &str| {
        after_capture(&format!(
            "  - id: count\n    uses: neo4j.counts\n    with:\n      \
             url: \"{{{{ steps.capture.connection_url }}}}\"\n      hosts: {hosts}\n"
        ))
    };
    check(&count("db.example.com, https://other.example.com"), &[]);
    check(&count("\"{{ steps.capture.connection_url }}\""), &["SF046@12:14"]);
    check(&count("\"db.example.com, {{ steps.capture.connection_url | default('') }}\""), &["SF046@12:14"]);
}

#[test]
fn keys_and_types() {
    check("just text\n", &["SF012@1:1"]);
    check("[1, 2]\n", &["SF012@1:1"]);
    check("runbook: case\nversion: 1.0.0\nsteps: []\n", &["SF011@3:8"]);
    check("runbook: case\nversion: 1.0.0\nsteps: {a: 1}\n", &["SF012@3:8"]);
    check("runbook: case\nversion: 1.0.0\nsteps:\n  - 7\n", &["SF012@4:5"]);
    check("version: 1.0.0\nsteps:\n  - {id: a, uses: assert, with: {that: true}}\n", &["SF011@1:1"]);
    check(&step("    with: {that: true}\n    window: 1\n"), &["SF010@7:5"]);
    check(&step("    with: {that: true}\n    retries: 1\n"), &["SF009@7:5"]);
    check(&step("    with: [that]\n"), &["SF012@6:11"]);
    check(&step("    with: {that: true}\n    timeout: 5\n"), &["SF012@7:14"]);
    check(&step("    with: {that: true}\n    timeout: 0s\n"), &["SF039@7:14"]);
    check(&step("    with: {that: true}\n    retry: {max: 0}\n"), &["SF039@7:18"]);
    check(&step("    with: {that: true}\n    retry: {max: many}\n"), &["SF012@7:18"]);
    check(&step("    with: {that: true}\n    retry: {backoff: 1s..2}\n"), &["SF012@7:22"]);
    check(&step("    with: {that: true}\n    retry: {backoff: 1m..2s}\n"), &["SF038@7:22"]);
    check(&step("    with: {that: true}\n    retry: {on: [unknown, 503]}\n"), &["SF038@7:18", "SF038@7:27"]);
    check(&step("    with: {? [a] : 1, that: true}\n"), &["SF012@6:14"]);
    check(&step("    with: {that: OFF}\n"), &["SF013@6:18"]);
    check(&step("    with: {that: true, message: 'off'}\n"), &[]);
}

#[test]
fn what_nobody_can_find_out_is_not_tried_again() {
    // No kind of this catalogue is opaque; where one is, `retry` is SF038 and the default does not reach it.
    let repeats = [Idempotency::Read, Idempotency::Idempotent, Idempotency::Reconcilable, Idempotency::Opaque];
    assert_eq!(repeats.map(Idempotency::may_be_retried), [true, true, true, false]);
    for kind in surefoot::kinds::catalog().iter() {
        // What may not simply be sent again says how a doubt is settled, or is left to an operator.
        let is_settled = kind.repeat != Idempotency::Reconcilable || !kind.probe.is_empty();
        assert!(is_settled, "{} does not say how a lost attempt is found out about", kind.name);
        let is_harmless = matches!(kind.repeat, Idempotency::Read | Idempotency::Idempotent);
        assert!(
            !is_harmless || kind.reverse != Reversibility::Irreversible,
            "{} is irreversible and repeated",
            kind.name
        );
    }
}

#[test]
fn two_mistakes_with_one_key_are_two_mistakes() {
    check(&step("    with: {that: true}\n    save: a/b\n    save: .\n"), &["SF008@8:5", "SF031@7:11"].sorted());
}

#[test]
fn literals_are_taken_as_the_input_declares_them() {
    let plan = planned(&step("    with: {that: true, message: 5.10}\n"));
    assert_eq!(format!("{:?}", plan.steps[0].with[1].1), "Plain(String(\"5.10\"))");
    check(&step("    with: {that: 'true'}\n"), &["SF019@6:18"]);
    check(&step("    with: {that: 1}\n"), &["SF019@6:18"]);
    check(&step("    with: {that: null}\n"), &["SF019@6:18"]);
    check(&step("    with: {that: true, message: null}\n"), &[]);
    check(&step("    with: {that: true, message: [a]}\n"), &["SF019@6:33"]);
    check(&after_capture("  - id: again\n    uses: aura.instance.get\n    with: {instance_id: 12345678}\n"), &[]);
    check(&after_capture("  - id: again\n    uses: aura.instance.get\n    with: {instance_id: 1e345678}\n"), &[]);
    check(
        &after_capture("  - id: again\n    uses: aura.instance.get\n    with: {instance_id: 0A1B2C3D}\n"),
        &["SF019@10:25"],
    );
    let long = "  - id: note\n    uses: file.write\n    with: {path: a, content: {n: 9007199254740993}}\n";
    check(&after_capture(long), &["SF039@10:34"]);
}

#[test]
fn references_are_looked_up_at_check_time() {
    let that = |expression: &str| {
        after_capture(&format!("  - id: one\n    uses: assert\n    with: {{that: \"{{{{ {expression} }}}}\"}}\n"))
    };
    check(&that("steps.capture.status == 'running'"), &[]);
    check(&that("steps['capture'].status == 'running'"), &[]);
    check(&that("steps.capture.nmae == 'running'"), &["SF024@10:22"]);
    check(&that("not steps.captur.name"), &["SF023@10:26"]);
    check(&that("inputs.a == inputs.b"), &["SF022@10:22", "SF022@10:34"]);
    check(&that("capture.name == ''"), &["SF021@10:22"]);
    check(&that("run.nmae == ''"), &["SF021@10:22"]);
    check(&that("steps == 1"), &["SF026@10:22"]);
    check(&that("steps[run.id].name == 'x'"), &["SF026@10:22"]);
    check(&that("steps.capture[run.id] == 'x'"), &[]);
    check(&that("steps.capture.name.first == 'x'"), &["SF028@10:22"]);
    check(&that("steps.capture.name is runing"), &["SF027@10:44"]);
    check(&that("steps.capture.name.startswith('a')"), &["SF027@10:40"]);
    check(&that("range(3) == 1"), &["SF027@10:22"]);
    check(&that("steps.capture.name"), &["SF028@10:18"]);
    check(&that("steps.capture.vector_optimized"), &[]);
    check(&that("steps.capture.vector_optimized or false"), &[]);
    check(&that("'a' * 100000000 == ''"), &["SF027@10:22"]);
    check(&that("(steps.capture.secondaries_count or 1) * 2 == 2"), &[]);
    check(&that("{'a': {'b': 1}}.a.b == 1"), &[]);
    check(&that("1 +"), &["SF020@10:24"]);
}

#[test]
fn templates_in_text_are_checked_and_placed() {
    check(
        &step("    with: {that: true, message: \"a {{ run.nope }} b {{ steps.x }}\"}\n"),
        &["SF021@6:39", "SF023@6:56"],
    );
    check(
        &step("    with:\n      that: true\n      message: |\n        one\n        two {{ run.nope }}\n"),
        &["SF021@10:16"],
    );
    check(&step("    with: {that: true, message: \"\\u0041 {{ run.nope }}\"}\n"), &["SF021@6:44"]);
    check(&step("    with: {that: true, message: '{{ \"}}\" }}'}\n"), &[]);
    check(&step("    with: {that: true, message: '{{- run.id }}'}\n"), &["SF020@6:34"]);
    check(&step("    with: {that: true, message: '{% if true %}'}\n"), &["SF020@6:34"]);
    check(&step("    with: {that: true, message: '{# no #}'}\n"), &["SF020@6:34"]);
    check(&step("    with: {that: true, message: '{{ }}'}\n"), &["SF020@6:34"]);
    check(&step("    with: {that: '{{ true }} '}\n"), &["SF028@6:18"]);
}

#[test]
fn conditions_are_true_or_false() {
    check(&step("    with: {that: true}\n    when: true\n"), &[]);
    check(&step("    with: {that: true}\n    when: sometimes\n"), &["SF029@7:11"]);
    check(&step("    with: {that: true}\n    when: [true]\n"), &["SF029@7:11"]);
    check(&step("    with: {that: true}\n    when: \"{{ run.id == 'a' and true }}\"\n"), &[]);
    check(&step("    with: {that: true}\n    when: \"{{ run.id | length }}\"\n"), &["SF029@7:11"]);
    check(&step("    with: {that: true}\n    when: \"{{ run.id == 'a' }} \"\n"), &["SF029@7:11"]);
}

#[test]
fn secrets_go_nowhere_but_into_inputs_that_take_them() {
    let counts = |credentials: &str| {
        format!(
            "runbook: case\nversion: 1.0.0\nsecrets: {{db: {{env: [A, B], optional: true}}}}\nsteps:\n  - id: counts\n    \
             uses: neo4j.counts\n    with: {{url: x, credentials: {credentials}}}\n"
        )
    };
    check(&counts("\"{{ secrets.db }}\""), &[]);
    check(&counts("\"{{ secrets.bd }}\""), &["SF025@7:37", "SF034@3:11"].sorted());
    check(&counts("\" {{ secrets.db }}\""), &["SF035@7:38", "SF036@7:33"].sorted());
    check(&counts("\"{{ secrets.db or secrets.db }}\""), &["SF035@7:37", "SF035@7:51"]);
    check(&counts("\"{{ secrets.db | upper }}\""), &["SF035@7:37", "SF036@7:33"].sorted());
    check(&counts("\"{{ secrets.db.password }}\""), &["SF035@7:37"]);
    check(&counts("[\"{{ secrets.db }}\"]"), &["SF036@7:33"].sorted());
    check(&counts("\"{{ run.id }}\""), &["SF034@3:11", "SF036@7:33"].sorted());
    // What only looks like a secret's handle, because it came from outside, is none.
    check(&counts("\"{{ [run.id][0] }}\""), &["SF034@3:11", "SF036@7:33"].sorted());
    check(&format!("{}outputs: {{o: \"{{{{ secrets.db }}}}\"}}\n", counts("\"{{ secrets.db }}\"")), &["SF035@8:14"]);
    check(&counts("\"{{ secrets.db }}\"}\n    when: \"{{ secrets.db == 'x' }}\"\n    retry: {max: 2"), &["SF035@8:15"]);
}

#[test]
fn a_secret_output_is_a_secret() {
    let create = "  - id: new\n    uses: aura.instance.create\n    with: {tenant_id: t, type: enterprise-db, cloud_provider: gcp, region: r, memory: 8GB, password_file: p.txt}\n";
    let with = |lines: &str| after_capture(&format!("{create}{lines}"));
    let counts = |credentials: &str| {
        with(&format!("  - id: c\n    uses: neo4j.counts\n    with: {{url: x, credentials: \"{credentials}\"}}\n"))
    };
    check(&counts("{{ steps.new.credentials }}"), &[]);
    check(&counts("{{ steps.new.credentials.password }}"), &["SF035@13:37"]);
    check(&with("    save: new.json\n"), &["SF035@11:11"]);
    check(
        &with("  - id: n\n    uses: file.write\n    with: {path: p, content: \"{{ steps.new }}\"}\n"),
        &["SF035@13:34"],
    );
    check(
        &with(
            "  - id: n\n    uses: file.write\n    with: {path: p, content: {a: [\"{{ steps.new.credentials }}\"]}}\n",
        ),
        &["SF035@13:35"],
    );
}

#[test]
fn credentials_are_declared_with_both_parts() {
    let get = |secrets: &str| {
        format!(
            "runbook: case\nversion: 1.0.0\n{secrets}steps:\n  - {{id: a, uses: aura.instance.list}}\n  - {{id: b, uses: aura.instance.list}}\n"
        )
    };
    check(&get("secrets: {aura: {env: [A, B]}}\n"), &[]);
    check(&get(""), &["SF037@4:19"]);
    check(&get("secrets: {aura: {env: [A]}}\n"), &["SF037@5:19"]);
    check(&get("secrets: {aura: {env: []}}\n"), &["SF039@3:23"]);
    check(&get("secrets: {aura: {}}\n"), &["SF011@3:17"]);
    check(&get("secrets: {aura: {env: [A, hunter2]}}\n"), &["SF014@3:27", "SF037@5:19"]);
}

#[test]
fn edges_come_from_references_needs_and_show() {
    let text = after_capture(
        "  - id: one\n    uses: assert\n    with: {that: \"{{ steps.capture.name == '' }}\"}\n  - id: ask\n    uses: confirm\n    \
         with: {subject: 0a1b2c3d, type: x, show: [one]}\n  - id: last\n    uses: assert\n    when: \"{{ steps.ask.by == '' }}\"\n    \
         needs: [capture, capture]\n    with: {that: true}\n",
    );
    let plan = planned(&text);
    let edges: Vec<&[usize]> = plan.steps.iter().map(|step| step.after.as_slice()).collect();
    assert_eq!(edges, [&[][..], &[0], &[1], &[0, 2]]);
    assert_eq!((plan.steps[2].shows.as_slice(), plan.steps[2].refs.as_slice()), (&[1][..], &[][..]));
    assert_eq!(plan.steps[3].refs, [2]);
    check(&text.replace("show: [one]", "show: [last]"), &["SF030@11:9"]);
    check(&text.replace("show: [one]", "show: [eno]"), &["SF023@13:47"]);
    check(&text.replace("show: [one]", "show: [\"{{ run.id }}\"]"), &["SF026@13:47"]);
    check(&text.replace("show: [one]", "show: one"), &["SF019@13:46"]);
    check(&step("    with: {that: \"{{ steps.one.that }}\"}\n"), &["SF030@4:9"]);
}

#[test]
fn save_names_stay_in_the_audit_directory() {
    for name in [
        "../a",
        "a/b",
        "/a",
        "a\\b",
        ".hidden",
        "\"a\\nb\"",
        "\"\"",
        "summary.txt",
        "Journal.txt",
        "journal.000001.jsonl",
        "\"a\\u202eb\"",
    ] {
        check(&step(&format!("    with: {{that: true}}\n    save: {name}\n")), &["SF031@7:11"]);
    }
    check(&step("    with: {that: true}\n    save: Ergebnis ä.json\n"), &[]);
}

#[test]
fn anchors_tags_and_documents_are_all_found_at_once() {
    let text = step("    with: &a {that: !!bool true, message: *a}\n    <<: *b\n");
    check(&text, &["SF006@6:11", "SF006@6:43", "SF006@7:5", "SF006@7:9", "SF007@6:28"].sorted());
    check(&format!("{}---\nmore: 1\n", step("    with: {that: true}\n")), &["SF007@7:1"]);
    check(&format!("%YAML 1.2\n---\n{}", step("    with: {that: true}\n")), &["SF007@1:1"]);
    check(&format!("---\n{}...\n", step("    with: {that: true}\n")), &[]);
}

#[test]
fn ten_mistakes_are_found_in_one_pass() {
    let text = "\
runbook: case
version: 1.0.0
inputs:
  unused: {type: string}
  wrong: {type: strng}
secrets:
  idle: {env: [A, B]}
steps:
  - id: Bad
    uses: assert
    with: {that: yes}
  - id: two
    uses: asert
    tiemout: 5m
    with: {that: true, that: false}
  - id: three
    uses: assert
    needs: [tow]
    with: {that: \"{{ inputs.wrnog }}\", mesage: a}
    save: a/b
";
    let expected = [
        "SF033@4:3",
        "SF033@5:3",
        "SF040@5:17",
        "SF034@7:3",
        "SF014@9:9",
        "SF013@11:18",
        "SF016@13:11",
        "SF009@14:5",
        "SF008@15:24",
        "SF023@18:13",
        "SF022@19:22",
        "SF017@19:40",
        "SF031@20:11",
    ];
    check(text, &expected);
}

/// The expected mistakes of a case in order of place, as they are reported.
trait Sorted {
    fn sorted(self) -> Self;
}

impl<const N: usize> Sorted for [&str; N] {
    fn sorted(mut self) -> Self {
        self.sort_by_key(|mistake| {
            let (_, place) = mistake.split_once('@').unwrap();
            let (line, column) = place.split_once(':').unwrap();
            (line.parse::<usize>().unwrap(), column.parse::<usize>().unwrap())
        });
        self
    }
}
