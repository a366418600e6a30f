//! Who answers which path.

use super::http::{Call, Handled, Request, Response};
use super::problem::Problem;
use super::world::World;
use super::{aura, auth, console, observe, query, service};
use crate::base::{Digest, Timestamp};

impl World {
    /// Answers a request at a simulated time. Time never goes back: an earlier `now` counts as the latest one seen.
    pub fn handle(&mut self, request: &Request, now: Timestamp) -> Handled {
        self.pass(now);
        let now = self.clock;
        let body = Digest::of(&request.body).to_string();
        let names = ["request", &self.writes.to_string(), &now.to_string(), &request.method, &request.path, &body];
        let mut call = Call { request, now, request_id: self.chance.request_id(&names), log: Vec::new() };
        let response = answer(self, &mut call).unwrap_or_else(|problem| problem.response());
        if call.log.is_empty() {
            call.log.extend(self.due_note());
        }
        let response = response.with_header("x-request-id", &call.request_id).with_header("date", &now.to_http_date());
        Handled { response, log: call.log }
    }
}

fn answer(world: &mut World, call: &mut Call<'_>) -> Result<Response, Problem> {
    if let Some(answered) = service::answer(world, call) {
        return answered;
    }
    let segments = call.request.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (call.request.method.as_str(), parts.as_slice()) {
        ("POST", ["oauth", "token"]) => auth::token(world, call),
        (_, ["v1" | "v1beta5", rest @ ..]) => {
            let tenants = auth::client(world, call)?;
            aura::answer(world, call, &tenants, rest)
        }
        (_, ["_twin", rest @ ..]) => observe::answer(world, call, rest),
        (_, ["db", rest @ ..]) => Ok(query::answer(world, call, None, rest)),
        (_, [id, "db", rest @ ..]) => Ok(query::answer(world, call, Some(id), rest)),
        (_, ["console", rest @ ..] | rest) => console::answer(world, call, rest),
    }
}
