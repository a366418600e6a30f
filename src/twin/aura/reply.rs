//! Finding what a request is about, and the envelope of the reply.

use super::view;
use crate::base::Value;
use crate::twin::http::Response;
use crate::twin::instance::Instance;
use crate::twin::problem::Problem;
use crate::twin::world::World;

/// A reply in the envelope that every reply of version 1 has.
pub(super) fn enveloped(status: u16, data: Value) -> Response {
    Response::json(status, &Value::Object([("data".to_owned(), data)].into_iter().collect()))
}

/// The instance of this id, where it exists and the client sees it: what it cannot see is not there.
pub(super) fn find<'a>(world: &'a World, sees: &[String], id: &str) -> Result<&'a Instance, Problem> {
    let shown = world.clock.minus(world.scenario.get_lag.0);
    world
        .instances
        .get(id)
        .filter(|instance| sees.contains(&instance.tenant) && instance.created_at <= shown)
        .ok_or_else(|| match world.deleted.get(id).filter(|instance| sees.contains(&instance.tenant)) {
            Some(_) => Problem { status: world.scenario.gone_status, ..Problem::no_instance(id) },
            None => Problem::no_instance(id),
        })
}

/// The instance as an operation leaves it.
pub(super) fn operated(world: &World, sees: &[String], id: &str, status: u16) -> Result<Response, Problem> {
    Ok(enveloped(status, view::full(find(world, sees, id)?, world.clock)))
}
