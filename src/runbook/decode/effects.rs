//! The keys of a step that declare its effect.

use super::fields::{Fields, Reader};
use super::keys;
use crate::base::escape;
use crate::runbook::codes::Code;
use crate::runbook::draft::{EffectDraft, Placed, ProbeDraft, ProvideDraft};
use crate::runbook::effect::SETTLE;
use crate::runbook::kind::{Idempotency, Kind, Proof, Reversibility};
use crate::runbook::suggest::or_list;
use crate::runbook::yaml::{Data, Node};

/// What a step declares of its effect. Where its kind fixes the effect none of these keys means anything.
pub(super) fn effect<'t>(reader: &mut Reader<'_>, fields: Fields<'t>, kind: Option<&'static Kind>) -> EffectDraft<'t> {
    let Some(kind) = kind else { return EffectDraft::default() };
    if kind.declares.is_none() {
        let written = keys::EFFECT.into_iter().filter(|key| *key != "provide" || kind.vouches.is_empty());
        for (key, node) in written.filter_map(|key| Some((key, fields.get(key)?))) {
            let message = format!("`{}` does not honour `{key}`: what it does to the world is fixed", kind.name);
            reader.found.add_with(Code::NotHonoured, node.span, message, Some(format!("remove `{key}`")));
        }
        let provide = fields.get("provide").filter(|_| !kind.vouches.is_empty());
        let provide = provide.and_then(|node| provided(reader, node, kind));
        return EffectDraft { provide, ..EffectDraft::default() };
    }
    EffectDraft {
        reverse: fields.get("effect").and_then(|node| reversibility(reader, node)),
        subject: fields.get("subject"),
        requires: fields.get("requires").map(|node| requires(reader, node)).unwrap_or_default(),
        key: fields.get("idempotency_key"),
        probe: fields.get("probe").and_then(|node| probe(reader, node)),
        until: fields.get("until"),
        provide: fields.get("provide").and_then(|node| provided(reader, node, kind)),
    }
}

fn reversibility(reader: &mut Reader<'_>, node: &Node<'_>) -> Option<Placed<Reversibility>> {
    let word = reader.text(node, "`effect`")?;
    let known = Reversibility::from_name(&word);
    if known.is_none() {
        let message = format!("`effect` cannot be \"{}\"", escape(&word));
        reader.found.add(Code::WrongType, node.span, message);
        reader.found.hint("write `none`, `undoable` or `irreversible`");
    }
    known.map(|value| Placed { value, span: node.span })
}

fn proof(reader: &mut Reader<'_>, node: &Node<'_>, among: &[Proof]) -> Option<Proof> {
    let word = reader.text(node, "a kind of evidence")?;
    let known = among.iter().copied().find(|proof| proof.name() == word);
    if known.is_none() {
        let names: Vec<&str> = among.iter().map(|proof| proof.name()).collect();
        let message = format!("there is no evidence `{}` here", escape(&word));
        let hint = or_list(&word, "there are", &names, "none");
        reader.found.add_with(Code::WrongType, node.span, message, hint);
    }
    known
}

fn requires(reader: &mut Reader<'_>, node: &Node<'_>) -> Vec<Proof> {
    let Data::List(items) = &node.data else {
        reader.wrong::<()>(node, "`requires`", "a list of kinds of evidence", "a single value");
        return Vec::new();
    };
    items.iter().filter_map(|item| proof(reader, item, &Proof::ALL)).collect()
}

fn probe<'t>(reader: &mut Reader<'_>, node: &'t Node<'t>) -> Option<ProbeDraft<'t>> {
    let fields = reader.fields(node, "`probe`", keys::PROBE, &[])?;
    let uses = reader.need(fields, "uses", node.span, "a probe looks: `uses: KIND`")?;
    let applied = reader.need(fields, "applied", node.span, "say what the look finds where the effect took place");
    let kind = super::uses::kind_named(reader, uses)?;
    let may_look = kind.declares.is_some() || kind.repeat == Idempotency::Read && !kind.asks && !kind.untimed;
    if !may_look {
        let message = format!("`{}` does not only look, so it settles nothing", kind.name);
        reader.found.add(Code::WrongType, uses.span, message).hint("a probe uses a kind that changes nothing");
    }
    Some(ProbeDraft {
        kind: Some(kind).filter(|_| may_look),
        span: uses.span,
        with: fields.entries(reader, "with").unwrap_or_default(),
        applied,
        pending: fields.get("pending"),
        settle: fields.get("settle").and_then(|node| reader.duration(node, "`settle`")).unwrap_or(SETTLE),
    })
}

fn provided<'t>(reader: &mut Reader<'_>, node: &'t Node<'t>, kind: &Kind) -> Option<ProvideDraft<'t>> {
    let fields = reader.fields(node, "`provide`", keys::PROVIDE, &[])?;
    let evidence = reader.need(fields, "evidence", node.span, "say what the step proves, `evidence: config`");
    let subject = reader.need(fields, "subject", node.span, "say what it is proved about, `subject: \"postgres:db\"`");
    let evidence = evidence.and_then(|node| proof(reader, node, kind.vouches));
    Some(ProvideDraft { evidence: evidence?, subject: subject?, of: fields.get("of") })
}
