//! Templates to values: types are kept, values are data, and little cannot be made into much.

use super::planned;
use serde_json::{Value, json};
use surefoot::runbook::plan::Template;
use surefoot::runbook::{RenderError, Renderer};

fn scope() -> Value {
    json!({
        "inputs": {"name": "prod", "count": 3, "flag": true, "nothing": null, "evil": "{{ run.id }}", "big": 9_007_199_254_740_991_i64},
        "run": {"id": "r1"},
        "secrets": {"db": {"$secret": "secrets.db"}},
        "steps": {"a": {"list": [3, 1, 2], "map": {"x": {"y": 1.5}}, "text": "t"}},
    })
}

fn expression(text: &str) -> Result<Value, RenderError> {
    Renderer::new().render(&Template::Expression(text.to_owned()), &(&scope()).into())
}

fn text(text: &str) -> Result<Value, RenderError> {
    Renderer::new().render(&Template::Text(text.to_owned()), &(&scope()).into())
}

#[test]
fn a_single_expression_keeps_its_type() {
    for (source, expected) in [
        ("inputs.name", json!("prod")),
        ("inputs.count", json!(3)),
        ("inputs.count + 1", json!(4)),
        ("inputs.big", json!(9_007_199_254_740_991_i64)),
        ("inputs.big - 1", json!(9_007_199_254_740_990_i64)),
        ("inputs.flag", json!(true)),
        ("not inputs.flag", json!(false)),
        ("inputs.nothing", json!(null)),
        ("inputs.nothing or 'x'", json!("x")),
        ("inputs.nothing is none", json!(true)),
        ("inputs.name if inputs.flag else none", json!("prod")),
        ("steps.a", json!({"list": [3, 1, 2], "map": {"x": {"y": 1.5}}, "text": "t"})),
        ("steps.a.list | sort", json!([1, 2, 3])),
        ("steps.a.map | items | list", json!([["x", {"y": 1.5}]])),
        ("steps.a.map.x.y * 2", json!(3.0)),
        ("{'a': inputs.count, 'b': [inputs.name]}", json!({"a": 3, "b": ["prod"]})),
        ("steps.a.list | join('-')", json!("3-1-2")),
        ("steps.a.map | tojson", json!("{\"x\":{\"y\":1.5}}")),
        ("inputs.name | replace('o', '00')", json!("pr00d")),
        ("inputs.name ~ '-' ~ inputs.count", json!("prod-3")),
        ("inputs.name[0:2]", json!("pr")),
        ("secrets.db", json!({"$secret": "secrets.db"})),
    ] {
        assert_eq!(expression(source), Ok(expected), "{source}");
    }
}

#[test]
fn a_value_in_a_command_is_one_word_whatever_it_holds() {
    let render = |value: &str| {
        let scope = json!({"inputs": {"value": value}});
        let template = Template::Text("printf '%s' {{ inputs.value | shell }}".to_owned());
        Renderer::new().render(&template, &(&scope).into()).unwrap().as_str().unwrap().to_owned()
    };
    assert_eq!(render("s3://a/b-1.backup"), "printf '%s' s3://a/b-1.backup");
    for value in ["", "a b", "it's", "$(id) `id` $HOME", "a;b|c&d", "~root", "!x \\ \"y\"", "*", "zwölf 状態", "-"] {
        let command = render(value);
        assert_eq!(sh(&command), value, "{command}");
    }
    let command = render("a\nb'\\\u{1b}[2J\u{9b}");
    assert_eq!(command, r"printf '%s' $'a\012b\'\\\033[2J\302\233'");
}

