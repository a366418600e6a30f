//! The proof on paper that an irreversible step cannot begin without its evidence (docs/evidence.md, "Proof on paper").
//!
//! A step waits for all its ancestors, so evidence that an ancestor yields about the same subject dominates it,
//! unless that ancestor may be skipped while the step itself runs. The engine enforces the same at the moment of the
//! call; this finds out before anything ran.

use super::graph;
use super::kind::{Proof, Reversibility, Role};
use super::lineage::{Broken, Lineage, broken, quoted};
use super::plan::{Plan, Step, Template};
use super::subject::{squeezed, subject};
use super::whose::{elsewhere, misnamed};
use crate::base::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// More creations and checks of targets than this are not compared with each other.
const TARGETS_MAX: usize = 100;

/// A step that may not begin without evidence, and the step that yields it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardProof {
    /// Index of the irreversible step.
    pub step: usize,
    /// The evidence it needs.
    pub proof: Proof,
    /// Index of the step that yields it on every path.
    pub by_step: usize,
}

/// A way to an irreversible step that avoids evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escape {
    /// Index of the irreversible step.
    pub step: usize,
    /// The evidence that may be missing.
    pub proof: Proof,
    /// Indices of the steps on the way, from one that waits for nothing to the irreversible one.
    pub path: Vec<usize>,
    /// A step that yields such evidence but does not count, and why.
    pub nearly: Option<(usize, Reason)>,
}

/// Evidence that is there and is not about what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfounded {
    /// Index of the irreversible step.
    pub step: usize,
    /// The evidence; `None` where it is what the step itself is given.
    pub proof: Option<Proof>,
    /// The link that breaks.
    pub broken: Broken,
}

/// What a step destroys, where nothing is known to count it again right before that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncounted {
    /// Index of the irreversible step.
    pub step: usize,
    /// Whether something is counted before it all the same.
    pub is_in_vain: bool,
    /// The counting that comes nearest, or the irreversible step itself.
    pub broken: Broken,
}

/// Why a counting is none of what a step destroys, the nearest miss last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Miss {
    /// It is of another instance.
    Other,
    /// It does not say of which instance it is.
    Unnamed,
    /// It may run after the irreversible step, which does not wait for it.
    NotBefore,
    /// It may be skipped while the irreversible step runs.
    MayBeSkipped,
    /// It may only prove that the password works.
    MayPing,
}

/// Why a step that yields the evidence does not count, the nearest miss last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It is about another subject.
    OtherSubject,
    /// It may run after the irreversible step, which does not wait for it.
    NotBefore,
    /// It may be skipped while the irreversible step runs.
    MayBeSkipped,
}

/// What was proved and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuardReport {
    /// The evidence that is there on every path, in order of step and policy.
    pub proved: Vec<GuardProof>,
    /// The ways that avoid evidence.
    pub escapes: Vec<Escape>,
    /// The evidence that is not about what it says.
    pub unfounded: Vec<Unfounded>,
    /// What is not counted again before it is lost.
    pub uncounted: Vec<Uncounted>,
}

/// Proves every irreversible step of the plan.
pub fn prove(plan: &Plan) -> GuardReport {
    let mut report = GuardReport::default();
    let guarded = |step: &Step| step.effect.reverse == Reversibility::Irreversible && !step.effect.needs.is_empty();
    if plan.steps.iter().any(guarded) {
        let ids: BTreeMap<&str, &Step> = plan.steps.iter().map(|step| (step.id.as_str(), step)).collect();
        let subjects: Vec<_> = plan.steps.iter().map(|step| subject(&ids, step)).collect();
        let prover = Prover::of(plan, &subjects);
        for (index, step) in plan.steps.iter().enumerate().filter(|(_, step)| guarded(step)) {
            prover.prove(index, step, &mut report);
        }
        // What is compared with an instance is counted there, whether or not anything irreversible follows.
        let compares = plan.steps.iter().enumerate().filter(|(_, step)| step.kind.role == Some(Role::Compare));
        for (step, broken) in compares.filter_map(|(step, _)| Some((step, misnamed(&prover.lineage, step)?))) {
            report.unfounded.push(Unfounded { step, proof: None, broken });
        }
    }
    report
}

/// The evidence that a checked plan has for each irreversible step.
pub fn proofs(plan: &Plan) -> Vec<GuardProof> {
    prove(plan).proved
}

