//! Text for forty columns.

use super::case::MAIN;
use surefoot::kinds::catalog;
use surefoot::report::{self, Style};
use surefoot::runbook::plan::Template;
use surefoot::runbook::{Inputs, compile};

const NARROW: Style = Style { columns: 40, colour: false };

/// What is there to be copied stands on one line whatever its length.
#[track_caller]
fn fits(text: &str, verbatim: &str) {
    for line in text.lines().filter(|line| !verbatim.contains(line.trim())) {
        assert!(line.chars().count() <= 40, "{} columns: {line}\n{text}", line.chars().count());
    }
}

#[test]
fn a_plan_fits_forty_columns() {
    let bytes = std::fs::read(MAIN).unwrap();
    let plan = compile(surefoot::kinds::catalog(), "main", &bytes, Inputs::Unknown).unwrap();
    let text = report::plan(&plan, NARROW);
    let upload = plan.steps.iter().find(|step| step.id == "restore_admin").unwrap();
    let Some((_, Template::Text(commands))) = upload.with.iter().find(|(input, _)| input == "instructions") else {
        panic!("the upload is done with commands");
    };
    fits(&text, commands);
    for step in &plan.steps {
        assert!(text.contains(&step.id));
    }
    assert!(text.contains("point of no return"));
    fits(&report::graph(&plan, None, false, NARROW), "");
}

#[test]
fn the_kinds_fit_forty_columns() {
    fits(&report::kinds(catalog(), NARROW), "");
    for kind in catalog().iter() {
        fits(&report::kind(kind, NARROW), kind.example);
    }
}

#[test]
fn a_table_wraps_its_last_column_and_becomes_blocks_where_that_is_not_enough() {
    let mut table = report::Table::new(["name", "what it is"]);
    table.row(["first".to_owned(), "a rather long text that does not fit beside its name".to_owned()]);
    insta::assert_snapshot!(table.render(NARROW), @"
    name   what it is
    first  a rather long text that does not
           fit beside its name
    ");
    let mut table = report::Table::new(["name", "kind", "what it is"]);
    table.row(["the-first-of-them".to_owned(), "of-some-kind".to_owned(), "a text".to_owned()]);
    table.row(["the-second".to_owned(), String::new(), "another text, longer than forty columns are".to_owned()]);
    insta::assert_snapshot!(table.render(NARROW), @"
    the-first-of-them
      kind: of-some-kind
      what it is: a text
    the-second
      what it is: another text, longer
        than forty columns are
    ");
}

#[test]
fn a_word_that_is_too_long_is_broken_and_a_wide_character_counts_twice() {
    assert_eq!(report::wrap("ab abcdefgh i", 4), ["ab", "abcd", "efgh", "i"]);
    assert_eq!(report::wrap("漢字漢字", 4), ["漢字", "漢字"]);
    assert_eq!(report::wrap("", 4), [""]);
    assert_eq!(report::cut("漢字漢字", 5), "漢字…");
    assert_eq!(report::cut("abcd", 4), "abcd");
}
