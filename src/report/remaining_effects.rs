//! What a run that ended before its time has done and does not take back, and what removes it.

use super::page::Page;
use super::style::Tone;
use super::text::count;
use super::text::quoted;
use crate::base::{Map, Value, escape};
use crate::engine::Phase;
use crate::engine::call::Outcome;
use crate::engine::event::Verdict;
use crate::engine::origin::Origin;
use crate::engine::view::{EffectView, RunView, StepView};
use crate::runbook::kind::Role;

/// So many things are named in one line; the others are counted.
const NAMED_MAX: usize = 4;

/// One thing that stays.
struct Left {
    /// The sentence about it.
    line: String,
    /// The same in a few words.
    short: String,
    /// What removes it, or sets it back.
    remedy: Option<String>,
}

/// Where what stays can be removed.
struct Site<'a> {
    /// The origin of the run.
    origin: &'a Origin,
    /// The console of its twin, where that runs on its own.
    console: Option<&'a str>,
}

impl Site<'_> {
    /// How an instance is deleted by whoever wants that, ready to be typed.
    fn deletion(&self, id: &str) -> String {
        let id = escape(id);
        if let Some(console) = self.console {
            let url = quoted(&format!("{console}/instances/{id}/delete"));
            return format!("it stays until it is deleted in the twin's console: `curl -f -X POST {url}`");
        }
        if self.origin.twin {
            return "it is in the run's own twin and costs nothing; no cleanup is needed".to_owned();
        }
        let api = self.origin.api.as_deref().unwrap_or("https://api.neo4j.io").trim_end_matches('/');
        // The credentials stand in no argument, which everybody on the machine could read.
        let token = format!(
            "printf 'user = \"%s:%s\"\\n' \"$AURA_CLIENT_ID\" \"$AURA_CLIENT_SECRET\" | curl -fsS -K - -d \
             grant_type=client_credentials {} | sed 's/.*\"access_token\" *: *\"\\([^\"]*\\)\".*/header = \
             \"Authorization: Bearer \\1\"/'",
            quoted(&format!("{api}/oauth/token"))
        );
        let url = quoted(&format!("{api}/v1/instances/{id}"));
        format!(
            "it incurs costs until it is deleted: in the console, instance {id}, or with the credentials of the run: \
             `{token} | curl -fsS -K - -X DELETE {url}`"
        )
    }
}

/// What stays of what a run has made.
pub(super) struct Staying {
    /// A heading.
    pub(super) title: &'static str,
    /// A sentence about each thing, and what removes it.
    pub(super) things: Vec<(String, Option<String>)>,
    /// What to do about all of it.
    note: &'static str,
}

impl Staying {
    /// Everything that a run which failed or was cancelled has made and not removed; of other runs what was made before
    /// they went back and nothing rests on any more. `None` where that is nothing.
    pub(super) fn of(view: &RunView, console: Option<&str>) -> Option<Self> {
        let is_given_up = matches!(
            view.phase,
            Phase::Closed(Verdict::Failed | Verdict::Cancelled) | Phase::Ending(Verdict::Failed | Verdict::Cancelled)
        );
        let (title, left, note) = match view.phase {
            _ if is_given_up => {
                let is_undone = view.steps.iter().any(|step| step.is_undo && !step.is_unneeded());
                let note = if is_undone {
                    "No `undo` took it back; remove by hand what you don't need."
                } else {
                    "Nothing is rolled back; remove by hand what you don't need."
                };
                ("Left in place", all(view, console), note)
            }
            Phase::Closed(_) => {
                let note = "The run uses none of it; remove by hand what you don't need.";
                ("Left from before the run went back", outdated(view, console), note)
            }
            _ => {
                // Until the run is over it may come upon the same object again, and rest on it.
                let left = outdated(view, console).into_iter().map(|left| Left { remedy: None, ..left }).collect();
                (
                    "Made before the run went back",
                    left,
                    "It stays; commands for its removal are shown when the run is over.",
                )
            }
        };
        let things: Vec<_> = left.into_iter().map(|left| (left.line, left.remedy)).collect();
        (!things.is_empty()).then_some(Self { title, things, note })
    }

