//! `test`: the cases of test files, each a run on the twin that is laid down from its world to its end.
//!
//! - `world`: the world of a case, and what goes wrong in it.
//! - `judge`: whether the run came to what is expected.
//! - `junit`: the result as programs of continuous integration read it.

mod judge;
mod junit;
mod world;

use super::compile::{read_runbook, simulated};
use super::failure::{Failure, FailureKind};
use super::named_files::as_they_are;
use super::paths::read_named;
use super::run_error::RunError;
use crate::adapter::clock::SystemClock;
use crate::base::escape;
use crate::port::Clock as _;
use crate::report::{TestPage, TestedCase, TestedFile};
use crate::runbook::case::{self, Answer, CaseAction, TestCase, TestFile};
use crate::runbook::plan::Plan;
use crate::runbook::{Code, Diagnostic, Diagnostics, Inputs, Span, compile};
use crate::simulate::{Action, Answers, CaseScript, StepAnswers, Workload, play};
use crate::twin::Scenario;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The largest test file, in bytes.
const FILE_LIMIT: u64 = 4 << 20;
/// The seed of the world of every case.
const WORLD: u64 = 1;

/// What is to be tested.
#[derive(Clone, Debug)]
pub struct TestRequest {
    /// The test files.
    pub files: Vec<PathBuf>,
    /// Only the cases with this in their names.
    pub filter: Option<String>,
    /// Where a report for programs of continuous integration goes.
    pub junit: Option<PathBuf>,
}

/// A case that can be played.
struct Prepared<'f> {
    /// The index of its file.
    file: usize,
    case: &'f TestCase,
    workload: Workload,
    script: CaseScript,
    faults: world::Faults,
}

/// A test file with its runbook.
struct Loaded {
    file: TestFile,
    folder: PathBuf,
    path: PathBuf,
    bytes: Arc<Vec<u8>>,
    plan: Plan,
}

/// Plays the cases of the test files. Every mistake in the files is found before the first one is played.
pub fn test(request: &TestRequest) -> Result<Result<TestPage, Vec<Diagnostics>>, Failure> {
    let clock = SystemClock::new();
    let began = clock.mono_ms();
    let mut wrong = Vec::new();
    let mut loaded = Vec::new();
    for path in &request.files {
        match load(path)? {
            Ok(one) => loaded.push(one),
            Err(diagnostics) => wrong.push(diagnostics),
        }
    }
    let mut prepared = Vec::new();
    for (place, one) in loaded.iter().enumerate() {
        match prepare(place, one) {
            Ok(cases) => prepared.extend(cases),
            Err(diagnostics) => wrong.push(diagnostics),
        }
    }
    if !wrong.is_empty() {
        return Ok(Err(wrong));
    }
    let all = prepared.len();
    prepared.retain(|one| request.filter.as_ref().is_none_or(|part| one.case.name.text.contains(part)));
    let filtered_out = all - prepared.len();
    if prepared.is_empty() {
        let failure = Failure::new(FailureKind::Usage, "no case was left to play");
        let part = request.filter.as_deref().unwrap_or_default();
        return Err(failure.hint(format!("none of {all} has {:?} in its name", escape(part))));
    }
    let files = played(&loaded, &prepared);
    let elapsed = Duration::from_millis(clock.mono_ms().saturating_sub(began));
    let page = TestPage { files, filtered_out, elapsed };
    if let Some(path) = &request.junit {
        write(path, &junit::report(&page)?)?;
    }
    Ok(Ok(page))
}

fn load(path: &Path) -> Result<Result<Loaded, Diagnostics>, Failure> {
    let name = path.display().to_string();
    let bytes = read_named(path, FILE_LIMIT, "test file")?;
    let file = match case::read(&name, &bytes) {
        Ok(file) => file,
        Err(diagnostics) => return Ok(Err(diagnostics)),
    };
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let path = folder.join(&file.runbook.text);
    let bytes = match read_runbook(&path) {
        Ok(bytes) => bytes,
        Err(failure) => {
            let cause = failure.causes.first().map(|cause| format!(": {cause}")).unwrap_or_default();
            let mistake = mistake(file.runbook.span, Code::Misfit, format!("{}{cause}", failure.message));
            return Ok(Err(file.told(vec![mistake])));
        }
    };
    let plan = match compile(as_they_are(), &path.display().to_string(), &bytes, Inputs::Unknown) {
        Ok(plan) => plan,
        Err(diagnostics) => return Ok(Err(diagnostics)),
    };
    Ok(Ok(Loaded { file, folder, path, bytes: Arc::new(bytes), plan }))
}

