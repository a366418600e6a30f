//! Whose data an address leads to: the service's own hosts say it, and of any other one a person does.

use crate::base::{PlantedBug, escape, is_label_of, planted};
use crate::engine::call::CallError;
use crate::engine::evidence::BY_WORD;
use crate::kinds::task::{Task, check};

/// The instance that a step says is at this address, and who says so beside it; nothing where the step names none.
///
/// A host of the service that is another instance's is refused, before anything is asked there.
pub(in crate::kinds) fn named<'t>(task: &Task<'t>, url: &str) -> Result<Option<(&'t str, &'static str)>, CallError> {
    let Some(id) = task.text_or_none("instance_id")? else { return Ok(None) };
    let destination = task.destination(url)?;
    match destination.label() {
        None => Ok(Some((id, BY_WORD))),
        Some(label) if is_label_of(label, id) || planted(PlantedBug::AddressUnread) => Ok(Some((id, "query-api"))),
        Some(label) => {
            let (label, id) = (escape(label), escape(id));
            let message =
                format!("the address is that of {label}, and the step says that it counts {id}; nothing was asked");
            Err(check(message).with_remedy(format!(
                "`url` and `instance_id` have to be of one instance; that of {id} is neo4j+s://{id}.databases.neo4j.io"
            )))
        }
    }
}