    /// Puts it on a page, below its heading.
    pub(super) fn list(&self, page: &mut Page, indent: usize) {
        for (line, remedy) in &self.things {
            page.whole(indent, "", line);
            if let Some(remedy) = remedy {
                page.whole(indent + 2, "", remedy);
            }
        }
        page.say(Tone::Faint, indent, self.note);
    }
}

/// Lists what stays of what a run has made; nothing where there is nothing.
///
/// `console` is that of the run's twin, where that runs on its own.
pub(super) fn left_in_place(page: &mut Page, view: &RunView, console: Option<&str>) {
    if let Some(staying) = Staying::of(view, console) {
        page.heading(staying.title);
        staying.list(page, 2);
    }
}

/// What a run would leave in place if it were given up now, in one line; nothing where there is nothing.
pub(super) fn would_leave(view: &RunView) -> Option<String> {
    named_briefly(unundone(view))
}

/// What stays if nothing more is undone, in one line; nothing where there is nothing.
pub(super) fn all_that_stays(view: &RunView) -> Option<String> {
    named_briefly(all(view, None))
}

fn named_briefly(left: Vec<Left>) -> Option<String> {
    let mut left: Vec<String> = left.into_iter().map(|left| left.short).collect();
    left.dedup();
    let more = left.len().saturating_sub(NAMED_MAX);
    left.truncate(NAMED_MAX);
    if more > 0 {
        left.push(format!("and {more} more"));
    }
    (!left.is_empty()).then(|| left.join(", "))
}

/// How many things that would be, as a heading of [`would_leave`].
pub fn leaving(view: &RunView) -> Option<String> {
    let stays = would_leave(view)?;
    Some(format!("cancelling leaves {} in place: {stays}", count(unundone(view).len(), "thing")))
}

/// What stays if the run is given up now and every `undo` succeeds.
fn unundone(view: &RunView) -> Vec<Left> {
    let site = Site { origin: &view.origin, console: None };
    let undone = standing(view).into_iter().filter(|(step, effect)| !step.has_undo || effect.past.is_some());
    let lost = view.steps.iter().flat_map(|step| step.lost.iter().map(|id| lost(step, id, &site)).collect::<Vec<_>>());
    undone.map(|(step, effect)| left(step, effect, &site)).chain(lost).collect()
}

fn all(view: &RunView, console: Option<&str>) -> Vec<Left> {
    let site = Site { origin: &view.origin, console };
    let lost = view.steps.iter().flat_map(|step| step.lost.iter().map(|id| lost(step, id, &site)).collect::<Vec<_>>());
    standing(view).into_iter().map(|(step, effect)| left(step, effect, &site)).chain(lost).collect()
}

/// What was made before the run went back, unless it is what the run rests on now.
fn outdated(view: &RunView, console: Option<&str>) -> Vec<Left> {
    let site = Site { origin: &view.origin, console };
    let effects = standing(view).into_iter();
    let past = effects.filter(|(_, effect)| effect.past.is_some() && !is_rested_on(view, effect));
    past.map(|(step, effect)| left(step, effect, &site)).collect()
}

