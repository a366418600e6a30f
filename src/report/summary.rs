//! `summary.txt` of the trail: the run for a reviewer who has nothing but the file.

use super::before_after::BeforeAfter;
use super::ending::{BROKEN, MOVED, addresses, before_after, moved};
use super::made;
use super::page::Page;
use super::remaining_effects::Staying;
use super::run_history::{Found, RunHistory};
use super::status::{phase_text, word};
use super::style::{Style, Tone};
use super::table::Table;
use super::window::stands;
use crate::base::lines::{field, one_line};
use crate::base::{Map, Timestamp, escape, format_duration};
use crate::engine::view::{RunView, StepView};
use crate::runbook::kind::Proof;
use crate::runbook::plan::{Plan, Step};

/// The summary of a run: a function of its plan and records, without a clock and without secrets.
pub fn summary(plan: &Plan, view: &RunView, story: &RunHistory) -> String {
    let mut page = Page::new(Style::FILE);
    let title = format!("surefoot: summary of run {}", view.run);
    page.say(Tone::Plain, 0, &title);
    page.say(Tone::Plain, 0, &"=".repeat(title.len()));
    page.fields(0, &heading(plan, view, story));
    let sides = BeforeAfter::of(view);
    if let Some(before) = sides.before {
        section(&mut page, "Source instance");
        page.fields(0, &instance(before));
    }
    backup(&mut page, &sides, story);
    standing(&mut page, &sides, view, plan, story);
    new_instance(&mut page, &sides, story);
    unfinished(&mut page, view);
    comparison(&mut page, view);
    elsewhere(&mut page, &sides, view);
    staying(&mut page, view);
    steps(&mut page, view, story);
    people(&mut page, story);
    deviations(&mut page, plan, view, story);
    effects(&mut page, story);
    evidence(&mut page, story);
    section(&mut page, "Verdict");
    let at = story.closed.map(|(at, _)| format!(" at {}", at.to_seconds_text())).unwrap_or_default();
    page.say(Tone::Plain, 0, &format!("{}{at}", phase_text(view)));
    page.finish()
}

fn section(page: &mut Page, title: &str) {
    page.heading(title);
    page.say(Tone::Plain, 0, &"-".repeat(title.len()));
}

fn named<const N: usize>(rows: [(&str, String); N]) -> Vec<(String, String)> {
    rows.into_iter().map(|(name, value)| (format!("{name}:"), value)).collect()
}

fn heading(plan: &Plan, view: &RunView, story: &RunHistory) -> Vec<(String, String)> {
    let date = story.opened.as_ref().map(|(at, _)| at.to_seconds_text()).unwrap_or_default();
    let mut rows = named([
        ("Date", date),
        ("Last record", story.last_at.to_seconds_text()),
        ("Operator", story.operators.iter().map(|one| escape(one)).collect::<Vec<_>>().join(", ")),
        ("Runbook", format!("{} {}", escape(&plan.name), escape(&plan.version))),
        ("Plan digest", plan.digest.to_string()),
        ("Sessions", story.sessions.to_string()),
        ("Records", story.records.to_string()),
    ]);
    if story.opened.as_ref().is_some_and(|(_, opened)| opened.twin.is_some()) {
        rows.push(("World:".to_owned(), "a twin; nothing real was touched".to_owned()));
    }
    rows.extend(view.window.as_ref().map(|window| ("Change window:".to_owned(), stands(window))));
    let given = plan.inputs.iter().filter(|(_, value)| !value.is_null() && value.as_str() != Some(""));
    rows.extend(given.map(|(name, value)| (format!("Input {}:", escape(name)), one_line(value))));
    if let Some(error) = view.steps.iter().find(|step| step.status == "failed") {
        rows.push(("Failed:".to_owned(), format!("{}: {}", error.id, escape(&error.reason))));
    }
    rows
}

fn instance(map: &Map) -> Vec<(String, String)> {
    let get = |name: &str| field(map, name);
    named([
        ("Instance ID", get("id")),
        ("Name", get("name")),
        ("Type/Tier", get("type")),
        ("Cloud Provider", get("cloud_provider")),
        ("Region", get("region")),
        ("Memory", get("memory")),
        ("Storage", get("storage")),
        ("Project ID", get("tenant_id")),
        ("Status", get("status")),
        ("Created", get("created_at")),
    ])
}

fn backup(page: &mut Page, sides: &BeforeAfter<'_>, story: &RunHistory) {
    let Some(file) = sides.backup else { return };
    section(page, "Dump file");
    let source = sides.snapshot.map_or_else(
        || "exported from the Aura console".to_owned(),
        |snapshot| {
            let (id, time) = (field(snapshot, "snapshot_id"), field(snapshot, "timestamp"));
            format!("snapshot {id} of {time}, exported from the Aura console")
        },
    );
    let mut rows = named([
        ("Local path", field(file, "path")),
        ("Size", format!("{} bytes", field(file, "size"))),
        ("SHA-256", field(file, "sha256")),
        ("Format", field(file, "format")),
        ("Provenance", field(file, "provenance")),
        ("Source", source),
    ]);
    if let Some(object) = sides.object {
        rows.extend(named([("S3 object", field(object, "uri")), ("S3 version", field(object, "version_id"))]));
    }
    if let (Some(found), _) = evidence_of(story, Proof::Backup) {
        let at = found.evidence.at.to_seconds_text();
        rows.extend(named([("Read back", format!("{at} (record {}, {})", found.record, found.evidence.verifier))]));
    }
    page.fields(0, &rows);
}

