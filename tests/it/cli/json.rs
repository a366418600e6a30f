//! `docs/json.md` and what the commands print are the same: schemas, fields and types.

use super::case::{ASKING, Case, MAIN, SMALL, UNUSED};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use surefoot::report::json::{rehearsal, status};
use surefoot::report::{RehearsalFailure, RehearsalPage, RehearsalUnfinished};

/// Sections that describe a part of a document, by the type that names them.
const PARTS: [(&str, &str); 3] = [("doubt", "A doubt"), ("diagnostic", "A diagnostic"), ("field", "A field")];

/// A row of the page.
#[derive(Clone, Debug)]
struct Row {
    /// Section and field, for saying which row nothing was seen of.
    id: (String, String),
    ty: String,
    optional: bool,
}

/// The rows of one form, by path; parts are unfolded.
type Form = BTreeMap<String, Row>;

fn sections() -> BTreeMap<String, Vec<(String, Row)>> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/json.md")).unwrap();
    let mut sections = BTreeMap::new();
    for section in text.split("\n## ").skip(1) {
        let name = section.lines().next().unwrap().trim_matches('`').to_owned();
        let rows = section.lines().filter(|line| line.starts_with("| `")).map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let field = cells[0].trim_matches('`').to_owned();
            let optional = cells[2].contains("; only ") || cells[2].contains("; not for ");
            (field.clone(), Row { id: (name.clone(), field), ty: cells[1].to_owned(), optional })
        });
        let mut rows: Vec<_> = rows.collect();
        if section.contains("All fields of [a run]") {
            rows.push((
                "*".to_owned(),
                Row { id: (name.clone(), "*".to_owned()), ty: "A run".to_owned(), optional: true },
            ));
        }
        sections.insert(name, rows);
    }
    sections
}

/// The form that a section describes.
fn form(sections: &BTreeMap<String, Vec<(String, Row)>>, name: &str) -> Form {
    let mut form = Form::new();
    for (field, row) in &sections[name] {
        if field == "*" {
            form.extend(self::form(sections, &row.ty));
            continue;
        }
        let Some((_, part)) = PARTS.iter().find(|(ty, _)| *ty == row.ty) else {
            form.insert(field.clone(), row.clone());
            continue;
        };
        let inner = self::form(sections, part);
        form.extend(inner.into_iter().map(|(name, inner)| {
            let optional = inner.optional || row.optional;
            (format!("{field}.{name}"), Row { optional, ..inner })
        }));
    }
    form
}

fn fits(value: &Value, ty: &str) -> bool {
    let one = |ty: &str| match ty {
        "text" => value.is_string(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "map" | "object" => value.is_object(),
        "any" => true,
        _ => panic!("the page has a type {ty:?}"),
    };
    ty.split(" or ").any(one)
}

/// Compares documents with a form.
struct Reader<'a> {
    form: &'a Form,
    seen: &'a mut BTreeSet<(String, String)>,
    wrong: Vec<String>,
}

impl Reader<'_> {
    fn object(&mut self, at: &str, fields: &serde_json::Map<String, Value>) {
        let inside = if at.is_empty() { String::new() } else { format!("{at}.") };
        for (name, value) in fields {
            self.value(&format!("{inside}{name}"), value);
        }
        for (path, row) in self.form.iter().filter(|(_, row)| !row.optional) {
            let Some(rest) = path.strip_prefix(&inside) else { continue };
            let name = rest.split(['.', '[']).next().unwrap();
            if !fields.contains_key(name) {
                self.wrong.push(format!("{path} is not there: {:?}", row.id));
            }
        }
    }

    fn value(&mut self, path: &str, value: &Value) {
        let ty = self.form.get(path).map(|row| {
            self.seen.insert(row.id.clone());
            row.ty.clone()
        });
        let has = |end: &str| self.form.keys().any(|one| one.starts_with(&format!("{path}{end}")));
        let (is_list, is_object) = (has("[]"), has("."));
        match (&ty, value) {
            (Some(ty), value) if !fits(value, ty) => self.wrong.push(format!("{path} is no {ty}: {value}")),
            (Some(ty), _) if ty.starts_with("map") || ty == "any" => {}
            (_, Value::Object(fields)) if is_object => self.object(path, fields),
            (Some(_), _) => {}
            (None, Value::Array(items)) if is_list => {
                for item in items {
                    self.value(&format!("{path}[]"), item);
                }
            }
            (None, Value::Null) if is_list => {}
            (None, _) => self.wrong.push(format!("{path} does not stand in docs/json.md: {value}")),
        }
    }
}

/// A step within a window.
const WINDOW: &str = "runbook: within\nversion: 1.0.0\nwindow: {timezone: UTC, rrule: \"FREQ=DAILY;BYHOUR=0\", duration: 4h}\n\
                      steps:\n  - {id: holds, uses: assert, with: {that: true}}\n";

