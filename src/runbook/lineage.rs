//! Whether evidence is about what it says: where a backup's bytes come from, which text is typed, what is created.
//!
//! That a step names an instance as its subject is the author's word. Here the values that flow into the step are
//! followed back, output by output, to the steps that saw that instance; `engine::lineage` compares what really flowed.

use super::expression::alternatives;
use super::kind::Role;
use super::plan::{Plan, Step, Template};
use super::references::output_of;
use super::render::{Referent, Renderer};
use super::subject::{hands_on_subject, squeezed};
use crate::base::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What sees the snapshots of an instance; the last one tells when they were taken.
const SNAPSHOTS: [Role; 2] = [Role::Snapshot, Role::SnapshotSeen];
/// Longer values are cut in messages.
const SHOWN: usize = 60;

/// A link that breaks the line from evidence to what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Index of the step that is wrong.
    pub step: usize,
    /// The input of it that is wrong; `None` where it is the step as a whole.
    pub input: Option<&'static str>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// Follows values through a plan.
pub(super) struct Lineage<'p> {
    plan: &'p Plan,
    ids: BTreeMap<&'p str, usize>,
    subjects: &'p [Option<Template>],
}

/// Where a value comes from.
pub(super) enum Origin {
    /// An output of a step.
    Output(usize, String),
    /// Anything else: a literal, an input, a computed value.
    Other,
}

impl<'p> Lineage<'p> {
    /// `subjects` holds what each step of the plan is about.
    pub(super) fn of(plan: &'p Plan, subjects: &'p [Option<Template>]) -> Self {
        let ids = plan.steps.iter().enumerate().map(|(index, step)| (step.id.as_str(), index)).collect();
        Self { plan, ids, subjects }
    }

    /// Why the bytes that a `backup.verify` reads back are not known to be a backup of its subject.
    pub(super) fn backup(&self, verify: usize) -> Option<Broken> {
        self.follow(verify).err().map(|broken| *broken)
    }

    fn follow(&self, verify: usize) -> Result<(), Box<Broken>> {
        let mut puts = BTreeSet::new();
        let mut exports = BTreeSet::new();
        for input in ["key", "bucket", "version_id"] {
            puts.extend(self.source(verify, input, input, &[Role::Store])?);
        }
        for input in ["sha256", "size"] {
            let sources = self.source(verify, input, input, &[Role::Store, Role::Export])?;
            let (uploaded, exported): (Vec<_>, Vec<_>) =
                sources.into_iter().partition(|step| self.role(*step) == Some(Role::Store));
            puts.extend(uploaded);
            exports.extend(exported);
        }
        for put in puts {
            for input in ["path", "sha256"] {
                exports.extend(self.source(put, input, input, &[Role::Export])?);
            }
        }
        exports.into_iter().try_for_each(|export| self.exported(verify, export))
    }

    /// Whether what a `backup.receive` hands on is an export of a snapshot of what `verify` is about.
    fn exported(&self, verify: usize, export: usize) -> Result<(), Box<Broken>> {
        let (id, of) = (self.id(export), self.about(verify));
        if !self.same_subject(export, verify) {
            let message = format!(
                "`{}` reads back what `{id}` exports, which is of {} and not of {of}",
                self.id(verify),
                self.about(export)
            );
            let hint = format!("export a snapshot of {of}: `instance_id: {}`", quoted(&of));
            return Err(broken(export, Some("instance_id"), message, hint).into());
        }
        for (input, output, kinds) in
            [("snapshot_id", "snapshot_id", &SNAPSHOTS[..]), ("snapshot_time", "timestamp", &SNAPSHOTS[1..])]
        {
            let sources = self.source(export, input, output, kinds)?;
            sources.into_iter().try_for_each(|snapshot| self.seen(export, input, snapshot))?;
        }
        Ok(())
    }

