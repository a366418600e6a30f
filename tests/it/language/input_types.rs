//! The types of inputs: what each takes, what it becomes in a plan, and what expressions know of it.

use super::{given, mistakes, mistakes_in, planned};
use serde_json::{Value, json};
use surefoot::base::Map;
use surefoot::kinds::catalog;
use surefoot::runbook::plan::{Plan, Template};
use surefoot::runbook::{Diagnostics, Files, Inputs, Options, Renderer, compile, declared, read_inputs};

/// A runbook with one input `a`, which a message shows.
fn book(declaration: &str) -> String {
    format!(
        "runbook: case\nversion: 1.0.0\ninputs:\n  a: {declaration}\nsteps:\n  - id: one\n    uses: assert\n    \
         with: {{that: true, message: \"{{{{ inputs.a | string }}}}\"}}\n"
    )
}

fn with(declaration: &str, inputs: &Map) -> Result<Plan, Diagnostics> {
    compile(catalog(), "case.yaml", book(declaration).as_bytes(), Inputs::Given(inputs))
}

/// The value that a text on the command line becomes, or what is wrong with it.
fn read(declaration: &str, text: &str) -> Result<Value, String> {
    value(declaration, &given(&[("a", text)]))
}

fn value(declaration: &str, inputs: &Map) -> Result<Value, String> {
    match with(declaration, inputs) {
        Ok(plan) => Ok(plan.inputs["a"].clone()),
        Err(found) => Err(found.iter().next().unwrap().message.clone()),
    }
}

/// What the declaration of an input gets.
fn declaring(declaration: &str) -> Vec<String> {
    mistakes(&book(declaration))
}

#[test]
fn a_number_is_its_shortest_decimal_text_in_the_plan() {
    for (text, plain) in [
        ("0.25", "0.25"),
        ("0.250", "0.25"),
        ("+3", "3"),
        ("-0", "0"),
        ("-0.5", "-0.5"),
        ("100", "100"),
        ("999999999999999", "999999999999999"),
        ("0.123456789012345", "0.123456789012345"),
    ] {
        assert_eq!(read("{type: number}", text), Ok(json!(plain)), "{text}");
    }
    for text in ["", "1e3", "0x10", "1.", ".5", "007", "1 ", "NaN", "inf", "1234567890123456", "0.1234567890123456"] {
        let told = read("{type: number}", text).unwrap_err();
        assert!(told.contains("expected a number like 0.25 of at most 15 digits, found the text"), "{text}: {told}");
    }
    // A resumed run is given what the first record holds.
    let first = with("{type: number}", &given(&[("a", "0.250")])).unwrap();
    let again = with("{type: number}", &first.inputs).unwrap();
    assert_eq!((first.digest, first.inputs), (again.digest, again.inputs.clone()));
    assert_eq!(value("{type: number}", &Map::from_iter([("a".to_owned(), json!(0.5))])), Ok(json!("0.5")));
}

#[test]
fn a_number_is_a_number_in_expressions() {
    let text = "runbook: case\nversion: 1.0.0\ninputs:\n  share: {type: number}\n  shares: {type: list, of: number}\nsteps:\n  \
                - id: one\n    uses: assert\n    for_each: \"{{ inputs.shares }}\"\n    with:\n      \
                that: \"{{ inputs.share > 0.2 and each.value < 1 }}\"\n      message: \"{{ each.value }} of {{ inputs.share * 2 }}\"\n";
    let inputs = given(&[("share", "0.25"), ("shares", "[0.5, 2]")]);
    let plan = compile(catalog(), "case.yaml", text.as_bytes(), Inputs::Given(&inputs)).unwrap();
    assert_eq!(plan.inputs["shares"], json!(["0.5", "2"]));
    assert_eq!(plan.values()["shares"], json!([0.5, 2]));
    assert_eq!(plan.steps.iter().map(|step| step.id.as_str()).collect::<Vec<_>>(), ["one[0.5]", "one[2]", "one"]);
    // Text is no number, and a number is none of the other types.
    let counting = |with: &str| mistakes(&book("{type: number}").replace("that: true", with));
    assert_eq!(counting("that: \"{{ inputs.a }}\""), ["SF028@8:18"]);
    assert_eq!(counting("that: \"{{ inputs.a.b == 1 }}\""), ["SF028@8:22"]);
}

/// A runbook that another one uses.
struct Other;

impl Files for Other {
    fn read(&self, _: &str) -> Result<Vec<u8>, String> {
        let text = "runbook: other\nversion: 1.0.0\ninputs:\n  share: {type: number, max: 0.5}\n  \
                    hosts: {type: list, of: string, min: 1}\nsteps:\n  - id: check\n    uses: assert\n    \
                    for_each: \"{{ inputs.hosts }}\"\n    with: {that: \"{{ inputs.share + 1 == 1.25 }}\"}\n";
        Ok(text.as_bytes().to_vec())
    }
}

