//! What is said of a run that needs somebody.

mod back;
mod graph;

pub(crate) use back::{gone_back, snapshot_taken};
use serde_json::json;
use std::time::Duration;
use surefoot::base::Timestamp;
use surefoot::engine::Phase;
use surefoot::engine::call::Outcome;
use surefoot::engine::doubt::{Doubt, Look, Sent};
use surefoot::engine::event::{HoldClass, Verdict};
use surefoot::engine::question::{Form, Question};
use surefoot::engine::view::{EffectView, Named, RunView, StepView};
use surefoot::engine::{Branch, RecoveryForecast};
use surefoot::report::{self, StatusPage};

const AT: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

fn step(id: &str, kind: &'static str, status: &'static str) -> StepView {
    StepView {
        id: id.to_owned(),
        kind: surefoot::kinds::find(kind).unwrap(),
        description: String::new(),
        status,
        left: false,
        since: AT,
        reason: String::new(),
        remedy: String::new(),
        class: None,
        question: None,
        lapsed: false,
        waiting: None,
        effects: Vec::new(),
        made: None,
        lost: Vec::new(),
        output: None,
        proved: Vec::new(),
        is_undo: false,
        has_undo: false,
        is_harmless: false,
    }
}

fn run(phase: Phase, crossed: bool, steps: Vec<StepView>) -> RunView {
    RunView {
        run: "r1".to_owned(),
        runbook: "change".to_owned(),
        file: "runbooks/a change.yaml".to_owned(),
        origin: surefoot::engine::origin::Origin::default(),
        version: "1.0.0".to_owned(),
        phase,
        crossed,
        may_cancel: !crossed,
        extent: None,
        paused: false,
        went_back: None,
        window: None,
        sessions: 2,
        records: 41,
        steps,
        in_doubt: Vec::new(),
    }
}

/// A deletion that nobody saw the end of, a step that waits for the outside, one that asks, and one that is blocked.
pub(crate) fn troubled() -> RunView {
    let effect = EffectView {
        request: "DELETE /v1/instances/2f49c2b3".to_owned(),
        attempt: 1,
        at: AT,
        seq: 0,
        past: None,
        outcome: Some(Outcome::Unknown),
        in_doubt: true,
        undone: false,
        named: None,
        seen: Some(json!({"present": true, "status": "running"}).to_string()),
    };
    let done = json!({"name": "orders\u{202e}", "type": "enterprise-db", "memory": "8GB", "status": "running"});
    let question = Question {
        form: Form::Type("orders-prod".to_owned()),
        text: "Type orders-prod to continue.".to_owned(),
        show: vec![("instance".to_owned(), json!("2f49c2b3"))],
        task: json!(null),
        round: 1,
    };
    let mut view = run(
        Phase::Running,
        true,
        vec![
            StepView { output: done.as_object().cloned(), ..step("capture", "aura.instance.get", "succeeded") },
            StepView {
                effects: vec![effect],
                class: Some(HoldClass::Doubt),
                reason: "nobody can tell whether it took place".to_owned(),
                remedy: "look in the console".to_owned(),
                ..step("delete", "aura.instance.delete", "held")
            },
            StepView {
                waiting: Some((AT, "503 from the API".to_owned())),
                ..step("list", "aura.instance.list", "ready")
            },
            StepView { question: Some(question), ..step("confirm", "confirm", "ready") },
            step("after", "assert", "blocked"),
        ],
    );
    view.in_doubt = vec![deletion_in_doubt()];
    view
}

fn deletion_in_doubt() -> Doubt {
    let course = |found: &str, then: &str| Branch { found: found.to_owned(), then: then.to_owned() };
    let sent = Sent {
        request: "DELETE /v1/instances/2f49c2b3".to_owned(),
        target: "2f49c2b3".to_owned(),
        attempt: 1,
        at: AT,
        last_sent: AT,
        status: None,
        why: "DELETE /v1/instances/2f49c2b3: no answer: timed out\u{202e}".to_owned(),
    };
    let look = |minutes: u64| Look { at: AT.plus(Duration::from_mins(minutes)), saw: "there, running".to_owned() };
    Doubt {
        step: "delete".to_owned(),
        kind: "aura.instance.delete",
        sent: vec![sent],
        looks: (1..8).map(look).collect(),
        trouble: Some("503 from the API".to_owned()),
        outlook: RecoveryForecast {
            next: "the instance is looked at".to_owned(),
            at: Some(AT.plus(Duration::from_mins(8))),
            every: Some(Duration::from_secs(15)),
            until: Some(AT.plus(Duration::from_hours(20))),
            then: vec![
                course("gone", "it counts as done"),
                course(
                    "still there",
                    "the deletion is sent again, after a last look at its guard, attempt 2 of at most 5",
                ),
            ],
        },
        if_resumed_at: Some(AT),
    }
}

