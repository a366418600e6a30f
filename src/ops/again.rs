//! The command that begins a run again as a new one, with everything that it was given.

use super::extent::Extent;
use super::process_env;
use super::target;
use crate::base::{Value, shell_word};
use crate::engine::event::RunOpened;
use crate::report::{quoted, quoted_path};
use crate::runbook::plan::{InputDecl, InputType, Plan};
use std::path::{Path, PathBuf};

/// Where the command of a run was typed, and where the next one is.
struct Places {
    began: PathBuf,
    here: PathBuf,
}

impl Places {
    fn of(facts: &RunOpened) -> Self {
        let here = process_env::working_directory();
        let began = facts.policy.get("cwd").and_then(Value::as_str).filter(|began| !began.is_empty());
        Self { began: began.map_or_else(|| here.clone(), PathBuf::from), here }
    }

    fn are_same(&self) -> bool {
        self.began == self.here
    }

    /// What a path that was relative to the first place is called from the second one.
    fn path(&self, named: &str) -> String {
        if self.are_same() { named.to_owned() } else { self.began.join(named).to_string_lossy().into_owned() }
    }

    /// The same of an absolute path, as short as it can be.
    fn short(&self, path: &Path) -> String {
        let spec = if self.are_same() { path.strip_prefix(&self.here).ok() } else { None };
        spec.filter(|rest| !rest.as_os_str().is_empty()).unwrap_or(path).to_string_lossy().into_owned()
    }
}

/// The command of one operation, or `surefoot run FILE -i NAME=VALUE … --twin …`, each word as a shell takes it. Where
/// the trail is elsewhere than the run began with, that is an option of each command on the run, and not of this one
/// alone.
pub(super) fn again(facts: &RunOpened, plan: &Plan, is_trail_moved: bool) -> String {
    let places = Places::of(facts);
    let named = facts.runbooks.first().map(|(file, _)| file.as_str()).unwrap_or_default();
    let typed = facts.policy.get("exec").and_then(Value::as_array);
    let mut words = vec!["surefoot".to_owned()];
    match typed {
        Some(typed) => words.extend(typed.iter().filter_map(Value::as_str).map(quoted)),
        None => words.extend(["run".to_owned(), quoted_path(&places.path(named))]),
    }
    for input in plan.declared.iter().filter(|_| typed.is_none()) {
        let Some(value) = facts.inputs.get(&input.name).and_then(|value| given(input, value, &places)) else {
            continue;
        };
        words.push("-i".to_owned());
        words.push(format!("{}={}", input.name, shell_word(&value)));
    }
    let options = target::options(facts.twin.as_ref(), |path| quoted_path(&places.path(path)));
    let trails = Path::new(&facts.audit_dir);
    let is_usual = facts.audit_dir.is_empty() || trails == places.began.join("audit");
    let trails = (!is_usual && !is_trail_moved).then(|| format!(" --audit-dir {}", quoted_path(&places.short(trails))));
    if let Some(window) = facts.policy.get("window").and_then(Value::as_str) {
        words.extend(["--window".to_owned(), quoted_path(&places.path(window))]);
    }
    words.extend(Extent::options(&facts.policy));
    words.join(" ") + &options + &trails.unwrap_or_default()
}

/// An input as it is to be given; nothing where it has that value by itself.
fn given(input: &InputDecl, value: &Value, places: &Places) -> Option<String> {
    if value.is_null() {
        return None;
    }
    let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let text = match (input.ty, input.of, value) {
        (InputType::Path, _, _) => places.path(&plain),
        (InputType::List, Some(InputType::Path), Value::Array(items)) => {
            let paths: Value = items.iter().filter_map(Value::as_str).map(|path| places.path(path)).collect();
            paths.to_string()
        }
        (InputType::Map, Some(InputType::Path), Value::Object(map)) => {
            let path = |(key, value): (&String, &Value)| Some((key.clone(), places.path(value.as_str()?)));
            map.iter().filter_map(path).collect::<Value>().to_string()
        }
        _ => plain.clone(),
    };
    let is_default = input.default.as_ref() == Some(value) && text == plain;
    (!is_default).then_some(text)
}