#[test]
fn types_hold_across_the_border_of_a_runbook() {
    let with = |share: &str| {
        let text = format!(
            "runbook: case\nversion: 1.0.0\nsteps:\n  - id: use\n    uses: runbook\n    \
             with: {{file: other.yaml, inputs: {{share: {share}, hosts: [web-1, web-2]}}}}\n"
        );
        let options = Options::new(catalog(), &Other);
        compile(options, "case.yaml", text.as_bytes(), Inputs::Given(&Map::new()))
    };
    let plan = with("0.25").unwrap();
    assert_eq!(plan.steps[0].id, "use/check[web-1]");
    let that = &plan.steps[0].with.iter().find(|(name, _)| name == "that").unwrap().1;
    assert_eq!(Renderer::new().render(that, &(&json!({})).into()), Ok(json!(true)));
    let told = with("0.75").unwrap_err().render(false);
    assert!(told.contains("of at most 0.5, found the number 0.75"), "{told}");
}

#[test]
fn bounds_hold_and_are_told() {
    let told = |declaration: &str, text: &str| read(declaration, text).unwrap_err();
    let days = "{type: integer, min: 1, max: 30}";
    assert_eq!(read(days, "30"), Ok(json!(30)));
    assert_eq!(told(days, "0"), "the input `a` does not fit: expected a whole number from 1 to 30, found the number 0");
    assert_eq!(read("{type: number, min: 0, max: 1}", "1.0"), Ok(json!("1")));
    let number = told("{type: number, max: 1}", "1.000000000001");
    assert!(number.ends_with("15 digits of at most 1, found the number 1.000000000001"), "{number}");
    assert!(told("{type: duration, min: 1h}", "59m").contains("of at least 1h, found the text \"59m\""));
    assert_eq!(read("{type: size, max: 16GiB}", "17179869184"), Ok(json!("17179869184")));
    assert!(told("{type: size, max: 16GiB}", "17GiB").contains("of at most 16GiB"));
    let time = "{type: time, min: \"2026-01-01T00:00:00Z\"}";
    assert_eq!(read(time, "2026-01-01T01:00:00+01:00"), Ok(json!("2026-01-01T01:00:00+01:00")));
    assert!(told(time, "2025-12-31T23:59:59Z").contains("of at least 2026-01-01T00:00:00Z"));
    let hosts = "{type: list, of: string, min: 1, max: 2}";
    assert_eq!(
        told(hosts, "[a, b, c]"),
        "the input `a` does not fit: expected a list like [a, b] with 1 to 2 items, each of them text, found 3 items"
    );
    assert!(told(hosts, "[]").ends_with("found 0 items"));
}

#[test]
fn a_list_is_read_from_the_command_line_and_from_files() {
    assert_eq!(read("{type: list}", "[a, 2, {b: true}]"), Ok(json!(["a", 2, {"b": true}])));
    assert_eq!(read("{type: list}", "web-1"), Ok(json!(["web-1"])));
    let ports = "{type: list, of: integer}";
    assert_eq!(read(ports, "[80, \"443\"]"), Ok(json!([80, 443])));
    let ids = Map::from_iter([("a".to_owned(), json!(["80", "443"]))]);
    assert_eq!(value(ports, &ids), Ok(json!([80, 443])));
    assert_eq!(
        read(ports, "[80, soon]").unwrap_err(),
        "the input `a` does not fit: expected a list like [a, b], each of them a whole number, found item 2: the text \"soon\""
    );
    assert!(read(ports, "[80").unwrap_err().contains("text that is no YAML: line 1"));
    // An id is what is written, also where it looks like a number.
    assert_eq!(read("{type: list, of: string}", "[1234e5, 007, yes_]"), Ok(json!(["1234e5", "007", "yes_"])));
    let hosts = "{type: list, pattern: \"^web-[0-9]+$\"}";
    assert_eq!(read(hosts, "[web-1]"), Ok(json!(["web-1"])));
    assert!(
        read(hosts, "[web-1, db]").unwrap_err().contains("each of them text that matches ^web-[0-9]+$, found item 2")
    );
    assert!(read("{type: list, enum: [a, b]}", "[c]").unwrap_err().contains("each of them one of a, b"));
    let long = format!("[{}]", vec!["web-1"; 20_000].join(","));
    assert!(read("{type: list}", &long).unwrap_err().contains("text of at most 65536 bytes"));
}

#[test]
fn a_map_is_read_and_its_fields_are_known_to_expressions() {
    assert_eq!(read("{type: map}", "{a: 1, b: [x]}"), Ok(json!({"a": 1, "b": ["x"]})));
    assert!(read("{type: map}", "a").unwrap_err().contains("expected a map like {a: 1}, found the text \"a\""));
    assert_eq!(read("{type: map, of: size}", "{web: 4GiB}"), Ok(json!({"web": "4GiB"})));
    assert!(read("{type: map, of: size}", "{web: big}").unwrap_err().ends_with("found `web`: the text \"big\""));
    assert!(read("{type: map}", "{a: 0.5}").unwrap_err().contains("declare `of: number`"));
    // What looks like the handle of a secret is none.
    assert!(read("{type: map}", "{$secret: secrets.db}").unwrap_err().contains("kept for secrets"));
    let fields = book("{type: map}").replace("inputs.a |", "inputs.a.env.name ~ inputs.a['b'] |");
    assert_eq!(mistakes(&fields), Vec::<String>::new());
    let text = book("{type: string}").replace("inputs.a |", "inputs.a.env |");
    assert_eq!(mistakes(&text), ["SF028@8:37"]);
}

