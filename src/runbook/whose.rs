//! Whose data an address leads to, on paper: the step that yields it is about an instance, or its host bears an id.

use super::lineage::{Broken, Lineage, Origin, broken, quoted, written};
use super::plan::Template;
use super::subject::squeezed;
use super::template::{Piece, split};
use crate::base::{database_address, instance_label, is_label_of};

/// Why what a step counts is not the data of the instance that it names, where it names one.
pub(super) fn misnamed(lineage: &Lineage<'_>, step: usize) -> Option<Broken> {
    let named = lineage.instance(lineage.input(step, "instance_id")?);
    let (id, of) = (lineage.id(step), written(&named));
    Some(match elsewhere(lineage, step, &named)? {
        Elsewhere::Step(source) => {
            let other = lineage.instance_of(source).as_ref().map_or_else(|| "nothing".to_owned(), written);
            let message = format!("`{id}` counts at an address of {other}, and says that it counts {of}");
            broken(
                step,
                Some("instance_id"),
                message,
                format!("count what is named: `instance_id: {}`", quoted(&other)),
            )
        }
        Elsewhere::Host(host) => {
            let id_now = lineage.constant(&named).filter(|id| !of.contains(id.as_str()));
            let id_now = id_now.map(|id| format!(" ({id})")).unwrap_or_default();
            let message = format!("`{id}` counts at {host}, which is not the address of {of}{id_now}");
            let is_built = matches!(lineage.input(step, "url"), Some(Template::Expression(_)));
            let hint = if is_built {
                format!("give the inputs that `url` is made of the address of {of}{id_now}")
            } else {
                format!("`url: \"neo4j+s://{}.databases.neo4j.io\"`", of.trim_matches('"'))
            };
            broken(step, Some("url"), message, hint)
        }
    })
}

/// Where an address leads that is not of an instance.
pub(super) enum Elsewhere {
    /// To what this step is about, which yields it.
    Step(usize),
    /// To a host that bears the id of another instance.
    Host(String),
}

/// Where the `url` of a step leads, where that is certainly not to this instance.
pub(super) fn elsewhere(lineage: &Lineage<'_>, step: usize, named: &Template) -> Option<Elsewhere> {
    let url = lineage.input(step, "url")?;
    let is_other = |origin: Origin| match origin {
        Origin::Output(source, _) if lineage.instance_of(source).as_ref() != Some(named) => Some(source),
        _ => None,
    };
    if let Some(source) = lineage.origins(url).into_iter().find_map(is_other) {
        return Some(Elsewhere::Step(source));
    }
    if let Some(host) = built(url) {
        let is_other = matches!(named, Template::Expression(_)) && lineage.instance(&host) != *named;
        return is_other.then(|| Elsewhere::Host(written(&host)));
    }
    let (url, id) = (lineage.constant(url)?, lineage.constant(named)?);
    let (address, _) = database_address(url.trim().trim_end_matches('/')).ok()?;
    let label = instance_label(&address)?;
    (!is_label_of(label, &id)).then(|| Elsewhere::Host(address.host().to_owned()))
}

/// The expression that an address takes its first label from, `neo4j+s://{{ inputs.id }}.databases.neo4j.io`, where its
/// host is one of the service.
fn built(url: &Template) -> Option<Template> {
    let Template::Text(text) = url else { return None };
    let pieces = split(text).ok()?;
    let [Piece::Literal(scheme), Piece::Expression(label, _), Piece::Literal(rest)] = pieces.as_slice() else {
        return None;
    };
    let address = format!("{scheme}x{}", rest.trim_end().trim_end_matches('/'));
    let (address, _) = database_address(address.trim_start()).ok()?;
    is_label_of(instance_label(&address)?, "x").then(|| squeezed(&Template::Expression((*label).to_owned())))
}