fn prepare(place: usize, loaded: &Loaded) -> Result<Vec<Prepared<'_>>, Diagnostics> {
    let mut wrong = Vec::new();
    let mut cases = Vec::new();
    for case in &loaded.file.cases {
        match prepared_case(place, loaded, case) {
            Ok(case) => cases.push(case),
            Err(found) => wrong.extend(found),
        }
    }
    if wrong.is_empty() { Ok(cases) } else { Err(loaded.file.told(wrong)) }
}

fn prepared_case<'f>(place: usize, loaded: &'f Loaded, case: &'f TestCase) -> Result<Prepared<'f>, Vec<Diagnostic>> {
    let scenario = world::of(&loaded.folder, case)?;
    let mut scenario = scenario.unwrap_or_else(|| Workload::fitted(Scenario::default(), &case.inputs));
    world::matching(case, &mut scenario)?;
    let unusable = |error: &dyn std::error::Error| {
        vec![mistake(case.name.span, Code::Misfit, format!("its world cannot be used: {error}"))]
    };
    let proposed = Workload::proposed(WORLD, &scenario).map_err(|error| unusable(&error))?;
    let scenario = Workload::lean(scenario);
    let plan = simulated(&loaded.path, &loaded.bytes, None, case.inputs.clone(), &proposed).map_err(|error| {
        // The runbook itself is sound: these are about the inputs of this case.
        let input = |found: &Diagnostic| {
            let named = case.input_places.iter().find(|input| found.message.contains(&format!("`{}`", input.text)));
            let hint = found.hint.clone().filter(|_| found.code != Code::InputMissing);
            let span = Some(named.map_or(case.name.span, |input| input.span));
            Diagnostic { span, hint, ..found.clone() }
        };
        match error {
            RunError::Diagnostics(diagnostics) => diagnostics.iter().map(input).collect::<Vec<_>>(),
            RunError::Failure(failure) => vec![mistake(case.name.span, Code::Misfit, failure.to_string())],
        }
    })?;
    let wrong = case.check(&plan);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let faults = world::at_steps(case, &plan)?;
    let script = CaseScript {
        answers: answers(case),
        faults: faults.list(),
        actions: case.actions.iter().map(action).collect(),
    };
    let (name, commands) = (loaded.path.display().to_string(), Workload::script(&scenario));
    let (plan, source) = (Arc::new(plan), Arc::clone(&loaded.bytes));
    let workload = Workload { plan, source, name, scenario, world: WORLD, commands };
    Ok(Prepared { file: place, case, workload, script, faults })
}

fn answers(case: &TestCase) -> Answers {
    let by_step = case.answers.iter().map(|(step, answer)| {
        let answer = match answer {
            Answer::Always(text) => StepAnswers::Always(text.clone()),
            Answer::InTurn(texts) => StepAnswers::InTurn(texts.clone()),
        };
        (step.text.clone(), answer)
    });
    Answers { nobody: case.nobody, by_step: by_step.collect() }
}

fn action(action: &CaseAction) -> Action {
    match action {
        CaseAction::Resume => Action::Resume,
        CaseAction::Cancel => Action::Cancel,
        CaseAction::Resolve(step, applied) => Action::Resolve { step: step.text.clone(), applied: *applied },
        CaseAction::Wait(span) => Action::Wait(*span),
    }
}

/// Plays all cases, as many at a time as the machine has processors; a case depends on no other.
fn played(loaded: &[Loaded], prepared: &[Prepared<'_>]) -> Vec<TestedFile> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, TestedCase)>> = Mutex::default();
    let work = || {
        let clock = SystemClock::new();
        while let Some((place, one)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|place| prepared.get(place).map(|one| (place, one)))
        {
            let began = clock.mono_ms();
            let result = play(&one.workload, one.script.clone());
            let mut case = judge::judge(one.case, &one.workload.plan, &one.faults, result);
            case.elapsed = Duration::from_millis(clock.mono_ms().saturating_sub(began));
            done.lock().unwrap_or_else(PoisonError::into_inner).push((place, case));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    let mut files: Vec<TestedFile> = loaded.iter().map(file).collect();
    for (place, case) in done {
        let file = prepared.get(place).and_then(|one| files.get_mut(one.file));
        if let Some(file) = file {
            file.cases.push(case);
        }
    }
    files.retain(|file| !file.cases.is_empty());
    files
}

fn file(loaded: &Loaded) -> TestedFile {
    let runbook = format!("{} {}", loaded.plan.name, loaded.plan.version);
    TestedFile { file: loaded.file.name().to_owned(), runbook, cases: Vec::new() }
}

fn mistake(span: Span, code: Code, message: String) -> Diagnostic {
    Diagnostic { span: Some(span), code, message, hint: None, related: Vec::new() }
}

/// Writes a file whole.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    super::rehearse::write(folder, path, bytes)
}