#[test]
fn for_each_repeats_over_a_list_and_a_map() {
    let book = |ty: &str| {
        format!(
            "runbook: case\nversion: 1.0.0\ninputs: {{hosts: {{type: {ty}}}}}\nsteps:\n  - id: check\n    uses: assert\n    \
             for_each: \"{{{{ inputs.hosts }}}}\"\n    with: {{that: true, message: \"{{{{ each.value }}}}\"}}\n"
        )
    };
    let plan = |ty: &str, text: &str| {
        compile(catalog(), "case.yaml", book(ty).as_bytes(), Inputs::Given(&given(&[("hosts", text)]))).unwrap()
    };
    for (ty, text) in [("list", "[web-1, web-2]"), ("map", "{web-1: web-1, web-2: web-2}")] {
        let plan = plan(ty, text);
        let ids: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
        assert_eq!(ids, ["check[web-1]", "check[web-2]", "check"], "{ty}");
        let message = &plan.steps[1].with.iter().find(|(name, _)| name == "message").unwrap().1;
        assert_eq!(*message, Template::Plain(json!("web-2")));
    }
    // Without inputs the items are not known, and the rest is checked.
    assert_eq!(planned(&book("list")).groups[0].keys, ["*"]);
    assert_eq!(mistakes_in(book("integer").as_bytes(), Inputs::Given(&given(&[("hosts", "3")]))), ["SF053@7:15"]);
}

#[test]
fn a_file_of_inputs_is_read_as_what_is_declared() {
    let text = "runbook: case\nversion: 1.0.0\ninputs:\n  id: {type: string}\n  hosts: {type: list, of: string}\n  \
                tags: {type: map}\n  days: {type: integer}\nsteps: [{id: a, uses: assert, with: {that: true}}]\n";
    let declared = declared(catalog(), text.as_bytes());
    let read = |file: &str| read_inputs("in.yaml", file.as_bytes(), &declared);
    let file =
        "# of Saturday\nid: 1234e567\nhosts:\n  - 1234e567\n  - web-1\ntags: {n: 1, on: \"yes\"}\ndays: 7\nnone:\n";
    let expected = json!({
        "id": "1234e567", "hosts": ["1234e567", "web-1"], "tags": {"n": 1, "on": "yes"}, "days": "7", "none": null,
    });
    assert_eq!(Value::Object(read(file).unwrap()), expected);
    assert_eq!(read("# nothing\n").unwrap(), Map::new());
    let told = |file: &str| read(file).unwrap_err().iter().map(|one| one.message.clone()).collect::<Vec<_>>();
    assert_eq!(told("- a\n"), ["this is no map of inputs"]);
    assert_eq!(told("id: a\nid: b\n"), ["the key `id` is written twice"]);
    assert_eq!(told("id: &a x\n").len(), 1);
}

#[test]
fn declarations_of_types_are_checked() {
    for sound in [
        "{type: list, of: path, default: [a.txt]}",
        "{type: list, enum: [a, b], default: [b, a]}",
        "{type: map, of: integer, default: {a: 1}}",
        "{type: number, enum: [0.5, 1], default: 0.50}",
        "{type: duration, min: 1m, max: 1h, default: 30m}",
    ] {
        assert_eq!(declaring(sound), Vec::<String>::new(), "{sound}");
    }
    for (wrong, at) in [
        ("{type: secret}", "secret"),
        ("{type: string, of: integer}", "integer"),
        ("{type: list, of: list}", "list}"),
        ("{type: list, of: words}", "words"),
        ("{type: string, min: 1}", "1}"),
        ("{type: integer, min: soon}", "soon"),
        ("{type: integer, min: 3, max: 2}", "3"),
        ("{type: list, min: 1h}", "1h"),
        ("{type: integer, min: 3, default: 2}", "2"),
        ("{type: list, default: a}", "a}"),
        ("{type: list, of: integer, default: [1, b]}", "[1, b]"),
        ("{type: list, default: [\"{{ run.id }}\"]}", "["),
        ("{type: number, default: 1e3}", "1e3"),
        ("{type: number, default: {}}", "{}}"),
    ] {
        let column = 6 + wrong.find(at).unwrap();
        assert_eq!(declaring(wrong), [format!("SF040@4:{column}")], "{wrong}");
    }
    let text = book("{type: secret}");
    let found = compile(catalog(), "case.yaml", text.as_bytes(), Inputs::Unknown).unwrap_err();
    assert!(found.iter().next().unwrap().hint.as_deref().unwrap().contains("under `secrets`"));
}
