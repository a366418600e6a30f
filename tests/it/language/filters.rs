//! Filters of durations, sizes, times, JSON, digests and patterns: what they give, what they refuse, and how long they
//! may take.

use super::mistakes;
use serde_json::{Value, json};
use std::time::Instant;
use surefoot::runbook::plan::Template;
use surefoot::runbook::{RenderError, Renderer};

fn render(expression: &str, scope: &Value) -> Result<Value, RenderError> {
    Renderer::new().render(&Template::Expression(expression.to_owned()), &scope.into())
}

fn gives(expression: &str) -> Value {
    render(expression, &json!({})).unwrap_or_else(|error| panic!("{expression}: {error}"))
}

fn fails(expression: &str) -> String {
    render(expression, &json!({})).unwrap_err().to_string()
}

#[test]
fn durations_and_sizes_go_there_and_back() {
    for (text, seconds) in [("90s", 90), ("1h30m", 5400), ("2d1s", 172_801), ("0s", 0)] {
        assert_eq!(gives(&format!("'{text}' | seconds")), json!(seconds));
        assert_eq!(gives(&format!("{seconds} | duration | seconds")), json!(seconds));
    }
    assert_eq!(gives("93784 | duration"), "1d2h3m4s");
    assert_eq!(gives("'1500ms' | seconds"), 1);
    assert_eq!(gives("'1500ms' | duration"), "1s500ms");
    for (text, bytes) in
        [("16GiB", 17_179_869_184_u64), ("8GB", 8_000_000_000), ("1500kB", 1_500_000), ("1B", 1), ("0B", 0)]
    {
        assert_eq!(gives(&format!("'{text}' | bytes")), json!(bytes));
        assert_eq!(gives(&format!("{bytes} | size")), text, "{bytes}");
    }
    assert!(fails("'soon' | seconds").contains("not a duration"));
    assert!(fails("-5 | duration").contains("-5 is not a duration"));
    assert!(fails("1.5 | size").contains("1.5 is not a size"));
    assert!(fails("'99999999TiB' | bytes").contains("size"));
}

#[test]
fn times_are_moved_and_written_in_a_zone() {
    let at = "'2026-03-29T00:30:00Z'";
    assert_eq!(gives(&format!("{at} | date('%Y-%m-%d %H:%M')")), "2026-03-29 00:30");
    // The hour that does not exist is jumped over.
    assert_eq!(gives(&format!("{at} | date('%H:%M %Z', 'Europe/Berlin')")), "01:30 CET");
    assert_eq!(gives(&format!("{at} | plus('30m') | date('%H:%M %Z', 'Europe/Berlin')")), "03:00 CEST");
    assert_eq!(gives(&format!("{at} | minus(3600)")), "2026-03-28T23:30:00Z");
    assert_eq!(gives(&format!("{at} | plus('1ms')")), "2026-03-29T00:30:00.001000Z");
    assert_eq!(gives(&format!("({at} | timestamp) - 60 | int")), 1_774_744_140);
    assert_eq!(gives("0 | date('%s')"), "0");
    assert!(fails(&format!("{at} | date('%Q')")).contains("no format of a date"));
    assert!(fails(&format!("{at} | date('%H', 'Berlin')")).contains("there is no time zone `Berlin`"));
    assert!(fails("'noon' | timestamp").contains("RFC 3339"));
    assert!(fails("'9999-12-31T23:00:00Z' | plus('1d')").contains("too far away"));
    assert!(fails("9223372036854775807 | date('%Y')").contains("too far away"));
    assert!(fails(&format!("{at} | plus('99999999999d')")).contains("too far away"));
}