/// What the proof looks at, worked out once a plan.
struct Prover<'p> {
    plan: &'p Plan,
    edges: Vec<Vec<usize>>,
    /// What each step is about.
    subjects: &'p [Option<Template>],
    lineage: Lineage<'p>,
    conditions: Vec<Option<Template>>,
    /// What is wrong with a backup or a challenge, by step, once it was asked for.
    links: RefCell<BTreeMap<usize, Option<Broken>>>,
    /// For each step, those that wait for it.
    followers: Vec<Vec<usize>>,
    deletions: Vec<Deletion>,
    /// The checks of targets.
    checks: Vec<usize>,
    /// Whether a creation is of the target of a check, once it was asked for.
    fits: RefCell<BTreeMap<(usize, usize), bool>>,
}

/// An irreversible step that needs a target.
struct Deletion {
    step: usize,
    /// What comes after it.
    after: Vec<bool>,
    /// The creations among that.
    creates: Vec<usize>,
}

/// What was found for one irreversible step so far: evidence and the steps that come after it.
type Reach = Vec<(Proof, usize, Vec<bool>)>;

impl<'p> Prover<'p> {
    fn of(plan: &'p Plan, subjects: &'p [Option<Template>]) -> Self {
        let edges = plan.edges();
        let followers = graph::followers(&edges);
        let all = |wanted: &dyn Fn(&Step) -> bool| -> Vec<usize> {
            let found = plan.steps.iter().enumerate().filter(|(_, step)| wanted(step));
            found.map(|(index, _)| index).collect()
        };
        let creates = all(&|step| step.kind.role == Some(Role::Create));
        let mut checks = all(&|step| step.effect.yields.contains(&Proof::Offered));
        checks.truncate(TARGETS_MAX);
        let deletion = |step: usize| {
            let after = graph::descendants(&followers, &[step]);
            let later = creates.iter().copied().filter(|create| after.get(*create) == Some(&true));
            let creates = later.take(TARGETS_MAX).collect();
            Deletion { step, after, creates }
        };
        let deletions = all(&|step| step.effect.needs.contains(&Proof::Offered)).into_iter().map(deletion).collect();
        Self {
            plan,
            subjects,
            lineage: Lineage::of(plan, subjects),
            conditions: plan.steps.iter().map(condition).collect(),
            links: RefCell::default(),
            deletions,
            checks,
            fits: RefCell::default(),
            followers,
            edges,
        }
    }

    fn prove(&self, index: usize, step: &Step, report: &mut GuardReport) {
        let before = graph::ancestors(&self.edges, index);
        let mut reach = Reach::new();
        for proof in &step.effect.needs {
            let mut nearly = None;
            let mut broken = None;
            let mut counts = Vec::new();
            let yielding = self.plan.steps.iter().enumerate().filter(|(_, other)| other.effect.yields.contains(proof));
            for (other, _) in yielding {
                match self.objection(index, other, &before) {
                    None => match self.unfounded(index, *proof, other, &reach) {
                        None => counts.push(other),
                        found => broken = broken.or(found),
                    },
                    Some(reason) => nearly = nearly.max(Some((reason, other))),
                }
            }
            if let Some(by_step) = counts.first().copied() {
                report.proved.push(GuardProof { step: index, proof: *proof, by_step });
                reach.push((*proof, by_step, graph::descendants(&self.followers, &counts)));
                continue;
            }
            if let Some(broken) = broken {
                report.unfounded.push(Unfounded { step: index, proof: Some(*proof), broken });
                continue;
            }
            let skipped = nearly.filter(|(reason, _)| *reason == Reason::MayBeSkipped).map(|(_, other)| other);
            let path = path_to(&self.edges, index, skipped);
            let nearly = nearly.map(|(reason, other)| (other, reason));
            report.escapes.push(Escape { step: index, proof: *proof, path, nearly });
        }
        if let Some(broken) = self.lineage.replacement(index) {
            report.unfounded.push(Unfounded { step: index, proof: None, broken });
        }
        let counting =
            self.plan.steps.iter().enumerate().filter(|(_, other)| other.effect.yields.contains(&Proof::Counted));
        let counting = counting.filter(|(other, _)| before.get(*other) == Some(&true));
        for broken in counting.filter_map(|(other, _)| misnamed(&self.lineage, other)) {
            report.unfounded.push(Unfounded { step: index, proof: Some(Proof::Counted), broken });
        }
        // Where evidence is missing or wrong, that is said first.
        let is_proved = report.escapes.iter().all(|escape| escape.step != index)
            && report.unfounded.iter().all(|unfounded| unfounded.step != index);
        // What a step declares may hold nothing that could be counted; it says so with `requires`.
        let counts = step.kind.declares.is_none();
        let uncounted = || self.uncounted(index, &before).filter(|found| found.is_in_vain || is_proved);
        report.uncounted.extend(counts.then(uncounted).flatten());
    }