/// What commands print, and two documents for which a run would have to go very wrong.
fn documents() -> Vec<Value> {
    let bad = SMALL.replace("assert", "asert");
    let mut case =
        Case::new().file("a.yaml", SMALL).file("bad.yaml", bad).file("unused.yaml", UNUSED).file("broken.yaml", "a: [");
    case = case.file("twice.yaml", SMALL.replace("version: 1.0.0", "version: 1.0.0\nversion: 2.0.0"));
    case = case.file("forms.yaml", super::secrets::BOOK).file("window.yaml", WINDOW);
    let cases = "runbook: a.yaml\ncases: [{case: it fails, expect: {end: failed}}]\n";
    case = case.file("small.test.yaml", cases);
    let mut all = Vec::new();
    let mut tell = |case: &mut Case, args: &[&str]| {
        let output = case.command().args(args).args(["--output", "json"]).output().unwrap();
        all.push(
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}: {output:?}")),
        );
    };
    for args in [
        ["check", "a.yaml", "bad.yaml", "unused.yaml", "twice.yaml"].as_slice(),
        &["check", "none.yaml"],
        &["fmt", "--check", "a.yaml", "broken.yaml"],
        &["plan", "bad.yaml"],
        &["plan", "forms.yaml"],
        &["plan", MAIN, "-i", "instance_id=2f49c2b3", "-i", "bucket=b", "-i", "change_id=C1"],
        &["graph", "a.yaml"],
        &["plan", "window.yaml"],
        &["window", "window.yaml"],
        &["kinds"],
        &["explain", "SF001"],
        &["help", "exit-codes"],
        &["help", "language"],
        &["init"],
        &["rehearse", "a.yaml", "--seeds", "5"],
        &["test", "small.test.yaml"],
        &["keys", "init"],
        &["run", MAIN, "--twin", "--speed", "800"],
    ] {
        tell(&mut case, args);
    }
    let run = case.run_id();
    for args in [["secret", "deliver", &run].as_slice(), &["audit", "verify", &run], &["runs"], &["status", &run]] {
        tell(&mut case, args);
    }
    tell(&mut Case::new().file("a.yaml", ASKING), &["run", "a.yaml"]);
    all.push(in_trouble());
    let failing =
        RehearsalFailure { violations: vec!["v".to_owned()], schedule: vec!["s".to_owned()], ..Default::default() };
    all.push(rehearsal(&RehearsalPage {
        failing: vec![failing],
        estimate: Some(Default::default()),
        assumption: Some(surefoot::report::RehearsalAssumption::default()),
        ..Default::default()
    }));
    for is_held in [true, false] {
        let unfinished = RehearsalUnfinished { is_held, why: "make: busy".to_owned(), ..Default::default() };
        all.push(rehearsal(&RehearsalPage { unfinished: Some(unfinished), ..Default::default() }));
    }
    all
}

/// A run that created something and lost something.
fn in_trouble() -> Value {
    let mut view = crate::report::troubled();
    let made = surefoot::engine::view::Made { id: "7226515c".to_owned(), name: "sf-1".to_owned(), delivered: None };
    view.steps[4].made = Some(made);
    view.steps[4].lost = vec!["aaaa1111".to_owned()];
    view.steps[4].effects = vec![crate::report::snapshot_taken(3, Some(9))];
    view.went_back = Some(crate::report::gone_back(1));
    view.window = Some(surefoot::engine::view::WindowView {
        gate: surefoot::engine::Gate::Closed {
            at: view.steps[4].since,
            opens: Some(view.steps[4].since),
            in_session: true,
        },
        zone: surefoot::calendar::zone("Europe/London").unwrap(),
        stops: true,
        overridden: Some("INC-1: it cannot wait any longer".to_owned()),
        left: false,
    });
    view.extent = Some(surefoot::engine::ExtentView {
        until: Some("make".to_owned()),
        reached: true,
        next: vec!["after".to_owned()],
    });
    status(&crate::report::page(&view))
}

#[test]
fn the_page_about_json_says_what_commands_print() {
    let sections = sections();
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    let mut schemas = BTreeSet::new();
    for document in documents() {
        let schema = document["schema"].as_str().unwrap().to_owned();
        assert!(sections.contains_key(&schema), "{schema} does not stand in docs/json.md");
        let form = form(&sections, &schema);
        let mut reader = Reader { form: &form, seen: &mut seen, wrong: Vec::new() };
        reader.object("", document.as_object().unwrap());
        wrong.extend(reader.wrong.into_iter().map(|why| format!("{schema}: {why}")));
        schemas.insert(schema);
    }
    let described: BTreeSet<_> = sections.keys().filter(|name| name.starts_with("surefoot.")).cloned().collect();
    assert_eq!(schemas, described, "printed, and described");
    let rows =
        sections.values().flatten().filter(|(field, row)| field != "*" && !PARTS.iter().any(|(ty, _)| *ty == row.ty));
    wrong
        .extend(rows.filter(|(_, row)| !seen.contains(&row.id)).map(|(_, row)| format!("nothing prints {:?}", row.id)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_page_that_differs_is_noticed() {
    let sections = sections();
    let form = form(&sections, "surefoot.secret.v1");
    let read = |document: Value| {
        let mut seen = BTreeSet::new();
        let mut reader = Reader { form: &form, seen: &mut seen, wrong: Vec::new() };
        reader.object("", document.as_object().unwrap());
        reader.wrong.len()
    };
    let schema = "surefoot.secret.v1";
    assert_eq!(read(json!({"schema": schema, "run": "r", "delivered": [{"step": "s", "file": "f"}]})), 0);
    assert_eq!(read(json!({"schema": schema, "run": "r", "delivered": [{"step": "s", "file": 1}]})), 1);
    assert_eq!(read(json!({"schema": schema, "run": "r", "delivered": [{"step": "s"}]})), 1);
    assert_eq!(read(json!({"schema": schema, "delivered": [], "more": 1})), 2);
}
