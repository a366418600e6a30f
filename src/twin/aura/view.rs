//! An instance as the API shows it (docs/aura-api.md, "Instances"): in full, in a list, and once when it is created.

use crate::base::{Map, Timestamp, Value};
use crate::twin::instance::Instance;
use crate::twin::status::Status;
use serde_json::json;

/// What every view of an instance has.
fn summary(instance: &Instance) -> Map {
    let mut map = Map::new();
    map.insert("cloud_provider".to_owned(), json!(instance.cloud));
    map.insert("created_at".to_owned(), json!(instance.created_at.to_seconds_text()));
    map.insert("id".to_owned(), json!(instance.id));
    map.insert("name".to_owned(), json!(instance.name));
    map.insert("tenant_id".to_owned(), json!(instance.tenant));
    map
}

/// An element of the list: no status, no type, no region, no memory.
pub(super) fn listed(instance: &Instance) -> Value {
    Value::Object(summary(instance))
}

/// The reply to a create: the password, once, and neither status nor memory nor storage.
pub(super) fn created(instance: &Instance) -> Value {
    let mut map = summary(instance);
    map.insert("connection_url".to_owned(), json!(connection_url(instance)));
    map.insert("graph_analytics_plugin".to_owned(), json!(instance.plugin));
    map.insert("password".to_owned(), json!(instance.password.expose()));
    map.insert("region".to_owned(), json!(instance.region));
    map.insert("type".to_owned(), json!(instance.kind));
    map.insert("username".to_owned(), json!(instance.username));
    map.insert("vector_optimized".to_owned(), json!(instance.vector));
    Value::Object(map)
}

/// The instance in full.
pub(super) fn full(instance: &Instance, now: Timestamp) -> Value {
    let status = instance.status(now);
    let mut map = summary(instance);
    map.insert(
        "connection_url".to_owned(),
        if status.is_available() { json!(connection_url(instance)) } else { Value::Null },
    );
    map.insert("graph_analytics_plugin".to_owned(), json!(instance.plugin));
    map.insert("region".to_owned(), json!(instance.region));
    map.insert("status".to_owned(), json!(status.name()));
    map.insert("type".to_owned(), json!(instance.kind));
    map.insert("vector_optimized".to_owned(), json!(instance.vector));
    if status != Status::Destroying {
        map.insert("memory".to_owned(), json!(format!("{}GB", instance.memory)));
    }
    if !instance.is_free() {
        map.insert("storage".to_owned(), json!(format!("{}GB", instance.storage)));
    }
    if let Some(key) = &instance.key_id {
        map.insert("customer_managed_key_id".to_owned(), json!(key));
    }
    if instance.is_large_tier() {
        let url = format!("https://customer-metrics-api.neo4j.io/api/v1/{}/{}/metrics", instance.tenant, instance.id);
        map.insert("metrics_integration_url".to_owned(), json!(url));
        map.insert("secondaries_count".to_owned(), json!(instance.secondaries));
        map.insert("cdc_enrichment_mode".to_owned(), json!(instance.cdc));
    }
    Value::Object(map)
}

fn connection_url(instance: &Instance) -> String {
    format!("neo4j+s://{}.databases.neo4j.io", instance.id)
}