    /// Why what a step destroys is not counted again right before that; `None` where it is.
    fn uncounted(&self, index: usize, before: &[bool]) -> Option<Uncounted> {
        let subject = self.subjects.get(index)?.as_ref()?;
        let mut nearest = None;
        let mut is_in_vain = false;
        for (other, step) in self.plan.steps.iter().enumerate() {
            if !step.effect.yields.contains(&Proof::Counted) || pings(step) == Some(true) {
                continue;
            }
            let is_before = before.get(other) == Some(&true);
            let is_unnamed =
                || self.subjects.get(other) == Some(&None) && elsewhere(&self.lineage, other, subject).is_none();
            let miss = match self.objection(index, other, before) {
                None if pings(step) == Some(false) => return None,
                None => Miss::MayPing,
                Some(Reason::MayBeSkipped) => Miss::MayBeSkipped,
                Some(Reason::NotBefore) => Miss::NotBefore,
                Some(Reason::OtherSubject) if !is_before => continue,
                Some(Reason::OtherSubject) if is_unnamed() => Miss::Unnamed,
                Some(Reason::OtherSubject) => Miss::Other,
            };
            is_in_vain |= is_before;
            nearest = nearest.max(Some((miss, other)));
        }
        Some(Uncounted { step: index, is_in_vain, broken: self.missed(index, nearest) })
    }

    /// What is said of a step that destroys what nothing counts, and of the counting that comes nearest.
    fn missed(&self, index: usize, nearest: Option<(Miss, usize)>) -> Broken {
        let (of, id) = (self.lineage.about(index), self.lineage.id(index));
        let named = format!("instance_id: {}", quoted(&of));
        let unseen = "what is written after the backup would be lost unseen";
        let Some((miss, other)) = nearest else {
            let captured = |capture| format!("{{{{ steps.{capture}.connection_url }}}}");
            let url =
                self.lineage.capture(index).map_or_else(|| format!("neo4j+s://{}…", of.trim_matches('"')), captured);
            let kinds = self.plan.catalog.with_roles(&[Role::Count]).join(" or ");
            let hint = format!(
                "count it before the snapshot: `uses: {kinds}` with `url: \"{url}\"`, `credentials` and `{named}`"
            );
            return broken(index, None, format!("nothing counts {of} before `{id}`: {unseen}"), hint);
        };
        let counts = self.lineage.id(other);
        let (input, why, hint) = match miss {
            Miss::Other => (Some("instance_id"), "counts something else", format!("count {of} too, with `{named}`")),
            Miss::Unnamed => (Some("instance_id"), "does not say of which instance it counts", format!("`{named}`")),
            Miss::NotBefore => (None, "is not waited for", format!("let `{id}` wait: `needs: [{counts}]`")),
            Miss::MayBeSkipped => {
                (None, "may be skipped by its `when`", format!("count {of} once more without `when`"))
            }
            Miss::MayPing => (Some("ping"), "may count nothing", "leave `ping` out".to_owned()),
        };
        let message = format!("`{counts}` {why}, and nothing else is sure to count {of} before `{id}`: {unseen}");
        broken(other, input, message, hint)
    }

    /// Why the evidence that `other` yields about the subject of `step` is not about it; `None` where it is.
    fn unfounded(&self, step: usize, proof: Proof, other: usize, reach: &Reach) -> Option<Broken> {
        match proof {
            // What a step provides its kind vouches for.
            Proof::Backup if !self.is_fixed(other, proof) => None,
            Proof::Backup => self.link(other, |lineage| lineage.backup(other)),
            Proof::Offered => self.target(step, other),
            Proof::Audited => self.premature(other, reach),
            Proof::Confirmed => {
                self.link(other, |lineage| lineage.challenge(other)).or_else(|| self.premature(other, reach))
            }
            Proof::Config | Proof::Counted => None,
        }
    }

