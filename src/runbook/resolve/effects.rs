//! What a step declares of its effect, with every name looked up.

use super::scope::Own;
use super::target::Target;
use super::values::template;
use super::{Resolved, Steps};
use crate::runbook::draft::{ProbeDraft, StepDraft};
use crate::runbook::effect::Probe;
use crate::runbook::kind::Kind;
use crate::runbook::plan::Template;
use crate::runbook::yaml::Node;
use std::collections::BTreeSet;

impl Steps<'_> {
    /// The keys of a step that declare its effect. Those that are inputs of its kind go with them.
    pub(super) fn effect(
        &mut self,
        draft: &StepDraft<'_>,
        kind: &'static Kind,
        resolved: &mut Resolved,
        refs: &mut BTreeSet<usize>,
    ) {
        let effect = &draft.effect;
        let provide = effect.provide.as_ref();
        let subject = effect.subject.or(provide.map(|provide| provide.subject));
        for (name, node) in [("subject", subject), ("idempotency_key", effect.key)] {
            if let (Some(node), Some(field)) = (node, kind.input(name)) {
                let value = self.declared(node, &Target::field(field), None, refs);
                resolved.with.push((name.to_owned(), value));
            }
        }
        resolved.probe = effect.probe.as_ref().and_then(|probe| self.probe(probe, refs));
        let looking = effect.probe.as_ref().and_then(|probe| probe.kind).or(Some(kind).filter(|kind| kind.polls));
        let until = effect.until.zip(looking);
        resolved.until = until.map(|(node, kind)| self.holds("`until`", node, kind, refs));
        resolved.provides = provide
            .and_then(|provide| provide.of)
            .map(|node| self.declared(node, &Target::any("`of`"), Some(Own { root: "output", kind }), refs));
    }

    fn probe(&mut self, draft: &ProbeDraft<'_>, refs: &mut BTreeSet<usize>) -> Option<Probe> {
        let kind = draft.kind?;
        let mut looks = Resolved::default();
        for entry in draft.with {
            self.input(Some(kind), entry, &mut looks, refs);
        }
        self.report_missing(Some(draft.with), draft.span, kind);
        self.report_credential(kind, draft.span);
        let applied = self.holds("`applied`", draft.applied?, kind, refs);
        let pending = draft.pending.map(|node| self.holds("`pending`", node, kind, refs));
        Some(Probe { kind, with: looks.with, applied, pending, settle: draft.settle })
    }

    /// A condition on what a look found, which stands under `probe`.
    fn holds(&mut self, what: &str, node: &Node<'_>, kind: &'static Kind, refs: &mut BTreeSet<usize>) -> Template {
        let target = Target::condition_of(what);
        self.declared(node, &target, Some(Own { root: "probe", kind }), refs)
    }

    fn declared(&mut self, node: &Node<'_>, target: &Target, own: Option<Own>, refs: &mut BTreeSet<usize>) -> Template {
        let mut uses = self.uses(refs);
        uses.own = own;
        let value = template(&mut uses, node, target);
        *refs = uses.refs;
        value
    }
}
