//! Pictures of a plan and of a run: complete, legible, and sound in the language that each is written in.

use super::{run, step};
use regex_lite::Regex;
use std::collections::BTreeSet;
use surefoot::engine::Phase;
use surefoot::engine::event::Verdict;
use surefoot::engine::view::RunView;
use surefoot::report::{Style, dot, graph, mermaid, svg};
use surefoot::runbook::guard;
use surefoot::runbook::plan::Plan;
use surefoot::runbook::{Inputs, compile};

const MAIN: &str = include_str!("../../../runbooks/migrate-to-vdc.yaml");
const STYLE: Style = Style { columns: 120, colour: false };

fn planned(text: &str) -> Plan {
    compile(surefoot::kinds::catalog(), "case.yaml", text.as_bytes(), Inputs::Unknown)
        .unwrap_or_else(|found| panic!("{found}"))
}

/// Sixty steps: five lanes, a joint, twelve hosts each with a check, and a tail with an edge from far above.
fn sixty() -> Plan {
    let mut text = "runbook: big\nversion: 1.0.0\nsteps:\n".to_owned();
    let mut add = |id: &str, needs: &[String]| {
        text += &format!("  - {{id: {id}, uses: assert, needs: [{}], with: {{that: true}}}}\n", needs.join(", "));
    };
    add("begin", &[]);
    for lane in ["a", "b", "c", "d", "e"] {
        for place in 0..5 {
            let before = if place == 0 { "begin".to_owned() } else { format!("{lane}_{}", place - 1) };
            add(&format!("{lane}_{place}"), &[before]);
        }
    }
    add("join", &["a", "b", "c", "d", "e"].map(|lane| format!("{lane}_4")));
    for host in 0..12 {
        add(&format!("host_{host}"), &["join".to_owned()]);
    }
    for host in 0..12_usize {
        add(&format!("check_{host}"), &[format!("host_{host}"), format!("host_{}", host.saturating_sub(1))]);
    }
    add("sum", &(0..12).map(|host| format!("check_{host}")).collect::<Vec<_>>());
    for place in 0..8 {
        let before = if place == 0 { "sum".to_owned() } else { format!("tail_{}", place - 1) };
        add(&format!("tail_{place}"), &[before, "b_2".to_owned()]);
    }
    planned(&text)
}

/// One card of a picture: its state, what is said of it, and its rectangle.
struct Card {
    class: String,
    about: String,
    rect: [i64; 4],
}

fn number(text: &str) -> i64 {
    text.parse().unwrap()
}

fn cards(picture: &str) -> Vec<Card> {
    let form = Regex::new(
        "<g class=\"step ([a-z ]+)\" role=\"graphics-symbol\" aria-label=\"([^\"]*)\" transform=\"translate\\(([-0-9]+) \
         ([-0-9]+)\\)\"><title>[^<]*</title><rect width=\"([0-9]+)\" height=\"([0-9]+)\"",
    );
    let form = form.unwrap();
    let found = form.captures_iter(picture).map(|found| Card {
        class: found[1].to_owned(),
        about: found[2].to_owned(),
        rect: [number(&found[3]), number(&found[4]), number(&found[5]), number(&found[6])],
    });
    found.collect()
}

/// A place in the picture, to the right and downwards.
type Place = (i64, i64);

/// The ends of the paths of a class, with what is said of them.
fn paths(picture: &str, class: &str) -> Vec<(Place, Place, String)> {
    let form = Regex::new(&format!("<path class=\"{class}\" d=\"M([^\"]*)\" marker-end=[^>]*><title>([^<]*)</title>"));
    let ends = |found: regex_lite::Captures<'_>| {
        // `V` moves downwards alone, `C` ends with a place.
        let (mut x, mut y) = (0, 0);
        let mut first = None;
        for part in Regex::new("([MVC]?)([-0-9 ]+)").unwrap().captures_iter(&found[1]) {
            let numbers: Vec<i64> = part[2].split_whitespace().map(number).collect();
            match &part[1] {
                "V" => y = numbers[0],
                _ => (x, y) = (numbers[numbers.len() - 2], numbers[numbers.len() - 1]),
            }
            first.get_or_insert((x, y));
        }
        (first.unwrap(), (x, y), found[2].to_owned())
    };
    form.unwrap().captures_iter(picture).map(ends).collect()
}