    /// Whether the kind of a step yields this evidence, and not the step's own word.
    fn is_fixed(&self, step: usize, proof: Proof) -> bool {
        self.plan.steps.get(step).is_some_and(|step| step.kind.yields.contains(&proof))
    }

    /// What is wrong with what flows into a step, whichever irreversible step asks.
    fn link(&self, step: usize, find: impl Fn(&Lineage<'p>) -> Option<Broken>) -> Option<Broken> {
        self.links.borrow_mut().entry(step).or_insert_with(|| find(&self.lineage)).clone()
    }

    /// Whether what is created after the deletion `step` is what `check` has checked.
    fn target(&self, step: usize, check: usize) -> Option<Broken> {
        let creates = &self.deletions.iter().find(|deletion| deletion.step == step)?.creates;
        let first = creates.first()?;
        let is_near = self.checks.contains(&check);
        if !is_near || !creates.iter().any(|create| self.fits(*create, check)) {
            return self.lineage.target(*first, check);
        }
        // Where several instances are replaced, each creation is of the target that was checked for one of them.
        let belongs = |create: usize, check: usize| {
            let about = |step: usize| self.subjects.get(step) == self.subjects.get(check);
            self.deletions.iter().any(|one| one.after.get(create) == Some(&true) && about(one.step))
        };
        let is_stray =
            |create: &&usize| !self.checks.iter().any(|check| self.fits(**create, *check) && belongs(**create, *check));
        creates.iter().filter(is_stray).find_map(|create| self.lineage.target(*create, check))
    }

    fn fits(&self, create: usize, check: usize) -> bool {
        let find = || self.lineage.target(create, check).is_none();
        *self.fits.borrow_mut().entry((create, check)).or_insert_with(find)
    }

    /// Whether an entry or a question may come before the evidence that it is to tell of.
    fn premature(&self, step: usize, reach: &Reach) -> Option<Broken> {
        let told = |proof: Proof| matches!(proof, Proof::Config | Proof::Backup | Proof::Offered);
        let mut earlier = reach.iter().filter(|(proof, _, _)| told(*proof));
        let (proof, by_step, _) = earlier.find(|(_, _, after)| after.get(step) != Some(&true))?;
        let id = |step: usize| self.plan.steps.get(step).map_or("", |step| step.id.as_str());
        Some(Broken {
            step,
            input: None,
            message: format!(
                "`{}` may come before `{}` has yielded the evidence `{}`, and then says nothing about it",
                id(step),
                id(*by_step),
                proof.name()
            ),
            hint: format!("let it wait: `needs: [{}]`", id(*by_step)),
        })
    }

    /// Why the evidence of `other` does not count for `step`; `None` where it does.
    fn objection(&self, step: usize, other: usize, before: &[bool]) -> Option<Reason> {
        let condition = self.conditions.get(other).and_then(Option::as_ref);
        if self.subjects.get(other) != self.subjects.get(step) || self.subjects.get(step) == Some(&None) {
            Some(Reason::OtherSubject)
        } else if before.get(other) != Some(&true) {
            Some(Reason::NotBefore)
        } else if condition.is_some() && condition != self.conditions.get(step).and_then(Option::as_ref) {
            Some(Reason::MayBeSkipped)
        } else {
            None
        }
    }
}

/// Whether a counting only proves that the password works; `None` where that is decided later.
fn pings(step: &Step) -> Option<bool> {
    match step.with.iter().find(|(name, _)| name == "ping").map(|(_, template)| template) {
        None | Some(Template::Plain(Value::Null)) => Some(false),
        Some(Template::Plain(value)) => value.as_bool(),
        Some(_) => None,
    }
}

/// A way to a step: from each step back to the last-written one that it waits for and that is not to be avoided.
fn path_to(edges: &[Vec<usize>], step: usize, avoid: Option<usize>) -> Vec<usize> {
    let mut path = vec![step];
    let mut here = step;
    let waits = |step: usize| edges.get(step).into_iter().flatten().copied();
    while let Some(before) = waits(here).filter(|before| Some(*before) != avoid).max() {
        here = before;
        path.push(here);
    }
    path.reverse();
    path
}

fn condition(step: &Step) -> Option<Template> {
    step.when.as_ref().filter(|when| **when != Template::Plain(Value::Bool(true))).map(squeezed)
}