    /// Whether a snapshot that is taken from `snapshot` is one of what `step` is about; one that is waited for is
    /// looked for among those of its own instance, and another one would never be found.
    fn seen(&self, step: usize, input: &'static str, snapshot: usize) -> Result<(), Box<Broken>> {
        let mut open = vec![(step, input, snapshot)];
        let mut known = BTreeSet::new();
        while let Some((taker, input, snapshot)) = open.pop() {
            if !known.insert((taker, snapshot)) {
                continue;
            }
            if !self.same_subject(snapshot, step) {
                let of = self.about(step);
                let message = format!(
                    "`{}` is about a snapshot of {of}, and `{}` is about those of {}",
                    self.id(taker),
                    self.id(snapshot),
                    self.about(snapshot)
                );
                let hint = format!("take `{input}` from a step that sees the snapshots of {of}");
                return Err(broken(taker, Some(input), message, hint).into());
            }
            let waited = self.input(snapshot, "snapshot_id").map(|template| self.origins(template));
            for origin in waited.into_iter().flatten() {
                match origin {
                    Origin::Output(source, _) if self.is_snapshot(source) => {
                        open.push((snapshot, "snapshot_id", source));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Why the snapshot that an instance is overwritten with is not one of the source that is named.
    pub(super) fn replacement(&self, overwrite: usize) -> Option<Broken> {
        let named = self.input(overwrite, "source_instance_id")?;
        let captured = self.origins(named).into_iter().find_map(|origin| match origin {
            Origin::Output(step, output) if output == "id" => self.subjects.get(step)?.clone(),
            _ => None,
        });
        let source = captured.unwrap_or_else(|| squeezed(named));
        for origin in self.origins(self.input(overwrite, "source_snapshot_id")?) {
            match origin {
                Origin::Output(snapshot, _)
                    if self.is_snapshot(snapshot)
                        && self.subjects.get(snapshot).and_then(Option::as_ref) != Some(&source) =>
                {
                    let message = format!(
                        "`{}` takes the data of {}, and `{}` is about snapshots of {}",
                        self.id(overwrite),
                        written(&source),
                        self.id(snapshot),
                        self.about(snapshot)
                    );
                    let hint = format!("take the snapshot from a step that sees those of {}", written(&source));
                    return Some(broken(overwrite, Some("source_snapshot_id"), message, hint));
                }
                _ => {}
            }
        }
        None
    }

    /// Why what is typed at a `confirm` is not known to be the name or id of its subject.
    pub(super) fn challenge(&self, confirm: usize) -> Option<Broken> {
        let subject = self.subjects.get(confirm)?.as_ref();
        let typed = self.input(confirm, "type")?;
        let is_captured = |origin: &Origin| match origin {
            Origin::Output(step, output) => {
                self.role(*step) == Some(Role::Capture)
                    && matches!(output.as_str(), "name" | "id")
                    && self.same_subject(*step, confirm)
            }
            Origin::Other => false,
        };
        if Some(&squeezed(typed)) == subject || self.origins(typed).iter().all(is_captured) {
            return None;
        }
        let of = self.about(confirm);
        let message = format!(
            "what `{}` has typed, {}, is neither the captured name nor the id of {of}",
            self.id(confirm),
            written(typed)
        );
        let hint = if let Some(capture) = self.capture(confirm) {
            format!("`type: \"{{{{ steps.{capture}.name }}}}\"`")
        } else if subject.is_some_and(has_scheme) {
            format!("have the subject itself typed: write {of} under `type` as it stands under `subject`")
        } else {
            let kinds = self.plan.catalog.with_roles(&[Role::Capture]).join(" or ");
            format!("capture {of} with `{kinds}` and have its name typed")
        };
        Some(broken(confirm, Some("type"), message, hint))
    }

    /// Why a creation is not of the target that an `aura.tenant.check` has checked.
    pub(super) fn target(&self, create: usize, check: usize) -> Option<Broken> {
        let differs = |input: &&'static str| !self.agrees(create, check, input);
        let input = self.step(create)?.kind.target.iter().find(|input| differs(input))?;
        let (made, checked) = (self.id(create), self.id(check));
        let value = |step| self.value(step, input).map_or_else(|| "left out".to_owned(), |value| written(&value));
        let message = format!(
            "`{made}` does not create what `{checked}` has checked: `{input}` is {} here and {} there",
            value(create),
            value(check)
        );
        let hint = match *input {
            "tenant_id" | "memory" | "storage" => format!("`{input}: \"{{{{ steps.{checked}.{input} }}}}\"`"),
            _ => format!("write the same `{input}` in both"),
        };
        let is_written = self.input(create, input).is_some();
        Some(broken(create, is_written.then_some(*input), message, hint))
    }

    /// Whether an input of a creation is what the check has checked: the same words, or what it found.
    fn agrees(&self, create: usize, check: usize, input: &str) -> bool {
        let wanted = self.value(create, input);
        if input == "storage" && wanted.is_none() {
            // The service derives it from the memory.
            return true;
        }
        let tells = |path: &str| path == input || path.strip_prefix("offered.") == Some(input);
        let found = |origin: &Origin| match origin {
            Origin::Output(step, path) => *step == check && tells(path),
            Origin::Other => false,
        };
        let is_found = wanted.as_deref().is_some_and(|wanted| self.origins(wanted).iter().all(found));
        // A storage that was wanted may not be offered with that memory: what counts is what the check found.
        is_found || input != "storage" && wanted == self.value(check, input)
    }

    /// The steps of one of these kinds whose output an input takes, by whichever alternative.
    fn source(
        &self,
        step: usize,
        input: &'static str,
        output: &str,
        roles: &[Role],
    ) -> Result<Vec<usize>, Box<Broken>> {
        let Some(template) = self.input(step, input) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for origin in self.origins(template) {
            match origin {
                Origin::Output(source, path) if path == output && self.has_role(source, roles) => {
                    found.push(source);
                }
                _ => {
                    let kinds = self.plan.catalog.with_roles(roles).join(" or ");
                    let message = format!(
                        "`{input}` of `{}` is {}, and must be the output `{output}` of {kinds}",
                        self.id(step),
                        written(template)
                    );
                    let near = (0..self.plan.steps.len()).find(|near| self.has_role(*near, roles));
                    let near = near.map_or("ID", |near| self.id(near));
                    return Err(broken(
                        step,
                        Some(input),
                        message,
                        format!("`{input}: \"{{{{ steps.{near}.{output} }}}}\"`"),
                    )
                    .into());
                }
            }
        }
        Ok(found)
    }

    /// Where a value may come from: one origin for each alternative of `or` and `if`.
    pub(super) fn origins(&self, template: &Template) -> Vec<Origin> {
        let Template::Expression(text) = template else { return vec![Origin::Other] };
        let output = |path: Option<Vec<String>>| {
            let path = path?;
            let [root, id, rest @ ..] = path.as_slice() else { return None };
            let step = self.ids.get(id.as_str()).filter(|_| root == "steps" && !rest.is_empty())?;
            Some(Origin::Output(*step, rest.join(".")))
        };
        alternatives(text).into_iter().map(|path| output(path).unwrap_or(Origin::Other)).collect()
    }

    fn step(&self, step: usize) -> Option<&'p Step> {
        self.plan.steps.get(step)
    }

    pub(super) fn id(&self, step: usize) -> &'p str {
        self.step(step).map_or("", |step| step.id.as_str())
    }

    fn role(&self, step: usize) -> Option<Role> {
        self.step(step)?.kind.role
    }

    fn has_role(&self, step: usize, roles: &[Role]) -> bool {
        self.role(step).is_some_and(|role| roles.contains(&role))
    }

    fn is_snapshot(&self, step: usize) -> bool {
        self.has_role(step, &SNAPSHOTS)
    }

    /// What is written for an input, unless it is null.
    pub(super) fn input(&self, step: usize, input: &str) -> Option<&'p Template> {
        let (_, template) = self.step(step)?.with.iter().find(|(name, _)| name == input)?;
        Some(template).filter(|template| **template != Template::Plain(Value::Null))
    }

    /// What an input will be: what is written for it, or its default.
    fn value(&self, step: usize, input: &str) -> Option<Cow<'p, Template>> {
        let default = || {
            let text = self.step(step)?.kind.input(input)?.default?;
            serde_json::from_str(text).ok().map(|value| Cow::Owned(Template::Plain(value)))
        };
        self.input(step, input).map(|template| Cow::Owned(squeezed(template))).or_else(default)
    }

    /// The instance that a value names, through the steps that only hand its id on.
    pub(super) fn instance(&self, named: &Template) -> Template {
        let named = squeezed(named);
        let Template::Expression(text) = &named else { return named };
        let source = output_of(text).filter(|(_, output)| output == "id");
        let source = source.and_then(|(id, _)| self.ids.get(id.as_str())).copied();
        let source = source.filter(|source| self.step(*source).is_some_and(|step| hands_on_subject(step.kind)));
        source.and_then(|source| self.subjects.get(source)?.clone()).unwrap_or(named)
    }

    /// The instance that a step is about, or the one that it makes.
    pub(super) fn instance_of(&self, step: usize) -> Option<Template> {
        let about = self.subjects.get(step)?.clone();
        let makes = || self.step(step).is_some_and(|step| step.kind.output("id").is_some());
        about.or_else(|| makes().then(|| Template::Expression(format!("steps.{}.id", self.id(step)))))
    }

    /// The text that a value has whatever the steps yield, where the inputs of the run say it.
    pub(super) fn constant(&self, template: &Template) -> Option<String> {
        let known = self.plan.inputs.iter().filter(|(_, value)| !value.is_null());
        let known = known.map(|(name, value)| (name.as_str(), Referent::Value(Cow::Borrowed(value)))).collect();
        let scope = Referent::Names([("inputs", Referent::Names(known))].into_iter().collect());
        Renderer::new().render(template, &scope.into()).ok()?.as_str().map(str::to_owned)
    }

    /// The step that captures the configuration of what a step is about.
    pub(super) fn capture(&self, step: usize) -> Option<&'p str> {
        let captures = |other: &usize| self.role(*other) == Some(Role::Capture) && self.same_subject(*other, step);
        (0..self.plan.steps.len()).find(captures).map(|capture| self.id(capture))
    }