/// The effects that have made something which was not taken back, in the order they were announced. What two of them
/// have made in the same place is there once.
fn standing(view: &RunView) -> Vec<(&StepView, &EffectView)> {
    let leaving = view.steps.iter().filter(|step| !(step.is_harmless || step.is_undo && step.status == "succeeded"));
    let mut effects: Vec<_> = leaving.flat_map(|step| step.effects.iter().map(move |effect| (step, effect))).collect();
    effects.sort_by_key(|(_, effect)| effect.seq);
    let is_taken_back = |at: usize, effect: &EffectView| {
        let ends = undone_by(&effect.request);
        let mut later = effects.iter().skip(at + 1).filter(|(step, one)| has_taken(step, one));
        effect.undone || effect.request.starts_with("DELETE ") || later.any(|(_, one)| ends.contains(&one.request))
    };
    let may_have = |outcome: Option<Outcome>| outcome.is_none_or(|one| one.took() || one == Outcome::Unknown);
    let is_made_again = |at: usize, effect: &EffectView| {
        let is_same = |one: &EffectView| one.request == effect.request && one.named == effect.named;
        let mut later = effects.iter().skip(at + 1).map(|(_, one)| one);
        is_stored(effect) && later.any(|one| may_have(one.outcome) && is_same(one))
    };
    let stands =
        |at: usize, one: &EffectView| may_have(one.outcome) && !is_taken_back(at, one) && !is_made_again(at, one);
    effects.iter().enumerate().filter(|(at, (_, one))| stands(*at, one)).map(|(_, one)| *one).collect()
}

/// Whether an effect took place, or its step is done, for which it must have.
fn has_taken(step: &StepView, effect: &EffectView) -> bool {
    let is_seen = effect.outcome == Some(Outcome::Unknown) && effect.past.is_none() && step.status == "succeeded";
    is_seen || effect.outcome.is_some_and(Outcome::took)
}

/// Whether it makes an object or a file: what is written there again takes its place.
fn is_stored(effect: &EffectView) -> bool {
    effect.request.contains(" s3://") || effect.request.starts_with("WRITE ")
}

/// Whether a step that is done names what an effect has made as its own: the same object may have been found again, and
/// where its version is not known nobody can tell it from a later one.
fn is_rested_on(view: &RunView, effect: &EffectView) -> bool {
    let (_, path) = effect.request.split_once(' ').unwrap_or_default();
    let place = path.strip_suffix("?uploadId").unwrap_or(path);
    let version = effect.named.as_ref().filter(|named| named.what == "version").map(|named| named.id.as_str());
    let is_its = |output: &Map| {
        let text = |name: &str| output.get(name).and_then(Value::as_str);
        let is_there = |name: &str| text(name).is_some_and(|one| escape(one) == escape(place));
        let is_same = text("version_id").is_none_or(|known| version.is_none_or(|version| version == known));
        is_there("uri") && is_same || is_there("path")
    };
    is_stored(effect) && view.steps.iter().filter_map(|step| step.output.as_ref()).any(is_its)
}

/// The requests after which nothing is left of this one.
fn undone_by(request: &str) -> Vec<String> {
    let (_, path) = request.split_once(' ').unwrap_or_default();
    if let (Some(instance), action) = instance_of(path) {
        // What belongs to an instance goes with it.
        let deletion = format!("DELETE /v1/instances/{instance}");
        let resumption = (action == "pause").then(|| format!("POST /v1/instances/{instance}/resume"));
        return [deletion].into_iter().chain(resumption).collect();
    }
    let part = request.strip_suffix("?partNumber&uploadId").or_else(|| request.strip_suffix("?uploads"));
    let place = part.and_then(|part| part.split_once(' ')).map(|(_, place)| place);
    place.map_or_else(Vec::new, |place| vec![format!("POST {place}?uploadId"), format!("DELETE {place}?uploadId")])
}

fn left(step: &StepView, effect: &EffectView, site: &Site<'_>) -> Left {
    let named = effect.named.as_ref().map(|made| format!(", {} {}", made.what, escape(&made.id))).unwrap_or_default();
    let doubt = match (effect.outcome.is_some_and(Outcome::took), &effect.named) {
        (true, _) => "",
        (false, Some(_)) => " (no answer received; found by looking)",
        (false, None) => " (no answer received; it may have taken effect)",
    };
    let past = effect.past.map(|reset| format!(", before the run went back in record {reset}")).unwrap_or_default();
    let line = format!("`{}`: {}{named}{doubt}{past}", step.id, escape(&effect.request));
    let (short, remedy) = removal(step, effect, site);
    Left { line, short: if doubt.is_empty() { short } else { format!("{short} (in doubt)") }, remedy }
}

