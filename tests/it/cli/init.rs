//! A first runbook, and the page about what it may hold.

use super::case::Case;

#[test]
fn a_first_runbook_is_sound_and_runs() {
    let mut case = Case::new();
    let told = case.then(["init"]).exit(0).silent().stdout("created runbook.yaml");
    let next: Vec<&str> = told.out.lines().filter(|line| line.starts_with("  surefoot ")).collect();
    assert_eq!(next.len(), 3);
    for line in next {
        case.typed(line).exit(0);
    }
    case.then(["check", "runbook.yaml"]).exit(0);
}

#[test]
fn a_file_that_exists_is_never_overwritten() {
    let mut case = Case::new().file("mine.yaml", "mine");
    case.then(["init", "mine.yaml"]).exit(2).stderr("mine.yaml exists already and is left as it is");
    assert_eq!(std::fs::read_to_string(case.path("mine.yaml")).unwrap(), "mine");
    case.then(["init", "nowhere/a.yaml"]).exit(2).stderr("make the directory first");
    case.then(["init", "a b.yaml"]).exit(0).stdout("surefoot check 'a b.yaml'");
}

#[test]
fn the_page_about_the_language_is_printed() {
    let ran = Case::new().args(["help", "language"]).run().exit(0).silent();
    for part in ["The language of runbooks", "needs", "selectattr", "startingwith", "plan_digest"] {
        assert!(ran.out.contains(part), "no {part}:\n{}", ran.out);
    }
}
