//! How a world begins: scenario and seed to tenants, credentials and instances.

use super::client::Credential;
use super::graph::Graph;
use super::instance::{Instance, Writer};
use super::instance_config::{self, TYPES, Tenant, gigabytes};
use super::scenario::{InstanceSpec, Scenario, ScenarioError};
use super::seeded_rng::SeededRng;
use super::status::Status;
use crate::base::{Secret, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);

pub(super) fn tenants(scenario: &Scenario, chance: SeededRng) -> Result<Vec<Tenant>, ScenarioError> {
    let mut tenants: Vec<Tenant> = Vec::new();
    for spec in &scenario.tenants {
        if tenants.iter().any(|tenant| tenant.spec.name == spec.name) {
            return Err(wrong(format!("two tenants are called {:?}", spec.name)));
        }
        if let Some(unknown) = spec.types.iter().find(|kind| !TYPES.contains(&kind.as_str())) {
            return Err(wrong(format!("tenant {:?}: no such type: {unknown:?}", spec.name)));
        }
        tenants.push(Tenant {
            id: spec.id.clone().unwrap_or_else(|| chance.uuid(&["tenant", &spec.name])),
            offers: instance_config::offers(spec),
            reply: OnceLock::new(),
            spec: spec.clone(),
        });
    }
    if tenants.is_empty() {
        return Err(wrong("there is no tenant".to_owned()));
    }
    Ok(tenants)
}

pub(super) fn credentials(
    scenario: &Scenario,
    tenants: &[Tenant],
    chance: SeededRng,
) -> Result<Vec<Credential>, ScenarioError> {
    let mut credentials = Vec::new();
    for (index, spec) in scenario.credentials.iter().enumerate() {
        let place = index.to_string();
        let mut sees = Vec::new();
        for name in &spec.tenants {
            sees.push(tenant(tenants, name)?.id.clone());
        }
        if sees.is_empty() {
            sees = tenants.iter().map(|tenant| tenant.id.clone()).collect();
        }
        let secret = spec.client_secret.clone().unwrap_or_else(|| chance.password(&["client secret", &place]));
        credentials.push(Credential {
            client_id: spec.client_id.clone().unwrap_or_else(|| chance.hex(32, &["client id", &place])),
            client_secret: Secret::new(secret),
            tenants: sees,
            revoked: spec.revoked,
            generation: 0,
        });
    }
    if credentials.is_empty() {
        return Err(wrong("there are no credentials".to_owned()));
    }
    Ok(credentials)
}

pub(super) fn instances(
    scenario: &Scenario,
    tenants: &[Tenant],
    chance: SeededRng,
    start: Timestamp,
) -> Result<BTreeMap<String, Instance>, ScenarioError> {
    let mut instances = BTreeMap::new();
    for (index, spec) in scenario.instances.iter().enumerate() {
        let id = spec.id.clone().unwrap_or_else(|| chance.seeded_id(index));
        if id.len() != 8 || !id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
            return Err(wrong(format!("not an instance id: {id:?} (eight digits from 0 to 9 and a to f)")));
        }
        let mut instance = instance(spec, id.clone(), tenants, chance, start)?;
        history(&mut instance, spec, scenario, chance, start);
        if instances.insert(id.clone(), instance).is_some() {
            return Err(wrong(format!("two instances have the id {id}")));
        }
    }
    Ok(instances)
}

fn instance(
    spec: &InstanceSpec,
    id: String,
    tenants: &[Tenant],
    chance: SeededRng,
    start: Timestamp,
) -> Result<Instance, ScenarioError> {
    let tenant = match &spec.tenant {
        Some(name) => tenant(tenants, name)?,
        None => tenants.first().ok_or_else(|| wrong("there is no tenant".to_owned()))?,
    };
    if !TYPES.contains(&spec.kind.as_str()) {
        return Err(wrong(format!("instance {:?}: no such type: {:?}", spec.name, spec.kind)));
    }
    let size =
        |text: &str| gigabytes(text).ok_or_else(|| wrong(format!("instance {:?}: not a size: {text:?}", spec.name)));
    let named = |name: &String| if spec.named_by_id { id.clone() } else { name.clone() };
    let (username, database) = (named(&spec.username), named(&spec.database));
    let password = spec.password.clone().unwrap_or_else(|| chance.password(&["password", &id]));
    Ok(Instance {
        password: Secret::new(password),
        changed_password: None,
        graph: Arc::new(spec.graph.clone().unwrap_or_else(|| Graph::seeded(chance, &id))),
        id,
        tenant: tenant.id.clone(),
        name: spec.name.clone(),
        kind: spec.kind.clone(),
        cloud: spec.cloud_provider.clone(),
        region: spec.region.clone(),
        memory: size(&spec.memory)?,
        storage: size(&spec.storage)?,
        version: spec.version.clone(),
        username,
        database,
        created_at: spec.created_at.0,
        key_id: spec.customer_managed_key_id.clone(),
        vector: spec.vector_optimized,
        plugin: spec.graph_analytics_plugin,
        secondaries: spec.secondaries_count,
        cdc: spec.cdc_enrichment_mode.clone(),
        archive_bytes: spec.archive_size.0,
        loaded_at: None,
        snapshots: Vec::new(),
        gone_at: None,
        rest: Status::Running,
        operation: None,
        writer: None,
        tick: start,
    })
}

/// The scheduled snapshots from before the start. A paused instance was paused a day before it.
fn history(instance: &mut Instance, spec: &InstanceSpec, scenario: &Scenario, chance: SeededRng, start: Timestamp) {
    let since = start.minus(HOUR * 24 * scenario.history_days).max(instance.created_at);
    let into_hour = Duration::from_micros(since.since(instance.created_at).subsec_micros().into())
        + Duration::from_secs(since.since(instance.created_at).as_secs() % 3_600);
    instance.tick = since.minus(into_hour).plus(HOUR);
    let until = if spec.paused { start.minus(HOUR * 24) } else { start };
    instance.advance(until, &scenario.durations, chance);
    if spec.paused {
        instance.rest = Status::Paused;
        instance.tick = instance.tick.plus(HOUR * 24);
    } else if spec.writes_per_minute > 0 {
        let label = "Payment".to_owned();
        instance.writer = Some(Writer { per_minute: spec.writes_per_minute, label, since: start });
    }
}

fn tenant<'a>(tenants: &'a [Tenant], name: &str) -> Result<&'a Tenant, ScenarioError> {
    tenants
        .iter()
        .find(|tenant| tenant.spec.name == name || tenant.id == name)
        .ok_or_else(|| wrong(format!("no such tenant: {name:?}")))
}

fn wrong(message: String) -> ScenarioError {
    ScenarioError::Content(message)
}
