//! `explain`: a page for each code.

use super::case::Case;
use surefoot::runbook::Code;

#[test]
fn each_code_has_a_page() {
    let mut case = Case::new();
    for code in Code::ALL {
        let ran = case.then(["explain", code.name()]).exit(0).silent();
        assert!(ran.out.contains(code.name()), "{}", ran.out);
        assert!(ran.out.lines().count() > 5, "{}", ran.out);
    }
    case.then(["explain", "sf016"]).exit(0).stdout("SF016");
    assert_eq!(
        case.then(["explain", "sf016", "--output", "json"]).exit(0).json("surefoot.explain.v1")["code"],
        "SF016"
    );
}

#[test]
fn a_code_that_does_not_exist() {
    Case::new().args(["explain", "SF999"]).run().exit(2).stderr("there is no code `SF999`").stderr("hint:");
}