#[test]
fn json_digests_and_base64() {
    assert_eq!(gives("'{\"a\": [1, 0.5, null]}' | fromjson"), json!({"a": [1, 0.5, null]}));
    assert_eq!(gives("'[3]' | fromjson | first"), 3);
    assert!(fails("'{' | fromjson").contains("the text is not JSON"));
    assert!(fails("5 | fromjson").contains("is not text"));
    assert_eq!(gives("'abc' | sha256"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(gives("'größer' | b64encode | b64decode"), "größer");
    assert!(fails("'/w==' | b64decode").contains("not UTF-8 text"));
    assert!(fails("'a' | b64decode").contains("not base64"));
}

#[test]
fn patterns_match_and_replace() {
    assert_eq!(gives("'web-17.internal' | regex_match('^web-')"), true);
    assert_eq!(gives("'web-17.internal' | regex_match('^web-[0-9]+$')"), false);
    assert_eq!(gives("'a1b22' | regex_replace('[0-9]+', '<$0>')"), "a<1>b<22>");
    assert_eq!(gives("'2026-01-31' | regex_replace('(?P<y>[0-9]+)-(?P<m>[0-9]+).*', '${m}/${y}')"), "01/2026");
    assert_eq!(gives("'abc' | regex_replace('', '-')"), "-a-b-c-");
    assert!(fails("'a' | regex_match('(')").contains("the pattern cannot be used"));
    assert!(fails(&format!("'a' | regex_match('{}')", "a".repeat(1025))).contains("at most 1024 bytes"));
}

#[test]
fn hostile_texts_are_answered_in_a_moment() {
    let long = "a".repeat(60_000);
    let scope = json!({"long": long, "deep": "[".repeat(60_000), "many": vec!["a".repeat(1000); 2000]});
    for expression in [
        "long | regex_match('(a{1,300}){1,300}$')",
        "long | regex_match('(a?){60}(a*)*b')",
        "long | regex_replace('.*[^A-Z]b|[A-Z]|a', 'b')",
        "long | regex_replace('a', '$0$0$0$0')",
        "long | list | map('regex_match', '(a{1,50}){1,10}b') | list",
        "many | map('regex_replace', 'a', 'bb') | list",
        "many | map('fromjson') | list",
        "long | b64encode",
        "deep | fromjson",
    ] {
        let began = Instant::now();
        let told = render(expression, &scope).unwrap_err().to_string();
        assert!(began.elapsed().as_millis() < 2000, "{expression} took {:?}: {told}", began.elapsed());
    }
    // Work is counted for each expression anew.
    let renderer = Renderer::new();
    for _ in 0..20 {
        let template = Template::Expression("long | regex_match('b')".to_owned());
        assert_eq!(renderer.render(&template, &(&scope).into()), Ok(json!(false)));
    }
}

#[test]
fn what_a_filter_cannot_take_is_known_before_the_run() {
    let told = |expression: &str| {
        mistakes(&format!(
            "runbook: a\nversion: 1\nsteps:\n  - id: a\n    uses: assert\n    \
             with: {{that: true, message: \"x {{{{ {expression} }}}}\"}}\n"
        ))
    };
    for wrong in ["true | seconds", "[1] | bytes", "0.5 | duration", "{'a': 1} | date('%Y')", "true | regex_match('a')"]
    {
        assert_eq!(told(wrong).len(), 1, "{wrong}: {:?}", told(wrong));
        assert!(told(wrong)[0].starts_with("SF028"), "{:?}", told(wrong));
    }
    for right in ["'1h' | seconds", "60 | duration", "run.id | regex_match('a')", "0 | date('%Y')"] {
        assert_eq!(told(right), Vec::<String>::new(), "{right}");
    }
    // A duration or a time that a filter gives is one.
    let with = |value: &str| {
        mistakes(&format!(
            "runbook: a\nversion: 1\nsteps:\n  - {{id: a, uses: sleep, with: {{for: \"{{{{ {value} }}}}\"}}}}\n"
        ))
    };
    assert_eq!(with("60 | duration"), Vec::<String>::new());
    assert_eq!(with("16 | size").len(), 1);
}
