//! The plan digest and the canonical JSON it is taken over.

use super::{given, planned};
use serde_json::json;
use surefoot::base::Digest;
use surefoot::runbook::{CanonicalError, Inputs, canonical, compile};

const RUNBOOK: &str = "runbook: case\nversion: 1.0.0\ninputs: {a: {type: string, default: x}}\nsteps:\n  \
                       - {id: one, uses: assert, with: {that: \"{{ inputs.a == 'x' }}\"}}\n";

#[test]
fn canonical_json_is_as_rfc_8785_has_it() {
    let value = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
    let expected = "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}";
    assert_eq!(canonical(&value).unwrap(), expected);
    let escapes = json!(["\u{8}\t\n\u{c}\r\"\\/\u{1f}\u{7f}\u{2028}", null, true, -1, [], {}]);
    assert_eq!(canonical(&escapes).unwrap(), "[\"\\b\\t\\n\\f\\r\\\"\\\\/\\u001f\u{7f}\u{2028}\",null,true,-1,[],{}]");
}

#[test]
fn numbers_that_readers_would_round_are_refused() {
    assert_eq!(canonical(&json!(9_007_199_254_740_991_i64)).unwrap(), "9007199254740991");
    assert_eq!(canonical(&json!(-9_007_199_254_740_991_i64)).unwrap(), "-9007199254740991");
    assert!(matches!(canonical(&json!([9_007_199_254_740_992_i64])), Err(CanonicalError::Inexact(_))));
    assert!(matches!(canonical(&json!(u64::MAX)), Err(CanonicalError::Inexact(_))));
    assert!(matches!(canonical(&json!({"a": 0.5})), Err(CanonicalError::Fraction(_))));
}

#[test]
fn the_digest_is_over_files_inputs_and_kinds() {
    let plan = planned(RUNBOOK);
    let file = Digest::of(RUNBOOK.as_bytes());
    let document = format!("{{\"files\":[\"{file}\"],\"inputs\":{{\"a\":\"x\"}},\"kinds\":{{\"assert\":1}}}}");
    assert_eq!(plan.source_digest, file);
    assert_eq!(plan.digest, Digest::of(document.as_bytes()));
    insta::assert_snapshot!(plan.digest, @"ed4b36f8a4e397d797505e046e91aa85337ffd01b3c2dc81fa592e46724b8e46");
}

#[test]
fn another_input_or_another_byte_is_another_plan() {
    let plan = planned(RUNBOOK);
    let inputs = given(&[("a", "y")]);
    let other = compile(surefoot::kinds::catalog(), "case.yaml", RUNBOOK.as_bytes(), Inputs::Given(&inputs)).unwrap();
    let comment = planned(&format!("{RUNBOOK}# a comment\n"));
    let same = planned(RUNBOOK);
    assert_ne!(plan.digest, other.digest);
    assert_ne!(plan.digest, comment.digest);
    assert_eq!(plan.digest, same.digest);
}
