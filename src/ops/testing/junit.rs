//! The result as programs of continuous integration read it.

use crate::ops::failure::{Failure, FailureKind};
use crate::report::{Mismatch, TestPage, TestedCase, TestedFile};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// A report in the form of `JUnit`.
pub(super) fn report(page: &TestPage) -> Result<Vec<u8>, Failure> {
    let mut report = Report::new("surefoot test");
    report.set_time(page.elapsed);
    report.add_test_suites(page.files.iter().map(suite));
    let mut bytes = Vec::new();
    report.serialize(&mut bytes).map_err(|error| {
        Failure::new(FailureKind::Internal, "the report for JUnit cannot be written").because(&error)
    })?;
    Ok(bytes)
}

fn suite(file: &TestedFile) -> TestSuite {
    let mut suite = TestSuite::new(file.file.as_str());
    suite.add_test_cases(file.cases.iter().map(|case| test_case(file, case)));
    suite
}

fn test_case(file: &TestedFile, case: &TestedCase) -> TestCase {
    let status = match case.mismatches.as_slice() {
        [] => TestCaseStatus::success(),
        [first, ..] => {
            let is_error = case.mismatches.iter().any(|one| one.what == "error");
            let mut status =
                TestCaseStatus::non_success(if is_error { NonSuccessKind::Error } else { NonSuccessKind::Failure });
            status.set_message(format!("{} is not as expected", first.what));
            let told: Vec<String> = case.mismatches.iter().map(Mismatch::text).collect();
            status.set_description(format!("{}:{}\n{}", file.file, case.line, told.join("\n")));
            status
        }
    };
    let mut test_case = TestCase::new(case.name.as_str(), status);
    test_case.set_classname(file.runbook.as_str());
    test_case.set_time(case.elapsed);
    test_case
}
