//! Services of any kind: what they answer.
//!
//! Nothing here knows a product. A scenario says for each host what its requests set and answer, so that a runbook
//! whose steps are `http.request` and `http.poll` has a world to be tried in.

use super::entry::Write;
use super::http::{Call, Response};
use super::problem::Problem;
use super::world::World;

impl World {
    /// Whether a service of the scenario has this host.
    pub fn has_service(&self, host: &str) -> bool {
        self.services.at(host).is_some()
    }

    /// Whether the service at this host has a route for a request, `POST /pools/old/drain`.
    pub fn has_route(&self, host: &str, request: &str) -> bool {
        self.services.at(host).is_some_and(|service| service.routes.iter().any(|route| route.request == request))
    }

    /// The hosts of the scenario's services.
    pub fn service_hosts(&self) -> impl Iterator<Item = &str> {
        self.services.hosts()
    }
}

/// Answers as the service at this host; none where there is no such service.
pub(super) fn answer(world: &mut World, call: &mut Call<'_>) -> Option<Result<Response, Problem>> {
    let service = world.services.at(call.request.host.as_deref()?)?;
    let request = format!("{} {}", call.request.method, call.request.route());
    let Some(route) = service.routes.iter().find(|route| route.request == request).cloned() else {
        return Some(Err(Problem::gateway(404, "the scenario's service has no such route")));
    };
    let host = service.host.clone();
    if !route.set.is_empty() || !route.meanwhile.is_empty() {
        world.commit(call, &host, route.status, Write::Service { host: host.clone(), request });
    }
    Some(Ok(Response::json(route.status, &world.services.body(&host, &route))))
}