    fn same_subject(&self, one: usize, other: usize) -> bool {
        let of = |step: usize| self.subjects.get(step).and_then(Option::as_ref);
        of(one).is_some() && of(one) == of(other)
    }

    /// What a step is about, for messages.
    pub(super) fn about(&self, step: usize) -> String {
        self.subjects.get(step).and_then(Option::as_ref).map_or_else(|| "nothing".to_owned(), written)
    }
}

pub(super) fn broken(step: usize, input: Option<&'static str>, message: String, hint: String) -> Broken {
    Broken { step, input, message, hint }
}

/// A template as it was written, cut where it is long.
pub(super) fn written(template: &Template) -> String {
    let text = match template {
        Template::Expression(text) => format!("{{{{ {text} }}}}"),
        Template::Plain(Value::String(text)) | Template::Text(text) => format!("{text:?}"),
        Template::Plain(value) => value.to_string(),
        Template::List(_) => "a list".to_owned(),
        Template::Map(_) => "a map".to_owned(),
        Template::Secret(_) | Template::SecretText(_) => template.secret_as_written().unwrap_or_default(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

pub(super) fn quoted(about: &str) -> String {
    if about.starts_with('"') { about.to_owned() } else { format!("\"{about}\"") }
}

/// Whether a subject is a text with a scheme, of which no kind captures a name.
fn has_scheme(subject: &Template) -> bool {
    match subject {
        Template::Text(_) => true,
        Template::Plain(Value::String(text)) => text.contains(':'),
        _ => false,
    }
}