/// What a shell prints for a command.
fn sh(command: &str) -> String {
    let output = std::process::Command::new("sh").args(["-c", command]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn text_is_text_and_values_in_it_are_json() {
    assert_eq!(text("{{ inputs.name }}-{{ inputs.count }}"), Ok(json!("prod-3")));
    assert_eq!(text("{{ inputs.nothing }} {{ steps.a.list }} {{ inputs.flag }}"), Ok(json!("null [3,1,2] true")));
    assert_eq!(text("{{ '{{' }} stays"), Ok(json!("{{ stays")));
}

#[test]
fn values_are_never_looked_at_for_templates_again() {
    assert_eq!(expression("inputs.evil"), Ok(json!("{{ run.id }}")));
    assert_eq!(text("<{{ inputs.evil }}>"), Ok(json!("<{{ run.id }}>")));
    assert_eq!(expression("inputs.evil ~ ''"), Ok(json!("{{ run.id }}")));
}

#[test]
fn what_does_not_exist_is_an_error() {
    for source in
        ["inputs.nmae", "steps.b.x", "inputs.nothing.x", "inputs.nmae ~ ''", "[inputs.nmae]", "steps.a.list[9]", "nope"]
    {
        assert!(matches!(expression(source), Err(RenderError::Undefined { .. })), "{source}: {:?}", expression(source));
    }
}

#[test]
fn bombs_do_not_go_off() {
    let long = "inputs.name ~ ".repeat(60) + "''";
    assert!(expression(&long).is_ok());
    let replaced = "'a'|replace('a', 'aaaaaaaaaa')".to_owned() + &"|replace('a', 'aaaaaaaaaa')".repeat(8);
    for source in [
        "'x' * 70000".to_owned(),
        "[1] * 70000".to_owned(),
        replaced,
        "('x' * 60000) | replace('x', 'yyyyyyyyyyyyyyyyyyyy')".to_owned(),
        "[('x' * 40000), ('x' * 40000)]".to_owned(),
        "[('x' * 40000), ('x' * 40000)] | join(',')".to_owned(),
        "(['x'] * 60000) | join('----------')".to_owned(),
        "range(1000000000)".to_owned(),
        "'%1000000s' | format('x')".to_owned(),
        "'x' | indent(1000000000)".to_owned(),
        "'x' | center(1000000000)".to_owned(),
        "[1] | slice(1000000000)".to_owned(),
        "[1] | batch(1000000000, 0)".to_owned(),
        "namespace()".to_owned(),
        "debug()".to_owned(),
        "'a'.join(['b'] * 3)".to_owned(),
        "10 ** 40".to_owned(),
        "1 / 0".to_owned(),
        "(".repeat(500) + "1" + &")".repeat(500),
    ] {
        let shown: String = source.chars().take(60).collect();
        assert!(expression(&source).is_err(), "{shown}: {:?}", expression(&source));
    }
}

#[test]
fn errors_show_no_more_than_a_line_of_the_template() {
    let error = expression(&format!("'{}' | nope", "a\u{1b}".repeat(400))).unwrap_err().to_string();
    assert!(error.len() < 1500 && !error.contains('\u{1b}'), "{error}");
}

#[test]
fn inputs_of_a_step_are_rendered_checked_and_completed() {
    let plan = planned(
        "runbook: case\nversion: 1.0.0\nsecrets: {db: {env: [A, B]}}\nsteps:\n  - {id: a, uses: sleep, with: {for: 1s}}\n  \
         - {id: b, uses: neo4j.counts, with: {url: \"{{ steps.a.until }}\", credentials: \"{{ secrets.db }}\"}}\n",
    );
    let renderer = Renderer::new();
    let scope = |until: Value, secret: Value| json!({"steps": {"a": {"until": until}}, "secrets": {"db": secret}});
    let handle = json!({"$secret": "secrets.db"});
    let inputs =
        renderer.inputs(plan.steps[1].kind, &plan.steps[1].with, &(&scope(json!("u"), handle.clone())).into()).unwrap();
    let expected = json!({
        "url": "u", "hosts": "", "instance_id": null, "database": null, "credentials": handle, "ping": false,
        "accept_uncounted": false, "username": null
    });
    assert_eq!(Value::Object(inputs), expected);
    let absent =
        renderer.inputs(plan.steps[1].kind, &plan.steps[1].with, &(&scope(json!("u"), json!(null))).into()).unwrap();
    assert_eq!(absent["credentials"], json!(null));
    let null = renderer
        .inputs(plan.steps[1].kind, &plan.steps[1].with, &(&scope(json!(null), handle.clone())).into())
        .unwrap_err();
    assert_eq!(null.to_string(), "the input `url` does not fit: expected text, found null: the value is needed here");
    let clear = renderer
        .inputs(plan.steps[1].kind, &plan.steps[1].with, &(&scope(json!("u"), json!("hunter2"))).into())
        .unwrap_err();
    assert!(matches!(clear, RenderError::Secret { .. }) && !clear.to_string().contains("hunter2"));
    let leak =
        renderer.inputs(plan.steps[1].kind, &plan.steps[1].with, &(&scope(handle.clone(), handle)).into()).unwrap_err();
    assert!(matches!(leak, RenderError::Secret { .. }));
}

#[test]
fn conditions_are_true_or_false_when_it_comes_to_it() {
    let plan = planned(
        "runbook: case\nversion: 1.0.0\nsteps:\n  - {id: a, uses: assert, with: {that: true}}\n  \
         - {id: b, uses: assert, when: \"{{ steps.a.that }}\", with: {that: true}}\n",
    );
    let renderer = Renderer::new();
    let step = &plan.steps[1];
    assert_eq!(renderer.condition(step, &(&json!({"steps": {"a": {"that": true}}})).into()), Ok(true));
    assert_eq!(renderer.condition(step, &(&json!({"steps": {"a": {"that": false}}})).into()), Ok(false));
    assert!(renderer.condition(step, &(&json!({"steps": {"a": {"that": null}}})).into()).is_err());
    assert_eq!(renderer.condition(&plan.steps[0], &(&json!({})).into()), Ok(true));
}