fn standing(page: &mut Page, sides: &BeforeAfter<'_>, view: &RunView, plan: &Plan, story: &RunHistory) {
    if sides.before.is_none() {
        return;
    }
    section(page, "Status");
    let proved = |proof: Proof| match evidence_of(story, proof) {
        (Some(found), _) => format!("YES, record {}, {}", found.record, escape(&found.evidence.verifier)),
        (None, Some(Found { record, void: Some(reset), .. })) => {
            format!("NO, record {record} is void since record {reset}")
        }
        (None, _) => "NO".to_owned(),
    };
    let mut rows = named([
        ("Dump verified", proved(Proof::Backup)),
        ("Config captured", proved(Proof::Config)),
        ("Target offered", proved(Proof::Offered)),
        ("Audit entry", proved(Proof::Audited)),
        ("Confirmed", proved(Proof::Confirmed)),
    ]);
    let done = plan.steps.iter().zip(&view.steps).filter(|(_, state)| state.status == "succeeded");
    let saved: Vec<String> = done.filter_map(|(step, _)| step.save.as_deref().map(escape)).collect();
    rows.extend(named([("Files saved", if saved.is_empty() { "none".to_owned() } else { saved.join(", ") })]));
    if let Some(deleted) = sides.deleted {
        rows.extend(named([("Source deleted", field(deleted, "accepted_at"))]));
    }
    page.fields(0, &rows);
}

/// The evidence of this kind that counts, and the last there was.
fn evidence_of(story: &RunHistory, proof: Proof) -> (Option<&Found>, Option<&Found>) {
    let mut all = story.evidence.iter().filter(|found| found.evidence.kind == proof);
    (all.clone().find(|found| found.void.is_none()), all.next_back())
}

/// A record, and the reset since which what it tells does not count any more.
fn counted(record: u64, void: Option<u64>) -> String {
    void.map_or_else(|| record.to_string(), |reset| format!("{record}, void since record {reset}"))
}

fn new_instance(page: &mut Page, sides: &BeforeAfter<'_>, story: &RunHistory) {
    let Some(created) = sides.created else { return };
    section(page, "New instance");
    let known = |name: &str| sides.after.and_then(|map| map.get(name)).or_else(|| created.get(name));
    let get = |name: &str| known(name).map_or_else(|| "-".to_owned(), one_line);
    let mut rows = named([
        ("New Instance ID", field(created, "id")),
        ("Name", get("name")),
        ("Type/Tier", get("type")),
        ("Cloud Provider", get("cloud_provider")),
        ("Region", get("region")),
        ("Memory", get("memory")),
        ("Storage", get("storage")),
        ("Project ID", get("tenant_id")),
        ("Status", get("status")),
        ("Connection URL", get("connection_url")),
        ("Attempts", field(created, "attempts")),
    ]);
    rows.extend(deliveries(created, story).into_iter().map(|text| ("Password saved".to_owned(), text)));
    if let Some((record, at)) = story.rotated {
        rows.extend(named([("Password rotated", format!("{} (record {record})", at.to_seconds_text()))]));
    }
    page.fields(0, &rows);
}

/// Where passwords were written to, each file with the last time; a run may create several instances.
fn deliveries(created: &Map, story: &RunHistory) -> Vec<String> {
    let mut files: Vec<&(u64, Timestamp, String)> = Vec::new();
    for delivered in &story.delivered {
        files.retain(|(_, _, sink)| *sink != delivered.2);
        files.push(delivered);
    }
    if files.is_empty() {
        return vec![field(created, "password_file")];
    }
    let line = |(record, at, sink): &(u64, Timestamp, String)| {
        format!("{} at {} (record {record})", escape(sink), at.to_seconds_text())
    };
    files.into_iter().map(line).collect()
}

/// What was created by a step that did not come to its end.
fn unfinished(page: &mut Page, view: &RunView) {
    let lines: Vec<String> = view.steps.iter().filter_map(|step| made::line(view, step, "")).collect();
    if !lines.is_empty() {
        section(page, "Created");
    }
    for line in lines {
        page.say(Tone::Plain, 0, &line);
    }
}

fn comparison(page: &mut Page, view: &RunView) {
    let table = before_after(view);
    if !table.is_empty() {
        section(page, "Before and after");
        page.table(&table);
    }
}

