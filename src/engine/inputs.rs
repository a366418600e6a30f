//! A step's inputs, rendered from what came before it.

use super::call::{CallError, ErrorClass, Sealed};
use super::event::RunOpened;
use super::step::StepState;
use crate::base::handle::{SecretPath, each_secret, handle};
use crate::base::{Map, Value};
use crate::runbook::claims::claimed;
use crate::runbook::effect::Probe;
use crate::runbook::plan::{Plan, Step, Template};
use crate::runbook::{Referent, RenderError, RenderScope, Renderer, settle};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The outputs of a runbook stand in one record, which has a limit (docs/journal.md, "Records"); so many bytes of JSON
/// leave room for the rest of it.
const OUTPUTS_LIMIT: usize = 128 << 10;

/// Renders what stands in steps.
pub(super) struct Inputs<'a> {
    pub(super) plan: &'a Plan,
    pub(super) renderer: &'a Renderer,
    pub(super) facts: &'a RunOpened,
    pub(super) steps: &'a [StepState],
}

impl Inputs<'_> {
    /// Whether the step's `when` is false.
    pub(super) fn is_off(&self, step: &Step) -> Result<bool, CallError> {
        if step.when.is_none() {
            return Ok(false);
        }
        let condition = self.renderer.condition(step, &self.scope(&step.refs));
        condition.map(|holds| !holds).map_err(|error| wrong(step, &error))
    }

    /// The step's inputs, defaults filled in and changed ones put over them.
    pub(super) fn with(&self, step: &Step, set: &Map) -> Result<Map, CallError> {
        let rendered = self.renderer.inputs(step.kind, &step.with, &self.scope(&step.refs));
        let mut with = rendered.map_err(|error| wrong(step, &error))?;
        with.extend(set.clone());
        Ok(with)
    }

    /// The inputs of the step's probe.
    pub(super) fn probe_with(&self, step: &Step, probe: &Probe) -> Result<Map, CallError> {
        let rendered = self.renderer.inputs(probe.kind, &probe.with, &self.scope(&step.refs));
        rendered.map_err(|error| wrong(step, &error))
    }

    /// Whether a condition holds for these outputs, which it knows under `probe`; nothing where it refers to a part of
    /// them that is not there.
    pub(super) fn holds(&self, step: &Step, condition: &Template, output: &Map) -> Result<Option<bool>, CallError> {
        let scope = self.scope_with(&step.refs, "probe", output);
        match self.renderer.render(condition, &scope) {
            Ok(value) => {
                value.as_bool().map(Some).ok_or_else(|| unclear(step, &format!("{value} is neither true nor false")))
            }
            Err(RenderError::Undefined { .. }) => Ok(None),
            Err(error) => Err(unclear(step, &error.to_string())),
        }
    }

    /// What of these outputs, known under `output`, the evidence of the step is about.
    pub(super) fn provided(&self, step: &Step, of: &Template, output: &Map) -> Option<Value> {
        self.renderer.render(of, &self.scope_with(&step.refs, "output", output)).ok()
    }

    /// The inputs that can be known before the run begins; the others are null.
    pub(super) fn early(&self, step: &Step) -> Map {
        let mut with = Map::new();
        let scope = self.scope(&[]);
        for field in step.kind.inputs {
            let template = step.with.iter().find(|(name, _)| name == field.name).map(|(_, template)| template);
            let value = template.and_then(|template| self.renderer.render(template, &scope).ok());
            let value = settle(field, value).unwrap_or(Value::Null);
            with.insert(field.name.to_owned(), value);
        }
        with
    }

    /// One input of a step, as far as it can be known now.
    pub(super) fn early_one(&self, step: &Step, name: &str) -> Option<Value> {
        let (_, template) = step.with.iter().find(|(input, _)| input == name)?;
        self.renderer.render(template, &self.scope(&step.refs)).ok()
    }

    /// What a step locks, once its inputs are known.
    pub(super) fn locks(&self, step: &Step) -> Vec<String> {
        let scope = self.scope(&step.refs);
        let rendered = step.locks.iter().filter_map(|lock| self.renderer.render(lock, &scope).ok());
        rendered.filter_map(|lock| lock.as_str().map(str::to_owned)).collect()
    }

    /// What the steps change and lock, as far as it can be known before the run begins.
    pub(super) fn claims(&self) -> BTreeSet<String> {
        let scope = self.scope(&[]);
        let rendered = claimed(self.plan).into_iter().filter_map(|subject| self.renderer.render(&subject, &scope).ok());
        rendered.filter_map(|subject| subject.as_str().map(str::to_owned)).collect()
    }

    /// The sealed secrets of earlier steps that the inputs refer to.
    pub(super) fn sealed(&self, with: &Map) -> BTreeMap<String, Sealed> {
        let mut sealed = BTreeMap::new();
        let mut take = |path: &str| {
            let Some(SecretPath::Obtained { step, .. }) = SecretPath::parse(path) else { return };
            let state = self.plan.index_of(step).and_then(|index| self.steps.get(index));
            if let Some((_, blob)) = state.and_then(|state| state.history.password()) {
                sealed.insert(step.to_owned(), blob);
            }
        };
        with.values().for_each(|value| each_secret(value, &mut take));
        sealed
    }

    /// What a person is shown of these steps: their plain outputs, by `step.output`.
    pub(super) fn show<'s>(&self, steps: impl IntoIterator<Item = &'s usize>) -> Vec<(String, Value)> {
        let mut rows = Vec::new();
        for index in steps {
            let (Some(other), Some(state)) = (self.plan.steps.get(*index), self.steps.get(*index)) else { continue };
            let output = state.outputs(other.kind).unwrap_or_default();
            let is_plain = |value: &Value| !(value.is_null() || value.is_object() || value.is_array());
            let plain = output.iter().filter(|(_, value)| is_plain(value));
            rows.extend(plain.map(|(name, value)| (format!("{}.{name}", other.id), value.clone())));
        }
        rows
    }

    /// The outputs of the runbook, as far as they can be rendered and one record can hold them.
    pub(super) fn outputs(&self) -> Map {
        let all: Vec<usize> = (0..self.steps.len()).collect();
        let scope = self.scope(&all);
        let rendered = self
            .plan
            .outputs
            .iter()
            .map(|(name, template)| (name.clone(), self.renderer.render(template, &scope).unwrap_or(Value::Null)));
        let mut left = OUTPUTS_LIMIT;
        let fitting = |(name, value): (String, Value)| {
            let len = value.to_string().len();
            match left.checked_sub(len) {
                Some(rest) => {
                    left = rest;
                    (name, value)
                }
                None => {
                    (name, format!("too long to be recorded here: {len} bytes; see the steps it comes from").into())
                }
            }
        };
        rendered.map(fitting).collect()
    }

    fn scope(&self, steps: &[usize]) -> RenderScope<'_> {
        Referent::Names(self.names(steps)).into()
    }

    fn scope_with<'s>(&'s self, steps: &[usize], name: &'s str, own: &'s Map) -> RenderScope<'s> {
        let mut names = self.names(steps);
        names.insert(name, Referent::Map(Cow::Borrowed(own)));
        Referent::Names(names).into()
    }

    fn names(&self, steps: &[usize]) -> BTreeMap<&str, Referent<'_>> {
        let output = |index: &usize| {
            let (step, state) = (self.plan.steps.get(*index)?, self.steps.get(*index)?);
            Some((step.id.as_str(), Referent::Map(state.outputs(step.kind)?)))
        };
        let secret = |name: &str| handle(&format!("secrets.{name}")).into();
        let secrets = self.plan.secrets.iter().map(|decl| (decl.name.as_str(), secret(&decl.name)));
        let run = [
            ("id", self.facts.run.clone()),
            ("dir", format!("{}/runs/{}", self.facts.state_dir, self.facts.run)),
            ("name", self.plan.name.clone()),
            ("plan_digest", self.plan.digest.to_string()),
        ];
        let root = [
            ("inputs", Referent::Map(Cow::Borrowed(self.plan.values()))),
            ("steps", Referent::Names(steps.iter().filter_map(output).collect())),
            ("secrets", Referent::Names(secrets.collect())),
            ("run", Referent::Names(run.into_iter().map(|(name, text)| (name, Value::String(text).into())).collect())),
        ];
        root.into_iter().collect()
    }
}

fn unclear(step: &Step, why: &str) -> CallError {
    CallError::new(ErrorClass::Check, format!("what the probe of step `{}` found cannot be judged: {why}", step.id))
        .with_remedy("find out what it finds now; a mended runbook is a new run")
}

fn wrong(step: &Step, error: &RenderError) -> CallError {
    CallError::new(ErrorClass::Invalid, format!("the inputs of step `{}` cannot be used: {error}", step.id))
        .with_remedy("fix the runbook and start a new run")
}