/// Every tag is closed in order and nothing is loaded or executed.
fn assert_stands_alone(picture: &str) {
    let mut open = Vec::new();
    for tag in Regex::new("<(/?)([a-z]+)([^>]*)>").unwrap().captures_iter(picture) {
        match (&tag[1], tag[3].ends_with('/')) {
            ("/", _) => assert_eq!(open.pop(), Some(tag[2].to_owned())),
            (_, false) => open.push(tag[2].to_owned()),
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
    let outside = picture.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for word in ["<script", "http", "href", "@import", "onload", "<image", "<foreignObject"] {
        assert!(!outside.contains(word), "{word}");
    }
    assert!(picture.contains("@media (prefers-color-scheme: dark)"));
    assert!(!picture.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").replace("&quot;", "").contains('&'));
}

fn assert_legible(plan: &Plan, picture: &str) {
    let cards = cards(picture);
    assert_eq!(cards.len(), plan.steps.len());
    for (place, one) in cards.iter().enumerate() {
        for other in &cards[place + 1..] {
            let [x, y, width, height] = one.rect;
            let [other_x, other_y, other_width, other_height] = other.rect;
            let apart =
                x + width < other_x || other_x + other_width < x || y + height < other_y || other_y + other_height < y;
            assert!(apart, "{} covers {}", one.about, other.about);
        }
    }
    let lower = |card: &Card| card.rect[1] + card.rect[3];
    let at = |id: &str| &cards[plan.index_of(id).unwrap()];
    for (from, to, told) in paths(picture, "wait").into_iter().chain(paths(picture, "proof")) {
        let told = told.rsplit_once(": ").map_or(told.as_str(), |(_, ids)| ids);
        let (before, step) = told.split_once(" → ").or_else(|| told.split_once(" ⇢ ")).unwrap();
        assert_eq!(from.1, lower(at(before)), "{told}");
        assert_eq!(to.1, at(step).rect[1], "{told}");
        for ((x, _), card) in [(from, at(before)), (to, at(step))] {
            assert!((card.rect[0]..=card.rect[0] + card.rect[2]).contains(&x), "{told}");
        }
        assert!(from.1 < to.1, "{told}");
    }
}

#[test]
fn a_picture_of_the_main_job_has_each_step_each_edge_each_evidence_and_the_line() {
    let plan = planned(MAIN);
    let picture = svg(&plan, None, false);
    assert_stands_alone(&picture);
    assert_legible(&plan, &picture);
    let id = |index: usize| plan.steps[index].id.as_str();
    // Dashed, from what yields the evidence to what rests on it.
    assert!(picture.contains(".proof { stroke: var(--proof); stroke-dasharray:"));
    let dashed: BTreeSet<String> = paths(&picture, "proof").into_iter().map(|(_, _, told)| told).collect();
    let proofs = guard::proofs(&plan);
    assert!(proofs.len() >= 5);
    for proof in proofs {
        let ends = format!("{} ⇢ {}", id(proof.by_step), id(proof.step));
        assert!(dashed.iter().any(|told| told.ends_with(&ends) && told.contains(proof.proof.name())), "{ends}");
    }
    // The line has the deletion and all that comes later beneath it, and all that comes earlier above it.
    let line = Regex::new("<g class=\"turning\"><path d=\"M[0-9]+ ([0-9]+)H").unwrap();
    let offset = Regex::new("\n<g transform=\"translate\\([0-9]+ ([0-9]+)\\)\">\n").unwrap();
    let line = number(&line.captures(&picture).unwrap()[1]) - number(&offset.captures(&picture).unwrap()[1]);
    let turning = plan.point_of_no_return().unwrap();
    let order = plan.order();
    let place = order.iter().position(|step| *step == turning).unwrap();
    let cards = cards(&picture);
    for (number, step) in order.into_iter().enumerate() {
        assert_eq!(cards[step].rect[1] > line, number >= place, "{}", id(step));
    }
    assert!(cards[turning].class.ends_with("irreversible"), "{}", cards[turning].class);
}

#[test]
fn sixty_steps_are_legible_and_drawn_alike_each_time() {
    let plan = sixty();
    assert_eq!(plan.steps.len(), 60);
    let picture = svg(&plan, None, false);
    assert_stands_alone(&picture);
    assert_legible(&plan, &picture);
    assert_eq!(picture, svg(&plan, None, false));
    // Edges between neighbouring layers of lanes and hosts need not cross: each card of the twelve hosts is above its
    // own check, more or less.
    let cards = cards(&picture);
    let x = |id: &str| cards[plan.index_of(id).unwrap()].rect[0];
    assert!((1..12).all(|host| x(&format!("host_{}", host - 1)) < x(&format!("host_{host}"))));
    assert!((1..12).all(|host| x(&format!("check_{}", host - 1)) < x(&format!("check_{host}"))));
}

#[test]
fn what_need_not_come_before_the_line_stands_below_it_unless_it_is_written_earlier() {
    let text = "runbook: a\nversion: 1.0.0\nsteps:\n  - {id: early, uses: assert, with: {that: true}}\n  \
                - {id: later, uses: assert, needs: [early], with: {that: true}}\n  \
                - {id: drop, uses: command, effect: irreversible, subject: \"db:x\", with: {argv: [id]}}\n  \
                - {id: last, uses: assert, with: {that: true}}\n";
    // The guard refuses it, for nothing proves anything: what is drawn is the order, so the effect is taken back.
    let text = text.replace("effect: irreversible, subject: \"db:x\"", "effect: undoable, subject: \"db:x\"");
    let mut plan = planned(&text);
    plan.steps[2].effect.reverse = surefoot::runbook::kind::Reversibility::Irreversible;
    let drawn = graph(&plan, None, false, STYLE);
    let at = |what: &str| drawn.find(what).unwrap_or_else(|| panic!("{what}\n{drawn}"));
    let line = at("point of no return: `drop`");
    assert!(at("─ early") < line && at("─ later") < line && line < at("─ drop") && line < at("─ last"), "{drawn}");
}

/// A run of the diamond in which one step is done, one failed, one was skipped, and one asks.
fn troubled(plan: &Plan) -> RunView {
    let mut steps: Vec<_> = plan.steps.iter().map(|one| step(&one.id, one.kind.name, "blocked")).collect();
    for (step, status) in steps.iter_mut().zip(["succeeded", "failed", "skipped", "held"]) {
        step.status = status;
    }
    run(Phase::Closed(Verdict::Failed), false, steps)
}

#[test]
fn a_run_is_drawn_with_the_state_of_each_step_in_colour_and_in_words() {
    let text = "runbook: diamond\nversion: 1.0.0\nsteps:\n  - {id: a, uses: assert, with: {that: true}}\n  \
                - {id: b, uses: assert, needs: [a], with: {that: true}}\n  \
                - {id: c, uses: assert, needs: [a], with: {that: true}}\n  \
                - {id: d, uses: assert, needs: [b, c], with: {that: true}}\n  \
                - {id: e, uses: assert, needs: [d], with: {that: true}}\n";
    let plan = planned(text);
    let view = troubled(&plan);
    let picture = svg(&plan, Some(&view), false);
    assert_stands_alone(&picture);
    assert_legible(&plan, &picture);
    let cards = cards(&picture);
    let classes: Vec<&str> = cards.iter().map(|card| card.class.as_str()).collect();
    assert_eq!(classes, ["done", "failed", "skipped", "attention", "pending"]);
    let words = ["done", "failed", "skipped", "held", "pending"];
    for (card, word) in cards.iter().zip(words) {
        assert!(card.about.contains(word), "{}", card.about);
        assert!(picture.contains(&format!("\">{word}</text>")), "{word}");
    }
    for (state, colour) in [("done", "#dafbe1"), ("failed", "#ffebe9"), ("attention", "#fff8c5")] {
        assert!(mermaid(&plan, Some(&view), false).contains(&format!("classDef {state} fill:{colour}")));
        assert!(dot(&plan, Some(&view), false).contains(&format!("fillcolor=\"{colour}\"")));
    }
    insta::assert_snapshot!(mermaid(&plan, Some(&view), false), @r#"
    ---
    title: "run r1: diamond 1.0.0"
    ---
    flowchart TD
      accTitle: run r1: diamond 1.0.0
      accDescr: failed, 2 of 5 steps
      s0["a<br/>assert<br/>done"]:::done
      s1["b<br/>assert<br/>failed"]:::failed
      s2["c<br/>assert<br/>skipped"]:::skipped
      s3["d<br/>assert<br/>held"]:::attention
      s4["e<br/>assert<br/>pending"]:::pending
      s0 --> s1
      s0 --> s2
      s1 --> s3
      s2 --> s3
      s3 --> s4
      classDef pending fill:#f6f8fa,stroke:#8c959f,color:#59636e
      classDef done fill:#dafbe1,stroke:#1a7f37,color:#1f2328
      classDef attention fill:#fff8c5,stroke:#9a6700,color:#1f2328
      classDef failed fill:#ffebe9,stroke:#cf222e,color:#1f2328
      classDef skipped fill:#f6f8fa,stroke:#d0d7de,color:#59636e
    "#);
}

#[test]
fn text_of_a_runbook_stays_text_in_every_language() {
    let text = "runbook: sly\nversion: \"</title><script>alert(1)</script>\\\"\\n]; --> x\"\nsteps:\n  \
                - {id: a, uses: assert, description: \"<b onload=\\\"x\\\">&amp; \\\\\", with: {that: true}}\n";
    let plan = planned(text);
    let picture = svg(&plan, None, false);
    assert!(!picture.contains("<script>") && !picture.contains("<b "), "{picture}");
    assert!(picture.contains("&lt;script&gt;alert(1)") && picture.contains("&lt;b onload=&quot;x&quot;&gt;&amp;amp;"));
    for line in dot(&plan, None, false).lines() {
        let bare = line.replace("\\\\", "").replace("\\\"", "");
        assert!(bare.matches('"').count().is_multiple_of(2), "{line}");
    }
    assert_flowchart(&mermaid(&plan, None, false));
}

/// Every line is one that a flowchart may have.
fn assert_flowchart(text: &str) {
    let forms = [
        "^---$",
        "^title: \"([^\"\\\\]|\\\\.)*\"$",
        "^flowchart TD$",
        "^  acc(Title|Descr): [^%;{}#]*$",
        "^  s[0-9]+\\[\"([^\"<]|<br/>)*\"\\]:::[a-z]+$",
        "^  turning\\[\\[\"[^\"<]*\"\\]\\]:::turning$",
        "^  s[0-9]+ --> s[0-9]+$",
        "^  s[0-9]+ -\\. \"[^\"<]*\" \\.-> s[0-9]+$",
        "^  (s[0-9]+|turning) ~~~ (s[0-9]+|turning)$",
        "^  classDef [a-z]+ fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},color:#[0-9a-f]{6}$",
        "^  style s[0-9]+ stroke:#[0-9a-f]{6},stroke-width:3px$",
    ];
    let forms = forms.map(|form| Regex::new(form).unwrap());
    for line in text.lines() {
        assert!(forms.iter().any(|form| form.is_match(line)), "{line}");
    }
}

#[test]
fn other_languages_have_the_same_steps_edges_and_evidence() {
    let plan = planned(MAIN);
    let (flow, graph, picture) = (mermaid(&plan, None, false), dot(&plan, None, false), svg(&plan, None, false));
    assert_flowchart(&flow);
    let count = |text: &str, form: &str| Regex::new(form).unwrap().find_iter(text).count();
    let (waits, proofs) = (paths(&picture, "wait").len(), paths(&picture, "proof").len());
    assert!(waits >= 31 && proofs >= 5);
    assert_eq!(count(&flow, "\n  s[0-9]+\\["), 32);
    assert_eq!(count(&flow, " --> "), waits);
    assert_eq!(count(&flow, " -\\. "), proofs);
    assert_eq!(count(&graph, "\n  s[0-9]+ \\[label"), 32);
    assert_eq!(count(&graph, "\n  s[0-9]+ -> s[0-9]+;"), waits);
    assert_eq!(count(&graph, "style=dashed"), proofs);
    for text in [&flow, &graph] {
        assert!(text.contains("\n  turning[") || text.contains("\n  turning ["), "{text}");
    }
    assert!(graph.starts_with("digraph \"migrate-to-vdc 1.0.0\" {\n") && graph.ends_with("}\n"));
}

const EACH: &str = "\
runbook: each
version: 1.0.0
steps:
  - {id: begin, uses: assert, with: {that: true}}
  - id: restart
    uses: sleep
    needs: [begin]
    for_each: {items: [web-1, web-2, web-3], concurrency: 2}
    with: {for: 1s}
  - {id: after, uses: assert, needs: [restart], with: {that: true}}
";

#[test]
fn the_steps_of_a_group_are_drawn_one_by_one_or_folded_into_one() {
    let plan = planned(EACH);
    let whole = svg(&plan, None, false);
    assert_stands_alone(&whole);
    assert_legible(&plan, &whole);
    assert!(whole.contains(">restart[web-2]</text>"));
    let folded = svg(&plan, None, true);
    assert_stands_alone(&folded);
    let about: Vec<String> = cards(&folded).into_iter().map(|card| card.about).collect();
    assert_eq!(about.len(), 3, "{about:?}");
    assert!(about[1].starts_with("restart (4 steps): "), "{about:?}");
    assert_eq!(paths(&folded, "wait").len(), 2);
    insta::assert_snapshot!(graph(&plan, None, true, STYLE), @"
    ── begin  assert (read)
    │
    ── restart  4 steps  ← begin
    │
    ── after  assert (read)  ← restart
    ");
    let view = |statuses: [&'static str; 4]| {
        let mut view =
            run(Phase::Running, false, plan.steps.iter().map(|one| step(&one.id, one.kind.name, "blocked")).collect());
        for (step, status) in view.steps[1..].iter_mut().zip(statuses) {
            step.status = status;
        }
        let card = cards(&svg(&plan, Some(&view), true)).swap_remove(1);
        (card.class, card.about.split(", ").nth(1).unwrap().split(':').next().unwrap().to_owned())
    };
    let told = |class: &str, about: &str| (class.to_owned(), about.to_owned());
    assert_eq!(view(["succeeded"; 4]), told("done", "4 of 4 done"));
    assert_eq!(view(["succeeded", "ready", "blocked", "blocked"]), told("active", "1 of 4 done"));
    assert_eq!(view(["succeeded", "failed", "held", "blocked"]), told("failed", "1 of 4 done"));
    assert_eq!(view(["succeeded", "held", "blocked", "blocked"]), told("attention", "1 of 4 done"));
    assert_eq!(view(["blocked"; 4]), told("pending", "0 of 4 done"));
    assert_eq!(view(["skipped"; 4]), told("skipped", "4 of 4 done"));
}

#[test]
fn what_undoes_a_step_is_drawn_once_it_has_begun() {
    let plan = planned(
        "runbook: back\nversion: 1.0.0\nsteps:\n  - id: drain\n    uses: command\n    effect: undoable\n    \
         with: {argv: [drain]}\n    undo: {uses: command, effect: undoable, with: {argv: [enable]}}\n",
    );
    assert_eq!(plan.steps.len(), 2);
    let names = |picture: &str| cards(picture).into_iter().map(|card| card.about.split(' ').next().unwrap().to_owned());
    assert_eq!(names(&svg(&plan, None, false)).collect::<Vec<_>>(), ["drain"]);
    let steps = plan.steps.iter().map(|one| {
        let mut step = step(&one.id, one.kind.name, "succeeded");
        step.is_undo = one.undoes.is_some();
        step
    });
    let mut view = run(Phase::Closed(Verdict::Cancelled), false, steps.collect());
    let picture = svg(&plan, Some(&view), false);
    assert_legible(&plan, &picture);
    assert_eq!(names(&picture).collect::<Vec<_>>(), ["drain", "drain/undo"]);
    assert_eq!(names(&svg(&plan, Some(&view), true)).collect::<Vec<_>>(), ["drain"]);
    view.steps[1].status = "blocked";
    assert_eq!(names(&svg(&plan, Some(&view), false)).collect::<Vec<_>>(), ["drain"]);
}
