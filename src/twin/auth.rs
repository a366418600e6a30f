//! Who a request comes from: credentials and tokens (docs/aura-api.md, "Authentication").

use super::client::Credential;
use super::http::{Call, Response};
use super::problem::Problem;
use super::seeded_rng::SeededRng;
use super::world::World;
use crate::base::{Timestamp, Value};
use base64::Engine as _;
use serde_json::json;
use std::time::Duration;

/// `POST /oauth/token`. A token tells client, generation and expiry under the world's own signature, so that none
/// has to be remembered.
pub(super) fn token(world: &mut World, call: &mut Call<'_>) -> Result<Response, Problem> {
    let credential = checked(world, call)?;
    let (client_id, generation) = (credential.client_id.clone(), credential.generation);
    world.limiter.count(&client_id, call.now).map_err(|free_at| Problem::rate_limit(call.now, free_at))?;
    if call.request.body.is_empty() {
        return Err(Problem::new(404, "not-found", "The request body is missing"));
    }
    if grant_type(call) != Some("client_credentials".to_owned()) {
        return Err(Problem::new(403, "unauthorized", "The request body is invalid: grant_type"));
    }
    let seconds = world.scenario.token_seconds;
    let access_token = signed(world.chance, &client_id, generation, call.now, seconds);
    Ok(Response::json(200, &json!({"access_token": access_token, "expires_in": seconds, "token_type": "bearer"})))
}

/// The credentials that were sent with `Authorization: Basic`.
pub(super) fn checked<'a>(world: &'a World, call: &Call<'_>) -> Result<&'a Credential, Problem> {
    let invalid = || Problem::new(401, "unauthorized", "Client credentials are invalid, expired, or revoked");
    let (client_id, secret) = call.request.basic().ok_or_else(invalid)?;
    let credential = world.credentials.iter().find(|each| each.client_id == client_id).ok_or_else(invalid)?;
    if credential.revoked || *credential.client_secret.expose() != secret {
        return Err(invalid());
    }
    Ok(credential)
}

/// The grant type of a form, or of JSON, which at least one client sends.
fn grant_type(call: &Call<'_>) -> Option<String> {
    if call.request.media_type().as_deref() == Some("application/json") {
        return call.request.object().ok()?.get("grant_type")?.as_str().map(str::to_owned);
    }
    let text = std::str::from_utf8(&call.request.body).ok()?;
    text.split('&').find_map(|pair| pair.trim().strip_prefix("grant_type=")).map(str::to_owned)
}

fn signed(chance: SeededRng, client_id: &str, generation: u64, now: Timestamp, seconds: u64) -> String {
    let encode = |value: &Value| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let head = encode(&json!({"alg": "HS256", "typ": "JWT"}));
    let expires_at = now.plus(Duration::from_secs(seconds));
    let claims = encode(&json!({
        "aud": "https://console.neo4j.io",
        "exp": expires_at.as_secs(),
        "gen": generation,
        "gty": "client-credentials",
        "iat": now.as_secs(),
        "sub": client_id,
    }));
    let signature = chance.password(&["token", &head, &claims]);
    format!("{head}.{claims}.{signature}")
}

/// Who a request comes from, once its token is checked and the request counted: the tenants it sees.
pub(super) fn client(world: &mut World, call: &Call<'_>) -> Result<Vec<String>, Problem> {
    let unknown = || Problem::new(401, "unauthorized", "The access token cannot be verified");
    let expired = || {
        if world.scenario.expired_token_status == 401 {
            Problem::new(401, "unauthorized", "The access token has expired or was revoked")
        } else {
            Problem::gateway(world.scenario.expired_token_status, "Key has expired, please renew")
        }
    };
    let claims = verified(world.chance, call.request.bearer().ok_or_else(unknown)?).ok_or_else(unknown)?;
    let credential = world.credentials.iter().find(|each| each.client_id == claims.sub).ok_or_else(unknown)?;
    let alive = call.now.as_secs() < claims.exp;
    if credential.revoked || claims.generation != credential.generation || !alive {
        return Err(expired());
    }
    let tenants = credential.tenants.clone();
    world.limiter.count(&claims.sub, call.now).map_err(|free_at| Problem::rate_limit(call.now, free_at))?;
    Ok(tenants)
}

/// What a token tells of itself, as far as it is looked at.
#[derive(serde::Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    #[serde(rename = "gen")]
    generation: u64,
}

fn verified(chance: SeededRng, token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (head, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || chance.password(&["token", head, claims]) != signature {
        return None;
    }
    let bytes = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
    serde_json::from_slice(&bytes).ok()
}