pub(crate) fn page(view: &RunView) -> StatusPage<'_> {
    let (run_dir, audit_dir) = (".surefoot/runs/r1", "audit/r1");
    StatusPage { view, run_dir, audit_dir, options: "", held_by: None, opened_at: Some(AT), last_at: Some(AT) }
}

#[test]
fn a_run_in_trouble_says_what_it_needs() {
    let view = troubled();
    insta::assert_snapshot!(report::status(&page(&view), report::Style { columns: 100, colour: false }));
    insta::assert_snapshot!(report::status(&page(&view), report::Style { columns: 40, colour: false }));
}

#[test]
fn the_same_as_data() {
    let view = troubled();
    insta::assert_snapshot!(format!("{:#}", report::json::status(&page(&view))));
}

#[test]
fn a_run_in_work_offers_no_commands() {
    let view = troubled();
    let text = report::status(&StatusPage { held_by: Some("pid 7"), ..page(&view) }, report::Style::FILE);
    assert!(text.ends_with("Next\n  Another process is working on it: pid 7.\n"), "{text}");
}

#[test]
fn what_is_left_names_what_was_found_by_looking_and_never_breaks_an_id() {
    let id = "2~Vx9".repeat(12);
    let effect = |request: &str, outcome, named| EffectView {
        request: request.to_owned(),
        attempt: 1,
        at: AT,
        seq: 0,
        past: None,
        outcome: Some(outcome),
        in_doubt: false,
        undone: false,
        seen: None,
        named,
    };
    let upload = Named { what: "upload", id: id.clone() };
    let snapshot = Named { what: "snapshot", id: "5b1c".to_owned() };
    let effects = vec![
        effect("POST s3://bucket/key?uploads", Outcome::Applied, Some(upload)),
        effect("POST /v1/instances/2f49c2b3/snapshots", Outcome::Unknown, Some(snapshot)),
        effect("POST /v1/instances/2f49c2b3/snapshots", Outcome::Unknown, None),
    ];
    let view =
        run(Phase::Closed(Verdict::Failed), false, vec![StepView { effects, ..step("put", "s3.put", "succeeded") }]);
    let text = report::status(&page(&view), report::Style { columns: 40, colour: false });
    let (_, left) = text.split_once("Left in place\n").unwrap();
    let (left, _) = left.split_once("\nNext").unwrap();
    insta::assert_snapshot!(left, @"
      `put`: POST s3://bucket/key?uploads,
      upload
      2~Vx92~Vx92~Vx92~Vx92~Vx92~Vx92~Vx92~Vx92~Vx92~Vx92~Vx92~Vx9
        abort it:
        `aws s3api abort-multipart-upload --bucket bucket --key key --upload-id '2~Vx92~Vx92~Vx92~Vx92~Vx92~Vx92~Vx92~Vx92~Vx92~Vx92~Vx92~Vx9'`
      `put`: POST
      /v1/instances/2f49c2b3/snapshots,
      snapshot 5b1c (no answer received;
      found by looking)
        the service removes it by itself
        when it expires
      `put`: POST
      /v1/instances/2f49c2b3/snapshots (no
      answer received; it may have taken
      effect)
        the service removes it by itself
        when it expires
      Nothing is rolled back; remove by hand
      what you don't need.
    ");
}

#[test]
fn a_remedy_of_a_run_that_is_over_is_for_a_new_one() {
    let shown = |remedy: &str| {
        let failed = StepView { remedy: remedy.to_owned(), ..step("a", "sleep", "failed") };
        let view = run(Phase::Closed(Verdict::Failed), false, vec![failed]);
        let text = report::status(&page(&view), report::Style { columns: 400, colour: false });
        let told = text.lines().find_map(|line| line.trim().strip_prefix("remedy: ")).unwrap().to_owned();
        assert_eq!(report::json::status(&page(&view))["steps"][0]["remedy"], told);
        told
    };
    assert_eq!(shown("repeat the import, then `surefoot resume`"), "repeat the import, then start a new run");
    assert_eq!(shown("`surefoot resume` asks again"), "a new run asks again");
    assert_eq!(
        shown("give one: `surefoot resume --set a.database=NAME`; or `surefoot keys init`"),
        "give one: start a new run with `database: NAME` in step `a`; or `surefoot keys init`"
    );
}

#[test]
fn commands_in_a_remedy_name_the_run_the_step_and_where_they_are() {
    let shown = |remedy: &str| {
        let held = StepView { class: Some(HoldClass::Person), remedy: remedy.to_owned(), ..step("a", "sleep", "held") };
        let view = run(Phase::Running, false, vec![held]);
        let page = StatusPage { options: " --state-dir '/mnt/a state'", ..page(&view) };
        let narrow = report::status(&page, report::Style { columns: 40, colour: false });
        let is_whole = |line: &str| line.matches('`').count().is_multiple_of(2);
        assert!(narrow.lines().all(is_whole), "a command can be copied as it stands:\n{narrow}");
        let text = report::status(&page, report::Style { columns: 400, colour: false });
        let told = text.lines().find_map(|line| line.trim().strip_prefix("remedy: ")).unwrap().to_owned();
        assert_eq!(report::json::status(&page)["steps"][0]["remedy"], told);
        told
    };
    let resume = "`surefoot resume r1 --state-dir '/mnt/a state'`";
    assert_eq!(
        shown("look; then `surefoot resolve RUN STEP applied|not-applied --because TEXT`, and `surefoot resume`"),
        format!(
            "look; then `surefoot resolve r1 a applied --because TEXT --state-dir '/mnt/a state'` or `surefoot resolve r1 \
             a not-applied --because TEXT --state-dir '/mnt/a state'`, and {resume}"
        )
    );
    assert_eq!(
        shown("`surefoot resume`; these may be changed with `--set STEP.memory=VALUE`: memory"),
        format!("{resume}; these may be changed with `--set a.memory=VALUE`: memory")
    );
    assert_eq!(
        shown("`surefoot resume --set a.password_file=FILE`, or `surefoot keys init`"),
        "`surefoot resume r1 --set a.password_file=FILE --state-dir '/mnt/a state'`, or `surefoot keys init --state-dir \
         '/mnt/a state'`"
    );
    assert_eq!(shown("`surefoot cancel` ends it"), "`surefoot cancel r1 --state-dir '/mnt/a state'` ends it");
    assert_eq!(shown("it is `resume RUN STEP` in `keys`"), "it is `resume RUN STEP` in `keys`");
}

#[test]
fn what_a_closed_run_left_is_neither_under_way_nor_held() {
    let left = |id: &str, status| StepView { left: true, ..step(id, "aura.instance.update", status) };
    let effects = troubled().steps.swap_remove(1).effects;
    let held = StepView {
        class: Some(HoldClass::Person),
        reason: "the instance is paused".to_owned(),
        remedy: "resume it, then `surefoot resume`".to_owned(),
        ..left("b", "held")
    };
    let doubtful = StepView { effects, ..left("c", "ready") };
    let view = run(
        Phase::Closed(Verdict::Cancelled),
        false,
        vec![left("a", "ready"), held, doubtful, left("d", "blocked"), step("e", "assert", "succeeded")],
    );
    let words: Vec<_> = view.steps.iter().map(report::word).collect();
    assert_eq!(words, ["not finished", "not finished", "in doubt", "not started", "done"]);
    let text = report::status(&page(&view), report::Style { columns: 100, colour: false });
    assert!(text.contains("`b` was held\n  the instance is paused\n\n"), "{text}");
    assert!(!text.contains("remedy"), "{text}");
}

#[test]
fn what_to_type_next() {
    let commands = |view: &RunView| {
        report::next_commands(view, &report::Extras::default())
            .into_iter()
            .map(|(command, _)| command)
            .collect::<Vec<_>>()
    };
    let closed = |verdict| run(Phase::Closed(verdict), false, vec![step("a", "assert", "succeeded")]);
    assert_eq!(commands(&closed(Verdict::Done)), ["surefoot audit verify r1"]);
    assert_eq!(commands(&closed(Verdict::Cancelled)), ["surefoot audit verify r1"]);
    assert_eq!(
        commands(&closed(Verdict::Failed)),
        ["surefoot run 'runbooks/a change.yaml'", "surefoot audit verify r1"]
    );
    assert_eq!(
        commands(&troubled()),
        [
            "surefoot resolve r1 delete applied --because TEXT",
            "surefoot resolve r1 delete not-applied --because TEXT",
            "surefoot answer r1 confirm",
            "surefoot resume r1",
        ]
    );
    let before = run(Phase::Running, false, vec![step("a", "sleep", "ready")]);
    assert_eq!(commands(&before), ["surefoot resume r1", "surefoot cancel r1"]);
}