/// What the deletion has broken with others, and the address that they need.
fn elsewhere(page: &mut Page, sides: &BeforeAfter<'_>, view: &RunView) {
    let broken = sides.broken(view);
    if !broken.is_empty() {
        section(page, BROKEN);
    }
    for one in broken {
        page.hang(Tone::Plain, 0, "- ", &one);
    }
    if let Some((before, after)) = moved(view) {
        section(page, MOVED);
        page.fields(0, &addresses(before, after));
    }
}

/// What the run has made and nothing rests on.
fn staying(page: &mut Page, view: &RunView) {
    if let Some(staying) = Staying::of(view, None) {
        section(page, staying.title);
        staying.list(page, 0);
    }
}

fn steps(page: &mut Page, view: &RunView, story: &RunHistory) {
    section(page, "Steps");
    let mut table = Table::new(["step", "state", "ended", "took", "record", "result"]);
    for step in view.steps_shown() {
        let ended = story.steps.get(&step.id).and_then(|times| times.ended);
        let took = ended.filter(|_| step.status == "succeeded" && step.since != Timestamp::default());
        table.row([
            step.id.clone(),
            word(step).to_owned(),
            ended.map(|(_, at)| at.to_seconds_text()).unwrap_or_default(),
            took.map(|(_, at)| format_duration(at.since(step.since))).unwrap_or_default(),
            ended.map(|(record, _)| record.to_string()).unwrap_or_default(),
            result(step),
        ]);
    }
    page.table(&table);
}

fn result(step: &StepView) -> String {
    match &step.output {
        Some(output) => (step.kind.result)(output),
        None => escape(&step.reason),
    }
}

fn people(page: &mut Page, story: &RunHistory) {
    section(page, "Who said what");
    if story.people.is_empty() {
        page.say(Tone::Plain, 0, "no questions were asked");
        return;
    }
    let mut table = Table::new(["at", "step", "who", "record", "what"]);
    for said in &story.people {
        let note = if said.note.is_empty() { String::new() } else { format!(" ({})", escape(&said.note)) };
        table.row([
            said.at.to_seconds_text(),
            said.step.clone(),
            escape(&said.by),
            counted(said.record, said.void),
            format!("{}{note}", escape(&said.text)),
        ]);
    }
    page.table(&table);
}

fn deviations(page: &mut Page, plan: &Plan, view: &RunView, story: &RunHistory) {
    section(page, "Deviations");
    let mut rows: Vec<(u64, String)> =
        story.deviations.iter().map(|deviation| (deviation.record, escape(&deviation.text))).collect();
    for (step, state) in plan.steps.iter().zip(&view.steps).filter(|(_, state)| !state.is_unneeded()) {
        if let Some(text) = own_deviation(step, state) {
            let ended = story.steps.get(&step.id).and_then(|times| times.ended);
            rows.push((ended.map_or(story.records, |(record, _)| record), text));
        }
    }
    if rows.is_empty() {
        page.say(Tone::Plain, 0, "none");
        return;
    }
    rows.sort();
    let mut table = Table::new(["record", "what"]);
    for (record, text) in rows {
        table.row([record.to_string(), text]);
    }
    page.table(&table);
}

/// What a step's own result says that a reviewer must not overlook.
fn own_deviation(planned: &Step, step: &StepView) -> Option<String> {
    let output = step.output.as_ref();
    if let Some(remark) = output.and_then(step.kind.remark) {
        return Some(format!("`{}`: {remark}", step.id));
    }
    let is_skipped = step.status == "skipped" && planned.when.is_none();
    is_skipped.then(|| format!("`{}` was skipped: {}", step.id, escape(&step.reason)))
}

fn effects(page: &mut Page, story: &RunHistory) {
    section(page, "What was sent");
    let mut table = Table::new(["at", "step", "try", "records", "outcome", "request"]);
    for sent in &story.effects {
        let (settled, outcome) = match sent.outcome {
            Some((record, outcome, Some(status))) => (format!("-{record}"), format!("{outcome} ({status})")),
            Some((record, outcome, None)) => (format!("-{record}"), outcome.to_owned()),
            None => (String::new(), "not seen".to_owned()),
        };
        table.row([
            sent.at.to_seconds_text(),
            sent.step.clone(),
            sent.attempt.to_string(),
            format!("{}{settled}", sent.record),
            outcome,
            escape(&sent.request),
        ]);
    }
    if table.is_empty() {
        page.say(Tone::Plain, 0, "nothing");
    }
    page.table(&table);
}

fn evidence(page: &mut Page, story: &RunHistory) {
    section(page, "Evidence");
    let mut table = Table::new(["evidence", "about", "record", "step", "verified by", "sha256"]);
    for found in &story.evidence {
        table.row([
            found.evidence.kind.name().to_owned(),
            escape(&found.evidence.subject),
            counted(found.record, found.void),
            found.step.clone(),
            escape(&found.evidence.verifier),
            found.evidence.digest.to_string(),
        ]);
    }
    if table.is_empty() {
        page.say(Tone::Plain, 0, "none");
    }
    page.table(&table);
}