fn lost(step: &StepView, id: &str, site: &Site<'_>) -> Left {
    let remedy = Some(site.deletion(id));
    let id = escape(id);
    Left {
        line: format!("`{}`: instance {id}, whose password is lost", step.id),
        short: format!("instance {id}, whose password is lost"),
        remedy,
    }
}

/// What an effect has left, in a few words, and what removes it.
fn removal(step: &StepView, effect: &EffectView, site: &Site<'_>) -> (String, Option<String>) {
    let (verb, path) = effect.request.split_once(' ').unwrap_or(("", &effect.request));
    let id = effect.named.as_ref().map(|made| made.id.as_str());
    if let Some(object) = path.strip_prefix("s3://") {
        let (short, remedy) = stored(object, effect);
        // The command would reach the real S3.
        let remedy = if site.origin.twin { Some("it ends with the twin".to_owned()) } else { remedy };
        return (short, remedy);
    }
    if verb == "WRITE" {
        return (format!("the file {}", escape(path)), Some(format!("remove it: `rm {}`", quoted(&escape(path)))));
    }
    let (instance, action) = instance_of(path);
    let what = instance.map_or_else(|| escape(&effect.request), |instance| format!("instance {}", escape(instance)));
    match (verb, instance, action, id) {
        ("POST", None, _, Some(id)) if path == "/v1/instances" => {
            (format!("instance {}", escape(id)), Some(site.deletion(id)))
        }
        ("POST", Some(instance), "pause", _) => (format!("{what}, paused"), take_back(step, instance)),
        ("POST", Some(instance), "resume", _) => (format!("{what}, resumed"), take_back(step, instance)),
        ("POST", Some(_), "snapshots", id) => {
            let id = id.map(|id| format!(" {}", escape(id))).unwrap_or_default();
            (format!("snapshot{id} of {what}"), Some("the service removes it by itself when it expires".to_owned()))
        }
        ("PATCH", Some(instance), ..) => (format!("{what}, changed"), take_back(step, instance)),
        _ if step.kind.role == Some(Role::Rotate) => ("another password".to_owned(), None),
        _ => (what, None),
    }
}

/// How what a step did to this instance is taken back.
fn take_back(step: &StepView, instance: &str) -> Option<String> {
    let how = step.kind.take_back;
    (!how.is_empty()).then(|| how.replace("{}", &escape(instance)))
}

/// What is left in an object store.
fn stored(object: &str, effect: &EffectView) -> (String, Option<String>) {
    let place = object.split_once('?').map_or(object, |(place, _)| place);
    let (bucket, key) = place.split_once('/').unwrap_or((place, ""));
    let at = format!("--bucket {} --key {}", quoted(&escape(bucket)), quoted(&escape(key)));
    let told = escape(&format!("s3://{place}"));
    match effect.named.as_ref() {
        Some(made) if made.what == "upload" => (
            format!("an upload to {told}"),
            Some(format!(
                "abort it: `aws s3api abort-multipart-upload {at} --upload-id {}`",
                quoted(&escape(&made.id))
            )),
        ),
        Some(made) => (
            told,
            Some(format!("remove it: `aws s3api delete-object {at} --version-id {}`", quoted(&escape(&made.id)))),
        ),
        None if object.ends_with("?uploads") || object.ends_with("?partNumber&uploadId") => (
            format!("an upload to {told}"),
            Some(format!("find it: `aws s3api list-multipart-uploads --bucket {bucket}`")),
        ),
        None => (told, Some(format!("remove it: `aws s3api delete-object {at}`"))),
    }
}

/// The instance that a path is about, and what is done with it.
fn instance_of(path: &str) -> (Option<&str>, &str) {
    let Some(rest) = path.strip_prefix("/v1/instances/") else { return (None, "") };
    let (id, action) = rest.split_once('/').unwrap_or((rest, ""));
    (Some(id), action)
}
