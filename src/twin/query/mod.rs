//! The Query API of the databases (docs/aura-api.md, "Query API").

mod parse;
mod password;
mod run;
mod table;
mod token;

use super::entry::Write;
use super::http::{Call, Response};
use super::instance::Instance;
use super::world::World;
use crate::base::Value;
use base64::Engine as _;
use parse::{Parsed, Statement, What};
use serde_json::json;
use table::Table;

/// Answers a request to `/db/<database>/query/v2` of an instance: the one that the path or the host names, or, where
/// neither does, the one whose user name and password were sent.
pub(super) fn answer(world: &mut World, call: &mut Call<'_>, id: Option<&str>, rest: &[&str]) -> Response {
    let [database, "query", "v2"] = rest else { return Response::text(404, "not found") };
    if call.request.method != "POST" {
        return Response::text(405, "method not allowed").with_header("allow", "POST");
    }
    let credentials = call.request.basic();
    let named = id.map(str::to_owned).or_else(|| host_id(call));
    let opens = |instance: &Instance| {
        credentials
            .as_ref()
            .is_some_and(|(user, password)| *user == instance.username && password::opens(instance, password))
    };
    let found = match &named {
        Some(id) => world.instances.get(id),
        None => world.instances.values().find(|instance| opens(instance)),
    };
    match found {
        Some(instance) if !instance.status(call.now).is_available() => Response::text(503, "Service Unavailable"),
        None if named.is_some() => Response::text(503, "Service Unavailable"),
        Some(instance) if opens(instance) => {
            let id = instance.id.clone();
            executed(world, call, &id, database)
        }
        _ => refused(call),
    }
}

/// The id in a host such as `2f49c2b3.databases.neo4j.io`.
fn host_id(call: &Call<'_>) -> Option<String> {
    let host = call.request.host.as_deref().or_else(|| call.request.header("host"))?;
    let name = host.split(':').next().unwrap_or_default();
    name.strip_suffix(".databases.neo4j.io").map(str::to_ascii_lowercase)
}

fn refused(call: &Call<'_>) -> Response {
    let (code, message) = match (call.request.header("authorization"), call.request.basic()) {
        (None, _) => ("Neo.ClientError.Security.Unauthorized", "No authentication header supplied."),
        (Some(_), None) => ("Neo.ClientError.Request.InvalidFormat", "Invalid authentication header."),
        (Some(_), Some(_)) => ("Neo.ClientError.Security.Unauthorized", "Invalid username or password."),
    };
    failed(401, code, message)
}

fn failed(status: u16, code: &str, message: &str) -> Response {
    Response::json(status, &json!({"errors": [{"code": code, "message": message}]}))
}

/// Runs the statement: 202 for everything that got past authentication, also for a statement that fails.
fn executed(world: &mut World, call: &mut Call<'_>, id: &str, database: &str) -> Response {
    let body = match call.request.object() {
        Ok(body) => body,
        Err(message) => return failed(400, "Neo.ClientError.Request.InvalidFormat", &message),
    };
    let Some(statement) = body.get("statement").and_then(Value::as_str) else {
        return failed(400, "Neo.ClientError.Request.InvalidFormat", "the body has no statement");
    };
    let Some(instance) = world.instances.get(id) else { return Response::text(503, "Service Unavailable") };
    if database != instance.database && database != "system" {
        let message = format!("Graph not found: {database}");
        return failed(202, "Neo.ClientError.Database.DatabaseNotFound", &message);
    }
    let mark = format!("{}:{}", world.writes, call.now.as_micros());
    let bookmark = format!("FB:{}", base64::prelude::BASE64_STANDARD_NO_PAD.encode(mark));
    let population = world.scenario.durations.population.0;
    let told = match parse::parse(statement) {
        Ok(Parsed::Reads(Statement::List { what: What::Databases { .. }, .. })) if database != "system" => {
            let message = "This is an administration command and it should be executed against the system database: \
                           SHOW DATABASES";
            return failed(202, "Neo.ClientError.Statement.NotSystemDatabaseError", message);
        }
        Ok(Parsed::Reads(statement)) => run::run(&statement, instance, call.now, population),
        Ok(Parsed::SetsPassword { from, to }) => {
            match password::checked(instance, database, &from, &to, body.get("parameters")) {
                Ok(sha256) => {
                    let id = id.to_owned();
                    world.commit(call, &id.clone(), 202, Write::SetPassword { id, sha256: sha256.to_string() });
                    Ok(Table::new(&[], Vec::new()))
                }
                Err((code, message)) => return failed(202, code, &message),
            }
        }
        Err(message) => Err(message),
    };
    match told {
        Ok(table) => {
            let data = json!({"fields": table.fields, "values": table.values});
            Response::json(202, &json!({"bookmarks": [bookmark], "data": data}))
        }
        Err(message) => failed(202, "Neo.ClientError.Statement.SyntaxError", &message),
    }
}
