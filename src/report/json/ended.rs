//! `surefoot.ended.v1`.

use super::super::before_after::BeforeAfter;
use super::super::ending::{Ending, FIELDS, moved};
use super::doubt::doubts;
use super::status::run;
use crate::base::{Map, Value};
use serde_json::json;

/// How a command that drove a run ended.
pub fn ended(ending: &Ending<'_>, exit: u8) -> Value {
    let mut document = run(ending.view, &ending.extras, [ending.run_dir, ending.audit_dir, ending.options]);
    if let Value::Object(fields) = &mut document {
        fields.insert("schema".to_owned(), json!("surefoot.ended.v1"));
        fields.insert("exit".to_owned(), json!(exit));
        fields.insert("interrupted".to_owned(), json!(ending.interrupted));
        fields.insert("met_in_doubt".to_owned(), doubts(ending.met_in_doubt));
        fields.insert("took_s".to_owned(), json!(ending.took.map(|took| took.as_secs_f64())));
        fields.insert("summary".to_owned(), Value::Object(ending.summary.clone()));
        fields.insert("before_after".to_owned(), before_after(ending));
        let moved = moved(ending.view).map(|(before, after)| json!({"before": before, "after": after}));
        fields.insert("address_changed".to_owned(), json!(moved));
        fields.insert("broken_elsewhere".to_owned(), json!(BeforeAfter::of(ending.view).broken(ending.view)));
    }
    document
}

/// Each compared field with both sides; null where nothing was captured.
fn before_after(ending: &Ending<'_>) -> Value {
    let sides = BeforeAfter::of(ending.view);
    if sides.before.is_none() {
        return Value::Null;
    }
    let pair = |(before, after): (Option<&Value>, Option<&Value>)| json!({"before": before, "after": after});
    let fields = FIELDS.iter().map(|(name, _)| ((*name).to_owned(), pair(sides.field(name))));
    let counts = ["nodes", "relationships"].iter().map(|name| ((*name).to_owned(), pair(sides.count(name))));
    Value::Object(fields.chain(counts).collect::<Map>())
}
